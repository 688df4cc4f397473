"""评审: one review of a project or enterprise, with its reviewers, checklist or gates (domain.md §5 (b); §1, 01–03 56).

A review stands in its enterprise's bucket, with a light row in `dir:` and a seat (`review_seat`) in `u:` of each reviewer. A reviewer's
sheet is in his own `u:` and nowhere else; what the others may know of it (that it was handed in) stands in the review. When the
review is closed the centre writes its result here and the single scores (`review_score`) into `m:<park>`.
What may be done stands in `review_moves.py`. Days are Beijing days as text, moments UTC text, scores decimal text.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from app.domain.documents import Body, DocumentModel, clean
from app.domain.review_scheme import ReviewScheme, ReviewType

REVIEW_SEAT = "review_seat"
"""Kind of a reviewer's seat, made of the review in his own bucket."""


class ReviewState(StrEnum):
    """`closing`: asked for on a laptop, which has no sheets; the centre counts them and closes."""

    PREPARING = "preparing"
    RUNNING = "running"
    CLOSING = "closing"
    CLOSED = "closed"
    CANCELLED = "cancelled"


REVIEW_STATE_NAMES = {
    ReviewState.PREPARING: "定评委",
    ReviewState.RUNNING: "进行中",
    ReviewState.CLOSING: "等中心汇总",
    ReviewState.CLOSED: "已有结论",
    ReviewState.CANCELLED: "已终止",
}
REVIEW_ENDED = frozenset({ReviewState.CLOSED, ReviewState.CANCELLED})


class ReviewerState(StrEnum):
    NAMED = "named"
    CLEAR = "clear"
    CONFLICT = "conflict"
    HANDED_IN = "handed_in"


REVIEWER_STATE_NAMES = {
    ReviewerState.NAMED: "还没有声明",
    ReviewerState.CLEAR: "正在评",
    ReviewerState.CONFLICT: "有关联，回避",
    ReviewerState.HANDED_IN: "已交表",
}


class Stance(StrEnum):
    AGREE = "agree"
    CONDITION = "condition"
    OBJECT = "object"


STANCE_NAMES = {Stance.AGREE: "同意", Stance.CONDITION: "附意见同意", Stance.OBJECT: "不同意"}


class Finding(StrEnum):
    FINE = "fine"
    DOUBT = "doubt"
    PROBLEM = "problem"


FINDING_NAMES = {Finding.FINE: "没有问题", Finding.DOUBT: "存疑", Finding.PROBLEM: "有问题"}


class Verdict(StrEnum):
    """The conclusion of a due diligence."""

    GO = "go"
    CONDITIONAL = "conditional"
    DECLINE = "decline"


VERDICT_NAMES = {
    Verdict.GO: "可以推进",
    Verdict.CONDITIONAL: "附条件推进",
    Verdict.DECLINE: "不宜推进",
}
PASSED = "passed"
"""The conclusion of what went through all its gates."""


class GateState(StrEnum):
    WAITING = "waiting"
    OPEN = "open"
    PASSED = "passed"
    SKIPPED = "skipped"


