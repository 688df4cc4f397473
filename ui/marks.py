"""What lights, states and due dates look like: the tone and word of their pills, and whose turn an issue is."""

from __future__ import annotations

from app.domain.issue import IssueState
from app.domain.visit import Due, VisitDue, VisitState
from app.services.issues import IssueLine
from ui.widgets.pill import Mark

_DUE_TONES = {Due.OVERDUE: "red", Due.SOON: "yellow", Due.LATER: "grey", Due.DONE: "green"}
_VISIT_TONES = {VisitState.OPEN: "yellow", VisitState.SUBMITTED: "green", VisitState.CANCELLED: "grey"}


def due_mark(due: VisitDue | None, word: str) -> Mark | None:
    """How urgent a visit is; None where nobody is to go."""
    return Mark(_DUE_TONES[due.due], word) if due is not None else None


def visit_mark(state: VisitState, word: str) -> Mark:
    return Mark(_VISIT_TONES[state], word)


def light_mark(line: IssueLine) -> Mark:
    """An issue's light."""
    return Mark(line.light.value, line.light_word)


_WITH_WHOM = {
    IssueState.DRAFT: "我，待补正",
    IssueState.REPORTED: "协调员",
    IssueState.ACCEPTED: "协调员",
    IssueState.TO_REVISIT: "回访员",
}


def whose_turn(line: IssueLine) -> str:
    """Who has to do the next thing about an issue, as its officer sees it."""
    return _WITH_WHOM.get(line.state) or line.department or "—"
