"""活动: trips to recruit, groups that recruit on site with their reports, events for enterprises (domain.md §1, 38 66 75 76 79).

A trip stands in `u:<person>` of who made it (an officer, a leader), or in `m:<park>` where a coordinator keeps it for others;
a group in `ref:<park>` like a team, so that its members know of it; its reports in `u:` of its head or in `m:`; an event in
`m:<park>`. Trips and reports have a row in `dir:` for whoever works park-wide. Nothing here is counted by person (§2.12).
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from app.domain.days import Day
from app.domain.documents import Body, DocumentModel

PARK_OWNED = "park"
"""`owner` of what coordinators keep for the park (`m:`); else the person in whose bucket it stands."""
TRIP_ROW = "trip_row"
REPORT_ROW = "group_report_row"
MOST = 200


class Happening(BaseModel):
    """One line of a trail: who did what, when (`clock.to_text`)."""

    model_config = ConfigDict(extra="allow")
    action: str
    at: str
    person: str
    person_name: str
    text: str | None = None


class TripKind(StrEnum):
    RECRUIT = "recruit"
    CALL = "call"


TRIP_KINDS = {TripKind.RECRUIT: "外出招商", TripKind.CALL: "外出走访"}


class TripState(StrEnum):
    PLANNED = "planned"
    BACK = "back"
    CLOSED = "closed"
    CANCELLED = "cancelled"


TRIP_STATES = {
    TripState.PLANNED: "待出行",
    TripState.BACK: "跟进中",
    TripState.CLOSED: "已办结",
    TripState.CANCELLED: "已取消",
}


class LeadState(StrEnum):
    FOLLOWING = "following"
    SIGNED = "signed"
    DROPPED = "dropped"


LEAD_STATES = {LeadState.FOLLOWING: "在跟进", LeadState.SIGNED: "已签约", LeadState.DROPPED: "不再跟进"}


class LeadNote(BaseModel):
    """What was done about a lead on a day (Beijing)."""

    model_config = ConfigDict(extra="allow")
    day: Day
    text: str = Field(min_length=1, max_length=500)
    person_name: str


class Lead(BaseModel):
    """线索: a company that may come, with what is to be done next. `contact` is a name and post, no phone (§3.8)."""

    model_config = ConfigDict(extra="allow")
    id: str = Field(min_length=1, max_length=64)
    company: str = Field(min_length=1, max_length=80)
    about: str = Field(min_length=1, max_length=500)
    contact: str | None = Field(default=None, max_length=64)
    state: LeadState = LeadState.FOLLOWING
    next_on: Day | None = None
    """When somebody asks again, while it is followed."""
    notes: list[LeadNote] = []


class Trip(DocumentModel):
    """外出招商、走访: who, where, when, whom they met, what came of it. Days are Beijing days, both ends included."""

    kind: ClassVar[str] = "trip"
    id: str
    owner: str
    trip_kind: TripKind
    title: str = Field(min_length=1, max_length=80)
    place: str = Field(min_length=1, max_length=80)
    starts_on: Day
    ends_on: Day
    people: list[str] = Field(min_length=1, max_length=50)
    """Names of those who travel, the head first."""
    companies: list[str] = []
    """Whom they want to see."""
    purpose: str | None = Field(default=None, max_length=1000)
    state: TripState = TripState.PLANNED
    met: str | None = Field(default=None, max_length=2000)
    result: str | None = Field(default=None, max_length=2000)
    leads: list[Lead] = []
    reason: str | None = Field(default=None, max_length=500)
    """Why it was called off."""
    made_by_name: str
    trail: list[Happening] = []

    def lead(self, id: str) -> Lead | None:
        return next((lead for lead in self.leads if lead.id == id), None)

    def late(self, today: str) -> tuple[Lead, ...]:
        """The leads somebody should have asked after by now."""
        return tuple(
            lead
            for lead in self.leads
            if lead.state is LeadState.FOLLOWING and lead.next_on is not None and lead.next_on < today
        )


class Member(BaseModel):
    """One of a group; `person` where he has an account here."""

    model_config = ConfigDict(extra="allow")
    person: str | None = None
    name: str = Field(min_length=1, max_length=64)


class Rhythm(StrEnum):
    WEEKLY = "weekly"
    HALF_MONTHLY = "half_monthly"


RHYTHMS = {Rhythm.WEEKLY: "周报", Rhythm.HALF_MONTHLY: "半月报"}


class GroupState(StrEnum):
    RUNNING = "running"
    ENDED = "ended"


GROUP_STATES = {GroupState.RUNNING: "驻点中", GroupState.ENDED: "已撤回"}


class RecruitGroup(DocumentModel):
    """驻点招商组 (`ref:` bucket). It reports as `rhythms` say, by its head; without a head the coordinator does."""

    kind: ClassVar[str] = "recruit_group"
    id: str
    name: str = Field(min_length=1, max_length=40)
    place: str = Field(min_length=1, max_length=80)
    industry: str | None = Field(default=None, max_length=80)
    starts_on: Day
    ends_on: Day | None = None
    """The last day, absent while nobody knows."""
    members: list[Member] = Field(min_length=1, max_length=50)
    head: str | None = None
    """The person who reports."""
    head_since: Day | None = None
    heads: list[str] = []
    """Everybody who ever was its head: only their reports and the coordinator's count."""
    rhythms: list[Rhythm] = Field(min_length=1)
    state: GroupState = GroupState.RUNNING
    reason: str | None = Field(default=None, max_length=500)
    trail: list[Happening] = []

    @property
    def head_name(self) -> str:
        """Who reports, 「协调员」 where none of its members has an account."""
        return next((one.name for one in self.members if self.head and one.person == self.head), "协调员")


