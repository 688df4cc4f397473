"""Who looks after which enterprise: given, handed over with dates, ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel, Field

from app.domain import buckets
from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function, need
from app.domain.clock import beijing_date, to_text
from app.domain.documents import Documents
from app.domain.enterprise import Enterprise, LookedAfterBy
from app.domain.ids import derived_id
from app.domain.people import Assignment, Role
from app.domain.team import DUTY_NAMES

OWN_ASSIGNMENT = "own_assignment"
ORDER = "assignment.order"
ORDER_KIND = "assignment_order"
PEOPLE = "enterprise.people"


class Grant(BaseModel):
    """args of `assignment.grant`. `team` and `duty` where he looks after it with others."""

    person: str
    person_name: str
    role: Role = Role.OFFICER
    since: date | None = None
    team: str | None = None
    duty: str | None = None


class End(BaseModel):
    """args of `assignment.end`. `until`: the last day; without it the enterprise goes at once."""

    until: date | None = None


class GrantOne(Grant):
    """One enterprise of an order that is given."""

    enterprise: str = Field(max_length=100)


class EndOne(End):
    """One assignment of an order that ends."""

    enterprise: str = Field(max_length=100)
    assignment: str = Field(max_length=120)


class Order(BaseModel):
    """args of `assignment.order`."""

    grants: list[GrantOne] = Field(default=[], max_length=500)
    ends: list[EndOne] = Field(default=[], max_length=500)


@change_function("assignment.grant", Role.ADMIN, Role.COORDINATOR)
def grant(documents: Documents, change: Change, context: Context) -> Outcome:
    """Give an enterprise to a person: he has its data at once, so that he can prepare; it counts from `since` on.

    Nothing to do where he has it already with the same duty; where only team or duty differ, those are altered.
    """
    args = Grant.model_validate(change.args)
    if args.duty is not None and args.duty not in DUTY_NAMES:
        raise Refusal("team_duty", "没有这种分工，请重新选择。", field="duty")
    enterprise = Enterprise.of(need(documents, Enterprise.kind, buckets.subject_of(change.bucket)))
    standing = _standing(documents, args)
    if standing is not None and _same(standing, args):
        return Outcome()
    since = args.since or beijing_date(context.now)
    assignment = standing or Assignment(
        id=change.doc[1],
        enterprise=enterprise.id,
        enterprise_name=enterprise.name,
        person=args.person,
        person_name=args.person_name,
        role=args.role,
        since=since.isoformat(),
    )
    assignment.until = assignment.ending = None
    assignment.team, assignment.duty = args.team, args.duty
    begun = since <= beijing_date(context.now) or enterprise.officer_name is None
    if args.role is Role.OFFICER and _leads(args.duty) and begun:
        enterprise.officer_name = args.person_name
    return Outcome((*both(assignment), _with_people(documents, enterprise, assignment)))


@change_function("assignment.end", Role.ADMIN, Role.COORDINATOR)
def end(documents: Documents, change: Change, context: Context) -> Outcome:
    """Take an enterprise from a person: at once, or after a last day. He loses its data with the sync after that."""
    args = End.model_validate(change.args)
    assignment = Assignment.of(need(documents, *change.doc))
    if not assignment.stands:
        raise Refusal("ended", "这条包联关系已经结束。")
    today = beijing_date(context.now)
    if args.until is not None and args.until < today:
        raise Refusal("until_past", "最后一天不能早于今天。请改成今天或以后的日期。", field="until")
    assignment.until = (args.until or today).isoformat()
    assignment.ending = args.until is not None or None
    return Outcome((*both(assignment), _after(documents, assignment, today)))


@change_function(ORDER, Role.ADMIN, Role.COORDINATOR)
def order(_documents: Documents, change: Change, context: Context) -> Outcome:
    """Give, hand over and end, for many enterprises at once and none of them on this laptop: it is written down in the
    coordinator's own bucket, the centre does it in the same transaction, all of it or none (`orders_of`)."""
    args = Order.model_validate(change.args)
    if change.bucket != buckets.of_person(context.actor.person) or change.doc[0] != ORDER_KIND:
        raise Refusal("wrong_bucket", "记录和它的归属对不上，请重试；仍不行请联系管理员。")
    today = beijing_date(context.now)
    if any(one.until is not None and one.until < today for one in args.ends):
        raise Refusal("until_past", "最后一天不能早于今天。请改成今天或以后的日期。", field="until")
    body = {
        "id": change.doc[1],
        "at": to_text(context.now),
        **args.model_dump(mode="json", exclude_none=True),
    }
    return Outcome((Write(ORDER_KIND, change.doc[1], body),))


