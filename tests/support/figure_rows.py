"""Rows for figures, as the projections make them, and figures worked out of them in one line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app.domain.documents import Document
from app.domain.figures import PARK, Figure, Period, Rows, Scope, rows_from, work_out
from app.domain.work_calendar import WorkCalendar

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
Q4 = Period.parse("2026Q4")


def issue(number: int, **fields: Any) -> dict[str, Any]:
    """The light row of an issue raised and accepted in October 2026, unless said otherwise."""
    return {
        "id": f"i-{number:03d}",
        "enterprise": "e-1",
        "state": "in_work",
        "raised_at": "2026-10-08T01:00:00.000Z",
        "accepted_at": "2026-10-09T01:00:00.000Z",
        "clock_from": "2026-10-09T01:00:00.000Z",
        **fields,
    }


def settled(number: int, **fields: Any) -> dict[str, Any]:
    """One that was settled with a result."""
    done = {"settled_at": "2026-10-20T01:00:00.000Z", "state": "to_revisit", "result": "solved"}
    return issue(number, **{**done, **fields})


def rows(**by_kind: list[dict[str, Any]]) -> Rows:
    return Rows.collect((kind, row) for kind, found in by_kind.items() for row in found)


def projected(*documents: Document) -> Rows:
    return Rows.collect(rows_from(documents, "park"))


def worked(found: Rows, period: Period = Q4, scope: Scope = PARK, now: datetime = NOW) -> dict[str, Figure]:
    return {figure.id: figure for figure in work_out(found, period, scope, now, WorkCalendar())}


def told(figure: Figure) -> tuple[Any, Any, str]:
    """(numerator, denominator, value)."""
    return figure.measure.numerator, figure.measure.denominator, figure.value
