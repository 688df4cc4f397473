"""What the centre does with agency cases by itself: deadlines worked out anew when a year's calendar comes (domain.md §3.5)."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import datetime

import sqlalchemy as sa
from pydantic_core import from_json

from app.domain import buckets
from app.domain.agency_case import AgencyCase, CaseState
from app.domain.agency_clock import retime
from app.domain.documents import Body
from app.domain.projections import CASE_ROW
from sync.server import store, tables
from sync.server.database import Database
from sync.server.jobs import run_change
from sync.server.reference import Reference, facts
from sync.server.store import Transaction

RETIME = "agency.retime"
_RUNNING = {CaseState.ACCEPTED, CaseState.IN_WORK}
_NAMESPACE = uuid.UUID("0b1d9c1e-8a36-5c5d-8f57-3f0f4b0f7a2b")


def watch_cases(database: Database, reference: Reference, now: datetime) -> Counter[str]:
    """Every running case whose deadlines the calendar in force moves. Nothing is locked where nothing does."""
    done: Counter[str] = Counter()
    with database.reading() as connection:
        park = facts(connection).park
        calendar = reference.dictionaries(connection, park).calendar
        moved = [
            case
            for case in map(AgencyCase.model_validate, _running(connection, park))
            if retime(case, calendar)
        ]
    for case in moved:
        done[RETIME] += _retimed(database, reference, park, case, now)
    return done


def _running(connection: sa.Connection, park: str) -> list[Body]:
    """The cases in work, whole: the directory's rows say which."""
    table = tables.document
    rows = connection.scalars(
        sa.select(table.c.body).where(
            table.c.bucket == buckets.directory(park),
            table.c.kind == CASE_ROW,
            table.c.deleted.is_(False),
        )
    )
    found = []
    for row in map(from_json, rows):
        if row.get("state") not in _RUNNING:
            continue
        body = connection.scalar(
            sa.select(table.c.body).where(
                table.c.bucket == buckets.of_enterprise(str(row["enterprise"])),
                table.c.kind == AgencyCase.kind,
                table.c.id == row["id"],
                table.c.deleted.is_(False),
            )
        )
        if body is not None:
            found.append(from_json(body))
    return found


def _retimed(database: Database, reference: Reference, park: str, case: AgencyCase, now: datetime) -> int:
    bucket = buckets.of_enterprise(case.enterprise)

    def work(transaction: Transaction) -> bool:
        found = transaction.get(bucket, AgencyCase.kind, case.id)
        if found is None or found.body.get("state") not in _RUNNING:
            return False
        # By its last move: what another worker has done meanwhile is done, what somebody moved comes next time.
        mid = str(uuid.uuid5(_NAMESPACE, f"{case.id}:{found.body.get('moves')}"))
        return run_change(transaction, reference, RETIME, bucket, (AgencyCase.kind, case.id), {}, mid).altered

    return int(store.write(database, work, now, (bucket, buckets.directory(park))))
