"""The centre in one file, and back from it.

The file is a tar archive with one more line behind its end: the SHA-256 of everything before it, so that a file that
was cut off or altered anywhere is refused before anything is touched. In it stand `backup.json` (format, shape of the
tables, park, where the attachments lay and whether they are inside), `files.txt` (the name of every attachment's file in
the store, one a line), `tables/<name>.jsonl.gz` (the names of the columns, then one row a line) and `files/<sha256>`. It
knows nothing of the kind of database or store it came from: a backup of SQLite and a folder goes into PostgreSQL and S3
and the other way round. Files of S3 are inside only where that is asked for: a store of that kind keeps copies itself.

It is one snapshot. On SQLite the file is copied first (its own backup API), so that a long dump holds up no cleaning
of the write-ahead log; on PostgreSQL the tables are read in one REPEATABLE READ transaction. Blobs are never altered
and never removed, so those of the snapshot may be read after it. Uploads that are still coming in are left out: their
laptops begin them again.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.domain.clock import to_text
from app.errors import KnownError
from sync.server import faults, tables
from sync.server.blobs import Blobs, file_key, sync_folder
from sync.server.database import Database, known_at_center
from sync.server.migrate import revision
from sync.server.reference import facts
from sync.server.settings import ServerSettings

FORMAT = 1
MARK = b"zhuqitong-backup sha256 "
TRAILER = len(MARK) + 64 + 1
_BLOCK = 1 << 20
_ROWS = 500
_LEFT_OUT = frozenset({"upload", "upload_part"})


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds. `files` are inside, `files_outside` only named; `missing` stood in the tables and were gone
    or damaged in their store (`blobs`)."""

    park: str
    park_name: str
    epoch: str
    made_at: str
    bytes: int
    rows: int
    files: int
    files_outside: int
    blobs: str
    missing: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def backup(
    database: Database, settings: ServerSettings, target: Path, now: datetime, with_blobs: bool = False
) -> Backup:
    """Write the file; it stands under its name whole or not at all. Raises KnownError where it cannot be written.

    `with_blobs`: fetch attachments out of S3 as well; those of a folder are always inside.
    """
    if target.exists():
        raise KnownError("backup_exists", f"{target} 已经有了。备份不覆盖旧文件，请换一个文件名。")
    if not target.parent.is_dir():
        raise KnownError("backup_folder", f"没有文件夹 {target.parent}。请先建好，或换一个地方。")
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            made = _write(database, Blobs.of(settings), with_blobs, _Hashing(file), target.parent, now)
            file.flush()
            os.fsync(file.fileno())
        faults.point("backup_written")
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(target.parent)
    return replace(made, bytes=target.stat().st_size)


class _Hashing(io.RawIOBase):
    """Passes on what is written and keeps its SHA-256."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self.file = file
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.digest.update(data)
        return self.file.write(data)


def _write(
    database: Database, blobs: Blobs, with_blobs: bool, out: _Hashing, scratch: Path, now: datetime
) -> Backup:
    rows = 0
    inside = with_blobs or blobs.folder is not None
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        with _snapshot(database, scratch) as connection:
            known = facts(connection)
            about = {
                "format": FORMAT,
                "schema": revision(connection),
                "made_at": to_text(now),
                "blobs": blobs.place,
                "files_inside": inside,
                **asdict(known),
            }
            _add(archive, "backup.json", json.dumps(about, ensure_ascii=False).encode(), now)
            for table in tables.metadata.sorted_tables:
                if table.name not in _LEFT_OUT:
                    rows += _add_table(archive, connection, table, scratch, now)
            files = tables.stored_file
            query = sa.select(files.c.sha256, files.c.size).distinct().order_by(files.c.sha256)
            wanted = [(row.sha256, row.size) for row in connection.execute(query)]
        names = "".join(f"{file_key(sha256)}\n" for sha256, _ in wanted)
        _add(archive, "files.txt", names.encode(), now)
        copied = wanted if inside else []
        missing = tuple(
            sha256 for sha256, size in copied if not _add_blob(archive, blobs, sha256, size, scratch, now)
        )
    out.file.write(MARK + out.digest.hexdigest().encode() + b"\n")
    return Backup(
        known.park,
        known.park_name,
        known.epoch,
        to_text(now),
        0,
        rows,
        len(copied) - len(missing),
        len(wanted) - len(copied),
        blobs.place,
        missing,
    )


@contextmanager
def _snapshot(database: Database, scratch: Path) -> Iterator[Connection]:
    """Everything read here is of one moment, while others go on writing."""
    if not database.is_sqlite:
        with database.reading() as connection:
            yield connection
        return
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=scratch) as folder:
        copy = Path(folder) / "center.db"
        with database.reading() as connection, closing(sqlite3.connect(copy)) as into:
            try:
                connection.connection.driver_connection.backup(into)  # type: ignore[union-attr]
            except sqlite3.Error as error:
                known = known_at_center(error)
                if known is None:
                    raise
                raise known from error
        of_copy = Database(replace(database.settings, database_url=f"sqlite:///{copy}"))
        try:
            with of_copy.reading() as connection:
                yield connection
        finally:
            of_copy.close()


def _add(archive: tarfile.TarFile, name: str, data: bytes, now: datetime) -> None:
    archive.addfile(_entry(name, len(data), now), io.BytesIO(data))


def _entry(name: str, size: int, now: datetime) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(now.timestamp())
    return entry


def _add_table(
    archive: tarfile.TarFile, connection: Connection, table: sa.Table, scratch: Path, now: datetime
) -> int:
    """One table, packed beside the target first: an archive wants to know how long it is. Returns its rows."""
    count = 0
    with tempfile.TemporaryFile(dir=scratch) as packed:
        with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=5, mtime=0) as lines:
            lines.write(_line([column.name for column in table.columns]))
            query = sa.select(table).execution_options(yield_per=_ROWS)
            with connection.execute(query) as rows:
                for row in rows:
                    lines.write(_line(list(row)))
                    count += 1
        size = packed.tell()
        packed.seek(0)
        archive.addfile(_entry(f"tables/{table.name}.jsonl.gz", size, now), packed)
    return count


def _line(values: list[Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _add_blob(
    archive: tarfile.TarFile, blobs: Blobs, sha256: str, size: int, scratch: Path, now: datetime
) -> bool:
    """False where the bytes are not those they should be: the rest is still worth keeping."""
    digest = hashlib.sha256()
    with tempfile.TemporaryFile(dir=scratch) as file:
        try:
            for piece in blobs.pieces(sha256, size):
                digest.update(piece)
                file.write(piece)
        except FileNotFoundError:
            return False
        if digest.hexdigest() != sha256 or file.tell() != size:
            return False
        file.seek(0)
        archive.addfile(_entry(f"files/{sha256}", size, now), file)
    return True
