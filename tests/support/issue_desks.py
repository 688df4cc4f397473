"""Issues in every stage, made by their own moves, and the desks of the five roles with what each holds of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.dictionaries import builtin
from app.domain import buckets
from app.domain.clock import Clock
from app.domain.people import Assignment, Person
from app.services.desk import Desk
from tests.support.desks import NOW, PARK, Writing, open_desk
from tests.support.issue_world import ACTORS, IssueWorld

ECONOMY = buckets.of_department("economy")
ENTERPRISE = buckets.of_enterprise("e")
_TAKEN = (("coordinator", "issue.accept", {}), ("coordinator", "issue.assign", {}))
_SIGNED = (*_TAKEN, ("handler", "issue.sign", {}))
_ANSWERED = (*_SIGNED, ("handler", "issue.answer", {}))
_VERIFIED = (*_ANSWERED, ("coordinator", "issue.verify", {}))
_OBJECTED = (*_TAKEN, ("handler", "issue.object", {}))
_HIGH = (("coordinator", "issue.accept", {"level": 3}), *_SIGNED[1:])
STAGES: dict[str, tuple[str, tuple[tuple[str, str, dict[str, Any]], ...]]] = {
    "reported": ("门口积水影响进货", ()),
    "reported_too": ("夜班公交没有站点", ()),
    "accepted": ("奖补资金没有到账", _TAKEN[:1]),
    "assigned": ("变压器容量不够", _TAKEN),
    "in_work": ("厂区扩容用电报装", _SIGNED),
    "extension": ("新线路要改接入点", (*_SIGNED, ("handler", "issue.ask_extension", {}))),
    "extension_high": ("跨县管线迁改", (*_HIGH, ("handler", "issue.ask_extension", {}))),
    "answered": ("临时用电手续", _ANSWERED),
    "to_revisit": ("电价执行错误", _VERIFIED),
    "closed": ("停电没有提前通知", (*_VERIFIED, ("revisitor", "issue.revisit", {}))),
    "refused": ("合同价款有争议", (("coordinator", "issue.refuse", {}),)),
    "ruling": ("排污许可与用电一并办", (*_OBJECTED, ("coordinator", "issue.assign", {}), ("handler", "issue.object", {}))),
    "whistled": ("线杆倒伏无人来修", (("officer", "issue.whistle", {"departments": ["economy"]}),)),
    "supervised": ("增容答复拖了两周", (*_SIGNED, ("coordinator", "issue.supervise", {"text": "请本周答复"}))),
}  # fmt: skip
"""Id of the issue → its title and the moves that brought it where it is (who, what, arguments)."""


def issues_of_a_park() -> Writing:
    """One enterprise with an issue in each of STAGES, in all the buckets that see it."""
    world = IssueWorld()
    for number, (id, (title, moves)) in enumerate(STAGES.items()):
        world.id = id
        world.do(
            "officer", "issue.raise", local_number=f"I-{number:03d}", title=title, category="08", subcategory="0803",
            description="现有容量不够，希望尽快增容。", contact_name="陈厂长", contact_phone="13812340022",
        )  # fmt: skip
        for who, name, args in moves:
            world.do(who, name, **args)
    writing = Writing()
    for (kind, id), body in world.papers.bodies.items():
        writing.add(ENTERPRISE, kind, id, body)
    mine = Assignment(
        id="as-e", enterprise="e", enterprise_name="示例厂", person="p-officer", person_name="王联络", since="2026-01-05"
    )  # fmt: skip
    writing.add(ENTERPRISE, Assignment.kind, mine.id, mine.to_body())
    ref = buckets.reference(PARK)
    for name, content in builtin().items():
        writing.add(ref, "dictionary", name, {"id": name, "content": content})
    for name, actor in ACTORS.items():
        person = Person(
            id=actor.person, account=name, name=actor.name, roles=sorted(actor.roles), department=actor.department
        )  # fmt: skip
        writing.add(ref, Person.kind, person.id, person.to_body())
    return writing


def desk_of(
    role: str, folder: Path, clock: Clock = lambda: NOW, more: Callable[[Writing], None] | None = None
) -> Desk:
    """The desk of one of issue_world.ACTORS, holding what such a person holds; `more` adds to what there is."""
    actor = ACTORS[role]
    who: dict[str, Any] = {
        "person": actor.person,
        "account": role.replace("_", ""),
        "name": actor.name,
        "roles": sorted(actor.roles),
        "department": actor.department,
    }
    desk = open_desk(folder, who, clock)
    held = {
        "officer": (ENTERPRISE,),
        "handler": (ECONOMY,),
        "other_handler": (buckets.of_department("finance"),),
    }.get(role, (ENTERPRISE, buckets.directory(PARK)))
    writing = issues_of_a_park()
    if more is not None:
        more(writing)
    writing.into(desk, (buckets.reference(PARK), *held))
    return desk
