"""计划: what is planned and due, a day's route, and the calendar of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.domain import buckets
from app.domain.enterprise import Enterprise
from app.domain.enterprise_parts import Contact, masked
from app.domain.ids import new_id
from app.domain.people import Assignment
from app.domain.visit import CYCLE_NAMES, VISIT_KIND_NAMES, Due, VisitDue, VisitState, cycle_of, visit_due
from app.domain.visit_plan import PLAN_STATE_NAMES, PlanState, VisitPlan
from app.errors import KnownError
from app.services import enterprises, entries, visit_tables, visits, words
from app.services.desk import Desk

_ORDER = {Due.OVERDUE: 0, Due.SOON: 1, Due.LATER: 2, Due.DONE: 3}


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One planned visit. `missed`: its day is over and nobody went; `hint`: 合并入企, empty where there is no need."""

    id: str
    enterprise: str
    enterprise_name: str
    day: date
    place: int
    method_word: str
    kind_word: str
    purpose: str
    state: PlanState
    state_word: str
    missed: bool
    mine: bool
    reason: str
    method: str = ""
    visit_kind: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """One enterprise of a day's route: where it is, whom to call (masked), what to ask after."""

    plan: PlanLine
    address: str
    contact: str
    issues: tuple[str, ...]
    hint: str
    open_visit: str | None


@dataclass(frozen=True, slots=True)
class ToPlan:
    """An enterprise that is to be visited; `planned` is the next day somebody means to go, None where nobody does."""

    enterprise: str
    name: str
    cycle_word: str
    due: VisitDue
    word: str
    planned: date | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """What the page shows: the plans of `first` to `last`, missed ones of before, and what is due."""

    first: date
    last: date
    plans: tuple[PlanLine, ...]
    missed: tuple[PlanLine, ...]
    due: tuple[ToPlan, ...]

    def of(self, day: date) -> tuple[PlanLine, ...]:
        """A day's plans in their turn."""
        return tuple(line for line in self.plans if line.day == day)


def calendar(desk: Desk, first: date, last: date) -> Calendar:
    """The officer's plans between two days, both included; cancelled ones are left out."""
    lines = [line for line in listing(desk) if line.mine]
    standing = [line for line in lines if line.state is not PlanState.CANCELLED]
    return Calendar(
        first=first,
        last=last,
        plans=tuple(line for line in standing if first <= line.day <= last),
        missed=tuple(line for line in standing if line.missed),
        due=tuple(_to_plan(desk, lines)),
    )


def listing(desk: Desk) -> list[PlanLine]:
    """Every plan on this laptop, by day and turn."""
    plans = [VisitPlan.of(document) for document in desk.store.of_kind(VisitPlan.kind)]
    held = {enterprise.id for enterprise, _ in enterprises.mine(desk)}
    person = desk.signed_in().person
    return [
        PlanLine(
            id=plan.id,
            enterprise=plan.enterprise,
            enterprise_name=plan.enterprise_name,
            day=date.fromisoformat(plan.day),
            place=plan.place,
            method_word=visits.method_word(plan.method),
            kind_word={str(kind): word for kind, word in VISIT_KIND_NAMES.items()}.get(plan.visit_kind, ""),
            purpose=plan.purpose or "",
            state=plan.state,
            state_word=PLAN_STATE_NAMES[plan.state],
            missed=plan.state is PlanState.PLANNED and date.fromisoformat(plan.day) < desk.today,
            mine=plan.officer == person or plan.enterprise in held,
            reason=plan.reason or "",
            method=plan.method,
            visit_kind=plan.visit_kind,
        )
        for plan in sorted(plans, key=lambda plan: (plan.day, plan.place, plan.made_at))
    ]


def _to_plan(desk: Desk, lines: Sequence[PlanLine]) -> list[ToPlan]:
    found = []
    for enterprise, assignment in enterprises.mine(desk):
        due = due_of(desk, enterprise, assignment)
        if due.due is Due.DONE:
            continue
        ahead = [
            line.day
            for line in lines
            if line.enterprise == enterprise.id and line.state is PlanState.PLANNED and not line.missed
        ]
        cycle = CYCLE_NAMES[cycle_of(enterprise.visit_cycle)]
        word = words.visit_due_word(due)
        found.append(ToPlan(enterprise.id, enterprise.name, cycle, due, word, min(ahead, default=None)))
    return sorted(found, key=lambda row: (row.planned is not None, _ORDER[row.due.due], row.due.by, row.name))


def due_of(desk: Desk, enterprise: Enterprise, assignment: Assignment) -> VisitDue:
    """When the next visit is due, by the enterprise's cycle."""
    last = date.fromisoformat(enterprise.last_visit_on) if enterprise.last_visit_on else None
    since = date.fromisoformat(assignment.since)
    return visit_due(last, since, desk.today, cycle_of(enterprise.visit_cycle))


