"""How every move of a project is made: looked at, run, judged anew, written down."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, need
from app.domain.changes.issue_trail import chain
from app.domain.clock import beijing_date, to_text
from app.domain.documents import Documents
from app.domain.ids import derived_id
from app.domain.people import Role
from app.domain.project import STAGE_NAMES, Project, ProjectEvent, Stage, class_of
from app.domain.project_moves import PROJECT_MOVES, reason_not


def check_project(change: Change) -> None:
    """Refusal where a change of projects is said to be about something else."""
    if change.doc[0] != Project.kind:
        raise Refusal(
            "wrong_kind",
            "这个操作只能对项目做，记录和操作对不上，请重试；仍不行请联系管理员。",
            kind=change.doc[0],
        )


def planned_day(text: str, field: str) -> str:
    """A day that may lie ahead. Refusal where it is none."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise Refusal("day", "日期读不出来，请重新选择。", field=field) from error


class ProjectMoving:
    """One move: checked when made, filled in, then finished. Raises Refusal."""

    def __init__(self, documents: Documents, change: Change, context: Context) -> None:
        self.change = change
        self.context = context
        check_project(change)
        self.project = Project.of(need(documents, *change.doc))
        self.source = self.project.stage
        self.move = PROJECT_MOVES[change.name]
        if self.source not in self.move.sources:
            word = STAGE_NAMES[self.source]
            raise Refusal(
                "project_stage",
                f"这个项目现在是「{word}」，不能{self.move.word}。请刷新后再看。",
                state=self.source.value,
            )
        why_not = reason_not(self.move, self.project)
        if why_not is not None:
            raise Refusal("project_guard", why_not)

    def finish(self, text: str | None, *, target: Stage | None = None, **more: Any) -> Outcome:
        """The writes: the project as it is now, and the event. `target`: where the table leaves it open."""
        self.project.stage = target or self.move.target or self.source
        return written(self.project, self.source, self.change, self.context, text, self.move.roles, **more)


def written(
    project: Project,
    source: Stage | None,
    change: Change,
    context: Context,
    text: str | None,
    roles: frozenset[Role],
    **more: Any,
) -> Outcome:
    """The project with its class of today, and the event of what was done."""
    today = beijing_date(context.now)
    project.judged = class_of(
        project.stage, project.signed_on, project.nodes, today, context.dictionaries.project_rules
    )
    project.judged_on = today.isoformat()
    project.moves += 1
    acting = context.actor.roles & roles
    event = ProjectEvent(
        id=derived_id(change.mid, project.id),
        project=project.id,
        order=project.moves,
        action=change.name,
        from_stage=source,
        to_stage=project.stage,
        person=context.actor.person,
        person_name=context.actor.name,
        role=next((role.value for role in Role if role in acting), ""),
        at=to_text(context.now),
        device=context.device,
        offline_at=change.at,
        text=text,
        **more,
    )
    event.digest = chain(project.trail_digest, event)
    project.trail_digest = event.digest
    return Outcome(
        (Write(project.kind, project.id, project.to_body()), Write(event.kind, event.id, event.to_body()))
    )
