"""`zhuqitong-server blacklist`: the list is brought here and stays here; who asked about whom can be read."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.command_line import FINE
from sync.server.cli_parts import Opened, add_command, group, json_option, print_json
from sync.server.settings import ServerSettings


def add_commands(commands: Any) -> None:
    blacklist = group(commands, "blacklist", "失信名单：只在中心，联络员逐家查询")
    imports = add_command(blacklist, "import", "导入名单（.csv、.xlsx、.xls），整份替换原来的", _import)
    imports.add_argument(
        "file", metavar="文件", type=Path, help="要有「企业名称」一列，最好还有信用代码、事由"
    )
    json_option(imports)
    json_option(add_command(blacklist, "log", "列出谁在什么时候查过哪家、为什么", _log))


def _import(settings: ServerSettings, options: argparse.Namespace) -> int:
    from app.imports.blacklist import read_blacklist
    from sync.server.blacklist import import_list

    entries = read_blacklist(options.file)
    with Opened(settings) as center:
        keys = import_list(center.database, entries, center.now)
    if options.json:
        print_json({"entries": len(entries), "keys": keys})
    else:
        print(f"已导入 {len(entries)} 条，原来的名单已替换。名单只在中心，不会下发到电脑。")
    return FINE


def _log(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server.blacklist import asked

    with Opened(settings) as center:
        rows = asked(center.database)
    if options.json:
        print_json({"queries": rows})
        return FINE
    for row in rows:
        print(f"{row['at']}  {row['person']}  {row['asked']}  {row['why']}")
    if not rows:
        print("还没有人查过。")
    return FINE
