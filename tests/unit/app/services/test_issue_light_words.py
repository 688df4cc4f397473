"""What stands in an issue's pill goes with its colour: green never says 逾期."""

from __future__ import annotations

import pytest

from app.domain.issue import ENDED, ISSUE_STATE_NAMES, IssueState, Light, light_of
from app.services.issues_listing import _light_word


@pytest.mark.parametrize("left", [-9, -1, 0, 1, 12, None])
@pytest.mark.parametrize("state", list(IssueState))
def test_overdue_is_said_in_red_alone(state: IssueState, left: int | None) -> None:
    light = light_of(state, 10, left)
    word = _light_word(state, light, left)
    assert ("逾期" in word) == (light is Light.RED)
    if state in ENDED or ((left or 0) < 0 and light is not Light.RED):
        assert word == ISSUE_STATE_NAMES[state]