GATE_STATE_NAMES = {
    GateState.WAITING: "等前一关",
    GateState.OPEN: "正在这一关",
    GateState.PASSED: "已过",
    GateState.SKIPPED: "不涉及",
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow")


class Reviewer(_Part):
    """One reviewer, as everybody may know him: no score, and no word of why he is partial."""

    order: int
    name: str
    state: ReviewerState = ReviewerState.NAMED
    declared_at: str | None = None
    handed_in_at: str | None = None


class Check(_Part):
    """One row of a due diligence with what was found."""

    order: int
    name: str
    hint: str = ""
    finding: Finding | None = None
    text: str | None = None
    by_name: str | None = None
    day: str | None = None


class Opinion(_Part):
    """One seat of a gate. `adopted` and `answer`: 意见采纳情况, wanted of every opinion that is not plain consent."""

    order: int
    name: str
    department: str | None = None
    stance: Stance | None = None
    text: str | None = None
    by: str | None = None
    day: str | None = None
    adopted: bool | None = None
    answer: str | None = None

    @property
    def unanswered(self) -> bool:
        return self.stance in (Stance.CONDITION, Stance.OBJECT) and self.adopted is None


class Gate(_Part):
    """One gate, as its scheme had it when the review was opened."""

    order: int
    name: str
    decides: bool = False
    state: GateState = GateState.WAITING
    seats: dict[str, Opinion] = {}
    passed_on: str | None = None

    @property
    def ordered(self) -> list[tuple[str, Opinion]]:
        return sorted(self.seats.items(), key=lambda pair: pair[1].order)

    @property
    def silent(self) -> list[str]:
        """Who has not said anything yet."""
        return [seat.name for _, seat in self.ordered if seat.stance is None]


class Review(DocumentModel):
    """One review (`e:` bucket)."""

    kind: ClassVar[str] = "review"
    id: str
    number: str
    local_number: str
    enterprise: str
    enterprise_name: str
    title: str
    type: ReviewType
    scheme: str
    scheme_name: str
    scheme_version: str
    state: ReviewState = ReviewState.RUNNING
    project: str | None = None
    sponsor: str | None = None
    investment_fen: int | None = Field(default=None, ge=0)
    major: bool = False
    note: str | None = None
    opened_at: str
    opened_by: str
    opened_by_name: str

    rules: ReviewScheme | None = None
    """The scheme as it was when the review was opened; of scored reviews alone."""
    form_version: str | None = None
    reviewers: dict[str, Reviewer] = {}
    checks: dict[str, Check] = {}
    gates: dict[str, Gate] = {}
    rounds: int = 0
    """How often it was sent back to the unit that brought it in."""

    agency: str | None = None
    commissioned_on: str | None = None
    report_number: str | None = None
    reported_on: str | None = None
    decided_fen: int | None = Field(default=None, ge=0)
    """投决额 (domain.md §1, 02)."""

    count: int | None = None
    mean: str | None = None
    trimmed: str | None = None
    score: str | None = None
    vetoes: list[str] = []
    conclusion: str | None = None
    conclusion_name: str | None = None
    conclusion_text: str | None = None
    closed_at: str | None = None
    closed_by_name: str | None = None
    cancelled_reason: str | None = None
    moves: int = 0
    trail_digest: str | None = None

    @property
    def ordered_gates(self) -> list[tuple[str, Gate]]:
        return sorted(self.gates.items(), key=lambda pair: pair[1].order)

    @property
    def gate(self) -> tuple[str, Gate] | None:
        """The gate it stands before."""
        return next((pair for pair in self.ordered_gates if pair[1].state is GateState.OPEN), None)

    @property
    def valid(self) -> dict[str, Reviewer]:
        """Reviewers who have not stepped aside, in the order they were named."""
        kept = sorted(self.reviewers.items(), key=lambda pair: pair[1].order)
        return {key: one for key, one in kept if one.state is not ReviewerState.CONFLICT}

    def to_body(self) -> Body:
        """Without defaults: most fields belong to other kinds of review or come late."""
        body: Body = clean(self.model_dump(mode="json", exclude_none=True, exclude_defaults=True))
        return body


class ReviewEvent(DocumentModel):
    """One move of a review, a row of its trail. `sets` by path: `reviewers.p-1.state`."""

    kind: ClassVar[str] = "review_event"
    id: str
    review: str
    order: int
    action: str
    from_state: ReviewState | None = None
    to_state: ReviewState
    person: str
    person_name: str
    role: str = ""
    at: str
    device: str
    offline_at: str | None = None
    text: str | None = None
    sets: dict[str, list[Any]] = {}
    digest: str | None = None


class ReviewSheet(DocumentModel):
    """A reviewer's own: his declaration, and his filled form once he handed it in (`u:` bucket, his alone)."""

    kind: ClassVar[str] = "review_sheet"
    id: str
    review: str
    enterprise: str
    person: str
    person_name: str
    turn: int
    """`Reviewer.order` of the seat it was written for: who was replaced and is named again begins anew."""
    clear: bool
    declared_at: str
    reason: str | None = None
    form_id: str | None = None
    form_version: str | None = None
    values: dict[str, Any] = {}
    digest: str | None = None
    shown: dict[str, str] = {}
    labels: dict[str, str] = {}
    day: str | None = None
    handed_in_at: str | None = None


class ReviewScore(DocumentModel):
    """One reviewer's score, after closing (`m:` bucket: coordinators and leaders)."""

    kind: ClassVar[str] = "review_score"
    id: str
    review: str
    enterprise: str
    person: str
    person_name: str
    total: str
    points: dict[str, str]
    vetoes: list[str] = []
    doubts: str | None = None
    closed_at: str


def seat_id(review: str, person: str) -> str:
    """The id of a reviewer's seat, sheet and score."""
    return f"{review}:{person}"


_ROW_FIELDS = (
    *("id", "number", "enterprise", "enterprise_name", "title", "type", "scheme", "scheme_name", "state"),
    *("project", "sponsor", "investment_fen", "major", "opened_at", "opened_by_name", "rounds", "count"),
    *("score", "vetoes", "conclusion", "conclusion_name", "closed_at", "decided_fen", "reported_on"),
)
_SEAT_FIELDS = (
    *("number", "enterprise", "enterprise_name", "title", "scheme", "scheme_name", "type", "project"),
    *("sponsor", "investment_fen", "note", "rules", "form_version", "state"),
)


def review_row(body: Body | None) -> Body | None:
    """The light row of a review: what the list and the figures need; nothing of who thinks what."""
    if body is None:
        return None
    row: Body = {"state": ReviewState.RUNNING.value}
    row |= {name: body[name] for name in _ROW_FIELDS if name in body}
    reviewers = [one.get("state", ReviewerState.NAMED.value) for one in body.get("reviewers", {}).values()]
    checks = body.get("checks", {}).values()
    gates = [one.get("state", GateState.WAITING.value) for one in body.get("gates", {}).values()]
    row["done"] = (
        reviewers.count(ReviewerState.HANDED_IN.value)
        + sum("finding" in one for one in checks)
        + gates.count(GateState.PASSED.value)
    )
    row["total"] = (
        len(reviewers)
        - reviewers.count(ReviewerState.CONFLICT.value)
        + len(checks)
        + len(gates)
        - gates.count(GateState.SKIPPED.value)
    )
    standing = (
        one["name"] for one in body.get("gates", {}).values() if one.get("state") == GateState.OPEN.value
    )
    gate = next(standing, None)
    return {**row, "gate": gate} if gate else row


def seats_of(body: Body | None) -> dict[str, Body]:
    """Person → what he may know of the review he is named for: nothing of the other reviewers."""
    if body is None:
        return {}
    found = {}
    for person, one in body.get("reviewers", {}).items():
        seat: Body = {"id": seat_id(body["id"], person), "review": body["id"], "person": person}
        seat |= {name: body[name] for name in _SEAT_FIELDS if name in body}
        seat.setdefault("state", ReviewState.RUNNING.value)
        seat["standing"] = one.get("state", ReviewerState.NAMED.value)
        seat["turn"] = one["order"]
        found[person] = seat
    return found
