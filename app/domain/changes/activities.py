"""Trips (own `u:` bucket, or `m:` for the park), groups on site (`ref:`) and their reports."""

from __future__ import annotations

from datetime import date
from uuid import NAMESPACE_OID, uuid5

from pydantic import BaseModel, Field

from app.domain import buckets
from app.domain.activity import (
    MOST,
    PARK_OWNED,
    FormerReport,
    GroupReport,
    GroupState,
    Lead,
    LeadNote,
    LeadState,
    Member,
    RecruitGroup,
    ReportText,
    Rhythm,
    Trip,
    TripKind,
    TripState,
)
from app.domain.activity_moves import TRAVELLERS
from app.domain.activity_reports import owed_for
from app.domain.changes.activity_trail import (
    allowed,
    at_home,
    edited,
    in_order,
    new_document,
    own_or_park,
    owner_of,
    today_of,
    written,
)
from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function, need
from app.domain.clock import beijing_date, to_text
from app.domain.days import Day
from app.domain.documents import Documents, same_value
from app.domain.ids import derived_id
from app.domain.people import Role

TRIP_FIELDS = {
    "trip_kind": "类型",
    "title": "名称",
    "place": "去哪里",
    "starts_on": "出发",
    "ends_on": "返回",
    "people": "人员",
    "companies": "拟见企业",
    "purpose": "目的",
}
GROUP_FIELDS = {
    "name": "名称",
    "place": "驻地",
    "industry": "产业",
    "ends_on": "到哪天",
    "members": "组员",
    "head": "报告人",
    "rhythms": "报告",
}


class PlanTrip(BaseModel):
    """args of `trip.plan`."""

    trip_kind: TripKind
    title: str
    place: str
    starts_on: Day
    ends_on: Day
    people: list[str]
    companies: list[str] = []
    purpose: str | None = None


class NewLead(BaseModel):
    """A lead as it is first written down."""

    id: str | None = None
    company: str = Field(min_length=1, max_length=80)
    about: str = Field(min_length=1, max_length=500)
    contact: str | None = Field(default=None, max_length=64)
    next_on: Day | None = None


class Back(BaseModel):
    """args of `trip.back`."""

    met: str = Field(min_length=1, max_length=2000)
    result: str = Field(min_length=1, max_length=2000)
    leads: list[NewLead] = Field(default=[], max_length=MOST)


class Follow(BaseModel):
    """args of `trip.follow`: what was done about a lead, how it stands, when somebody asks again."""

    lead: str
    text: str = Field(min_length=1, max_length=500)
    state: LeadState
    day: Day
    next_on: Day | None = None


class Reason(BaseModel):
    """args of whatever is called off or ended."""

    reason: str = Field(min_length=1, max_length=500)


@change_function("trip.plan", *TRAVELLERS)
def plan_trip(documents: Documents, change: Change, context: Context) -> Outcome:
    """A trip is planned, or written down afterwards."""
    args = PlanTrip.model_validate(change.args)
    new_document(documents, change, Trip.kind, *own_or_park(context))
    in_order(args.starts_on, args.ends_on)
    trip = Trip(
        id=change.doc[1],
        owner=owner_of(change, context),
        made_by_name=context.actor.name,
        **args.model_dump(),
    )
    return written(trip, change, context)


@change_function("trip.edit", *TRAVELLERS)
def edit_trip(documents: Documents, change: Change, context: Context) -> Outcome:
    """Facts of a trip before it."""
    trip, words = edited(_trip(documents, change, context), change, TRIP_FIELDS)
    in_order(trip.starts_on, trip.ends_on)
    return written(trip, change, context, words) if words else Outcome()


@change_function("trip.cancel", *TRAVELLERS)
def cancel_trip(documents: Documents, change: Change, context: Context) -> Outcome:
    """Called off, with the reason."""
    trip = _trip(documents, change, context)
    trip.reason = Reason.model_validate(change.args).reason
    trip.state = TripState.CANCELLED
    return written(trip, change, context, trip.reason)


@change_function("trip.back", *TRAVELLERS)
def back(documents: Documents, change: Change, context: Context) -> Outcome:
    """They are back: whom they met, what came of it, the leads to follow."""
    args = Back.model_validate(change.args)
    trip = _trip(documents, change, context)
    trip.met, trip.result = args.met, args.result
    trip.leads = [_lead(new, change, place) for place, new in enumerate(args.leads)]
    trip.state = TripState.BACK
    return written(trip, change, context, args.result)


