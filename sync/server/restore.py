"""Putting the centre back from a file of `backup.py`, into the same kind of database or another.

The whole file is checked first. Then the blobs come into place (one too many does no harm), then the tables, in one
transaction with the new epoch: whatever dies when, there is the old centre or the restored one.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.domain.ids import new_id
from app.errors import KnownError
from sync.server import blob_place, faults, migrate, tables
from sync.server.backup import FORMAT, MARK, TRAILER
from sync.server.blobs import Blobs
from sync.server.database import Database
from sync.server.settings import ServerSettings

_BLOCK = 1 << 20
_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back. `epoch` is the new one, `made_at` the moment of the backup; `missing` counts attachments that
    are neither in the backup nor in the store (`blobs`)."""

    park: str
    park_name: str
    epoch: str
    made_at: str
    rows: int
    files: int
    missing: int
    blobs: str


def restore(settings: ServerSettings, source: Path, *, force: bool) -> Restored:
    """Put a backup back. Raises KnownError for a damaged or newer file, and for a place in use without `force`.

    The attachments go to where the command line says, else where those of the centre lie that is replaced, else into
    the data folder; where the backup only names them they must be said to be somewhere.
    """
    with _checked(source) as archive:
        about = _about(archive)
        settings.ensure()
        if force:
            _set_damaged_aside(settings)
        database = Database(settings)
        try:
            settings = _check_place(database, force, settings)
            if settings.blobs is None and not about.get("files_inside", True):
                raise KnownError(
                    "blobs_not_said",
                    f"这份备份不含附件，附件原来在 {about['blobs']}。请用 --blobs 指明它们（或它们的副本）在哪里。",
                )
            if settings.blobs is not None:
                blob_place.make_folder(settings.blobs)
            blobs = Blobs.of(settings)
            blobs.check()
            files = sum(_restore_blob(blobs, archive, entry) for entry in _below(archive, "files/"))
            faults.point("restore_files")
            with database.writing() as connection:
                # Once more, and now nobody can come in between.
                _check_empty(connection, force)
                rows, epoch = _restore_tables(connection, archive, str(about["schema"]))
                blob_place.keep(connection, settings.blobs)
                wanted = set(connection.scalars(sa.select(tables.stored_file.c.sha256)))
                faults.point("restore_before_commit")
        finally:
            database.close()
    missing = len(wanted - blobs.sizes().keys())
    return Restored(
        about["park"], about["park_name"], epoch, about["made_at"], rows, files, missing, blobs.place
    )


# The file ----------------------------------------------------------------------------------------------------------


