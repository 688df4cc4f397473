"""POST /sync/pull: what has moved in the buckets one holds since one's cursors, a page at a time, from one snapshot.

Rows first and then the head, in two statements that see different moments, loses rows for ever; here the heads, the
rows and the token come from one snapshot. Bodies are JSON text in the database and go onto the page unread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.domain.clock import to_text
from sync.protocol import digest
from sync.protocol.messages import Pull
from sync.server import access, differences, tables
from sync.server.access import HeldBucket
from sync.server.database import Database
from sync.server.people import Caller
from sync.server.push import check_epoch, row_text
from sync.server.reference import facts
from sync.server.store import dump

READ_AHEAD = 64
"""Rows fetched from the database at a time: what a page needs in memory besides itself."""
AT_ONCE = 256
"""Where no more rows than this can follow they are fetched at once: a cursor costs PostgreSQL three questions more."""


@dataclass(slots=True)
class _Room:
    """What is left of a page."""

    rows: int
    bytes: int

    @property
    def full(self) -> bool:
        return self.rows <= 0 or self.bytes <= 0


@dataclass(slots=True)
class _Part:
    """One bucket's part of a page: rows with `start` < seq ≤ `to`."""

    bucket: HeldBucket
    start: int
    to: int
    reset: bool
    done: bool = False
    rows: list[str] = field(default_factory=list)

    def text(self) -> str:
        head = f'{{"id":{dump(self.bucket.id)},"from":{self.start},"to":{self.to},"done":{_word(self.done)}'
        reset = ',"reset":true' if self.reset else ""
        whole = ""
        if self.done:
            whole = f',"count":{self.bucket.count},"sum":"{digest.sum_text(self.bucket.sum)}"'
        elif self.start == 0:
            whole = f',"floor":{self.bucket.floor}'
        return f'{head}{reset}{whole},"rows":[{",".join(self.rows)}]}}'


def pull(database: Database, caller: Caller, message: Pull, now: datetime) -> str:
    """The whole answer as JSON text. Raises WireError 409 for another epoch."""
    if message.want is not None and caller.whole_park:
        _keep_want(database, caller, message.want)
    if message.differs:
        differences.note(database, caller, message.differs, now)
    with database.reading() as connection:
        known = facts(connection)
        check_epoch(message.epoch, known)
        if message.cursors is None:
            token = digest.heads_token(access.heads(connection, caller, known.park).items())
            return f'{{"same":true,"token":"{token}"}}' if message.token == token else '{"need":"cursors"}'
        held = access.held(connection, caller, known.park)
        token = digest.heads_token((bucket.id, bucket.head) for bucket in held.values())
        revoked = sorted(bucket for bucket in message.cursors if bucket not in held)
        room = _Room(message.rows, message.bytes)
        parts, more = _page(connection, held, message.cursors, message.reading, room)
    if not parts and not revoked and not more and message.token == token:
        return f'{{"same":true,"token":"{token}"}}'
    texts = ",".join(part.text() for part in parts)
    # The token says "as of this snapshot I have everything": it comes with the last page only.
    ending = f',"left":{_left(held, message.cursors, parts)}' if more else f',"token":"{token}"'
    return (
        f'{{"epoch":{dump(known.epoch)},"now":"{to_text(now)}","more":{_word(more)}{ending},'
        f'"revoked":{dump(revoked)},"buckets":[{texts}]}}'
    )


def current_token(database: Database, caller: Caller) -> str:
    """The digest over what the caller holds now: what /sync/wait looks at."""
    with database.reading() as connection:
        return digest.heads_token(access.heads(connection, caller, facts(connection).park).items())


def _keep_want(database: Database, caller: Caller, want: list[str]) -> None:
    with database.reading() as connection:
        differs = access.want_differs(connection, caller, want)
    if differs:
        with database.writing() as connection:
            access.keep_want(connection, caller, want)


def _page(
    connection: Connection,
    held: Mapping[str, HeldBucket],
    cursors: Mapping[str, int],
    reading: Mapping[str, int],
    room: _Room,
) -> tuple[list[_Part], bool]:
    """The parts that fit, and whether something is left over."""
    parts: list[_Part] = []
    for bucket in sorted(held.values(), key=lambda item: item.id):
        cursor = cursors.get(bucket.id)
        # A cursor ahead of the head, or from before the deletions that are still known, says nothing: from 0 again.
        # Whoever is in the midst of reading from 0 began after those deletions, and would never come to its end.
        old = cursor is not None and 0 < cursor < bucket.floor and reading.get(bucket.id, -1) < bucket.floor
        reset = cursor is not None and (cursor > bucket.head or cursor < 0 or old)
        start = 0 if reset or cursor is None else cursor
        # A bucket without a cursor is new to the laptop and shows up even when it is empty.
        if cursor == bucket.head and not reset:
            continue
        if room.full:
            return parts, True
        part = _Part(bucket, start, start, reset)
        _fill(connection, part, room)
        parts.append(part)
        if not part.done:
            return parts, True
    return parts, False


def _left(held: Mapping[str, HeldBucket], cursors: Mapping[str, int], parts: list[_Part]) -> int:
    """About how many rows follow after these parts; exact for what is read for the first time."""
    read = {part.bucket.id: part for part in parts}
    left = 0
    for bucket in held.values():
        part = read.get(bucket.id)
        at = cursors.get(bucket.id, 0) if part is None else part.to
        if part is not None and part.done:
            continue
        if part is not None and part.start == 0:
            left += max(0, bucket.count - len(part.rows))
        elif 0 < at <= bucket.head:
            left += min(bucket.head - at, bucket.count)
        else:
            left += bucket.count
    return left


def _fill(connection: Connection, part: _Part, room: _Room) -> None:
    """Rows by seq until the bucket or the page is at its end. One row is always taken, however large."""
    few = part.bucket.head - part.start <= AT_ONCE
    query = _ROWS if few else _ROWS.execution_options(yield_per=READ_AHEAD)
    # Closed when the page is full: a cursor on the server must not be left open.
    with connection.execute(query, {"of": part.bucket.id, "after": part.start}) as found:
        for kind, id, rev, seq, deleted, body in found:
            if room.full:
                return
            part.to = seq
            if deleted and part.start == 0:
                continue
            text = row_text(kind, id, rev, body)
            room.rows -= 1
            room.bytes -= len(text.encode()) + 1
            part.rows.append(text)
    part.to = part.bucket.head
    part.done = True


_ROWS = (
    sa.select(
        *(tables.document.c[name] for name in ("kind", "id", "rev", "seq", "deleted", "body")),
    )
    .where(tables.document.c.bucket == sa.bindparam("of"), tables.document.c.seq > sa.bindparam("after"))
    .order_by(tables.document.c.seq)
)


def _word(value: bool) -> str:
    return "true" if value else "false"
