"""A visit: one officer, one enterprise, one day; what was answered are Records, what was found are Issues."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from app.domain.clock import quarter_of
from app.domain.documents import DocumentModel
from app.domain.record import Record as Record


class VisitState(StrEnum):
    OPEN = "open"
    SUBMITTED = "submitted"
    CANCELLED = "cancelled"


VISIT_STATE_NAMES = {
    VisitState.OPEN: "填写中",
    VisitState.SUBMITTED: "已完成",
    VisitState.CANCELLED: "已作废",
}


class VisitMethod(StrEnum):
    """方式 (domain.md §5, H6): the codes of the dictionary `visit_methods`."""

    ON_SITE = "on_site"
    PHONE = "phone"
    VIDEO = "video"
    RECEPTION = "reception"


METHOD_NAMES = {
    VisitMethod.ON_SITE: "实地",
    VisitMethod.PHONE: "电话",
    VisitMethod.VIDEO: "视频",
    VisitMethod.RECEPTION: "接待",
}


class VisitKind(StrEnum):
    """走访类型 (domain.md §2.1)."""

    ROUTINE = "routine"
    SPECIAL = "special"
    PROJECT = "project"
    REVISIT = "revisit"
    RECEPTION = "reception"
    ACCOMPANYING = "accompanying"
    REMOTE = "remote"


VISIT_KIND_NAMES = {
    VisitKind.ROUTINE: "例行",
    VisitKind.SPECIAL: "专项",
    VisitKind.PROJECT: "项目",
    VisitKind.REVISIT: "回访",
    VisitKind.RECEPTION: "接待",
    VisitKind.ACCOMPANYING: "陪同领导",
    VisitKind.REMOTE: "电话、视频",
}

MOST_COMPANIONS = 12


class Companion(BaseModel):
    """Somebody who went along (走访人 主/随): name, and unit or duty as people say it."""

    model_config = ConfigDict(extra="allow")
    name: str = Field(min_length=1, max_length=40)
    duty: str | None = Field(default=None, max_length=60)

    @property
    def text(self) -> str:
        return f"{self.name}（{self.duty}）" if self.duty else self.name


class FiledForm(BaseModel):
    """One form of a visit and the record of its answers."""

    model_config = ConfigDict(extra="allow")
    form_id: str
    form_version: str
    record: str


class Returned(BaseModel):
    """退回: a version of the visit that a coordinator gave back, with what it was. Its records stay as they are."""

    model_config = ConfigDict(extra="allow")
    at: str
    by: str
    by_name: str
    reason: str
    submitted_at: str | None = None
    records: list[FiledForm] = []
    attachments: list[str] = []
    """Those there were then: part of that version, not to be removed any more."""


class Visit(DocumentModel):
    """走访 (`e:` bucket). Moments are UTC text (`clock.to_text`), `day` is the Beijing calendar day.

    A returned visit is open again with a row in `returns`; a verified one is a submitted one with `verified_at`: so
    programs that know neither go on with it rightly.
    """

    kind: ClassVar[str] = "visit"
    id: str
    number: str
    local_number: str
    enterprise: str
    enterprise_name: str
    officer: str
    officer_name: str
    begun_by_name: str | None = None
    """Who began it, where he lost the enterprise and the officer went on with it (`escrow.take`)."""
    form_id: str
    form_version: str
    state: VisitState = VisitState.OPEN
    day: str
    started_at: str
    submitted_at: str | None = None
    cancelled_at: str | None = None
    record: str | None = None
    """The record of the form it was begun with."""
    records: list[FiledForm] = []
    """All its forms, that one first; empty in visits of programs that knew one form only (`filed`)."""
    issues: list[str] = []
    issue_rows: dict[str, str] = {}
    """Form and row (`visit_three/difficulties/b02_problems[1]`) → the issue that came of it."""
    summary: str | None = None
    method: str | None = None
    visit_kind: str | None = None
    purpose: str | None = None
    six: list[str] = []
    """六包 (domain.md §1, 51): codes of the dictionary `six_guarantees`."""
    companions: list[Companion] = []
    returns: list[Returned] = []
    verified_at: str | None = None
    verified_by: str | None = None
    verified_by_name: str | None = None

    @property
    def filed(self) -> list[FiledForm]:
        """The records of the last version, the form it was begun with first."""
        if self.records or self.record is None:
            return self.records
        return [FiledForm(form_id=self.form_id, form_version=self.form_version, record=self.record)]

    @property
    def returned(self) -> Returned | None:
        """Why it is open again, where a coordinator gave it back and it was not handed in since."""
        return self.returns[-1] if self.returns and self.state is VisitState.OPEN else None

    @property
    def state_word(self) -> str:
        """草稿、已提交、退回、已核 (domain.md §2.1), as people read it."""
        if self.returned is not None:
            return "退回待改"
        if self.state is VisitState.SUBMITTED and self.verified_at is not None:
            return "已核"
        return VISIT_STATE_NAMES[self.state]

    @property
    def people(self) -> str:
        """Who made the visit, for screen and paper."""
        if self.begun_by_name is None:
            return self.officer_name
        return f"{self.begun_by_name}（{self.officer_name}接办）"


class Attachment(DocumentModel):
    """A photo, a signature or a file of a visit. The row is first, the blob follows; `stored_at` is set by the
    server when size and SHA-256 agree, until then others see 「照片上传中」."""

    kind: ClassVar[str] = "attachment"
    id: str
    visit: str | None = None
    issue: str | None = None
    """The issue it is evidence of, where it is not a visit's."""
    record: str | None = None
    """The register's entry it belongs to, where it is neither's."""
    case: str | None = None
    """The 代办 it belongs to, with the step it is of where it is one's."""
    step: str | None = None
    # A factory: pydantic copies a list that is a default deeply, for every photo anew.
    shown_to: list[str] = Field(default_factory=list)
    """The departments that issue is shown to; kept by the issue's moves."""
    enterprise: str
    purpose: str
    file_name: str
    media_type: str
    size: int
    sha256: str
    caption: str | None = None
    stored_at: str | None = None


