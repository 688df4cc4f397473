"""Visits: open one, finish it with its record and issues, or call it off."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, Field, field_validator

from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function, need
from app.domain.changes.issue_trail import first_writes
from app.domain.clock import beijing_date, from_text, to_text
from app.domain.documents import Documents, clean
from app.domain.enterprise import Enterprise
from app.domain.issue import Issue, IssueState
from app.domain.people import Role
from app.domain.record import PERSONAL_FORM
from app.domain.visit import (
    MOST_COMPANIONS,
    Attachment,
    Companion,
    FiledForm,
    Record,
    Visit,
    VisitKind,
    VisitMethod,
    VisitState,
)
from app.domain.visit_plan import PlanState, VisitPlan

MOST_FORMS = 12
"""Forms in one visit."""


class Described(BaseModel):
    """How and why one goes; absent fields stay as they are."""

    method: VisitMethod | None = None
    visit_kind: VisitKind | None = None
    purpose: str | None = Field(default=None, max_length=200)
    six: list[str] | None = Field(default=None, max_length=12)
    companions: list[Companion] | None = Field(default=None, max_length=MOST_COMPANIONS)

    @field_validator("six")
    @classmethod
    def _once(cls, codes: list[str] | None) -> list[str] | None:
        return None if codes is None else list(dict.fromkeys(codes))

    def given(self) -> dict[str, Any]:
        """The fields that were named, as they stand in a visit."""
        return self.model_dump(mode="json", include=self.model_fields_set & set(Described.model_fields))


class Start(Described):
    """args of `visit.start`."""

    enterprise: str
    form_id: str
    form_version: str
    local_number: str


class NewIssue(BaseModel):
    """One difficulty found on the visit."""

    id: str
    local_number: str
    title: str = Field(min_length=1, max_length=40)
    category: str
    subcategory: str | None = None
    description: str | None = None
    expectation: str | None = None
    urgency: str | None = None
    solved_on_spot: bool = False
    solution: str | None = None
    row: str | None = None
    """Form and row it was written in (`Visit.issue_rows`)."""


class Filled(BaseModel):
    """A finished form: its record's id and content."""

    record: str
    values: dict[str, Any]
    digest: str
    shown: dict[str, str] = {}
    labels: dict[str, str] = {}
    tables: dict[str, list[dict[str, str]]] = {}


class FurtherForm(Filled):
    """A form beside the one the visit was begun with."""

    form_id: str
    form_version: str


class Submit(Filled):
    """args of `visit.submit`: the form it was begun with, `more` of them, and what was found in all of them."""

    more: list[FurtherForm] = Field(default=[], max_length=MOST_FORMS)
    issues: list[NewIssue] = []
    summary: str | None = None
    method: VisitMethod | None = None


class Draft(BaseModel):
    """args of `visit.draft`: what a laptop keeps of a form being filled (`app.store.drafts.Draft`)."""

    form_key: str
    state: dict[str, Any]
    saved_at: str


