"""What must hold of an issue after any history, and the arguments with which histories are made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from app.domain.changes.issue_trail import rebuild
from app.domain.clock import beijing_date, from_text
from app.domain.documents import Body
from app.domain.issue import Issue, IssueEvent, IssueState
from app.domain.issue_clock import used_days
from app.domain.work_calendar import WorkCalendar
from tests.support.issue_world import ARGS

CALENDAR = WorkCalendar()
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "issue.assign": [{"department": "finance"}, {"joint": ["housing"]}, {"limit_days": 3}],
    "issue.revisit": [
        {"satisfaction": "very_dissatisfied", "dissatisfaction": ["result"]},
        {"solved": "unsolved"},
    ],
    "issue.answer": [{"result": "unable", "unresolved_reason": "等上级政策"}],
    "issue.supervise": [{"level": "red", "cause": "overdue"}],
}


def arguments(name: str, variant: int, now: datetime) -> dict[str, Any]:
    """Arguments with which a move goes through on that day, where nothing else stands in the way."""
    variants = [{}, *VARIANTS.get(name, [])]
    args = {**ARGS[name], **variants[variant % len(variants)]}
    if name == "issue.suspend":
        args["review_on"] = date.fromordinal(beijing_date(now).toordinal() + 20).isoformat()
    if name == "issue.object":
        args["suggested_department"] = "housing"
    return args


def check(body: Body, trail: Sequence[IssueEvent]) -> None:
    """Hold an issue and its trail, in order, to what no sequence of moves may break (domain.md §7.2)."""
    issue = Issue.model_validate(body)
    assert rebuild(trail) == body, "the trail alone rebuilds the issue"
    assert [event.order for event in trail] == list(range(1, len(trail) + 1))
    for before, after in pairwise(trail):
        assert after.from_state is before.to_state
    if issue.state in (IssueState.CLOSED, IssueState.ARCHIVED):
        assert issue.revisited_at is not None or len({contact.day for contact in issue.contacts}) >= 3
        assert any(event.to_state is IssueState.TO_REVISIT for event in trail)
    if issue.state in (IssueState.ASSIGNED, IssueState.IN_WORK, IssueState.EXTENSION, IssueState.SUSPENDED):
        assert issue.department is not None, "one main handler"
        assert issue.department not in issue.joint
    assert sum(stop.until is None for stop in issue.stops) == (issue.state is IssueState.SUSPENDED)
    if issue.due_at and issue.clock_from and issue.limit_days and issue.state is not IssueState.SUSPENDED:
        due = beijing_date(from_text(issue.due_at))
        assert used_days(issue, CALENDAR, due) == issue.limit_days + issue.extension_days, "clocks add up"
    assert issue.extensions <= 1
    assert issue.objections <= 2
    assert 1 <= (issue.level or 1) <= 4
    shown = {issue.department, *issue.joint, *issue.whistled} - {None}
    assert set(issue.shown_to) == shown
    assert all(set(event.shown_to) == shown for event in trail), "who has the issue has its trail"
