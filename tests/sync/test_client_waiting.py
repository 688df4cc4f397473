"""How long a laptop waits before it comes again."""

from __future__ import annotations

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from sync.client.waiting import LONGEST_S, SHORTEST_S, wait_after


@given(st.integers(1, 100_000), st.floats(0, 1, exclude_max=True))
def test_full_jitter_between_a_second_and_five_minutes(failures: int, part: float) -> None:
    wait = wait_after(failures, None, lambda: part)
    assert SHORTEST_S <= wait <= min(LONGEST_S, 2.0 ** min(failures, 20))
    assert wait_after(failures + 1, None, lambda: part) >= wait


@given(st.integers(0, 50), st.floats(0, 100_000), st.floats(0, 1))
def test_what_the_centre_asks_for_is_the_least(failures: int, asked: float, part: float) -> None:
    assert asked <= wait_after(failures, asked, lambda: part) <= asked + 1


def test_two_hundred_laptops_spread_over_the_whole_time() -> None:
    jitter = random.Random(1).random
    waits = sorted(wait_after(9, None, jitter) for _ in range(200))
    assert waits[0] < 15
    assert waits[-1] > 285
    assert max(later - sooner for sooner, later in itertools.pairwise(waits)) < 15
    assert wait_after(0, None, jitter) == 0
