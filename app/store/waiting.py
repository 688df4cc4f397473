"""The queue as a person sees it and deals with it: what waits, trying again, taking back what was given up.

A laptop that was away for long has thousands of changes: what is counted is counted by the database, and no more rows
are read than are shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.changes import Change, Context
from app.errors import KnownError
from app.store.database import Altered, Store
from app.store.files import ROW_OF_FILE, PendingFile, full_path
from app.store.outbox import ROW, OutboxRow, outbox_row, to_send
from app.store.overlay import enter_touches, rebase

UNSENT = "('pending', 'again', 'quarantined')"
HERE = f"EXISTS (SELECT 1 FROM document WHERE {ROW_OF_FILE})"
"""Of `pending_file f`: its row has not been taken off or turned down."""


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """A blob to be sent; `row_first`: the change that enters its row is not confirmed yet."""

    file: PendingFile
    file_name: str
    row_first: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """The first changes and files of the queue. `changes`, `files`, `bytes` (of files) and `buckets` are of all."""

    rows: tuple[OutboxRow, ...]
    blobs: tuple[WaitingFile, ...]
    changes: int
    files: int
    bytes: int
    buckets: int


def waiting(store: Store, limit: int) -> Waiting:
    """What is neither confirmed nor turned down, at most `limit` of changes and of files each."""
    states = "('pending', 'again', 'quarantined', 'escrowed')"
    with store.read() as connection:
        rows = connection.execute(
            f"SELECT {ROW} FROM outbox WHERE state IN {states} ORDER BY seq LIMIT ?", (limit,)
        ).fetchall()
        (changes,) = connection.execute(f"SELECT count(*) FROM outbox WHERE state IN {states}").fetchone()
        files, size = connection.execute(
            f"SELECT count(*), coalesce(sum(size), 0) FROM pending_file f WHERE stored = 0 AND {HERE}"
        ).fetchone()
        (buckets,) = connection.execute(
            f"SELECT count(*) FROM (SELECT bucket FROM outbox WHERE state IN {states}"
            f" UNION SELECT bucket FROM pending_file f WHERE stored = 0 AND {HERE})"
        ).fetchone()
        blobs = connection.execute(
            "SELECT f.sha256, f.size, f.path, f.attachment, f.bucket, f.location, f.attempts, f.error,"
            " json_extract(d.body, '$.file_name') FROM pending_file f"
            " JOIN document d ON d.kind IN ('attachment', 'department_attachment') AND d.id = f.attachment"
            " WHERE f.stored = 0 ORDER BY f.attempts, f.attachment LIMIT ?",
            (limit,),
        ).fetchall()
        entering = (
            {
                id
                for (id,) in connection.execute(
                    "SELECT id FROM outbox WHERE kind IN ('attachment', 'department_attachment')"
                    f" AND state IN {UNSENT}"
                    " AND json_extract(change, '$.name') = 'put'"
                )
            }
            if blobs
            else set()
        )
    return Waiting(
        tuple(outbox_row(row) for row in rows),
        tuple(
            WaitingFile(
                PendingFile(row[0], row[1], str(full_path(store, row[2])), *row[3:8]),
                str(row[8] or ""),
                row[3] in entering,
            )
            for row in blobs
        ),
        changes,
        files,
        size,
        buckets,
    )


def turned_down(store: Store) -> list[OutboxRow]:
    """What the centre refused, in the order it was made."""
    return [
        outbox_row(row)
        for row in store.select(f"SELECT {ROW} FROM outbox WHERE state = 'refused' ORDER BY seq")
    ]


def row_of(store: Store, seq: int) -> OutboxRow | None:
    """One row of the outbox; None where it is no longer there."""
    rows = store.select(f"SELECT {ROW} FROM outbox WHERE seq = ?", (seq,))
    return outbox_row(rows[0]) if rows else None


def retry(store: Store, seq: int) -> Altered:
    """重试: let one change out of quarantine. It goes with the next sync, and what waits behind it may follow."""
    with store.joined() as transaction:
        released = transaction.execute(
            "UPDATE outbox SET state = 'pending', attempts = 0 WHERE seq = ? AND state = 'quarantined'",
            (seq,),
        )
        return transaction.alter(*(["outbox"] if released.rowcount else []))


def take_back(store: Store, seq: int, context: Context) -> Altered:
    """撤销 after 放弃: the change stands in the queue again, in the state it had and with the reason.

    KnownError("not_given_up") where it is not among those given up (any more).
    """
    with store.joined() as transaction:
        row = transaction.execute(
            "SELECT change, state, error FROM discarded WHERE seq = ?", (seq,)
        ).fetchone()
        if row is None:
            raise KnownError("not_given_up", "这一项已经不在放弃的记录里，不能撤销。请刷新后再看。")
        change = Change.model_validate_json(row[0])
        kind, id = change.doc
        transaction.execute(
            "INSERT INTO outbox (seq, mid, bucket, kind, id, change, state, error, made_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (seq, change.mid, change.bucket, kind, id, row[0], row[1], row[2], change.at),
        )
        transaction.execute("DELETE FROM discarded WHERE seq = ?", (seq,))
        keys = set()
        if row[1] == "quarantined":
            # It was in effect until it was given up, and is again.
            cell = (kind, id, change.bucket)
            enter_touches(transaction, seq, {cell}, set())
            keys = rebase(transaction, {cell}, context)
        return transaction.alter("outbox", "documents", keys=keys)


def waiting_behind(store: Store) -> set[int]:
    """Seqs of the changes that cannot go before one the centre fails on was dealt with; empty without such a one."""
    if not store.select("SELECT 1 FROM outbox WHERE state = 'quarantined' LIMIT 1"):
        return set()
    states = dict(store.select(f"SELECT seq, state FROM outbox WHERE state IN {UNSENT}"))
    free = {row.seq for row in to_send(store, len(states))}
    return {seq for seq, state in states.items() if state != "quarantined"} - free
