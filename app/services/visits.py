"""Visits: open one, fill its form, keep the draft, finish it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain import buckets
from app.domain.changes.visits import record_digest
from app.domain.clock import from_text, to_text
from app.domain.documents import same_value
from app.domain.enterprise import Enterprise
from app.domain.ids import new_id
from app.domain.issue import ENDED, ISSUE_STATE_NAMES, Issue
from app.domain.visit import VISIT_STATE_NAMES, Record, Visit, VisitState
from app.errors import KnownError
from app.services import words
from app.services.desk import Desk
from app.services.forms import VISIT_FORM, VISIT_FORMS, form_of, latest
from app.store.drafts import draft, drafts, drop_draft
from app.store.drafts import save_draft as keep_draft
from app.store.outbox import pending
from forms.definition import Form, Question
from forms.filling import Entity, Filling

Rows = Mapping[str, Sequence[Mapping[str, str]]]
Typed = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One row of the list of visits."""

    id: str
    number: str
    enterprise: str
    enterprise_name: str
    day: str
    officer_name: str
    state: VisitState
    state_word: str
    issues: int
    mine: bool


@dataclass(frozen=True, slots=True)
class OpenFilling:
    """A visit's form, ready to be filled: `previous` are last visit's answers to questions worth taking over."""

    visit: Visit
    form: Form
    filling: Filling
    tables: Rows
    previous: Mapping[str, Any]
    section: str
    saved_at: datetime | None
    typed: Typed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Submitted:
    """What finishing a visit made."""

    visit: Visit
    issues: tuple[Issue, ...]


class Incomplete(KnownError):
    """The form is not complete; `paths` are the questions to look at, in order."""

    def __init__(self, paths: Sequence[str], text: str) -> None:
        super().__init__("incomplete", text)
        self.paths = tuple(paths)


def listing(desk: Desk) -> list[VisitLine]:
    """Every visit on this laptop, the newest first; cancelled ones left out."""
    person = desk.signed_in().person
    visits = [Visit.of(document) for document in desk.store.of_kind(Visit.kind)]
    visits.sort(key=lambda visit: visit.started_at, reverse=True)
    return [
        VisitLine(
            id=visit.id,
            number=visit.number,
            enterprise=visit.enterprise,
            enterprise_name=visit.enterprise_name,
            day=visit.day,
            officer_name=visit.people,
            state=visit.state,
            state_word=VISIT_STATE_NAMES[visit.state],
            issues=len(visit.issues),
            mine=visit.officer == person,
        )
        for visit in visits
        if visit.state is not VisitState.CANCELLED
    ]


def visit_of(desk: Desk, id: str) -> Visit:
    """KnownError where the visit is not on this laptop."""
    document = desk.store.get(Visit.kind, id)
    if document is None:
        raise KnownError("not_held", "这次走访不在本机，可能已经移交给别人。请同步后再看。")
    return Visit.of(document)


def open_visit_of(desk: Desk, enterprise: str) -> Visit | None:
    """This person's unfinished visit to an enterprise."""
    person = desk.signed_in().person
    for document in desk.store.of_kind(Visit.kind, buckets.of_enterprise(enterprise)):
        visit = Visit.of(document)
        if visit.state is VisitState.OPEN and visit.officer == person:
            return visit
    return None


def start_visit(desk: Desk, enterprise: str, form_id: str = VISIT_FORM) -> Visit:
    """Open a visit with the newest version of a visit form; an unfinished one of the same enterprise is gone on with."""
    standing = open_visit_of(desk, enterprise)
    if standing is not None:
        return standing
    form = latest(desk, form_id)
    (number,) = desk.local_numbers("visit", "V")
    id = new_id()
    args = {
        "enterprise": enterprise,
        "form_id": form.form_id,
        "form_version": form.version,
        "local_number": number,
    }
    desk.make(desk.change("visit.start", buckets.of_enterprise(enterprise), Visit.kind, id, args))
    return visit_of(desk, id)


def cancel_visit(desk: Desk, id: str) -> None:
    """作废: the visit was opened by mistake. Its draft stays until the centre has confirmed that (`tidy_drafts`)."""
    visit = visit_of(desk, id)
    desk.make(desk.change("visit.cancel", buckets.of_enterprise(visit.enterprise), Visit.kind, id, {}))


def open_filling(desk: Desk, id: str) -> OpenFilling:
    """The form with its draft, or fresh. The tables it looks things up in are those of when it was first opened."""
    visit = visit_of(desk, id)
    if visit.state is not VisitState.OPEN:
        raise KnownError("visit_state", "这次走访已经完成，内容不能再改。可以查看或打印走访记录。")
    form = form_of(desk, visit.form_id, visit.form_version)
    metadata = _metadata(desk)
    kept = draft(desk.store, id)
    if kept is None:
        tables = tables_for(desk, visit.enterprise, visit)
        filling = Filling(form, now=desk.clock, instances=tables, metadata=metadata)
        return OpenFilling(visit, form, filling, tables, previous_answers(desk, visit, form), "", None)
    state = kept.state
    filling = Filling.restore(
        form, state["filling"], now=desk.clock, instances=state["tables"], metadata=metadata
    )
    previous = previous_answers(desk, visit, form)
    saved_at = from_text(kept.saved_at)
    typed = {path: (text, message) for path, (text, message) in state.get("typed", {}).items()}
    return OpenFilling(visit, form, filling, state["tables"], previous, state["section"], saved_at, typed)