class PublishedForm(DocumentModel):
    """A form's definition as published (`ref:` bucket): immutable, id is `form_id@version`, source is Markdown."""

    kind: ClassVar[str] = "form"
    id: str
    form_id: str
    version: str
    title: str
    source: str
    published_at: str


class Due(StrEnum):
    """How urgent an enterprise's next visit is."""

    OVERDUE = "overdue"
    SOON = "soon"
    LATER = "later"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class VisitDue:
    """`by` is the last day the visit is in time; `days` counts calendar days until then (negative: overdue)."""

    due: Due
    by: date
    days: int


class Cycle(StrEnum):
    """走访周期 (`Enterprise.visit_cycle`): every enterprise is visited once in each of these."""

    QUARTER = "quarter"
    TWO_MONTHS = "two_months"
    MONTH = "month"
    WEEK = "week"


SOON_DAYS = 14
"""【默】 From this many calendar days before the end of the quarter on a missing visit is shown as soon due."""
SOON_BY_CYCLE = {Cycle.QUARTER: SOON_DAYS, Cycle.TWO_MONTHS: 14, Cycle.MONTH: 7, Cycle.WEEK: 2}


CYCLE_NAMES = {Cycle.QUARTER: "每季", Cycle.TWO_MONTHS: "每两月", Cycle.MONTH: "每月", Cycle.WEEK: "每周"}


def cycle_of(text: str | None) -> Cycle:
    """The cycle a profile names; the quarter (domain.md §1, 07) where it names none this program knows."""
    return Cycle(text) if text in set(Cycle) else Cycle.QUARTER


def period_of(day: date, cycle: Cycle) -> tuple[date, date]:
    """First and last day of the period `day` lies in: quarters, pairs of months from January on, months, weeks from
    Monday on."""
    if cycle is Cycle.QUARTER:
        return quarter_of(day)
    if cycle is Cycle.WEEK:
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    months = 2 if cycle is Cycle.TWO_MONTHS else 1
    first = date(day.year, day.month - (day.month - 1) % months, 1)
    months_on = first.month - 1 + months
    following = date(first.year + months_on // 12, months_on % 12 + 1, 1)
    return first, following - timedelta(days=1)


def visit_due(
    last_visit: date | None, assigned_since: date, today: date, cycle: Cycle = Cycle.QUARTER
) -> VisitDue:
    """The rule of the cycle (domain.md §1, 07 each quarter; 05 every two months): one visit in each period.

    Done when a visit lies in the present period. Overdue when the previous period passed without one although the
    officer had the enterprise then; else due by the last day of this period.
    """
    first, last = period_of(today, cycle)
    if last_visit is not None and last_visit >= first:
        return VisitDue(Due.DONE, last, (last - today).days)
    previous_first, previous_last = period_of(first - timedelta(days=1), cycle)
    seen_before = last_visit is not None and last_visit >= previous_first
    if not seen_before and assigned_since <= previous_first:
        return VisitDue(Due.OVERDUE, previous_last, (previous_last - today).days)
    days = (last - today).days
    return VisitDue(Due.SOON if days <= SOON_BY_CYCLE[cycle] else Due.LATER, last, days)
