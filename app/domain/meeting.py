"""会议: reception day, joint, dispatch, inspection meetings, breakfasts; with what came of each item (domain.md §1, 08 25 60 65).

A meeting and its items stand in `m:<park>`. What is raised or assigned at one is an ordinary change of an issue with the
meeting's id in it; the item says which issue, so the list and the outcome can be read without opening every enterprise.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from app.domain.documents import DocumentModel


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


class Meeting(DocumentModel):
    """One meeting (`m:` bucket). `day` is a Beijing day, `start` `HH:MM`; `people` who attends, as text."""

    kind: ClassVar[str] = "meeting"
    id: str
    meeting_kind: MeetingKind
    title: str = Field(min_length=1, max_length=80)
    day: str
    start: str | None = None
    place: str | None = None
    chair: str | None = None
    people: list[str] = []
    enterprises: list[str] = []
    """Ids of the enterprises invited."""
    enterprise_names: list[str] = []
    state: MeetingState = MeetingState.PLANNED
    notice: str | None = None
    minutes: str | None = None
    held_at: str | None = None
    cancel_reason: str | None = None
    made_by: str
    made_by_name: str


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
    outcome: ItemOutcome = ItemOutcome.OPEN
    decision: str | None = None
    department_name: str | None = None
    person_name: str | None = None
    due_on: str | None = None
    done: bool = False
