"""Meetings: planned, their agenda, who came, what came of each item, held or called off (bucket `m:<park>`).

Nothing is deleted once a meeting was held; what was not done goes on with the next meeting of the same kind.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, Field

from app.domain import buckets
from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function, need
from app.domain.clock import to_text
from app.domain.days import Day
from app.domain.documents import Documents
from app.domain.ids import derived_id
from app.domain.meeting import (
    MEETING_STATE_NAMES,
    START,
    ItemOutcome,
    Meeting,
    MeetingItem,
    MeetingKind,
    MeetingState,
    issue_item_id,
    may_record,
)
from app.domain.people import Role


class Guest(BaseModel):
    """An enterprise invited, or that came."""

    id: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=120)


class Plan(BaseModel):
    """args of `meeting.plan`."""

    local_number: str
    meeting_kind: MeetingKind
    title: str = Field(min_length=1, max_length=80)
    day: Day
    start: str | None = Field(default=None, pattern=START)
    place: str | None = Field(default=None, max_length=80)
    chair: str | None = Field(default=None, max_length=64)
    people: list[str] = []
    notice: str | None = Field(default=None, max_length=2000)
    guests: list[Guest] = []


class Guests(BaseModel):
    """args of `meeting.guests`: who is invited and who came, one by one, so that two people's lists never meet."""

    invite: list[Guest] = []
    uninvite: list[str] = []
    came: list[Guest] = []
    absent: list[str] = []


class NewItem(BaseModel):
    """One matter for the agenda; with `issue` its id follows from meeting and issue."""

    id: str | None = None
    title: str = Field(min_length=1, max_length=80)
    issue: str | None = None
    issue_number: str | None = None
    enterprise: str | None = None
    enterprise_name: str | None = None
    why: str | None = Field(default=None, max_length=80)


class Add(BaseModel):
    """args of `meeting.add`."""

    items: list[NewItem] = Field(min_length=1, max_length=500)


class Reorder(BaseModel):
    """args of `meeting.reorder`: item ids in their order; those not named follow."""

    items: list[str] = Field(min_length=1, max_length=500)


class Settle(BaseModel):
    """args of `meeting.outcome`."""

    outcome: ItemOutcome
    decision: str | None = Field(default=None, max_length=500)
    department_name: str | None = None
    person_name: str | None = Field(default=None, max_length=64)
    due_on: Day | None = None


class Done(BaseModel):
    """args of `meeting.done`: how it was done."""

    text: str | None = Field(default=None, max_length=500)


class Hold(BaseModel):
    """args of `meeting.hold`."""

    minutes: str = Field(min_length=1, max_length=8000)


class Cancel(BaseModel):
    """args of `meeting.cancel`."""

    reason: str = Field(min_length=1, max_length=500)


def items_of(documents: Documents, meeting: str) -> list[MeetingItem]:
    """The items of a meeting in their order."""
    found = [MeetingItem.of(document) for document in documents.of_kind(MeetingItem.kind)]
    return sorted((item for item in found if item.meeting == meeting), key=lambda item: (item.order, item.id))


@change_function("meeting.plan", Role.COORDINATOR)
def plan(documents: Documents, change: Change, context: Context) -> Outcome:
    """Plan a meeting. What former meetings of its kind left undone stands on its agenda from the start."""
    args = Plan.model_validate(change.args)
    if buckets.kind_of(change.bucket) != buckets.MEETINGS:
        raise Refusal("wrong_bucket", "记录和它的归属对不上，请重试；仍不行请联系管理员。")
    if documents.get(Meeting.kind, change.doc[1]) is not None:
        raise Refusal("exists", "这条记录已经存在，没有覆盖它。请刷新后重新提交。", id=change.doc[1])
    guests = {guest.id: guest.name for guest in args.guests}
    meeting = Meeting(
        **args.model_dump(exclude={"local_number", "guests"}),
        id=change.doc[1],
        number=context.number("meeting", args.local_number),
        enterprises=list(guests),
        enterprise_names=list(guests.values()),
        made_by=context.actor.person,
        made_by_name=context.actor.name,
    )
    over = (
        item
        for other in _same_kind(documents, meeting)
        if other.state is not MeetingState.PLANNED
        for item in items_of(documents, other.id)
    )
    return Outcome((Write(Meeting.kind, meeting.id, meeting.to_body()), *_carry(over, meeting, 0, change)))


