"""诉求: what an issue and its trail are, its states and lights (domain.md §2.2, §2.3, §7.2).

The moves between the states stand in `issue_moves.py`, the clock of its limit in `issue_clock.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from app.domain.documents import Body, DocumentModel, clean
from app.domain.issue_rules import DEFAULT_RULES, IssueRules


class IssueState(StrEnum):
    """§7.2's states under names; `draft` is I0, `reported` I1 … `archived` I9."""

    DRAFT = "draft"
    REPORTED = "reported"
    ACCEPTED = "accepted"
    ASSIGNED = "assigned"
    IN_WORK = "in_work"
    EXTENSION = "extension"
    SUSPENDED = "suspended"
    ANSWERED = "answered"
    TO_REVISIT = "to_revisit"
    CLOSED = "closed"
    ARCHIVED = "archived"
    VOID = "void"
    REFUSED = "refused"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


ISSUE_STATE_NAMES = {
    IssueState.DRAFT: "待补正",
    IssueState.REPORTED: "待受理",
    IssueState.ACCEPTED: "已受理",
    IssueState.ASSIGNED: "待签收",
    IssueState.IN_WORK: "办理中",
    IssueState.EXTENSION: "延期审批",
    IssueState.SUSPENDED: "挂账",
    IssueState.ANSWERED: "待核实",
    IssueState.TO_REVISIT: "待回访",
    IssueState.CLOSED: "已销号",
    IssueState.ARCHIVED: "已归档",
    IssueState.VOID: "已作废",
    IssueState.REFUSED: "不受理",
    IssueState.MERGED: "已并案",
    IssueState.WITHDRAWN: "已撤回",
}

ENDED = frozenset(
    {
        IssueState.CLOSED,
        IssueState.ARCHIVED,
        IssueState.VOID,
        IssueState.REFUSED,
        IssueState.MERGED,
        IssueState.WITHDRAWN,
    }
)
"""States in which nobody has anything to do."""


class Stop(BaseModel):
    """A stretch in which the limit does not run: working days after `since` up to `until` (Beijing days) do not count."""

    model_config = ConfigDict(extra="allow")
    since: str
    until: str | None = None
    reason: str


class Contact(BaseModel):
    """A revisit that did not come about: the enterprise could not be reached."""

    model_config = ConfigDict(extra="allow")
    day: str
    at: str
    method: str
    person: str
    person_name: str
    text: str | None = None


class LastMove(BaseModel):
    """What was done last and by whom: it may be taken back for a short time (`issue.take_back`)."""

    model_config = ConfigDict(extra="allow")
    event: str
    action: str
    person: str
    at: str


