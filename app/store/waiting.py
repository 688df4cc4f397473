"""What a person does with the queue itself: try again what the centre fails on, take back what was given up."""

from __future__ import annotations

from app.domain.changes import Change, Context
from app.errors import KnownError
from app.store.database import Altered, Store
from app.store.outbox import to_send
from app.store.overlay import enter_touches, rebase


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
    states = dict(
        store.select("SELECT seq, state FROM outbox WHERE state IN ('pending', 'again', 'quarantined')")
    )
    if "quarantined" not in states.values():
        return set()
    free = {row.seq for row in to_send(store, len(states))}
    return {seq for seq, state in states.items() if state != "quarantined"} - free
