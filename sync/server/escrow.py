"""代管 at the centre: changes of somebody who lost the bucket become a document of it, and his files may follow.

Only of somebody who once worked in the bucket: what a stranger sends to a guessed bucket stays in the log alone, and
neither the bucket nor the stranger notices anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from pydantic_core import from_json
from sqlalchemy.engine import Connection

from app.domain.changes import Change
from app.domain.documents import Body
from app.domain.escrow import Escrow, keep
from app.domain.people import Assignment
from app.domain.projections import projections
from app.domain.visit import Attachment
from sync.server import bulk, tables
from sync.server.people import Caller
from sync.server.store import Transaction

WORKED = ("applied", "conflict", "refused")
"""Verdicts that only somebody who held the bucket at the time has in the log."""


def keep_change(transaction: Transaction, change: Change, caller: Caller, park: str) -> None:
    """Let the bucket's holders see the change. Raises GrowLocks. Nothing where there is no such bucket, or where the
    change only was about something kept already: that is still there."""
    bucket = change.bucket
    if bucket not in transaction.locked or change.name.startswith("escrow."):
        return
    if not once_held(transaction, bucket, caller.person):
        return
    view = transaction.view(bucket)
    escrow = keep(view, change, change.to_wire(), caller.actor(), caller.device, transaction.now)
    body = escrow.to_body()
    before = view.get(Escrow.kind, escrow.id)
    transaction.write(bucket, Escrow.kind, escrow.id, body)
    for row in projections(before, Escrow.kind, escrow.id, body, park):
        assert row.bucket is not None
        transaction.write(row.bucket, row.kind, row.id, row.body)


def once_held(transaction: Transaction, bucket: str, person: str) -> bool:
    """Whether somebody looks or looked after this enterprise, or did anything in it."""
    standing = transaction.of_kind(bucket, Assignment.kind)
    if any(document.body.get("person") == person for document in standing):
        return True
    return _worked_in(transaction.connection, bucket, person)


def _worked_in(connection: Connection, bucket: str, person: str) -> bool:
    table = tables.change
    query = sa.select(table.c.mid).where(
        table.c.bucket == bucket, table.c.person == person, table.c.status.in_(WORKED)
    )
    return connection.scalar(query.limit(1)) is not None


# ---------------------------------------------------------------- files


def announced(connection: Connection, caller: Caller, bucket: str, id: str) -> Attachment | None:
    """The attachment as the caller himself entered it in a bucket he holds no more; None where he did not, or where
    its bytes are here already.

    So his photos can follow his words: those of a row that was applied before he lost the bucket, and those of one
    that is kept.
    """
    table = tables.change
    query = sa.select(table.c.body).where(
        table.c.bucket == bucket,
        table.c.person == caller.person,
        table.c.name == "put",
        table.c.status.in_(("applied", "escrowed")),
    )
    for text in connection.scalars(query):
        change: dict[str, Any] = from_json(text)
        if change["doc"] == [Attachment.kind, id] and _is_awaited(connection, bucket, id, change["mid"]):
            fields = change["args"]["fields"]
            return Attachment.model_validate({name: to for name, (_, to) in fields.items() if to is not None})
    return None


def _is_awaited(connection: Connection, bucket: str, id: str, mid: str) -> bool:
    """Whether the attachment's row stands in the bucket, or is kept there in a document, without its bytes."""
    files, table = tables.stored_file, tables.document
    stored = sa.select(files.c.sha256).where(files.c.bucket == bucket, files.c.attachment == id)
    if connection.scalar(stored) is not None:
        return False
    live = sa.and_(table.c.bucket == bucket, table.c.deleted.is_(False))
    row = sa.select(table.c.id).where(live, table.c.kind == Attachment.kind, table.c.id == id)
    if connection.scalar(row) is not None:
        return True
    kept = connection.scalars(sa.select(table.c.body).where(live, table.c.kind == Escrow.kind))
    return any(each["change"]["mid"] == mid for text in kept for each in from_json(text)["kept"])


def kept_digests(connection: Connection, bucket: str) -> Mapping[str, str]:
    """Attachment id → SHA-256 of the attachments whose rows are kept in a bucket's documents."""
    table = tables.document
    query = sa.select(table.c.body).where(
        table.c.bucket == bucket, table.c.kind == Escrow.kind, table.c.deleted.is_(False)
    )
    found: dict[str, str] = {}
    for text in connection.scalars(query):
        for each in from_json(text)["kept"]:
            change = each["change"]
            if change["name"] == "put" and change["doc"][0] == Attachment.kind:
                fields = change["args"].get("fields", {})
                found[change["doc"][1]] = str(fields.get("sha256", [None, ""])[1])
    return found


def look_for_stored(transaction: Transaction, attachments: Iterable[tuple[str, str]]) -> None:
    """Ask for the bytes of many (bucket, attachment) at once, before `with_stored` is asked for each."""
    wanted = {key for key in attachments if key not in transaction.stored_files}
    transaction.stored_files.update(dict.fromkeys(wanted))
    for bucket, id, sha256, stored_at in bulk.stored_files(transaction.connection, wanted):
        transaction.stored_files[bucket, id] = (sha256, stored_at)


def with_stored(transaction: Transaction, bucket: str, body: Body) -> Body:
    """An attachment's body as it becomes a document: its bytes may have come before it did."""
    if body.get("stored_at"):
        return body
    key = (bucket, body["id"])
    if key not in transaction.stored_files:
        look_for_stored(transaction, [key])
    sha256, stored_at = transaction.stored_files[key] or (None, None)
    return {**body, "stored_at": stored_at} if sha256 == body["sha256"] else body
