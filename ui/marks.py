"""What lights, states and due dates look like: the tone and word of their pills."""

from __future__ import annotations

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
