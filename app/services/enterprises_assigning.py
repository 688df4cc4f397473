"""Who looks after what: loads, teams, giving, handing over and ending, several enterprises at once (coordinator)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.domain import buckets
from app.domain.changes.assignments import ORDER, ORDER_KIND
from app.domain.documents import Body
from app.domain.enterprise import Enterprise
from app.domain.ids import new_id
from app.domain.people import Person, Role
from app.domain.projections import ENTERPRISE_ROW
from app.domain.team import DUTY_NAMES, Member, Team, TeamKind, lacking, load_for, load_warning
from app.errors import KnownError
from app.services.desk import Desk


@dataclass(frozen=True, slots=True)
class Held:
    """One enterprise somebody looks after."""

    assignment: str
    enterprise: str
    enterprise_name: str
    since: str
    until: str | None
    duty_name: str
    team: str | None = None


@dataclass(frozen=True, slots=True)
class PersonLoad:
    """One person with what he has. `warning` is empty where the number is as it should be."""

    person: str
    name: str
    enterprises: tuple[Held, ...]
    warning: str

    @property
    def count(self) -> int:
        return len(self.enterprises)


@dataclass(frozen=True, slots=True)
class EnterpriseLoad:
    """One enterprise with who looks after it, for those who assign."""

    id: str
    name: str
    people: tuple[tuple[str, str, str], ...]
    """(assignment, person, name with duty and last day)."""

    officer_name: str = ""
    """As the profile names him, where a row from before has nothing more."""

    @property
    def text(self) -> str:
        return "、".join(text for _, _, text in self.people) or self.officer_name or "未分配"


def officers(desk: Desk) -> list[Person]:
    """The people enterprises can be given to, by name."""
    people = [Person.of(document) for document in desk.store.of_kind(Person.kind)]
    return sorted(
        (person for person in people if person.active and Role.OFFICER in person.roles),
        key=lambda person: person.name,
    )


def _enterprises(desk: Desk) -> list[Body]:
    """Whole or as light rows: both say who looks after it."""
    found = {
        document.id: document.body
        for kind in (ENTERPRISE_ROW, Enterprise.kind)
        for document in desk.store.of_kind(kind)
    }
    return sorted(found.values(), key=lambda body: str(body["name"]))


def enterprise_loads(desk: Desk) -> list[EnterpriseLoad]:
    """Every enterprise this laptop knows of, by name."""
    return [
        EnterpriseLoad(
            str(body["id"]),
            str(body["name"]),
            tuple((one["assignment"], one["person"], _said(one)) for one in body.get("people") or ()),
            str(body.get("officer_name") or ""),
        )
        for body in _enterprises(desk)
    ]


def _said(one: Body) -> str:
    duty = DUTY_NAMES.get(one.get("duty") or "")
    notes = [duty] if duty else []
    if one.get("until"):
        notes.append(f"到 {one['until']} 止")
    return f"{one['name']}（{'，'.join(notes)}）" if notes else str(one["name"])


def loads(desk: Desk) -> list[PersonLoad]:
    """Everybody who can have enterprises with those he has, the fullest first; with a word where it is too much or little."""
    kinds = {team.id: team.team_kind for team in teams(desk)}
    held: dict[str, list[Held]] = {}
    names: dict[str, str] = {person.id: person.name for person in officers(desk)}
    of_teams: dict[str, list[TeamKind | None]] = {}
    for body in _enterprises(desk):
        for one in body.get("people") or ():
            names.setdefault(one["person"], str(one["name"]))
            of_teams.setdefault(one["person"], []).append(kinds.get(one.get("team") or ""))
            held.setdefault(one["person"], []).append(
                Held(
                    one["assignment"],
                    str(body["id"]),
                    str(body["name"]),
                    one["since"],
                    one.get("until"),
                    DUTY_NAMES.get(one.get("duty") or "", ""),
                    one.get("team"),
                )
            )
    found = [
        PersonLoad(
            person,
            name,
            tuple(held.get(person, ())),
            load_warning(len(held.get(person, ())), load_for(of_teams.get(person, ()))),
        )
        for person, name in names.items()
    ]
    return sorted(found, key=lambda one: (-one.count, one.name))


def teams(desk: Desk, *, also_disbanded: bool = False) -> list[Team]:
    """The teams, by name."""
    found = [Team.of(document) for document in desk.store.of_kind(Team.kind)]
    return sorted(
        (team for team in found if also_disbanded or team.disbanded_on is None), key=lambda team: team.name
    )


def save_team(
    desk: Desk, id: str | None, name: str, kind: TeamKind, members: Sequence[Member]
) -> tuple[str, tuple[str, ...]]:
    """Make a team or alter it; returns its id and what it is short of."""
    if not name.strip():
        raise KnownError("name", "请给队伍起个名字，例如「工作一组」。")
    id = id or new_id()
    standing = desk.store.get(Team.kind, id)
    args: dict[str, Any] = {
        "name": name.strip(),
        "team_kind": kind.value,
        "members": [member.model_dump(mode="json") for member in members],
    }
    if standing is not None:
        args["seen"] = standing.body.get("members", [])
    desk.make(desk.change("team.set", buckets.reference(desk.signed_in().park), Team.kind, id, args))
    return id, lacking(Team(id=id, name=name.strip(), team_kind=kind, members=list(members)))


def disband(desk: Desk, id: str) -> None:
    """The team is no more; what its people look after stays theirs until it is handed over."""
    desk.make(desk.change("team.disband", buckets.reference(desk.signed_in().park), Team.kind, id, {}))


# ---------------------------------------------------------------- giving and taking


def give(desk: Desk, enterprises: Sequence[str], person: str, since: date | None = None) -> str:
    """Give enterprises to a person beside whoever has them; returns the warning about his load, or nothing."""
    name = _name(desk, person)
    _order(desk, grants=[_grant(one, person, name, since) for one in enterprises])
    return _warning(desk, person, enterprises)


def give_team(desk: Desk, enterprises: Sequence[str], team: str, since: date | None = None) -> list[str]:
    """Give enterprises to everybody of a team, each with his duty; returns the warnings about loads."""
    found = desk.store.get(Team.kind, team)
    if found is None:
        raise KnownError("team", "这支队伍已不在，请刷新后再选。")
    whole = Team.of(found)
    if not whole.members:
        raise KnownError("team_empty", "这支队伍还没有队员，请先加队员。")
    grants = [
        _grant(one, member.person, member.person_name, since, team, member.duty)
        for one in enterprises
        for member in whole.members
    ]
    _order(desk, grants=grants)
    warned = [_warning(desk, member.person, enterprises, whole.team_kind) for member in whole.members]
    return [text for text in warned if text]


def hand_over(
    desk: Desk, enterprises: Sequence[str], former: str, person: str, last: date | None = None
) -> str:
    """Hand enterprises from one person to another. `last` is the former's last day; without it he loses them at once. The
    new one has the data at once, so that both can go through it together. Returns the warning about his load, or nothing."""
    if former == person:
        raise KnownError("same_person", "交接的双方是同一个人，请另选接手的人。")
    _not_past(desk, last)
    name = _name(desk, person)
    chosen = set(enterprises)
    going = [held for held in _held_by(desk, former) if held.enterprise in chosen]
    if not going:
        raise KnownError("nothing_held", "选中的企业现在都不由他负责，没有可交接的。请刷新后再选。")
    since = last + timedelta(days=1) if last else None
    grants = [_grant(held.enterprise, person, name, since, duty=_duty(held)) for held in going]
    _order(desk, grants=grants, ends=[_end(held, last) for held in going])
    return _warning(desk, person, [held.enterprise for held in going])


def end(desk: Desk, enterprises: Sequence[str], person: str, last: date | None = None) -> int:
    """End what a person has of these, at once or after a last day. Returns how many."""
    _not_past(desk, last)
    chosen = set(enterprises)
    ends = [_end(held, last) for held in _held_by(desk, person) if held.enterprise in chosen]
    if ends:
        _order(desk, ends=ends)
    return len(ends)


def _not_past(desk: Desk, last: date | None) -> None:
    if last is not None and last < desk.today:
        raise KnownError("until_past", "最后一天不能早于今天。请改成今天或以后的日期。")


def _held_by(desk: Desk, person: str) -> tuple[Held, ...]:
    return next((one.enterprises for one in loads(desk) if one.person == person), ())


def _duty(held: Held) -> str | None:
    """The new one takes the former's duty; who belongs to a team is said in the team."""
    return next((key for key, name in DUTY_NAMES.items() if name == held.duty_name), None)


