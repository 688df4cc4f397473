"""Meetings at the centre: who holds their bucket, who may do what there, the official number; nobody else hears of them."""

from __future__ import annotations

from typing import Any

from app.domain import buckets
from app.domain.ids import new_id
from app.domain.people import Role
from tests.support.park import Park, change
from tests.support.server import Laptop

BUCKET = buckets.meetings("XD")


def plan(id: str, **args: Any) -> dict[str, Any]:
    given = {
        "meeting_kind": "dispatch",
        "title": "绝密调度",
        "day": "2026-11-23",
        "local_number": "HY-1",
        **args,
    }
    return change("meeting.plan", BUCKET, ("meeting", id), given)


def pushed(laptop: Laptop, *changes: dict[str, Any]) -> list[str]:
    return [verdict["status"] for verdict in laptop.push(*changes)]


def test_coordinators_leaders_and_revisitors_read_them_and_nobody_else(park: Park) -> None:
    coordinator, id = park.coordinator(), new_id()
    (verdict,) = coordinator.push(plan(id))
    assert verdict["status"] == "applied"
    (row,) = verdict["rows"]
    assert row[3]["number"].startswith("XD-HY-")
    for role in (Role.LEADER, Role.REVISITOR):
        reader = park.server.sign_in(park.account(role)[0])
        assert id in {body["id"] for body in reader.pull_all().of_kind("meeting", BUCKET)}
        assert pushed(reader, plan(new_id())) == ["refused"]
    for other in (park.officer(park.enterprise()), park.handler("economy")):
        assert BUCKET not in other.pull_all().cursors
        answer = other.post("/sync/pull", {"device": other.device, "cursors": {BUCKET: 0}})
        assert "绝密调度" not in answer.text
        (verdict,) = other.push(change("meeting.cancel", BUCKET, ("meeting", id), {"reason": "不开"}))
        assert (verdict["status"], verdict["rows"]) == ("escrowed", [])
    (body,) = [one for one in coordinator.pull_all().of_kind("meeting", BUCKET) if one["id"] == id]
    assert "cancel_reason" not in body


def test_two_coordinators_write_at_one_meeting_without_meeting_each_other(park: Park) -> None:
    one, other, id = park.coordinator(), park.coordinator(), new_id()
    one.push(plan(id, meeting_kind="reception"))

    def came(enterprise: str) -> dict[str, Any]:
        return change(
            "meeting.guests", BUCKET, ("meeting", id), {"came": [{"id": enterprise, "name": enterprise}]}
        )

    def facts(name: str, value: str) -> dict[str, Any]:
        return change("patch", BUCKET, ("meeting", id), {"fields": {name: [None, value]}})

    assert pushed(one, came("甲"), facts("place", "一楼")) == ["applied", "applied"]
    assert pushed(other, came("乙"), facts("chair", "周领导"), facts("place", "二楼")) == [
        *("applied", "applied", "conflict"),
    ]
    (body,) = [row for row in one.pull_all().of_kind("meeting", BUCKET) if row["id"] == id]
    assert (body["came"], body["place"], body["chair"]) == (["甲", "乙"], "一楼", "周领导")
    (conflict,) = [row for row in one.pull_all().of_kind("conflict", BUCKET) if row.get("target_id") == id]
    choice = {"place": {"pick": "mine", "shown": "一楼"}}
    resolve = change("conflict.resolve", BUCKET, ("conflict", conflict["id"]), {"choices": choice})
    assert pushed(one, resolve) == ["applied"]


def test_what_is_not_done_goes_on_at_the_centre_as_on_the_laptop(park: Park) -> None:
    coordinator, first, second, item = park.coordinator(), new_id(), new_id(), new_id()
    add = {"items": [{"id": item, "title": "三期厂房"}]}
    verdicts = pushed(
        coordinator,
        plan(first, meeting_kind="inspection"),
        change("meeting.add", BUCKET, ("meeting", first), add),
        change("meeting.hold", BUCKET, ("meeting", first), {"minutes": "没有议到。"}),
        plan(second, meeting_kind="inspection", day="2026-11-30"),
    )
    assert verdicts == ["applied"] * 4
    items = {one["id"]: one for one in coordinator.pull_all().of_kind("meeting_item", BUCKET)}
    carried = items[items[item]["carried_to"]]
    assert (carried["meeting"], carried["title"], carried["carried_from"]) == (second, "三期厂房", item)


def test_an_issue_put_on_an_agenda_by_two_stands_there_once(park: Park) -> None:
    one, other, id, issue = park.coordinator(), park.coordinator(), new_id(), new_id()
    one.push(plan(id, meeting_kind="joint"))
    add = {"items": [{"title": "用电", "issue": issue}]}
    for laptop in (one, other):
        assert pushed(laptop, change("meeting.add", BUCKET, ("meeting", id), add)) == ["applied"]
    found = [row for row in one.pull_all().of_kind("meeting_item", BUCKET) if row["meeting"] == id]
    assert [row["issue"] for row in found] == [issue]
