"""The figures of domain.md §9 at the centre, counted from the rows of `dir:` by the same functions as on a laptop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from pydantic_core import from_json
from sqlalchemy.engine import Connection

from app.domain import buckets
from app.domain.clock import beijing_date
from app.domain.documents import Body
from app.domain.figures import PERSON, ROW_KINDS, Figure, Rows, work_out
from app.figures import period_of, scope_of
from sync.server import tables
from sync.server.database import Database
from sync.server.reference import Reference, facts


def gather(connection: Connection, park: str) -> Rows:
    """The park's rows, and its people."""
    return Rows.collect(_found(connection, park))


def _found(connection: Connection, park: str) -> Iterator[tuple[str, Body]]:
    table = tables.document
    wanted = sa.or_(
        sa.and_(table.c.bucket == buckets.directory(park), table.c.kind.in_(sorted(ROW_KINDS))),
        sa.and_(table.c.bucket == buckets.reference(park), table.c.kind == PERSON),
    )
    query = sa.select(table.c.kind, table.c.body).where(wanted, table.c.deleted.is_(False))
    for row in connection.execute(query):
        yield row.kind, from_json(row.body)


def figures(
    database: Database, reference: Reference, now: datetime, period: str | None, scope: str | None
) -> list[Figure]:
    """What is asked for in words (`2026Q3`, `department:power`), from one snapshot. Raises KnownError."""
    with database.reading() as connection:
        park = facts(connection).park
        dictionaries = reference.dictionaries(connection, park)
        rows = gather(connection, park)
    wanted = period_of(period, beijing_date(now))
    return work_out(rows, wanted, scope_of(scope, rows, dictionaries), now, dictionaries.calendar)
