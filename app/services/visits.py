"""Visits: open one, fill its form, keep the draft, finish it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.domain import buckets
from app.domain.changes.visits import record_digest
from app.domain.clock import from_text, to_text
from app.domain.documents import same_value
from app.domain.enterprise import Enterprise
from app.domain.ids import new_id
from app.domain.issue import Issue
from app.domain.visit import METHOD_NAMES, Record, Visit, VisitState
from app.domain.visit_plan import VisitPlan
from app.errors import KnownError
from app.services import visit_forms
from app.services.desk import Desk
from app.services.forms import VISIT_FORM, VISIT_FORMS, form_of, latest
from app.services.visit_forms import State
from app.services.visit_tables import tables_for
from app.store.drafts import draft, drafts, drop_draft
from app.store.drafts import save_draft as keep_draft
from app.store.outbox import pending
from forms.definition import Form, Question

if TYPE_CHECKING:
    from forms.filling import Entity, Filling, Finished

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
    method_word: str = ""
    forms: int = 1
    returned: bool = False


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
    others: Mapping[str, State] = field(default_factory=dict)
    """What there is of the visit's other forms."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What finishing a visit made."""

    visit: Visit
    issues: tuple[Issue, ...]


class Incomplete(KnownError):
    """A form is not complete; `paths` are the questions to look at, in order."""

    def __init__(self, paths: Sequence[str], text: str, form_id: str = "") -> None:
        super().__init__("incomplete", text)
        self.paths = tuple(paths)
        self.form_id = form_id


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
            state_word=visit.state_word,
            issues=len(visit.issues),
            mine=visit.officer == person,
            method_word=method_word(visit.method),
            forms=max(1, len(visit.filed)),
            returned=visit.returned is not None,
        )
        for visit in visits
        if visit.state is not VisitState.CANCELLED
    ]


def method_word(method: str | None) -> str:
    """实地, 电话 …; empty where nobody said."""
    return {str(code): word for code, word in METHOD_NAMES.items()}.get(method or "", method or "")


def visit_of(desk: Desk, id: str) -> Visit:
    """KnownError where the visit is not on this laptop."""
    document = desk.store.get(Visit.kind, id)
    if document is None:
        raise KnownError("not_held", "这次走访不在本机，可能已经移交给别人。请同步后再看。")
    return Visit.of(document)


def open_visit_of(desk: Desk, enterprise: str) -> Visit | None:
    """This person's unfinished visit to an enterprise. One that was returned waits for itself, beside the next one."""
    person = desk.signed_in().person
    for document in desk.store.of_kind(Visit.kind, buckets.of_enterprise(enterprise)):
        visit = Visit.of(document)
        if visit.state is VisitState.OPEN and visit.officer == person and visit.returned is None:
            return visit
    return None


def start_visit(desk: Desk, enterprise: str, form_id: str = VISIT_FORM, **described: Any) -> Visit:
    """Open a visit with the newest version of a form; an unfinished one of the same enterprise is gone on with.

    `described`: method, visit_kind, purpose, six, companions as `visit.describe` has them; where nothing is said, as it
    was planned for today.
    """
    standing = open_visit_of(desk, enterprise)
    if standing is not None:
        return standing
    described = described or _as_planned(desk, enterprise)
    form = latest(desk, form_id)
    (number,) = desk.local_numbers("visit", "V")
    id = new_id()
    args = {
        "enterprise": enterprise,
        "form_id": form.form_id,
        "form_version": form.version,
        "local_number": number,
        **described,
    }
    desk.make(desk.change("visit.start", buckets.of_enterprise(enterprise), Visit.kind, id, args))
    return visit_of(desk, id)


def described_by(plan: VisitPlan) -> dict[str, Any]:
    """What a planned visit says of the visit to come."""
    return {"method": plan.method, "visit_kind": plan.visit_kind, "purpose": plan.purpose}


def _as_planned(desk: Desk, enterprise: str) -> dict[str, Any]:
    person, today = desk.signed_in().person, desk.today.isoformat()
    for document in desk.store.of_kind(VisitPlan.kind, buckets.of_enterprise(enterprise)):
        plan = VisitPlan.of(document)
        if plan.settles(person, today):
            return described_by(plan)
    return {}