def route(desk: Desk, day: date) -> list[Stop]:
    """A day's enterprises in their turn, with what one needs on the way."""
    lines = [line for line in listing(desk) if line.mine and line.day == day]
    return [_stop(desk, line) for line in lines if line.state is not PlanState.CANCELLED]


def _stop(desk: Desk, line: PlanLine) -> Stop:
    document = desk.store.get(Enterprise.kind, line.enterprise)
    enterprise = Enterprise.of(document) if document else None
    standing = visits.open_visit_of(desk, line.enterprise)
    issues = visit_tables.open_issues(desk, line.enterprise)
    return Stop(
        plan=line,
        address=(enterprise.address or "") if enterprise else "",
        contact=contact_text(desk, line.enterprise),
        issues=tuple(f"{issue.number} {issue.title}" for issue in issues),
        hint=_hint(desk, line),
        open_visit=standing.id if standing else None,
    )


def _hint(desk: Desk, line: PlanLine) -> str:
    if line.state is not PlanState.PLANNED or line.missed:
        return ""
    visited = visits.open_visit_of(desk, line.enterprise)
    return entries.crowd_hint(desk, line.enterprise, line.day, visited.id if visited else None)


def contact_text(desk: Desk, enterprise: str) -> str:
    """The main contact with the phone masked (domain.md §3.8); empty where none is entered."""
    bucket = buckets.of_enterprise(enterprise)
    contacts = [Contact.of(document) for document in desk.store.of_kind(Contact.kind, bucket)]
    for contact in sorted(contacts, key=lambda contact: not contact.main):
        duty = f"（{contact.duty}）" if contact.duty else ""
        return f"{contact.name}{duty} {masked(contact.phone or '')}".strip()
    return ""


# ---------------------------------------------------------------- acting


def plan(desk: Desk, enterprise: str, day: date, **fields: Any) -> str:
    """Plan a visit as the last of that day (args of `visit_plan.make`); gives its id. Refusal with the reason."""
    id = new_id()
    args = {"day": day.isoformat(), "place": _next_place(desk, day), **fields}
    desk.make(desk.change("visit_plan.make", buckets.of_enterprise(enterprise), VisitPlan.kind, id, args))
    return id


def describe(desk: Desk, id: str, fields: Mapping[str, str | None]) -> None:
    """Method, kind or purpose of a planned visit (args of `visit_plan.describe`)."""
    _act(desk, id, "visit_plan.describe", dict(fields))


def move(desk: Desk, id: str, day: date, reason: str = "") -> None:
    """改期."""
    args = {"day": day.isoformat(), "place": _next_place(desk, day), "reason": reason or None}
    _act(desk, id, "visit_plan.move", args)


def cancel(desk: Desk, id: str, reason: str) -> None:
    """Call a planned visit off."""
    _act(desk, id, "visit_plan.cancel", {"reason": reason})


def put_in_order(desk: Desk, ids: Sequence[str]) -> None:
    """The day's plans in this turn; whole or not at all."""
    places = {line.id: line for line in listing(desk)}
    changes = [
        _change(desk, id, "visit_plan.order", {"place": place})
        for place, id in enumerate(ids)
        if id in places and places[id].state is PlanState.PLANNED and places[id].place != place
    ]
    if changes:
        desk.make(*changes)


def _next_place(desk: Desk, day: date) -> int:
    return max((line.place + 1 for line in listing(desk) if line.mine and line.day == day), default=0)


def _act(desk: Desk, id: str, name: str, args: dict[str, Any]) -> None:
    desk.make(_change(desk, id, name, args))


def _change(desk: Desk, id: str, name: str, args: dict[str, Any]) -> Any:
    document = desk.store.get(VisitPlan.kind, id)
    if document is None:
        raise KnownError("not_held", "这条计划不在本机，可能企业已经移交。请同步后再看。")
    return desk.change(name, document.bucket, VisitPlan.kind, id, args)


def start(desk: Desk, id: str) -> str:
    """Go: open the visit (or go on with it) as it was planned; gives the visit's id."""
    document = desk.store.get(VisitPlan.kind, id)
    if document is None:
        raise KnownError("not_held", "这条计划不在本机，可能企业已经移交。请同步后再看。")
    planned = VisitPlan.of(document)
    opened = visits.start_visit(desk, planned.enterprise, **visits.described_by(planned))
    return opened.id


def month_of(day: date) -> tuple[date, date]:
    """The whole weeks, Monday to Sunday, that a month is drawn in."""
    first = day.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    last = following - timedelta(days=1)
    return first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())


def returned(desk: Desk) -> list[visits.VisitLine]:
    """Own visits that were given back and wait to be put right."""
    return [
        line for line in visits.listing(desk) if line.returned and line.mine and line.state is VisitState.OPEN
    ]
