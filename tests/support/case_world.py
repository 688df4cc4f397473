"""One enterprise's bucket with a case, people in every role, and a clock that is turned by hand."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.domain.agency_case import AgencyCase, AgencyEvent, CaseState, StepState
from app.domain.changes import Change, Outcome
from app.domain.clock import to_text
from app.domain.ids import new_id
from app.domain.people import Actor, Role
from tests.support.documents import Shelf
from tests.support.issue_world import MONDAY
from tests.support.laptop import context, enterprise_body

AGENT = {"person": "p-officer", "name": "王联络"}
ACTORS = {
    "officer": Actor("p-officer", "王联络", frozenset({Role.OFFICER})),
    "other_officer": Actor("p-other", "钱联络", frozenset({Role.OFFICER})),
    "coordinator": Actor("p-coordinator", "李协调", frozenset({Role.COORDINATOR})),
    "revisitor": Actor("p-revisitor", "孙回访", frozenset({Role.REVISITOR})),
    "leader": Actor("p-leader", "周领导", frozenset({Role.LEADER})),
}
ARGS: dict[str, dict[str, Any]] = {
    "agency.open": {"local_number": "DB-1", "template": "three_in_a_day", "fit": True},
    "agency.commission": {"agents": [AGENT], "powers": ["submit", "correct"], "signed_by": "陈厂长"},
    "agency.accept": {},
    "agency.agents": {"agents": [AGENT], "reason": "原代办员调岗"},
    "agency.hand_over": {"materials": [{"name": "营业执照", "original": True}]},
    "agency.hand_back": {"materials": ["m"], "to": "陈厂长"},
    "agency.contact": {
        "sides": ["agent", "department"],
        "method": "window",
        "people": "张科长",
        "department": "market",
        "about": "递交材料",
    },
    "agency.note": {"text": "已约好时间"},
    "agency.suspend": {"reason": "企业资金未到位"},
    "agency.renew": {},
    "agency.terminate": {"ground": "changed", "text": "项目改址"},
    "agency.sign_enterprise": {"signed_by": "陈厂长"},
    "agency.sign_agent": {},
    "agency.settle": {},
    "agency.revisit": {"method": "phone", "satisfaction": "very"},
    "agency.retime": {},
    "agency.step_start": {},
    "agency.step_skip": {"reason": "租用厂房"},
    "agency.step_file": {},
    "agency.step_accept": {"number": "SL-1"},
    "agency.step_correct": {"reason": "缺住所证明"},
    "agency.step_corrected": {},
    "agency.step_review": {},
    "agency.step_stop": {"reason": "publicity"},
    "agency.step_resume": {},
    "agency.step_supply": {"pieces": ["住所证明"]},
    "agency.step_done": {"number": "PF-1"},
    "agency.step_reject": {"reason": "不符合条件"},
    "agency.step_halt": {"reason": "等上级批复"},
    "agency.step_restart": {},
    "agency.step_person": {"person": "p-officer"},
    "agency.step_validity": {"used": True},
}
"""Arguments with which every move goes through where nothing else stands in the way."""


@dataclass
class CaseWorld:
    """`do` acts as somebody on the case `id`; `now` is turned by hand."""

    papers: Shelf = field(default_factory=lambda: Shelf("e:e", {("enterprise", "e"): enterprise_body("e")}))
    now: datetime = MONDAY
    official: bool = True
    id: str = "c"

    @classmethod
    def opened(cls, template: str = "three_in_a_day", **args: Any) -> CaseWorld:
        world = cls()
        world.do("officer", "agency.open", template=template, **args)
        return world

    @classmethod
    def accepted(cls, template: str = "three_in_a_day") -> CaseWorld:
        """Commissioned to the officer, and accepted."""
        world = cls.opened(template)
        world.paper("commission")
        world.do("officer", "agency.commission")
        world.do("coordinator", "agency.accept")
        return world

    @property
    def case(self) -> AgencyCase:
        return AgencyCase.model_validate(self.papers.bodies["agency_case", self.id])

    def body(self) -> dict[str, Any]:
        return copy.deepcopy(self.papers.bodies["agency_case", self.id])

    def step(self, key: str) -> Any:
        return self.case.steps[key]

    def trail(self) -> list[AgencyEvent]:
        events = (AgencyEvent.of(document) for document in self.papers.of_kind("agency_event"))
        return sorted((event for event in events if event.case == self.id), key=lambda event: event.order)

    def paper(self, purpose: str) -> None:
        """A signed paper hangs on the case now."""
        id = new_id()
        self.papers.bodies["attachment", id] = {
            "id": id,
            "case": self.id,
            "enterprise": "e",
            "purpose": purpose,
        }

    def change(self, name: str, args: dict[str, Any]) -> Change:
        return Change(
            mid=new_id(),
            name=name,
            bucket="e:e",
            doc=("agency_case", self.id),
            args=args,
            at=to_text(self.now),
        )

    def do(self, who: str | Actor, name: str, **args: Any) -> Outcome:
        """Raises Refusal. Arguments not given are those of ARGS; `step` is the first one where none is named."""
        actor = ACTORS[who] if isinstance(who, str) else who
        given = {**ARGS.get(name, {}), **args}
        if name.startswith("agency.step_"):
            given.setdefault("step", "signing")
        return self.papers.run(self.change(name, given), context(actor, self.now, official=self.official))

    def run_step(self, key: str, *moves: str, who: str = "officer", **args: Any) -> None:
        """`run_step("signing", "start", "file")`; `args` go to the first."""
        for number, move in enumerate(moves):
            self.do(who, f"agency.step_{move}", step=key, **(args if number == 0 else {}))

    def later(self, days: int) -> None:
        self.now += timedelta(days=days)

    def put(self, state: CaseState, **fields: Any) -> None:
        """The case in another state, as if its moves had been made."""
        body = self.body()
        self.papers.bodies["agency_case", self.id] = AgencyCase.model_validate(
            {**body, "state": state, **fields}
        ).to_body()

    def put_step(self, key: str, state: StepState, **fields: Any) -> None:
        body = self.body()
        body["steps"][key] = {**body["steps"][key], "state": state, **fields}
        self.papers.bodies["agency_case", self.id] = AgencyCase.model_validate(body).to_body()
