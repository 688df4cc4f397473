"""会议: reception day, joint, dispatch, inspection meetings, breakfasts; with what came of each item (domain.md §1, 08 25 60 65).

A meeting and its items stand in `m:<park>`. What is raised or assigned at one is an ordinary change of an issue with the
meeting's id in it; the item says which issue, so the list and the outcome can be read without opening every enterprise.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field

from app.domain.days import Day
from app.domain.documents import Body, DocumentModel
from app.domain.ids import derived_id
from app.domain.issue import ENDED, IssueState
from app.domain.people import Role


class MeetingKind(StrEnum):
    RECEPTION = "reception"
    JOINT = "joint"
    DISPATCH = "dispatch"
    INSPECTION = "inspection"
    BREAKFAST = "breakfast"
    FORUM = "forum"


MEETING_NAMES = {
    MeetingKind.RECEPTION: "接待日",
    MeetingKind.JOINT: "联席会",
    MeetingKind.DISPATCH: "一周一调度",
    MeetingKind.INSPECTION: "一月一督查",
    MeetingKind.BREAKFAST: "早餐会",
    MeetingKind.FORUM: "座谈会",
}


class MeetingState(StrEnum):
    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"


MEETING_STATE_NAMES = {
    MeetingState.PLANNED: "待开",
    MeetingState.HELD: "已开",
    MeetingState.CANCELLED: "已取消",
}

START = r"^([01]\d|2[0-3]):[0-5]\d$"


class Meeting(DocumentModel):
    """One meeting (`m:` bucket). `day` is a Beijing day, `start` `HH:MM`; `people` who attends, as text."""

    kind: ClassVar[str] = "meeting"
    id: str
    number: str = ""
    meeting_kind: MeetingKind
    title: str = Field(min_length=1, max_length=80)
    day: Day
    start: str | None = Field(default=None, pattern=START)
    place: str | None = Field(default=None, max_length=80)
    chair: str | None = Field(default=None, max_length=64)
    people: list[str] = []
    enterprises: list[str] = []
    """Ids of the enterprises invited, and of those that came without."""
    enterprise_names: list[str] = []
    """Their names, in the same order."""
    came: list[str] = []
    """Ids of those of them that came."""
    state: MeetingState = MeetingState.PLANNED
    notice: str | None = Field(default=None, max_length=2000)
    """What the notice asks those invited to prepare."""
    minutes: str | None = Field(default=None, max_length=8000)
    held_at: str | None = None
    held_by_name: str | None = None
    cancel_reason: str | None = None
    made_by: str
    made_by_name: str

    def name_of(self, enterprise: str) -> str:
        """The name of an enterprise invited, "" of any other."""
        names = dict(zip(self.enterprises, self.enterprise_names, strict=False))
        return names.get(enterprise, "")


PLANNED_FIELDS = frozenset({"title", "day", "start", "place", "chair", "people", "notice"})
EDITABLE_FIELDS = PLANNED_FIELDS | {"minutes"}
"""What people alter by hand; who is invited and who came goes by `meeting.guests`, which never meets another's list."""


def edit_problem(meeting: Body, fields: Collection[str]) -> str | None:
    """Why these fields of a meeting cannot be altered now (Chinese), or None: what was held or called off stays."""
    state = meeting.get("state")
    if state == MeetingState.CANCELLED:
        return "会议已取消，不能再改。要开请新建一次会议。"
    if state == MeetingState.HELD and not {"minutes"}.issuperset(fields):
        return "会议已经开过，时间、地点和参加人不再改；纪要可以补。"
    return None


USUAL_DAYS = {MeetingKind.DISPATCH: 7}
"""一周一调度 (domain.md §1, 60). Of all other kinds there is one a month (接待日 §1, 25; 一月一督查 §1, 60; else 【默】)."""
_A_MONTH = range(28, 32)


def next_day(day: date, kind: MeetingKind, former: date | None = None) -> date:
    """When the next meeting of a series is: as long after this one as this one was after the former; else as its kind is
    usually held. A month on is the same day of the next month, or its last."""
    days = (day - former).days if former is not None and former < day else USUAL_DAYS.get(kind)
    if days is not None and days not in _A_MONTH:
        return day + timedelta(days=days)
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


class ItemOutcome(StrEnum):
    """What a meeting did with an item."""

    OPEN = "open"
    SOLVED = "solved"
    ASSIGNED = "assigned"
    RECORDED = "recorded"
    POSTPONED = "postponed"


