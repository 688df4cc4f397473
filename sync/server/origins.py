"""Who set a field of a document, from the log of changes: what a conflict tells people about the centre's value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from pydantic_core import from_json

from app.domain.documents import same_value
from sync.server import tables
from sync.server.people import CENTER
from sync.server.store import Transaction

LOOKED_AT = 500
"""How many of a bucket's latest changes are looked through. What is older is not named; that is rare and harmless."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who set a field, and when the centre received that (UTC text)."""

    name: str
    at: str


def origins(
    transaction: Transaction, bucket: str, kind: str, id: str, values: Mapping[str, Any]
) -> dict[str, Origin]:
    """Of each field the latest change that set it to this value, as far as the log of its bucket tells.

    By value, as a change that met something, or had nothing to do, is in the log with fields it did not set.
    """
    wanted = dict(values)
    found: dict[str, Origin] = {}
    for row in _latest(transaction, bucket):
        set_by = _set_by(transaction, row["body"], bucket, kind, id)
        for name in [name for name in set_by if name in wanted and same_value(set_by[name], wanted[name])]:
            del wanted[name]
            person = _name(transaction, row["person"])
            if person is not None:
                found[name] = Origin(person, row["received_at"])
        if not wanted:
            break
    return found


def _latest(transaction: Transaction, bucket: str) -> Iterator[Mapping[str, Any]]:
    """Field edits and resolves that were let through, the latest first: this batch's, then those in the log."""
    names, statuses = ("put", "patch", "conflict.resolve"), ("applied", "conflict")
    for row in reversed(transaction.logged):
        if row["bucket"] == bucket and row["name"] in names and row["status"] in statuses:
            yield row
    table = tables.change
    query = (
        sa.select(table.c.person, table.c.received_at, table.c.body)
        .where(table.c.bucket == bucket, table.c.name.in_(names), table.c.status.in_(statuses))
        .order_by(table.c.received_at.desc(), table.c.mid.desc())
        .limit(LOOKED_AT)
    )
    for found in transaction.connection.execute(query):
        yield found._asdict()


def _set_by(transaction: Transaction, text: str, bucket: str, kind: str, id: str) -> dict[str, Any]:
    """What a change wanted the document's fields to be."""
    body = from_json(text)
    if body["doc"] == [kind, id]:
        return {name: to for name, (_, to) in body["args"].get("fields", {}).items()}
    conflict = transaction.get(bucket, *body["doc"]) if body["name"] == "conflict.resolve" else None
    if conflict is None or (conflict.body["target_kind"], conflict.body["target_id"]) != (kind, id):
        return {}
    decision = next((each for each in conflict.body["trail"] if each["mid"] == body["mid"]), None)
    picked = decision["fields"] if decision else {}
    return {
        name: each.get("value") for name, each in picked.items() if each["done"] and each["pick"] != "theirs"
    }


def _name(transaction: Transaction, person: str) -> str | None:
    if person == CENTER.person:
        return CENTER.name
    table = tables.account
    return transaction.connection.scalar(sa.select(table.c.name).where(table.c.person == person))
