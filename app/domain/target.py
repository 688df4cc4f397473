"""年度目标 (`m:` bucket): an indicator planned for a year and how far it is (domain.md §1, 67).

Amounts are decimal text with at most two places (`"50"`, `"18.5"`). Quarters are cumulative: how much there shall be at the
end of each. Progress is what somebody entered, or a figure R01–R24 counted for the whole park and the year so far.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from app.domain.activity import Happening
from app.domain.days import Day
from app.domain.documents import DocumentModel

AMOUNT = r"^\d{1,12}(\.\d{1,2})?$"
QUARTERS = 4


class TargetState(StrEnum):
    RUNNING = "running"
    WITHDRAWN = "withdrawn"


class Progress(BaseModel):
    """How much was done in all by a day (Beijing). One struck out stays to be read."""

    model_config = ConfigDict(extra="allow")
    id: str
    day: Day
    done: str = Field(pattern=AMOUNT)
    text: str | None = Field(default=None, max_length=500)
    person_name: str
    at: str
    struck: bool = False


class Target(DocumentModel):
    """One indicator of a year. In charge is a department or a person, both as text that people know."""

    kind: ClassVar[str] = "target"
    id: str
    year: int = Field(ge=2000, le=2100)
    indicator: str = Field(min_length=1, max_length=60)
    unit: str = Field(min_length=1, max_length=12)
    planned: str = Field(pattern=AMOUNT)
    quarters: list[str] = Field(default=[], max_length=QUARTERS)
    """Cumulative to the end of each quarter; empty where only the year counts."""
    department: str | None = None
    department_name: str | None = None
    person_name: str | None = Field(default=None, max_length=64)
    figure: str | None = Field(default=None, pattern=r"^R\d{2}[A-Za-z.]{0,12}$")
    """The figure its progress is taken from; entered by hand where there is none."""
    state: TargetState = TargetState.RUNNING
    reason: str | None = Field(default=None, max_length=500)
    entries: list[Progress] = []
    trail: list[Happening] = []

    def entered(self) -> Progress | None:
        """The progress that counts: of the latest day, the last one entered of it."""
        standing = [(one.day, place) for place, one in enumerate(self.entries) if not one.struck]
        return self.entries[max(standing)[1]] if standing else None


class Course(StrEnum):
    """How a target stands against its plan. It says something of the work and nothing of a person (§2.12)."""

    REACHED = "reached"
    RUNNING = "running"
    """No quarter has ended that it could be held against."""
    ON_COURSE = "on_course"
    BEHIND = "behind"
    UNKNOWN = "unknown"


COURSE_NAMES = {
    Course.REACHED: "已完成",
    Course.RUNNING: "进行中",
    Course.ON_COURSE: "按计划",
    Course.BEHIND: "慢于计划",
    Course.UNKNOWN: "还没有进度",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A target as a bar: `done` and `wanted` (by now) in its unit, `share` and `mark` of them 0–1 of the plan."""

    done: Decimal | None
    wanted: Decimal | None
    share: float
    mark: float | None
    course: Course


def plan_problem(planned: str, quarters: list[str]) -> str | None:
    """Why these amounts cannot stand together (Chinese), or None."""
    if Decimal(planned) <= 0:
        return "全年目标要大于 0。"
    if not quarters:
        return None
    if len(quarters) != QUARTERS:
        return "四个季度都要写，或者都不写。写的是到季末的累计数。"
    amounts = [Decimal(one) for one in quarters]
    if any(after < before for before, after in pairwise(amounts)):
        return "季度写的是到季末的累计数，后一季度不能比前一季度少。"
    if amounts[-1] != Decimal(planned):
        return f"第四季度累计（{quarters[-1]}）应等于全年目标（{planned}）。"
    return None


def wanted_by(target: Target, today: date) -> Decimal | None:
    """What should be there by now: the plan of the last quarter that has ended; None before any ended or without plan."""
    if today.year > target.year:
        return Decimal(target.planned)
    if not target.quarters or today.year < target.year:
        return None
    ended = [one for one in range(1, QUARTERS + 1) if today > _quarter_end(target.year, one)]
    return Decimal(target.quarters[ended[-1] - 1]) if ended else None


def _quarter_end(year: int, quarter: int) -> date:
    month = quarter * 3
    return date(year, month, calendar.monthrange(year, month)[1])


def bar_of(target: Target, done: Decimal | None, today: date) -> Bar:
    """How far it is. `done` None: nobody knows."""
    planned = Decimal(target.planned)
    wanted = wanted_by(target, today)
    mark = None if wanted is None else min(1.0, float(wanted / planned))
    if done is None:
        return Bar(None, wanted, 0.0, mark, Course.UNKNOWN)
    share = min(1.0, max(0.0, float(done / planned)))
    if done >= planned:
        course = Course.REACHED
    elif wanted is None:
        course = Course.RUNNING
    else:
        course = Course.BEHIND if done < wanted else Course.ON_COURSE
    return Bar(done, wanted, share, mark, course)
