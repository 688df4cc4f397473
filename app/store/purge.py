"""T4: letting a bucket go. No byte of it stays: not in the tables, not in free pages, not in the log, not on disk."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from pathlib import Path
from typing import Any

from app.domain.changes import Context
from app.domain.clock import to_text
from app.domain.documents import Key
from app.errors import KnownError
from app.store.database import Altered, Store, Transaction, to_json
from app.store.files import full_path
from app.store.handing_over import drafts_of, is_delivered, outbox_of, still_here, stranded, unfinished
from app.store.overlay import drop_touches, rebase

log = logging.getLogger(__name__)

_LEFT = "purge_left"
LET_GO = "let_go"
"""kv: bucket → when it went from here and how much of this person's own was handed over (`app.services.let_go`)."""
MOST_REMEMBERED = 50


def purge(store: Store, bucket: str, context: Context, *, without: Collection[str] = ()) -> Altered | None:
    """T4: rows, base, outbox bodies, drafts and cursor in one transaction, then files, then the log emptied.

    Goes by where documents are now: a change stamped with this bucket whose document has moved on to another one
    stays. None, and nothing done, while something of the bucket has not reached the centre (`handing_over.still_here`);
    `without` are attachments whose blobs the centre will not take.
    """
    with store.joined("sync") as transaction:
        if still_here(store, bucket, without):
            return None
        _remember(store, transaction, bucket, context)
        seqs = [seq for seq, _ in outbox_of(transaction, bucket)]
        drafts = [(draft.visit,) for draft in drafts_of(transaction, bucket)]
        transaction.executemany("DELETE FROM draft WHERE visit = ?", drafts)
        transaction.executemany("DELETE FROM outbox WHERE seq = ?", [(seq,) for seq in seqs])
        cells = drop_touches(transaction, seqs)
        _drop_discarded(transaction, bucket)
        _note_what_is_left(store, transaction, bucket)
        keys = _drop_documents(transaction, bucket)
        cells |= {(*key, bucket) for key in keys}
        transaction.execute("DELETE FROM cursor WHERE bucket = ?", (bucket,))
        transaction.execute("DELETE FROM kv WHERE name = 'token'")
        keys |= rebase(transaction, cells, context)
        return transaction.alter("documents", "outbox", "drafts", "files", "kv", keys=keys)


def drop_stranded(store: Store, context: Context) -> None:
    """Drafts whose visits the centre moved away, once the centre has their words (`handing_over.queue_stranded`)."""
    with store.joined("sync") as transaction:
        for draft, home in stranded(store):
            if not is_delivered(transaction, draft):
                continue
            transaction.execute("DELETE FROM draft WHERE visit = ?", (draft.visit,))
            made = transaction.execute(
                "DELETE FROM outbox WHERE kind = 'visit' AND id = ? RETURNING seq", (draft.visit,)
            )
            drop_touches(transaction, [seq for (seq,) in made.fetchall()])
            _tell(store, transaction, home, {"at": to_text(context.now), "changes": 0, "drafts": 1})
            transaction.execute("INSERT OR IGNORE INTO kv VALUES (?, '[]')", (_LEFT,))
            transaction.alter("outbox", "drafts", "kv")


def _remember(store: Store, transaction: Transaction, bucket: str, context: Context) -> None:
    """What the person is to be told, without a word of what it was."""
    escrowed = [seq for seq, state in outbox_of(transaction, bucket) if state == "escrowed"]
    # A visit that was only begun is counted as the unfinished visit it is.
    (changes,) = transaction.execute(
        "SELECT count(*) FROM outbox WHERE seq IN (SELECT value FROM json_each(?))"
        " AND json_extract(change, '$.name') NOT IN ('visit.start', 'visit.draft')",
        (to_json(escrowed),),
    ).fetchone()
    drafts = len(unfinished(transaction, bucket))
    _tell(store, transaction, bucket, {"at": to_text(context.now), "changes": changes, "drafts": drafts})


def _tell(store: Store, transaction: Transaction, bucket: str, told: dict[str, Any]) -> None:
    remembered = {key: value for key, value in store.kv(LET_GO, {}).items() if key != bucket}
    kept = dict(list({bucket: told, **remembered}.items())[:MOST_REMEMBERED])
    transaction.execute("INSERT OR REPLACE INTO kv VALUES (?, ?)", (LET_GO, to_json(kept)))


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
    entered = transaction.execute("DELETE FROM pending_file WHERE bucket = ? RETURNING path", (bucket,))
    paths = [path for (path,) in entered.fetchall()]
    # Blobs of others that were fetched lie in the same place, by their digest.
    fetched = transaction.execute(
        "SELECT json_extract(body, '$.sha256') FROM document WHERE kind = 'attachment' AND bucket = ?",
        (bucket,),
    )
    paths += [f"attachments/{sha256[:2]}/{sha256}" for (sha256,) in fetched.fetchall() if sha256]
    left = store.kv(_LEFT, [])
    transaction.execute("INSERT OR REPLACE INTO kv VALUES (?, ?)", (_LEFT, to_json(sorted({*left, *paths}))))


def finish_purges(store: Store) -> bool:
    """After the commit (and at the start of every run): unlink the files, write the store anew, empty the log. True
    when nothing is left."""
    rows = store.select("SELECT value FROM kv WHERE name = ?", (_LEFT,))
    if not rows:
        return True
    for kept in json.loads(rows[0][0]):
        if not _wanted(store, kept):
            path = Path(full_path(store, kept))
            path.unlink(missing_ok=True)
            # What a power cut left of writing or fetching it.
            for part in path.parent.glob(f"{path.name}.*"):
                part.unlink(missing_ok=True)
    if not _bytes_are_gone(store):
        return False
    with store.write("sync") as transaction:
        transaction.execute("DELETE FROM kv WHERE name = ?", (_LEFT,))
    return True


def _bytes_are_gone(store: Store) -> bool:
    """secure_delete overwrites rows where they lay, but not the copies SQLite leaves in the gaps of pages when it spreads
    rows over them anew; only writing the whole file anew does. What is in the way of that is not in the way of a sync."""
    try:
        return store.vacuum()
    except KnownError as error:
        log.warning("the store could not be written anew after a purge: %s", error.code)
        return False


def _wanted(store: Store, kept: str) -> bool:
    """Whether another bucket's attachment has the same bytes."""
    return bool(
        store.select("SELECT 1 FROM pending_file WHERE path = ?", (kept,))
        or store.select(
            "SELECT 1 FROM document WHERE kind = 'attachment' AND json_extract(body, '$.sha256') = ? LIMIT 1",
            (Path(kept).name,),
        )
    )
