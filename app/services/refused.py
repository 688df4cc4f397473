"""未被接受: what the centre turned down, and 改后重报: the same once more as a new change, put right.

The old change leaves the queue in the transaction in which the new one enters it, and is kept as discarded. What
cannot be asked for in a row is done on the page where it was done first; whatever it is, its words can be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain import buckets
from app.domain.changes import Change, Refusal
from app.domain.changes.fields import EDITABLE
from app.domain.conflict import Conflict, Pick
from app.domain.documents import Key
from app.domain.enterprise import Enterprise
from app.domain.issue import Issue
from app.domain.issue_moves import TRANSITIONS
from app.domain.visit import Attachment, Record, Visit, VisitState
from app.errors import KnownError
from app.services import issues
from app.services.desk import Desk
from app.services.forms import latest
from app.store.drafts import draft
from app.store.outbox import OutboxRow, discard
from app.store.waiting import row_of, turned_down


@dataclass(frozen=True, slots=True)
class FieldsAgain:
    """Fields to be edited anew: `target` is what they are of, `values` what was wanted, `present` what stands there."""

    target: Key
    values: Mapping[str, Any]
    present: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PutAgain:
    """A document to be entered anew: `values` are its fields that a person may alter, `body` is the whole of it."""

    target: Key
    values: Mapping[str, Any]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class IssueAgain:
    """A returned issue to be made good anew, with the words of the change that was turned down."""

    issue: Issue


@dataclass(frozen=True, slots=True)
class ReasonAgain:
    """A move of an issue that needs a reason alone."""

    issue: Issue
    reason: str


@dataclass(frozen=True, slots=True)
class DispatchAgain:
    """受理 (`issue.accept`) or 交办 (`issue.assign`) anew, with what was chosen."""

    issue: Issue
    action: str
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class VisitAgain:
    """A visit that is open again with its draft."""

    visit: str


@dataclass(frozen=True, slots=True)
class StartAgain:
    """A visit that was never opened at the centre: opened anew, with the draft there may be, and filled on."""

    visit: str
    enterprise: str
    form_id: str
    form_version: str
    local_number: str


@dataclass(frozen=True, slots=True)
class PlaceAgain:
    """Everything else: it is done anew on the page where it was done; `place` and `target` as pages are opened by."""

    place: str
    target: str


Again = (
    FieldsAgain | PutAgain | IssueAgain | ReasonAgain | DispatchAgain | VisitAgain | StartAgain | PlaceAgain
)


def again(desk: Desk, row: OutboxRow) -> Again | None:
    """How a refused change can be put right and reported again; None where nothing of it is here (any more) or its
    state leaves nothing to be done."""
    if row.state != "refused":
        return None
    try:
        change = row.change.brought_up()
    except Refusal:
        return None
    if change.name == "patch":
        wanted = {name: pair[1] for name, pair in change.args["fields"].items()}
        return _fields(desk, change.doc, wanted)
    if change.name == "put":
        return _put(desk, change)
    if change.name == "conflict.resolve":
        return _resolved(desk, change)
    if change.doc[0] == Issue.kind and change.name in TRANSITIONS:
        return _issue(desk, change)
    if change.name == "visit.submit":
        return _visit(desk, change)
    if change.name == "visit.start":
        return _start(desk, change.doc[1], change.args)
    return _place(desk, change)


def _fields(desk: Desk, target: Key, wanted: Mapping[str, Any]) -> FieldsAgain | None:
    document = desk.store.get(*target)
    _, editable, roles = EDITABLE.get(target[0], (None, frozenset[str](), frozenset()))
    if document is None or not desk.signed_in().actor.roles & roles or not wanted.keys() <= editable:
        return None
    return FieldsAgain(target, dict(wanted), {name: document.body.get(name) for name in wanted})


def _put(desk: Desk, change: Change) -> Again | None:
    kind, id = change.doc
    body = {name: pair[1] for name, pair in change.args["fields"].items()}
    _, editable, roles = EDITABLE.get(kind, (None, frozenset[str](), frozenset()))
    if not desk.signed_in().actor.roles & roles or change.bucket not in desk.store.held():
        return None
    # A photo's remark is worth a field even where none was written.
    wanted = dict.fromkeys(["caption"] if kind == Attachment.kind else [], None)
    wanted |= {name: value for name, value in body.items() if name in editable}
    if desk.store.get(kind, id) is not None:
        return _fields(desk, change.doc, wanted)
    return PutAgain(change.doc, wanted, body)


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


def _issue(desk: Desk, change: Change) -> Again | None:
    document = desk.store.get(*change.doc)
    if document is None:
        return None
    issue = Issue.of(document)
    if issue.state not in TRANSITIONS[change.name].sources:
        return None
    if change.name == "issue.return":
        return ReasonAgain(issue, str(change.args.get("reason", "")))
    if change.name in ("issue.accept", "issue.assign"):
        return DispatchAgain(issue, change.name, dict(change.args))
    if change.name != "issue.resubmit":
        return PlaceAgain("issues", issue.id)
    for name in ("title", "description", "expectation"):
        if change.args.get(name):
            setattr(issue, name, change.args[name])
    return IssueAgain(issue)


def _visit(desk: Desk, change: Change) -> Again | None:
    kept = draft(desk.store, change.doc[1])
    if kept is None:
        return None
    document = desk.store.get(*change.doc)
    if document is None:
        form_id, _, version = kept.form_key.rpartition("@")
        enterprise = buckets.subject_of(change.bucket)
        args = {"enterprise": enterprise, "form_id": form_id, "form_version": version}
        return _start(desk, change.doc[1], args)
    visit = Visit.of(document)
    own = visit.officer == desk.signed_in().person
    return VisitAgain(visit.id) if own and visit.state is VisitState.OPEN else None


def _start(desk: Desk, visit: str, args: Mapping[str, Any]) -> StartAgain | None:
    enterprise = str(args.get("enterprise", ""))
    if desk.store.get(Enterprise.kind, enterprise) is None or desk.store.get(Visit.kind, visit) is not None:
        return None
    # A draft belongs to its version of the form; without one the newest is begun with.
    kept = draft(desk.store, visit)
    form_id = str(args["form_id"])
    version = kept.form_key.rpartition("@")[2] if kept else _newest(desk, form_id, args)
    return StartAgain(visit, enterprise, form_id, version, str(args.get("local_number", "")))


def _newest(desk: Desk, form_id: str, args: Mapping[str, Any]) -> str:
    try:
        return latest(desk, form_id).version
    except KnownError:
        return str(args["form_version"])


def _place(desk: Desk, change: Change) -> PlaceAgain | None:
    """The page where such a change is made."""
    kind, id = change.doc
    document = desk.store.get(kind, id)
    body = document.body if document is not None else {}
    if kind == Attachment.kind and body.get("visit"):
        kind, id = Visit.kind, str(body["visit"])
    if kind == Visit.kind:
        found = desk.store.get(Visit.kind, id)
        if found is not None and Visit.of(found).state is VisitState.OPEN:
            return PlaceAgain("visits" if change.name == "visit.cancel" else "filling", id)
    elif kind == Issue.kind and document is not None:
        return PlaceAgain("issues", id)
    elif kind == Record.kind:
        kept = draft(desk.store, str(change.args.get("draft") or ""))
        if kept is not None:
            return PlaceAgain("entry_filling", kept.visit)
        if document is not None:
            return PlaceAgain("record", id)
    enterprise = buckets.subject_of(change.bucket)
    if buckets.kind_of(change.bucket) == buckets.ENTERPRISE and desk.store.get(Enterprise.kind, enterprise):
        return PlaceAgain("enterprise", enterprise)
    return None


# ---------------------------------------------------------------- doing it


def resend(desk: Desk, seq: int, values: Mapping[str, Any]) -> None:
    """Report a refused change again with `values`: fields of a document, `reason`, the words of an issue (`title`,
    `description`, `expectation`), or the args of a dispatch. KnownError("not_again") where things have moved on."""
    with desk.store.write():
        row, found = _still(desk, seq)
        match found:
            case FieldsAgain():
                document = desk.store.get(*found.target)
                assert document is not None
                fields = {name: [found.present[name], value] for name, value in values.items()}
                desk.make(desk.change("patch", document.bucket, *found.target, {"fields": fields}))
            case PutAgain():
                body = {**found.body, **values}
                fields = {name: [None, value] for name, value in body.items() if value is not None}
                desk.make(desk.change("put", row.change.bucket, *found.target, {"fields": fields}))
            case IssueAgain():
                issues.resubmit(desk, found.issue.id, **values)
            case ReasonAgain() | DispatchAgain():
                change = row.change
                desk.make(desk.change(change.name, change.bucket, *change.doc, dict(values)))
            case _:
                raise _gone()
        discard(desk.store, seq, desk.context())


def go_on(desk: Desk, seq: int) -> tuple[str, str]:
    """(place, target) of the page where a refused change is put right.

    A visit is taken up again with its draft as it was, and what was refused of it is let go; everything else stays in
    the list until it is given up there.
    """
    with desk.store.write():
        _, found = _still(desk, seq)
        match found:
            case VisitAgain():
                discard(desk.store, seq, desk.context())
                return "filling", found.visit
            case StartAgain():
                _open_anew(desk, found)
                return "filling", found.visit
            case PlaceAgain():
                return found.place, found.target
        raise _gone()


def _open_anew(desk: Desk, found: StartAgain) -> None:
    """The same visit under the same id: its draft and photos are still its own."""
    for row in turned_down(desk.store):
        if row.change.doc == (Visit.kind, found.visit):
            discard(desk.store, row.seq, desk.context())
    number = found.local_number or desk.local_numbers("visit", "V")[0]
    args = {
        "enterprise": found.enterprise,
        "form_id": found.form_id,
        "form_version": found.form_version,
        "local_number": number,
    }
    bucket = buckets.of_enterprise(found.enterprise)
    desk.make(desk.change("visit.start", bucket, Visit.kind, found.visit, args))


def _still(desk: Desk, seq: int) -> tuple[OutboxRow, Again]:
    row = row_of(desk.store, seq)
    found = again(desk, row) if row is not None else None
    if row is None or found is None:
        raise _gone()
    return row, found


def _gone() -> KnownError:
    return KnownError("not_again", "这一项现在不能改后重报，情况已经变了。请刷新后再看，或者放弃。")
