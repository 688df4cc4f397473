"""The list of whoever is not to be relied on: in a bucket nobody holds, looked into for one name at a time.

`blacklist.ask` (`app.domain.changes.blacklist`) is answered from here; that it was asked stays in the log of changes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.domain.blacklist import Listed, key_of
from sync.server import store, tables
from sync.server.database import Database
from sync.server.reference import facts
from sync.server.store import Transaction

KIND = "blacklisted"
ASK = "blacklist.ask"


def bucket_of(park: str) -> str:
    """No role holds it, none may act in it (`sync.server.access`); it is never sent."""
    return f"closed:{park}"


def look_up(connection: Connection, park: str, asked: str) -> list[Listed]:
    """The entries under exactly this name or credit code."""
    table = tables.document
    query = sa.select(table.c.body).where(
        table.c.bucket == bucket_of(park),
        table.c.kind == KIND,
        table.c.id == key_of(asked),
        table.c.deleted.is_(False),
    )
    body = connection.scalar(query)
    return [Listed.model_validate(one) for one in json.loads(body)["entries"]] if body else []


def import_list(database: Database, entries: Sequence[Listed], now: datetime) -> int:
    """Put these in the place of all there were, whole or not at all; returns how many names and codes are known now."""
    with database.reading() as connection:
        bucket = bucket_of(facts(connection).park)
    wanted: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        for text in {entry.name, entry.credit_code} - {""}:
            wanted.setdefault(key_of(text), []).append(entry.model_dump())

    def work(transaction: Transaction) -> None:
        there = {document.id for document in transaction.of_kind(bucket, KIND)}
        for id in sorted(there - wanted.keys()):
            transaction.write(bucket, KIND, id, None)
        for id, rows in sorted(wanted.items()):
            transaction.write(bucket, KIND, id, {"id": id, "entries": rows})

    store.write(database, work, now, (bucket,))
    return len(wanted)


def asked(database: Database, most: int = 200) -> list[dict[str, Any]]:
    """Who asked about whom, when and why, the last first: `at`, `person`, `asked`, `why`, `found`."""
    table = tables.change
    query = (
        sa.select(table.c.received_at, table.c.person, table.c.body)
        .where(table.c.name == ASK, table.c.status == "applied")
        .order_by(table.c.received_at.desc())
        .limit(most)
    )
    with database.reading() as connection:
        park = facts(connection).park
        names = {row.person: row.account for row in connection.execute(sa.select(tables.account))}
        rows = connection.execute(query).all()
        found = []
        for row in rows:
            args = json.loads(row.body)["args"]
            found.append(
                {
                    "at": row.received_at,
                    "person": names.get(row.person, row.person),
                    "asked": str(args.get("asked", "")).strip(),
                    "why": args.get("why", ""),
                    "found_now": len(look_up(connection, park, str(args.get("asked", "")))),
                }
            )
    return found