def orders_of(change: Change) -> list[Change]:
    """What an `assignment.order` comes to, enterprise by enterprise: first who comes, then who goes."""
    args = Order.model_validate(change.args)
    parts: list[tuple[str, str, str | None, dict[str, object]]] = [
        ("assignment.grant", one.enterprise, None, one.model_dump(mode="json", exclude={"enterprise"}))
        for one in args.grants
    ]
    parts += [
        ("assignment.end", one.enterprise, one.assignment, {"until": one.until and one.until.isoformat()})
        for one in args.ends
    ]
    return [
        Change(
            mid=(mid := derived_id(change.mid, f"order:{number}")),
            name=name,
            bucket=buckets.of_enterprise(enterprise),
            doc=(Assignment.kind, assignment or derived_id(mid, Assignment.kind)),
            args={key: value for key, value in given.items() if value is not None},
            at=change.at,
        )
        for number, (name, enterprise, assignment, given) in enumerate(parts)
    ]


@change_function("assignment.lapse", Role.ADMIN)
def lapse(documents: Documents, change: Change, context: Context) -> Outcome:
    """The last day has passed: what `end` with a date said comes true. The centre does so by itself."""
    assignment = Assignment.of(need(documents, *change.doc))
    today = beijing_date(context.now)
    if not assignment.ending or assignment.until is None or date.fromisoformat(assignment.until) >= today:
        return Outcome()
    assignment.ending = None
    return Outcome((*both(assignment), _after(documents, assignment, today)))


@change_function(PEOPLE, Role.ADMIN)
def people(documents: Documents, change: Change, context: Context) -> Outcome:
    """The enterprise says who looks after it, as its assignments stand: for one from before enterprises said so."""
    enterprise = Enterprise.of(need(documents, *change.doc))
    enterprise.people = people_of(map(Assignment.of, documents.of_kind(Assignment.kind)))
    return Outcome((Write(Enterprise.kind, enterprise.id, enterprise.to_body()),))


def both(assignment: Assignment) -> tuple[Write, Write]:
    """The assignment in the enterprise's bucket, and its copy in the person's own."""
    body = assignment.to_body()
    return (
        Write(Assignment.kind, assignment.id, body),
        Write(OWN_ASSIGNMENT, assignment.id, body, buckets.of_person(assignment.person)),
    )


def shown(assignment: Assignment) -> LookedAfterBy:
    """An assignment as the enterprise and the directory show it."""
    return LookedAfterBy(
        assignment=assignment.id,
        person=assignment.person,
        name=assignment.person_name,
        since=assignment.since,
        until=assignment.until,
        team=assignment.team,
        duty=assignment.duty,
    )


def _standing(documents: Documents, args: Grant) -> Assignment | None:
    for document in documents.of_kind(Assignment.kind):
        one = Assignment.of(document)
        if one.person == args.person and one.role == args.role and one.stands:
            return one
    return None


def _same(standing: Assignment, args: Grant) -> bool:
    return not standing.ending and (standing.team, standing.duty) == (args.team, args.duty)


def _leads(duty: str | None) -> bool:
    """Whether the enterprise's 联络员 is who has this duty: alone, or the one of the team who goes there."""
    return duty in (None, "lead", "service_officer")


def _after(documents: Documents, altered: Assignment, today: date) -> Write:
    """The enterprise as it is after an end was said: it names somebody who stays, where there is one."""
    enterprise = Enterprise.of(need(documents, Enterprise.kind, altered.enterprise))
    if not altered.stands and enterprise.officer_name == altered.person_name:
        others = [
            one
            for one in _all(documents, altered)
            if one.role is Role.OFFICER and one.since <= today.isoformat()
        ]
        others.sort(key=lambda one: (not _leads(one.duty), one.since, one.id))
        enterprise.officer_name = others[0].person_name if others else None
    return _with_people(documents, enterprise, altered)


def _with_people(documents: Documents, enterprise: Enterprise, altered: Assignment) -> Write:
    enterprise.people = people_of(_all(documents, altered))
    return Write(Enterprise.kind, enterprise.id, enterprise.to_body())


def people_of(assignments: Iterable[Assignment]) -> list[LookedAfterBy] | None:
    """Those that stand, as their enterprise shows them, by duty; None where nobody looks after it."""
    places = list(DUTY_NAMES)
    standing = sorted(
        (one for one in assignments if one.stands),
        key=lambda one: (places.index(one.duty) if one.duty in places else -1, one.since, one.id),
    )
    return [shown(one) for one in standing] or None


def _all(documents: Documents, altered: Assignment) -> list[Assignment]:
    """The standing assignments, one of them as it is now to be."""
    found = {one.id: one for one in map(Assignment.of, documents.of_kind(Assignment.kind))}
    found[altered.id] = altered
    return [one for one in found.values() if one.stands]
