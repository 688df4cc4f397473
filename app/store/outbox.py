"""The outbox: what was done here and is not confirmed yet, in the order it was done. T1 stands here.

States of a row: `pending` (to be sent), `quarantined` (the server keeps failing on it), `refused` (turned down, with
the reason), `escrowed` (kept at the centre for somebody else), `confirmed` (kept 30 days), `again` (answered once,
offered anew to a server restored from a backup).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from sqlite3 import Connection
from typing import Any

from app.domain.changes import Change, Context, Refusal
from app.domain.clock import to_text
from app.domain.documents import Key
from app.errors import KnownError
from app.store.database import Altered, Store, Transaction, to_json
from app.store.files import ROW_OF_FILE, PendingFile, add_file
from app.store.overlay import (
    drop_touches,
    enter_touches,
    held_buckets,
    rebase,
    try_change,
    write_outcome,
)
from app.store.view import Cell

CONFLICT = "conflict"
"""Kind of the documents in which the server keeps what met: base, theirs, mine."""


FILES_WANTED = (
    "SELECT count(*) FROM pending_file f WHERE stored = 0"
    f" AND EXISTS (SELECT 1 FROM document WHERE {ROW_OF_FILE})"
)
"""A blob whose row was taken off or turned down waits for nothing; its file stays until the enterprise is let go."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One queued change. `error` is {code, text, field?, params?} as the server gave it; `made_at` UTC text."""

    seq: int
    mid: str
    text: str
    """The change as it was written down."""
    state: str
    error: dict[str, Any] | None
    attempts: int
    made_at: str

    @property
    def change(self) -> Change:
        return Change.stored(self.text)


@dataclass(frozen=True, slots=True)
class Counts:
    """What is under way or wants looking at: changes to send, turned down, open conflicts, blobs to send."""

    pending: int
    refused: int
    conflicts: int
    files: int


def make_changes(
    store: Store,
    changes: Sequence[Change],
    context: Context,
    *,
    files: Sequence[PendingFile] = (),
    origin: str = "",
) -> Altered:
    """T1: run changes on what is seen and queue them, all in one transaction, with the blobs that belong to them.

    Refusal where one of them is turned down: nothing is altered then. A change with nothing to do is not queued.
    Inside `Store.write` it is part of that transaction.
    """
    keys: set[Key] = set()
    queued = False
    with store.joined(origin) as transaction:
        held = held_buckets(transaction)
        made_at = to_text(context.now)
        for change in changes:
            wrote = _make(transaction, change, context, held, made_at)
            queued = queued or wrote is not None
            keys.update((kind, id) for kind, id, _ in wrote or ())
        for file in files:
            add_file(store, transaction, file)
        topics = [
            *(["documents"] if keys else []),
            *(["outbox"] if queued else []),
            *(["files"] if files else []),
        ]
        return transaction.alter(*topics, keys=keys)


def _make(
    transaction: Transaction, change: Change, context: Context, held: set[str], made_at: str
) -> set[Cell] | None:
    """Run and queue one change; None where it had nothing to do."""
    outcome, view = try_change(transaction, change, context)
    if isinstance(outcome, Refusal):
        raise outcome
    if not outcome.writes and not outcome.conflicts:
        return None
    wrote = write_outcome(transaction, change, outcome, view, context.park, held)
    kind, id = change.doc
    entered = transaction.execute(
        "INSERT INTO outbox (mid, bucket, kind, id, change, state, made_at) VALUES (?, ?, ?, ?, ?, 'pending', ?)",
        (change.mid, change.bucket, kind, id, change.model_dump_json(by_alias=True), made_at),
    )
    assert entered.lastrowid is not None
    enter_touches(transaction, entered.lastrowid, view.seen, wrote)
    return wrote


ROW = "seq, mid, change, state, error, attempts, made_at"


def pending(store: Store) -> list[OutboxRow]:
    """Everything not confirmed, in the order it was made."""
    return [
        outbox_row(row)
        for row in store.select(
            f"SELECT {ROW} FROM outbox WHERE state IN ('pending', 'refused', 'quarantined', 'escrowed', 'again')"
            " ORDER BY seq"
        )
    ]


def outbox_row(row: tuple[Any, ...]) -> OutboxRow:
    seq, mid, text, state, error, attempts, made_at = row
    return OutboxRow(seq, mid, text, state, json.loads(error) if error else None, attempts, made_at)


