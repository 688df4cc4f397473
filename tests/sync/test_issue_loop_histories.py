"""Any sequence of what people may do with issues, on seven laptops in any order of syncs, keeps what must always hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.issue_loop import PEOPLE, E, Ground, Loop

STEPS = 24
Step = tuple[str, tuple[Any, ...]]

WEIGHTS = {
    "willing": 14, "onward": 14, "act": 10, "raise_": 3, "forge": 4, "take_over": 2, "open_enterprises": 1,
    "wait": 6, "watch": 5, "reassign": 3, "sync": 8, "pull": 2, "push": 2,
}  # fmt: skip
KINDS = [kind for kind, weight in WEIGHTS.items() for _ in range(weight)]
"""The bias: issues that get somewhere, some people who act on what they saw a while ago, time that passes."""

drawn = st.tuples(
    st.sampled_from(KINDS),
    st.sampled_from(range(len(PEOPLE))),
    st.sampled_from((0, 0, 0, 1, 1, 2, 3, 4, 5)),
    st.sampled_from(range(240)),
)


def step_of(kind: str, who: int, which: int, n: int) -> Step:
    """What is drawn as a call with plain numbers, that runs as it is printed."""
    enterprise = which % len(E)
    return kind, {
        "willing": (which, n),
        "onward": (which, n),
        "act": (who, which, n, which % 2 == 0),
        "raise_": ((0, 1, 4)[who % 3], enterprise, n),
        "forge": (who, which, n),
        "take_over": ((0, 1, 4)[who % 3], which),
        "open_enterprises": (3 + who % 4, n),
        "wait": (which, n % 12),
        "watch": (),
        "reassign": (enterprise, n % 2, n // 2),
    }.get(kind, (who,))


histories = st.lists(drawn, min_size=STEPS, max_size=STEPS).map(lambda many: [step_of(*one) for one in many])


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    made = Ground()
    yield made
    made.close()


def play(ground: Ground, history: list[Step]) -> Loop:
    """Raises what goes wrong. The laptops are closed; what was met is in the Loop."""
    with Loop(ground) as loop:
        for name, numbers in history:
            getattr(loop, name)(*numbers)
        loop.settle()
    return loop


@settings(max_examples=15, database=None)
@given(history=histories)
def test_whatever_people_do_with_issues(ground: Ground, history: list[Step]) -> None:
    play(ground, history)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(max_examples=500, database=None)
@given(history=histories)
def test_whatever_people_do_with_issues_more_often(ground: Ground, history: list[Step]) -> None:
    play(ground, history)
