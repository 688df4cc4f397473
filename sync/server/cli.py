"""`zhuqitong-server`: setting up and running the centre from the command line.

Exit codes: 0 done, 1 something the operator can put right (said in one Chinese line on stderr), 2 a wrong command line.
"""

from __future__ import annotations

import argparse
import getpass
import io
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.command_line import FAILED, FINE, Parser
from app.domain.people import ROLE_NAMES, Role
from app.errors import KnownError, known_from
from app.paths import resources
from sync.server import cli_blacklist, cli_care, cli_demo, cli_exchange, cli_figures, cli_reference
from sync.server.cli_parts import Opened, add_command, blobs_option, group, json_option, print_json
from sync.server.settings import ServerSettings

ROLES = [role.value for role in Role if role is not Role.ADMIN]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        # Chinese must come out whatever the locale says, also into a pipe.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = parser().parse_args(arguments)
    try:
        settings = ServerSettings.of(options.data, options.database, getattr(options, "blobs", None))
        code: int = options.run(settings, options)
    except KnownError as error:
        return _fail(error, options)
    except OSError as error:
        known = known_from(error)
        if known is None:
            raise
        return _fail(known, options)
    except KeyboardInterrupt:
        print("已中断。", file=sys.stderr)
        return FAILED
    return code


def _fail(error: KnownError, options: argparse.Namespace) -> int:
    print(error.text, file=sys.stderr)
    if getattr(options, "json", False):
        print_json({"error": {"code": error.code, "text": error.text}})
    return FAILED


def parser() -> Parser:
    """Every command of the server. The manual names each of them (a test sees to it)."""
    top = Parser(prog="zhuqitong-server", description="驻企通中心：初始化、账号、名册、表单、服务和备份。")
    commands = top.add_subparsers(title="命令", metavar="命令", required=True, dest="command")

    _begin_and_serve(commands)
    account = group(commands, "account", "账号")
    add = add_command(account, "add", "新建账号", _account_add)
    add.add_argument("account", metavar="账号", help="登录名")
    add.add_argument("--name", required=True, metavar="姓名", help="姓名")
    roles = "、".join(f"{role}（{ROLE_NAMES[Role(role)]}）" for role in ROLES)
    add.add_argument(
        "--role", required=True, action="append", choices=ROLES, metavar="角色", help=f"{roles}；可重复"
    )
    add.add_argument("--department", metavar="部门", help="所属部门的代码，承办部门的账号必填")
    add.add_argument("--password-stdin", action="store_true", help="从标准输入读口令（第一行）")
    add.add_argument("--generate", action="store_true", help="不询问，生成一个口令并只显示一次")
    json_option(add)
    json_option(add_command(account, "list", "列出账号", _account_list))

    device = group(commands, "device", "设备")
    json_option(add_command(device, "list", "列出登录过的设备", _device_list))
    revoke = add_command(device, "revoke", "停用一台设备（电脑丢失时），下次联网即封存", _device_revoke)
    revoke.add_argument("account", metavar="账号")
    revoke.add_argument("device", metavar="设备编号", help="见 device list")
    allow = add_command(
        device, "allow", "允许一台已停用的电脑重新登录一次（会换新的设备编号）", _device_allow
    )
    allow.add_argument("account", metavar="账号")
    allow.add_argument("device", metavar="设备编号", help="停用时的编号，见 device list")

    roster = group(commands, "roster", "企业名册")
    imports = add_command(
        roster, "import", "导入名册（.csv、.xlsx、.xls），要么全部导入，要么一条不动", _roster_import
    )
    imports.add_argument("file", metavar="文件", type=Path)
    imports.add_argument("--dry-run", action="store_true", help="只检查并报告，不写入")
    json_option(imports)

    assign = add_command(commands, "assign", "把企业分配给一个人", _assign)
    assign.add_argument("--person", required=True, metavar="账号", help="分配给谁")
    assign.add_argument("enterprises", nargs="*", metavar="企业", help="信用代码或全称")
    assign.add_argument("--from-file", type=Path, metavar="文件", help="一行一家的文本文件（UTF-8）")
    json_option(assign)

    form = group(commands, "form", "表单")
    publish = add_command(
        form, "publish", "检查并发布一张表（.md、.xlsx）；已发布的版本不能再改", _form_publish
    )
    publish.add_argument("file", metavar="文件", type=Path)
    json_option(publish)
    json_option(add_command(form, "list", "列出已发布的表单", _form_list))

    json_option(add_command(commands, "status", "中心的概况", _status))
    cli_reference.add_commands(commands)
    cli_blacklist.add_commands(commands)
    cli_figures.add_commands(commands)
    cli_demo.add_commands(commands)
    cli_care.add_commands(commands)
    cli_exchange.add_commands(commands)
    return top


