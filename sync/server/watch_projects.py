"""What the centre does with projects by itself: their class as days pass (domain.md §1, 62), so that figures read it from rows."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import datetime

import sqlalchemy as sa
from pydantic_core import from_json

from app.domain import buckets
from app.domain.clock import beijing_date
from app.domain.documents import Body
from app.domain.project import Project, Stage, class_of, row_nodes
from app.domain.projections import PROJECT_ROW
from sync.server import store, tables
from sync.server.database import Database
from sync.server.jobs import run_change
from sync.server.reference import Reference, facts
from sync.server.store import Transaction

REJUDGE = "project.rejudge"
_NAMESPACE = uuid.UUID("5b8f0f8e-9d43-5a0c-8c0e-61d1b7b0a9d4")


def watch_projects(database: Database, reference: Reference, now: datetime) -> Counter[str]:
    """Every project that is of another class today than its row says. Nothing is locked where none is."""
    done: Counter[str] = Counter()
    today = beijing_date(now)
    with database.reading() as connection:
        park = facts(connection).park
        rules = reference.dictionaries(connection, park).project_rules
        moved = [
            row
            for row in _rows(connection, park)
            if class_of(Stage(row["stage"]), str(row["signed_on"]), row_nodes(row), today, rules)
            != row.get("judged")
        ]
    for row in moved:
        done[REJUDGE] += _rejudged(database, reference, park, row, now)
    return done


def _rows(connection: sa.Connection, park: str) -> list[Body]:
    table = tables.document
    found = connection.scalars(
        sa.select(table.c.body).where(
            table.c.bucket == buckets.directory(park),
            table.c.kind == PROJECT_ROW,
            table.c.deleted.is_(False),
        )
    )
    return [from_json(row) for row in found]


def _rejudged(database: Database, reference: Reference, park: str, row: Body, now: datetime) -> int:
    bucket = buckets.of_enterprise(str(row["enterprise"]))
    id = str(row["id"])

    def work(transaction: Transaction) -> bool:
        found = transaction.get(bucket, Project.kind, id)
        if found is None:
            return False
        # By its last move: what another worker has done meanwhile is done, what somebody moved comes next time.
        mid = str(uuid.uuid5(_NAMESPACE, f"{id}:{found.body.get('moves')}"))
        return run_change(transaction, reference, REJUDGE, bucket, (Project.kind, id), {}, mid).altered

    return int(store.write(database, work, now, (bucket, buckets.directory(park))))
