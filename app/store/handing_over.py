"""What still has to reach the centre before a bucket may go from this laptop: changes, unfinished visits, blobs.

A draft is the laptop's own and normally never sent. When its bucket is taken away it becomes a `visit.draft` change,
which the centre keeps for whoever has the enterprise then. Only a draft that the centre has, as it stands here, may go.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from app.domain.changes import Change
from app.domain.clock import from_text, to_text
from app.domain.escrow import DRAFT, DRAFTS, ENTRY_DRAFT
from app.domain.ids import new_id
from app.store.database import Store, Transaction
from app.store.drafts import Draft
from app.store.files import PendingFile, pending_files

UNSENT = ("pending", "quarantined", "again")
_DELIVERED = ("escrowed", "refused")
"""Either way the centre has it: a refused change's body is in its log."""


def outbox_of(transaction: Transaction, bucket: str) -> list[tuple[int, str]]:
    """(seq, state) of the changes whose document is in the bucket, or nowhere and the change was made for it."""
    return transaction.execute(
        "SELECT o.seq, o.state FROM outbox o LEFT JOIN base b USING (kind, id) LEFT JOIN document d USING (kind, id)"
        " WHERE coalesce(CASE WHEN b.body IS NOT NULL THEN b.bucket END, d.bucket, o.bucket) = ? ORDER BY o.seq",
        (bucket,),
    ).fetchall()


def drafts_of(transaction: Transaction, bucket: str) -> list[Draft]:
    """The drafts of visits in a bucket; of a visit that is nowhere (its start, or the taking over of it, was turned
    down) by what was asked; those of entries of registers and of revisits by what they say themselves."""
    rows = transaction.execute(
        "SELECT f.visit, f.form_key, f.state, f.saved_at FROM draft f"
        " LEFT JOIN base b ON b.kind = 'visit' AND b.id = f.visit AND b.body IS NOT NULL"
        " LEFT JOIN document d ON d.kind = 'visit' AND d.id = f.visit"
        " WHERE coalesce(b.bucket, d.bucket, (SELECT o.bucket FROM outbox o WHERE o.kind = 'visit'"
        " AND o.id = f.visit ORDER BY o.seq DESC LIMIT 1), (SELECT e.bucket FROM document e WHERE e.kind = 'escrow'"
        " AND json_extract(e.body, '$.target_kind') = 'visit' AND json_extract(e.body, '$.target_id') = f.visit LIMIT 1)"
        ", json_extract(f.state, '$.entry.bucket'), json_extract(f.state, '$.revisit.bucket')) = ? ORDER BY f.visit",
        (bucket,),
    ).fetchall()
    return [Draft(visit, form_key, json.loads(state), saved_at) for visit, form_key, state, saved_at in rows]


def unfinished(transaction: Transaction, bucket: str) -> list[Draft]:
    """The drafts whose words are nowhere else: the visit is open, and no way to end it is waiting or kept."""
    return [draft for draft in drafts_of(transaction, bucket) if not _ended(transaction, draft)]


def _ended(transaction: Transaction, draft: Draft) -> bool:
    if "entry" in draft.state:
        return _entry_ended(transaction, draft)
    if "revisit" in draft.state:
        # Who loses the enterprise may not revisit its issues any more: nobody goes on with what he wrote, it goes with the rest.
        return True
    visit = draft.visit
    (state,) = transaction.execute(
        "SELECT (SELECT json_extract(body, '$.state') FROM document WHERE kind = 'visit' AND id = ?)",
        (visit,),
    ).fetchone()
    if state not in (None, "open"):
        return True
    ending = transaction.execute(
        "SELECT 1 FROM outbox WHERE kind = 'visit' AND id = ? AND state <> 'refused'"
        " AND json_extract(change, '$.name') IN ('visit.submit', 'visit.cancel')",
        (visit,),
    )
    return ending.fetchone() is not None


def _entry_ended(transaction: Transaction, draft: Draft) -> bool:
    """An entry that was handed in: its change waits or is kept, or the entry stands here as it was handed in."""
    meta = draft.state["entry"]
    found = transaction.execute(
        "SELECT 1 FROM outbox WHERE kind = 'record' AND state <> 'refused'"
        " AND json_extract(change, '$.args.draft') = ?1 UNION SELECT 1 FROM document WHERE kind = 'record'"
        " AND id = ?2 AND json_extract(body, '$.digest') = ?3",
        (draft.visit, meta.get("amends") or draft.visit, meta.get("sent")),
    )
    return found.fetchone() is not None


def undelivered(transaction: Transaction, bucket: str) -> list[Draft]:
    """The unfinished drafts that the centre has not got as they are now."""
    return [draft for draft in unfinished(transaction, bucket) if not is_delivered(transaction, draft)]


def is_delivered(transaction: Transaction, draft: Draft) -> bool:
    """Whether the centre has the words of a draft as they stand here."""
    return any(
        state in _DELIVERED and args.get("state") == draft.state
        for _, state, args in _sent(transaction, draft.visit)
    )


def _sent(transaction: Transaction, visit: str) -> list[tuple[int, str, dict[str, Any]]]:
    """(seq, state, args) of the draft's changes."""
    rows = transaction.execute(
        "SELECT seq, state, json_extract(change, '$.args') FROM outbox WHERE kind IN ('visit', 'record') AND id = ?"
        " AND json_extract(change, '$.name') IN (?, ?)",
        (visit, *sorted(DRAFTS)),
    ).fetchall()
    return [(seq, state, json.loads(args)) for seq, state, args in rows]