def cancel_visit(desk: Desk, id: str) -> None:
    """作废: the visit was opened by mistake. Its draft stays until the centre has confirmed that (`tidy_drafts`)."""
    visit = visit_of(desk, id)
    desk.make(desk.change("visit.cancel", buckets.of_enterprise(visit.enterprise), Visit.kind, id, {}))


def describe(desk: Desk, id: str, **described: Any) -> None:
    """Method, kind, purpose, 六包 and who went along, of an open visit."""
    visit = visit_of(desk, id)
    bucket = buckets.of_enterprise(visit.enterprise)
    desk.make(desk.change("visit.describe", bucket, Visit.kind, id, described))


def open_filling(desk: Desk, id: str, form_id: str | None = None) -> OpenFilling:
    """A form of the visit with its draft, or fresh; None: the one it was begun with. The tables it looks things up in
    are those of when it was first opened. What was returned is filled as it was handed in."""
    visit = visit_of(desk, id)
    if visit.state is not VisitState.OPEN:
        raise KnownError("visit_state", "这次走访已经完成，内容不能再改。可以查看或打印走访记录。")
    name = form_id or visit.form_id
    kept, states = draft(desk.store, id), _states(desk, visit)
    if name != visit.form_id and visit.form_id not in states:
        states = {visit.form_id: _fresh_state(desk, visit), **states}
    others = {other: state for other, state in states.items() if other != name}
    state = states.get(name)
    if state is None:
        form, filling, tables = _fresh(desk, visit, name, states)
        previous = previous_answers(desk, visit, form)
        return OpenFilling(visit, form, filling, tables, previous, "", None, others=others)
    form, filling = _restored(desk, visit, name, state)
    typed = {path: (text, message) for path, (text, message) in state.get("typed", {}).items()}
    return OpenFilling(
        visit=visit,
        form=form,
        filling=filling,
        tables=state["tables"],
        previous=previous_answers(desk, visit, form),
        section=state["section"],
        saved_at=from_text(kept.saved_at) if kept else None,
        typed=typed,
        others=others,
    )


def forms_begun(desk: Desk, id: str) -> list[str]:
    """The forms of an open visit that somebody has begun to fill, the one it was begun with always and first."""
    visit = visit_of(desk, id)
    return list(dict.fromkeys([visit.form_id, *_states(desk, visit)]))


def drop_form(desk: Desk, id: str, form_id: str) -> None:
    """Take a form that was added by mistake out of an open visit, with what was written in it."""
    with desk.store.write():
        visit, kept = visit_of(desk, id), draft(desk.store, id)
        if kept is None or form_id == visit.form_id:
            return
        states = {name: state for name, state in _states(desk, visit).items() if name != form_id}
        whole = visit_forms.whole_state(visit, states)
        keep_draft(desk.store, id, kept.form_key, whole, to_text(desk.clock()))


def _states(desk: Desk, visit: Visit) -> dict[str, State]:
    """What there is of each form: from the draft, else from what was returned; nothing of a fresh visit."""
    kept = draft(desk.store, visit.id)
    if kept is not None:
        return visit_forms.states_of(visit, kept)
    if visit.returned is None:
        return {}
    states: dict[str, State] = {}
    for filed in visit.returned.records:
        document = desk.store.get(Record.kind, filed.record)
        if document is None:
            continue
        record = Record.of(document)
        form, filling, tables = _fresh(desk, visit, filed.form_id, {}, filed.form_version, record.tables)
        typed = visit_forms.fill_from(filling, record)
        states[filed.form_id] = visit_forms.state_of(filling.save(), tables, "", typed, form.version)
    return states


def _fresh(
    desk: Desk,
    visit: Visit,
    form_id: str,
    states: Mapping[str, State],
    version: str | None = None,
    known: Rows | None = None,
) -> tuple[Form, Filling, Rows]:
    """A form nothing was written in yet; its head is as in the others."""
    from forms.filling import Filling

    if version is None:
        version = visit.form_version if form_id == visit.form_id else latest(desk, form_id).version
    form = form_of(desk, form_id, version)
    tables: Rows = {**tables_for(desk, visit.enterprise, visit), **(known or {})}
    filling = Filling(form, now=desk.clock, instances=tables, metadata=metadata_of(desk))
    visit_forms.take_method(filling, visit.method)
    for other, state in states.items():
        visit_forms.take_header(filling, _restored(desk, visit, other, state)[1])
        break
    return form, filling, tables


