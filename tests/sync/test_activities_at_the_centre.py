"""Activities and targets between laptops: an officer's trip and report seen by the park, an event's issue, a target."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.domain import buckets
from app.domain.activity import REPORT_ROW, TRIP_ROW, GroupReport, Trip
from app.domain.clock import system_clock
from app.domain.ids import new_id
from app.domain.issue import Issue
from app.domain.people import Role
from app.domain.target import Target
from app.paths import DataFolder
from app.services import activities, opened
from app.services.desk import Desk
from app.store.outbox import counts
from sync.client.engine import engine_for
from sync.client.session import sign_in
from sync.server import jobs
from sync.server.accounts import NewAccount
from sync.server.verify import verify
from tests.support.activity_desks import BACK, EVENT, GROUP, TRIP
from tests.support.park import Park, change
from tests.support.server import PASSWORD


@pytest.fixture(scope="module")
def park(unshared_park: Park) -> Park:
    return unshared_park


pytestmark = pytest.mark.slow


def sync(*desks: Desk) -> None:
    for desk in desks:
        report = engine_for(desk.store, desk.context, system_clock).run()
        assert report.error is None, report.error
        assert counts(desk.store).refused == counts(desk.store).conflicts == 0


@contextmanager
def desk_of(park: Park, folder: Path, role: Role, name: str) -> Iterator[Desk]:
    account = f"a{uuid.uuid4().hex[:10]}"
    jobs.add_account(
        park.database, park.reference, NewAccount(account, name, (role,), None), PASSWORD, system_clock()
    )
    with Desk.open(DataFolder(folder)) as desk:
        sign_in(desk.store, park.server.url, account, PASSWORD, "测试机")
        sync(desk)
        yield desk


def test_what_an_officer_does_on_site_is_seen_by_the_park_and_by_nobody_else(
    park: Park, tmp_path: Path
) -> None:
    with (
        desk_of(park, tmp_path / "o", Role.OFFICER, "王敏") as officer,
        desk_of(park, tmp_path / "x", Role.OFFICER, "刘洋") as other,
        desk_of(park, tmp_path / "c", Role.COORDINATOR, "陈静") as coordinator,
        desk_of(park, tmp_path / "l", Role.LEADER, "周领导") as leader,
    ):
        me = officer.signed_in().person
        trip = activities.make(officer, "trip.plan", TRIP)
        activities.act(officer, trip, "trip.back", {**BACK, "next_on": officer.today.isoformat()})
        monday = officer.today.isocalendar()
        first = officer.today.fromisocalendar(monday.year, monday.week, 1).isoformat()
        start = {**GROUP, "starts_on": first, "persons": [me], "head": me, "rhythms": ["weekly"]}
        group = activities.make(coordinator, "group.form", start)
        sync(officer, coordinator, officer)

        (line,) = [one for one in activities.listing(officer)["groups"] if one.id == group]
        assert line.title == GROUP["name"]
        part = f"weekly:{first}"
        report = {"done": "跑了三家窑厂", "contacted": 3, "talking": 1, "signed": 0}
        activities.act(officer, group, "group.report", report, part)
        sync(officer)
        activities.act(officer, group, "group.report", {**report, "contacted": 4}, part)
        sync(officer, leader, coordinator, other)

        for desk in (leader, coordinator):
            page = activities.page(desk, "trips", trip)
            assert [one.text for one in page.parts[0][1]] == ["粤达窑炉", "南庄釉料"]
            assert page.actions == ()
            assert "请找他" in page.blocked[0][1]
            _, facts = activities.read_report(desk, group, part)
            assert dict(facts)["对接企业"] == "4 家"
            row = desk.store.get(TRIP_ROW, trip)
            assert row is not None
            assert "trail" not in row.body
        assert other.store.of_kind(TRIP_ROW) == other.store.of_kind(REPORT_ROW) == []
        assert all(one.id != group for one in activities.listing(other)["groups"])
        held = officer.store.of_kind(GroupReport.kind)
        assert [(one.body["contacted"], len(one.body["former"])) for one in held] == [(4, 1)]
    assert verify(park.database, park.settings).problems == []


def test_an_event_and_its_issue_and_a_target_on_two_laptops(park: Park, tmp_path: Path) -> None:
    enterprise = park.enterprise()
    with (
        desk_of(park, tmp_path / "c", Role.COORDINATOR, "陈静") as one,
        desk_of(park, tmp_path / "d", Role.COORDINATOR, "林岚") as two,
    ):
        event = activities.make(one, "event.plan", {**EVENT, "day": one.today.isoformat()})
        activities.invite(one, event, [enterprise])
        target = activities.make(
            one,
            "target.set",
            {"year": one.today.year, "indicator": f"签约{event[-6:]}", "unit": "个", "planned": "50"},
        )
        sync(one, two)
        activities.act(two, event, "event.came", {}, enterprise)
        activities.act(one, event, "event.note", {"enterprise": enterprise, "text": "缺窑炉工六人"})
        day = one.today.isoformat()
        activities.act(one, target, "target.progress", {"day": day, "done": "20"})
        activities.act(two, target, "target.progress", {"day": day, "done": "21"})
        sync(one, two, one)
        opened.open_bucket(two, enterprise)
        sync(two)
        item = next(
            part
            for head, lines in activities.page(two, "events", event).parts
            for part in lines
            if head == "企业反映"
        )
        values = {"source": "forum", "title": "缺窑炉工六人", "category": "03", "description": "缺窑炉工六人"}
        issue = activities.raise_item(two, event, item.id, values)
        sync(two, one)
        page = activities.page(one, "events", event)
        told = [line.remark for _, lines in page.parts for line in lines]
        stored = two.store.get(Issue.kind, issue)
        assert stored is not None
        assert any("诉求" in text for text in told)
        assert [guest.came for guest in page.guests] == [True]
        held = one.store.get(Target.kind, target)
        assert held is not None
        assert [entry["done"] for entry in held.body["entries"]] == ["20", "21"]
        assert [mark["action"] for mark in held.body["trail"]] == ["target.set", *["target.progress"] * 2]
    assert verify(park.database, park.settings).problems == []


def test_what_is_not_ones_own_is_refused_at_the_centre(park: Park) -> None:
    account, person = park.account(Role.OFFICER)
    laptop = park.server.sign_in(account)
    other, id = park.account(Role.OFFICER)[1], new_id()
    args = {**TRIP, "people": ["王敏"], "companies": []}
    (own,) = laptop.push(change("trip.plan", buckets.of_person(person), (Trip.kind, id), args))
    assert own["status"] == "applied"
    for bucket in (buckets.of_person(other), buckets.meetings("XD")):
        (verdict,) = laptop.push(change("trip.plan", bucket, (Trip.kind, new_id()), args))
        assert verdict["status"] in ("refused", "escrowed")
    # Another's row in the directory is not taken over under the same id.
    account, person = park.account(Role.LEADER)
    (verdict,) = park.server.sign_in(account).push(
        change("trip.plan", buckets.of_person(person), (Trip.kind, id), args)
    )
    assert verdict["status"] == "refused"
