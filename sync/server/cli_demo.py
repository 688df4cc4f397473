"""`zhuqitong-server demo-data`: a park that does not exist, with a year of work (sync/server/demo)."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from typing import Any

from app.command_line import FINE
from app.domain.clock import beijing_date
from app.errors import KnownError
from sync.server.cli_parts import Opened, add_command, json_option, print_json
from sync.server.settings import ServerSettings

PARK_NAME = "青岚产业园（演示）"


def add_commands(commands: Any) -> None:
    command = add_command(
        commands, "demo-data", "做一个虚构的演示园区：一年的走访、诉求、代办、项目、评审、台账和会议", _make
    )
    command.add_argument(
        "--seed", type=int, default=1, metavar="数", help="同一个数、同一天做出同样的内容（默认 1）"
    )
    command.add_argument(
        "--until", type=date.fromisoformat, metavar="日期", help="故事到哪一天为止，例如 2026-11-20；默认今天"
    )
    command.add_argument(
        "--days", type=int, default=365, metavar="天数", help="故事有多长（默认 365 天，至少 75 天）"
    )
    command.add_argument(
        "--add", action="store_true", help="中心里已有数据也照样加进去；不要用在正式的中心上"
    )
    command.add_argument(
        "--password-stdin", action="store_true", help="从标准输入读所有演示账号的口令（第一行）"
    )
    json_option(command)


def _make(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server import accounts, blob_place, jobs
    from sync.server.demo import KNOWN, is_empty, make_park, odds, publish

    password = sys.stdin.readline().rstrip("\n") if options.password_stdin else accounts.generate_password()
    with Opened(settings, create=True) as center:
        until = options.until or beijing_date(center.now)
        if until > beijing_date(center.now):
            raise KnownError("until", "故事不能到将来。请把 --until 改为今天或以前。")
        if options.days < odds.LEAST_DAYS:
            raise KnownError("days", f"故事至少 {odds.LEAST_DAYS} 天，请改 --days。")
        created = jobs.set_up(center.database, None, PARK_NAME)
        if not options.add and not is_empty(center.database):
            raise KnownError(
                "not_empty",
                f"{settings.data} 里的中心已有账号或企业，没有加演示数据。请用 --data 换一个空文件夹；确实要混在一起才加 --add。",
            )
        center.settings = blob_place.settle(center.database, center.settings)
        if created:
            publish(center.database, center.reference, until, options.days)
        told = make_park(
            center.database,
            center.settings,
            center.reference,
            options.seed,
            until,
            password,
            _say,
            options.days,
        )
    report = {
        "created": created,
        "seed": options.seed,
        "until": until.isoformat(),
        "enterprises": told.enterprises,
        "accounts": told.accounts,
        "changes": told.changes,
        "refused": list(told.refused),
    }
    if options.json:
        print_json({**report, **({} if options.password_stdin else {"password": password})})
        return FINE
    print(
        f"演示园区已做好：企业 {told.enterprises} 家，账号 {told.accounts} 个，操作 {sum(told.changes.values())} 次，到 {until} 为止。"
    )
    print("常用账号：" + "、".join(f"{account}（{name}）" for account, name, _, _ in KNOWN))
    if not options.password_stdin:
        print(f"所有演示账号的口令（只显示这一次）：{password}")
    return FINE


def _say(day: date) -> None:
    print(f"{day.year} 年 {day.month} 月写好了", file=sys.stderr, flush=True)