class Issue(DocumentModel):
    """One 诉求 (`e:` bucket, with a light row in `dir:` and a projection in its department's `d:`)."""

    kind: ClassVar[str] = "issue"
    id: str
    number: str
    local_number: str
    enterprise: str
    enterprise_name: str
    visit: str | None = None
    source: str = "visit"
    state: IssueState
    title: str
    category: str
    subcategory: str | None = None
    description: str | None = None
    expectation: str | None = None
    urgency: str | None = None
    level: int | None = None
    solved_on_spot: bool = False
    solution: str | None = None
    raised_by: str
    raised_by_name: str
    raised_at: str
    accepted_at: str | None = None
    accepted_by_name: str | None = None
    assigned_at: str | None = None
    department: str | None = None
    department_name: str | None = None
    handler: str | None = None
    handler_name: str | None = None
    limit_days: int | None = None
    first_response_due_at: str | None = None
    due_at: str | None = None
    due_provisional: bool = False
    requirement: str | None = None
    return_reason: str | None = None
    returned: int = 0
    moves: int = 0
    """How many events its trail has; the next one's `order` is one more."""
    trail_digest: str | None = None
    """The `digest` of its last event: who alters the trail afterwards breaks the chain."""
    last: LastMove | None = None

    contact_name: str | None = None
    contact_phone: str | None = None
    project: str | None = None
    amount_fen: int | None = None
    people: int | None = None
    anonymous: bool = False
    campaign: str | None = None
    six: list[str] = []
    """六包 tags: codes of the dictionary `six_guarantees`."""
    meeting: str | None = None
    """The meeting it was raised at (接待日) or assigned by (联席会)."""
    reference_version: str | None = None
    """Version of the classification it was accepted with; `reference` says the same of every dictionary."""
    reference: dict[str, str] = {}
    """Dictionary → the version its values were taken from: by these it is judged and shown (`REFERENCES`)."""
    earlier: str | None = None
    earlier_number: str | None = None
    repeated: bool = False
    """Raised again within 30 days of the earlier one's being struck off: counts as 重复诉求 (§7.2)."""
    related: list[str] = []
    merged_into: str | None = None
    merged_into_number: str | None = None
    main_result: str | None = None
    """What the main issue ended with, written back into one merged into it."""

    joint: list[str] = []
    joint_names: list[str] = []
    shown_to: list[str] = []
    """Departments that see it whole: main, joint and those whistled for. Its events and attachments carry the same."""
    signed_at: str | None = None
    signed_by: str | None = None
    signed_by_name: str | None = None
    auto_signed: bool = False
    objections: int = 0
    objection_reason: str | None = None
    suggested_department: str | None = None
    ruling_needed: bool = False
    """A second objection: only a leader assigns it now, and that stands (§7.2)."""
    ruled: bool = False
    first_response_at: str | None = None
    clock_from: str | None = None
    """The moment the limit runs from: acceptance, or the redo after a bad revisit."""
    stops: list[Stop] = []
    extensions: int = 0
    extension_days: int = 0
    extension_asked_days: int | None = None
    extension_reason: str | None = None
    suspend_reason: str | None = None
    suspend_review_on: str | None = None
    escalation_asked: str | None = None
    escalated_by_rule: list[str] = []
    lights_sent: list[str] = []
    """Supervision levels already sent by rule in this round of work (`blue`, `yellow`, `red`)."""
    supervision: str | None = None
    """The highest supervision standing."""
    for_meeting: bool = False
    """Due on the agenda of the next joint meeting."""
    joint_moved: list[str] = []
    """Joint departments that have written progress."""
    whistled: list[str] = []
    whistle_due_at: str | None = None
    whistle_answered: list[str] = []

    result: str | None = None
    answer: str | None = None
    answer_basis: str | None = None
    unresolved_reason: str | None = None
    answered_at: str | None = None
    answered_by: str | None = None
    answered_by_name: str | None = None
    answer_signed_by: str | None = None
    redo_reason: str | None = None
    settled_at: str | None = None
    """办结时间: when the answer was verified, by the server's clock (§7.2). Solved on the spot: when it was reported."""
    settled_in_time: bool | None = None
    contacts: list[Contact] = []
    solved: str | None = None
    satisfaction: str | None = None
    dissatisfaction: list[str] = []
    service_scores: dict[str, str] = {}
    revisit_answered: bool | None = None
    """T1 of form (i): the enterprise has been answered."""
    handler_contacted: bool | None = None
    """T6: who handled it got in touch by himself."""
    revisit_trips: int | None = None
    """T7: how often the enterprise had to come for it."""
    revisit_method: str | None = None
    revisit_text: str | None = None
    revisited_at: str | None = None
    revisited_by: str | None = None
    revisited_by_name: str | None = None
    revisit_valid: bool | None = None
    """False: three failed contacts; it does not count in the rate of satisfaction (domain.md §5 (i))."""
    added_review: str | None = None
    reopened: int = 0
    closed_at: str | None = None
    archived_at: str | None = None
    refused_at: str | None = None
    refuse_reason: str | None = None
    refuse_notice: str | None = None
    appeals: int = 0
    appealed: bool = False
    """A refusal is under review: a leader decides (§7.2)."""
    withdrawn_at: str | None = None
    withdraw_reason: str | None = None
    withdraw_confirmed_by: str | None = None

    def to_body(self) -> Body:
        """Without defaults: most of the fields belong to moves most issues never make."""
        body: Body = clean(self.model_dump(mode="json", exclude_none=True, exclude_defaults=True))
        return body