@change_function("meeting.guests", Role.COORDINATOR)
def guests(documents: Documents, change: Change, context: Context) -> Outcome:
    """Invite enterprises or no longer, and tick who came. Who came stays ticked until taken back."""
    args = Guests.model_validate(change.args)
    meeting = Meeting.of(need(documents, *change.doc))
    if meeting.state is MeetingState.CANCELLED:
        raise _wrong_state(meeting)
    if meeting.state is MeetingState.HELD and (args.invite or args.uninvite):
        raise Refusal("meeting_state", "会议已经开过，邀请名单不再改；到会情况可以补。")
    names = dict(zip(meeting.enterprises, meeting.enterprise_names, strict=True))
    for guest in (*args.invite, *args.came):
        names.setdefault(guest.id, guest.name)
    came = [id for id in meeting.came if id not in args.absent]
    came += [guest.id for guest in args.came if guest.id not in came]
    for id in args.uninvite:
        if id not in came:
            names.pop(id, None)
    meeting.enterprises = list(names)
    meeting.enterprise_names = list(names.values())
    meeting.came = came
    return Outcome((Write(Meeting.kind, meeting.id, meeting.to_body()),))


@change_function("meeting.add", Role.COORDINATOR, Role.LEADER)
def add(documents: Documents, change: Change, context: Context) -> Outcome:
    """Matters for the agenda. An issue that stands on it already is left as it is."""
    args = Add.model_validate(change.args)
    meeting = _recordable(documents, change.doc[1], context)
    there = items_of(documents, meeting.id)
    known = {item.id for item in there}
    order = max((item.order for item in there), default=0)
    writes = []
    for place, new in enumerate(args.items):
        id = (
            issue_item_id(meeting.id, new.issue)
            if new.issue
            else new.id or derived_id(change.mid, str(place))
        )
        if id in known:
            continue
        if not new.issue and documents.get(MeetingItem.kind, id) is not None:
            raise Refusal("exists", "这条记录已经存在，没有覆盖它。请刷新后重新提交。", id=id)
        known.add(id)
        order += 1
        item = MeetingItem(**new.model_dump(exclude={"id"}), id=id, meeting=meeting.id, order=order)
        writes.append(Write(item.kind, id, item.to_body()))
    return Outcome(tuple(writes))


@change_function("meeting.reorder", Role.COORDINATOR)
def reorder(documents: Documents, change: Change, context: Context) -> Outcome:
    """The agenda in another order. What somebody else added meanwhile follows."""
    args = Reorder.model_validate(change.args)
    meeting = _planned(documents, change.doc[1])
    wanted = {id: place for place, id in enumerate(args.items)}
    there = items_of(documents, meeting.id)
    ordered = sorted(there, key=lambda item: (wanted.get(item.id, len(wanted)), item.order, item.id))
    writes = []
    for place, item in enumerate(ordered, start=1):
        if item.order != place:
            item.order = place
            writes.append(Write(item.kind, item.id, item.to_body()))
    return Outcome(tuple(writes))


@change_function("meeting.drop", Role.COORDINATOR)
def drop(documents: Documents, change: Change, context: Context) -> Outcome:
    """Take a matter off the agenda before the meeting; one that was carried on waits for the next one again."""
    item = MeetingItem.of(need(documents, *change.doc))
    _planned(documents, item.meeting)
    if item.outcome is not ItemOutcome.OPEN or item.done:
        raise Refusal("item_state", "这一项已经有结论，不能撤下。")
    return Outcome((Write(item.kind, item.id, None), *_let_go(documents, [item])))


@change_function("meeting.outcome", Role.COORDINATOR, Role.LEADER)
def outcome(documents: Documents, change: Change, context: Context) -> Outcome:
    """What the meeting did with an item: decision, who, until when. Without who and until there is nothing to follow."""
    args = Settle.model_validate(change.args)
    item = MeetingItem.of(need(documents, *change.doc))
    meeting = _recordable(documents, item.meeting, context)
    if item.carried_to is not None:
        raise Refusal("item_state", "这一项已转到下一次会议，请在那里记结论。")
    if args.outcome is ItemOutcome.OPEN and meeting.state is MeetingState.HELD:
        raise Refusal("item_state", "会议已经开过，结论不能改回「未议」。")
    if args.outcome is ItemOutcome.ASSIGNED and item.issue is None:
        raise Refusal("item_state", "只有诉求能交办；其他议题请记「已议定」，写明谁办、何时办完。")
    if args.outcome is ItemOutcome.RECORDED and not (args.decision or "").strip():
        raise Refusal("decision", "请写明议定的内容。", field="decision")
    item.outcome = args.outcome
    item.decision = args.decision
    item.department_name = args.department_name
    item.person_name = args.person_name
    item.due_on = args.due_on
    followed = args.person_name or args.department_name or args.due_on
    item.done = args.outcome is ItemOutcome.SOLVED or (
        args.outcome is ItemOutcome.RECORDED and item.issue is None and not followed
    )
    item.done_at = to_text(context.now) if item.done else None
    item.done_by_name = context.actor.name if item.done else None
    return Outcome((Write(item.kind, item.id, item.to_body()),))


