"""Cases in every stage, made by their own moves, and the desks of those who meet them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from app.dictionaries import builtin
from app.domain import buckets
from app.domain.clock import Clock
from app.domain.people import Assignment, Person
from app.services.desk import Desk
from tests.support.case_world import ACTORS, CaseWorld
from tests.support.desks import NOW, PARK, Writing, open_desk

ENTERPRISE = buckets.of_enterprise("e")
HELD = ("officer", "coordinator", "revisitor", "leader")


def _commissioned(world: CaseWorld, template: str, **args: Any) -> None:
    world.do("officer", "agency.open", template=template, **args)
    world.do("officer", "agency.hand_over", materials=[{"name": "营业执照副本", "original": True}])
    world.paper("commission")
    world.do("officer", "agency.commission", until="2027-03-31")


def _seven(world: CaseWorld) -> None:
    """七个环节 under way: one done, three parallel ones, one of them stopped, one lacking pieces."""
    _commissioned(
        world, "seven_links", title="年产两万吨窑具项目", contact_name="陈厂长", contact_phone="13812340022"
    )
    world.do("coordinator", "agency.accept")
    world.run_step("approval", "start", "file", "accept", variant="permit")
    world.later(5)
    world.do("officer", "agency.contact", step="approval", about="递交核准申请", people="项目科张科长")
    world.run_step("approval", "done")
    world.run_step("siting", "start", "file", "accept")
    world.run_step("environment", "start", variant="form")
    world.later(2)
    world.do(
        "officer", "agency.step_file", step="environment", mode="lacking", missing=["总量指标来源"],
        until=(world.now + timedelta(days=12)).date().isoformat(),
    )  # fmt: skip
    world.run_step("environment", "accept")
    world.do("officer", "agency.step_skip", step="feasibility", reason="企业自筹，银行没有要求")
    world.run_step("energy", "start", "file", "accept")
    world.later(3)
    world.do("officer", "agency.step_stop", step="environment", reason="publicity")
    world.do(
        "officer", "agency.contact", sides=["agent", "enterprise", "department"], department="environment",
        step="environment", about="现场踏勘", people="陈厂长，环评科刘工", method="visit", why="现场踏勘要企业到场",
    )  # fmt: skip


def _finished(world: CaseWorld) -> None:
    _commissioned(world, "three_in_a_day", title="新材料公司落户")
    world.do("coordinator", "agency.accept")
    for key in ("signing", "registration", "siting"):
        world.run_step(key, "start", "file", "accept", "done")
    (row,) = world.case.materials
    world.do("officer", "agency.hand_back", materials=[row])


def _settled(world: CaseWorld) -> None:
    _finished(world)
    world.paper("settlement")
    world.do("officer", "agency.sign_enterprise")
    world.do("officer", "agency.sign_agent")
    world.do("officer", "agency.settle")


def cases_of_a_park(now_days: int = -10) -> Writing:
    """One enterprise with cases in many stages, begun so many days before NOW, in all the buckets that see them."""
    world = CaseWorld()
    start = NOW + timedelta(days=now_days)
    plans: dict[str, Any] = {
        "consulting": lambda: world.do("officer", "agency.open", template="landing", title="分公司开办"),
        "commissioned": lambda: _commissioned(world, "policy_claim", title="设备更新奖补兑现"),
        "seven": lambda: _seven(world),
        "finished": lambda: _finished(world),
        "settled": lambda: _settled(world),
    }
    for id, make in plans.items():
        world.id, world.now = id, start
        make()
    world.id, world.now = "suspended", start
    _commissioned(world, "title_backlog", title="老厂房办证")
    world.do("coordinator", "agency.accept")
    world.do("officer", "agency.suspend")
    writing = Writing()
    for (kind, id), body in world.papers.bodies.items():
        if kind == "attachment":
            body = {
                **{"file_name": "签字件.jpg", "media_type": "image/jpeg", "size": 1, "sha256": "0" * 64},
                **body,
            }
        writing.add(ENTERPRISE, kind, id, body)
    mine = Assignment(
        id="as-e", enterprise="e", enterprise_name="示例厂", person="p-officer", person_name="王联络", since="2026-01-05"
    )  # fmt: skip
    writing.add(ENTERPRISE, Assignment.kind, mine.id, mine.to_body())
    ref = buckets.reference(PARK)
    for name, content in builtin().items():
        writing.add(ref, "dictionary", name, {"id": name, "content": content})
    for name, actor in ACTORS.items():
        person = Person(id=actor.person, account=name, name=actor.name, roles=sorted(actor.roles))
        writing.add(ref, Person.kind, person.id, person.to_body())
    return writing


def case_desk(role: str, folder: Path, clock: Clock = lambda: NOW, *, held: bool = True) -> Desk:
    """The desk of one of case_world.ACTORS; `held` False: with the directory's rows alone."""
    actor = ACTORS[role]
    who = {
        "person": actor.person,
        "account": role.replace("_", ""),
        "name": actor.name,
        "roles": sorted(actor.roles),
    }
    desk = open_desk(folder, who, clock)
    park = () if role == "officer" else (buckets.directory(PARK),)
    mine = (ENTERPRISE,) if held else ()
    cases_of_a_park().into(desk, (buckets.reference(PARK), *park, *mine))
    return desk