def save_draft(
    desk: Desk, id: str, saved: Mapping[str, Any], tables: Rows, section: str = "", typed: Typed | None = None
) -> datetime:
    """Keep a filling (`Filling.save()` and the tables it was opened with) in the store; returns when it was.

    `typed`: path → (text, message) of what was typed where it cannot be an answer: no word is lost, right or wrong.
    """
    moment = desk.clock()
    visit = visit_of(desk, id)
    keep_draft(
        desk.store,
        id,
        f"{visit.form_id}@{visit.form_version}",
        draft_state(saved, tables, section, typed),
        to_text(moment),
    )
    return moment


def draft_state(saved: Mapping[str, Any], tables: Rows, section: str, typed: Typed | None) -> dict[str, Any]:
    """What is kept of a filling: as plain values, enough to go on with it on another laptop."""
    return {
        "filling": dict(saved),
        "tables": {name: list(rows) for name, rows in tables.items()},
        "section": section,
        "typed": {path: list(pair) for path, pair in (typed or {}).items()},
    }


def submit_visit(desk: Desk, id: str, filling: Filling) -> Submitted:
    """完成: record, issues and profile go into the queue together, whole or not at all.

    Raises Incomplete where required answers are missing or wrong; nothing is altered then. The draft stays until the
    centre has confirmed the visit: were it refused, the visit is open again and the draft is offered as it was.
    """
    visit = visit_of(desk, id)
    finished = filling.finish()
    if not finished.complete:
        wrong = [problem.path for problem in finished.problems if problem.path]
        paths = list(dict.fromkeys([*finished.required_missing, *wrong]))
        raise Incomplete(paths, f"还有 {len(paths)} 处没有填好，填好后再完成。")
    found = [entity for entity in finished.entities if entity.dataset == "issue" and entity.create]
    numbers = desk.local_numbers("issue", "I", len(found)) if found else ()
    args = {
        "record": new_id(),
        "values": dict(finished.values),
        "digest": record_digest(visit.form_id, visit.form_version, dict(finished.values)),
        **_as_read(filling),
        "issues": [_issue_args(entity, number) for entity, number in zip(found, numbers, strict=True)],
    }
    bucket = buckets.of_enterprise(visit.enterprise)
    made = [desk.change("visit.submit", bucket, Visit.kind, id, args)]
    for entity in finished.entities:
        if entity.dataset == "enterprise" and entity.update:
            made += _profile_change(desk, visit.enterprise, entity)
    desk.make(*made)
    visit = visit_of(desk, id)
    issues = [desk.store.get(Issue.kind, issue) for issue in visit.issues]
    return Submitted(visit, tuple(Issue.of(document) for document in issues if document is not None))


def tidy_drafts(desk: Desk) -> int:
    """Let go of drafts whose visit has ended and is confirmed by the centre; returns how many. For after a sync."""
    waiting = {row.change.doc for row in pending(desk.store)}
    gone = 0
    for kept in drafts(desk.store):
        document = desk.store.get(Visit.kind, kept.visit)
        if document is None or (Visit.kind, kept.visit) in waiting:
            continue
        if Visit.of(document).state is not VisitState.OPEN:
            drop_draft(desk.store, kept.visit)
            gone += 1
    return gone


def _as_read(filling: Filling) -> dict[str, dict[str, str]]:
    """What a person read that the definition alone cannot tell later: choices from tables, labels with names in them."""
    shown: dict[str, str] = {}
    labels: dict[str, str] = {}
    for path in filling.walk():
        node = filling.node(path)
        question = node.item
        if not isinstance(question, Question) or not node.relevant or question.print == "hidden":
            continue
        if "${" in question.label:
            labels[path] = node.label
        if question.type.endswith("_from_file") and node.value:
            chosen = node.value if isinstance(node.value, tuple) else (node.value,)
            shown[path] = "、".join(choice.label for choice in node.choices if choice.name in chosen)
    return {"shown": shown, "labels": labels}


def _issue_args(entity: Entity, number: str) -> dict[str, Any]:
    properties = dict(entity.properties)
    return {
        "id": new_id(),
        "local_number": number,
        "title": properties.get("title") or entity.label,
        "category": properties.get("category", ""),
        "subcategory": properties.get("subcategory") or None,
        "description": properties.get("description") or None,
        "expectation": properties.get("expectation") or None,
        "urgency": properties.get("urgency") or None,
        "solved_on_spot": properties.get("solved_on_spot") == "yes",
        "solution": properties.get("solution") or None,
    }


_PROFILE = {"employees": ("employees", int), "status": ("production_status", str)}
"""Property of the form's enterprise entity → field of the profile and how its text is read."""


