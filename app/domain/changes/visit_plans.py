"""Planned visits: made, described, moved, put in order, called off. A finished visit of that day settles them (`visit.submit`)."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field, field_validator

from app.domain import buckets
from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function, need
from app.domain.clock import beijing_date, from_text, to_text
from app.domain.documents import Documents
from app.domain.enterprise import Enterprise
from app.domain.escrow import looks_after
from app.domain.people import Role
from app.domain.visit import VisitKind, VisitMethod
from app.domain.visit_plan import Moved, PlanState, VisitPlan


def _day(text: str) -> str:
    return date.fromisoformat(text).isoformat()


class Make(BaseModel):
    """args of `visit_plan.make`."""

    day: str
    place: int = Field(default=0, ge=0, le=999)
    method: VisitMethod = VisitMethod.ON_SITE
    visit_kind: VisitKind = VisitKind.ROUTINE
    purpose: str | None = Field(default=None, max_length=200)
    _is_day = field_validator("day")(_day)


class Move(BaseModel):
    """args of `visit_plan.move`."""

    day: str
    place: int = Field(default=0, ge=0, le=999)
    reason: str | None = Field(default=None, max_length=200)
    _is_day = field_validator("day")(_day)


class Place(BaseModel):
    """args of `visit_plan.order`."""

    place: int = Field(ge=0, le=999)


class Describe(BaseModel):
    """args of `visit_plan.describe`: what is named is altered, an empty purpose is taken away."""

    method: VisitMethod | None = None
    visit_kind: VisitKind | None = None
    purpose: str | None = Field(default=None, max_length=200)


class Cancel(BaseModel):
    """args of `visit_plan.cancel`."""

    reason: str = Field(min_length=1, max_length=200)


@change_function("visit_plan.make", Role.OFFICER)
def make(documents: Documents, change: Change, context: Context) -> Outcome:
    """Plan a visit for today or later. One per officer, enterprise and day."""
    args = Make.model_validate(change.args)
    enterprise = Enterprise.of(need(documents, Enterprise.kind, buckets.subject_of(change.bucket)))
    if documents.get(VisitPlan.kind, change.doc[1]) is not None:
        raise Refusal("exists", "这条计划已经存在，没有覆盖它。请刷新后再看。")
    _not_past(args.day, change)
    _only_one(documents, context.actor.person, args.day, enterprise.name)
    plan = VisitPlan(
        id=change.doc[1],
        enterprise=enterprise.id,
        enterprise_name=enterprise.name,
        officer=context.actor.person,
        officer_name=context.actor.name,
        made_at=to_text(from_text(change.at)),
        **args.model_dump(mode="json"),
    )
    return Outcome((Write(VisitPlan.kind, plan.id, plan.to_body()),))


@change_function("visit_plan.move", Role.OFFICER)
def move(documents: Documents, change: Change, context: Context) -> Outcome:
    """改期. What a former officer of the enterprise had planned becomes the plan of whoever moves it."""
    args = Move.model_validate(change.args)
    plan = _standing_plan(documents, change, context)
    _not_past(args.day, change)
    if args.day == plan.day and plan.officer == context.actor.person:
        return Outcome()
    _only_one(documents, context.actor.person, args.day, plan.enterprise_name, apart_from=plan.id)
    moved = Moved(
        from_day=plan.day,
        to_day=args.day,
        by_name=context.actor.name,
        at=to_text(from_text(change.at)),
        reason=(args.reason or "").strip() or None,
    )
    plan.moved = [*plan.moved, moved]
    plan.day, plan.place = args.day, args.place
    plan.officer, plan.officer_name = context.actor.person, context.actor.name
    return Outcome((Write(VisitPlan.kind, plan.id, plan.to_body()),))


@change_function("visit_plan.order", Role.OFFICER)
def order(documents: Documents, change: Change, context: Context) -> Outcome:
    """Its turn within the day's route."""
    args = Place.model_validate(change.args)
    plan = _standing_plan(documents, change, context)
    plan.place = args.place
    return Outcome((Write(VisitPlan.kind, plan.id, plan.to_body()),))


@change_function("visit_plan.describe", Role.OFFICER)
def describe(documents: Documents, change: Change, context: Context) -> Outcome:
    """How he means to go and what for; the visit takes it over when it begins."""
    args = Describe.model_validate(change.args)
    plan = _standing_plan(documents, change, context)
    if args.method is not None:
        plan.method = args.method.value
    if args.visit_kind is not None:
        plan.visit_kind = args.visit_kind.value
    if "purpose" in args.model_fields_set:
        plan.purpose = (args.purpose or "").strip() or None
    return Outcome((Write(VisitPlan.kind, plan.id, plan.to_body()),))


@change_function("visit_plan.cancel", Role.OFFICER)
def cancel(documents: Documents, change: Change, context: Context) -> Outcome:
    """Call it off, with the reason; it stays to be read."""
    args = Cancel.model_validate(change.args)
    if not args.reason.strip():
        raise Refusal("reason", "请写一句取消的原因，会留有记录。", field="reason")
    plan = _standing_plan(documents, change, context)
    plan.state = PlanState.CANCELLED
    plan.reason = args.reason.strip()
    plan.cancelled_at = to_text(from_text(change.at))
    plan.cancelled_by_name = context.actor.name
    return Outcome((Write(VisitPlan.kind, plan.id, plan.to_body()),))


def _standing_plan(documents: Documents, change: Change, context: Context) -> VisitPlan:
    plan = VisitPlan.of(need(documents, VisitPlan.kind, change.doc[1]))
    if plan.state is not PlanState.PLANNED:
        raise Refusal("plan_state", "这条计划已经走访或取消，不能再改。需要时另排一次。")
    if plan.officer != context.actor.person and looks_after(documents, plan.officer):
        raise Refusal("not_own", f"这是{plan.officer_name}的计划，请由本人改。")
    return plan


def _not_past(day: str, change: Change) -> None:
    if day < beijing_date(from_text(change.at)).isoformat():
        raise Refusal("past", "计划只能排在今天或以后。已经去过的，直接写走访记录。", field="day")


def _only_one(documents: Documents, officer: str, day: str, name: str, apart_from: str | None = None) -> None:
    plans = (VisitPlan.of(document) for document in documents.of_kind(VisitPlan.kind))
    if any(plan.settles(officer, day) and plan.id != apart_from for plan in plans):
        raise Refusal("planned", f"{name}那一天已经排了走访，不用再排。", field="day")
