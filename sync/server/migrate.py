"""Bringing a database's tables to this program's shape, and refusing one that is newer."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from app.errors import KnownError
from sync.server.database import Database

_MIGRATION_LOCK = 7_306_352
"""PostgreSQL advisory lock: two workers that start together must not both migrate."""


def upgrade(database: Database) -> None:
    """Run the missing migrations in one transaction. Raises KnownError for a newer or a foreign database."""
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        config = _config(connection)
        if _state(connection, config) != "current":
            command.upgrade(config, "head")


def is_current(connection: Connection) -> bool:
    """Whether the tables are of this program's shape. Raises KnownError for a newer or a foreign database."""
    return _state(connection, _config(connection)) == "current"


def _state(connection: Connection, config: Config) -> str:
    scripts = ScriptDirectory.from_config(config)
    present = MigrationContext.configure(connection).get_current_revision()
    if present is None:
        foreign = sa.inspect(connection).get_table_names()
        if set(foreign) - {"alembic_version"}:
            raise KnownError(
                "database_foreign", "这个数据库里已有别的数据，不是驻企通的中心数据库。请换一个空的数据库。"
            )
        return "empty"
    if present not in {script.revision for script in scripts.walk_revisions()}:
        raise KnownError(
            "database_newer",
            f"中心数据库是更新版本的驻企通建立的（结构 {present}）。请升级服务器程序后再启动，数据没有改动。",
        )
    return "current" if present == scripts.get_current_head() else "behind"


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
