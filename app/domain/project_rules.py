"""快 / 滞后 / 签约未建 by a rule, and when a weekly report is due (domain.md §1, 36 62; §5 (e), W08 W14). The figures are data.

Published as the dictionary `project_rules`; what a published one leaves out has its default here. Days are Beijing days.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.domain.clock import BEIJING


class ProjectRules(BaseModel):
    """Calendar days. `report_weekday` 1 is Monday; a report is due on that day at `report_hour` (【默】 Friday, 17:00)."""

    model_config = ConfigDict(extra="allow", frozen=True)
    version: str = "2026.1"
    steady_days: int = Field(default=7, ge=0)
    """Up to so many days behind a project is 较快."""
    watch_days: int = Field(default=15, ge=0)
    """Up to so many it is 关注, beyond them 滞后."""
    unbegun_days: int = Field(default=90, ge=1)
    """Signed for longer than this and not begun: 签约未建."""
    lately_days: int = Field(default=7, ge=1)
    """A milestone reached within so many days still counts for the deviation."""
    report_weekday: int = Field(default=5, ge=1, le=7)
    report_hour: int = Field(default=17, ge=0, le=23)

    @model_validator(mode="after")
    def _ordered(self) -> ProjectRules:
        if self.watch_days < self.steady_days:
            raise ValueError("watch_days must not be less than steady_days")
        return self


DEFAULT_PROJECT_RULES = ProjectRules()


class Judged(StrEnum):
    """三类 with the one between them, as figures read it (`judged` of a row)."""

    FAST = "fast"
    WATCH = "watch"
    BEHIND = "behind"
    UNBEGUN = "unbegun"


JUDGED_NAMES = {
    Judged.FAST: "较快",
    Judged.WATCH: "关注",
    Judged.BEHIND: "滞后",
    Judged.UNBEGUN: "签约未建",
}
ADVICE = {
    Judged.FAST: "按计划推进，抓竣工投产",
    Judged.WATCH: "和业主把后面的节点重新排一遍",
    Judged.BEHIND: "逐个难题定人、定期限，需要时提请调度",
    Judged.UNBEGUN: "约业主和引荐单位，弄清为什么没有开工，促开工",
}


@dataclass(frozen=True, slots=True)
class Node:
    """Something planned for a day: a milestone, a permit."""

    planned_on: str
    done_on: str | None = None


def deviation(nodes: Iterable[Node], today: date, rules: ProjectRules = DEFAULT_PROJECT_RULES) -> int | None:
    """节点偏差 in days, positive is behind; None where nothing has a planned day (domain.md §5, W08).

    The largest of those not reached and those reached lately; where all were reached long ago, the largest of all.
    """
    counted: list[int] = []
    every: list[int] = []
    for node in nodes:
        done = date.fromisoformat(node.done_on) if node.done_on else None
        days = ((done or today) - date.fromisoformat(node.planned_on)).days
        every.append(days)
        if done is None or (today - done).days < rules.lately_days:
            counted.append(days)
    return max(counted or every, default=None)


def judge(
    *, begun: bool, signed_on: str | None, behind: int | None, today: date,
    rules: ProjectRules = DEFAULT_PROJECT_RULES,
) -> Judged | None:  # fmt: skip
    """The class of a project under way (W14). None where it cannot be told yet: no planned day, not signed for long."""
    if not begun and signed_on and (today - date.fromisoformat(signed_on)).days > rules.unbegun_days:
        return Judged.UNBEGUN
    if behind is None:
        return None
    if behind <= rules.steady_days:
        return Judged.FAST
    return Judged.WATCH if behind <= rules.watch_days else Judged.BEHIND


def week_of(day: date) -> str:
    """`2026-W47`: the week a day counts to, Monday first, by its Thursday (as W01 does)."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def week_words(week: str) -> str:
    """`2026年第47周`."""
    year, _, number = week.partition("-W")
    return f"{year}年第{int(number)}周"


class Owed(StrEnum):
    """How it stands with a project's report."""

    NOT_YET = "not_yet"
    DUE = "due"
    OVERDUE = "overdue"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class ReportDue:
    """The report that is owed: of which week or month, until when, how it stands."""

    period: str
    due_at: datetime
    owed: Owed
    monthly: bool = False


def report_due(
    reported: Iterable[str], since: date, now: datetime, *, monthly: bool = False,
    rules: ProjectRules = DEFAULT_PROJECT_RULES,
) -> ReportDue:  # fmt: skip
    """How it stands with the weekly report (周五 17:00; domain.md §1, 36), or the monthly one once it produces (§5 (e)).

    `reported`: days reports name; `since`: the day it was registered, nothing is owed of the time before. The last period
    that has ended unreported is overdue until the present one is reported: one report catches up.
    """
    days = [date.fromisoformat(one) for one in reported]
    today = now.astimezone(BEIJING).date()
    start = today.replace(day=1) if monthly else today - timedelta(days=today.weekday())
    former = (start - timedelta(days=1)).replace(day=1) if monthly else start - timedelta(days=7)
    due = _due_day(start, rules, monthly=monthly)
    if any(start <= day for day in days):
        return ReportDue(_period(start, monthly=monthly), due, Owed.DONE, monthly)
    before = _due_day(former, rules, monthly=monthly)
    if since <= before.date() and not any(former <= day < start for day in days):
        return ReportDue(_period(former, monthly=monthly), before, Owed.OVERDUE, monthly)
    owed = Owed.OVERDUE if now > due else Owed.DUE if today == due.date() else Owed.NOT_YET
    if since > due.date():
        owed = Owed.NOT_YET
    return ReportDue(_period(start, monthly=monthly), due, owed, monthly)


def _due_day(start: date, rules: ProjectRules, *, monthly: bool) -> datetime:
    if monthly:
        day = (start + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    else:
        day = start + timedelta(days=rules.report_weekday - 1)
    return datetime.combine(day, time(rules.report_hour), BEIJING)


def _period(start: date, *, monthly: bool) -> str:
    return f"{start:%Y-%m}" if monthly else week_of(start)