@change_function("trip.lead", *TRAVELLERS)
def add_lead(documents: Documents, change: Change, context: Context) -> Outcome:
    """One more lead."""
    trip = _trip(documents, change, context)
    lead = _lead(NewLead.model_validate(change.args), change, 0)
    if trip.lead(lead.id) is not None:
        return Outcome()
    if len(trip.leads) >= MOST:
        raise Refusal("too_many", f"一次外出最多记 {MOST} 条线索。")
    trip.leads = [*trip.leads, lead]
    return written(trip, change, context, lead.company)


@change_function("trip.follow", *TRAVELLERS)
def follow(documents: Documents, change: Change, context: Context) -> Outcome:
    """What was done about a lead. Signed or dropped, nobody is asked after it any more; it may be taken up again."""
    args = Follow.model_validate(change.args)
    trip = _trip(documents, change, context)
    lead = trip.lead(args.lead)
    if lead is None:
        raise Refusal("missing", "没有这条线索，请刷新后再看。", field="lead")
    if args.day > today_of(context):
        raise Refusal("days", "跟进的日子不能在今天以后。", field="day")
    if len(lead.notes) >= MOST:
        raise Refusal("too_many", f"一条线索最多记 {MOST} 次跟进。")
    lead.notes = [*lead.notes, LeadNote(day=args.day, text=args.text, person_name=context.actor.name)]
    lead.state = args.state
    lead.next_on = args.next_on if args.state is LeadState.FOLLOWING else None
    return written(trip, change, context, f"{lead.company}：{args.text}")


@change_function("trip.close", *TRAVELLERS)
def close(documents: Documents, change: Change, context: Context) -> Outcome:
    """Nothing is left to follow."""
    trip = _trip(documents, change, context)
    trip.state = TripState.CLOSED
    return written(trip, change, context)


@change_function("trip.reopen", *TRAVELLERS)
def reopen(documents: Documents, change: Change, context: Context) -> Outcome:
    """A closed trip is followed again."""
    trip = _trip(documents, change, context)
    trip.state = TripState.BACK
    return written(trip, change, context)


def _trip(documents: Documents, change: Change, context: Context) -> Trip:
    at_home(change, Trip.kind, *own_or_park(context))
    trip = Trip.of(need(documents, *change.doc))
    if trip.owner == PARK_OWNED and Role.COORDINATOR not in context.actor.roles:
        raise Refusal("role", "这次外出由协调员登记，请联系协调员。")
    allowed(change, context, trip)
    return trip


def _lead(new: NewLead, change: Change, place: int) -> Lead:
    return Lead(**{**new.model_dump(), "id": new.id or derived_id(change.mid, str(place))})


# ---------------------------------------------------------------------- groups


class FormGroup(BaseModel):
    """args of `group.form`. `head` is the person of one of the members."""

    name: str
    place: str
    industry: str | None = None
    starts_on: Day
    ends_on: Day | None = None
    members: list[Member]
    head: str | None = None
    rhythms: list[Rhythm]


@change_function("group.form", Role.COORDINATOR)
def form_group(documents: Documents, change: Change, context: Context) -> Outcome:
    """A group is sent out."""
    args = FormGroup.model_validate(change.args)
    new_document(documents, change, RecruitGroup.kind, buckets.reference(context.park))
    group = RecruitGroup(
        **args.model_dump(),
        id=change.doc[1],
        head_since=args.starts_on,
        heads=[args.head] if args.head else [],
    )
    _check_group(group)
    return written(group, change, context)


@change_function("group.edit", Role.COORDINATOR)
def edit_group(documents: Documents, change: Change, context: Context) -> Outcome:
    """Other members, another place, another end. A new head owes what falls due from today on."""
    before = _group(documents, change, context)
    group, words = edited(before, change, GROUP_FIELDS)
    if group.head != before.head:
        group.head_since = today_of(context)
        if group.head is not None and group.head not in group.heads:
            group.heads = [*group.heads, group.head]
    _check_group(group)
    return written(group, change, context, words) if words else Outcome()


class End(Reason):
    """args of `group.end`: the last day it was there."""

    ends_on: Day


