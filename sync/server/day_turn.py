"""What comes true when a day has passed: the last day of an assignment is over, and the enterprise goes from its officer."""

from __future__ import annotations

import json
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.domain.changes.assignments import OWN_ASSIGNMENT
from app.domain.clock import beijing_date
from app.domain.ids import derived_id
from app.domain.people import Assignment
from sync.server import store, tables
from sync.server.database import Database
from sync.server.jobs import run_change
from sync.server.reference import Reference
from sync.server.store import Transaction


def lapse_assignments(database: Database, reference: Reference, now: datetime) -> int:
    """End what was to end before today (Beijing). Returns how many. May be called as often as one likes, by any worker."""
    with database.reading() as connection:
        due = _due(connection, beijing_date(now).isoformat())
    for bucket, assignment, until in due:

        def work(
            transaction: Transaction, bucket: str = bucket, id: str = assignment, until: str = until
        ) -> bool:
            # Named after the day, so that two workers make the same change.
            mid, doc = derived_id(id, f"lapse:{until}"), (Assignment.kind, id)
            return run_change(transaction, reference, "assignment.lapse", bucket, doc, {}, mid).altered

        store.write(database, work, now, (bucket,))
    return len(due)


def _due(connection: Connection, today: str) -> list[tuple[str, str, str]]:
    """(bucket, assignment, its last day)."""
    table = tables.document
    query = sa.select(table.c.body).where(
        table.c.kind == OWN_ASSIGNMENT, table.c.deleted.is_(False), table.c.body.like('%"ending":true%')
    )
    found: list[tuple[str, str, str]] = []
    for text in connection.scalars(query):
        body = json.loads(text)
        if body.get("ending") and body["until"] < today:
            found.append((f"e:{body['enterprise']}", body["id"], body["until"]))
    return sorted(found)
