"""`zhuqitong-server figures`: the figures of the park (domain.md §9)."""

from __future__ import annotations

import argparse
from typing import Any

from app.command_line import FINE
from sync.server.cli_parts import Opened, add_command, json_option, print_json
from sync.server.settings import ServerSettings


def add_commands(commands: Any) -> None:
    command = add_command(
        commands, "figures", "算出统计指标：办结率、满意率、走访覆盖率等，带分子分母", _figures
    )
    command.add_argument("--period", metavar="统计期", help="2026Q3、2026-10 或 2026，默认本季度")
    command.add_argument(
        "--scope",
        metavar="范围",
        help="park（默认）、enterprise:信用代码、industry:行业代码、department:部门代码、category:分类代码；"
        "officer:账号 的结果只供本人和他的组长",
    )
    json_option(command)


def _figures(settings: ServerSettings, options: argparse.Namespace) -> int:
    from app.domain.figures import as_json, as_lines
    from app.figures import figure_texts
    from sync.server.figures import figures

    with Opened(settings) as center:
        found = figures(center.database, center.reference, center.now, options.period, options.scope)
    texts = figure_texts()
    if options.json:
        print_json(as_json(found, texts))
    else:
        print("\n".join(as_lines(found, texts, center.now)))
    return FINE
