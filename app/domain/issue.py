"""诉求 and their closed loop: the states, and one table of the moves between them (domain.md §7.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from app.domain.documents import DocumentModel
from app.domain.people import Role


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


@dataclass(frozen=True, slots=True)
class Transition:
    """Who may take an issue from which states to which by an action; `word` is the action in Chinese."""

    action: str
    word: str
    sources: frozenset[IssueState]
    target: IssueState
    roles: frozenset[Role]


def _table(*rows: Transition) -> Mapping[str, Transition]:
    return {row.action: row for row in rows}


TRANSITIONS = _table(
    Transition(
        "issue.accept",
        "受理",
        frozenset({IssueState.REPORTED}),
        IssueState.ACCEPTED,
        frozenset({Role.COORDINATOR}),
    ),
    Transition(
        "issue.assign",
        "交办",
        frozenset({IssueState.ACCEPTED}),
        IssueState.ASSIGNED,
        frozenset({Role.COORDINATOR, Role.LEADER}),
    ),
    Transition(
        "issue.return",
        "退回补正",
        frozenset({IssueState.REPORTED}),
        IssueState.DRAFT,
        frozenset({Role.COORDINATOR}),
    ),
    Transition(
        "issue.resubmit",
        "补正后上报",
        frozenset({IssueState.DRAFT}),
        IssueState.REPORTED,
        frozenset({Role.OFFICER, Role.COORDINATOR}),
    ),
)


def actions_for(state: IssueState, roles: frozenset[Role]) -> tuple[Transition, ...]:
    """What a person with these roles may do with an issue in this state: the buttons on screen."""
    return tuple(row for row in TRANSITIONS.values() if state in row.sources and roles & row.roles)


class Light(StrEnum):
    """The light an issue shows (domain.md §2.3【默】)."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    BLUE = "blue"
    GREY = "grey"


def light_of(state: IssueState, limit_days: int | None, days_left: int | None) -> Light:
    """Red: overdue. Blue: waiting for signature. Yellow: at most max(2, 20 % of the limit) working days left."""
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
    return Light.YELLOW if days_left <= max(2, -(-limit_days // 5)) else Light.GREEN
