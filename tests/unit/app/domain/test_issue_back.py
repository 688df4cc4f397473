"""撤回这一步: each move that may be taken back leaves the issue as it was, and the trail tells both."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.changes import Refusal
from app.domain.changes.issue_trail import rebuild
from app.domain.issue import IssueState
from app.domain.issue_moves import TAKEN_BACK, TRANSITIONS
from tests.support.issue_histories import check
from tests.support.issue_world import ACTORS, IssueWorld
from tests.unit.app.domain.test_transitions import world_for

S = IssueState
TRAIL = {"moves", "trail_digest", "last"}


def plain(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in TRAIL}


def in_work() -> IssueWorld:
    world = IssueWorld.reported()
    world.do("coordinator", "issue.accept")
    world.do("coordinator", "issue.assign", joint=["housing"])
    world.do("handler", "issue.sign")
    return world


def refused(world: IssueWorld, who: str, **args: Any) -> str:
    before = world.body()
    with pytest.raises(Refusal) as caught:
        world.do(who, "issue.take_back", **args)
    assert world.body() == before
    return caught.value.code


@pytest.mark.parametrize("action", sorted(TAKEN_BACK))
def test_each_of_them_leaves_the_issue_as_it_was(action: str) -> None:
    for state in TRANSITIONS[action].sources:
        world = world_for(state, action)
        world.moved_by(ACTORS["admin"])
        who = next(
            name
            for name, actor in ACTORS.items()
            if actor.roles & TRANSITIONS[action].roles and name not in ("admin", "other_handler")
        )
        before = world.body()
        world.do(who, action)
        assert len(world.trail()) == 3
        world.do(who, "issue.take_back")
        assert plain(world.body()) == plain(before)
        back, done = world.trail()[-1], world.trail()[-2]
        assert (back.from_state, back.to_state, back.text) == (
            done.to_state,
            state,
            TRANSITIONS[action].word,
        )
        assert rebuild(world.trail()) == world.body(), "nothing of the trail is gone"
        assert refused(world, who) in ("issue_guard", "issue_state"), (
            "what was taken back is not done again by this"
        )


def test_a_department_that_got_it_by_mistake_does_not_see_it_any_more() -> None:
    world = IssueWorld.reported()
    world.do("coordinator", "issue.accept")
    world.do("coordinator", "issue.assign", department="finance")
    assert world.issue.shown_to == ["finance"]
    world.do("coordinator", "issue.take_back")
    assert (world.issue.state, world.issue.shown_to, world.issue.department) == (S.ACCEPTED, [], None)
    assert all(event.shown_to == [] for event in world.trail())
    world.do("coordinator", "issue.assign")
    check(world.body(), world.trail())


def test_only_who_did_it_and_only_while_nobody_went_on() -> None:
    world = in_work()
    event = world.issue.last.event  # type: ignore[union-attr]
    assert refused(world, "coordinator") == "issue_guard"
    assert refused(world, "other_handler") == "issue_guard"
    world.do("officer", "issue.progress")
    assert refused(world, "handler", event=event) == "issue_guard"
    own = world.issue.last.event  # type: ignore[union-attr]
    world.do("officer", "issue.progress")
    assert refused(world, "officer", event=own) == "acted_after", "another of his own moves is not meant"


def test_ten_minutes_and_no_longer() -> None:
    world = in_work()
    world.later(hours=1)
    assert refused(world, "handler") == "late"
    world = in_work()
    world.now = world.now.replace(minute=10)
    world.do("handler", "issue.take_back")
    assert (world.issue.state, world.issue.handler) == (S.ASSIGNED, None)


def test_what_is_out_of_the_house_stays_done() -> None:
    """The word of the enterprise, notices, sheets, whistles, and whatever the centre did."""
    world = in_work()
    world.do("coordinator", "issue.supervise")
    assert refused(world, "coordinator") == "issue_guard"
    world.do("officer", "issue.whistle")
    assert refused(world, "officer") == "issue_guard"
    world.do("handler", "issue.answer")
    world.do("coordinator", "issue.verify")
    world.do("revisitor", "issue.revisit")
    assert refused(world, "revisitor") == "issue_guard"
    assert world.issue.state is S.CLOSED
    other = IssueWorld.reported()
    assert refused(other, "officer") == "issue_guard", "it was reported: 企业撤回 is the way"
    other.do("coordinator", "issue.refuse")
    assert refused(other, "coordinator") == "issue_state"


def test_what_a_meeting_assigned_is_the_meetings() -> None:
    world = IssueWorld.reported()
    world.do("coordinator", "issue.accept")
    world.do("coordinator", "issue.assign", meeting="m")
    assert refused(world, "coordinator") == "meeting"


def test_without_its_whole_trail_nothing_is_guessed() -> None:
    world = in_work()
    del world.papers.bodies["issue_event", world.trail()[1].id]
    assert refused(world, "handler") == "trail"