def _profile_change(desk: Desk, enterprise: str, entity: Entity) -> list[Any]:
    """What the form says of the profile, as a field edit, so that two people's edits merge by field."""
    document = desk.store.get(Enterprise.kind, enterprise)
    if document is None:
        return []
    fields: dict[str, list[Any]] = {}
    for name, (column, read) in _PROFILE.items():
        text = entity.properties.get(name)
        if text in (None, ""):
            continue
        value = read(str(text))
        if not same_value(document.body.get(column), value):
            fields[column] = [document.body.get(column), value]
    if not fields:
        return []
    return [
        desk.change(
            "patch", buckets.of_enterprise(enterprise), Enterprise.kind, enterprise, {"fields": fields}
        )
    ]


def _metadata(desk: Desk) -> dict[str, str]:
    session = desk.signed_in()
    return {"username": session.name, "deviceid": session.device}


def tables_for(desk: Desk, enterprise: str, visit: Visit | None) -> dict[str, list[dict[str, str]]]:
    """The tables the visit form looks things up in (csv-external), by name; every value is text."""
    document = desk.store.get(Enterprise.kind, enterprise)
    if document is None:
        raise KnownError("not_held", "这家企业的资料不在本机，请同步后再打开。")
    profile = Enterprise.of(document)
    body = document.body
    return {
        "enterprise": [
            {
                "name": profile.name,
                "id": profile.id,
                "credit_code": profile.credit_code,
                "address": profile.address or "",
                "industry": profile.industry or "",
                "scale": str(body.get("scale", "")),
                "employees": "" if profile.employees is None else str(profile.employees),
                "revenue_last": str(body.get("revenue_last_year", "")),
                "is_above_scale": {True: "yes", False: "no"}.get(body.get("is_above_scale", ""), ""),
                "project_count": str(body.get("project_count", "0")),
                "blacklist_status": str(body.get("blacklist_status", "")),
            }
        ],
        "visit": [
            {
                "number": visit.number if visit else "",
                "officer": visit.officer_name if visit else desk.signed_in().name,
            }
        ],
        "open_issues": [
            {
                "name": issue.number,
                "id": issue.id,
                "number": issue.number,
                "title": issue.title,
                "state": ISSUE_STATE_NAMES[issue.state],
                "department": issue.department_name or "",
                "due": words.day_of_text(issue.due_at[:10]) if issue.due_at else "",
            }
            for issue in open_issues(desk, enterprise)
        ],
        "seats": [
            {
                "name": str(seat["id"]),
                "seat": str(seat["id"]),
                "label": str(seat["name"]),
                "person": seat_person(profile, str(seat["id"])),
            }
            for seat in desk.dictionary("seats")
        ],
        "policies": [
            {
                "name": str(policy["id"]),
                "id": str(policy["id"]),
                "title": str(policy["title"]),
                "document_number": str(policy.get("document_number", "")),
                "review_number": str(policy.get("review_number", "")),
            }
            for policy in desk.dictionary("policies")
        ],
        "products": [
            {
                "name": str(product["id"]),
                "id": str(product["id"]),
                "label": str(product["label"]),
                "kind": str(product.get("kind", "")),
            }
            for product in desk.dictionary("products")
        ],
    }


def seat_person(profile: Enterprise, seat: str) -> str:
    """Who holds one of the five seats (五位一体); the service officer's seat follows from the assignment."""
    kept = (profile.model_extra or {}).get("seats") or {}
    if seat == "service_officer":
        return str(kept.get(seat) or profile.officer_name or "")
    return str(kept.get(seat) or "")


def open_issues(desk: Desk, enterprise: str) -> list[Issue]:
    """The issues of an enterprise that are not ended, the oldest first."""
    issues = [
        Issue.of(document) for document in desk.store.of_kind(Issue.kind, buckets.of_enterprise(enterprise))
    ]
    return sorted((issue for issue in issues if issue.state not in ENDED), key=lambda issue: issue.raised_at)


def last_record(desk: Desk, enterprise: str, before: str | None = None) -> tuple[Visit, Record] | None:
    """The last finished visit of an enterprise and its record; `before` is a visit id to leave out."""
    bucket = buckets.of_enterprise(enterprise)
    finished = [Visit.of(document) for document in desk.store.of_kind(Visit.kind, bucket)]
    finished = [visit for visit in finished if visit.state is VisitState.SUBMITTED and visit.id != before]
    for visit in sorted(finished, key=lambda visit: visit.started_at, reverse=True):
        document = desk.store.get(Record.kind, visit.record) if visit.record else None
        if document is not None:
            return visit, Record.of(document)
    return None


def previous_answers(desk: Desk, visit: Visit, form: Form) -> dict[str, Any]:
    """Path → last visit's answer, for the questions marked `carry`. Of the same form, whole or quick."""
    last = last_record(desk, visit.enterprise, before=visit.id)
    if last is None:
        return {}
    both = {last[1].form_id, form.form_id}
    if len(both) > 1 and not both <= VISIT_FORMS:
        return {}
    carried = {question.path for question in form.questions if question.carry}
    return {path: value for path, value in last[1].values.items() if path in carried}