def _grant(
    enterprise: str,
    person: str,
    name: str,
    since: date | None,
    team: str | None = None,
    duty: str | None = None,
) -> Body:
    given = {"enterprise": enterprise, "person": person, "person_name": name, "team": team, "duty": duty}
    given["since"] = since.isoformat() if since else None
    return {key: value for key, value in given.items() if value is not None}


def _end(held: Held, last: date | None) -> Body:
    given = {"enterprise": held.enterprise, "assignment": held.assignment}
    return {**given, "until": last.isoformat()} if last else given


def _order(desk: Desk, grants: Sequence[Body] = (), ends: Sequence[Body] = ()) -> None:
    """The enterprises themselves need not be on this laptop: the centre does it with the next sync."""
    args = {"grants": list(grants), "ends": list(ends)}
    bucket = buckets.of_person(desk.signed_in().person)
    desk.make(desk.change(ORDER, bucket, ORDER_KIND, new_id(), args))


def _name(desk: Desk, person: str) -> str:
    found = next((one for one in officers(desk) if one.id == person), None)
    if found is None:
        raise KnownError("person", "没有这个人员，或其账号已停用。请重新选择。")
    return found.name


def _warning(desk: Desk, person: str, coming: Sequence[str], kind: TeamKind | None = None) -> str:
    """What is to be said of the person's load once these have come. It warns and forbids nothing."""
    found = next((one for one in loads(desk) if one.person == person), None)
    if found is None:
        return ""
    after = {held.enterprise for held in found.enterprises} | set(coming)
    kinds = {team.id: team.team_kind for team in teams(desk)}
    own = [kinds.get(held.team or "") for held in found.enterprises]
    told = load_warning(len(after), load_for([*own, kind]))
    return f"{found.name}{told}" if told else ""