class ReportText(BaseModel):
    """What a report says. Counts are of the period."""

    model_config = ConfigDict(extra="allow")
    done: str = Field(min_length=1, max_length=2000)
    contacted: int = Field(default=0, ge=0, le=100_000)
    """对接企业."""
    talking: int = Field(default=0, ge=0, le=100_000)
    """在谈项目."""
    signed: int = Field(default=0, ge=0, le=100_000)
    """签约."""
    trouble: str | None = Field(default=None, max_length=1000)
    plans: str | None = Field(default=None, max_length=1000)


class FormerReport(ReportText):
    """What it said before it was corrected, and until when."""

    filed_at: str
    filed_by_name: str


class GroupReport(ReportText, DocumentModel):
    """One report of a group over a period; corrected, it keeps what it said before."""

    kind: ClassVar[str] = "group_report"
    id: str
    owner: str
    group: str
    group_name: str
    rhythm: Rhythm
    starts_on: Day
    """The first day of its week or half month, which names the period."""
    due_on: Day
    filed_at: str
    filed_by: str
    filed_by_name: str
    first_filed_at: str
    """When it first was there: corrected later, it is not late."""
    former: list[FormerReport] = []


class EventKind(StrEnum):
    HIRING = "hiring"
    LEGAL = "legal"
    BANKS = "banks"
    TAX = "tax"
    STATISTICS = "statistics"
    PROMOTION = "promotion"
    OTHER = "other"


EVENT_KINDS = {
    EventKind.HIRING: "招聘会",
    EventKind.LEGAL: "法律服务",
    EventKind.BANKS: "银行行长进企业",
    EventKind.TAX: "税务干部进企业",
    EventKind.STATISTICS: "统计服务",
    EventKind.PROMOTION: "推介对接",
    EventKind.OTHER: "其他活动",
}
"""四送一服等活动 (domain.md §1, 66); they enter no assessment."""


class EventState(StrEnum):
    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"


EVENT_STATES = {EventState.PLANNED: "待办", EventState.HELD: "已办", EventState.CANCELLED: "已取消"}


class EventGuest(BaseModel):
    """An enterprise invited, or that came without."""

    model_config = ConfigDict(extra="allow")
    id: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=120)
    came: bool = False
    people: int | None = Field(default=None, ge=0, le=10_000)


class EventItem(BaseModel):
    """What an enterprise said at an event; with `issue` once it was raised as one."""

    model_config = ConfigDict(extra="allow")
    id: str = Field(min_length=1, max_length=64)
    enterprise: str
    enterprise_name: str
    text: str = Field(min_length=1, max_length=200)
    issue: str | None = None
    issue_number: str | None = None


class Event(DocumentModel):
    """活动 (`m:` bucket): plan, enterprises invited, who came, what came of it."""

    kind: ClassVar[str] = "activity_event"
    id: str
    event_kind: EventKind
    title: str = Field(min_length=1, max_length=80)
    day: Day
    place: str | None = Field(default=None, max_length=80)
    organiser: str | None = Field(default=None, max_length=80)
    plan: str | None = Field(default=None, max_length=2000)
    guests: list[EventGuest] = []
    items: list[EventItem] = []
    state: EventState = EventState.PLANNED
    outcome: str | None = Field(default=None, max_length=4000)
    reason: str | None = Field(default=None, max_length=500)
    trail: list[Happening] = []

    def guest(self, id: str) -> EventGuest | None:
        return next((guest for guest in self.guests if guest.id == id), None)

    def item(self, id: str) -> EventItem | None:
        return next((item for item in self.items if item.id == id), None)


ACTIVITY_ROWS = {Trip.kind: TRIP_ROW, GroupReport.kind: REPORT_ROW}
_LEFT_OUT = {Trip.kind: ("trail",), GroupReport.kind: ("former",)}


def activity_row(kind: str, body: Body | None) -> Body | None:
    """The light row of a trip or a report: everything but its trail, its former versions, and what was noted of leads."""
    if body is None:
        return None
    row = {name: value for name, value in body.items() if name not in _LEFT_OUT[kind]}
    if kind == Trip.kind and row.get("leads"):
        row["leads"] = [{name: lead[name] for name in lead if name != "notes"} for lead in row["leads"]]
    return row
