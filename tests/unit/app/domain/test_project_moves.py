"""Every move of a project by every role from every stage, and what each one leaves behind."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from app.domain.changes import Refusal
from app.domain.changes.issue_trail import chain
from app.domain.documents import Document
from app.domain.figures import fraction
from app.domain.people import Role
from app.domain.project import ORDER, Milestone, Project, Stage, project_row
from app.domain.project_moves import BY_ITSELF, PROJECT_MOVES, project_moves
from app.domain.project_rules import Judged
from app.domain.projections import PROJECT_ROW, projections
from tests.support.figure_rows import projected, told, worked
from tests.support.project_world import ACTORS, SIGNED, ProjectWorld

O, C = Role.OFFICER, Role.COORDINATOR  # noqa: E741
ON = {
    "signed",
    "preparing",
    "started",
    "structure",
    "equipment",
    "trial",
    "producing",
    "full_capacity",
    "halted",
}
TABLE: dict[str, tuple[set[str], str | None, set[Role]]] = {
    "project.prepare": ({"signed"}, "preparing", {O, C}),
    "project.start": ({"signed", "preparing"}, "started", {O, C}),
    "project.structure": ({"started"}, "structure", {O, C}),
    "project.equip": ({"started", "structure"}, "equipment", {O, C}),
    "project.trial": ({"equipment"}, "trial", {O, C}),
    "project.complete": ({"structure", "equipment", "trial"}, None, {O, C}),
    "project.produce": ({"equipment", "trial"}, "producing", {O, C}),
    "project.fill_capacity": ({"producing"}, "full_capacity", {O, C}),
    "project.halt": ({"signed", "preparing", "started", "structure", "equipment", "trial"}, "halted", {O, C}),
    "project.resume": ({"halted"}, "structure", {O, C}),
    "project.back": (ON - {"signed", "halted"}, "before", {C}),
    "project.drop": (ON - {"producing", "full_capacity"}, "dropped", {C}),
    **{f"project.{one}": (ON, None, {O, C}) for one in ("milestone", "reached", "unplan", "month", "funds")},
    **{f"project.{one}": (ON, None, {O, C}) for one in ("note", "report")},
    "project.meeting": (ON, None, {C}),
    "project.rejudge": (ON, None, {Role.ADMIN}),
}  # fmt: skip
"""Written by hand, beside the table of the program: action → stages, where it leads, who."""


def ready(stage: Stage) -> ProjectWorld:
    """A project in a stage with which every guard is content."""
    world = ProjectWorld.opened()
    days = {one.value: SIGNED for one in ORDER[: ORDER.index(stage) + 1]} if stage in ORDER else {}
    world.put(
        stage,
        completed_on="2026-10-08",
        begun_on=SIGNED,
        halted_from=Stage.STRUCTURE if stage is Stage.HALTED else None,
        stage_days=days,
        judged=Judged.WATCH,
        milestones={"m": Milestone(order=1, name="主体封顶", planned_on="2026-12-01")},
    )
    world.record()
    return world


def test_the_table_of_the_program_names_the_same_moves() -> None:
    assert set(PROJECT_MOVES) == set(TABLE)


@pytest.mark.parametrize("action", sorted(TABLE))
def test_every_stage_and_role(action: str) -> None:
    sources, target, roles = TABLE[action]
    for stage, (name, actor) in product(Stage, ACTORS.items()):
        world = ready(stage)
        before = world.project
        offered = action in [move.action for move in project_moves(before, actor)]
        if stage.value not in sources or not actor.roles & roles:
            assert not offered, (stage, name)
            with pytest.raises(Refusal):
                world.do(name, action)
            assert world.project == before
            continue
        assert offered == (action not in BY_ITSELF), (stage, name)
        world.do(name, action)
        wanted = ORDER[ORDER.index(stage) - 1].value if target == "before" else target or stage.value
        assert world.project.stage == wanted, (stage, name)
        event = world.trail()[-1]
        assert (event.action, event.from_stage, event.to_stage) == (action, stage, wanted)
        assert event.person == actor.person


def test_a_project_from_signing_to_full_capacity() -> None:
    world = ProjectWorld.opened(
        planned={"started": "2026-05-01", "completed": "2026-12-01", "producing": "2027-02-01"}
    )
    assert world.project.number == "正式-XM-1"
    assert world.project.judged is Judged.UNBEGUN
    world.do("officer", "project.start", day="2026-05-20")
    assert world.project.begun_on == "2026-05-20"
    by_name = {one.name: one for _, one in world.project.ordered}
    assert by_name["开工"].done_on == "2026-05-20"
    assert world.project.judged is Judged.FAST
    world.do("officer", "project.structure", day="2026-07-01")
    with pytest.raises(Refusal, match="不能早于"):
        world.do("officer", "project.equip", day="2026-06-30")
    with pytest.raises(Refusal, match="还没有到"):
        world.do("officer", "project.equip", day=(world.today + timedelta(days=1)).isoformat())
    world.do("officer", "project.equip", day="2026-10-01")
    with pytest.raises(Refusal, match="还没有记竣工"):
        world.do("officer", "project.produce")
    world.do("officer", "project.complete")
    world.do("officer", "project.trial")
    world.do("officer", "project.produce")
    assert world.project.judged is None
    world.do("officer", "project.fill_capacity")
    digest = None
    for number, event in enumerate(world.trail(), start=1):
        assert (event.order, event.digest) == (number, chain(digest, event))
        digest = event.digest
    assert digest == world.project.trail_digest


def test_going_back_undoes_what_the_stage_said() -> None:
    world = ProjectWorld.opened(planned={"started": "2026-05-01"})
    world.do("officer", "project.start")
    world.do("coordinator", "project.back", reason="记错了项目")
    project = world.project
    assert (project.stage, project.begun_on) == (Stage.SIGNED, None)
    assert [one.done_on for _, one in project.ordered] == [None]
    assert world.trail()[-1].text == "记错了项目"


def test_usual_milestones_stand_in_their_order() -> None:
    with pytest.raises(Refusal, match="「竣工」的计划日不能早于前一个节点"):
        ProjectWorld.opened(planned={"started": "2026-09-01", "completed": "2026-08-01"})
    with pytest.raises(Refusal, match="不能早于前一个节点"):
        ProjectWorld.opened(planned={"started": "2026-01-01"})


def test_a_planned_day_moves_with_its_reason_only() -> None:
    world = ProjectWorld.opened()
    world.do("officer", "project.milestone", person_name="刘工")
    ((id, one),) = world.project.ordered
    assert one.person_name == "刘工"
    with pytest.raises(Refusal, match="写明原因"):
        world.do("officer", "project.milestone", milestone=id, planned_on="2027-01-20")
    world.do("officer", "project.milestone", milestone=id, planned_on="2027-01-20", reason="图审推迟")
    assert "计划 2026-12-20 改为 2027-01-20：图审推迟" in (world.trail()[-1].text or "")
    with pytest.raises(Refusal, match="计划开始不能晚于"):
        world.do("officer", "project.milestone", planned_from="2027-05-01")
    with pytest.raises(Refusal, match="已经不在"):
        world.do("officer", "project.reached", milestone="x")
    world.do("officer", "project.reached", milestone=id, day="2026-11-20")
    assert world.project.milestones[id].done_on == "2026-11-20"


def test_a_milestone_that_is_a_stage_is_reached_by_the_stage() -> None:
    world = ProjectWorld.opened(planned={"started": "2026-05-01"})
    ((id, _),) = world.project.ordered
    with pytest.raises(Refusal, match="请用「开工」"):
        world.do("officer", "project.reached", milestone=id)


def test_a_report_of_another_project_is_refused_and_one_is_taken_once_a_week() -> None:
    world = ProjectWorld.opened()
    world.record(project="other")
    with pytest.raises(Refusal, match="不是这个项目的周报"):
        world.do("officer", "project.report")
    world.record(progress__w05_invested="120.50", progress__w04_next="屋面吊装")
    world.do("officer", "project.report")
    week = next(iter(world.project.reports))
    assert week == f"{world.today:%G-W%V}"
    kept = world.project.reports[week]
    assert (kept.year_fen, kept.next_text, kept.unchanged) == (120_500_000, "屋面吊装", False)
    assert world.project.months[f"{world.today:%Y-%m}"].actual_fen == 120_500_000
    world.record(progress__w05_invested="130")
    world.do("officer", "project.report")
    assert list(world.project.reports) == [week]
    assert world.project.months[f"{world.today:%Y-%m}"].actual_fen == 130_000_000
    world.papers.bodies["record", "r"] |= {"withdrawn_at": "x", "withdrawn_reason": "填错项目"}
    world.do("officer", "project.report")
    assert world.project.reports == {}


def test_a_report_says_which_milestones_and_permits_are_reached() -> None:
    world = ProjectWorld.opened()
    world.do("officer", "project.milestone", name="主体封顶", planned_on="2026-11-01")
    ((id, _),) = world.project.ordered
    rows: dict[str, Any] = {
        "nodes__w08_nodes[1]__w08_actual": "2026-11-04",
        "procedures__w07_permits[1]__w07_link": "filing",
        "procedures__w07_permits[1]__w07_state": "accepted",
        "procedures__w07_permits[1]__w07_planned": (world.today - timedelta(days=40)).isoformat(),
    }
    world.record(**rows)
    world.do("officer", "project.report")
    project = world.project
    assert project.milestones[id].done_on == "2026-11-04"
    assert project.permits[0]["link"] == "filing"
    world.do("officer", "project.start")
    assert world.project.judged is Judged.BEHIND


def test_as_days_pass_the_class_is_judged_anew() -> None:
    world = ProjectWorld.opened(planned={"started": "2026-11-20"}, signed_on="2026-11-01")
    assert world.project.judged is Judged.FAST
    assert world.do("admin", "project.rejudge").writes == ()
    world.later(30)
    world.do("admin", "project.rejudge")
    assert world.project.judged is Judged.BEHIND
    assert world.trail()[-1].text == "较快改为滞后"
    world.later(40)
    world.do("admin", "project.rejudge")
    assert world.project.judged is Judged.UNBEGUN


def test_what_a_meeting_decided_is_written_once() -> None:
    world = ProjectWorld.opened()
    world.do("coordinator", "project.meeting")
    assert world.trail()[-1].text == "一周一调度：供电局本周接通"
    assert world.do("coordinator", "project.meeting").writes == ()
    assert len(world.trail()) == 2


def test_fields_go_by_patch_and_all_else_by_moves() -> None:
    world = ProjectWorld.opened()
    world.patch("officer", address="二期西侧", total_fen=8_000_000_000)
    assert world.project.total_fen == 8_000_000_000
    for name, value in (("stage", "producing"), ("begun_on", "2026-05-01"), ("months", {})):
        with pytest.raises(Refusal, match="不能手工改"):
            world.patch("officer", **{name: value})
    with pytest.raises(Refusal, match="角色"):
        world.patch("leader", address="别处")
    made = {**world.papers.bodies["project", "p"], "id": "q"}
    world.id = "q"
    with pytest.raises(Refusal, match="角色"):
        world.do("officer", "put", fields={name: [None, value] for name, value in made.items()})


def test_the_row_is_what_the_figures_read() -> None:
    world = ProjectWorld.opened(planned={"started": "2026-10-08", "completed": "2026-11-01"})
    world.do("officer", "project.start", day="2026-10-06")
    for month, planned, actual in (
        ("2026-10", 300_000_000, 210_000_000),
        ("2026-11", 100_000_000, 70_000_000),
    ):
        world.do("officer", "project.month", month=month, planned_fen=planned, actual_fen=actual)
    world.do("officer", "project.funds", fen=236, day="2026-11-02")
    world.do("officer", "project.funds", fen=200, day="2025-11-02")
    body = world.papers.bodies["project", "p"]
    figures = worked(projected(Document("e:e", Project.kind, "p", 1, body)))
    assert [figures[id].value for id in ("R20", "R20b", "R20c")] == ["1", "0", "0"]
    assert told(figures["R20d"]) == (1, 2, "50.00")
    assert told(figures["R20e"]) == (280_000_000, 400_000_000, "70.00")
    assert told(figures["R20f"]) == (36, 200, "18.00")
    assert fraction(figures["R20e"]) == "280 / 400", "money is told in 万元"
    assert figures["R20h"].measure.numerator == (world.project.judged is Judged.BEHIND)
    (write,) = projections(None, Project.kind, "p", body, "park")
    assert (write.kind, write.bucket, write.body) == (PROJECT_ROW, "dir:park", project_row(body))
    assert (
        projections(
            Document("e:e", Project.kind, "p", 1, body), Project.kind, "p", {**body, "content": "改"}, "park"
        )
        == ()
    )
