"""Any sequence of moves by anybody, at any time, keeps what must always hold of an issue."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.changes import Refusal
from app.domain.changes.issue_trail import rebuild
from app.domain.clock import beijing_date, from_text
from app.domain.issue import IssueState
from app.domain.issue_clock import used_days
from app.domain.issue_moves import TRANSITIONS
from app.domain.work_calendar import WorkCalendar
from tests.support.issue_world import ACTORS, ARGS, IssueWorld

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
HUMAN = sorted(name for name, row in TRANSITIONS.items() if row.roles != {*ACTORS["admin"].roles})

steps = st.one_of(
    st.tuples(
        st.just("act"),
        st.sampled_from(HUMAN),
        st.sampled_from(sorted(set(ACTORS) - {"admin"})),
        st.integers(0, 3),
    ),
    st.tuples(st.just("wait"), st.integers(0, 9), st.integers(0, 12), st.just(0)),
    st.tuples(st.just("willing"), st.integers(0, 60), st.integers(0, 60), st.just(0)),
    st.tuples(st.just("center"), st.just(0), st.just(0), st.just(0)),
)


def act(world: IssueWorld, who: str, name: str, variant: int) -> bool:
    args = {**ARGS[name], **[{}, *VARIANTS.get(name, [])][variant % (1 + len(VARIANTS.get(name, [])))]}
    if name == "issue.suspend":
        args["review_on"] = date.fromordinal(beijing_date(world.now).toordinal() + 20).isoformat()
    if name == "issue.object":
        args["suggested_department"] = "housing"
    try:
        world.do(who, name, **args)
    except Refusal:
        return False
    return True


def willing(world: IssueWorld, first: int, second: int) -> None:
    """Somebody does something that may be done now, so that histories get far."""
    possible = [
        (who, name)
        for name, row in sorted(TRANSITIONS.items())
        if world.issue.state in row.sources
        for who, actor in ACTORS.items()
        if actor.roles & row.roles and who != "admin"
    ]
    for offset in range(len(possible)):
        who, name = possible[(first + offset) % len(possible)]
        if act(world, who, name, second):
            return


def check(world: IssueWorld) -> None:
    issue = world.issue
    trail = world.trail()
    assert rebuild(trail) == world.body(), "the trail alone rebuilds the issue"
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


@settings(max_examples=150, deadline=None)
@given(st.lists(steps, max_size=25))
def test_whatever_people_do(history: list[tuple[Any, ...]]) -> None:
    world = IssueWorld.reported()
    level = world.issue.level or 1
    for kind, one, two, three in history:
        lowered = False
        if kind == "act":
            lowered = act(world, two, one, three) and one == "issue.lower"
        elif kind == "wait":
            world.later(days=one, hours=two)
        elif kind == "willing":
            willing(world, one, two)
            lowered = world.trail()[-1].action == "issue.lower"
        else:
            world.run_center()
            assert world.run_center() == []
        check(world)
        if not lowered and world.issue.accepted_at:
            assert (world.issue.level or 1) >= level or any(
                event.action in ("issue.lower", "issue.accept") for event in world.trail()
            )
        level = world.issue.level or 1
