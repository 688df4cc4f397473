"""Registers: an entry is filed, altered in a new version, goes a step, is withdrawn. Nothing is written over."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, Field, field_validator

from app.domain import buckets
from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function, need
from app.domain.changes.visits import Filled, record_digest
from app.domain.clock import beijing_date, from_text, to_text
from app.domain.documents import Documents
from app.domain.enterprise import Enterprise
from app.domain.people import Role
from app.domain.record import MOST_COLUMNS, MOST_STEPS, PERSONAL_FORM, Record, RecordStep, RecordVersion
from app.domain.record_steps import step_problem
from app.domain.visit import Attachment

WRITERS = (Role.OFFICER, Role.COORDINATOR, Role.REVISITOR)
MOST_VERSIONS = 60


class Given(Filled):
    """A filled form for a register."""

    record: str = ""
    form_version: str
    title: str = Field(default="", max_length=200)
    day: str
    columns: list[str] = Field(default=[], max_length=MOST_COLUMNS)
    draft: str | None = None
    """The draft it was written in, on the laptop that made it."""

    @field_validator("day")
    @classmethod
    def _is_day(cls, text: str) -> str:
        return date.fromisoformat(text).isoformat()


class File(Given):
    """args of `record.file`."""

    enterprise: str = ""
    enterprise_name: str = Field(default="", max_length=200)
    form_id: str
    ledger: str = Field(min_length=1, max_length=40)
    local_number: str


class Amend(Given):
    """args of `record.amend`; `of` is the digest of the version it was made from."""

    of: str
    reason: str = Field(default="", max_length=200)


class Withdraw(BaseModel):
    """args of `record.withdraw`."""

    reason: str = Field(min_length=1, max_length=200)


class Take(BaseModel):
    """args of `record.step`."""

    step: str
    day: str
    amount_fen: int | None = Field(default=None, ge=0, le=10**15)
    party: str | None = Field(default=None, max_length=200)
    text: str | None = Field(default=None, max_length=1000)
    until: str | None = None
    reasons: list[str] = Field(default=[], max_length=20)
    special_by: str | None = Field(default=None, max_length=40)
    special_reason: str | None = Field(default=None, max_length=300)
    result: str | None = Field(default=None, max_length=20)
    score: str | None = Field(default=None, max_length=20)
    scheme: str | None = Field(default=None, max_length=60)

    @field_validator("day", "until")
    @classmethod
    def _is_day(cls, text: str | None) -> str | None:
        return None if text is None else date.fromisoformat(text).isoformat()


class Draft(BaseModel):
    """args of `record.draft`: as those of `visit.draft`."""

    form_key: str
    state: dict[str, Any]
    saved_at: str


@change_function("record.file", *WRITERS)
def file(documents: Documents, change: Change, context: Context) -> Outcome:
    """A new entry, in its enterprise's bucket, or in its author's own where it is about himself."""
    args = File.model_validate(change.args)
    personal = buckets.kind_of(change.bucket) == buckets.PERSON
    if args.form_id == PERSONAL_FORM and not personal:
        raise Refusal("wrong_bucket", "这张表只记在本人名下，别人看不到；请从「台账」里重新打开再填。")
    if personal and buckets.subject_of(change.bucket) != context.actor.person:
        raise Refusal("not_own", "这张表只能由本人填写。")
    of, name = args.enterprise, args.enterprise_name
    if not personal:
        # By the bucket: an enterprise may have been merged into another one since the form was begun.
        enterprise = Enterprise.of(need(documents, Enterprise.kind, buckets.subject_of(change.bucket)))
        of, name = enterprise.id, enterprise.name
    _check_digest(args.form_id, args)
    if documents.get(Record.kind, change.doc[1]) is not None:
        raise Refusal("exists", "这条记录已经存在，没有覆盖它。请刷新后再看。")
    record = Record(
        id=change.doc[1],
        enterprise=of,
        enterprise_name=name,
        form_id=args.form_id,
        form_version=args.form_version,
        ledger=args.ledger,
        number=context.number("record", args.local_number),
        local_number=args.local_number,
        made_at=to_text(from_text(change.at)),
        made_by=context.actor.person,
        made_by_name=context.actor.name,
        personal=True if personal else None,
        **_content(documents, change.doc[1], args),
    )
    return Outcome((Write(Record.kind, record.id, record.to_body()),))


@change_function("record.amend", *WRITERS)
def amend(documents: Documents, change: Change, context: Context) -> Outcome:
    """A new version of an entry; the one before it stays as it was. Made from a version that is not the last any
    more it is refused: two people's words are never laid over each other."""
    args = Amend.model_validate(change.args)
    record = _own_entry(documents, change, context)
    if args.of != record.digest:
        who = record.altered_by_name or record.made_by_name or "别人"
        raise Refusal("stale", f"{who}已经改过这一条。您写的还在草稿里，请对照最新一版再提交。", field="of")
    _check_digest(record.form_id, args)
    if record.version >= MOST_VERSIONS:
        raise Refusal("too_many", f"这一条已经改了 {MOST_VERSIONS} 版，请另登记一条。")
    former = RecordVersion(
        form_version=record.form_version,
        values=record.values,
        digest=record.digest,
        shown=record.shown,
        labels=record.labels,
        tables=record.tables,
        attachments=record.attachments or [],
        day=record.day or "",
        at=record.altered_at or record.made_at or to_text(context.now),
        by=record.altered_by or record.made_by or "",
        by_name=record.altered_by_name or record.made_by_name or "",
        reason=args.reason.strip() or None,
    )
    altered = {
        **record.to_body(),
        **_content(documents, record.id, args),
        "form_version": args.form_version,
        "former": [
            *(one.model_dump(mode="json") for one in record.former or ()),
            former.model_dump(mode="json"),
        ],
        "altered_at": to_text(from_text(change.at)),
        "altered_by": context.actor.person,
        "altered_by_name": context.actor.name,
    }
    made = Record.model_validate(altered)
    return Outcome((Write(Record.kind, made.id, made.to_body()),))


