"""The engine, and the two ways into the database: one for writing, one for reading a single snapshot."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from app.errors import KnownError, known_from
from sync.server import faults
from sync.server.settings import ServerSettings

BUSY_SECONDS = 60
"""How long a writer waits for another process (an import beside the running server) before giving up."""
CHECKPOINT_PAGES = 8000
"""So long the log grows (32 MB) before its pages are brought into the file. By itself SQLite does it after 1000, that is
at every commit of a large push, which then waits for the disk thrice instead of once."""
_WRITING = "zhuqitong_writing"


_CENTER = {
    "disk_full": (
        "center_disk_full",
        "中心服务器的磁盘空间不足，这次没有保存。请管理员清理后再试，已保存的内容不受影响。",
    ),
    "read_only": ("center_read_only", "中心的数据文件夹不能写入。请管理员检查 --data 文件夹的权限。"),
    "store_busy": ("database_busy", "中心数据库正忙，请过一会儿再试。"),
    "store_damaged": (
        "database_damaged",
        "中心数据库文件已损坏，或不是驻企通的数据库。请不要删除它，用最近的备份恢复。",
    ),
}
"""What is known on a laptop, said by the centre: it is not the reader's own disk that is full."""


def known_at_center(error: BaseException) -> KnownError | None:
    """The known error behind a failed write of the centre, None where it is not one."""
    known = known_from(error)
    return KnownError(*_CENTER[known.code]) if known is not None and known.code in _CENTER else None


class Database:
    """One database, SQLite or PostgreSQL, used alike.

    `writing()` is a transaction whose isolation is the bucket rows it locks (`store.py`): `BEGIN IMMEDIATE` on SQLite,
    READ COMMITTED with row locks on PostgreSQL. `reading()` is one snapshot: a deferred transaction on SQLite,
    REPEATABLE READ READ ONLY on PostgreSQL. Both roll back what is not finished.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.engine = _engine(settings)
        self.is_sqlite = settings.is_sqlite
        # SQLite lets waiting writers poll; inside one process a lock is fair and wakes at once.
        self._turn = threading.Lock()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Commit at the end, roll back on an exception. Known disk errors come out as KnownError."""
        with self._connection() as connection:
            if self.is_sqlite:
                with self._turn, connection.execution_options(**{_WRITING: True}).begin():
                    yield from self._until_commit(connection)
            else:
                with connection.begin():
                    yield from self._until_commit(connection)
        faults.point("after_any_commit")

    def _until_commit(self, connection: Connection) -> Iterator[Connection]:
        yield connection
        faults.point("before_any_commit")
        faults.point("at_any_commit")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot for everything that is asked inside."""
        with self._connection() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                yield connection

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            known = _known(error)
            if known is None:
                raise
            raise known from error

    def close(self) -> None:
        self.engine.dispose()


def _known(error: DBAPIError) -> KnownError | None:
    if error.orig is None:
        return None
    known = known_at_center(error.orig)
    if known is not None:
        return known
    sqlite = type(error.orig).__module__.startswith("sqlite3")
    if sqlite and "file is not a database" in str(error.orig):
        return KnownError(*_CENTER["store_damaged"])
    if not sqlite and isinstance(error, OperationalError):
        state = getattr(error.orig, "sqlstate", None)
        if state is None or state.startswith(("08", "28", "3D", "57P")):
            return KnownError(
                "database_unreachable",
                "连不上中心数据库。请检查 --database 的地址、用户、密码和库名，以及数据库服务是否在运行。",
            )
        if state.startswith("53"):
            return KnownError(*_CENTER["disk_full"])
    return None


def _engine(settings: ServerSettings) -> Engine:
    if not settings.is_sqlite:
        # Named here so that a frozen bundle takes it along.
        import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401

        return sa.create_engine(
            settings.database_url,
            pool_size=12,
            max_overflow=12,
            pool_pre_ping=True,
            connect_args={"options": "-c synchronous_commit=on", "connect_timeout": 10},
        )
    engine = sa.create_engine(
        settings.database_url,
        pool_size=12,
        max_overflow=12,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transactions are switched off: `_begin_sqlite` says which kind of BEGIN it is.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA cache_size=-32768")
        cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    finally:
        cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
