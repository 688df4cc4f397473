"""What is seen of trips, groups on site and events: the lists, and one of them whole with what may be done about it.

Whoever works park-wide reads trips and reports of others from their rows in the directory; one's own are here whole.
No list is ordered or summed by person (domain.md §2.12).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.activity import (
    EVENT_KINDS,
    EVENT_STATES,
    GROUP_STATES,
    LEAD_STATES,
    PARK_OWNED,
    REPORT_ROW,
    RHYTHMS,
    TRIP_KINDS,
    TRIP_ROW,
    TRIP_STATES,
    Event,
    EventGuest,
    EventItem,
    EventState,
    GroupReport,
    GroupState,
    Happening,
    Lead,
    LeadState,
    RecruitGroup,
    Trip,
    TripState,
)
from app.domain.activity_moves import MOVES, TRAVELLERS, why_not
from app.domain.activity_reports import Lamp, Standing, asked_of, is_running, standings
from app.domain.clock import from_text
from app.domain.enterprise import Enterprise
from app.domain.people import Role, sees_whole_park
from app.errors import KnownError
from app.services import words
from app.services.desk import Desk

TRIPS, GROUPS, EVENTS, TARGETS = "trips", "groups", "events", "targets"
VIEWS = {TRIPS: "外出招商", GROUPS: "驻点组", EVENTS: "活动", TARGETS: "年度目标"}
MAKERS = {TRIPS: "trip.plan", GROUPS: "group.form", EVENTS: "event.plan", TARGETS: "target.set"}
MAKER_WORDS = {
    "trip.plan": "登记外出",
    "group.form": "派出驻点组",
    "event.plan": "计划活动",
    "target.set": "定目标",
}
TRAIL_WORDS = {
    **MAKER_WORDS,
    **{name: move.word for name, move in MOVES.items()},
    "event.guests": "企业",
    "target.edit": "改",
    "target.progress": "填进度",
    "target.strike": "划去一次进度",
    "target.withdraw": "撤销",
}
_TRIP_TONES = {
    TripState.PLANNED: "blue",
    TripState.BACK: "green",
    TripState.CLOSED: "grey",
    TripState.CANCELLED: "grey",
}
_EVENT_TONES = {EventState.PLANNED: "blue", EventState.HELD: "green", EventState.CANCELLED: "grey"}
_LEAD_TONES = {LeadState.FOLLOWING: "blue", LeadState.SIGNED: "green", LeadState.DROPPED: "grey"}
LAMPS = {
    Lamp.FILED: ("green", "已报"),
    Lamp.FILED_LATE: ("yellow", "迟报"),
    Lamp.AHEAD: ("grey", "没到时候"),
    Lamp.SOON: ("blue", "快到期"),
    Lamp.TODAY: ("yellow", "今天到期"),
    Lamp.OVERDUE: ("red", "逾期"),
}
AWAY = "这次外出由{name}登记，要补充请找他。"


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """One row of any of the lists. `cells` are what the columns behind the light show, by view (`ui/activities/model.py`)."""

    id: str
    view: str
    tone: str
    word: str
    title: str
    cells: tuple[str, ...]
    over: bool = False
    """Ended: not among those one has to do with."""
    share: float = 0.0
    mark: float | None = None
    """Of a target: how far it is and how far it should be, 0–1 of the plan."""


@dataclass(frozen=True, slots=True)
class PartLine:
    """A lead, a report owed, a guest, an item, a progress: with what may be done about it as (action, word)."""

    id: str
    text: str
    remark: str
    tone: str
    word: str
    actions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """One of them whole. `blocked` are (word, why not)."""

    id: str
    view: str
    line: ActivityLine
    facts: tuple[tuple[str, str], ...]
    actions: tuple[tuple[str, str], ...]
    blocked: tuple[tuple[str, str], ...]
    parts: tuple[tuple[str, tuple[PartLine, ...]], ...]
    """(heading, lines)."""
    trail: tuple[tuple[str, str], ...]
    guests: tuple[EventGuest, ...] = ()


def views_of(desk: Desk) -> dict[str, str]:
    """The views this person has: events and targets are the park's."""
    whole = sees_whole_park(desk.signed_in().actor.roles)
    return {key: word for key, word in VIEWS.items() if whole or key in (TRIPS, GROUPS)}


