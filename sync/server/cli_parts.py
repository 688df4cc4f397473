"""What every command of `zhuqitong-server` is made of: its options, an opened centre, answers as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from app.command_line import Parser
from app.domain.clock import system_clock
from sync.server.settings import ServerSettings


def add_command(commands: Any, name: str, text: str, run: Callable[..., int]) -> Parser:
    command: Parser = commands.add_parser(name, help=text, description=text)
    command.add_argument("--data", metavar="文件夹", help="数据文件夹（数据库 center.db 和附件）")
    command.add_argument(
        "--database", metavar="地址", help="改用 PostgreSQL：postgresql://用户:密码@主机/库名"
    )
    command.set_defaults(run=run)
    return command


def blobs_option(command: Parser) -> None:
    command.add_argument(
        "--blobs",
        metavar="位置",
        help="附件放在哪里：文件夹，或 s3://桶名/前缀（密钥写在 s3.toml 或环境变量里）；默认在数据文件夹的 files 里",
    )


def json_option(command: Parser) -> None:
    command.add_argument("--json", action="store_true", help="以 JSON 输出")


def print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))


def group(commands: Any, name: str, text: str) -> Any:
    """A command that has commands of its own."""
    made = commands.add_parser(name, help=text, description=text)
    return made.add_subparsers(title="命令", metavar="命令", required=True, dest=f"{name}_command")


class Opened:
    """A centre opened for one command: tables brought up to date, closed in the end. `settings` are those in force."""

    def __init__(self, settings: ServerSettings, create: bool = False) -> None:
        self.settings = settings
        self.create = create

    def __enter__(self) -> Opened:
        from sync.server import blob_place, migrate
        from sync.server.database import Database
        from sync.server.reference import Reference, facts

        if self.create:
            self.settings.ensure()
        else:
            self.settings.check_initialised()
        self.database = Database(self.settings)
        self.reference = Reference()
        self.now = system_clock()
        try:
            migrate.upgrade(self.database)
            if not self.create:
                with self.database.reading() as connection:
                    facts(connection)
                self.settings = blob_place.settled(self.database, self.settings)
        except BaseException:
            self.database.close()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self.database.close()