def to_send(
    store: Store, limit: int, most_bytes: int = 1 << 62, skip: Collection[int] = (), after: int = 0
) -> list[OutboxRow]:
    """The next changes for the server, in order: at most `limit`, and of most_bytes together (but always one), of those
    that come `after` this seq.

    What touches a document that a quarantined change or one of `skip` (seqs) is about waits behind it, and so does
    what hangs on that.
    """
    with store.read() as connection:
        quarantined = connection.execute("SELECT seq FROM outbox WHERE state = 'quarantined'").fetchall()
        behind = [*skip, *(seq for (seq,) in quarantined)]
        blocked = _touched_by(connection, behind) if behind else set()
        chosen: list[OutboxRow] = []
        for row in connection.execute(
            # Two lists in the order of their index, merged: one with IN would be sorted as a whole for every batch.
            f"SELECT {ROW} FROM outbox WHERE state = 'pending' AND seq > ?1 UNION ALL"
            f" SELECT {ROW} FROM outbox WHERE state = 'again' AND seq > ?1 ORDER BY seq"
            + ("" if behind else f" LIMIT {int(limit)}"),
            # What comes before may wait for something, and others for that: gone through all the same.
            (0 if behind else after,),
        ):
            if row[0] in skip or (blocked and _waits(connection, row[0], blocked)) or row[0] <= after:
                continue
            most_bytes -= len(row[2].encode())
            if chosen and most_bytes < 0:
                break
            chosen.append(outbox_row(row))
            if len(chosen) == limit:
                break
        return chosen


def _touched_by(connection: Connection, seqs: Sequence[int]) -> set[Key]:
    """The documents these changes are about, and those they wrote."""
    these = "seq IN (SELECT value FROM json_each(?1))"
    return set(
        connection.execute(
            f"SELECT kind, id FROM outbox WHERE {these} UNION"
            f" SELECT kind, id FROM outbox_touch WHERE {these} AND wrote = 1",
            (to_json(seqs),),
        ).fetchall()
    )


def _waits(connection: Connection, seq: int, blocked: set[Key]) -> bool:
    own = _touched_by(connection, [seq])
    if own.isdisjoint(blocked):
        return False
    blocked |= own
    return True


def counts(store: Store) -> Counts:
    """How much is under way; cheap enough for a status line."""
    with store.read() as connection:
        states = dict(connection.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall())
        (conflicts,) = connection.execute(
            "SELECT count(*) FROM document WHERE kind = ? AND coalesce(json_extract(body, '$.state'), 'open') = 'open'",
            (CONFLICT,),
        ).fetchone()
        (files,) = connection.execute(FILES_WANTED).fetchone()
    waiting = sum(states.get(state, 0) for state in ("pending", "quarantined", "again"))
    return Counts(waiting, states.get("refused", 0), conflicts, files)


def discard(store: Store, seq: int, context: Context | None = None) -> Altered:
    """放弃: take a change that was refused (or that the server keeps failing on) out of the queue, on record.

    KnownError("not_discardable") for any other: what may still be confirmed cannot be taken back here. A quarantined
    one needs the context, as what is seen has to be worked out again without it.
    """
    with store.joined() as transaction:
        row = transaction.execute("SELECT change, state, error FROM outbox WHERE seq = ?", (seq,)).fetchone()
        if row is None or row[1] not in ("refused", "quarantined", "escrowed"):
            raise KnownError("not_discardable", "这一项还在等中心答复，不能放弃。请先同步一次再看。")
        now = context.now if context else datetime.now(UTC)
        transaction.execute("INSERT INTO discarded VALUES (?, ?, ?, ?, ?)", (seq, *row, to_text(now)))
        transaction.execute("DELETE FROM outbox WHERE seq = ?", (seq,))
        wrote = drop_touches(transaction, [seq])
        altered: set[Key] = set()
        if wrote:
            if context is None:
                raise ValueError("discarding a change that is in effect needs the context")
            altered = rebase(transaction, wrote, context)
        return transaction.alter("outbox", "documents", keys=altered)


def discarded(store: Store) -> list[tuple[OutboxRow, str]]:
    """What was given up, with when (UTC text), the latest first."""
    rows = store.select(
        "SELECT seq, json_extract(change, '$.mid'), change, state, error, 0, discarded_at FROM discarded"
        " ORDER BY seq DESC"
    )
    return [(outbox_row(row), row[-1]) for row in rows]
