"""Any sequence of moves by anybody, at any time, keeps what must always hold of an issue."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.changes import Refusal
from app.domain.issue_moves import TRANSITIONS
from tests.support.issue_histories import arguments, check
from tests.support.issue_world import ACTORS, IssueWorld

HUMAN = sorted(name for name, row in TRANSITIONS.items() if row.roles != {*ACTORS["admin"].roles})
LOWERING = ("issue.lower", "issue.take_back")

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
    args = arguments(name, variant, world.now)
    if name == "issue.take_back" and variant % 4 < 3:
        # The last move of all; else one that is none.
        args.pop("event")
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


@settings(max_examples=150, deadline=None)
@given(st.lists(steps, max_size=25))
def test_whatever_people_do(history: list[tuple[Any, ...]]) -> None:
    world = IssueWorld.reported()
    level = world.issue.level or 1
    for kind, one, two, three in history:
        lowered = False
        if kind == "act":
            lowered = act(world, two, one, three) and one in LOWERING
        elif kind == "wait":
            world.later(days=one, hours=two)
        elif kind == "willing":
            willing(world, one, two)
            lowered = world.trail()[-1].action in LOWERING
        else:
            world.run_center()
            assert world.run_center() == []
        check(world.body(), world.trail())
        if not lowered and world.issue.accepted_at:
            assert (world.issue.level or 1) >= level or any(
                event.action in (*LOWERING, "issue.accept") for event in world.trail()
            )
        level = world.issue.level or 1