@change_function("group.end", Role.COORDINATOR)
def end_group(documents: Documents, change: Change, context: Context) -> Outcome:
    """The group has come home. What it still owes up to that day stays owed."""
    args = End.model_validate(change.args)
    group = _group(documents, change, context)
    if args.ends_on > today_of(context):
        raise Refusal("days", "撤回的日子不能在今天以后；要改到期日请点「改」。", field="ends_on")
    group.ends_on, group.reason, group.state = args.ends_on, args.reason, GroupState.ENDED
    _check_group(group)
    return written(group, change, context, args.reason)


def _group(documents: Documents, change: Change, context: Context) -> RecruitGroup:
    at_home(change, RecruitGroup.kind, buckets.reference(context.park))
    group = RecruitGroup.of(need(documents, *change.doc))
    allowed(change, context, group)
    return group


def _check_group(group: RecruitGroup) -> None:
    in_order(group.starts_on, group.ends_on)
    persons = [member.person for member in group.members if member.person]
    if len(set(persons)) < len(persons):
        raise Refusal("twice", "同一个人不能在组里出现两次，请去掉一个。", field="members")
    if group.head is not None and group.head not in persons:
        raise Refusal("head", "报告人要是组员。请先把他加进组员，或另选一人。", field="head")
    if len(set(group.rhythms)) < len(group.rhythms):
        raise Refusal("malformed", "同一种报告只选一次。", field="rhythms")


# ---------------------------------------------------------------------- reports


class FileReport(ReportText):
    """args of `group.report`: with what its author's laptop knows of the group, which stands in another bucket."""

    group: RecruitGroup
    rhythm: Rhythm
    starts_on: Day


def report_id(group: str, rhythm: Rhythm, starts_on: str, owner: str) -> str:
    """The id of a report: the same wherever it is written, so nobody files it twice."""
    # Not `derived_id`: what a group is called may be any text here, and must not be a fault of the centre.
    return str(uuid5(NAMESPACE_OID, f"{group}:{rhythm}:{starts_on}:{owner}"))


@change_function("group.report", Role.OFFICER, Role.COORDINATOR, Role.LEADER, Role.HANDLER)
def file_report(documents: Documents, change: Change, context: Context) -> Outcome:
    """File a report, or correct one that was filed: what it said before stays within.

    The group stands in `ref:`; that its author was its head is looked at where reports are counted
    (`activity_reports.counts`).
    """
    args = FileReport.model_validate(change.args)
    at_home(change, GroupReport.kind, *own_or_park(context))
    owner, now = owner_of(change, context), to_text(context.now)
    if change.doc[1] != report_id(args.group.id, args.rhythm, args.starts_on, owner):
        raise Refusal("malformed", "报告的编号和所报的期次对不上，请刷新后重报。", field="starts_on")
    if owner != PARK_OWNED and owner not in args.group.heads:
        raise Refusal("head", "报告由这个组的报告人来写。要换报告人请联系协调员。")
    day = date.fromisoformat(args.starts_on)
    owed = owed_for(args.group, args.rhythm, day, context.calendar)
    begun = owed is not None and max(owed.first, owed.since) <= beijing_date(context.now)
    if owed is None or not begun or owed.first != day or args.rhythm not in args.group.rhythms:
        raise Refusal("period", "这一期不用报：还没有开始，或者驻点不在这几天。请刷新后再看。")
    said = ReportText.model_validate(args.model_dump(include=set(ReportText.model_fields)))
    before = documents.get(*change.doc)
    former: list[FormerReport] = []
    first = now
    if before is not None:
        report = GroupReport.of(before)
        old = report.model_dump(include=set(ReportText.model_fields))
        if same_value(old, said.model_dump()):
            return Outcome()
        if len(report.former) >= MOST:
            raise Refusal("too_many", "这份报告改的次数太多，请在下一期说明。")
        kept = FormerReport(**old, filed_at=report.filed_at, filed_by_name=report.filed_by_name)
        former, first = [*report.former, kept], report.first_filed_at
    made = GroupReport(
        **said.model_dump(include=set(ReportText.model_fields)),
        id=change.doc[1],
        owner=owner,
        group=args.group.id,
        group_name=args.group.name,
        rhythm=args.rhythm,
        starts_on=args.starts_on,
        due_on=owed.due.isoformat(),
        filed_at=now,
        filed_by=context.actor.person,
        filed_by_name=context.actor.name,
        first_filed_at=first,
        former=former,
    )
    return Outcome((Write(made.kind, made.id, made.to_body()),))
