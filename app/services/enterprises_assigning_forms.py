"""The forms of 企业分配 as data, and what each of them does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.domain.team import COMPOSITION, DUTY_NAMES, TEAM_NAMES, Member, Team, TeamKind, lacking
from app.errors import KnownError
from app.services import enterprises_assigning as assigning
from app.services.desk import Desk
from app.services.enterprises_forms import DAY
from app.services.enterprises_parts import day_or_none
from app.services.issues_fields import ActionForm, Choice, Field, FieldKind

FORM_WORDS = {
    "give": "分配给个人",
    "give_team": "分配给队伍",
    "hand_over": "交接",
    "end": "结束包联",
    "team": "组队",
    "disband": "解散队伍",
}


class Teams:
    """How a team reads in a row."""

    @staticmethod
    def members(team: Team) -> str:
        return "、".join(f"{one.person_name}（{DUTY_NAMES.get(one.duty, one.duty)}）" for one in team.members)

    @staticmethod
    def lacking(team: Team) -> str:
        return "、".join(lacking(team)) or "—"


def form_of(desk: Desk, action: str) -> ActionForm:
    """The form of one of FORM_WORDS."""
    people = tuple(Choice(one.id, one.name) for one in assigning.officers(desk))
    holding = tuple(
        Choice(one.person, f"{one.name}（{one.count} 家）") for one in assigning.loads(desk) if one.count
    )
    teams = tuple(Choice(team.id, team.name) for team in assigning.teams(desk))
    last = Field("last", "最后一天", hint=f"空着就是立即生效；{DAY}")
    since = Field("since", "开始日期", hint=f"空着就是今天；{DAY}")
    fields: dict[str, tuple[Field, ...]] = {
        "give": (Field("person", "联络员", FieldKind.CHOICE, required=True, choices=people), since),
        "give_team": (Field("team", "队伍", FieldKind.CHOICE, required=True, choices=teams), since),
        "hand_over": (
            Field("former", "原联络员", FieldKind.CHOICE, required=True, choices=holding),
            Field("person", "接手人", FieldKind.CHOICE, required=True, choices=people),
            last,
        ),
        "end": (Field("person", "联络员", FieldKind.CHOICE, required=True, choices=holding), last),
        "team": _team_fields(people, teams),
        "disband": (Field("team", "队伍", FieldKind.CHOICE, required=True, choices=teams),),
    }
    notes = {
        "hand_over": "接手人马上能看到资料，便于当面交接；原联络员过了最后一天才看不到。",
        "end": "过了最后一天，他就看不到这些企业的资料了。",
        "team": "人数不齐也能保存，会提示还缺谁。选已有的队伍就是改它。",
    }
    return ActionForm(action, FORM_WORDS[action], fields[action], notes.get(action, ""))


def _team_fields(people: tuple[Choice, ...], teams: tuple[Choice, ...]) -> tuple[Field, ...]:
    kinds = tuple(Choice(kind.value, name) for kind, name in TEAM_NAMES.items())
    duties = [
        Field(
            f"duty_{duty}",
            DUTY_NAMES[duty],
            FieldKind.MANY,
            choices=people,
            when=("team_kind", frozenset({kind.value})),
        )
        for kind, places in COMPOSITION.items()
        for duty in places
    ]
    return (
        Field("team", "改已有的", FieldKind.CHOICE, choices=teams, hint="新建一支"),
        Field("name", "队名", hint="例如 工作一组", required=True, most=40),
        Field("team_kind", "类型", FieldKind.CHOICE, required=True, choices=kinds),
        *duties,
    )


def done(desk: Desk, action: str, args: Mapping[str, Any], chosen: Sequence[str]) -> str:
    """Do what a form says to the chosen enterprises; the sentence that is told then. KnownError where it cannot be."""
    if action in ("give", "give_team", "hand_over", "end") and not chosen:
        raise KnownError("nothing_chosen", "请先在左边勾选企业。")
    if action == "give":
        warned = assigning.give(desk, chosen, args["person"], _day(args, "since"))
        return _told(f"{len(chosen)} 家已分配", [warned])
    if action == "give_team":
        return _told(
            f"{len(chosen)} 家已分配给队伍",
            assigning.give_team(desk, chosen, args["team"], _day(args, "since")),
        )
    if action == "hand_over":
        warned = assigning.hand_over(desk, chosen, args["former"], args["person"], _day(args, "last"))
        return _told("交接已登记", [warned])
    if action == "end":
        ended = assigning.end(desk, chosen, args["person"], _day(args, "last"))
        return _told(f"{ended} 家的包联已结束" if ended else "勾选的企业都不由他负责，没有改动", [])
    if action == "disband":
        assigning.disband(desk, args["team"])
        return "队伍已解散，原来包联的企业不变"
    return _save_team(desk, args)


def _save_team(desk: Desk, args: Mapping[str, Any]) -> str:
    kind = TeamKind(args["team_kind"])
    names = {one.id: one.name for one in assigning.officers(desk)}
    members = [
        Member(person=person, person_name=names[person], duty=duty)
        for duty in COMPOSITION[kind]
        for person in args.get(f"duty_{duty}", ())
        if person in names
    ]
    _, short = assigning.save_team(desk, args.get("team"), args["name"], kind, members)
    return "队伍已保存" + (f"，{'，'.join(short)}" if short else "")


def _told(text: str, warnings: Sequence[str]) -> str:
    warned = "；".join(one for one in warnings if one)
    return f"{text}，同步后生效。{warned}" if warned else f"{text}，同步后生效"


def _day(args: Mapping[str, Any], name: str) -> date | None:
    found = day_or_none(args.get(name) or "")
    return date.fromisoformat(found) if found else None