def queue_drafts(store: Store, bucket: str) -> int:
    """Enter the unfinished visits of a bucket that goes into the outbox; returns how many. One that waits already is
    replaced by what the draft has become since."""
    with store.joined("sync") as transaction:
        found = undelivered(transaction, bucket)
        for draft in found:
            queue_draft(transaction, bucket, draft)
        if found:
            transaction.alter("outbox")
        return len(found)


def queue_draft(transaction: Transaction, bucket: str, draft: Draft) -> None:
    """Enter one `visit.draft` or `record.draft`. It alters nothing here, so it touches nothing."""
    name, kind = (ENTRY_DRAFT, "record") if "entry" in draft.state else (DRAFT, "visit")
    waiting = [seq for seq, state, _ in _sent(transaction, draft.visit) if state in UNSENT]
    transaction.executemany("DELETE FROM outbox WHERE seq = ?", [(seq,) for seq in waiting])
    args = {"form_key": draft.form_key, "state": draft.state, "saved_at": draft.saved_at}
    at = to_text(from_text(draft.saved_at))
    change = Change(mid=new_id(), name=name, bucket=bucket, doc=(kind, draft.visit), args=args, at=at)
    transaction.execute(
        "INSERT INTO outbox (mid, bucket, kind, id, change, state, made_at) VALUES (?, ?, ?, ?, ?, 'pending', ?)",
        (change.mid, bucket, *change.doc, change.model_dump_json(by_alias=True), at),
    )
    transaction.alter("outbox")


def stranded(store: Store) -> list[tuple[Draft, str]]:
    """Drafts of visits that have gone from here with a page, and the bucket each visit was begun in: the centre had
    them, and moved them where this person sees nothing. Only after a pull that read everything to its end."""
    rows = store.select(
        "SELECT f.visit, f.form_key, f.state, f.saved_at, (SELECT o.bucket FROM outbox o WHERE o.kind = 'visit'"
        " AND o.id = f.visit AND o.state = 'confirmed' ORDER BY o.seq DESC LIMIT 1) AS home FROM draft f"
        " WHERE home IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM document d WHERE d.kind = 'visit' AND d.id = f.visit)"
        " AND NOT EXISTS (SELECT 1 FROM base b WHERE b.kind = 'visit' AND b.id = f.visit)"
        " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.kind = 'visit' AND o.id = f.visit AND o.state <> 'confirmed'"
        " AND json_extract(o.change, '$.name') <> ?) ORDER BY f.visit",
        (DRAFT,),
    )
    return [
        (Draft(visit, key, json.loads(state), saved_at), home) for visit, key, state, saved_at, home in rows
    ]


def queue_stranded(store: Store) -> int:
    """Enter what is stranded into the outbox; returns how many waits now."""
    with store.joined("sync") as transaction:
        waiting = [one for one in stranded(store) if not is_delivered(transaction, one[0])]
        for draft, home in waiting:
            queue_draft(transaction, home, draft)
        return len(waiting)


def files_to_hand_over(store: Store, bucket: str) -> list[PendingFile]:
    """The bucket's blobs that the centre may still get: their rows are confirmed, or kept."""
    rows = store.select(
        "SELECT f.attachment FROM pending_file f WHERE f.bucket = ?1 AND f.stored = 0 AND ("
        " EXISTS (SELECT 1 FROM outbox o WHERE o.kind = 'attachment' AND o.id = f.attachment"
        " AND json_extract(o.change, '$.name') = 'put' AND o.state IN ('escrowed', 'confirmed', 'again'))"
        " OR EXISTS (SELECT 1 FROM document d WHERE d.kind = 'attachment' AND d.id = f.attachment AND d.rev > 0))",
        (bucket,),
    )
    wanted = {attachment for (attachment,) in rows}
    return [file for file in pending_files(store) if file.attachment in wanted]


def still_here(store: Store, bucket: str, without: Collection[str] = ()) -> int:
    """How much of a bucket the centre has not got: changes, drafts, and blobs but those of `without` (attachments),
    which it will not have."""
    with store.joined("sync") as transaction:
        changes = sum(state in UNSENT for _, state in outbox_of(transaction, bucket))
        files = [file for file in files_to_hand_over(store, bucket) if file.attachment not in without]
        return changes + len(undelivered(transaction, bucket)) + len(files)


def busy_buckets(store: Store) -> set[str]:
    """Buckets in which something of this person's own is not settled: changes unsent or turned down, drafts, blobs."""
    rows = store.select(
        "SELECT coalesce(d.bucket, o.bucket) FROM outbox o LEFT JOIN document d USING (kind, id)"
        " WHERE o.state NOT IN ('confirmed', 'escrowed')"
        " UNION SELECT d.bucket FROM draft f JOIN document d ON d.kind = 'visit' AND d.id = f.visit"
        " UNION SELECT json_extract(state, '$.entry.bucket') FROM draft"
        " UNION SELECT bucket FROM pending_file WHERE stored = 0"
    )
    return {bucket for (bucket,) in rows if bucket is not None}
