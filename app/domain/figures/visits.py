"""R11–R16: visits, loads, seats, disturbance (domain.md §9)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from app.domain.documents import Body
from app.domain.enterprise_parts import SEATS
from app.domain.entry import CROWDED_DAYS, CROWDED_MOST
from app.domain.figures.definition import Look, Measure, Unit, figure, share
from app.domain.figures.rows import PERSON
from app.domain.figures.scope import OF_ENTERPRISES, Whose
from app.domain.part_rows import SEAT_ROW
from app.domain.people import Role
from app.domain.projections import ENTERPRISE_ROW, ENTRY_ROW, ISSUE_ROW, VISIT_PLAN_ROW, VISIT_ROW
from app.domain.visit import VisitMethod, VisitState
from app.domain.visit_plan import PlanState

SIX = ("policy", "problems", "factors", "operation", "chain", "safety")
"""六包 (domain.md §1, 51): codes of the dictionary `six_guarantees`."""
_THERE = (None, VisitMethod.ON_SITE, VisitMethod.RECEPTION)
"""Visits by which somebody really comes."""


def _visits(look: Look) -> list[Body]:
    return [
        row
        for row in look.rows.of(VISIT_ROW)
        if row.get("state") == VisitState.SUBMITTED and look.day_in_period(row.get("day"))
    ]


@figure("R11", Unit.PERCENT, ENTERPRISE_ROW, VISIT_ROW, scopes=OF_ENTERPRISES)
def covered(look: Look) -> Measure:
    """走访覆盖率: every enterprise of the scope is to be visited."""
    visited = {row["enterprise"] for row in _visits(look)}
    return share(look.rows.of(ENTERPRISE_ROW), lambda row: row["id"] in visited)


@figure("R12", Unit.PERCENT, VISIT_PLAN_ROW, scopes=OF_ENTERPRISES)
def planned_done(look: Look) -> Measure:
    """走访完成率: of what was planned for days of the period and not called off."""
    rows = [
        row
        for row in look.rows.of(VISIT_PLAN_ROW)
        if look.day_in_period(row.get("day")) and row.get("state") != PlanState.CANCELLED
    ]
    return share(rows, lambda row: row.get("state") == PlanState.DONE)


@figure(
    "R13",
    Unit.MEAN,
    *(ENTERPRISE_ROW, PERSON),
    scopes=frozenset({Whose.PARK, Whose.OFFICER}),
    standing=True,
)
def load(look: Look) -> Measure:
    """人均包联: standing assignments by officers in service (domain.md §1, 48: 60/25 = 2.4)."""
    rows = [row for row in look.rows.of(ENTERPRISE_ROW) if row.get("people")]
    people = [one["person"] for row in rows for one in row["people"]]
    if look.scope.whose is Whose.OFFICER:
        return Measure(people.count(look.scope.id), 1, rows, rows)
    officers = [
        row
        for row in look.everything.of(PERSON)
        if Role.OFFICER in row.get("roles", ()) and row.get("active", True)
    ]
    return Measure(len(people), len(officers), rows, rows)


def _touched(look: Look, code: str) -> set[str]:
    """Enterprises with a visit or an issue of the period under this tag."""
    issues = [row for row in look.rows.of(ISSUE_ROW) if look.in_period(row.get("raised_at"))]
    return {row["enterprise"] for row in [*_visits(look), *issues] if code in (row.get("six") or ())}


_SIX_READS = (ENTERPRISE_ROW, VISIT_ROW, ISSUE_ROW)


@figure("R14", Unit.PERCENT, *_SIX_READS, scopes=OF_ENTERPRISES)
def six_covered(look: Look) -> Measure:
    """六包覆盖矩阵: its filled cells by all of them, six to an enterprise."""
    touched = [_touched(look, code) for code in SIX]
    rows = look.rows.of(ENTERPRISE_ROW)
    filled = sum(row["id"] in one for row in rows for one in touched)
    return Measure(
        filled, len(rows) * len(SIX), [r for r in rows if any(r["id"] in one for one in touched)], rows
    )


def _six_column(code: str) -> None:
    @figure(f"R14.{code}", Unit.PERCENT, *_SIX_READS, scopes=OF_ENTERPRISES)
    def column(look: Look) -> Measure:
        touched = _touched(look, code)
        return share(look.rows.of(ENTERPRISE_ROW), lambda row: row["id"] in touched)


for _code in SIX:
    _six_column(_code)


@figure("R15", Unit.COUNT, ENTERPRISE_ROW, SEAT_ROW, scopes=OF_ENTERPRISES, standing=True)
def vacant(look: Look) -> Measure:
    """五位一体缺位数, out of five seats for every enterprise."""
    filled: dict[str, set[str]] = defaultdict(set)
    for seat in look.rows.of(SEAT_ROW):
        if seat.get("filled") and seat.get("seat") in SEATS:
            filled[seat["enterprise"]].add(seat["seat"])
    rows = look.rows.of(ENTERPRISE_ROW)
    lacking = [row for row in rows if len(filled[row["id"]]) < len(SEATS)]
    missing = sum(len(SEATS) - len(filled[row["id"]]) for row in rows)
    return Measure(missing, len(rows) * len(SEATS), lacking, rows)


@figure("R16", Unit.COUNT, ENTERPRISE_ROW, ENTRY_ROW, VISIT_ROW, scopes=OF_ENTERPRISES)
def crowded(look: Look) -> Measure:
    """高频入企企业数: more than two comings within seven days that lie in the period (domain.md §2.11)."""
    days: dict[str, list[date]] = defaultdict(list)
    for row in _visits(look):
        if row.get("method") in _THERE:
            days[row["enterprise"]].append(date.fromisoformat(row["day"]))
    for row in look.rows.of(ENTRY_ROW):
        if not row.get("withdrawn_at") and look.day_in_period(row.get("day")):
            days[row["enterprise"]].append(date.fromisoformat(row["day"]))
    rows = look.rows.of(ENTERPRISE_ROW)
    found = [row for row in rows if _too_often(sorted(days[row["id"]]))]
    return Measure(len(found), len(rows), found, rows)


def _too_often(days: list[date]) -> bool:
    within = timedelta(days=CROWDED_DAYS - 1)
    return any(last - first <= within for first, last in zip(days, days[CROWDED_MOST:], strict=False))
