"""Random histories: whatever people, networks and power switches do, nothing is lost and all agree in the end."""

from __future__ import annotations

import os

import pytest

from tests.sync.machine import world
from tests.sync.machine.__main__ import portion
from tests.sync.machine.kept import FOUND
from tests.sync.machine.smaller import replay

PORTIONS = 50 if os.environ.get("ZHUQITONG_HYPOTHESIS") == "long" else 5


@pytest.mark.parametrize("name", FOUND)
def test_what_once_went_wrong_is_fine(ground: world.Ground, name: str) -> None:
    assert replay(FOUND[name]) is None


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(PORTIONS))
def test_a_hundred_histories(ground: world.Ground, seed: int) -> None:
    found = portion(100, seed)
    assert found is None, f"\n{found}"
