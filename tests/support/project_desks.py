"""Projects in several stages, made by their own moves, and the desks of those who meet them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.dictionaries import builtin
from app.domain import buckets
from app.domain.clock import Clock, to_text
from app.domain.meeting import Meeting, MeetingItem
from app.domain.people import Assignment, Person
from app.domain.visit import PublishedForm
from app.paths import resources
from app.services import projects, registers
from app.services.desk import Desk
from tests.support.desks import NOW, PARK, Writing, open_desk
from tests.support.project_world import ACTORS, ProjectWorld
from tests.support.registering import answer

ENTERPRISE = buckets.of_enterprise("e")
FRIDAY = NOW - timedelta(days=3)
"""2026-11-20, a Friday; NOW is the Monday after."""
WEEKLY_ANSWERS: dict[str, Any] = {
    "/header/h7_informed": "yes",
    "/overview/unchanged": "no",
    "/progress/w03_done": "二号车间柱子浇筑完成",
    "/progress/w04_next": "二号车间屋面钢梁吊装，周四前完成",
    "/progress/w05_invested": "5234.50",
    "/progress/w05_plan": "8000",
    "/issues/w10_has": "none",
}


def _going(world: ProjectWorld) -> None:
    """Built in time: two milestones reached, two to come; half the year's investment done."""
    planned = {"started": "2026-05-01", "completed": "2026-12-20", "producing": "2027-03-01"}
    world.do(
        "officer", "project.open", title="年产两万吨窑具项目", signed_on="2026-02-10", planned=planned,
        person_name="刘副主任", contact_name="陈厂长", total_fen=12_000_000_000, content="两条隧道窑，厂房三万平方米",
    )  # fmt: skip
    world.do("officer", "project.start", day="2026-04-28")
    world.do(
        "officer",
        "project.milestone",
        name="主体封顶",
        planned_from="2026-05-20",
        planned_on="2026-10-30",
        person_name="周工",
    )
    top = next(id for id, one in world.project.ordered if one.name == "主体封顶")
    world.do("officer", "project.structure", day="2026-07-15")
    world.do("officer", "project.reached", milestone=top, day="2026-11-02")
    for month in range(3, 13):
        world.do(
            "officer", "project.month", month=f"2026-{month:02d}", planned_fen=800_000_000, person_name="周工",
            **({"actual_fen": 720_000_000} if month < 10 else {}),
        )  # fmt: skip
    world.do("officer", "project.funds", fen=3_000_000_000, source="股东出资", day="2026-03-20")


def _late(world: ProjectWorld) -> None:
    planned = {"started": "2026-06-01", "completed": "2026-10-20"}
    world.do("officer", "project.open", title="陶瓷填料技改项目", signed_on="2026-04-01", planned=planned)
    world.do("officer", "project.start", day="2026-06-05")


def _unbegun(world: ProjectWorld) -> None:
    world.do("officer", "project.open", title="新材料研发中心", signed_on="2026-07-01")


def _producing(world: ProjectWorld) -> None:
    planned = {"started": "2025-10-01", "completed": "2026-08-01", "producing": "2026-10-01"}
    world.do("officer", "project.open", title="一期包装线", signed_on="2025-08-01", planned=planned)
    for name, day in (
        ("start", "2025-10-08"),
        ("equip", "2026-05-01"),
        ("complete", "2026-08-01"),
        ("produce", "2026-09-28"),
    ):
        world.do("officer", f"project.{name}", day=day)


def projects_of_a_park() -> Writing:
    """One enterprise with projects in several stages, in all the buckets that see them, and a dispatch meeting."""
    world = ProjectWorld()
    for id, make in (("going", _going), ("late", _late), ("unbegun", _unbegun), ("producing", _producing)):
        world.id, world.now = id, NOW - timedelta(days=10)
        make(world)
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
        person = Person(id=actor.person, account=name, name=actor.name, roles=sorted(actor.roles))
        writing.add(ref, Person.kind, person.id, person.to_body())
    source = (resources() / "forms" / "project_weekly.md").read_text("utf-8")
    form = PublishedForm(
        id="project_weekly@2026.1", form_id="project_weekly", version="2026.1", title="项目周报",
        source=source, published_at=to_text(NOW - timedelta(days=300)),
    )  # fmt: skip
    writing.add(ref, PublishedForm.kind, form.id, form.to_body())
    meeting = Meeting(
        id="mt", meeting_kind="dispatch", title="第47周调度", day="2026-11-20", state="held", made_by="p", made_by_name="李协调"
    )  # fmt: skip
    item = MeetingItem(
        id="it", meeting="mt", order=1, title="陶瓷填料技改项目滞后", enterprise="e", enterprise_name="示例厂",
        outcome="recorded", decision="供电局本周接通临时用电", person_name="赵工", due_on="2026-11-27",
    )  # fmt: skip
    for document in (meeting, item):
        writing.add(buckets.meetings(PARK), document.kind, document.id, document.to_body())
    return writing


def project_desk(role: str, folder: Path, clock: Clock = lambda: NOW, *, held: bool = True) -> Desk:
    """The desk of one of project_world.ACTORS; `held` False: with the directory's rows alone."""
    actor = ACTORS[role]
    who = {"person": actor.person, "account": role, "name": actor.name, "roles": sorted(actor.roles)}
    desk = open_desk(folder, who, clock)
    park = () if role == "officer" else (buckets.directory(PARK), buckets.meetings(PARK))
    mine = (ENTERPRISE,) if held else ()
    projects_of_a_park().into(desk, (buckets.reference(PARK), *park, *mine))
    return desk


def file_report(desk: Desk, project: str = "going", day: datetime | None = None, **said: Any) -> str:
    """A weekly report filled as a person would; the record's id."""
    draft = projects.start_report(desk, project)
    opened = registers.open_filling(desk, draft)
    answers = {**WEEKLY_ANSWERS, **({"/header/h3_date": day.date()} if day else {}), **said}
    answer(opened.filling, answers)
    registers.save(desk, draft, opened.filling.save(), opened.tables)
    return registers.submit(desk, draft, opened.filling)
