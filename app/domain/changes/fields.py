"""Field edits: `put` makes a document, `patch` alters fields, each field as [from, to].

Merging is by value: the present value is `from` → set; it is `to` already → nothing to do; else a conflict for that
field alone. Different fields never conflict (sync/README.md, Changes).
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from app.domain import buckets
from app.domain.changes.base import (
    Change,
    Context,
    FieldConflict,
    Outcome,
    Refusal,
    Write,
    change_function,
    need,
)
from app.domain.changes.enterprises import not_taken
from app.domain.documents import DocumentModel, Documents, clean, same_value
from app.domain.enterprise import Enterprise
from app.domain.enterprise_parts import PARTS
from app.domain.issue import Issue
from app.domain.meeting import EDITABLE_FIELDS, Meeting, edit_problem
from app.domain.people import Person, Role
from app.domain.project import EDITABLE_FIELDS as PROJECT_FIELDS
from app.domain.project import Project
from app.domain.visit import Attachment

Fields = TypeAdapter(dict[str, tuple[Any, Any]])

_OWN_HAND = {
    *("id", "officer_name", "people", "last_visit_on", "former_code", "unconfirmed"),
    *("entered_by", "entered_by_name", "maybe_same", "merged", "merging_into"),
}
"""Of an enterprise: what follows from other changes."""
EDITABLE: dict[str, tuple[type[DocumentModel], frozenset[str], frozenset[Role]]] = {
    Enterprise.kind: (
        Enterprise,
        frozenset(Enterprise.model_fields) - _OWN_HAND,
        frozenset({Role.OFFICER, Role.COORDINATOR, Role.ADMIN}),
    ),
    Attachment.kind: (
        Attachment,
        frozenset({"caption"}),
        frozenset({Role.OFFICER, Role.COORDINATOR, Role.HANDLER}),
    ),
    **{
        part.kind: (
            part,
            frozenset(part.model_fields) - {"id", "enterprise", "seat"},
            frozenset({Role.OFFICER, Role.COORDINATOR, Role.ADMIN}),
        )
        for part in PARTS
    },
    Person.kind: (Person, frozenset({"name", "roles", "department", "active"}), frozenset({Role.ADMIN})),
    Meeting.kind: (Meeting, EDITABLE_FIELDS, frozenset({Role.COORDINATOR})),
    Project.kind: (Project, PROJECT_FIELDS, frozenset({Role.OFFICER, Role.COORDINATOR})),
}
"""Kind → its model, the fields a person may alter once it exists, and who may make or alter it by hand."""

_MAKERS = {
    Enterprise.kind: frozenset({Role.ADMIN, Role.COORDINATOR}),
    # Planned by `meeting.plan` alone.
    Meeting.kind: frozenset[Role](),
    # Registered by `project.open` alone.
    Project.kind: frozenset[Role](),
}
_SERVER_ONLY = {Attachment.kind: ("stored_at", "shown_to")}
_ALL = tuple(Role)


@change_function("put", *_ALL)
def put(documents: Documents, change: Change, context: Context) -> Outcome:
    """Make a document: args.fields maps each field to [null, value]."""
    kind, id = change.doc
    model, _, roles = _editable(kind)
    _allowed(context, _MAKERS.get(kind, roles))
    fields = Fields.validate_python(change.args.get("fields"))
    body = clean({name: to for name, (_, to) in fields.items()})
    if body.get("id") != id:
        raise Refusal("malformed", "记录的编号前后不一致，请重试；仍不行请联系管理员。", field="id")
    if any(body.get(name) for name in _SERVER_ONLY.get(kind, ())):
        raise Refusal("not_editable", "这一项由中心填写，不能手工改。")
    made = model.model_validate(body).to_body()
    existing = documents.get(kind, id)
    if existing is not None:
        if same_value(existing.body, made):
            return Outcome()
        raise Refusal("exists", "这条记录已经存在，请打开它再改。", kind=kind, id=id)
    _check_home(kind, id, body, change)
    if kind == Enterprise.kind:
        not_taken(id, str(made["credit_code"]), context)
    if kind == Attachment.kind:
        made = {**made, **_with_issue(documents, body, context)}
    return Outcome((Write(kind, id, made),))


def _with_issue(documents: Documents, body: dict[str, Any], context: Context) -> dict[str, Any]:
    """Evidence of an issue is shown to whom the issue is shown; a handler adds to what his department has."""
    if body.get("issue") is None:
        if context.actor.roles == {Role.HANDLER}:
            raise Refusal("role", "承办部门只能给交给本部门的诉求添附件。", field="issue")
        return {}
    issue = Issue.of(need(documents, Issue.kind, str(body["issue"])))
    if issue.enterprise != body.get("enterprise"):
        raise Refusal("wrong_bucket", "记录和它的归属对不上，请重试；仍不行请联系管理员。")
    if context.actor.roles == {Role.HANDLER} and context.actor.department not in issue.shown_to:
        raise Refusal("role", "承办部门只能给交给本部门的诉求添附件。", field="issue")
    return {"shown_to": list(issue.shown_to)} if issue.shown_to else {}


@change_function("patch", *_ALL)
def patch(documents: Documents, change: Change, context: Context) -> Outcome:
    """Alter fields: args.fields maps each field to [from, to]."""
    kind, id = change.doc
    model, editable, roles = _editable(kind)
    _allowed(context, roles)
    fields = Fields.validate_python(change.args.get("fields"))
    document = need(documents, kind, id)
    why_not = edit_problem(document.body, fields) if kind == Meeting.kind else None
    if why_not is not None:
        raise Refusal("meeting_state", why_not)
    body = dict(document.body)
    conflicts: list[FieldConflict] = []
    for name, (old, new) in fields.items():
        if name not in editable:
            raise Refusal("not_editable", "这一项不能手工改。", field=name)
        current = body.get(name)
        if same_value(current, new):
            continue
        if same_value(current, old):
            body[name] = clean(new)
        else:
            conflicts.append(FieldConflict(kind, id, name, old, current, clean(new)))
    if kind == Enterprise.kind and not same_value(body.get("credit_code"), document.body.get("credit_code")):
        not_taken(id, str(body.get("credit_code")), context)
    # A number sent as text becomes a number; fields nobody spoke of stay as they are, without the model's defaults.
    typed = model.model_validate(body).to_body()
    altered = clean({**body, **{name: typed.get(name) for name in fields}})
    writes = () if same_value(altered, document.body) else (Write(kind, id, altered),)
    return Outcome(writes, tuple(conflicts))


def _editable(kind: str) -> tuple[type[DocumentModel], frozenset[str], frozenset[Role]]:
    try:
        return EDITABLE[kind]
    except KeyError:
        raise Refusal("not_editable", "这类记录不能直接改，请用对应的操作。", kind=kind) from None


def _allowed(context: Context, roles: frozenset[Role]) -> None:
    if not context.actor.roles & roles:
        raise Refusal("role", "您的角色不能做这个操作。如确有需要，请联系协调员。")


_AT_ENTERPRISE = frozenset(part.kind for part in PARTS) | {Attachment.kind}


def _check_home(kind: str, id: str, body: dict[str, Any], change: Change) -> None:
    """A document must be made in the bucket it belongs to."""
    if kind == Attachment.kind and buckets.kind_of(change.bucket) == buckets.DEPARTMENT:
        # On a handler's laptop the issue it belongs to stands in his department's bucket (`app.domain.departments`).
        return
    if kind == Attachment.kind and body.get("record") and buckets.kind_of(change.bucket) == buckets.PERSON:
        # Of what somebody writes down about himself (`app.domain.record`).
        return
    if kind == Enterprise.kind:
        home = buckets.of_enterprise(id)
    elif kind in _AT_ENTERPRISE:
        home = buckets.of_enterprise(str(body.get("enterprise")))
    else:
        return
    if home != change.bucket:
        raise Refusal("wrong_bucket", "记录和它的归属对不上，请重试；仍不行请联系管理员。")