def _begin_and_serve(commands: Any) -> None:
    init = add_command(commands, "init", "建立中心数据库，发布内置的字典和表单；可以重复运行", _init)
    init.add_argument("--park-code", metavar="代码", help="园区代码，用在编号里（新建时默认 XD）")
    init.add_argument("--park-name", default="湘东产业园", metavar="名称", help="园区名称（默认 湘东产业园）")
    init.add_argument("--new-epoch", action="store_true", help="数据库刚从备份恢复：让各台电脑重新核对并补报")
    blobs_option(init)
    json_option(init)

    serve = add_command(commands, "serve", "启动服务", _serve)
    serve.add_argument(
        "--host", default="127.0.0.1", metavar="地址", help="监听地址（默认 127.0.0.1，只供本机）"
    )
    serve.add_argument(
        "--port", default=8620, type=_port, metavar="端口", help="监听端口（默认 8620，0 为任选）"
    )
    serve.add_argument("--while-stdin", action="store_true", help="标准输入关闭就停止（由别的程序启动时用）")
    serve.add_argument("--workers", default=1, type=_positive, metavar="个数", help="工作进程数（默认 1）")
    blobs_option(serve)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


# Commands ----------------------------------------------------------------------------------------------------------
# The server's libraries are imported where they are used: `--help` answers at once.