REFERENCES: Mapping[str, tuple[str, ...]] = {
    "raised_at": ("issue_taxonomy", "issue_sources", "urgency", "six_guarantees"),
    "accepted_at": ("issue_taxonomy", "issue_rules"),
    "suspend_review_on": ("suspend_reasons",),
    "answered_at": ("issue_results",),
    "revisited_at": (
        "revisit_solved", "revisit_satisfaction", "revisit_dissatisfaction", "revisit_services",
        "revisit_service_levels", "visit_methods",
    ),
}  # fmt: skip
"""Where a move sets this moment, the versions in force of these dictionaries are kept with the issue: its classification
with the birth and again with the acceptance, its limits and lights with the acceptance, the words of an answer with it."""


class IssueEvent(DocumentModel):
    """One move of an issue, the trail's row (全程留痕). Only ever added, by the change functions."""

    kind: ClassVar[str] = "issue_event"
    id: str
    issue: str
    order: int = 0
    """Place in the trail, from 1: two moves of one batch have the same time."""
    action: str
    from_state: IssueState | None = None
    to_state: IssueState
    person: str
    person_name: str
    at: str
    device: str
    offline_at: str | None = None
    text: str | None = None
    role: str = ""
    """In which role it was done (domain.md §7.2)."""
    sets: dict[str, list[Any]] = {}
    """Every field of the issue the move altered, as `[new value]`; `[null]`: taken away. The trail alone rebuilds the issue."""
    shown_to: list[str] = []
    digest: str | None = None
    """SHA-256 over the previous event's digest and this event: a chain nobody can mend unseen."""


class Light(StrEnum):
    """The light an issue shows (domain.md §2.3【默】)."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    BLUE = "blue"
    GREY = "grey"


def light_of(
    state: IssueState,
    limit_days: int | None,
    days_left: int | None,
    rules: IssueRules = DEFAULT_RULES,
    *,
    unanswered_auto_sign: bool = False,
) -> Light:
    """Red: overdue. Blue: waiting for signature. Yellow: at most max(2, 20 % of the limit) working days left, or taken as
    signed without a word since (§7.2). Grey: ended, stopped, or no limit yet. The figures are the park's (`IssueRules`)."""
    if state in ENDED or state is IssueState.SUSPENDED:
        return Light.GREY
    if state in (IssueState.TO_REVISIT, IssueState.ANSWERED):
        return Light.GREEN
    if days_left is None or limit_days is None:
        return Light.GREY
    if days_left < 0:
        return Light.RED
    if state is IssueState.ASSIGNED:
        return Light.BLUE
    if unanswered_auto_sign or days_left <= rules.yellow_days(limit_days):
        return Light.YELLOW
    return Light.GREEN


class SupervisionLevel(StrEnum):
    """督办 colours, weakest first (domain.md §2.2)."""

    BLUE = "blue"
    YELLOW = "yellow"
    RED = "red"


SUPERVISION_NAMES = {
    SupervisionLevel.BLUE: "蓝色提醒单",
    SupervisionLevel.YELLOW: "黄色督办单",
    SupervisionLevel.RED: "红色督办单",
}


class Supervision(DocumentModel):
    """督办单 of an issue (`e:` bucket, shown to its departments). `by_rule`: sent by the centre itself."""

    kind: ClassVar[str] = "supervision"
    id: str
    number: str
    issue: str
    level: SupervisionLevel
    cause: str
    text: str | None = None
    department: str | None = None
    department_name: str | None = None
    by_rule: bool = False
    sent_at: str
    sent_by_name: str
    reply_due_at: str
    reply: str | None = None
    replied_at: str | None = None
    replied_by_name: str | None = None
    shown_to: list[str] = []
