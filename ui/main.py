"""The program's entry: `zhuqitong` and its commands.

Qt is imported only where a window is wanted, so that commands answer quickly and the first paint comes first.
"""

from __future__ import annotations

import sys
import time
from argparse import SUPPRESS, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from app.command_line import FAILED, Parser, say
from app.errors import KnownError, known_from

STARTED = time.perf_counter()


def parser() -> Parser:
    """The words of the command line."""
    from app.paths import default_data_folder

    top = Parser(prog="zhuqitong", description="驻企通：驻企联络员的走访与诉求工作台。不带命令时打开窗口。")
    top.add_argument("--data", type=Path, default=default_data_folder(), metavar="文件夹", help="数据文件夹")
    top.set_defaults(run=_desk)
    commands = top.add_subparsers(title="命令", metavar="命令", parser_class=Parser)

    demo = command(commands, "demo", _demo, "在本机起一个演示中心，带演示企业，直接登录打开", as_json=False)
    demo.add_argument(
        "--park", action="store_true", help="换成 60 家企业、一年工作的演示园区，第一次要准备约一分钟"
    )
    demo.add_argument(
        "--account",
        default="",
        metavar="账号",
        help="用哪个演示账号打开，例如 chenjing（协调员）、zhoujianguo（领导）",
    )
    tour = command(commands, "tour", _tour, "不开窗口走完联络员的一天，留下图片、PDF 和 tour.json")
    tour.add_argument("--out", type=Path, required=True, metavar="文件夹", help="图片和 PDF 放在这里")
    tour.add_argument("--roster", type=Path, metavar="文件", help="企业名册（CSV 或工作簿），默认用演示名册")
    tour.add_argument("--scheme", choices=("light", "dark"), default="light", help="浅色或深色")
    tour.add_argument("--scale", type=int, default=100, metavar="百分比", help="字号，90–175")
    sign_in = command(commands, "sign-in", _command("sign_in"), "登录中心（不开窗口）")
    sign_in.add_argument("--server", required=True, metavar="地址", help="中心地址")
    sign_in.add_argument("--account", required=True, metavar="账号", help="账号")
    sign_in.add_argument("--password-stdin", action="store_true", help="从标准输入读口令")
    command(commands, "sync", _command("sync"), "和中心同步一次（不开窗口）")
    command(commands, "status", _command("status"), "看登录、待发送和需要处理的情况")
    figures = command(commands, "figures", _command("figures"), "算出统计指标（不开窗口），范围限于您能看的")
    figures.add_argument("--period", metavar="统计期", help="2026Q3、2026-10 或 2026，默认本季度")
    figures.add_argument(
        "--scope", metavar="范围", help="park、officer:账号、enterprise:信用代码、department:部门代码等"
    )
    _add_exchange(commands)
    papers = commands.add_parser("print", help="打印成 PDF（不开窗口）", description="打印成 PDF（不开窗口）")
    kinds = papers.add_subparsers(
        title="打印什么", metavar="单据", parser_class=Parser, required=True, dest="单据"
    )
    checklist = command(kinds, "checklist", _command("print_checklist"), "走访清单")
    checklist.add_argument("enterprise", nargs="+", metavar="企业", help="企业名称或信用代码")
    record = command(kinds, "record", _command("print_record"), "走访记录")
    record.add_argument("visit", metavar="走访编号", help="走访编号")
    for paper in (checklist, record):
        paper.add_argument(
            "--out", type=Path, metavar="文件", help="PDF 的位置，默认在数据文件夹的 papers 里"
        )
    return top


def _add_exchange(commands: Any) -> None:
    text = "U盘摆渡：没有网络时用文件和中心交换"
    inner = commands.add_parser("exchange", help=text, description=text).add_subparsers(
        title="命令", metavar="命令", parser_class=Parser, required=True, dest="命令"
    )
    export = command(inner, "export", _exchange("export"), "把待发送的内容写成一个加密的包，带到中心去")
    export.add_argument(
        "--out", type=Path, default=Path(), metavar="文件", help="文件或文件夹，默认当前文件夹"
    )
    export.add_argument("--no-photos", action="store_true", help="不带照片和附件，文件小")
    imports = command(inner, "import", _exchange("import_answers"), "导入中心的回执")
    imports.add_argument("files", nargs="+", type=Path, metavar="文件", help="回执文件（.zqx），可以写几个")
    enroll = command(inner, "enroll", _exchange("enroll"), "用登记文件登录从不联网的电脑")
    enroll.add_argument("file", type=Path, metavar="文件", help="管理员给的登记文件（.zqx）")
    enroll.add_argument("--pin-stdin", action="store_true", help="从标准输入读 PIN")


def command(
    commands: Any, name: str, run: Callable[[Namespace], int], help: str, *, as_json: bool = True
) -> Parser:
    """One command with the options all of them have."""
    made: Parser = commands.add_parser(name, help=help, description=help)
    # SUPPRESS: a `--data` before the command must not be overwritten by this one's default.
    made.add_argument("--data", type=Path, default=SUPPRESS, metavar="文件夹", help="数据文件夹")
    if as_json:
        made.add_argument("--json", action="store_true", help="结果写成 JSON")
    made.set_defaults(run=run)
    return made


def main(words: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code (0 fine, 1 failed, 2 misused)."""
    parsed = parser().parse_args(words)
    try:
        return int(parsed.run(parsed))
    except KeyboardInterrupt:
        say("已停止。")
        return FAILED
    except Exception as error:
        known = error if isinstance(error, KnownError) else known_from(error) or _refusal(error)
        if known is None:
            raise
        say(known.text)
        return FAILED


def _refusal(error: Exception) -> KnownError | None:
    from app.domain.changes.base import Refusal

    return KnownError(error.code, error.text) if isinstance(error, Refusal) else None


def _command(name: str) -> Callable[[Namespace], int]:
    def run(words: Namespace) -> int:
        from ui import commands

        return int(getattr(commands, name)(words))

    return run


def _exchange(name: str) -> Callable[[Namespace], int]:
    def run(words: Namespace) -> int:
        from ui import exchange_commands

        return int(getattr(exchange_commands, name)(words))

    return run


def _desk(words: Namespace) -> int:
    from ui.application import run_desk
    from ui.demo import DemoAtHand, demo_folder

    with DemoAtHand(demo_folder(words.data)) as demo:
        return run_desk(words.data, STARTED, demo.open)


def _demo(words: Namespace) -> int:
    from app.paths import default_data_folder
    from ui.demo import demo_folder, run_demo

    usual = default_data_folder()
    # Without --data the demo stays away from a person's real data.
    folder = demo_folder(usual) if words.data == usual else words.data
    return run_demo(folder, STARTED, words.park, words.account)


def _tour(words: Namespace) -> int:
    from ui.tour import run_tour

    return run_tour(words.out, words.roster, words.scheme, words.scale, as_json=words.json)


if __name__ == "__main__":
    sys.exit(main())