@change_function("meeting.done", Role.COORDINATOR)
def done(documents: Documents, change: Change, context: Context) -> Outcome:
    """What was decided has been done: it is not carried on any more."""
    args = Done.model_validate(change.args)
    item = MeetingItem.of(need(documents, *change.doc))
    if item.carried_to is not None:
        raise Refusal("item_state", "这一项已转到下一次会议，请在那里销。")
    if item.issue is not None:
        raise Refusal("item_state", "诉求按自己的流程办结、销号，不在会议里销。")
    if item.done:
        return Outcome()
    item.done = True
    item.done_at = to_text(context.now)
    item.done_by_name = context.actor.name
    item.done_text = args.text
    return Outcome((Write(item.kind, item.id, item.to_body()),))


@change_function("meeting.hold", Role.COORDINATOR)
def hold(documents: Documents, change: Change, context: Context) -> Outcome:
    """The meeting was held; its minutes. What is not done goes onto the next planned one of its kind, if there is one."""
    args = Hold.model_validate(change.args)
    meeting = _planned(documents, change.doc[1])
    meeting.state = MeetingState.HELD
    meeting.minutes = args.minutes
    meeting.held_at = to_text(context.now)
    meeting.held_by_name = context.actor.name
    return Outcome(
        (Write(Meeting.kind, meeting.id, meeting.to_body()), *_hand_on(documents, meeting, change))
    )


@change_function("meeting.cancel", Role.COORDINATOR)
def cancel(documents: Documents, change: Change, context: Context) -> Outcome:
    """Called off, with the reason. What was on its agenda goes on with the next one."""
    args = Cancel.model_validate(change.args)
    meeting = _planned(documents, change.doc[1])
    meeting.state = MeetingState.CANCELLED
    meeting.cancel_reason = args.reason
    return Outcome(
        (Write(Meeting.kind, meeting.id, meeting.to_body()), *_hand_on(documents, meeting, change))
    )


def _planned(documents: Documents, id: str) -> Meeting:
    meeting = Meeting.of(need(documents, Meeting.kind, id))
    if meeting.state is not MeetingState.PLANNED:
        raise _wrong_state(meeting)
    return meeting


def _recordable(documents: Documents, id: str, context: Context) -> Meeting:
    """A meeting at which this person may write something down: before, while and after it is held."""
    meeting = Meeting.of(need(documents, Meeting.kind, id))
    if meeting.state is MeetingState.CANCELLED:
        raise _wrong_state(meeting)
    if not may_record(context.actor.roles, meeting.meeting_kind):
        raise Refusal("role", "这类会议由协调员记录。领导可以在联席会上交办、记结论。")
    return meeting


def _wrong_state(meeting: Meeting) -> Refusal:
    word = MEETING_STATE_NAMES[meeting.state]
    return Refusal(
        "meeting_state",
        f"这次会议现在是「{word}」，不能做这个操作。请刷新后再看。",
        state=meeting.state.value,
    )


def _same_kind(documents: Documents, meeting: Meeting) -> list[Meeting]:
    found = [Meeting.of(document) for document in documents.of_kind(Meeting.kind)]
    others = (one for one in found if one.meeting_kind is meeting.meeting_kind and one.id != meeting.id)
    return sorted(others, key=lambda one: (one.day, one.start or "", one.id))


def _hand_on(documents: Documents, meeting: Meeting, change: Change) -> list[Write]:
    """What this meeting leaves undone, onto the next planned one; else it waits until one is planned."""
    here = (meeting.day, meeting.start or "")
    for target in _same_kind(documents, meeting):
        if target.state is not MeetingState.PLANNED or (target.day, target.start or "") < here:
            continue
        order = max((item.order for item in items_of(documents, target.id)), default=0)
        return _carry(items_of(documents, meeting.id), target, order, change)
    return []


def _carry(items: Iterable[MeetingItem], target: Meeting, order: int, change: Change) -> list[Write]:
    """New items that go on with those not done, and the old ones saying where they went."""
    writes = []
    for item in items:
        if not item.goes_on:
            continue
        order += 1
        # Who and until when stay as they were decided, so that the next meeting asks after them.
        new = item.model_copy(
            update={
                "id": derived_id(change.mid, item.id),
                "meeting": target.id,
                "order": order,
                "outcome": ItemOutcome.OPEN,
                "carried_from": item.id,
            }
        )
        item.carried_to = new.id
        writes += [Write(item.kind, item.id, item.to_body()), Write(new.kind, new.id, new.to_body())]
    return writes


def _let_go(documents: Documents, items: Iterable[MeetingItem]) -> list[Write]:
    writes = []
    for item in items:
        former = documents.get(MeetingItem.kind, item.carried_from) if item.carried_from else None
        if former is not None:
            before = MeetingItem.of(former)
            before.carried_to = None
            writes.append(Write(before.kind, before.id, before.to_body()))
    return writes
