"""The one table of a project's moves: who may take which from which stage, and what stands in the way (domain.md §1, 57–62).

The change functions (`changes/projects.py`) ask here, and so do the buttons on screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from app.domain.people import Actor, Role
from app.domain.project import ORDER, Project, Stage

S = Stage
Guard = Callable[[Project], str | None]


@dataclass(frozen=True, slots=True)
class ProjectMove:
    """One move. `target` None: the stage stays, or the change function works it out."""

    action: str
    word: str
    sources: frozenset[Stage]
    target: Stage | None
    roles: frozenset[Role]
    guards: tuple[Guard, ...] = ()


def _completed_first(project: Project) -> str | None:
    return None if project.completed_on else "还没有记竣工。请先记「竣工」，再记投产。"


def _has_milestones(project: Project) -> str | None:
    return None if project.milestones else "还没有排节点。请先「排节点」，写上计划日和责任人。"


def _something_open(project: Project) -> str | None:
    if any(one.done_on is None for one in project.milestones.values()):
        return None
    return "节点都已完成。还有新的节点请先「排节点」。"


_O, _C = Role.OFFICER, Role.COORDINATOR
_BOTH = frozenset({_O, _C})
_ALIVE = frozenset(Stage) - {S.DROPPED}
_ON_THE_WAY = frozenset(ORDER[: ORDER.index(S.PRODUCING)])


def _move(
    action: str, word: str, sources: Iterable[Stage], target: Stage | None, *guards: Guard,
    roles: frozenset[Role] = _BOTH,
) -> tuple[str, ProjectMove]:  # fmt: skip
    return action, ProjectMove(action, word, frozenset(sources), target, roles, guards)


PROJECT_MOVES: Mapping[str, ProjectMove] = dict(
    (
        _move("project.prepare", "转入前期", {S.SIGNED}, S.PREPARING),
        _move("project.start", "开工", {S.SIGNED, S.PREPARING}, S.STARTED),
        _move("project.structure", "转入主体", {S.STARTED}, S.STRUCTURE),
        _move("project.equip", "转入设备安装", {S.STARTED, S.STRUCTURE}, S.EQUIPMENT),
        _move("project.trial", "试产", {S.EQUIPMENT}, S.TRIAL),
        _move("project.complete", "竣工", {S.STRUCTURE, S.EQUIPMENT, S.TRIAL}, None),
        _move("project.produce", "投产", {S.EQUIPMENT, S.TRIAL}, S.PRODUCING, _completed_first),
        _move("project.fill_capacity", "达产", {S.PRODUCING}, S.FULL_CAPACITY),
        _move("project.halt", "停建", _ON_THE_WAY, S.HALTED),
        _move("project.resume", "复工", {S.HALTED}, None),
        _move("project.back", "退回上一阶段", set(ORDER) - {S.SIGNED}, None, roles=frozenset({_C})),
        _move("project.drop", "终止", _ALIVE - {S.PRODUCING, S.FULL_CAPACITY}, S.DROPPED, roles=frozenset({_C})),
        _move("project.milestone", "排节点", _ALIVE, None),
        _move("project.reached", "节点完成", _ALIVE, None, _has_milestones, _something_open),
        _move("project.unplan", "撤节点", _ALIVE, None, _has_milestones),
        _move("project.month", "排月计划", _ALIVE, None),
        _move("project.funds", "记到位资金", _ALIVE, None),
        _move("project.note", "写进展", _ALIVE, None),
        _move("project.meeting", "写回会议结论", _ALIVE, None, roles=frozenset({_C})),
        _move("project.report", "周报", _ALIVE, None),
        # What the centre does by itself.
        _move("project.rejudge", "重新判定", _ALIVE, None, roles=frozenset({Role.ADMIN})),
    )
)  # fmt: skip
"""A project is born by `project.open`. 复工 leads back to the stage it stood still in."""
BY_ITSELF = frozenset({"project.report", "project.rejudge"})
"""Moves that follow from something else; no button makes them."""


def reason_not(move: ProjectMove, project: Project) -> str | None:
    """Why this may not be done now, or None. Roles and stages are looked at by the caller."""
    return next((text for guard in move.guards if (text := guard(project))), None)


def project_moves(project: Project, actor: Actor) -> tuple[ProjectMove, ...]:
    """What a person may do with the project now."""
    return tuple(
        move
        for move in PROJECT_MOVES.values()
        if project.stage in move.sources
        and actor.roles & move.roles
        and move.action not in BY_ITSELF
        and reason_not(move, project) is None
    )


def blocked(project: Project, actor: Actor) -> tuple[tuple[str, str], ...]:
    """(word, reason) of stages that would follow, if a guard did not stand in the way."""
    return tuple(
        (move.word, why)
        for move in PROJECT_MOVES.values()
        if move.target is not None
        and project.stage in move.sources
        and actor.roles & move.roles
        and (why := reason_not(move, project)) is not None
    )


def stage_before(project: Project) -> Stage:
    """Where 退回 leads: the stage it was in before, by the days it has; else the one before in the order."""
    here = ORDER.index(project.stage)
    return next((one for one in reversed(ORDER[:here]) if one.value in project.stage_days), ORDER[here - 1])
