"""Issues as officer, coordinator and handler meet them: lists, one issue with its trail, and the moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain import buckets
from app.domain.clock import from_text
from app.domain.documents import Body
from app.domain.issue import (
    ENDED,
    ISSUE_STATE_NAMES,
    Issue,
    IssueEvent,
    IssueState,
    Light,
    light_of,
)
from app.domain.issue_moves import TRANSITIONS, Transition, available
from app.domain.people import Person, Role
from app.domain.projections import DEPARTMENT_ISSUE, ISSUE_ROW
from app.domain.work_calendar import Deadline
from app.errors import KnownError
from app.services import words
from app.services.desk import Desk

GROUPS: Mapping[str, tuple[str, frozenset[IssueState]]] = {
    "reported": ("待受理", frozenset({IssueState.REPORTED})),
    "accepted": ("待交办", frozenset({IssueState.ACCEPTED})),
    "working": (
        "办理中",
        frozenset({IssueState.ASSIGNED, IssueState.IN_WORK, IssueState.EXTENSION, IssueState.SUSPENDED}),
    ),
    "answered": ("待核实", frozenset({IssueState.ANSWERED})),
    "to_revisit": ("待回访", frozenset({IssueState.TO_REVISIT})),
    "draft": ("待补正", frozenset({IssueState.DRAFT})),
    "ended": ("已结束", ENDED),
}
"""The chips above the table: key → (word, states)."""

LIGHT_ORDER = (Light.RED, Light.YELLOW, Light.BLUE, Light.GREEN, Light.GREY)


@dataclass(frozen=True, slots=True)
class IssueLine:
    """One row of a list of issues."""

    id: str
    number: str
    title: str
    enterprise: str
    enterprise_name: str
    state: IssueState
    state_word: str
    light: Light
    light_word: str
    category: str
    urgency: str
    department: str
    handler: str
    raised_at: str
    due_text: str
    held: bool


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One event of an issue's trail."""

    when: str
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class IssuePage:
    """One issue whole. `actions` are what this person may do now."""

    issue: Issue
    line: IssueLine
    facts: tuple[tuple[str, str], ...]
    trail: tuple[TrailLine, ...]
    actions: tuple[Transition, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the classification suggests for an assignment accepted now."""

    level: int
    department: str
    limit_days: int
    due: Deadline
    due_text: str


def listing(desk: Desk, group: str | None = None) -> list[IssueLine]:
    """All issues this laptop knows, the most urgent light first, then by deadline and age; `group`: a key of GROUPS."""
    bodies: dict[str, tuple[Body, bool]] = {}
    for kind, held in ((ISSUE_ROW, False), (DEPARTMENT_ISSUE, True), (Issue.kind, True)):
        for document in desk.store.of_kind(kind):
            bodies[document.id] = (document.body, held)
    lines = [_line(desk, body, held) for body, held in bodies.values()]
    if group is not None:
        states = GROUPS[group][1]
        lines = [line for line in lines if line.state in states]
    return sorted(lines, key=_urgency)


def counts(desk: Desk) -> dict[str, int]:
    """Issues per key of GROUPS."""
    lines = listing(desk)
    return {key: sum(line.state in states for line in lines) for key, (_, states) in GROUPS.items()}


def _urgency(line: IssueLine) -> tuple[int, int, str]:
    return int(line.state in ENDED), LIGHT_ORDER.index(line.light), line.raised_at


def _line(desk: Desk, body: Body, held: bool) -> IssueLine:
    state = IssueState(body["state"])
    now = desk.clock()
    due = from_text(body["due_at"]) if body.get("due_at") else None
    left = desk.calendar.workdays_left(now, due) if due else None
    light = light_of(state, body.get("limit_days"), left)
    return IssueLine(
        id=str(body["id"]),
        number=str(body["number"]),
        title=str(body["title"]),
        enterprise=str(body["enterprise"]),
        enterprise_name=str(body.get("enterprise_name", "")),
        state=state,
        state_word=ISSUE_STATE_NAMES[state],
        light=light,
        light_word=_light_word(state, light, left),
        category=desk.rules.taxonomy.name_of(str(body.get("category", "")), body.get("subcategory")),
        urgency=_urgency_name(desk, body.get("urgency")),
        department=str(body.get("department_name", "")),
        handler=str(body.get("handler_name", "")),
        raised_at=str(body.get("raised_at", "")),
        due_text=due_text(due, left, bool(body.get("due_provisional"))),
        held=held,
    )


def _light_word(state: IssueState, light: Light, left: int | None) -> str:
    if left is None or state in ENDED or light is Light.GREY:
        return ISSUE_STATE_NAMES[state]
    if state is IssueState.ASSIGNED and left >= 0:
        return ISSUE_STATE_NAMES[state]
    return words.workdays_left_word(left)


def due_text(due: datetime | None, left: int | None, provisional: bool) -> str:
    """`12月14日 17:30（还有 15 个工作日）`; 暂定 where a year without a published calendar was counted in."""
    if due is None or left is None:
        return ""
    note = "，暂定" if provisional else ""
    return f"{words.moment(due)}（{words.workdays_left_word(left)}{note}）"


def _urgency_name(desk: Desk, code: str | None) -> str:
    if not code:
        return ""
    return next((item["name"] for item in desk.dictionary("urgency") if item["code"] == code), code)


def page(desk: Desk, id: str) -> IssuePage | None:
    """One issue whole; None where its enterprise is not on this laptop yet (`opened.open_bucket`, then sync)."""
    document = desk.store.get(Issue.kind, id) or desk.store.get(DEPARTMENT_ISSUE, id)
    if document is None:
        return None
    issue = Issue.of(document)
    line = _line(desk, document.body, held=True)
    events = [
        IssueEvent.of(item)
        for item in desk.store.of_kind(IssueEvent.kind, buckets.of_enterprise(issue.enterprise))
        if item.body.get("issue") == id
    ]
    trail = tuple(_trail_line(event) for event in sorted(events, key=lambda event: event.order))
    return IssuePage(issue, line, _facts(issue, line), trail, actions(desk, issue))


def actions(desk: Desk, issue: Issue) -> tuple[Transition, ...]:
    """What this person may do with the issue now."""
    return available(issue, desk.signed_in().actor)


def _facts(issue: Issue, line: IssueLine) -> tuple[tuple[str, str], ...]:
    who = "，".join(part for part in (line.department, line.handler) if part)
    rows = [
        ("编号", issue.number),
        ("企业", issue.enterprise_name),
        ("分类", line.category),
        ("级别", f"{issue.level} 级" if issue.level else "—"),
        ("紧急程度", line.urgency or "—"),
        ("状态", line.state_word),
        ("承办", who or "还没有交办"),
        ("办结期限", line.due_text or "受理后起算"),
        ("描述", issue.description or "—"),
        ("企业期望", issue.expectation or "—"),
    ]
    if issue.solution:
        rows.append(("现场办法", issue.solution))
    if issue.requirement:
        rows.append(("交办要求", issue.requirement))
    if issue.return_reason:
        rows.append(("退回原因", issue.return_reason))
    rows.append(("反映", f"{issue.raised_by_name}，{words.moment(from_text(issue.raised_at))}"))
    return tuple(rows)


_FIRST_ACTIONS = {"issue.report": "现场登记，上报", "issue.solve_on_spot": "现场办结"}


def _trail_line(event: IssueEvent) -> TrailLine:
    transition = TRANSITIONS.get(event.action)
    word = transition.word if transition else _FIRST_ACTIONS.get(event.action, event.action)
    text = f"{word}：{event.text}" if event.text else word
    return TrailLine(words.moment(from_text(event.offline_at or event.at)), event.person_name, text)


def suggestion(desk: Desk, subcategory: str | None) -> Suggestion:
    """Level, department, limit and deadline by the dictionary, were the issue accepted now."""
    found = desk.rules.taxonomy.subcategory(subcategory) if subcategory else None
    level, department, days = (found.level, found.lead, found.resolution_days) if found else (2, "", 5)
    return Suggestion(level, department, days, *deadline(desk, days))


def deadline(desk: Desk, days: int, accepted_at: str | None = None) -> tuple[Deadline, str]:
    """When `days` working days are over, counted from acceptance (now where that is still to come), and its words."""
    start = from_text(accepted_at) if accepted_at else desk.clock()
    calendar = desk.calendar
    due = calendar.deadline(start, days)
    return due, due_text(due.at, calendar.workdays_left(desk.clock(), due.at), due.provisional)


def handlers(desk: Desk, department: str) -> list[tuple[str, str]]:
    """(person id, name) of the handlers of a department."""
    people = [Person.of(document) for document in desk.store.of_kind(Person.kind)]
    return sorted(
        (person.id, person.name)
        for person in people
        if person.active and person.department == department and Role.HANDLER in person.roles
    )


def accept(desk: Desk, id: str, category: str, subcategory: str | None, level: int) -> None:
    """受理."""
    _move(desk, id, "issue.accept", {"category": category, "subcategory": subcategory, "level": level})


def assign(
    desk: Desk,
    id: str,
    department: str,
    limit_days: int,
    handler: str | None = None,
    handler_name: str | None = None,
    requirement: str | None = None,
) -> None:
    """交办."""
    args = {
        "department": department,
        "limit_days": limit_days,
        "handler": handler,
        "handler_name": handler_name,
        "requirement": requirement,
    }
    _move(desk, id, "issue.assign", {name: value for name, value in args.items() if value is not None})


def send_back(desk: Desk, id: str, reason: str) -> None:
    """退回补正."""
    _move(desk, id, "issue.return", {"reason": reason})


def resubmit(desk: Desk, id: str, title: str, description: str, expectation: str) -> None:
    """补正后上报."""
    args = {"title": title, "description": description, "expectation": expectation}
    _move(desk, id, "issue.resubmit", {name: value for name, value in args.items() if value})


def _move(desk: Desk, id: str, name: str, args: dict[str, Any]) -> None:
    document = desk.store.get(Issue.kind, id)
    if document is None:
        raise KnownError("not_held", "这件诉求的资料还没有取到本机。请先点「取资料」，同步后再办。")
    desk.make(desk.change(name, document.bucket, Issue.kind, id, args))
