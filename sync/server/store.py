"""The one writer of `document`, for push, import and jobs alike: lock the buckets, read, apply, write, move the head.

Why the counter row and the lock: a database sequence or a timestamp gives out numbers in another order than the
transactions become visible in, and a reader that remembers the largest number it saw then never sees the others.
Here nobody gets a seq of a bucket before everybody ahead of him has committed.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic_core import from_json, to_json
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError, OperationalError

from app.domain.clock import BEIJING, to_text
from app.domain.documents import Body, Document, same_value
from sync.protocol import digest
from sync.server import bulk, faults, tables
from sync.server.bulk import Key as Key
from sync.server.database import Database

logger = logging.getLogger("zhuqitong.store")

T = TypeVar("T")
CHUNK = 2000
"""Parameters per IN list; both databases take far more, plans do not get better with it."""
ATTEMPTS = 12
NUMBER_PREFIXES = {
    "issue": "",
    "visit": "ZF-",
    "meeting": "HY-",
    "record": "TZ-",
    "case": "DB-",
    "project": "XM-",
    "review": "PS-",
}
"""Official numbers (domain.md §10, 4): park-year-month-sequence; a visit carries ZF (走访)."""


class GrowLocks(Exception):
    """A bucket is touched that is not locked: everything is rolled back and begun again with the larger set."""

    def __init__(self, buckets: Iterable[str]) -> None:
        super().__init__()
        self.buckets = frozenset(buckets)


@dataclass(frozen=True, slots=True)
class Head:
    """A locked bucket's row."""

    head: int
    count: int
    sum: int


class Row:
    """A document as it stands in this transaction. `text` is its JSON, empty where it is deleted."""

    __slots__ = ("_body", "rev", "text")

    def __init__(self, rev: int, text: str, body: Body | None = None) -> None:
        self.rev = rev
        self.text = text
        self._body = body

    @property
    def live(self) -> bool:
        return bool(self.text)

    @property
    def body(self) -> Body:
        if self._body is None:
            self._body = from_json(self.text)
        return self._body


_MISSING: Any = object()
_in_columns = itemgetter(*bulk.CHANGE_COLUMNS)
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def dump(value: Any) -> str:
    """JSON text as it is stored and sent. Raises ValueError for infinities and not-a-number."""
    text = to_json(value, inf_nan_mode="constants")
    # Three times as fast as the standard encoder, but it says nothing about numbers that are none.
    return _encoder.encode(value) if b"Infinity" in text or b"NaN" in text else text.decode()


class View:
    """What a change function may look at: the documents of one bucket."""

    def __init__(self, transaction: Transaction, bucket: str) -> None:
        self._transaction = transaction
        self._bucket = bucket

    def get(self, kind: str, id: str) -> Document | None:
        return self._transaction.get(self._bucket, kind, id)

    def of_kind(self, kind: str) -> list[Document]:
        return self._transaction.of_kind(self._bucket, kind)


