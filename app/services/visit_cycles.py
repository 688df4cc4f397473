"""走访周期: how often each enterprise is visited, and what another cycle would make of its due date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from app.domain import buckets
from app.domain.changes.base import Change
from app.domain.changes.visit_cycles import CYCLE_ORDER, CYCLE_ORDER_KIND
from app.domain.enterprise import Enterprise
from app.domain.ids import new_id
from app.domain.people import Role
from app.domain.projections import ENTERPRISE_ROW
from app.domain.visit import CYCLE_NAMES, Cycle, Due, VisitDue, cycle_of, visit_due
from app.errors import KnownError
from app.services import enterprises, words
from app.services.desk import Desk


@dataclass(frozen=True, slots=True)
class CycleLine:
    """One enterprise with its cycle. `due` is None where nobody looks after it, `since` the day somebody began to; `held`
    is False where only its light row is on this laptop."""

    id: str
    name: str
    officer_name: str
    cycle: Cycle
    last_visit: date | None
    since: date | None
    due: VisitDue | None
    held: bool

    @property
    def cycle_word(self) -> str:
        return CYCLE_NAMES[self.cycle]

    @property
    def due_word(self) -> str:
        return words.visit_due_word(self.due) if self.due else "没有分配"


@dataclass(frozen=True, slots=True)
class Effect:
    """What another cycle makes of one enterprise: `before` and `after` in words; `overdue`: it is late at once."""

    name: str
    before: str
    after: str
    overdue: bool


def listing(desk: Desk) -> list[CycleLine]:
    """An officer's own enterprises; a coordinator's whole park, by name."""
    own = {enterprise.id: assignment.since for enterprise, assignment in enterprises.mine(desk)}
    found: dict[str, CycleLine] = {}
    park = Role.COORDINATOR in desk.signed_in().actor.roles
    for kind in (ENTERPRISE_ROW, Enterprise.kind):
        for document in desk.store.of_kind(kind):
            if park or document.id in own:
                enterprise, held = Enterprise.of(document), kind == Enterprise.kind
                found[document.id] = _line(desk, enterprise, own.get(document.id), held=held)
    return sorted(found.values(), key=lambda line: line.name)


def _line(desk: Desk, enterprise: Enterprise, own: str | None, *, held: bool) -> CycleLine:
    days = [own] if own else [one.since for one in enterprise.people or ()]
    since = date.fromisoformat(min(days)) if days else None
    last = date.fromisoformat(enterprise.last_visit_on) if enterprise.last_visit_on else None
    cycle = cycle_of(enterprise.visit_cycle)
    return CycleLine(
        id=enterprise.id,
        name=enterprise.name,
        officer_name=enterprise.officer_name or "",
        cycle=cycle,
        last_visit=last,
        since=since,
        due=visit_due(last, since, desk.today, cycle) if since else None,
        held=held,
    )


def effects(desk: Desk, lines: Iterable[CycleLine], cycle: Cycle) -> list[Effect]:
    """What this cycle would make of those that have another one now."""
    return [_effect(desk, line, cycle) for line in lines if line.cycle is not cycle]


def _effect(desk: Desk, line: CycleLine, cycle: Cycle) -> Effect:
    if line.due is None or line.since is None:
        return Effect(line.name, line.cycle_word, CYCLE_NAMES[cycle], False)
    after = visit_due(line.last_visit, line.since, desk.today, cycle)
    overdue = after.due is Due.OVERDUE and line.due.due is not Due.OVERDUE
    return Effect(line.name, _said(line.due), _said(after), overdue)


def _said(due: VisitDue) -> str:
    if due.due is Due.DONE:
        return f"本期已走访（到 {words.day(due.by)}）"
    return f"{words.day(due.by)}前，{words.visit_due_word(due)}"


def set_cycles(desk: Desk, wanted: Mapping[str, Cycle]) -> dict[str, Cycle]:
    """Give enterprises (by id) a cycle each; returns what those that were altered had, so that it can be taken back.

    Those on this laptop are edited as any field; the others a coordinator orders, the centre does it with the next sync.
    """
    lines = {line.id: line for line in listing(desk)}
    altered = {id: cycle for id, cycle in wanted.items() if id in lines and lines[id].cycle is not cycle}
    changes: list[Change] = []
    away: list[dict[str, str]] = []
    for id, cycle in altered.items():
        document = desk.store.get(Enterprise.kind, id)
        if document is None:
            away.append({"enterprise": id, "cycle": cycle.value})
            continue
        fields = {"visit_cycle": [document.body.get("visit_cycle"), cycle.value]}
        bucket = buckets.of_enterprise(id)
        changes.append(desk.change("patch", bucket, Enterprise.kind, id, {"fields": fields}))
    if away:
        bucket = buckets.of_person(desk.signed_in().person)
        changes.append(desk.change(CYCLE_ORDER, bucket, CYCLE_ORDER_KIND, new_id(), {"cycles": away}))
    if not changes:
        raise KnownError("nothing_altered", "勾选的企业已经是这个周期，没有要改的。")
    desk.make(*changes)
    return {id: lines[id].cycle for id in altered}
