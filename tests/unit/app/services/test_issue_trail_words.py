"""Every action that can stand in a trail has a word on the page."""

from __future__ import annotations

import pytest

from app.domain.changes.enterprises import MERGE
from app.domain.issue import IssueEvent, IssueState
from app.domain.issue_moves import TRANSITIONS
from app.services.issues_page import _trail_line


@pytest.mark.parametrize("action", [*TRANSITIONS, "issue.report", "issue.solve_on_spot", MERGE])
def test_what_was_done_is_told_in_words(action: str) -> None:
    event = IssueEvent(
        id="v", issue="i", action=action, to_state=IssueState.REPORTED, person="p", person_name="王联络",
        at="2026-11-23T01:00:00.000Z", device="d",
    )  # fmt: skip
    text = _trail_line(event, 1).text
    assert text
    assert not any(letter.isascii() for letter in text), text