class Transaction:
    """One writing transaction over locked buckets.

    Documents are read as they are needed and kept here; altered ones are written by `flush` in one go. A savepoint is
    a journal of what was altered in this memory: half a thousand changes need no thousand round trips for it.
    """

    def __init__(self, connection: Connection, now: datetime) -> None:
        self.connection = connection
        self.now = now
        self._received_at = to_text(now)
        self.locked: dict[str, Head] = {}
        self._created: set[str] = set()
        self._rows: dict[tuple[str, str], dict[str, Row | None]] = {}
        self._whole: set[tuple[str, str]] = set()
        self._before: dict[Key, Row | None] = {}
        self._members: dict[tuple[str, str, str], bool] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._moved: dict[str, str] = {}
        self._log: dict[str, dict[str, str]] = {}
        self._journal: list[tuple[dict[Any, Any], Any, Any]] | None = None
        self.stored_files: dict[tuple[str, str], tuple[str, str] | None] = {}
        """(bucket, attachment) → (sha256, stored_at) where its bytes are here; of those that were looked for."""

    def at(self, now: datetime) -> None:
        """From here on it is this moment: for a story of many days told in one transaction (`sync.server.demo`)."""
        self.now = now
        self._received_at = to_text(now)

    # Locks ---------------------------------------------------------------------------------------------------------

    def lock(self, wanted: Iterable[str], may_create: Callable[[str], bool]) -> None:
        """Lock buckets in the order of their ids. Those that do not exist are made where `may_create` says so.

        First every missing row, then every lock: whoever waits for a row to be made holds no lock, so nobody waits in
        a ring.
        """
        ids = sorted(set(wanted))
        present = set(self._bucket_ids(ids))
        missing = [id for id in ids if id not in present and may_create(id)]
        if missing:
            insert = _insert(self.connection, tables.bucket).on_conflict_do_nothing()
            rows = [{"id": id, "head": 0, "floor": 0, "count": 0, "sum": 0} for id in missing]
            self.connection.execute(insert, rows)
            self._created.update(missing)
        table = tables.bucket
        # In the order of `sorted`, whatever the database's own collation says: chunks must not overlap.
        order = table.c.id if self.connection.dialect.name == "sqlite" else sa.collate(table.c.id, "C")
        for chunk in _chunks(ids):
            query = (
                sa.select(table.c.id, table.c.head, table.c.count, table.c.sum)
                .where(table.c.id.in_(chunk))
                .order_by(order)
                .with_for_update()
            )
            for id, *head in self.connection.execute(query):
                self.locked[id] = Head(*head)

    def _bucket_ids(self, ids: Sequence[str]) -> Iterator[str]:
        for chunk in _chunks(ids):
            yield from self.connection.scalars(
                sa.select(tables.bucket.c.id).where(tables.bucket.c.id.in_(chunk))
            )

    def need(self, buckets: Iterable[str]) -> None:
        """Raise GrowLocks unless all of them are locked."""
        lacking = [bucket for bucket in buckets if bucket not in self.locked]
        if lacking:
            raise GrowLocks(lacking)

    # Reading -------------------------------------------------------------------------------------------------------

    def view(self, bucket: str) -> View:
        return View(self, bucket)

    def prefetch(self, keys: Iterable[Key]) -> None:
        """Read many documents with few queries."""
        wanted = {key for key in keys if key[2] not in self._rows.get(key[:2], ())}
        for bucket, kind, id in wanted:
            self._rows.setdefault((bucket, kind), {})[id] = None
        for bucket, kind, id, rev, body in bulk.documents_of(self.connection, wanted):
            self._rows[bucket, kind][id] = Row(rev, body)

    def row(self, key: Key) -> Row | None:
        """The row as it stands now, None where there never was one. Deleted ones are rows that are not `live`."""
        bucket, kind, id = key
        rows = self._rows.setdefault((bucket, kind), {})
        if id not in rows:
            rows[id] = None
            if (bucket, kind) not in self._whole:
                table = tables.document
                query = sa.select(table.c.rev, table.c.body).where(
                    table.c.bucket == bucket, table.c.kind == kind, table.c.id == id
                )
                found = self.connection.execute(query).one_or_none()
                if found is not None:
                    rows[id] = Row(found.rev, found.body)
        return rows[id]

    def get(self, bucket: str, kind: str, id: str) -> Document | None:
        row = self.row((bucket, kind, id))
        return Document(bucket, kind, id, row.rev, row.body) if row is not None and row.live else None

    def of_kind(self, bucket: str, kind: str) -> list[Document]:
        """All live documents of a kind, by id."""
        rows = self._rows.setdefault((bucket, kind), {})
        if (bucket, kind) not in self._whole:
            table = tables.document
            query = sa.select(table.c.id, table.c.rev, table.c.body).where(
                table.c.bucket == bucket, table.c.kind == kind
            )
            for found in self.connection.execute(query):
                if rows.get(found.id) is None:
                    rows[found.id] = Row(found.rev, found.body)
            self._whole.add((bucket, kind))
        return [
            Document(bucket, kind, id, row.rev, row.body)
            for id, row in sorted(rows.items())
            if row is not None and row.live
        ]

    def kinds(self, bucket: str) -> list[str]:
        """The kinds of which there are, or were, documents in a bucket."""
        table = tables.document
        found = set(
            self.connection.scalars(sa.select(table.c.kind).where(table.c.bucket == bucket).distinct())
        )
        return sorted(found | {kind for one, kind in self._rows if one == bucket})

    # Writing -------------------------------------------------------------------------------------------------------

    def write(self, bucket: str, kind: str, id: str, body: Body | None) -> bool:
        """Let a document be `body` (None: delete it). False where it is so already. Raises GrowLocks."""
        self.need((bucket,))
        key = (bucket, kind, id)
        before = self.row(key)
        if body is None:
            if before is None or not before.live:
                return False
            after = Row(before.rev + 1, "")
        elif before is None:
            after = Row(1, dump(body), body)
        elif before.live and same_value(before.body, body):
            return False
        else:
            after = Row(before.rev + 1, dump(body), body)
        if key not in self._before:
            self._set(self._before, key, before)
        self._set(self._rows[bucket, kind], id, after)
        return True

    def grant(self, bucket: str, person: str, role: str, member: bool) -> None:
        """Membership of a bucket, as its assignment documents now say."""
        self._set(self._members, (bucket, person, role), member)

    def move_files(self, old: str, new: str) -> None:
        """The attachments' bytes of one bucket belong to another from now on, those still coming in too."""
        self._set(self._moved, old, new)

    def official_number(self, name: str, park: str) -> str:
        """The next number of the month: `XD-2026-11-037`. Its row is locked after all buckets, until the commit."""
        period = self.now.astimezone(BEIJING).strftime("%Y-%m")
        if (name, period) not in self._numbers:
            self._lock_counters(period)
        value = self._numbers[name, period] + 1
        self._set(self._numbers, (name, period), value)
        return f"{park}-{NUMBER_PREFIXES[name]}{period}-{value:03d}"

    def _lock_counters(self, period: str) -> None:
        # All of them at once and in one order, or two transactions that count both could wait for one another.
        table = tables.counter
        names = sorted(NUMBER_PREFIXES)
        query = sa.select(table.c.name, table.c.value).where(
            table.c.period == period, table.c.name.in_(names)
        )
        query = query.order_by(table.c.name).with_for_update()
        found = self.connection.execute(query).all()
        if len(found) < len(names):
            # The first of the month.
            self.connection.execute(
                _insert(self.connection, table).on_conflict_do_nothing(),
                [{"name": name, "period": period, "value": 0} for name in names],
            )
            found = self.connection.execute(query).all()
        for name, value in found:
            self._numbers[name, period] = value

    def log(
        self,
        *,
        mid: str,
        bucket: str,
        person: str,
        device: str,
        name: str,
        status: str,
        body: str,
        result: str,
    ) -> None:
        """Enter a change with its verdict: once, for good."""
        self._log[mid] = {
            "mid": mid,
            "bucket": bucket,
            "person": person,
            "device": device,
            "name": name,
            "received_at": self._received_at,
            "status": status,
            "body": body,
            "result": result,
        }

    @property
    def logged(self) -> list[dict[str, str]]:
        """Rows of the log that are not written yet, in order."""
        return list(self._log.values())

    def savepoint(self) -> _Savepoint:
        """Everything written inside is undone if an exception leaves."""
        return _Savepoint(self)

    def begin_journal(self) -> None:
        self._journal = []

    def end_journal(self, *, undo: bool) -> None:
        journal, self._journal = self._journal or [], None
        for mapping, key, old in reversed(journal) if undo else ():
            if old is _MISSING:
                del mapping[key]
            else:
                mapping[key] = old

    def _set(self, mapping: dict[Any, Any], key: Any, value: Any) -> None:
        if self._journal is not None:
            self._journal.append((mapping, key, mapping.get(key, _MISSING)))
        mapping[key] = value

    # Into the database ---------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write everything altered. May be called again; the locks are kept until the transaction ends."""
        self._flush_documents()
        self._flush_members()
        for old, new in self._moved.items():
            for table in (tables.stored_file, tables.upload):
                self.connection.execute(sa.update(table).where(table.c.bucket == old).values(bucket=new))
        self._moved = {}
        if self._numbers:
            table = tables.counter
            statement = (
                sa.update(table)
                .where(table.c.name == sa.bindparam("n"), table.c.period == sa.bindparam("p"))
                .values(value=sa.bindparam("v"))
            )
            values = [{"n": name, "p": period, "v": value} for (name, period), value in self._numbers.items()]
            self.connection.execute(statement, values)
        if self._log:
            rows = [_in_columns(entry) for entry in self._log.values()]
            bulk.insert_changes(self.connection, rows)
            self._log = {}
        faults.point("flushed")

    def _flush_documents(self) -> None:
        documents: list[tuple[Any, ...]] = []
        touched: set[str] = set()
        for (bucket, kind, id), before in self._before.items():
            after = self._rows[bucket, kind][id]
            assert after is not None
            head = self.locked[bucket]
            count, total = head.count, head.sum
            if before is not None and before.live:
                count, total = count - 1, digest.subtract(total, digest.row_sum(kind, id, before.rev))
            if after.live:
                count, total = count + 1, digest.add(total, digest.row_sum(kind, id, after.rev))
            self.locked[bucket] = Head(head.head + 1, count, total)
            touched.add(bucket)
            documents.append((bucket, kind, id, after.rev, head.head + 1, not after.live, after.text))
        self._before = {}
        if documents:
            faults.point("before_documents")
            bulk.upsert_documents(self.connection, documents)
        heads = [(bucket, self.locked[bucket]) for bucket in sorted(touched)]
        bulk.move_heads(self.connection, [(head.head, head.count, head.sum, id) for id, head in heads])

    def _flush_members(self) -> None:
        gone = [key for key, member in self._members.items() if not member]
        come = [key for key, member in self._members.items() if member]
        table = tables.member
        for bucket, person, role in gone:
            self.connection.execute(
                sa.delete(table).where(
                    table.c.bucket == bucket, table.c.person == person, table.c.role == role
                )
            )
        if come:
            self.connection.execute(
                _insert(self.connection, table).on_conflict_do_nothing(),
                [{"bucket": bucket, "person": person, "role": role} for bucket, person, role in come],
            )
        self._members = {}

    def finish(self) -> None:
        """The last flush. Buckets that were made for the lock and stayed empty are taken away again."""
        self.flush()
        empty = [bucket for bucket in sorted(self._created) if self.locked[bucket].head == 0]
        for chunk in _chunks(empty):
            self.connection.execute(
                sa.delete(tables.bucket).where(tables.bucket.c.id.in_(chunk), tables.bucket.c.head == 0)
            )

    def forget(self) -> None:
        """After a rollback to a savepoint of the database: nothing that was read or altered counts any more."""
        self._rows, self._before, self._members, self._numbers, self._log = {}, {}, {}, {}, {}
        self._moved = {}
        self._whole = set()
        locked = sorted(self.locked)
        self.locked = {}
        self.lock(locked, lambda _bucket: False)


