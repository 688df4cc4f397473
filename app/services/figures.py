"""统计: the figures of domain.md §9 on this laptop, for whoever is signed in: whose he may see, and worked out."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain import buckets
from app.domain.departments import DEPARTMENT_ISSUE
from app.domain.documents import Body
from app.domain.figures import (
    PARK,
    PERSON,
    ROW_KINDS,
    SOURCES,
    Days,
    Figure,
    Period,
    Rows,
    Scope,
    Whose,
    rows_from,
    work_out,
)
from app.domain.people import Role, sees_whole_park
from app.domain.team import Team, TeamKind
from app.errors import KnownError
from app.figures import period_of, scope_of
from app.services.desk import Desk

HEADS = {TeamKind.ONE_PLUS_TWO: "lead", TeamKind.THREE_HELP: "service_officer"}
"""组长: the duty that leads a team of each kind (domain.md §1, 06 and 48)."""


def gather(desk: Desk) -> Rows:
    """The rows this laptop counts from: the directory's where it holds it, else those of its own documents."""
    with desk.store.read():
        return Rows.collect(_found(desk))


def _found(desk: Desk) -> Iterator[tuple[str, Body]]:
    session = desk.signed_in()
    directory = buckets.directory(session.park)
    if sees_whole_park(session.actor.roles):
        for kind in sorted(ROW_KINDS):
            yield from ((kind, document.body) for document in desk.store.of_kind(kind, directory))
    else:
        for kind in (DEPARTMENT_ISSUE, *SOURCES):
            yield from rows_from(desk.store.of_kind(kind), session.park)
    for document in desk.store.of_kind(PERSON):
        yield PERSON, document.body


def default_scope(desk: Desk) -> Scope:
    """What this person looks at first: the park, his own enterprises, or his department."""
    session = desk.signed_in()
    if sees_whole_park(session.actor.roles):
        return PARK
    if Role.OFFICER in session.actor.roles:
        return Scope(Whose.OFFICER, session.person)
    if session.department:
        return Scope(Whose.DEPARTMENT, session.department)
    raise KnownError("no_figures", "您的角色没有统计可看。要看统计请联系管理员。")


def led_by(desk: Desk) -> list[tuple[str, str]]:
    """(person, name) of the members of the teams this person leads."""
    me = desk.signed_in().person
    found: dict[str, str] = {}
    for document in desk.store.of_kind(Team.kind):
        team = Team.of(document)
        heads = {member.person for member in team.members if member.duty == HEADS[team.team_kind]}
        if team.disbanded_on is None and me in heads:
            found.update({one.person: one.person_name for one in team.members if one.person != me})
    return sorted(found.items(), key=lambda pair: pair[1])


def check_scope(desk: Desk, scope: Scope) -> None:
    """KnownError where this person may not see it (an officer's figures: himself and the leader of his team only,
    domain.md §2.12), or where this laptop does not hold all of it."""
    session = desk.signed_in()
    whole = sees_whole_park(session.actor.roles)
    if scope.whose is Whose.OFFICER and scope.id != session.person:
        if scope.id not in dict(led_by(desk)):
            raise KnownError("not_yours", "联络员个人的统计只有本人和他的组长能看。请改看全园区或一家企业。")
        if not whole:
            raise KnownError("not_held", "组员的数据不在这台电脑上，算不全。请他本人在自己的电脑上看。")
    elif scope.whose is Whose.DEPARTMENT and not whole and scope.id != session.department:
        raise KnownError("not_yours", "只能看本部门的统计。")
    elif scope.whose in (Whose.PARK, Whose.INDUSTRY, Whose.CATEGORY) and not whole:
        raise KnownError("not_held", "这台电脑上没有全园区的数据，只能看您自己的企业或部门。")


def work_out_here(desk: Desk, period: Period, scope: Scope, rows: Rows | None = None) -> list[Figure]:
    """Every figure of a period and scope as this laptop knows them. Raises KnownError (`check_scope`)."""
    check_scope(desk, scope)
    return work_out(rows or gather(desk), period, scope, desk.clock(), desk.calendar, Days(desk.calendar))


def asked(desk: Desk, period: str | None, scope: str | None) -> list[Figure]:
    """The same, asked for in words (`2026Q3`, `officer:wangmin`). Raises KnownError."""
    rows = gather(desk)
    wanted = scope_of(scope, rows, desk.rules, default_scope(desk))
    return work_out_here(desk, period_of(period, desk.today), wanted, rows)
