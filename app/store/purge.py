"""T4: letting a bucket go. No byte of it stays: not in the tables, not in free pages, not in the log, not on disk."""

from __future__ import annotations

import json
from pathlib import Path

from app.domain.changes import Context
from app.domain.documents import Key
from app.store.database import Altered, Store, Transaction, to_json
from app.store.files import full_path
from app.store.overlay import drop_touches, rebase

_LEFT = "purge_left"


def unsent_in(store: Store, bucket: str) -> int:
    """Changes of this bucket that the centre has not answered yet; they are pushed (and escrowed) before it goes."""
    with store.joined("sync") as transaction:
        seqs = _outbox_of(transaction, bucket)
        return sum(state in ("pending", "quarantined", "again") for _, state in seqs)


def purge(store: Store, bucket: str, context: Context) -> Altered | None:
    """T4: rows, base, outbox bodies, drafts and cursor in one transaction, then files, then the log emptied.

    Goes by where documents are now: a change stamped with this bucket whose document has moved on to another one
    stays. None, and nothing done, while changes of the bucket are unsent: they must be at the centre first.
    """
    with store.joined("sync") as transaction:
        if unsent_in(store, bucket):
            return None
        seqs = [seq for seq, _ in _outbox_of(transaction, bucket)]
        transaction.executemany("DELETE FROM outbox WHERE seq = ?", [(seq,) for seq in seqs])
        cells = drop_touches(transaction, seqs)
        _drop_discarded(transaction, bucket)
        transaction.execute(
            "DELETE FROM draft WHERE visit IN (SELECT id FROM document WHERE kind = 'visit' AND bucket = ?)",
            (bucket,),
        )
        keys = _drop_documents(transaction, bucket)
        cells |= {(*key, bucket) for key in keys}
        transaction.execute("DELETE FROM cursor WHERE bucket = ?", (bucket,))
        transaction.execute("DELETE FROM kv WHERE name = 'token'")
        _note_what_is_left(store, transaction, bucket)
        keys |= rebase(transaction, cells, context)
        return transaction.alter("documents", "outbox", "drafts", "files", "kv", keys=keys)


def _outbox_of(transaction: Transaction, bucket: str) -> list[tuple[int, str]]:
    """(seq, state) of the changes whose document is in the bucket, or nowhere and the change was made for it."""
    return transaction.execute(
        "SELECT o.seq, o.state FROM outbox o LEFT JOIN base b USING (kind, id) LEFT JOIN document d USING (kind, id)"
        " WHERE coalesce(CASE WHEN b.body IS NOT NULL THEN b.bucket END, d.bucket, o.bucket) = ? ORDER BY o.seq",
        (bucket,),
    ).fetchall()


def _drop_discarded(transaction: Transaction, bucket: str) -> None:
    transaction.execute("DELETE FROM discarded WHERE json_extract(change, '$.bucket') = ?", (bucket,))


def _drop_documents(transaction: Transaction, bucket: str) -> set[Key]:
    keys = set(
        transaction.execute(
            "SELECT kind, id FROM document WHERE bucket = ?1 UNION SELECT kind, id FROM base WHERE bucket = ?1",
            (bucket,),
        ).fetchall()
    )
    # A document confirmed in this bucket that a change shows in another one loses its base alone.
    transaction.execute("UPDATE base SET body = NULL, rev = 0 WHERE bucket = ?", (bucket,))
    transaction.execute("DELETE FROM document WHERE bucket = ?", (bucket,))
    return keys


def _note_what_is_left(store: Store, transaction: Transaction, bucket: str) -> None:
    """Files go after the commit; what is to go is written down with it, so that a crash between does not keep them."""
    paths = [
        path
        for (path,) in transaction.execute(
            "DELETE FROM pending_file WHERE bucket = ? RETURNING path", (bucket,)
        ).fetchall()
    ]
    left = store.kv(_LEFT, [])
    transaction.execute("INSERT OR REPLACE INTO kv VALUES (?, ?)", (_LEFT, to_json(sorted({*left, *paths}))))


def finish_purges(store: Store) -> bool:
    """After the commit (and at the start of every run): unlink the files, empty the log. True when nothing is left."""
    rows = store.select("SELECT value FROM kv WHERE name = ?", (_LEFT,))
    if not rows:
        return True
    for kept in json.loads(rows[0][0]):
        if not store.select("SELECT 1 FROM pending_file WHERE path = ?", (kept,)):
            Path(full_path(store, kept)).unlink(missing_ok=True)
    if not store.checkpoint():
        return False
    with store.write("sync") as transaction:
        transaction.execute("DELETE FROM kv WHERE name = ?", (_LEFT,))
    return True