class _Savepoint:
    """As a class: one is made for every change of a push, and a generator costs thrice as much."""

    __slots__ = ("_transaction",)

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def __enter__(self) -> None:
        self._transaction.begin_journal()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._transaction.end_journal(undo=kind is not None)


def always(_bucket: str) -> bool:
    """For callers that name only buckets of the server's own choosing."""
    return True


def write(
    database: Database,
    work: Callable[[Transaction], T],
    now: datetime,
    buckets: Iterable[str] = (),
    may_create: Callable[[str], bool] = always,
) -> T:
    """Run `work` in one writing transaction over `buckets`; more are locked as it turns out to touch them.

    `work` may run several times and must do nothing outside of the transaction. Raises whatever it raises, with
    everything rolled back.
    """
    named = set(buckets)
    grown: set[str] = set()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with database.writing() as connection:
                transaction = Transaction(connection, now)
                creatable = {bucket for bucket in named | grown if bucket in grown or may_create(bucket)}
                transaction.lock(named | grown, creatable.__contains__)
                result = work(transaction)
                transaction.finish()
                faults.point("before_commit")
            faults.point("after_commit")
            return result
        except GrowLocks as growth:
            logger.info("transaction begun again to lock %s too", ", ".join(sorted(growth.buckets)))
            grown |= growth.buckets
        except (OperationalError, IntegrityError) as error:
            if attempt == ATTEMPTS or not _worth_repeating(error):
                raise
            logger.info("transaction repeated: %s", error.orig)
    raise RuntimeError("the set of buckets to lock kept growing")


def _worth_repeating(error: OperationalError | IntegrityError) -> bool:
    """Deadlock, serialization failure, or two pushes that entered the same change id at once."""
    state = getattr(error.orig, "sqlstate", None)
    text = str(error.orig)
    return state in ("40001", "40P01") or (
        isinstance(error, IntegrityError) and "change" in text and "mid" in text
    )


def _insert(connection: Connection, table: sa.Table) -> Any:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table)


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