def _restored(desk: Desk, visit: Visit, form_id: str, state: State) -> tuple[Form, Filling]:
    from forms.filling import Filling

    version = visit.form_version if form_id == visit.form_id else state["version"]
    form = form_of(desk, form_id, version)
    filling = Filling.restore(
        form, state["filling"], now=desk.clock, instances=state["tables"], metadata=metadata_of(desk)
    )
    return form, filling


def save_draft(
    desk: Desk,
    id: str,
    saved: Mapping[str, Any],
    tables: Rows,
    section: str = "",
    typed: Typed | None = None,
    form_id: str | None = None,
) -> datetime:
    """Keep a filling (`Filling.save()` and the tables it was opened with) in the store; returns when it was. The
    visit's other forms stay as they are.

    `typed`: path → (text, message) of what was typed where it cannot be an answer: no word is lost, right or wrong.
    """
    moment = desk.clock()
    with desk.store.write():
        visit = visit_of(desk, id)
        whole = draft_state(desk, visit, saved, tables, section, typed, form_id)
        keep_draft(desk.store, id, f"{visit.form_id}@{visit.form_version}", whole, to_text(moment))
    return moment


def draft_state(
    desk: Desk,
    visit: Visit,
    saved: Mapping[str, Any],
    tables: Rows,
    section: str,
    typed: Typed | None,
    form_id: str | None = None,
    others: Mapping[str, State] | None = None,
) -> State:
    """What is kept of a visit's forms when one of them is as given; `others`: the rest, looked up where not given."""
    name = form_id or visit.form_id
    version = None if name == visit.form_id else str(saved["version"])
    states = dict(_states(desk, visit) if others is None else others)
    states[name] = visit_forms.state_of(saved, tables, section, typed, version)
    if visit.form_id not in states:
        states[visit.form_id] = _fresh_state(desk, visit)
    return visit_forms.whole_state(visit, states)


def _fresh_state(desk: Desk, visit: Visit) -> State:
    """The form a visit was begun with, while nothing was written in it."""
    _, filling, tables = _fresh(desk, visit, visit.form_id, {})
    return visit_forms.state_of(filling.save(), tables, "", None)


def submit_visit(desk: Desk, id: str, filling: Filling) -> Submitted:
    """完成: records, issues and profile go into the queue together, whole or not at all. `filling` is the form at hand;
    the visit's others are taken from their drafts.

    Raises Incomplete where required answers are missing or wrong in any of them; nothing is altered then. The draft
    stays until the centre has confirmed the visit: were it refused, the visit is open again and the draft is offered.
    """
    visit = visit_of(desk, id)
    fillings = _all_forms(desk, visit, filling)
    finished = {form_id: finished_form(one) for form_id, one in fillings.items()}
    found = [
        (visit_forms.row_of(form_id, entity), entity)
        for form_id, done in finished.items()
        for entity in done.entities
        if entity.dataset == "issue" and entity.create
    ]
    raised = [desk.store.get(Issue.kind, issue) for issue in visit.issues]
    found = visit_forms.not_yet_raised(visit, [Issue.of(one) for one in raised if one is not None], found)
    numbers = desk.local_numbers("issue", "I", len(found)) if found else ()
    counted = _counted_by(desk, visit, fillings)
    main, *more = (
        {**record_args(one, dict(finished[form_id].values)), "tables": counted[form_id]}
        for form_id, one in fillings.items()
    )
    args = {
        **{name: value for name, value in main.items() if name not in ("form_id", "form_version")},
        "issues": [
            {**_issue_args(entity, number), "row": row}
            for (row, entity), number in zip(found, numbers, strict=True)
        ],
    }
    if more:
        args["more"] = more
    method = main["values"].get(visit_forms.METHOD_PATH)
    if method in set(METHOD_NAMES):
        args["method"] = method
    made = [desk.change("visit.submit", buckets.of_enterprise(visit.enterprise), Visit.kind, id, args)]
    for done in finished.values():
        for entity in done.entities:
            if entity.dataset == "enterprise" and entity.update:
                made += _profile_change(desk, visit.enterprise, entity)
    desk.make(*made)
    visit = visit_of(desk, id)
    issues = [desk.store.get(Issue.kind, issue) for issue in visit.issues]
    return Submitted(visit, tuple(Issue.of(document) for document in issues if document is not None))


