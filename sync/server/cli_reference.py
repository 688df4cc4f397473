"""`zhuqitong-server reference`: the dictionaries and rules that are data (domain.md §10, 5)."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from app.command_line import FINE
from sync.server.cli_parts import Opened, add_command, group, json_option, print_json
from sync.server.settings import ServerSettings


def add_commands(commands: Any) -> None:
    reference = group(commands, "reference", "字典、时限、工作日历等数据")
    json_option(add_command(reference, "list", "列出已发布的字典和版本", _list))
    show = add_command(reference, "show", "把一部字典的内容打印出来（JSON），改好后再发布", _show)
    show.add_argument("name", metavar="名称", help="如 issue_taxonomy、work_calendar")
    show.add_argument("--version", metavar="版本", help="看旧版本")
    publish = add_command(reference, "publish", "检查并发布一部字典的新版本；旧事项仍按旧版本显示", _publish)
    publish.add_argument("name", metavar="名称", help="如 issue_taxonomy、work_calendar")
    publish.add_argument("file", metavar="文件", type=Path, help="JSON 文件，最外层要有 version")
    json_option(publish)


def _list(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server.dictionaries import dictionaries

    with Opened(settings) as center:
        found = dictionaries(center.database)
    if options.json:
        print_json({"dictionaries": found})
        return FINE
    for row in found:
        whose = "本园区" if row["own"] else "内置"
        print(f"{row['name']}  {row['version']}  {whose}  共 {len(row['versions'])} 个版本")
    if not found:
        print("还没有发布字典。请先运行 zhuqitong-server init。")
    return FINE


def _show(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server.dictionaries import dictionary

    with Opened(settings) as center:
        content = dictionary(center.database, options.name, options.version)
    print(json.dumps(content, ensure_ascii=False, indent=2))
    return FINE


def _publish(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server.dictionaries import publish_dictionary
    from sync.server.dictionary_files import read_file

    content = read_file(options.file)
    with Opened(settings) as center:
        altered = publish_dictionary(center.database, center.reference, options.name, content, center.now)
    if options.json:
        print_json({"published": altered, "name": options.name, "version": content["version"]})
    elif altered:
        print(f"已发布 {options.name} {content['version']}。各台电脑下次同步时收到。")
    else:
        print(f"{options.name} {content['version']} 已经是现在的内容，没有改动。")
    return FINE
