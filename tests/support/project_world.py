"""One enterprise's bucket with a project, people in every role, and a clock that is turned by hand."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from app.domain.changes import Change, Outcome
from app.domain.changes.visits import record_digest
from app.domain.clock import to_text
from app.domain.ids import new_id
from app.domain.people import Actor, Role
from app.domain.project import Project, ProjectEvent, Stage
from tests.support.documents import Shelf
from tests.support.issue_world import MONDAY
from tests.support.laptop import context, enterprise_body

ACTORS = {
    "officer": Actor("p-officer", "王联络", frozenset({Role.OFFICER})),
    "coordinator": Actor("p-coordinator", "李协调", frozenset({Role.COORDINATOR})),
    "revisitor": Actor("p-revisitor", "孙回访", frozenset({Role.REVISITOR})),
    "handler": Actor("p-handler", "郑承办", frozenset({Role.HANDLER})),
    "leader": Actor("p-leader", "周领导", frozenset({Role.LEADER})),
    "admin": Actor("p-admin", "吴管理", frozenset({Role.ADMIN})),
}
SIGNED = "2026-03-02"
ARGS: dict[str, dict[str, Any]] = {
    "project.open": {"local_number": "XM-1", "title": "二期窑炉项目", "signed_on": SIGNED},
    **{f"project.{one}": {} for one in ("prepare", "start", "structure", "equip", "trial", "complete")},
    **{f"project.{one}": {} for one in ("produce", "fill_capacity", "resume")},
    **{f"project.{one}": {"reason": "业主资金未到位"} for one in ("halt", "back", "drop")},
    "project.milestone": {"name": "主体封顶", "planned_on": "2026-12-20"},
    "project.reached": {"milestone": "m"},
    "project.unplan": {"milestone": "m", "reason": "并入竣工"},
    "project.month": {"month": "2026-11", "planned_fen": 500_000_000},
    "project.funds": {"fen": 1_000_000_000, "source": "股东出资"},
    "project.note": {"text": "钢结构进场"},
    "project.meeting": {
        "meeting": "mt",
        "item": "it",
        "meeting_name": "一周一调度",
        "text": "供电局本周接通",
    },
    "project.report": {"record": "r"},
}
"""Arguments with which every move goes through where nothing else stands in the way."""


@dataclass
class ProjectWorld:
    """`do` acts as somebody on the project `id`; `now` is turned by hand."""

    papers: Shelf = field(default_factory=lambda: Shelf("e:e", {("enterprise", "e"): enterprise_body("e")}))
    now: datetime = MONDAY
    id: str = "p"

    @classmethod
    def opened(cls, **args: Any) -> ProjectWorld:
        world = cls()
        world.do("officer", "project.open", **args)
        return world

    @property
    def project(self) -> Project:
        return Project.model_validate(self.papers.bodies["project", self.id])

    @property
    def today(self) -> date:
        return self.now.date()

    def trail(self) -> list[ProjectEvent]:
        events = (ProjectEvent.of(document) for document in self.papers.of_kind("project_event"))
        return sorted((event for event in events if event.project == self.id), key=lambda event: event.order)

    def do(self, who: str | Actor, name: str, /, **args: Any) -> Outcome:
        """Raises Refusal. Arguments not given are those of ARGS."""
        actor = ACTORS[who] if isinstance(who, str) else who
        change = Change(
            mid=new_id(),
            name=name,
            bucket="e:e",
            doc=("project", self.id),
            args={**ARGS.get(name, {}), **args},
            at=to_text(self.now),
        )
        return self.papers.run(change, context(actor, self.now, official=True))

    def patch(self, who: str, **fields: Any) -> Outcome:
        body = self.papers.bodies["project", self.id]
        return self.do(who, "patch", fields={name: [body.get(name), value] for name, value in fields.items()})

    def put(self, stage: Stage, **fields: Any) -> None:
        """The project in another stage, as if its moves had been made."""
        body = copy.deepcopy(self.papers.bodies["project", self.id])
        self.papers.bodies["project", self.id] = Project.model_validate(
            {**body, "stage": stage, **fields}
        ).to_body()

    def later(self, days: int) -> None:
        self.now += timedelta(days=days)

    def record(self, id: str = "r", day: str | None = None, project: str | None = None, **said: Any) -> None:
        """A filed weekly report lies in the bucket; `said`: path → answer, `/` for `__`."""
        values = {
            "/header/h1_project_id": project or self.id,
            "/overview/w02_stage": "structure",
            "/overview/unchanged": "no",
            "/progress/w03_done": "柱子浇筑完成",
            **{f"/{name.replace('__', '/')}": value for name, value in said.items()},
        }
        self.papers.bodies["record", id] = {
            **{"id": id, "enterprise": "e", "form_id": "project_weekly", "form_version": "2026.1"},
            **{"ledger": "project_weekly", "day": day or self.today.isoformat(), "made_by_name": "王联络"},
            "values": values,
            "digest": record_digest("project_weekly", "2026.1", values),
            "tables": {"milestones": [{"name": id} for id, _ in self.project.ordered]},
        }
