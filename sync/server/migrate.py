"""Bringing a database's tables to this program's shape, and refusing one that is newer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.errors import KnownError
from sync.server.database import Database
from sync.server.migrations import HEAD

_MIGRATION_LOCK = 7_306_352
"""PostgreSQL advisory lock: two workers that start together must not both migrate."""
VERSION_TABLE = "alembic_version"


def upgrade(database: Database) -> None:
    """Run the missing migrations in one transaction. Raises KnownError for a newer or a foreign database."""
    with database.reading() as connection:
        if revision(connection) == HEAD:
            return
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        if revision(connection) != HEAD:
            _upgrade(connection)


def revision(connection: Connection) -> str | None:
    """The shape of a database's tables, None for an empty one. Raises KnownError for somebody else's."""
    names = set(sa.inspect(connection).get_table_names())
    if VERSION_TABLE not in names:
        if names:
            raise KnownError(
                "database_foreign", "这个数据库里已有别的数据，不是驻企通的中心数据库。请换一个空的数据库。"
            )
        return None
    found: str | None = connection.scalar(sa.text(f"SELECT version_num FROM {VERSION_TABLE}"))
    return found


def knows(schema: str) -> bool:
    """Whether this program can bring tables of that shape up to date."""
    return schema in _steps(_config())


def run(connection: Connection, schema: str = "head") -> None:
    """Run the migrations up to `schema` inside the caller's transaction."""
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, schema)


def _upgrade(connection: Connection) -> None:
    present = revision(connection)
    if present is not None and not knows(present):
        raise KnownError(
            "database_newer",
            f"中心数据库是更新版本的驻企通建立的（结构 {present}）。请升级服务器程序后再启动，数据没有改动。",
        )
    run(connection)


def _config() -> Any:
    # Loaded here: it takes a second, and a database that is up to date does not need it.
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _steps(config: Any) -> set[str]:
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
