"""The laptop's SQLite file: opening it, one writer at a time, snapshots for readers, and word of what was altered.

Everything that writes goes through `Store.write`: BEGIN IMMEDIATE … COMMIT, durable when it returns
(WAL, synchronous=FULL). Readers take a connection from a pool; a thread that is inside `write` or `read` sees
through that transaction.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import from_json
from pydantic_core import to_json as _fast_json

from app.domain.documents import Document, Key
from app.errors import KnownError, known_from
from app.store.version import VERSION

log = logging.getLogger(__name__)

BUSY_MS = 5000
CHECKPOINT_PAGES = 4000
"""So long the log grows (16 MB) before its pages are brought into the file. By itself SQLite does it after 1000, that is
at nearly every commit of a large sync, which then waits for the disk thrice instead of once."""


@dataclass(frozen=True, slots=True)
class Altered:
    """What a transaction altered. `topics`: documents, outbox, drafts, kv, files; `origin` says who began it."""

    keys: frozenset[Key] = frozenset()
    topics: frozenset[str] = frozenset()
    origin: str = ""

    def __or__(self, other: Altered) -> Altered:
        return Altered(self.keys | other.keys, self.topics | other.topics, self.origin or other.origin)

    def __bool__(self) -> bool:
        return bool(self.keys or self.topics)


class Transaction:
    """A running write transaction: SQL goes through it, and it gathers what subscribers will be told."""

    def __init__(self, connection: sqlite3.Connection, origin: str) -> None:
        self.connection = connection
        self.origin = origin
        self.keys: set[Key] = set()
        self.topics: set[str] = set()

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        return self.connection.execute(sql, values)

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> sqlite3.Cursor:
        return self.connection.executemany(sql, rows)

    def alter(self, *topics: str, keys: Sequence[Key] | set[Key] | frozenset[Key] = ()) -> Altered:
        """Note what was altered; gives the same back as a value."""
        self.topics.update(topics)
        self.keys.update(keys)
        return Altered(frozenset(keys), frozenset(topics), self.origin)

    def altered(self) -> Altered:
        return Altered(frozenset(self.keys), frozenset(self.topics), self.origin)


def _no_fault(_point: str) -> None:
    """The fault points of everyday use: nothing happens at them."""


class Store:
    """The laptop's store. Any thread may use it. Made by `open_store`."""

    def __init__(self, path: Path, fault: Callable[[str], None] = _no_fault) -> None:
        self.path = path
        self._fault = fault
        self._writer: sqlite3.Connection | None = None
        self._write_lock = threading.Lock()
        self._state = threading.Condition()
        self._idle: list[sqlite3.Connection] = []
        self._reading = 0
        self._closed = False
        self._here = threading.local()
        self._subscribers: list[Callable[[Altered], None]] = []

    # ---- transactions

    @contextmanager
    def write(self, origin: str = "") -> Iterator[Transaction]:
        """One write transaction: all of it or nothing. Not re-entrant (RuntimeError), see `joined`.

        KnownError where the disk or the file refuses; nothing is written then.
        """
        if self._current() is not None:
            raise RuntimeError("a transaction is already open on this thread")
        with self._write_lock:
            with known_errors():
                if self._writer is None:
                    self._check_open()
                    self._writer = connect(self.path)
                transaction = Transaction(self._writer, origin)
                with self._transaction(transaction):
                    yield transaction
            self._fault("after_commit")
        self._tell(transaction.altered())

    @contextmanager
    def _transaction(self, transaction: Transaction) -> Iterator[None]:
        self._fault("before_begin")
        transaction.execute("BEGIN IMMEDIATE")
        self._here.current = transaction
        try:
            yield
            self._fault("before_commit")
            transaction.execute("COMMIT")
        except BaseException:
            # A full disk may have rolled back by itself already.
            if transaction.connection.in_transaction:
                transaction.execute("ROLLBACK")
            raise
        finally:
            self._here.current = None

    @contextmanager
    def joined(self, origin: str = "") -> Iterator[Transaction]:
        """The transaction of this thread, or a new one. What fails inside takes back its own part alone."""
        current = self._current()
        if not isinstance(current, Transaction):
            with self.write(origin) as transaction:
                yield transaction
            return
        current.execute("SAVEPOINT joined")
        try:
            yield current
        except BaseException:
            if current.connection.in_transaction:
                current.execute("ROLLBACK TO joined")
                current.execute("RELEASE joined")
            raise
        current.execute("RELEASE joined")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A snapshot: everything read inside belongs together. Inside `write` or another `read`: that one's view."""
        if self._current() is not None:
            with self._looking() as connection:
                yield connection
            return
        with self._looking() as connection:
            connection.execute("BEGIN")
            # A deferred transaction takes its snapshot with the first look, so look now.
            connection.execute("SELECT 1 FROM kv LIMIT 1").fetchone()
            self._here.current = connection
            try:
                yield connection
            finally:
                self._here.current = None
                connection.execute("ROLLBACK")

    def _current(self) -> Transaction | sqlite3.Connection | None:
        return getattr(self._here, "current", None)

    @contextmanager
    def _looking(self) -> Iterator[sqlite3.Connection]:
        current = self._current()
        with known_errors():
            if current is not None:
                yield current.connection if isinstance(current, Transaction) else current
                return
            connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection)

    def _take(self) -> sqlite3.Connection:
        with self._state:
            self._check_open()
            self._reading += 1
            if self._idle:
                return self._idle.pop()
        try:
            return connect(self.path)
        except BaseException:
            with self._state:
                self._reading -= 1
                self._state.notify_all()
            raise

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._state:
            self._reading -= 1
            self._idle.append(connection)
            self._state.notify_all()

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("the store is closed")

    def select(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of one query, for the modules of this room."""
        with self._looking() as connection:
            return connection.execute(sql, values).fetchall()

    # ---- documents

    def get(self, kind: str, id: str) -> Document | None:
        """The document as this person sees it: confirmed, with his unconfirmed changes over it."""
        rows = self.select(f"SELECT {COLUMNS} FROM document WHERE kind = ? AND id = ?", (kind, id))
        return document_of(rows[0]) if rows else None

    def of_kind(self, kind: str, bucket: str | None = None) -> list[Document]:
        """All documents of a kind, of one bucket or all, ordered by id (that is, by when they were made)."""
        if bucket is None:
            rows = self.select(f"SELECT {COLUMNS} FROM document WHERE kind = ? ORDER BY id", (kind,))
        else:
            rows = self.select(
                f"SELECT {COLUMNS} FROM document WHERE kind = ? AND bucket = ? ORDER BY id", (kind, bucket)
            )
        return [document_of(row) for row in rows]

    def in_bucket(self, bucket: str) -> list[Document]:
        """All documents of a bucket, ordered by kind and id."""
        rows = self.select(f"SELECT {COLUMNS} FROM document WHERE bucket = ? ORDER BY kind, id", (bucket,))
        return [document_of(row) for row in rows]

    def held(self) -> dict[str, int]:
        """The buckets this laptop holds, each with how far it has been read."""
        return dict(self.select("SELECT bucket, seq FROM cursor ORDER BY bucket"))

    # ---- small values

    def kv(self, name: str, default: Any = None) -> Any:
        """A JSON value kept under a name."""
        rows = self.select("SELECT value FROM kv WHERE name = ?", (name,))
        return from_json(rows[0][0]) if rows else default

    def set_kv(self, name: str, value: Any, origin: str = "") -> None:
        """Keep a JSON value; None removes the name. Inside `write` it is part of that transaction."""
        with self.joined(origin) as transaction:
            if value is None:
                transaction.execute("DELETE FROM kv WHERE name = ?", (name,))
            else:
                transaction.execute("INSERT OR REPLACE INTO kv VALUES (?, ?)", (name, to_json(value)))
            transaction.alter("kv")

    # ---- word of alterations, end

    def subscribe(self, callback: Callable[[Altered], None]) -> Callable[[], None]:
        """Have `callback` called after each commit that altered something, on the committing thread.

        The callable that comes back ends it.
        """
        with self._state:
            self._subscribers.append(callback)

        def unsubscribe() -> None:
            with self._state:
                if callback in self._subscribers:
                    self._subscribers.remove(callback)

        return unsubscribe

    def _tell(self, altered: Altered) -> None:
        if not altered:
            return
        with self._state:
            subscribers = list(self._subscribers)
        for callback in subscribers:
            try:
                callback(altered)
            except Exception:
                # The data is committed: a listener's bug must not look like a failed write.
                log.exception("a listener of the store failed")

    def checkpoint(self) -> bool:
        """Bring the write-ahead log into the file and empty it. False where a reader was in the way."""
        if self._current() is not None:
            raise RuntimeError("a transaction is open on this thread")
        with self._write_lock, known_errors():
            self._check_open()
            if self._writer is None:
                self._writer = connect(self.path)
            busy, _, _ = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

    def vacuum(self) -> bool:
        """Write the file anew, without its free pages, and empty the log. False where a reader was in the way."""
        if not self.checkpoint():
            return False
        with self._write_lock, known_errors():
            assert self._writer is not None
            self._writer.execute("VACUUM")
        return self.checkpoint()

    def close(self) -> None:
        """Wait for transactions to end and close the file. Again: nothing."""
        if self._current() is not None:
            raise RuntimeError("a transaction is open on this thread")
        with self._write_lock, self._state:
            self._closed = True
            while self._reading:
                self._state.wait()
            for connection in self._idle:
                connection.close()
            self._idle.clear()
            if self._writer is not None:
                self._writer.close()
                self._writer = None


COLUMNS = "bucket, kind, id, rev, body"


def document_of(row: Sequence[Any]) -> Document:
    """A Document from a row of COLUMNS."""
    bucket, kind, id, rev, body = row
    return Document(bucket, kind, id, rev, from_json(body))


def to_json(value: Any) -> str:
    """Raises ValueError for infinities and not-a-number, which are no JSON."""
    text = _fast_json(value, inf_nan_mode="constants")
    # Three times as fast as the standard encoder, but it says nothing about numbers that are none.
    return _encoder.encode(value) if b"Infinity" in text or b"NaN" in text else text.decode()


_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def select_many(
    connection: sqlite3.Connection, columns: str, table: str, keys: Iterable[Key]
) -> Iterator[tuple[Any, ...]]:
    """Rows of many documents with one query for each kind: of `document`, `base` or another table keyed alike."""
    for kind, ids in by_kind(keys):
        yield from connection.execute(
            f"SELECT {columns} FROM {table} WHERE kind = ? AND id IN (SELECT value FROM json_each(?))",
            (kind, ids),
        ).fetchall()


def by_kind(keys: Iterable[Key]) -> list[tuple[str, str]]:
    """(kind, its ids as a JSON list), for `id IN (SELECT value FROM json_each(?))`."""
    found: dict[str, list[str]] = {}
    for kind, id in keys:
        found.setdefault(kind, []).append(id)
    return [(kind, to_json(ids)) for kind, ids in found.items()]


DAMAGED = "本机数据文件已损坏。请不要删除它，先另存一份，再联系管理员用中心的数据恢复。"
NEWER = "本机数据是由更新版本的程序保存的，这个版本打不开。请安装新版驻企通后再打开，数据没有改动。"


@contextmanager
def known_errors() -> Iterator[None]:
    """What SQLite raises becomes the KnownError behind it, where there is one."""
    try:
        yield
    except sqlite3.Error as error:
        known = known_from(error)
        if known is None and "not a database" in str(error):
            known = KnownError("store_damaged", DAMAGED)
        if known is None:
            raise
        raise known from error


def connect(path: Path) -> sqlite3.Connection:
    """A connection as this store wants it: explicit transactions, durable commits, nothing left behind on delete."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000, cached_statements=256
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        # KiB. With the usual 2 MB a large transaction writes its pages to the log again and again.
        connection.execute("PRAGMA cache_size = -16384")
    except BaseException:
        connection.close()
        raise
    return connection


def open_store(path: Path, *, fault: Callable[[str], None] = _no_fault) -> Store:
    """Open the store at `path`, making or migrating it.

    KnownError: `store_newer` (made by a newer version; it is left as it is), `store_damaged`, `read_only`,
    `disk_full`, `store_busy`. `fault` is called at before_begin, before_commit and after_commit of every write.
    """
    with known_errors():
        connection = connect(path)
        try:
            _bring_up(connection)
        finally:
            connection.close()
    return Store(path, fault)


def _bring_up(connection: sqlite3.Connection) -> None:
    # IMMEDIATE: a folder one cannot write to shows now, not with the first answer somebody gives.
    connection.execute("BEGIN IMMEDIATE")
    try:
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found > VERSION:
            raise KnownError("store_newer", NEWER)
        if found < VERSION:
            from app.store.schema import migrate

            migrate(connection)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
