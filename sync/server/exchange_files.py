"""Blobs of packages: in through the same verified upload as over the wire, out to those who may read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.domain.clock import Clock
from app.domain.visit import Attachment
from sync.server import access, files, tables
from sync.server.blobs import Blobs
from sync.server.database import Database
from sync.server.failures import error
from sync.server.people import Caller
from sync.server.reference import facts

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Place:
    """What the upload of the wire needs of a centre."""

    blobs: Blobs
    database: Database
    clock: Clock


def receive(place: Place, caller: Caller, named: dict[str, Any], size: int, pieces: Iterable[bytes]) -> None:
    """Store the blob of an attachment whose row is here. Raises WireError as an upload does: 404 not one's own, 409 not
    the file that was entered, 413 too large, 422 not the bytes announced."""
    names = {key: str(named.get(key, "")) for key in ("bucket", "attachment", "sha256")}
    if not _SHA256.fullmatch(names["sha256"]):
        raise error(422, "metadata", "附件的说明不完整，没有收下。请重新导出一次。", field="sha256")
    if size > files.MAX_FILE_BYTES:
        raise error(413, "file_too_large", "文件太大（超过 200 MB），请压缩后再上传。")
    if _is_here(place.database, caller, names):
        return
    id = files._create(place, caller, names, size)
    lease = files._take_lease(place.database, id)
    offset = 0
    for piece in _bursts(pieces):
        offset = files._append(place, id, lease, offset, piece)
    files._finish(place, id)


def _bursts(pieces: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        if len(waiting) >= files.BURST_BYTES:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def _is_here(database: Database, caller: Caller, names: dict[str, str]) -> bool:
    """Whether this attachment's bytes came before: the same package, or the wire, was quicker."""
    stored = tables.stored_file
    query = sa.select(stored.c.sha256).where(*(stored.c[key] == value for key, value in names.items()))
    with database.reading() as connection:
        holds = access.actable(connection, caller, facts(connection).park, [names["bucket"]])
        return bool(holds) and connection.scalar(query) is not None


def absent(database: Database, caller: Caller, have: frozenset[str]) -> list[tuple[str, int]]:
    """(SHA-256, bytes) of the stored attachments of the caller's buckets that his laptop lacks, the newest first."""
    stored, document = tables.stored_file, tables.document
    with database.reading() as connection:
        held = sorted(access.held(connection, caller, facts(connection).park))
        query = (
            sa.select(stored.c.sha256, stored.c.size)
            .join(
                document,
                sa.and_(document.c.bucket == stored.c.bucket, document.c.id == stored.c.attachment),
            )
            .where(
                stored.c.bucket.in_(held), document.c.kind == Attachment.kind, document.c.deleted.is_(False)
            )
            .order_by(stored.c.stored_at.desc(), stored.c.sha256)
        )
        found = dict.fromkeys((row.sha256, row.size) for row in connection.execute(query))
    return [(sha256, size) for sha256, size in found if sha256 not in have]
