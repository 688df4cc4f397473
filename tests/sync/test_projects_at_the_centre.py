"""A project at the centre: an officer's laptop with its weekly reports, a coordinator's with a meeting, a leader's rows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain import buckets
from app.domain.clock import system_clock
from app.domain.meeting import ItemOutcome, MeetingKind
from app.domain.people import Role
from app.domain.project import Project, ProjectEvent, Stage, project_row
from app.domain.projections import PROJECT_ROW
from app.domain.record import Record
from app.errors import KnownError
from app.paths import resources
from app.services import meetings, opened, projects
from app.services.desk import Desk
from app.services.figures import gather
from app.store.outbox import counts
from sync.server.jobs import publish_form
from sync.server.verify import verify
from sync.server.watch import watch
from tests.support.figure_rows import worked
from tests.support.park import Park
from tests.support.project_desks import file_report
from tests.sync.test_cases_at_the_centre import desk_of, sync


@pytest.fixture(scope="module")
def park(unshared_park: Park) -> Park:
    return unshared_park


pytestmark = pytest.mark.slow


def registered_and_reported(officer: Desk, enterprise: str) -> tuple[str, str]:
    """A project that has begun, with a month's plan and its first weekly report: its id and the record's."""
    today = officer.today
    planned = {
        "started": (today - timedelta(days=30)).isoformat(),
        "completed": (today + timedelta(days=90)).isoformat(),
    }
    signed = (today - timedelta(days=100)).isoformat()
    id = projects.open_project(
        officer, enterprise, {"title": "二期窑炉", "signed_on": signed, "planned": planned}
    )
    projects.act(officer, id, "project.start", {"day": (today - timedelta(days=2)).isoformat()})
    projects.act(officer, id, "project.month", {"month": f"{today:%Y-%m}", "planned_fen": "800"})
    said: dict[str, Any] = {"/nodes/w09_reasons": ("funds",), "/progress/w05_invested": "120.50"}
    return id, file_report(officer, id, **said)


def decided(coordinator: Desk, enterprise: str) -> str:
    """A dispatch meeting with a conclusion about the enterprise; the item's id."""
    day = coordinator.today.isoformat()
    meeting = meetings.plan(
        coordinator, {"meeting_kind": MeetingKind.DISPATCH.value, "title": "本周调度", "day": day}
    )
    meetings.add_item(coordinator, meeting, "二期窑炉用电", enterprise)
    (item,) = meetings.page(coordinator, meeting).items
    conclusion = {"outcome": ItemOutcome.RECORDED.value, "decision": "供电局本周接通", "person_name": "赵工"}
    meetings.settle(coordinator, meeting, item.id, conclusion)
    return item.id


def test_a_project_goes_from_signing_to_work_on_three_laptops(park: Park, tmp_path: Path) -> None:
    source = (resources() / "forms" / "project_weekly.md").read_text("utf-8")
    form = {"form_id": "project_weekly", "version": "2026.1", "title": "项目周报", "source": source}
    publish_form(park.database, park.reference, form, system_clock())
    enterprise = park.enterprise()
    with (
        desk_of(park, tmp_path / "o", Role.OFFICER, "王敏", enterprise) as officer,
        desk_of(park, tmp_path / "c", Role.COORDINATOR, "陈静") as coordinator,
        desk_of(park, tmp_path / "l", Role.LEADER, "周领导") as leader,
    ):
        id, record = registered_and_reported(officer, enterprise)
        sync(officer)
        assert counts(officer.store).refused == 0
        project = projects.project_of(officer, id)
        assert "-XM-" in project.number
        assert project.last_report is not None
        assert project.last_report.record == record
        assert officer.store.of_kind(PROJECT_ROW) == []
        assert officer.store.get(Record.kind, record) is not None

        for desk in (coordinator, leader):
            sync(desk)
            (line,) = [one for one in projects.listing(desk) if one.id == id]
            assert (line.stage, line.held, line.report_word) == (Stage.STARTED, False, "已报")
            assert line.year_text == "120.5/800 万元，15.06 %"
            with pytest.raises(KnownError, match="还没有取到本机"):
                projects.act(desk, id, "project.note", {"text": "看看"})
        figures = worked(gather(leader), now=system_clock())
        assert figures["R20h"].measure.denominator == 1

        item = decided(coordinator, enterprise)
        opened.open_bucket(coordinator, enterprise)
        sync(coordinator)
        projects.act(coordinator, id, "project.meeting", {"item": item})
        # Two write at once: each adds to the trail, neither meets the other.
        projects.act(officer, id, "project.note", {"text": "电缆已到场"})
        for desk in (coordinator, officer, coordinator, leader):
            sync(desk)
            assert counts(desk.store).refused == counts(desk.store).conflicts == 0
        texts = {event.text for event in map(ProjectEvent.of, officer.store.of_kind(ProjectEvent.kind))}
        assert "电缆已到场" in texts
        assert any("供电局本周接通，赵工" in (text or "") for text in texts)
        held = coordinator.store.get(Project.kind, id)
        row = leader.store.get(PROJECT_ROW, id)
        assert held is not None
        assert row is not None
        assert row.body == project_row(held.body)
        assert row.bucket == buckets.directory(leader.signed_in().park)
    assert verify(park.database, park.settings).problems == []


def test_the_centre_judges_anew_as_days_pass(park: Park, tmp_path: Path) -> None:
    enterprise = park.enterprise()
    with (
        desk_of(park, tmp_path / "o", Role.OFFICER, "王敏", enterprise) as officer,
        desk_of(park, tmp_path / "l", Role.LEADER, "周领导") as leader,
    ):
        signed = (officer.today - timedelta(days=80)).isoformat()
        id = projects.open_project(officer, enterprise, {"title": "研发中心", "signed_on": signed})
        sync(officer)
        watch(park.database, park.reference, system_clock())
        for days, word in ((0, None), (30, "unbegun")):
            watch(park.database, park.reference, system_clock() + timedelta(days=days))
            sync(leader)
            row = leader.store.get(PROJECT_ROW, id)
            assert row is not None
            assert row.body.get("judged") == word
        done = watch(park.database, park.reference, system_clock() + timedelta(days=30))
        assert done["project.rejudge"] == 0
        sync(officer)
        assert projects.page(officer, id).trail[0][1].endswith("重新判定：待定改为签约未建")
