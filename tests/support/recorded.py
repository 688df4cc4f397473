"""Days that were kept (tests/sync/recorded), put back: an officer's store, the centre's database, what they said."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.store.database import Store, open_store
from sync.server import migrate
from sync.server.database import Database
from sync.server.settings import DATABASE_FILE, ServerSettings
from tests.support.keep_store import RECORDED, SENT, UNSENT, load
from tests.support.server import RunningServer

DAYS = sorted(path.name for path in RECORDED.iterdir() if path.is_dir())


@dataclass(frozen=True)
class Exchange:
    """One recorded request with the answer of its time."""

    name: str
    method: str
    path: str
    headers: dict[str, str]
    request: Any
    status: int
    answer: Any


def exchanges(day: str) -> list[Exchange]:
    """In the order they were made."""
    found = []
    for path in sorted((RECORDED / day / "wire").glob("*.json")):
        found.append(Exchange(name=path.stem, **json.loads(path.read_text(encoding="utf-8"))))
    return found


def tables_of(day: str, which: str) -> dict[str, list[dict[str, Any]]]:
    """Rows by table as they were kept; `which`: laptop or centre."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript((RECORDED / day / f"{which}.sql").read_text(encoding="utf-8"))
        connection.row_factory = sqlite3.Row
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')] for name in names}


@contextmanager
def centre(day: str, folder: Path, database: str | None) -> Iterator[RunningServer]:
    """The centre of that day under today's program. `database`: an empty PostgreSQL database to put it into."""
    folder.mkdir()
    if database is None:
        load(RECORDED / day / "centre.sql", folder / DATABASE_FILE)
    else:
        _into_postgres(day, folder, database)
    _files(folder / "files", tables_of(day, "centre")["stored_file"])
    server = RunningServer(folder, database)
    server.start()
    try:
        yield server
    finally:
        if server.process is not None:
            server.stop()


def _into_postgres(day: str, folder: Path, url: str) -> None:
    kept = tables_of(day, "centre")
    database = Database(ServerSettings.of(str(folder), url))
    try:
        with database.writing() as connection:
            migrate.run(connection, kept.pop(migrate.VERSION_TABLE)[0]["version_num"])
        metadata = sa.MetaData()
        with database.writing() as connection:
            metadata.reflect(connection)
            for name, rows in kept.items():
                table = metadata.tables[name]
                truths = {column.name for column in table.columns if isinstance(column.type, sa.Boolean)}
                if rows:
                    plain = [
                        {key: bool(value) if key in truths else value for key, value in row.items()}
                        for row in rows
                    ]
                    connection.execute(sa.insert(table), plain)
    finally:
        database.close()


def _files(folder: Path, rows: list[dict[str, Any]]) -> None:
    """The stored files where the program of every version has put them: under the first two digits of the digest."""
    by_size = {len(photo): photo for photo in (SENT, UNSENT)}
    for row in rows:
        place = folder / row["sha256"][:2] / row["sha256"]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(by_size[row["size"]])


@contextmanager
def laptop(day: str, folder: Path) -> Iterator[Store]:
    """The officer's store of that day, opened (and so migrated) by today's program, with the photos beside it."""
    folder.mkdir()
    load(RECORDED / day / "laptop.sql", folder / "store.db")
    by_size = {len(photo): photo for photo in (SENT, UNSENT)}
    for row in tables_of(day, "laptop")["pending_file"]:
        place = folder / row["path"]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(by_size[row["size"]])
    store = open_store(folder / "store.db")
    try:
        yield store
    finally:
        store.close()
