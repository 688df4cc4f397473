"""Cases at the centre: an officer's and a coordinator's laptop and the rows between them, a merge, templates of the park's own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.dictionaries import builtin
from app.domain import buckets
from app.domain.agency_case import AgencyCase, AgencyEvent, CaseState, StepState, case_row
from app.domain.changes.agency_trail import rebuild_case
from app.domain.clock import beijing_date, from_text, system_clock
from app.domain.ids import new_id
from app.domain.people import Role
from app.domain.projections import CASE_ROW
from app.errors import KnownError
from app.paths import DataFolder
from app.services import cases, opened
from app.services.desk import Desk
from app.store.outbox import counts
from sync.client.engine import engine_for
from sync.client.session import sign_in
from sync.server import jobs
from sync.server.accounts import NewAccount
from sync.server.dictionaries import publish_dictionary
from sync.server.verify import verify
from sync.server.watch import watch
from tests.support.park import Park, change
from tests.support.server import PASSWORD


@pytest.fixture(scope="module")
def park(unshared_park: Park) -> Park:
    return unshared_park


pytestmark = pytest.mark.slow


def sync(desk: Desk) -> None:
    report = engine_for(desk.store, desk.context, system_clock).run()
    assert report.error is None, report.error


@contextmanager
def desk_of(park: Park, folder: Path, role: Role, name: str, *enterprises: str) -> Iterator[Desk]:
    account = f"c{uuid.uuid4().hex[:10]}"
    jobs.add_account(
        park.database, park.reference, NewAccount(account, name, (role,), None), PASSWORD, system_clock()
    )
    if enterprises:
        park.assign(account, *enterprises)
    with Desk.open(DataFolder(folder)) as desk:
        sign_in(desk.store, park.server.url, account, PASSWORD, "测试机")
        sync(desk)
        yield desk


def case(desk: Desk, id: str) -> AgencyCase:
    return cases.case_of(desk, id)


def whole_trail(desk: Desk, id: str) -> None:
    """The trail this laptop has rebuilds the case it has."""
    events = [AgencyEvent.of(one) for one in desk.store.of_kind(AgencyEvent.kind) if one.body["case"] == id]
    document = desk.store.get(AgencyCase.kind, id)
    assert document is not None
    assert rebuild_case(events) == document.body


def test_two_laptops_take_a_case_from_the_first_word_to_the_revisit(park: Park, tmp_path: Path) -> None:
    enterprise = park.enterprise()
    with (
        desk_of(park, tmp_path / "o", Role.OFFICER, "王敏", enterprise) as officer,
        desk_of(park, tmp_path / "c", Role.COORDINATOR, "陈静") as coordinator,
        desk_of(park, tmp_path / "r", Role.REVISITOR, "孙回访") as revisitor,
    ):
        me = officer.signed_in()
        id = cases.open_case(officer, enterprise, {"template": "three_in_a_day", "fit": True})
        cases.act(officer, id, "agency.hand_over", {"names": "营业执照", "original": True})
        cases.add_file(officer, id, b"%PDF-signed", "委托书.pdf", "commission")
        cases.act(
            officer,
            id,
            "agency.commission",
            {"agents": [me.person], "powers": ["submit"], "signed_by": "陈厂长"},
        )
        sync(officer)
        assert counts(officer.store).refused == 0
        assert "-DB-" in case(officer, id).number
        assert officer.store.of_kind(CASE_ROW) == []

        sync(coordinator)
        (line,) = [one for one in cases.listing(coordinator) if one.id == id]
        assert (line.state, line.held) == (CaseState.COMMISSIONED, False)
        with pytest.raises(KnownError, match="还没有取到本机"):
            cases.act(coordinator, id, "agency.accept")
        for desk in (coordinator, revisitor):
            opened.open_bucket(desk, enterprise)
            sync(desk)
        cases.act(coordinator, id, "agency.accept")
        sync(coordinator)
        sync(officer)
        for key in ("signing", "registration", "siting"):
            for move, more in (
                ("start", {}),
                ("file", {}),
                ("accept", {"number": "S1"}),
                ("done", {"number": "P1"}),
            ):
                cases.act(officer, id, f"agency.step_{move}", more, key)
        # Two write at once: each adds to the log, none meets the other.
        cases.act(coordinator, id, "agency.note", {"text": "请抓紧"})
        sync(coordinator)
        sync(officer)
        sync(coordinator)
        assert case(coordinator, id).steps["siting"].state is StepState.DONE
        cases.act(
            officer, id, "agency.hand_back", {"materials": list(case(officer, id).materials), "to": "陈厂长"}
        )
        cases.add_file(officer, id, b"%PDF-done", "办结单.pdf", "settlement")
        cases.act(officer, id, "agency.sign_enterprise", {"signed_by": "陈厂长"})
        cases.act(officer, id, "agency.sign_agent")
        cases.act(officer, id, "agency.settle")
        sync(officer)
        sync(revisitor)
        cases.act(revisitor, id, "agency.revisit", {"method": "phone", "satisfaction": "very"})
        for desk in (revisitor, officer, coordinator):
            sync(desk)
            assert case(desk, id).state is CaseState.REVISITED
            assert counts(desk.store).refused == counts(desk.store).conflicts == 0
            whole_trail(desk, id)
        row = coordinator.store.get(CASE_ROW, id)
        held = coordinator.store.get(AgencyCase.kind, id)
        assert row is not None
        assert held is not None
        assert row.body == case_row(held.body)
    assert verify(park.database, park.settings).problems == []


def test_what_two_agents_do_to_one_step_the_centre_settles(park: Park, tmp_path: Path) -> None:
    enterprise = park.enterprise()
    with (
        desk_of(park, tmp_path / "a", Role.OFFICER, "王敏", enterprise) as one,
        desk_of(park, tmp_path / "b", Role.OFFICER, "刘洋", enterprise) as other,
        desk_of(park, tmp_path / "c", Role.COORDINATOR, "陈静") as coordinator,
    ):
        id = cases.open_case(one, enterprise, {"template": "landing", "fit": True})
        cases.add_file(one, id, b"%PDF-signed", "委托书.pdf", "commission")
        people = [one.signed_in().person, other.signed_in().person]
        cases.act(
            one, id, "agency.commission", {"agents": people, "powers": ["submit"], "signed_by": "陈厂长"}
        )
        sync(one)
        opened.open_bucket(coordinator, enterprise)
        sync(coordinator)
        cases.act(coordinator, id, "agency.accept")
        for desk in (coordinator, one, other):
            sync(desk)
        cases.act(one, id, "agency.step_start", {"person": people[0]}, "registration")
        cases.act(other, id, "agency.step_start", {"person": people[1]}, "registration")
        sync(one)
        sync(other)
        assert counts(other.store).refused == 1
        assert case(other, id).steps["registration"].person == people[0]
        whole_trail(other, id)


def opening(enterprise: str, id: str, template: str = "landing") -> dict[str, Any]:
    args = {"local_number": "DB-1", "template": template, "fit": True}
    return change("agency.open", buckets.of_enterprise(enterprise), ("agency_case", id), args)


def test_a_case_goes_with_its_enterprise_into_the_real_one(park: Park) -> None:
    tail = new_id()[-6:].upper()
    code = f"91360313MA{tail}"  # fits no check digit: the centre's own hand enters what a register says
    temporary = park.enterprise(credit_code=f"TMP-a3c1-{tail}")
    real, id = park.enterprise(credit_code=f"{code}00"), new_id()
    coordinator = park.coordinator()
    want = [buckets.of_enterprise(temporary), buckets.of_enterprise(real)]
    (verdict,) = coordinator.push(opening(temporary, id))
    assert verdict["status"] == "applied"
    merge = change(
        "enterprise.merge", buckets.of_enterprise(temporary), ("enterprise", temporary), {"into": real}
    )
    (verdict,) = coordinator.push(merge)
    assert verdict["status"] == "applied", verdict
    held = coordinator.pull_all(want=want)
    (body,) = held.of_kind("agency_case", buckets.of_enterprise(real))
    assert body["enterprise"] == real
    events = [
        AgencyEvent.model_validate(one) for one in held.of_kind("agency_event", buckets.of_enterprise(real))
    ]
    assert rebuild_case(events) == body
    (row,) = [one for one in held.of_kind(CASE_ROW) if one["id"] == id]
    assert row["enterprise"] == real
    assert verify(park.database, park.settings).problems == []


def test_nobody_else_hears_of_a_case(park: Park) -> None:
    enterprise, id = park.enterprise(), new_id()
    officer = park.officer(enterprise)
    (verdict,) = officer.push(opening(enterprise, id))
    assert verdict["status"] == "applied"
    for other in (park.officer(park.enterprise()), park.handler("economy")):
        assert other.pull_all().of_kind("agency_case") == []
        assert other.pull_all().of_kind(CASE_ROW) == []
        (verdict,) = other.push(
            change("agency.note", buckets.of_enterprise(enterprise), ("agency_case", id), {"text": "看看"})
        )
        assert verdict["status"] in ("refused", "escrowed")
    body = next(one for one in officer.pull_all().of_kind("agency_case") if one["id"] == id)
    assert body["moves"] == 1


def test_the_parks_own_templates_are_checked_and_used(park: Park) -> None:
    now = datetime.now(UTC) + timedelta(seconds=1)
    content = {**builtin()["case_templates"], "version": "2026.9"}
    broken = {**content, "items": [{**content["items"][0]}]}
    broken["items"][0]["steps"] = [
        {**step, "needs": ["construction"]} for step in broken["items"][0]["steps"]
    ]
    with pytest.raises(KnownError, match="没有发布"):
        publish_dictionary(park.database, park.reference, "case_templates", broken, now)
    mine = {
        "id": "sewage", "name": "排水许可", "case_type": "approval",
        "steps": [{"key": "permit", "name": "排水许可", "department": "housing", "days": 3}],
    }  # fmt: skip
    own = {**content, "items": [*content["items"], mine]}
    assert publish_dictionary(park.database, park.reference, "case_templates", own, now)
    enterprise, id = park.enterprise(), new_id()
    (verdict,) = park.coordinator().push(opening(enterprise, id, "sewage"))
    assert verdict["status"] == "applied"
    body = next(row[3] for row in verdict["rows"] if row[0] == "agency_case")
    assert body["template_version"] == "2026.9"
    assert body["steps"]["permit"]["limit_days"] == 3


def test_a_calendar_that_comes_moves_what_is_running(park: Park) -> None:
    enterprise, id = park.enterprise(), new_id()
    account, person = park.account(Role.COORDINATOR)
    laptop = park.server.sign_in(account)
    bucket = buckets.of_enterprise(enterprise)

    def made(name: str, **args: Any) -> dict[str, Any]:
        return change(name, bucket, ("agency_case", id), args)

    paper = change("put", bucket, ("attachment", new_id()), {})
    body = {
        "id": paper["doc"][1], "enterprise": enterprise, "case": id, "purpose": "commission", "size": 1,
        "file_name": "委托书.pdf", "media_type": "application/pdf", "sha256": "0" * 64,
    }  # fmt: skip
    paper["args"] = {"fields": {name: [None, value] for name, value in body.items()}}
    agents = [{"person": person, "name": "代办员"}]
    step = {"step": "registration"}
    verdicts = laptop.push(
        opening(enterprise, id),
        paper,
        made("agency.commission", agents=agents, powers=["submit"], signed_by="陈厂长"),
        made("agency.accept"),
        made("agency.step_start", **step),
        made("agency.step_file", **step),
        made("agency.step_accept", **step, number="S1"),
    )
    assert [verdict["status"] for verdict in verdicts] == ["applied"] * 7, verdicts

    def due() -> str:
        found = laptop.pull_all(want=[bucket]).of_kind("agency_case", bucket)
        return str(next(one for one in found if one["id"] == id)["steps"]["registration"]["due_at"])

    before = due()
    now = datetime.now(UTC) + timedelta(seconds=1)
    assert watch(park.database, park.reference, now)["agency.retime"] == 0
    day = beijing_date(from_text(before))
    calendar = {
        "version": "2026.9", "items": [],
        "days": [{"date": day.isoformat(), "works": False, "name": "放假"}],
    }  # fmt: skip
    assert publish_dictionary(park.database, park.reference, "work_calendar", calendar, now)
    assert watch(park.database, park.reference, now)["agency.retime"] == 1
    assert due() > before
    assert watch(park.database, park.reference, now)["agency.retime"] == 0
    assert verify(park.database, park.settings).problems == []