def maker_of(desk: Desk, view: str) -> str:
    """The change that makes a new one in this view, "" where this person makes none."""
    roles = desk.signed_in().actor.roles
    may = TRAVELLERS if view == TRIPS else {Role.COORDINATOR}
    return MAKERS[view] if roles & may else ""


def trips_of(desk: Desk) -> list[Trip]:
    """Every trip this laptop knows of, the latest first."""
    bodies = {one.id: one.body for one in desk.store.of_kind(TRIP_ROW)}
    bodies.update((one.id, one.body) for one in desk.store.of_kind(Trip.kind))
    trips = [Trip.model_validate(body) for body in bodies.values()]
    return sorted(trips, key=lambda one: (one.starts_on, one.id), reverse=True)


def groups_of(desk: Desk) -> list[RecruitGroup]:
    """The groups: all for whoever works park-wide, else those one is or was in."""
    session = desk.signed_in()
    groups = [RecruitGroup.of(one) for one in desk.store.of_kind(RecruitGroup.kind)]
    if not sees_whole_park(session.actor.roles):
        me = session.person
        groups = [one for one in groups if me in one.heads or any(m.person == me for m in one.members)]
    return sorted(groups, key=lambda one: (one.starts_on, one.id), reverse=True)


def reports_of(desk: Desk) -> list[GroupReport]:
    """Every report this laptop knows of."""
    bodies = {one.id: one.body for one in desk.store.of_kind(REPORT_ROW)}
    bodies.update((one.id, one.body) for one in desk.store.of_kind(GroupReport.kind))
    return [GroupReport.model_validate(body) for body in bodies.values()]


def standings_of(desk: Desk, group: RecruitGroup, reports: Sequence[GroupReport]) -> list[Standing]:
    """How the reports of a group stand for this person: who only sees his own is told of those he owes or wrote."""
    session = desk.signed_in()
    found = standings(group, reports, desk.today, desk.calendar)
    if sees_whole_park(session.actor.roles):
        return found
    return [one for one in found if one.report is not None or asked_of(group, session.person, one)]


def listing(desk: Desk, view: str) -> list[ActivityLine]:
    """The rows of a view (but targets, `app.services.targets`)."""
    if view == TRIPS:
        return [trip_line(one, desk.today) for one in trips_of(desk)]
    if view == GROUPS:
        reports = reports_of(desk)
        return [_group_line(one, standings_of(desk, one, reports), desk.today) for one in groups_of(desk)]
    events = [Event.of(one) for one in desk.store.of_kind(Event.kind)]
    return [_event_line(one) for one in sorted(events, key=lambda one: (one.day, one.id), reverse=True)]


def page(desk: Desk, view: str, id: str) -> ActivityPage:
    """One of a view whole. KnownError where it is not on this laptop."""
    if view == TRIPS:
        return _trip_page(desk, id)
    if view == GROUPS:
        return _group_page(desk, id)
    return _event_page(desk, id)


def missing() -> KnownError:
    return KnownError("missing", "这条记录不在本机。请按 F5 同步一次再看。")


def span(first: str, last: str | None) -> str:
    """`11月16日–11月18日`."""
    if last == first:
        return words.day_of_text(first)
    return (
        f"{words.day_of_text(first)}–{words.day_of_text(last)}" if last else f"{words.day_of_text(first)}起"
    )


def trail_lines(trail: Sequence[Happening]) -> tuple[tuple[str, str], ...]:
    """The trail, the latest first, as (when, what)."""
    return tuple(
        (
            words.moment(from_text(one.at)),
            "：".join(
                filter(None, (f"{one.person_name} · {TRAIL_WORDS.get(one.action, one.action)}", one.text))
            ),
        )
        for one in reversed(trail)
    )