OUTCOME_NAMES = {
    ItemOutcome.OPEN: "未议",
    ItemOutcome.SOLVED: "当场解决",
    ItemOutcome.ASSIGNED: "交办",
    ItemOutcome.RECORDED: "已议定",
    ItemOutcome.POSTPONED: "下次再议",
}


class MeetingItem(DocumentModel):
    """One matter on the agenda: an issue, or a plain one (a project's delay, a notice)."""

    kind: ClassVar[str] = "meeting_item"
    id: str
    meeting: str
    order: int = Field(ge=1)
    title: str = Field(min_length=1, max_length=80)
    issue: str | None = None
    issue_number: str | None = None
    enterprise: str | None = None
    enterprise_name: str | None = None
    why: str | None = Field(default=None, max_length=80)
    """What brought it onto the agenda (`waiting_for_joint`), in Chinese."""
    outcome: ItemOutcome = ItemOutcome.OPEN
    decision: str | None = Field(default=None, max_length=500)
    department_name: str | None = None
    person_name: str | None = Field(default=None, max_length=64)
    due_on: Day | None = None
    """Until when (a Beijing day)."""
    done: bool = False
    done_at: str | None = None
    done_by_name: str | None = None
    done_text: str | None = Field(default=None, max_length=500)
    carried_from: str | None = None
    """The item of the meeting before that this one goes on with."""
    carried_to: str | None = None

    @property
    def goes_on(self) -> bool:
        """Whether it is still to be done and nobody carries it on: an issue has its own loop."""
        return self.issue is None and not self.done and self.carried_to is None


def issue_item_id(meeting: str, issue: str) -> str:
    """The id an issue's item has at a meeting: the same on every laptop, so nobody enters it twice."""
    return derived_id(meeting, issue)


def may_record(roles: frozenset[Role], kind: MeetingKind) -> bool:
    """Coordinators plan and record; a leader records at the joint meeting, where he assigns."""
    return Role.COORDINATOR in roles or (Role.LEADER in roles and kind is MeetingKind.JOINT)


_DONE_WITH = ENDED | {IssueState.TO_REVISIT}


def waiting_for_joint(issue: Mapping[str, Any]) -> tuple[str, ...]:
    """Why an issue (or its light row) belongs on the next joint meeting's agenda, in Chinese; empty: it does not.

    Accepted and with no department; two objections; level 4 (§7.3); asked for; a red supervision note (§2.3).
    """
    state = issue.get("state")
    if state is None or IssueState(state) in _DONE_WITH:
        return ()
    found = []
    if issue.get("ruling_needed"):
        found.append("两次异议待裁定")
    elif state == IssueState.ACCEPTED:
        found.append("待交办")
    if (issue.get("level") or 0) >= 4:
        found.append("四级")
    if issue.get("supervision") == "red":
        found.append("红色督办")
    elif issue.get("for_meeting"):
        found.append("提请上会")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class ReceptionResult:
    """What a reception day came to (domain.md §1, 25; §9 R08): enterprises that came, issues raised, solved on the spot."""

    enterprises: int
    raised: int
    solved: int

    @property
    def rate(self) -> str:
        """`17.65 %`, to two places, half up; 「—」 where nothing was raised (§9, 口径纪律)."""
        return percent(self.solved, self.raised)

    @property
    def text(self) -> str:
        """`9 家、17 题、当场解决 3 个（3/17，17.65 %）`."""
        shown = f"（{self.solved}/{self.raised}，{self.rate}）" if self.raised else f"（{self.rate}）"
        return f"{self.enterprises} 家、{self.raised} 题、当场解决 {self.solved} 个{shown}"


def percent(part: int, whole: int) -> str:
    """A share to two places, half up; 「—」 of nothing (domain.md §9, 口径纪律)."""
    if not whole:
        return "—"
    return f"{(Decimal(100) * part / whole).quantize(Decimal('0.01'), ROUND_HALF_UP)} %"


def reception_result(
    meeting: Meeting, items: Iterable[MeetingItem], issues: Mapping[str, Mapping[str, Any]]
) -> ReceptionResult:
    """The result from the data: `issues` are rows of the directory by id.

    Counted is what was raised there (source 接待日), by the issue's own word or by the item's: an issue that a later joint
    meeting assigned names that one. An enterprise that raised something came, whether it was ticked or not.
    """
    noted = {item.issue for item in items if item.meeting == meeting.id and item.issue}
    raised = [
        row
        for id, row in issues.items()
        if row.get("source") == "reception" and (id in noted or row.get("meeting") == meeting.id)
    ]
    came = set(meeting.came) | {row["enterprise"] for row in raised}
    return ReceptionResult(len(came), len(raised), sum(bool(row.get("solved_on_spot")) for row in raised))
