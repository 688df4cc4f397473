"""Running unconfirmed changes over confirmed documents.

What a person sees = base + his unconfirmed changes run over it, in the order he made them. `run` does one change;
`rebase` does again those that have to do with documents whose confirmed state has altered, and no others.

A change has to do with what it wrote and with what it looked at (`outbox_touch`), and so with every other change
that touches the same: the closure over that is what is run again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from datetime import datetime

from app.domain.changes import Change, Context, Outcome, Refusal, Write, apply
from app.domain.clock import from_text
from app.domain.documents import Document, Key
from app.domain.projections import projections
from app.store.database import Transaction, by_kind, to_json
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


_LISTED = "(SELECT value FROM json_each(?))"


def held_buckets(transaction: Transaction) -> set[str]:
    return {bucket for (bucket,) in transaction.execute("SELECT bucket FROM cursor").fetchall()}


def try_change(
    transaction: Transaction, change: Change, context: Context
) -> tuple[Outcome | Refusal, BucketView]:
    """Run a change's function on what is seen; nothing is written. Gives its outcome and what it looked at.

    The present moment is the one the change was made at, so that running it again gives the same.
    """
    view = BucketView(transaction, change.bucket)
    view.seen.add((*change.doc, change.bucket))
    try:
        return apply(view, change, context.at(_moment(change, context))), view
    except Refusal as refusal:
        return refusal, view


def _moment(change: Change, context: Context) -> datetime:
    try:
        return from_text(change.at)
    except ValueError:
        return context.now


def write_outcome(
    transaction: Transaction, change: Change, outcome: Outcome, view: BucketView, park: str, held: set[str]
) -> set[Cell]:
    """Write what a change does, with the projections that follow, into its own bucket and the others held here."""
    wrote: set[Cell] = set()
    for write in outcome.writes:
        before = _before(transaction, view, write)
        following = projections(before, write.kind, write.id, write.body, park)
        for one in (write, *following):
            bucket = one.bucket or change.bucket
            if bucket == change.bucket or bucket in held:
                there = before if one is write else _before(transaction, view, one)
                keep_base(transaction, one.kind, one.id, bucket, there=there is not None)
                write_visible(transaction, one.kind, one.id, bucket, one.body)
                # What was found there is not what is seen now.
                view.found.pop((one.kind, one.id), None)
                wrote.add((one.kind, one.id, bucket))
    return wrote


def _before(transaction: Transaction, view: BucketView, write: Write) -> Document | None:
    key = (write.kind, write.id)
    return view.found[key] if key in view.found else visible(transaction, *key)


def enter_touches(transaction: Transaction, seq: int, looked: set[Cell], wrote: set[Cell]) -> None:
    """Remember what a queued change has to do with."""
    rows = [(seq, *cell, 1) for cell in wrote] + [(seq, *cell, 0) for cell in looked - wrote]
    transaction.executemany("INSERT OR REPLACE INTO outbox_touch VALUES (?, ?, ?, ?, ?)", rows)


def drop_touches(transaction: Transaction, seqs: Iterable[int]) -> set[Cell]:
    """Forget what changes had to do with, as they were confirmed or turned down. Gives what they had written."""
    these = to_json(list(seqs))
    wrote = set(
        transaction.execute(
            f"SELECT kind, id, bucket FROM outbox_touch WHERE wrote = 1 AND seq IN {_LISTED}", (these,)
        ).fetchall()
    )
    transaction.execute(f"DELETE FROM outbox_touch WHERE seq IN {_LISTED}", (these,))
    return wrote


def rebase(
    transaction: Transaction, cells: Iterable[Cell], context: Context, told: Collection[Key] = ()
) -> set[Key]:
    """Bring what is seen in line with base + unconfirmed changes for these cells and all that hangs together with
    them. Gives the keys whose visible state altered; those in `told` are not looked at for that."""
    seqs, closed = _closure(transaction, set(cells))
    keys = _keys(closed)
    watched = keys.difference(told)
    before = raw_visible(transaction, watched)
    altered: set[Key] = set()
    while True:
        reset_to_base(transaction, keys)
        # Run again, a change may touch more than before, and more changes may hang together with that.
        fresh = _run_again(transaction, sorted(seqs), context) - closed
        wider, closed = _closure(transaction, closed | fresh)
        altered |= _keys(closed) - keys
        keys |= altered
        if wider == seqs:
            break
        seqs = wider
    _drop_idle_base(transaction, keys)
    after = raw_visible(transaction, watched)
    return altered.union(key for key in watched if before.get(key) != after.get(key))


def _keys(cells: Iterable[Cell]) -> set[Key]:
    return {(kind, id) for kind, id, _ in cells if id != ALL}


def _run_again(transaction: Transaction, seqs: list[int], context: Context) -> set[Cell]:
    held = held_buckets(transaction)
    touched: set[Cell] = set()
    for seq in seqs:
        (text,) = transaction.execute("SELECT change FROM outbox WHERE seq = ?", (seq,)).fetchone()
        change = Change.stored(text)
        looked, wrote = _run_queued(transaction, change, context, held)
        drop_touches(transaction, [seq])
        enter_touches(transaction, seq, looked, wrote)
        touched |= looked | wrote
    return touched


def _run_queued(
    transaction: Transaction, change: Change, context: Context, held: set[str]
) -> tuple[set[Cell], set[Cell]]:
    """A queued change that is refused here now stays queued without effect: the server decides."""
    transaction.execute("SAVEPOINT queued")
    wrote: set[Cell] = set()
    try:
        outcome, view = try_change(transaction, change, context)
        looked = view.seen
        if isinstance(outcome, Outcome):
            wrote = write_outcome(transaction, change, outcome, view, context.park, held)
    except Exception:
        if not transaction.connection.in_transaction:
            raise
        # A bug in one change's function must not keep everything else from being received.
        log.exception("change %s (%s) failed on being run again", change.mid, change.name)
        transaction.execute("ROLLBACK TO queued")
        looked, wrote = {(*change.doc, change.bucket)}, set()
    transaction.execute("RELEASE queued")
    return looked, wrote


_IDLE = (
    f"FROM base WHERE kind = ? AND id IN {_LISTED} AND NOT EXISTS"
    " (SELECT 1 FROM outbox_touch t WHERE t.kind = base.kind AND t.id = base.id AND t.wrote = 1)"
)


def idle_bases(transaction: Transaction, keys: Iterable[Key]) -> frozenset[Key]:
    """Those of the documents that have a base which no unconfirmed change runs over any more."""
    return frozenset(
        key
        for kind, ids in by_kind(keys)
        for key in transaction.execute(f"SELECT kind, id {_IDLE}", (kind, ids)).fetchall()
    )


def _drop_idle_base(transaction: Transaction, keys: Iterable[Key]) -> None:
    for kind, ids in by_kind(keys):
        transaction.execute(f"DELETE {_IDLE}", (kind, ids))


def _closure(transaction: Transaction, cells: set[Cell]) -> tuple[set[int], set[Cell]]:
    """The queued changes that hang together with these cells, and every cell they touch."""
    seqs: set[int] = set()
    closed: set[Cell] = set()
    todo = cells
    while todo:
        closed |= todo
        found = _touching(transaction, todo) - seqs
        if not found:
            break
        seqs |= found
        touched = transaction.execute(
            f"SELECT kind, id, bucket FROM outbox_touch WHERE seq IN {_LISTED}", (to_json(list(found)),)
        )
        todo = set(touched.fetchall()) - closed
    return seqs, closed


def _touching(transaction: Transaction, cells: Iterable[Cell]) -> set[int]:
    """Changes that have to do with a document, with all of its kind in its bucket, or, for ALL, with any of those."""
    ids: set[Key] = set()
    wholes: set[Key] = set()
    buckets: set[Key] = set()
    for kind, id, bucket in cells:
        if id == ALL:
            wholes.add((kind, bucket))
        else:
            ids.add((kind, id))
            buckets.add((kind, bucket))
    return {
        seq
        for condition, keys in (
            (f"id IN {_LISTED}", ids),
            (f"bucket IN {_LISTED} AND id = '{ALL}'", buckets - wholes),
            (f"bucket IN {_LISTED}", wholes),
        )
        for kind, listed in by_kind(keys)
        for (seq,) in transaction.execute(
            f"SELECT seq FROM outbox_touch WHERE kind = ? AND {condition}", (kind, listed)
        ).fetchall()
    }
