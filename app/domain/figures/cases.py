"""R19: agency cases (domain.md §9; §1, 22: 25 cases of 18 enterprises in eight months)."""

from __future__ import annotations

from app.domain.documents import Body
from app.domain.figures.definition import Look, Measure, Unit, figure, mean, median, share
from app.domain.figures.rows import CASE_ROW
from app.domain.figures.scope import OF_ENTERPRISES


def _commissioned(look: Look) -> list[Body]:
    return [row for row in look.rows.of(CASE_ROW) if look.day_in_period(row.get("commissioned_on"))]


def _settled(look: Look) -> list[Body]:
    return [row for row in look.rows.of(CASE_ROW) if look.in_period(row.get("settled_at"))]


@figure("R19", Unit.COUNT, CASE_ROW, scopes=OF_ENTERPRISES)
def cases(look: Look) -> Measure:
    """件数, of so many enterprises."""
    rows = _commissioned(look)
    return Measure(len(rows), len({row["enterprise"] for row in rows}), rows, rows)


@figure("R19b", Unit.COUNT, CASE_ROW, scopes=OF_ENTERPRISES)
def enterprises(look: Look) -> Measure:
    rows = _commissioned(look)
    return Measure(len({row["enterprise"] for row in rows}), None, rows, rows)


@figure("R19c", Unit.PERCENT, CASE_ROW, scopes=OF_ENTERPRISES)
def in_time(look: Look) -> Measure:
    """按期率, of those that had a promise."""
    rows = [row for row in _settled(look) if row.get("settled_in_time") is not None]
    return share(rows, lambda row: row["settled_in_time"])


def _days(look: Look) -> tuple[list[Body], list[int]]:
    rows = [row for row in _settled(look) if row.get("accepted_at")]
    days = [look.days.between(row["accepted_at"], row["settled_at"], row.get("stops") or []) for row in rows]
    return rows, days


@figure("R19d", Unit.MEAN, CASE_ROW, scopes=OF_ENTERPRISES)
def days_mean(look: Look) -> Measure:
    return mean(*_days(look))


@figure("R19e", Unit.MEAN, CASE_ROW, scopes=OF_ENTERPRISES)
def days_median(look: Look) -> Measure:
    return median(*_days(look))