@contextmanager
def _checked(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        file = source.open("rb")
    except OSError as error:
        raise KnownError("backup_unreadable", f"备份文件 {source} 读不出来。请检查路径和权限。") from error
    with file:
        _check_sum(file, source)
        file.seek(0)
        with tarfile.open(fileobj=file, mode="r:") as archive:
            yield archive


def _check_sum(file: BinaryIO, source: Path) -> None:
    size = file.seek(0, os.SEEK_END) - TRAILER
    file.seek(max(size, 0))
    trailer = file.read()
    digest, left = hashlib.sha256(), size
    file.seek(0)
    while left > 0 and (block := file.read(min(left, _BLOCK))):
        digest.update(block)
        left -= len(block)
    if size <= 0 or trailer != MARK + digest.hexdigest().encode() + b"\n":
        raise KnownError(
            "backup_damaged",
            f"{source} 不完整、被改动过，或不是驻企通的备份，没有恢复任何内容。请换一份备份。",
        )


def _about(archive: tarfile.TarFile) -> dict[str, Any]:
    about: dict[str, Any] = json.loads(_opened(archive, "backup.json").read())
    if about["format"] > FORMAT or not migrate.knows(about["schema"]):
        raise KnownError(
            "backup_newer", "这份备份是更新版本的驻企通做的。请先升级服务器程序再恢复，现有数据没有改动。"
        )
    return about


def _below(archive: tarfile.TarFile, folder: str) -> Iterator[tarfile.TarInfo]:
    return (entry for entry in archive.getmembers() if entry.name.startswith(folder))


def _opened(archive: tarfile.TarFile, name: str | tarfile.TarInfo) -> BinaryIO:
    file = archive.extractfile(name)
    assert file is not None
    return file  # type: ignore[return-value]


# The place ---------------------------------------------------------------------------------------------------------


def _check_place(database: Database, force: bool, settings: ServerSettings) -> ServerSettings:
    """The settings with the place of the attachments that is in force there, unless the command line says another."""
    with database.reading() as connection:
        _check_empty(connection, force)
        if settings.blobs is not None or migrate.revision(connection) is None:
            return settings
        return replace(settings, blobs=blob_place.present(connection))


def _check_empty(connection: Connection, force: bool) -> None:
    """Somebody else's database is never touched, a centre's only when it is said so. Raises KnownError."""
    if migrate.revision(connection) is not None and not force and _in_use(connection):
        raise KnownError(
            "not_empty",
            "这里已经有一个中心。请换一个 --data 或 --database；确定要用备份替换它，再加 --force。",
        )


def _in_use(connection: Connection) -> bool:
    return connection.execute(sa.select(tables.meta.c.name).limit(1)).first() is not None


def _set_damaged_aside(settings: ServerSettings) -> None:
    """A SQLite file that cannot be read at all is kept under another name: perhaps somebody can still read it."""
    file = settings.sqlite_file
    if file is None or not file.is_file():
        return
    database = Database(settings)
    try:
        with database.reading() as connection:
            migrate.revision(connection)
    except KnownError as error:
        if error.code != "database_damaged":
            raise
        number = next(n for n in range(1, 10_000) if not file.with_name(f"{file.name}.damaged-{n}").exists())
        for ending in ("-wal", "-shm", ""):
            path = file.with_name(file.name + ending)
            if path.exists():
                os.replace(path, file.with_name(f"{file.name}.damaged-{number}{ending}"))
    finally:
        database.close()


# Into it -----------------------------------------------------------------------------------------------------------


def _restore_blob(blobs: Blobs, archive: tarfile.TarFile, entry: tarfile.TarInfo) -> int:
    sha256 = entry.name.removeprefix("files/")
    if blobs.digest(sha256) == (sha256, entry.size):
        return 1
    with _opened(archive, entry) as file:
        done = blobs.put_file(sha256, entry.size, iter(lambda: file.read(_BLOCK), b""))
    # The sum over the whole archive was right: this cannot be.
    assert done, entry.name
    return 1


def _restore_tables(connection: Connection, archive: tarfile.TarFile, schema: str) -> tuple[int, str]:
    """Rows restored and the new epoch. The tables are made as they were at the backup, filled, and brought up to date."""
    tables.metadata.drop_all(connection)
    connection.execute(sa.text(f"DROP TABLE IF EXISTS {migrate.VERSION_TABLE}"))
    migrate.run(connection, schema)
    rows = 0
    for entry in _below(archive, "tables/"):
        name = entry.name.removeprefix("tables/").removesuffix(".jsonl.gz")
        with _opened(archive, entry) as packed, gzip.open(packed, "rt", encoding="utf-8") as lines:
            rows += _restore_table(connection, name, iter(lines))
    migrate.run(connection)
    epoch = new_id()
    connection.execute(sa.update(tables.meta).where(tables.meta.c.name == "epoch").values(value=epoch))
    return rows, epoch


def _restore_table(connection: Connection, name: str, lines: Iterator[str]) -> int:
    columns: list[str] = json.loads(next(lines))
    # Named as they were at the backup: this program's own `tables` may have other columns by now.
    insert = sa.insert(sa.table(name, *(sa.column(column) for column in columns)))
    count = 0
    waiting: list[dict[str, Any]] = []
    for line in lines:
        waiting.append(dict(zip(columns, json.loads(line), strict=True)))
        if len(waiting) == _ROWS:
            connection.execute(insert, waiting)
            count += len(waiting)
            waiting = []
    if waiting:
        connection.execute(insert, waiting)
    return count + len(waiting)