def _init(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server import blob_place, jobs
    from sync.server.reference import facts

    _check_park(options.park_code or jobs.USUAL_PARK, options.park_name)
    with Opened(settings, create=True) as center:
        created = jobs.set_up(center.database, options.park_code, options.park_name)
        place = blob_place.settle(center.database, settings).place
        if options.new_epoch and not created:
            jobs.renew_epoch(center.database)
        dictionaries = jobs.publish_dictionaries(
            center.database, center.reference, resources() / "dictionaries", center.now
        )
        forms = 0
        for path in sorted((resources() / "forms").glob("*.md")):
            forms += _publish(center, path)["published"]
        with center.database.reading() as connection:
            known = facts(connection)
    report = {
        "created": created,
        **asdict(known),
        "dictionaries": dictionaries,
        "forms": forms,
        "blobs": place,
    }
    if options.json:
        print_json(report)
    else:
        print(
            f"中心{'已建立' if created else '已存在'}：{known.park_name}（{known.park}），数据在 {settings.data}。"
        )
        print(f"本次发布字典 {dictionaries} 份、表单 {forms} 张。")
    return FINE


def _check_park(code: str, name: str) -> None:
    if not (code.isascii() and code.isalnum() and len(code) <= 16):
        raise KnownError("park_code", "园区代码只能用字母和数字，最多 16 位。请改 --park-code。")
    if not name.strip() or len(name) > 64:
        raise KnownError("park_name", "园区名称不能为空，最多 64 字。请改 --park-name。")


def _serve(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server import run

    return run.serve(settings, options.host, options.port, options.workers, while_stdin=options.while_stdin)


def _account_add(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server import accounts, jobs

    if not options.account.isprintable() or " " in options.account or not 1 <= len(options.account) <= 64:
        raise KnownError("account_name", "账号名不能有空格，最多 64 字。请换一个。")
    if not options.name.strip() or len(options.name) > 64:
        raise KnownError("person_name", "姓名不能为空，最多 64 字。")
    with Opened(settings) as center:
        password, shown = _password(options)
        roles = tuple(dict.fromkeys(Role(role) for role in options.role))
        new = accounts.NewAccount(options.account, options.name.strip(), roles, options.department)
        person = jobs.add_account(center.database, center.reference, new, password, center.now)
    if options.json:
        print_json(
            {"account": options.account, "person": person, **({"password": password} if shown else {})}
        )
    else:
        print(f"已建立账号 {options.account}（{new.name}）。")
        if shown:
            print(f"初始口令（只显示这一次）：{password}")
    return FINE


def _password(options: argparse.Namespace) -> tuple[str, bool]:
    """The password, and whether it was made here and must be shown."""
    from sync.server.accounts import generate_password

    if options.password_stdin:
        return sys.stdin.readline().rstrip("\r\n"), False
    if options.generate or not sys.stdin.isatty():
        return generate_password(), True
    first = getpass.getpass("口令（直接回车则自动生成）：")
    if not first:
        return generate_password(), True
    if getpass.getpass("再输一次：") != first:
        raise KnownError("password_differs", "两次输入的口令不一样，请重新运行。")
    return first, False


def _account_list(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server import accounts

    with Opened(settings) as center, center.database.reading() as connection:
        found = accounts.listing(connection)
    if options.json:
        print_json(found)
        return FINE
    for row in found:
        roles = "、".join(ROLE_NAMES[Role(role)] for role in row["roles"])
        department = f"  {row['department']}" if row["department"] else ""
        print(f"{row['account']}  {row['name']}  {roles}{department}{'' if row['active'] else '  已停用'}")
    if not found:
        print("还没有账号。用 account add 新建。")
    return FINE


def _device_list(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server import accounts

    with Opened(settings) as center, center.database.reading() as connection:
        found = accounts.devices(connection)
    if options.json:
        print_json(found)
        return FINE
    for row in found:
        state = "  已停用" if row["revoked_at"] else ""
        print(f"{row['account']}  {row['device']}  {row['name'] or '未命名'}  最近 {row['seen_at']}{state}")
    if not found:
        print("还没有设备登录过。")
    return FINE


def _device_revoke(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server import accounts

    with Opened(settings) as center, center.database.writing() as connection:
        accounts.revoke_device(connection, options.account, options.device, center.now)
    print(f"已停用 {options.account} 的设备 {options.device}。")
    return FINE


def _device_allow(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server import accounts

    with Opened(settings) as center, center.database.writing() as connection:
        accounts.allow_device(connection, options.account, options.device)
    print(f"{options.account} 可以在设备 {options.device} 上重新登录一次。原来的数据已清空，会重新下载。")
    return FINE


def _roster_import(settings: ServerSettings, options: argparse.Namespace) -> int:
    from app.imports.roster import read_roster
    from sync.server.roster import import_roster

    roster = read_roster(options.file)
    with Opened(settings) as center:
        result = import_roster(center.database, center.reference, roster, center.now, options.dry_run)
    if options.json:
        print_json(result.to_json())
        return FINE
    for problem in result.problems:
        column = f"「{problem['column']}」" if problem["column"] else ""
        print(f"第 {problem['row']} 行{column}：{problem['message']}")
    verb = "检查完毕（没有写入）" if options.dry_run else "导入完毕"
    print(
        f"{verb}：共 {result.rows} 行，新增 {result.created}，更新 {result.updated}，"
        f"不变 {result.unchanged}，未导入 {result.refused}。"
    )
    return FINE


def _assign(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server import jobs

    named = list(options.enterprises)
    if options.from_file is not None:
        named += _lines(options.from_file)
    named = list(dict.fromkeys(text.strip() for text in named if text.strip()))
    if not named:
        raise KnownError(
            "nothing_named", "没有写明企业。请写信用代码或全称，或用 --from-file 给一个名单文件。"
        )
    with Opened(settings) as center:
        result = jobs.assign(center.database, center.reference, options.person, named, center.now)
    if options.json:
        print_json(asdict(result))
    else:
        print(f"已分配给 {options.person}：新增 {result.assigned} 家，原已分配 {result.unchanged} 家。")
    return FINE


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KnownError(
            "list_unreadable", f"名单文件 {path} 读不出来。请检查路径，并存为 UTF-8 文本。"
        ) from error


def _form_publish(settings: ServerSettings, options: argparse.Namespace) -> int:
    with Opened(settings) as center:
        report = _publish(center, options.file)
    if options.json:
        print_json(report)
    elif report["published"]:
        print(f"已发布：{report['title']}（{report['form_id']}，版本 {report['version']}）。")
    else:
        print(f"{report['form_id']} 的 {report['version']} 版已经发布过，内容相同，没有改动。")
    return FINE


def _publish(center: Opened, path: Path) -> dict[str, Any]:
    from sync.server import jobs

    form = jobs.read_form_file(path)
    published = jobs.publish_form(center.database, center.reference, form, center.now)
    return {
        "published": published,
        "form_id": form["form_id"],
        "version": form["version"],
        "title": form["title"],
    }


def _form_list(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server import jobs

    with Opened(settings) as center:
        found = jobs.published_forms(center.database)
    if options.json:
        print_json(found)
        return FINE
    for row in found:
        print(f"{row['form_id']}  {row['version']}  {row['title']}  {row['published_at']}")
    if not found:
        print("还没有发布表单。用 form publish 发布。")
    return FINE


def _status(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server.status import status

    with Opened(settings) as center:
        report = status(center.database, center.settings)
    if options.json:
        print_json(report)
        return FINE
    print(f"{report['park_name']}（{report['park']}），数据库 {report['database']}，结构 {report['schema']}")
    print(
        f"企业 {report['enterprises']}，文档 {report['documents']}，账号 {report['accounts']}，设备 {report['devices']}"
    )
    changes = report["changes"]
    print(
        f"收到的操作：已办 {changes['applied']}，冲突 {changes['conflict']}，"
        f"退回 {changes['refused']}，保管 {changes['escrowed']}"
    )
    for one in report["differences"]:
        laptop, centre = one["laptop"], one["centre"]
        print(
            f"▲ {one['at']} {one['person']}（{one['account']}）的电脑 {one['device']} 与中心核对不上，已自动重新下载："
            f"{one['bucket']} 电脑上 {laptop['count']} 条，中心 {centre['count']} 条。重复出现请联系开发人员。"
        )
    print(f"附件在 {report['blobs']}")
    print(
        f"附件 {report['files']} 个，{report['file_bytes'] / 1_000_000:.1f} MB，传输中 {report['uploads']} 个"
    )
    return FINE
