"""Teams are put together, altered and disbanded by the coordinator."""

from __future__ import annotations

from pydantic import BaseModel

from app.domain import buckets
from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function, need
from app.domain.clock import beijing_date
from app.domain.documents import Documents, same_value
from app.domain.people import Role
from app.domain.team import COMPOSITION, Member, Team, TeamKind


class SetTeam(BaseModel):
    """args of `team.set`: the team as it shall be. `seen` are the members its author saw, absent for a new one."""

    name: str
    team_kind: TeamKind
    members: list[Member]
    seen: list[Member] | None = None


@change_function("team.set", Role.COORDINATOR, Role.ADMIN)
def set_team(documents: Documents, change: Change, context: Context) -> Outcome:
    """Make a team or alter it. Who is lacking is said on screen (`team.lacking`), not refused."""
    args = SetTeam.model_validate(change.args)
    _check_home(change, context)
    allowed = COMPOSITION[args.team_kind]
    persons = [member.person for member in args.members]
    if len(set(persons)) < len(persons):
        raise Refusal("team_twice", "同一个人不能在队里出现两次，请去掉一个。", field="members")
    if any(member.duty not in allowed for member in args.members):
        raise Refusal("team_duty", "队员的分工和队伍的类型对不上，请重新选择分工。", field="members")
    existing = documents.get(Team.kind, change.doc[1])
    if existing is not None:
        standing = Team.of(existing)
        seen = [member.model_dump() for member in args.seen or ()]
        now = [member.model_dump() for member in standing.members]
        wanted = [member.model_dump() for member in args.members]
        if not same_value(seen, now) and not same_value(wanted, now):
            raise Refusal("team_moved", "这支队伍刚被别人改过，请刷新后再改。", field="members")
    team = Team.model_validate(
        {**(existing.body if existing else {}), "id": change.doc[1], **args.model_dump(exclude={"seen"})}
    )
    body = team.to_body()
    if existing is not None and same_value(existing.body, body):
        return Outcome()
    return Outcome((Write(Team.kind, team.id, body),))


@change_function("team.disband", Role.COORDINATOR, Role.ADMIN)
def disband(documents: Documents, change: Change, context: Context) -> Outcome:
    """The team is no more. Its assignments stay until they are ended or handed over."""
    _check_home(change, context)
    team = Team.of(need(documents, *change.doc))
    if team.disbanded_on is not None:
        return Outcome()
    team.disbanded_on = beijing_date(context.now).isoformat()
    return Outcome((Write(Team.kind, team.id, team.to_body()),))


def _check_home(change: Change, context: Context) -> None:
    if change.bucket != buckets.reference(context.park) or change.doc[0] != Team.kind:
        raise Refusal("wrong_bucket", "记录和它的归属对不上，请重试；仍不行请联系管理员。")
