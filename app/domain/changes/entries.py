"""入企登记: somebody's coming is written down, with when he left and what the enterprise says of it (domain.md §2.11)."""

from __future__ import annotations

import re
from datetime import date, timedelta

from pydantic import BaseModel, Field, field_validator

from app.domain import buckets
from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function, need
from app.domain.clock import beijing_date, from_text, to_text
from app.domain.documents import Documents
from app.domain.enterprise import Enterprise
from app.domain.entry import MAKEUP_DAYS, Entry, EntryNature
from app.domain.people import Role

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def _time(text: str | None) -> str | None:
    if text is not None and not _TIME.fullmatch(text):
        raise ValueError("not a time")
    return text


class Make(BaseModel):
    """args of `entry.make`."""

    day: str
    entered: str | None = None
    left: str | None = None
    organisation: str = Field(min_length=1, max_length=60)
    people: int = Field(ge=1, le=200)
    certificates: str | None = Field(default=None, max_length=200)
    reason: str = Field(min_length=1, max_length=300)
    basis: str | None = Field(default=None, max_length=200)
    nature: EntryNature = EntryNature.SERVICE
    code_seen: bool = False
    makeup_reason: str | None = Field(default=None, max_length=200)
    _times = field_validator("entered", "left")(_time)

    @field_validator("day")
    @classmethod
    def _is_day(cls, text: str) -> str:
        return date.fromisoformat(text).isoformat()


class Leave(BaseModel):
    """args of `entry.leave`."""

    left: str
    _times = field_validator("left")(_time)


class Rate(BaseModel):
    """args of `entry.rate`."""

    rating: int = Field(ge=1, le=5)
    note: str | None = Field(default=None, max_length=300)


class Withdraw(BaseModel):
    """args of `entry.withdraw`."""

    reason: str = Field(min_length=1, max_length=200)


@change_function("entry.make", Role.OFFICER, Role.COORDINATOR)
def make(documents: Documents, change: Change, context: Context) -> Outcome:
    """Write down a coming: on its day, or within ten calendar days with the reason (补录)."""
    args = Make.model_validate(change.args)
    enterprise = Enterprise.of(need(documents, Enterprise.kind, buckets.subject_of(change.bucket)))
    if documents.get(Entry.kind, change.doc[1]) is not None:
        raise Refusal("exists", "这条登记已经存在，没有覆盖它。请刷新后再看。")
    moment = from_text(change.at)
    _check(args, beijing_date(moment))
    entry = Entry(
        id=change.doc[1],
        enterprise=enterprise.id,
        enterprise_name=enterprise.name,
        noted_by=context.actor.person,
        noted_by_name=context.actor.name,
        noted_at=to_text(moment),
        **args.model_dump(mode="json"),
    )
    return Outcome((Write(Entry.kind, entry.id, entry.to_body()),))


def _check(args: Make, today: date) -> None:
    day = date.fromisoformat(args.day)
    if day > today:
        raise Refusal("future", "入企日期不能晚于今天。", field="day")
    if today - day > timedelta(days=MAKEUP_DAYS):
        raise Refusal(
            "makeup_late", f"只能补录 {MAKEUP_DAYS} 个自然日以内的入企，这一次已经超过。", field="day"
        )
    explained = bool((args.makeup_reason or "").strip())
    if day < today and not explained:
        raise Refusal("makeup_reason", "这是补录以前的入企，请写明补录原因。", field="makeup_reason")
    if args.nature is EntryNature.INSPECTION:
        if not (args.basis or "").strip():
            raise Refusal("basis", "检查入企请写明检查依据（文号或检查通知书编号）。", field="basis")
        if not args.code_seen and not explained:
            raise Refusal("makeup_reason", "检查入企没有扫码的，请写明原因。", field="makeup_reason")
    _check_times(args.entered, args.left)


def _check_times(entered: str | None, left: str | None) -> None:
    if entered and left and left < entered:
        raise Refusal("left", "离开时间不能早于进入时间。", field="left")


@change_function("entry.leave", Role.OFFICER, Role.COORDINATOR)
def leave(documents: Documents, change: Change, context: Context) -> Outcome:
    """When they left."""
    args = Leave.model_validate(change.args)
    entry = _standing(documents, change)
    _check_times(entry.entered, args.left)
    entry.left = args.left
    return Outcome((Write(Entry.kind, entry.id, entry.to_body()),))


@change_function("entry.rate", Role.OFFICER, Role.COORDINATOR)
def rate(documents: Documents, change: Change, context: Context) -> Outcome:
    """企业评价: what the enterprise says of the coming. Once; it is its word, not the writer's."""
    args = Rate.model_validate(change.args)
    entry = _standing(documents, change)
    if entry.rating is not None:
        raise Refusal("rated", "企业已经评价过这次入企，不能改。")
    entry.rating, entry.rating_note = args.rating, (args.note or "").strip() or None
    return Outcome((Write(Entry.kind, entry.id, entry.to_body()),))


@change_function("entry.withdraw", Role.OFFICER, Role.COORDINATOR)
def withdraw(documents: Documents, change: Change, context: Context) -> Outcome:
    """Written down by mistake: it stays, with the reason, and counts no more."""
    args = Withdraw.model_validate(change.args)
    entry = _standing(documents, change)
    if entry.noted_by != context.actor.person and Role.COORDINATOR not in context.actor.roles:
        raise Refusal("not_own", f"这条登记是{entry.noted_by_name}写的，请由本人或协调员撤销。")
    if not args.reason.strip():
        raise Refusal("reason", "请写一句撤销的原因，会留有记录。", field="reason")
    entry.withdrawn_at = to_text(from_text(change.at))
    entry.withdrawn_reason = args.reason.strip()
    return Outcome((Write(Entry.kind, entry.id, entry.to_body()),))


def _standing(documents: Documents, change: Change) -> Entry:
    entry = Entry.of(need(documents, Entry.kind, change.doc[1]))
    if entry.withdrawn_at is not None:
        raise Refusal("withdrawn", "这条入企登记已经撤销，不能再改。")
    return entry