def _offered(
    desk: Desk, document: Trip | RecruitGroup | Event, hidden: frozenset[str]
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """What may be done now, and of what only something else stands in the way: why."""
    actor, today = desk.signed_in().actor, desk.today.isoformat()
    actions, blocked = [], []
    for move in MOVES.values():
        if move.kind != document.kind or move.name in hidden or not actor.roles & move.roles:
            continue
        reason = why_not(move, document, actor, today)
        if reason is None:
            actions.append((move.name, move.word))
        elif document.state in move.sources:
            blocked.append((move.word, reason))
    return tuple(actions), tuple(blocked)


# ---------------------------------------------------------------------- trips


def trip_line(trip: Trip, today: date) -> ActivityLine:
    """A trip in its list."""
    late = trip.late(today.isoformat())
    tone, word = _TRIP_TONES[trip.state], TRIP_STATES[trip.state]
    if trip.state is TripState.BACK and late:
        tone, word = "red", f"{len(late)} 条待跟进"
    elif trip.state is TripState.PLANNED and trip.ends_on < today.isoformat():
        tone, word = "yellow", "待登记结果"
    signed = sum(lead.state is LeadState.SIGNED for lead in trip.leads)
    leads = f"{len(trip.leads)} 条" + (f"，签约 {signed}" if signed else "") if trip.leads else ""
    return ActivityLine(
        trip.id, TRIPS, tone, word, trip.title,
        (trip.place, span(trip.starts_on, trip.ends_on), "、".join(trip.people), leads),
        over=trip.state in (TripState.CLOSED, TripState.CANCELLED),
    )  # fmt: skip


def _trip_page(desk: Desk, id: str) -> ActivityPage:
    trip = next((one for one in trips_of(desk) if one.id == id), None)
    if trip is None:
        raise missing()
    here = desk.store.get(Trip.kind, id) is not None
    actions, blocked = _offered(desk, trip, frozenset({"trip.follow"})) if here else ((), ())
    if not here:
        blocked = (("", AWAY.format(name=trip.made_by_name)),)
    follows = here and trip.state is TripState.BACK and bool(desk.signed_in().actor.roles & TRAVELLERS)
    leads = tuple(_lead_line(one, desk.today, follows) for one in trip.leads)
    facts = (
        ("类型", TRIP_KINDS[trip.trip_kind]), ("去哪里", trip.place), ("时间", span(trip.starts_on, trip.ends_on)),
        ("人员", "、".join(trip.people)), ("拟见企业", "、".join(trip.companies)), ("目的", trip.purpose),
        ("见了谁", trip.met), ("结果", trip.result), ("取消原因", trip.reason), ("登记", trip.made_by_name),
    )  # fmt: skip
    parts = (("线索", leads),) if trip.leads else ()
    return ActivityPage(
        id,
        TRIPS,
        trip_line(trip, desk.today),
        _known(facts),
        actions,
        blocked,
        parts,
        trail_lines(trip.trail),
    )


def _lead_line(lead: Lead, today: date, follows: bool) -> PartLine:
    tone, word = _LEAD_TONES[lead.state], LEAD_STATES[lead.state]
    late = lead.state is LeadState.FOLLOWING and lead.next_on is not None and lead.next_on < today.isoformat()
    if late:
        tone, word = "red", "该跟进了"
    asked = f"{words.day_of_text(lead.next_on)}再联系" if lead.next_on else ""
    last = f"{words.day_of_text(lead.notes[-1].day)}：{lead.notes[-1].text}" if lead.notes else lead.about
    return PartLine(
        lead.id, lead.company, "，".join(part for part in (last, asked, lead.contact) if part), tone, word,
        (("trip.follow", "记跟进"),) if follows else (),
    )  # fmt: skip


# ---------------------------------------------------------------------- groups


def _group_line(group: RecruitGroup, found: Sequence[Standing], today: date) -> ActivityLine:
    running = is_running(group, today)
    tone, word = ("blue", GROUP_STATES[GroupState.RUNNING]) if running else ("grey", "已结束")
    if group.state is GroupState.ENDED:
        word = GROUP_STATES[GroupState.ENDED]
    elif running and group.starts_on > today.isoformat():
        word = "待出发"
    late = sum(one.lamp is Lamp.OVERDUE for one in found)
    now = [one for one in found if one.lamp in (Lamp.TODAY, Lamp.SOON)]
    told = ""
    if late:
        tone, word, told = "red", f"逾期 {late} 份", f"{late} 份报告逾期"
    elif now:
        told = f"{RHYTHMS[now[0].owed.rhythm]}{words.day(now[0].owed.due)}到期"
        if now[0].lamp is Lamp.TODAY:
            tone, word = "yellow", "今天要报"
    return ActivityLine(
        group.id, GROUPS, tone, word, group.name,
        (group.place, span(group.starts_on, group.ends_on), group.head_name, told),
        over=not running and not late,
    )  # fmt: skip


def _group_page(desk: Desk, id: str) -> ActivityPage:
    group = next((one for one in groups_of(desk) if one.id == id), None)
    if group is None:
        raise missing()
    found = standings_of(desk, group, reports_of(desk))
    actions, blocked = _offered(desk, group, frozenset())
    lines = tuple(_report_line(desk, group, one) for one in found)
    facts = (
        ("驻地", group.place), ("产业", group.industry), ("时间", span(group.starts_on, group.ends_on)),
        ("组员", "、".join(one.name for one in group.members)), ("报告人", group.head_name),
        ("报告", "、".join(RHYTHMS[one] for one in group.rhythms)), ("撤回说明", group.reason),
    )  # fmt: skip
    return ActivityPage(
        id, GROUPS, _group_line(group, found, desk.today), _known(facts), actions, blocked,
        (("周报和半月报", lines),) if lines else (), trail_lines(group.trail),
    )  # fmt: skip


def writes_reports(desk: Desk, group: RecruitGroup) -> bool:
    """Its head does; the coordinator where it has none."""
    session = desk.signed_in()
    if group.head is None:
        return Role.COORDINATOR in session.actor.roles
    return session.person == group.head


def _report_line(desk: Desk, group: RecruitGroup, one: Standing) -> PartLine:
    owed = one.owed
    tone, word = LAMPS[one.lamp]
    if one.lamp is Lamp.OVERDUE:
        word = words.workdays_left_word(-one.late_by)
    due = f"{words.day(owed.due)}到期"
    report = one.report
    if report is not None:
        due = f"对接 {report.contacted}，在谈 {report.talking}，签约 {report.signed}：{report.done}"
    own = desk.signed_in().person
    actions: tuple[tuple[str, str], ...] = ()
    if report is not None:
        may = report.owner == own or (
            writes_reports(desk, group) and desk.store.get(report.kind, report.id) is not None
        )
        actions = (("group.report", "看和改"),) if may else (("read", "看"),)
    else:
        actions = (("group.report", "填报"),) if writes_reports(desk, group) else ()
    first, last = words.day(owed.since), words.day(owed.until)
    return PartLine(
        f"{owed.rhythm}:{owed.first.isoformat()}",
        f"{RHYTHMS[owed.rhythm]} {first}–{last}",
        due,
        tone,
        word,
        actions,
    )


# ---------------------------------------------------------------------- events


def _event_line(event: Event) -> ActivityLine:
    came = sum(guest.came for guest in event.guests)
    told = f"邀请 {len(event.guests)} 家" if event.guests else ""
    if came or event.state is EventState.HELD:
        told = f"到场 {came} 家，邀请 {len(event.guests)} 家"
    return ActivityLine(
        event.id, EVENTS, _EVENT_TONES[event.state], EVENT_STATES[event.state], event.title,
        (EVENT_KINDS[event.event_kind], words.day_of_text(event.day), event.place or "", told),
        over=event.state is not EventState.PLANNED,
    )  # fmt: skip


def _event_page(desk: Desk, id: str) -> ActivityPage:
    event = event_of(desk, id)
    actions, blocked = _offered(desk, event, frozenset({"event.raised"}))
    keeps = Role.COORDINATOR in desk.signed_in().actor.roles and event.state is not EventState.CANCELLED
    if event.state is EventState.HELD or not event.guests:
        actions = tuple(
            (name, word)
            for name, word in actions
            if not (name == "event.guests" and event.state is EventState.HELD)
            and not (name == "event.note" and not event.guests)
        )
    facts = (
        ("类型", EVENT_KINDS[event.event_kind]), ("日期", words.long_day(date.fromisoformat(event.day))),
        ("地点", event.place), ("主办", event.organiser), ("方案", event.plan), ("成效", event.outcome),
        ("取消原因", event.reason),
    )  # fmt: skip
    guests = tuple(_guest_line(event, one, keeps) for one in event.guests)
    items = tuple(_item_line(desk, one, keeps) for one in event.items)
    parts = tuple(pair for pair in (("企业反映", items), ("邀请和到场", guests)) if pair[1])
    return ActivityPage(
        id, EVENTS, _event_line(event), _known(facts), actions, blocked, parts, trail_lines(event.trail),
        tuple(event.guests),
    )  # fmt: skip


def event_of(desk: Desk, id: str) -> Event:
    """KnownError where it is not on this laptop."""
    document = desk.store.get(Event.kind, id)
    if document is None:
        raise missing()
    return Event.of(document)


def _guest_line(event: Event, guest: EventGuest, keeps: bool) -> PartLine:
    came, off = ("event.absent", "没到"), ("event.uninvite", "不请了")
    actions: tuple[tuple[str, str], ...] = (came,) if guest.came else (("event.came", "到场"),)
    if event.state is EventState.PLANNED and not guest.came:
        actions = (off, *actions)
    tone, word = (
        ("green", "到场") if guest.came else ("grey", "未到" if event.state is EventState.HELD else "已邀请")
    )
    people = f"{guest.people} 人" if guest.people else ""
    return PartLine(guest.id, guest.name, people, tone, word, actions if keeps else ())


def _item_line(desk: Desk, item: EventItem, keeps: bool) -> PartLine:
    if item.issue:
        return PartLine(
            item.id, item.text, f"{item.enterprise_name}，诉求 {item.issue_number}", "green", "已转诉求",
            (("open_issue", "看诉求"),),
        )  # fmt: skip
    held = desk.store.get(Enterprise.kind, item.enterprise) is not None
    action = ("event.raised", "转为诉求") if held else ("fetch", "取资料")
    return PartLine(item.id, item.text, item.enterprise_name, "yellow", "待登记", (action,) if keeps else ())


def _known(facts: Sequence[tuple[str, str | None]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in facts if value)


def reminders(desk: Desk) -> list[tuple[str, str]]:
    """What this person should see to, as (text, view): his reports that are due, his leads that wait."""
    session, today = desk.signed_in(), desk.today.isoformat()
    found = []
    groups = [one for one in groups_of(desk) if writes_reports(desk, one)]
    reports = reports_of(desk) if groups else []
    for group in groups:
        standing = standings_of(desk, group, reports)
        late = sum(one.lamp is Lamp.OVERDUE for one in standing)
        due = sum(one.lamp is Lamp.TODAY for one in standing)
        if late or due:
            told = f"{late} 份报告逾期" if late else "报告今天到期"
            found.append((f"{group.name}：{told}", GROUPS))
    keeps = {session.person} | ({PARK_OWNED} if Role.COORDINATOR in session.actor.roles else set())
    trips = [Trip.of(one) for one in desk.store.of_kind(Trip.kind) if one.body.get("owner") in keeps]
    for trip in trips:
        waiting = len(trip.late(today)) if trip.state is TripState.BACK else 0
        if waiting:
            found.append((f"「{trip.title}」有 {waiting} 条线索该跟进", TRIPS))
    return found
