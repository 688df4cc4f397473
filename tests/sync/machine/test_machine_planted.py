"""Every planted defect is found: at once by a history that is known to show it, and by chance among few histories."""

from __future__ import annotations

import pytest

from tests.sync.machine import world
from tests.sync.machine.__main__ import portion
from tests.sync.machine.kept import SHOWS
from tests.sync.machine.planted import PLANTED
from tests.sync.machine.smaller import replay

AT_MOST = 5
"""Portions of 200 histories."""


@pytest.mark.parametrize("name", SHOWS)
def test_a_known_history_is_fine_without_the_defect_and_shows_it(
    ground: world.Ground, expects_log_errors: object, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert replay(SHOWS[name]) is None
    PLANTED[name](monkeypatch)
    assert replay(SHOWS[name]) is not None


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", PLANTED)
def test_chance_finds_it(
    ground: world.Ground, expects_log_errors: object, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    PLANTED[name](monkeypatch)
    assert any(portion(200, seed, small=False) for seed in range(AT_MOST)), f"{name} was not found"