def record_digest(form_id: str, version: str, values: dict[str, Any]) -> str:
    """SHA-256 over the canonical JSON of form, version and answers: what paper and record are compared by."""
    text = json.dumps(
        [form_id, version, clean(values)], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()


@change_function("visit.start", Role.OFFICER)
def start(documents: Documents, change: Change, context: Context) -> Outcome:
    """Open a visit. One open visit per officer and enterprise: a second one would split the draft."""
    args = Start.model_validate(change.args)
    enterprise = Enterprise.of(need(documents, Enterprise.kind, args.enterprise))
    _fresh(documents, Visit.kind, change.doc[1])
    for document in documents.of_kind(Visit.kind):
        other = Visit.of(document)
        mine = other.state is VisitState.OPEN and other.officer == context.actor.person
        if mine and other.returned is None:
            raise Refusal("visit_open", f"{enterprise.name}还有一次没写完的走访，请先接着填完或作废。")
    moment = from_text(change.at)
    visit = Visit(
        id=change.doc[1],
        number=context.number("visit", args.local_number),
        local_number=args.local_number,
        enterprise=enterprise.id,
        enterprise_name=enterprise.name,
        officer=context.actor.person,
        officer_name=context.actor.name,
        form_id=args.form_id,
        form_version=args.form_version,
        day=beijing_date(moment).isoformat(),
        started_at=to_text(moment),
        **args.given(),
    )
    return Outcome((Write(Visit.kind, visit.id, visit.to_body()),))


@change_function("visit.describe", Role.OFFICER)
def describe(documents: Documents, change: Change, context: Context) -> Outcome:
    """Method, kind, purpose, 六包 and who went along, while the visit is open."""
    args = Described.model_validate(change.args)
    visit = _own_open_visit(documents, change, context)
    described = Visit.model_validate({**visit.to_body(), **args.given()})
    if described == visit:
        return Outcome()
    return Outcome((Write(Visit.kind, visit.id, described.to_body()),))


@change_function("visit.submit", Role.OFFICER)
def submit(documents: Documents, change: Change, context: Context) -> Outcome:
    """Finish a visit: a record for each form, one issue per difficulty, the enterprise's date of the last visit, the
    plan it fulfils. Whole or not at all. After a return the former records stay beside the new ones."""
    args = Submit.model_validate(change.args)
    visit = _own_open_visit(documents, change, context)
    records = _records(documents, visit, args)
    for item in args.issues:
        _fresh(documents, Issue.kind, item.id)
    moment = from_text(change.at)
    issues = [_new_issue(item, visit, change, context) for item in args.issues]
    visit.state = VisitState.SUBMITTED
    visit.submitted_at = to_text(moment)
    visit.record = args.record
    visit.records = [
        FiledForm(form_id=record.form_id, form_version=record.form_version, record=record.id)
        for record in records
    ]
    visit.issues = [*visit.issues, *(issue.id for issue in issues)]
    visit.issue_rows = {**visit.issue_rows, **{item.row: item.id for item in args.issues if item.row}}
    visit.summary = args.summary
    visit.method = args.method or visit.method
    writes = [Write(Visit.kind, visit.id, visit.to_body())]
    writes += [Write(Record.kind, record.id, record.to_body()) for record in records]
    for issue in issues:
        writes += first_writes(issue, change, context)
    enterprise = Enterprise.of(need(documents, Enterprise.kind, visit.enterprise))
    if enterprise.last_visit_on is None or enterprise.last_visit_on < visit.day:
        enterprise.last_visit_on = visit.day
        writes.append(Write(Enterprise.kind, enterprise.id, enterprise.to_body()))
    return Outcome((*writes, *_settled_plans(documents, visit)))


def _records(documents: Documents, visit: Visit, args: Submit) -> list[Record]:
    """The forms' records, the one it was begun with first. Refusal where one is not as it was sent, or is there."""
    first = FurtherForm(
        form_id=visit.form_id,
        form_version=visit.form_version,
        **args.model_dump(include=set(Filled.model_fields)),
    )
    filled = [first, *args.more]
    if len({one.form_id for one in filled}) < len(filled):
        raise Refusal("form_twice", "同一张表在一次走访里只填一份，请核对后再完成。", field="more")
    if len({one.record for one in filled}) < len(filled):
        raise Refusal("exists", "这条记录已经存在，没有覆盖它。请刷新后重新提交。", field="more")
    if any(one.form_id == PERSONAL_FORM for one in filled):
        raise Refusal("personal", "亲清自查只记在本人名下，不放进走访；请从「台账」里填。", field="more")
    records = []
    for one in filled:
        if record_digest(one.form_id, one.form_version, one.values) != one.digest:
            raise Refusal("digest", "走访内容在传输中有改变，请重新提交。")
        _fresh(documents, Record.kind, one.record)
        content = one.model_dump(exclude={"record"})
        records.append(Record(id=one.record, visit=visit.id, enterprise=visit.enterprise, **content))
    return records


def _settled_plans(documents: Documents, visit: Visit) -> list[Write]:
    writes = []
    for document in documents.of_kind(VisitPlan.kind):
        plan = VisitPlan.of(document)
        if plan.settles(visit.officer, visit.day):
            plan.state = PlanState.DONE
            plan.visit = visit.id
            writes.append(Write(VisitPlan.kind, plan.id, plan.to_body()))
    return writes


@change_function("visit.cancel", Role.OFFICER)
def cancel(documents: Documents, change: Change, context: Context) -> Outcome:
    """Call off a visit that was opened by mistake."""
    visit = _own_open_visit(documents, change, context)
    if visit.returned is not None:
        raise Refusal("returned", "退回的走访不能作废：原来的记录和诉求都在。请按退回意见改好后再提交。")
    visit.state = VisitState.CANCELLED
    visit.cancelled_at = to_text(from_text(change.at))
    return Outcome((Write(Visit.kind, visit.id, visit.to_body()),))


@change_function("visit.draft", Role.OFFICER)
def draft(documents: Documents, change: Change, context: Context) -> Outcome:
    """An unfinished visit: sent only when its enterprise goes to somebody else, and then kept for him
    (`app.domain.escrow`). Run for whoever holds the enterprise it alters nothing: the draft is his laptop's own."""
    Draft.model_validate(change.args)
    _own_open_visit(documents, change, context)
    return Outcome()


def _fresh(documents: Documents, kind: str, id: str) -> None:
    """A visit makes documents, it never writes over one that is there."""
    if documents.get(kind, id) is not None:
        raise Refusal("exists", "这条记录已经存在，没有覆盖它。请刷新后重新提交。", kind=kind, id=id)


def _own_open_visit(documents: Documents, change: Change, context: Context) -> Visit:
    visit = Visit.of(need(documents, *change.doc))
    if visit.officer != context.actor.person:
        raise Refusal("not_own", "只有走访人本人能完成或作废这次走访。")
    if visit.state is not VisitState.OPEN:
        raise Refusal("visit_state", "这次走访已经完成或作废，不能再改。")
    return visit


def _new_issue(item: NewIssue, visit: Visit, change: Change, context: Context) -> Issue:
    if item.solved_on_spot and not (item.solution or "").strip():
        raise Refusal("solution_missing", f"「{item.title}」选了现场办结，请写明办法。", field="solution")
    subcategory = context.dictionaries.taxonomy.subcategory(item.subcategory or "")
    return Issue(
        **item.model_dump(exclude={"local_number", "row"}),
        local_number=item.local_number,
        number=context.number("issue", item.local_number),
        enterprise=visit.enterprise,
        enterprise_name=visit.enterprise_name,
        visit=visit.id,
        state=IssueState.TO_REVISIT if item.solved_on_spot else IssueState.REPORTED,
        level=subcategory.level if subcategory else None,
        raised_by=context.actor.person,
        raised_by_name=context.actor.name,
        raised_at=to_text(from_text(change.at)),
        settled_at=to_text(context.now) if item.solved_on_spot else None,
    )


@change_function("attachment.remove", Role.OFFICER)
def remove_attachment(documents: Documents, change: Change, context: Context) -> Outcome:
    """Take a photo off a visit that is still open; a finished visit's attachments are part of its record."""
    attachment = Attachment.of(need(documents, *change.doc))
    if attachment.record is not None:
        return _remove_from_entry(documents, attachment)
    if attachment.visit is None:
        raise Refusal("not_editable", "这个附件不属于某次走访，不能在这里移除。")
    visit = Visit.of(need(documents, Visit.kind, attachment.visit))
    if visit.officer != context.actor.person:
        raise Refusal("not_own", "只有走访人本人能移除这次走访的附件。")
    if visit.state is not VisitState.OPEN:
        raise Refusal("visit_state", "走访已经完成，附件是记录的一部分，不能移除。")
    if any(attachment.id in former.attachments for former in visit.returns):
        raise Refusal("visit_state", "这个附件属于退回前的那一版记录，不能移除；需要时可以再添新的。")
    return Outcome((Write(Attachment.kind, attachment.id, None),))


def _remove_from_entry(documents: Documents, attachment: Attachment) -> Outcome:
    """Off a register's entry while it belongs to none of its versions."""
    document = documents.get(Record.kind, str(attachment.record))
    record = Record.of(document) if document else None
    kept = {id for one in record.former or () for id in one.attachments} if record else set()
    if record is not None and attachment.id in kept | set(record.attachments or ()):
        raise Refusal("visit_state", "这个附件是已提交记录的一部分，不能移除；需要时可以再添新的。")
    return Outcome((Write(Attachment.kind, attachment.id, None),))