@change_function("record.withdraw", *WRITERS)
def withdraw(documents: Documents, change: Change, context: Context) -> Outcome:
    """Take an entry back, with the reason; it stays to be read and counts no more."""
    args = Withdraw.model_validate(change.args)
    if not args.reason.strip():
        raise Refusal("reason", "请写一句作废的原因，会留有记录。", field="reason")
    record = _own_entry(documents, change, context)
    record.withdrawn_at = to_text(from_text(change.at))
    record.withdrawn_by_name = context.actor.name
    record.withdrawn_reason = args.reason.strip()
    return Outcome((Write(Record.kind, record.id, record.to_body()),))


@change_function("record.step", *WRITERS)
def step(documents: Documents, change: Change, context: Context) -> Outcome:
    """Write down the next step of an entry: the table of its register says which may come now."""
    args = Take.model_validate(change.args)
    record = _own_entry(documents, change, context)
    taken = RecordStep(
        **args.model_dump(),
        version=record.version,
        at=to_text(from_text(change.at)),
        by=context.actor.person,
        by_name=context.actor.name,
    )
    problem = step_problem(record, taken, beijing_date(context.now).isoformat())
    if problem:
        raise Refusal("step", problem, field="step")
    if len(record.steps or ()) >= MOST_STEPS:
        raise Refusal("too_many", "这一条的进展已经太多，请另登记一条。")
    record.steps = [*(record.steps or ()), taken]
    return Outcome((Write(Record.kind, record.id, record.to_body()),))


@change_function("record.draft", *WRITERS)
def draft(documents: Documents, change: Change, context: Context) -> Outcome:
    """An unfinished entry: sent only when its enterprise goes to somebody else, and then kept for him
    (`app.domain.escrow`). It alters nothing: the draft is a laptop's own."""
    Draft.model_validate(change.args)
    return Outcome()


def _content(documents: Documents, id: str, args: Given) -> dict[str, Any]:
    """What of an entry a version is made of."""
    mine = (Attachment.of(document) for document in documents.of_kind(Attachment.kind))
    attachments = sorted(one.id for one in mine if one.record == id)
    return {
        **args.model_dump(include={"values", "digest", "shown", "labels", "tables", "day"}),
        "title": args.title or None,
        "columns": [path for path in args.columns if "[" not in path],
        "attachments": attachments or None,
    }


def _check_digest(form_id: str, args: Given) -> None:
    if record_digest(form_id, args.form_version, args.values) != args.digest:
        raise Refusal("digest", "填写的内容在传输中有改变，请重新提交。")


def _own_entry(documents: Documents, change: Change, context: Context) -> Record:
    """An entry that may be acted on: of a register, not withdrawn, and one's own where it is personal."""
    record = Record.of(need(documents, Record.kind, change.doc[1]))
    if not record.entry:
        raise Refusal("not_editable", "走访里填的记录不能在台账里改，请从那次走访改。")
    if buckets.kind_of(change.bucket) == buckets.PERSON and record.made_by != context.actor.person:
        raise Refusal("not_own", "这张表只能由本人填写。")
    if record.withdrawn_at is not None:
        raise Refusal("withdrawn", f"这一条已由{record.withdrawn_by_name}作废，不能再改。")
    return record
