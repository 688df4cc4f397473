"""Running unconfirmed changes over confirmed documents.

What a person sees = base + his unconfirmed changes run over it, in the order he made them. `run` does one change;
`rebase` does again those that have to do with documents whose confirmed state has altered, and no others.

A change has to do with what it wrote and with what it looked at (`outbox_touch`), and so with every other change
that touches the same: the closure over that is what is run again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.domain.changes import Change, Context, Outcome, Refusal, Write, apply
from app.domain.clock import from_text
from app.domain.documents import Key
from app.domain.projections import projections
from app.store.database import Transaction
from app.store.view import (
    ALL,
    BucketView,
    Cell,
    keep_base,
    raw_visible,
    reset_to_base,
    visible,
    write_visible,
)

log = logging.getLogger(__name__)

RUNNING = ("pending", "quarantined")
"""States of outbox rows whose effect is seen: neither confirmed nor turned down."""


_UNKNOWN: tuple[Any, ...] = ("altered on the way",)


def held_buckets(transaction: Transaction) -> set[str]:
    return {bucket for (bucket,) in transaction.execute("SELECT bucket FROM cursor").fetchall()}


def try_change(
    transaction: Transaction, change: Change, context: Context
) -> tuple[Outcome | Refusal, set[Cell]]:
    """Run a change's function on what is seen; nothing is written. Gives its outcome and what it looked at.

    The present moment is the one the change was made at, so that running it again gives the same.
    """
    view = BucketView(transaction, change.bucket)
    view.seen.add((*change.doc, change.bucket))
    try:
        return apply(view, change, replace(context, now=_moment(change, context))), view.seen
    except Refusal as refusal:
        return refusal, view.seen


def _moment(change: Change, context: Context) -> datetime:
    try:
        return from_text(change.at)
    except ValueError:
        return context.now


def write_outcome(
    transaction: Transaction, change: Change, outcome: Outcome, park: str, held: set[str]
) -> set[Cell]:
    """Write what a change does, with the projections that follow, into its own bucket and the others held here."""
    wrote: set[Cell] = set()
    for write in outcome.writes:
        before = visible(transaction, write.kind, write.id)
        following = projections(before, write.kind, write.id, write.body, park)
        for one in (write, *following):
            bucket = one.bucket or change.bucket
            if bucket == change.bucket or bucket in held:
                _write(transaction, one, bucket)
                wrote.add((one.kind, one.id, bucket))
    return wrote


def _write(transaction: Transaction, write: Write, bucket: str) -> None:
    keep_base(transaction, write.kind, write.id, bucket)
    write_visible(transaction, write.kind, write.id, bucket, write.body)


def enter_touches(transaction: Transaction, seq: int, looked: set[Cell], wrote: set[Cell]) -> None:
    """Remember what a queued change has to do with."""
    rows = [(seq, *cell, 1) for cell in wrote] + [(seq, *cell, 0) for cell in looked - wrote]
    transaction.executemany("INSERT OR REPLACE INTO outbox_touch VALUES (?, ?, ?, ?, ?)", rows)


def drop_touches(transaction: Transaction, seq: int) -> set[Cell]:
    """Forget what a change had to do with, as it was confirmed or turned down. Gives what it had written."""
    wrote = set(
        transaction.execute(
            "SELECT kind, id, bucket FROM outbox_touch WHERE seq = ? AND wrote = 1", (seq,)
        ).fetchall()
    )
    transaction.execute("DELETE FROM outbox_touch WHERE seq = ?", (seq,))
    return wrote


def rebase(transaction: Transaction, cells: Iterable[Cell], context: Context) -> set[Key]:
    """Bring what is seen in line with base + unconfirmed changes for these cells and all that hangs together with
    them. Gives the keys whose visible state altered."""
    seqs, closed = _closure(transaction, set(cells))
    before: dict[Key, tuple[Any, ...] | None] = {
        cell[:2]: raw_visible(transaction, *cell[:2]) for cell in closed if cell[1] != ALL
    }
    while True:
        for kind, id, _ in closed:
            if id != ALL:
                reset_to_base(transaction, kind, id)
        # Run again, a change may touch more than before, and more changes may hang together with that.
        fresh = _run_again(transaction, sorted(seqs), context) - closed
        before.update({cell[:2]: _UNKNOWN for cell in fresh if cell[1] != ALL and cell[:2] not in before})
        wider, closed = _closure(transaction, closed | fresh)
        if wider == seqs:
            break
        seqs = wider
    for kind, id in before:
        _drop_idle_base(transaction, kind, id)
    return {key for key, old in before.items() if raw_visible(transaction, *key) != old}


def _run_again(transaction: Transaction, seqs: list[int], context: Context) -> set[Cell]:
    held = held_buckets(transaction)
    touched: set[Cell] = set()
    for seq in seqs:
        (text,) = transaction.execute("SELECT change FROM outbox WHERE seq = ?", (seq,)).fetchone()
        change = Change.model_validate_json(text)
        looked, wrote = _run_queued(transaction, change, context, held)
        drop_touches(transaction, seq)
        enter_touches(transaction, seq, looked, wrote)
        touched |= looked | wrote
    return touched


def _run_queued(
    transaction: Transaction, change: Change, context: Context, held: set[str]
) -> tuple[set[Cell], set[Cell]]:
    """A queued change that is refused here now stays queued without effect: the server decides."""
    transaction.execute("SAVEPOINT queued")
    try:
        outcome, looked = try_change(transaction, change, context)
        wrote: set[Cell] = set()
        if isinstance(outcome, Outcome):
            wrote = write_outcome(transaction, change, outcome, context.park, held)
    except Exception:
        if not transaction.connection.in_transaction:
            raise
        # A bug in one change's function must not keep everything else from being received.
        log.exception("change %s (%s) failed on being run again", change.mid, change.name)
        transaction.execute("ROLLBACK TO queued")
        looked, wrote = {(*change.doc, change.bucket)}, set()
    transaction.execute("RELEASE queued")
    return looked, wrote


def _drop_idle_base(transaction: Transaction, kind: str, id: str) -> None:
    transaction.execute(
        "DELETE FROM base WHERE kind = ?1 AND id = ?2 AND NOT EXISTS"
        " (SELECT 1 FROM outbox_touch WHERE kind = ?1 AND id = ?2 AND wrote = 1)",
        (kind, id),
    )


def _closure(transaction: Transaction, cells: set[Cell]) -> tuple[set[int], set[Cell]]:
    """The queued changes that hang together with these cells, and every cell they touch."""
    seqs: set[int] = set()
    closed: set[Cell] = set()
    todo = set(cells)
    while todo:
        cell = todo.pop()
        closed.add(cell)
        for seq in _touching(transaction, cell) - seqs:
            seqs.add(seq)
            todo.update(
                set(
                    transaction.execute(
                        "SELECT kind, id, bucket FROM outbox_touch WHERE seq = ?", (seq,)
                    ).fetchall()
                )
                - closed
            )
    return seqs, closed


def _touching(transaction: Transaction, cell: Cell) -> set[int]:
    kind, id, bucket = cell
    if id == ALL:
        rows = transaction.execute(
            "SELECT seq FROM outbox_touch WHERE kind = ? AND bucket = ?", (kind, bucket)
        )
    else:
        rows = transaction.execute(
            "SELECT seq FROM outbox_touch WHERE kind = ?1 AND id = ?2 UNION"
            " SELECT seq FROM outbox_touch WHERE kind = ?1 AND id = ?3 AND bucket = ?4",
            (kind, id, ALL, bucket),
        )
    return {seq for (seq,) in rows.fetchall()}