def _all_forms(desk: Desk, visit: Visit, at_hand: Filling) -> dict[str, Filling]:
    """The visit's forms, the one it was begun with first."""
    found = {name: _restored(desk, visit, name, state)[1] for name, state in _states(desk, visit).items()}
    found[at_hand.form.form_id] = at_hand
    if visit.form_id not in found:
        found[visit.form_id] = _fresh(desk, visit, visit.form_id, {})[1]
    return {visit.form_id: found.pop(visit.form_id), **found}


def _counted_by(desk: Desk, visit: Visit, fillings: Mapping[str, Filling]) -> dict[str, Rows]:
    """The rows that rows of each form were counted by when it was opened."""
    states, now = _states(desk, visit), tables_for(desk, visit.enterprise, visit)
    counted: dict[str, Rows] = {}
    for name, filling in fillings.items():
        tables = states[name]["tables"] if name in states else now
        wanted = visit_forms.counting_tables(filling.form)
        counted[name] = {table: rows for table, rows in tables.items() if table in wanted}
    return counted


def finished_form(filling: Filling) -> Finished:
    finished = filling.finish()
    if not finished.complete:
        wrong = [problem.path for problem in finished.problems if problem.path]
        paths = list(dict.fromkeys([*finished.required_missing, *wrong]))
        text = f"「{filling.form.title}」还有 {len(paths)} 处没有填好，填好后再完成。"
        raise Incomplete(paths, text, filling.form.form_id)
    return finished


def record_args(filling: Filling, values: dict[str, Any]) -> dict[str, Any]:
    form = filling.form
    return {
        "form_id": form.form_id,
        "form_version": form.version,
        "record": new_id(),
        "values": values,
        "digest": record_digest(form.form_id, form.version, values),
        **_as_read(filling),
    }


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


def metadata_of(desk: Desk) -> dict[str, str]:
    session = desk.signed_in()
    return {"username": session.name, "deviceid": session.device}


def last_record(desk: Desk, enterprise: str, before: str | None = None) -> tuple[Visit, Record] | None:
    """The last finished visit of an enterprise and the record of its first form; `before` is a visit id to leave out."""
    for visit in _finished_visits(desk, enterprise, before):
        document = desk.store.get(Record.kind, visit.record) if visit.record else None
        if document is not None:
            return visit, Record.of(document)
    return None


def last_of_form(
    desk: Desk, enterprise: str, form_id: str, before: str | None = None
) -> tuple[Visit, Record] | None:
    """The last record of a form, or of its quick or whole version, with its visit."""
    return next(records_of_form(desk, enterprise, form_id, before), None)


def records_of_form(
    desk: Desk, enterprise: str, form_id: str, before: str | None = None
) -> Iterator[tuple[Visit, Record]]:
    """The records of a form in finished visits, the newest first; `before` is a visit id to leave out."""
    alike = VISIT_FORMS if form_id in VISIT_FORMS else {form_id}
    for visit in _finished_visits(desk, enterprise, before):
        for filed in visit.filed:
            document = desk.store.get(Record.kind, filed.record) if filed.form_id in alike else None
            if document is not None:
                yield visit, Record.of(document)


def _finished_visits(desk: Desk, enterprise: str, before: str | None) -> list[Visit]:
    found = [
        Visit.of(document) for document in desk.store.of_kind(Visit.kind, buckets.of_enterprise(enterprise))
    ]
    found = [visit for visit in found if visit.state is VisitState.SUBMITTED and visit.id != before]
    return sorted(found, key=lambda visit: (visit.started_at, visit.id), reverse=True)


def previous_answers(desk: Desk, visit: Visit, form: Form) -> dict[str, Any]:
    """Path → last time's answer, for the questions marked `carry`. Of the same form, whole or quick."""
    last = last_of_form(desk, visit.enterprise, form.form_id, before=visit.id)
    if last is None:
        return {}
    carried = {question.path for question in form.questions if question.carry}
    return {path: value for path, value in last[1].values.items() if path in carried}
