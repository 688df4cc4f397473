"""Events for enterprises (`m:<park>`): planned, invited, held, with what enterprises said there."""

from __future__ import annotations

from pydantic import BaseModel, Field

from app.domain import buckets
from app.domain.activity import MOST, Event, EventGuest, EventItem, EventKind, EventState
from app.domain.changes.activities import Reason
from app.domain.changes.activity_trail import allowed, at_home, edited, new_document, written
from app.domain.changes.base import Change, Context, Outcome, Refusal, change_function, need
from app.domain.documents import Documents
from app.domain.people import Role

EVENT_FIELDS = {
    "event_kind": "类型",
    "title": "名称",
    "day": "日期",
    "place": "地点",
    "organiser": "主办",
    "plan": "方案",
}
MOST_GUESTS = 2000


class PlanEvent(BaseModel):
    """args of `event.plan`."""

    event_kind: EventKind
    title: str
    day: str
    place: str | None = None
    organiser: str | None = None
    plan: str | None = None


class Named(BaseModel):
    """An enterprise by id and name."""

    id: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=120)


class Came(Named):
    """An enterprise that came, with how many."""

    people: int | None = Field(default=None, ge=0, le=10_000)


class EventGuests(BaseModel):
    """args of `event.guests`: one by one, so that two people's lists never meet."""

    invite: list[Named] = []
    uninvite: list[str] = []
    came: list[Came] = []
    absent: list[str] = []


class Note(BaseModel):
    """args of `event.note`."""

    id: str = Field(min_length=1, max_length=64)
    enterprise: Named
    text: str = Field(min_length=1, max_length=200)


class Raised(BaseModel):
    """args of `event.raised`: the issue an item has become."""

    item: str
    issue: str = Field(min_length=1, max_length=64)
    issue_number: str = Field(min_length=1, max_length=64)


class Outcomes(BaseModel):
    """args of `event.hold` and `event.outcome`."""

    outcome: str = Field(min_length=1, max_length=4000)


@change_function("event.plan", Role.COORDINATOR)
def plan_event(documents: Documents, change: Change, context: Context) -> Outcome:
    """An event is planned."""
    args = PlanEvent.model_validate(change.args)
    new_document(documents, change, Event.kind, buckets.meetings(context.park))
    return written(Event(**args.model_dump(), id=change.doc[1]), change, context)


@change_function("event.edit", Role.COORDINATOR)
def edit_event(documents: Documents, change: Change, context: Context) -> Outcome:
    """Facts of an event before it."""
    event, words = edited(_event(documents, change, context), change, EVENT_FIELDS)
    return written(event, change, context, words) if words else Outcome()


@change_function("event.guests", Role.COORDINATOR)
def event_guests(documents: Documents, change: Change, context: Context) -> Outcome:
    """Invite enterprises or no longer, and tick who came. Who came stays until taken back."""
    args = EventGuests.model_validate(change.args)
    event = _event(documents, change, context)
    if event.state is EventState.HELD and (args.invite or args.uninvite):
        raise Refusal("activity_state", "活动已经办过，邀请名单不再改；到场情况可以补。")
    guests = {guest.id: guest for guest in event.guests}
    for one in args.invite:
        guests.setdefault(one.id, EventGuest(id=one.id, name=one.name))
    for came in args.came:
        guest = guests.setdefault(came.id, EventGuest(id=came.id, name=came.name))
        guest.came, guest.people = True, came.people
    for id in args.absent:
        if id in guests:
            guests[id].came, guests[id].people = False, None
    for id in args.uninvite:
        if id in guests and not guests[id].came:
            del guests[id]
    if len(guests) > MOST_GUESTS:
        raise Refusal("too_many", f"一次活动最多请 {MOST_GUESTS} 家。")
    event.guests = list(guests.values())
    return written(event, change, context, _told(args, guests))


def _told(args: EventGuests, guests: dict[str, EventGuest]) -> str:
    parts = []
    if args.invite:
        parts.append(f"邀请 {len(args.invite)} 家")
    if args.uninvite:
        parts.append(f"不再邀请 {len(args.uninvite)} 家")
    parts += [f"{one.name}到场" for one in args.came[:3]]
    parts += [f"{guests[id].name}未到场" for id in args.absent[:3] if id in guests]
    return "、".join(parts)


@change_function("event.note", Role.COORDINATOR)
def note(documents: Documents, change: Change, context: Context) -> Outcome:
    """What an enterprise said at the event, which may become an issue."""
    args = Note.model_validate(change.args)
    event = _event(documents, change, context)
    if event.item(args.id) is not None:
        return Outcome()
    if len(event.items) >= MOST:
        raise Refusal("too_many", f"一次活动最多记 {MOST} 条反映。")
    item = EventItem(
        id=args.id, enterprise=args.enterprise.id, enterprise_name=args.enterprise.name, text=args.text
    )
    event.items = [*event.items, item]
    return written(event, change, context, f"{item.enterprise_name}：{item.text}")


@change_function("event.raised", Role.COORDINATOR)
def raised(documents: Documents, change: Change, context: Context) -> Outcome:
    """An item was raised as an issue: from then on the issue's own loop says where it is."""
    args = Raised.model_validate(change.args)
    event = _event(documents, change, context)
    item = event.item(args.item)
    if item is None:
        raise Refusal("missing", "没有这条反映，请刷新后再看。", field="item")
    if item.issue is not None and item.issue != args.issue:
        raise Refusal("raised", f"这条已登记为诉求 {item.issue_number}，不用再登记。")
    item.issue, item.issue_number = args.issue, args.issue_number
    return written(event, change, context, f"{item.enterprise_name}：{item.text}")


@change_function("event.hold", Role.COORDINATOR)
def hold_event(documents: Documents, change: Change, context: Context) -> Outcome:
    """It was held; what came of it."""
    event = _event(documents, change, context)
    event.outcome = Outcomes.model_validate(change.args).outcome
    event.state = EventState.HELD
    return written(event, change, context, event.outcome)


@change_function("event.outcome", Role.COORDINATOR)
def amend_outcome(documents: Documents, change: Change, context: Context) -> Outcome:
    """What came of it, written anew: the trail keeps what stood before."""
    event = _event(documents, change, context)
    before, event.outcome = event.outcome, Outcomes.model_validate(change.args).outcome
    return written(event, change, context, f"原来写的是：{before}")


@change_function("event.cancel", Role.COORDINATOR)
def cancel_event(documents: Documents, change: Change, context: Context) -> Outcome:
    """Called off, with the reason."""
    event = _event(documents, change, context)
    event.reason = Reason.model_validate(change.args).reason
    event.state = EventState.CANCELLED
    return written(event, change, context, event.reason)


def _event(documents: Documents, change: Change, context: Context) -> Event:
    at_home(change, Event.kind, buckets.meetings(context.park))
    event = Event.of(need(documents, *change.doc))
    allowed(change, context, event)
    return event
