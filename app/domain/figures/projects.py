"""R20: projects (domain.md §9; §1, 44 59 62). From rows of projects with these fields, days as `YYYY-MM-DD`, money in fen:

`begun_on`, `completed_on`, `producing_on`: when it really was; `milestones`: `{planned_on, done_on}`; `plans`: `{year, fen}`,
planned investment of a year; `invested` and `funds`: `{day, fen}`, investment done and money in place; `judged`: `fast`, `watch`,
`behind` or `unbegun` (较快, 关注, 滞后, 签约未建).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from app.domain.documents import Body
from app.domain.figures.definition import Look, Measure, Unit, count, figure, share
from app.domain.figures.period import MONTHS
from app.domain.figures.rows import PROJECT_ROW
from app.domain.figures.scope import OF_ENTERPRISES

STAGES = (("R20", "begun_on"), ("R20b", "completed_on"), ("R20c", "producing_on"))
JUDGED = (("R20g", "fast"), ("R20h", "behind"), ("R20i", "unbegun"))


def _stage(id: str, name: str) -> None:
    @figure(id, Unit.COUNT, PROJECT_ROW, scopes=OF_ENTERPRISES)
    def reached(look: Look) -> Measure:
        return count(row for row in look.rows.of(PROJECT_ROW) if look.day_in_period(row.get(name)))


for _id, _name in STAGES:
    _stage(_id, _name)


@figure("R20d", Unit.PERCENT, PROJECT_ROW, scopes=OF_ENTERPRISES)
def milestones_in_time(look: Look) -> Measure:
    """节点按期率: of the milestones planned for days of the period that have come."""
    today = look.today.isoformat()
    due = [
        (row, one)
        for row in look.rows.of(PROJECT_ROW)
        for one in row.get("milestones") or ()
        if look.day_in_period(one.get("planned_on")) and one["planned_on"] <= today
    ]
    kept = [(row, one) for row, one in due if one.get("done_on") and one["done_on"] <= one["planned_on"]]
    return Measure(len(kept), len(due), _once(row for row, _ in kept), _once(row for row, _ in due))


def _once(rows: Iterable[Body]) -> list[Body]:
    return list({row["id"]: row for row in rows}.values())


def _sum(rows: list[Body], name: str, first: date, last: date) -> int:
    """Money of days from `first` to `last`."""
    return sum(
        one["fen"]
        for row in rows
        for one in row.get(name) or ()
        if first.isoformat() <= one["day"] <= last.isoformat()
    )


@figure("R20e", Unit.PERCENT, PROJECT_ROW, scopes=OF_ENTERPRISES)
def investment_done(look: Look) -> Measure:
    """年度投资完成率: done since the year began, up to the end of the period, by the year's plan."""
    last = look.period.last
    rows = [
        row
        for row in look.rows.of(PROJECT_ROW)
        if any(plan["year"] == last.year for plan in row.get("plans") or ())
    ]
    planned = sum(plan["fen"] for row in rows for plan in row["plans"] if plan["year"] == last.year)
    return Measure(_sum(rows, "invested", date(last.year, 1, 1), last), planned, rows, rows)


@figure("R20f", Unit.PERCENT, PROJECT_ROW, scopes=OF_ENTERPRISES)
def funds_growth(look: Look) -> Measure:
    """到位资金增幅 against the same stretch of the year before."""
    rows, last = [row for row in look.rows.of(PROJECT_ROW) if row.get("funds")], look.period.last
    # The end of a month is the end of the month a year before, also in February.
    former = look.period.step(-(12 // _months(look))).last
    present = _sum(rows, "funds", date(last.year, 1, 1), last)
    before = _sum(rows, "funds", date(former.year, 1, 1), former)
    return Measure(present - before, before, rows, rows)


def _months(look: Look) -> int:
    return MONTHS[look.period.span]


def _judged(id: str, word: str) -> None:
    @figure(id, Unit.COUNT, PROJECT_ROW, scopes=OF_ENTERPRISES, standing=True)
    def judged(look: Look) -> Measure:
        rows = [row for row in look.rows.of(PROJECT_ROW) if row.get("judged")]
        return share(rows, lambda row: row["judged"] == word)


for _id, _name in JUDGED:
    _judged(_id, _name)
