"""A visit: one officer, one enterprise, one day; what was answered is a Record, what was found are Issues."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from app.domain.clock import quarter_of
from app.domain.documents import DocumentModel


class VisitState(StrEnum):
    OPEN = "open"
    SUBMITTED = "submitted"
    CANCELLED = "cancelled"


VISIT_STATE_NAMES = {
    VisitState.OPEN: "填写中",
    VisitState.SUBMITTED: "已完成",
    VisitState.CANCELLED: "已作废",
}


class Visit(DocumentModel):
    """走访 (`e:` bucket). Moments are UTC text (`clock.to_text`), `day` is the Beijing calendar day."""

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
    issues: list[str] = []
    summary: str | None = None

    @property
    def people(self) -> str:
        """Who made the visit, for screen and paper."""
        if self.begun_by_name is None:
            return self.officer_name
        return f"{self.begun_by_name}（{self.officer_name}接办）"


class Record(DocumentModel):
    """台账一条: a finished form's answers, always with the version they were given to.

    `values` maps concrete paths (`/difficulties/b02_problems[1]/b02_title`) to plain JSON values; `digest` is the
    SHA-256 of form id, version and values (`record_digest`), which the paper's QR code carries too. `shown` and
    `labels` hold what a person read where the definition alone cannot tell it later: the text of a choice that came
    from a table, a label with names filled in.
    """

    kind: ClassVar[str] = "record"
    id: str
    visit: str
    enterprise: str
    form_id: str
    form_version: str
    values: dict[str, Any]
    digest: str
    shown: dict[str, str] = {}
    labels: dict[str, str] = {}


class Attachment(DocumentModel):
    """A photo, a signature or a file of a visit. The row is first, the blob follows; `stored_at` is set by the
    server when size and SHA-256 agree, until then others see 「照片上传中」."""

    kind: ClassVar[str] = "attachment"
    id: str
    visit: str | None = None
    issue: str | None = None
    """The issue it is evidence of, where it is not a visit's."""
    shown_to: list[str] = []
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


SOON_DAYS = 14
"""【默】 From this many calendar days before the end of the quarter on a missing visit is shown as soon due."""


def visit_due(last_visit: date | None, assigned_since: date, today: date) -> VisitDue:
    """The quarterly rule (domain.md §1, 07): every enterprise is visited once in each quarter.

    Done when a visit lies in the present quarter. Overdue when the previous quarter passed without one although the
    officer had the enterprise then; else due by the last day of this quarter.
    """
    first, last = quarter_of(today)
    if last_visit is not None and last_visit >= first:
        return VisitDue(Due.DONE, last, (last - today).days)
    previous_first, previous_last = quarter_of(first - timedelta(days=1))
    seen_before = last_visit is not None and last_visit >= previous_first
    if not seen_before and assigned_since <= previous_first:
        return VisitDue(Due.OVERDUE, previous_last, (previous_last - today).days)
    days = (last - today).days
    return VisitDue(Due.SOON if days <= SOON_DAYS else Due.LATER, last, days)
