"""未被接受: what the centre turned down, and 改后重报: the same once more as a new change, put right.

The old change leaves the queue in the transaction in which the new one enters it, and is kept as discarded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.changes import Change, Refusal
from app.domain.changes.fields import EDITABLE
from app.domain.conflict import Conflict, Pick
from app.domain.documents import Key
from app.domain.issue import TRANSITIONS, Issue
from app.domain.visit import Visit, VisitState
from app.errors import KnownError
from app.services import issues
from app.services.desk import Desk
from app.store.drafts import draft
from app.store.outbox import OutboxRow, discard, pending


@dataclass(frozen=True, slots=True)
class FieldsAgain:
    """Fields to be edited anew: `target` is what they are of, `values` what was wanted, `present` what stands there."""

    target: Key
    values: Mapping[str, Any]
    present: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class IssueAgain:
    """A returned issue to be made good anew, with the words of the change that was turned down."""

    issue: Issue


@dataclass(frozen=True, slots=True)
class VisitAgain:
    """A visit that is open again with its draft."""

    visit: str


Again = FieldsAgain | IssueAgain | VisitAgain


def again(desk: Desk, row: OutboxRow) -> Again | None:
    """How a refused change can be put right and reported again; None where it cannot."""
    if row.state != "refused":
        return None
    try:
        change = row.change.brought_up()
    except Refusal:
        return None
    if change.name == "patch":
        wanted = {name: pair[1] for name, pair in change.args["fields"].items()}
        return _fields(desk, change.doc, wanted)
    if change.name == "conflict.resolve":
        return _resolved(desk, change)
    if change.name == "issue.resubmit":
        return _issue(desk, change)
    if change.name == "visit.submit":
        return _visit(desk, change)
    return None


def _fields(desk: Desk, target: Key, wanted: Mapping[str, Any]) -> FieldsAgain | None:
    document = desk.store.get(*target)
    _, editable, roles = EDITABLE.get(target[0], (None, frozenset[str](), frozenset()))
    if document is None or not desk.signed_in().actor.roles & roles or not wanted.keys() <= editable:
        return None
    return FieldsAgain(target, dict(wanted), {name: document.body.get(name) for name in wanted})


def _resolved(desk: Desk, change: Change) -> FieldsAgain | None:
    """Somebody else had chosen by then: what was picked here can still be set as an ordinary edit."""
    document = desk.store.get(*change.doc)
    if document is None:
        return None
    conflict = Conflict.of(document)
    wanted = {}
    for name, choice in change.args["choices"].items():
        if name in conflict.fields and choice["pick"] != Pick.THEIRS:
            mine = choice["pick"] == Pick.MINE
            wanted[name] = conflict.fields[name].mine if mine else choice.get("value")
    return _fields(desk, (conflict.target_kind, conflict.target_id), wanted) if wanted else None


def _issue(desk: Desk, change: Change) -> IssueAgain | None:
    document = desk.store.get(*change.doc)
    if document is None:
        return None
    issue = Issue.of(document)
    if issue.state not in TRANSITIONS[change.name].sources:
        return None
    for name in ("title", "description", "expectation"):
        if change.args.get(name):
            setattr(issue, name, change.args[name])
    return IssueAgain(issue)


def _visit(desk: Desk, change: Change) -> VisitAgain | None:
    document = desk.store.get(*change.doc)
    if document is None or draft(desk.store, change.doc[1]) is None:
        return None
    visit = Visit.of(document)
    own = visit.officer == desk.signed_in().person
    return VisitAgain(visit.id) if own and visit.state is VisitState.OPEN else None


def resend_fields(desk: Desk, seq: int, values: Mapping[str, Any]) -> None:
    """Edit the fields anew, from what stands there now to `values`."""
    with desk.store.write():
        found = _still(desk, seq)
        if not isinstance(found, FieldsAgain):
            raise _gone()
        document = desk.store.get(*found.target)
        assert document is not None
        fields = {name: [found.present[name], value] for name, value in values.items()}
        desk.make(desk.change("patch", document.bucket, *found.target, {"fields": fields}))
        discard(desk.store, seq, desk.context())


def resend_issue(desk: Desk, seq: int, title: str, description: str, expectation: str) -> None:
    """补正后上报 anew."""
    with desk.store.write():
        found = _still(desk, seq)
        if not isinstance(found, IssueAgain):
            raise _gone()
        issues.resubmit(desk, found.issue.id, title, description, expectation)
        discard(desk.store, seq, desk.context())


def reopen_visit(desk: Desk, seq: int) -> str:
    """Let go of the refused submission: its draft stands as it was. Gives the visit's id, to be filled on."""
    with desk.store.write():
        found = _still(desk, seq)
        if not isinstance(found, VisitAgain):
            raise _gone()
        discard(desk.store, seq, desk.context())
        return found.visit


def _still(desk: Desk, seq: int) -> Again | None:
    row = next((row for row in pending(desk.store) if row.seq == seq), None)
    return again(desk, row) if row is not None else None


def _gone() -> KnownError:
    return KnownError("not_again", "这一项现在不能改后重报，情况已经变了。请刷新后再看，或者放弃。")
