"""The USB exchange at the office: `exchange answer`, `exchange enroll`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from app.command_line import FAILED, FINE, Parser, say
from app.errors import KnownError
from sync.server.cli_parts import Opened, add_command, json_option, print_json
from sync.server.settings import ServerSettings


def add_commands(commands: Any) -> None:
    text = "U盘摆渡：没有网络的电脑用文件和中心交换"
    group: Parser = commands.add_parser("exchange", help=text, description=text)
    inner = group.add_subparsers(title="命令", metavar="命令", required=True, dest="exchange_command")

    answer = add_command(inner, "answer", "处理联络员带来的摆渡包，写出给他们带回去的回执", _answer)
    answer.add_argument(
        "files", nargs="+", metavar="文件", type=Path, help="摆渡包（.zqx），可以写几个，也可以写文件夹"
    )
    answer.add_argument("--out", type=Path, required=True, metavar="文件夹", help="回执写到哪里")
    answer.add_argument("--photos", action="store_true", help="把电脑上没有的照片和附件也带上")
    json_option(answer)

    enroll = add_command(inner, "enroll", "给从不联网的电脑制作登记文件，并显示打开它的 PIN", _enroll)
    enroll.add_argument("--account", required=True, metavar="账号", help="谁用这台电脑")
    enroll.add_argument("--out", type=Path, required=True, metavar="文件", help="登记文件写到哪里（.zqx）")
    json_option(enroll)


def _answer(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server import exchange

    files = _named(options.files)
    done: list[exchange.Summary] = []
    failures: list[dict[str, Any]] = []
    with Opened(settings) as center:
        for place, path in enumerate(files, 1):
            tell = _progress(f"[{place}/{len(files)}] ", options.json)
            try:
                summary = exchange.answer(center, path, options.out, photos=options.photos, tell=tell)
            except KnownError as error:
                failures.append({"file": path.name, "error": {"code": error.code, "text": error.text}})
                say(error.text)
                continue
            done.append(summary)
            if not options.json:
                print(_told(summary))
    wrong = bool(failures) or any(summary.error for summary in done)
    if options.json:
        print_json({"answered": [summary.to_json() for summary in done], "failed": failures})
    else:
        print(f"共 {len(files)} 个文件：写出回执 {len(done)} 个，没有处理 {len(failures)} 个。")
    return FAILED if wrong else FINE


def _named(given: Sequence[Path]) -> list[Path]:
    """The files named, and of folders what laptops have brought in them."""
    from sync.protocol.package import SUFFIX, PackageError, open_package

    found: list[Path] = []
    for path in given:
        if not path.is_dir():
            found.append(path)
            continue
        for file in sorted(path.glob(f"*{SUFFIX}")):
            try:
                with open_package(file) as package:
                    brought = package.header.direction == "up"
            except PackageError:
                brought = True  # said by name when its turn comes
            if brought:
                found.append(file)
    if not found:
        raise KnownError("no_packages", "没有找到摆渡包（.zqx）。请写明文件，或写放着它们的文件夹。")
    return list(dict.fromkeys(found))


def _progress(prefix: str, quiet: bool) -> Callable[[str], None]:
    """A line that is written over, at a terminal; nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        return lambda _text: None
    return lambda text: print(f"\r\033[K{prefix}{text}", end="", file=sys.stderr, flush=True)


_WORDS = {
    "applied": "已办",
    "conflict": "不一致",
    "refused": "未被接受",
    "escrowed": "由中心保管",
    "retry": "要重试",
}


def _told(summary: Any) -> str:
    head = f"{summary.file}（{summary.name or '不明'}，第 {summary.number} 个）："
    counted = "、".join(
        f"{_WORDS.get(status, status)} {number}" for status, number in summary.statuses.items()
    )
    parts = [f"操作 {summary.statuses.total()} 项" + (f"（{counted}）" if counted else "")]
    if summary.files or summary.files_refused:
        refused = f"，没有收下 {summary.files_refused} 个" if summary.files_refused else ""
        parts.append(f"收下附件 {summary.files} 个{refused}")
    parts.append(f"带回资料 {summary.rows} 条" + (f"、照片 {summary.photos} 个" if summary.photos else ""))
    text = head + "；".join(parts)
    if summary.error is not None:
        text += f"；没有处理完：{summary.error.text}"
    return f"{text}。回执：{summary.answer}"


def _enroll(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.protocol.package import SUFFIX
    from sync.server import exchange

    target: Path = options.out
    if target.suffix != SUFFIX:
        target = target.with_name(target.name + SUFFIX)
    if target.exists():
        raise KnownError("file_exists", f"{target} 已经有了，没有写。请换一个文件名。")
    with Opened(settings) as center:
        made = exchange.enroll(center, options.account, target)
    if options.json:
        print_json(
            {
                "file": str(target),
                "account": made.account,
                "device": made.device,
                "pin": made.pin,
                "rows": made.rows,
            }
        )
    else:
        print(f"已写出 {made.name}（{made.account}）的登记文件：{target}，带资料 {made.rows} 条。")
        print(f"PIN（只显示这一次，和文件分开交给本人）：{made.pin}")
        print(f"设备编号 {made.device}；电脑丢失时用 device revoke 停用。")
    return FINE
