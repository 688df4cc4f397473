"""Teams that look after enterprises together: 驻企工作组 (1+2) and 三帮小分队, and how much one person should carry.

domain.md §1: 06 (one leading cadre and two others), 48 (首席服务专员, 网格长, 网格员; 2–3 enterprises each), 20 (1–3 each).
Figures warn and never block.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from app.domain.documents import DocumentModel


class TeamKind(StrEnum):
    ONE_PLUS_TWO = "one_plus_two"
    THREE_HELP = "three_help"


TEAM_NAMES = {TeamKind.ONE_PLUS_TWO: "驻企工作组（1+2）", TeamKind.THREE_HELP: "三帮小分队"}

DUTY_NAMES = {
    "lead": "领队干部",
    "member": "机关干部",
    "service_officer": "首席服务专员",
    "grid_leader": "网格长",
    "grid_member": "网格员",
}

COMPOSITION: dict[TeamKind, dict[str, int]] = {
    TeamKind.ONE_PLUS_TWO: {"lead": 1, "member": 2},
    TeamKind.THREE_HELP: {"service_officer": 1, "grid_leader": 1, "grid_member": 1},
}
"""How many of each duty there should be at least."""


class Load(NamedTuple):
    """How many enterprises a person should have, from and to."""

    least: int
    most: int


OFFICER_LOAD = Load(1, 3)
THREE_HELP_LOAD = Load(2, 3)


class Member(BaseModel):
    """One person of a team."""

    model_config = ConfigDict(extra="allow")
    person: str
    person_name: str
    duty: str


class Team(DocumentModel):
    """A team (`ref:` bucket: everybody may know who belongs together). `disbanded_on` is a Beijing day."""

    kind: ClassVar[str] = "team"
    id: str
    name: str = Field(min_length=1, max_length=40)
    team_kind: TeamKind
    members: list[Member] = []
    disbanded_on: str | None = None


def lacking(team: Team) -> tuple[str, ...]:
    """What the team is short of, `还缺 1 名机关干部`; empty where it is whole."""
    present = Counter(member.duty for member in team.members)
    return tuple(
        f"还缺 {least - present[duty]} 名{DUTY_NAMES[duty]}"
        for duty, least in COMPOSITION[team.team_kind].items()
        if present[duty] < least
    )


def load_for(teams: Iterable[TeamKind | None]) -> Load:
    """What holds for a person, by the kinds of the teams of his assignments (None: on his own)."""
    return THREE_HELP_LOAD if TeamKind.THREE_HELP in set(teams) else OFFICER_LOAD


def load_warning(count: int, load: Load) -> str:
    """A sentence where a person has too many or too few; empty where it is right. It warns, it forbids nothing."""
    if count > load.most:
        return f"已有 {count} 家，一般每人 {load.least}–{load.most} 家"
    if 0 < count < load.least:
        return f"只有 {count} 家，一般每人 {load.least}–{load.most} 家"
    return ""
