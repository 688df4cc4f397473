"""Ordinary changes lock what they touch at the first go: none of them makes the centre roll back and begin again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.domain import buckets
from app.domain.changes import REGISTER, Change
from app.domain.ids import new_id
from sync.server.reach import Reach, _read_off
from tests.support.park import Park, attachment, change, issue, patch, start_visit, submit_visit
from tests.support.server import Laptop

BEGUN_AGAIN = "begun again to lock"


@contextmanager
def at_the_first_go(park: Park) -> Iterator[None]:
    before = park.server.log.count(BEGUN_AGAIN)
    yield
    found = [line for line in park.server.log.splitlines() if BEGUN_AGAIN in line][before:]
    assert found == []


def applied(laptop: Laptop, *changes: dict[str, Any], statuses: str = "applied") -> list[dict[str, Any]]:
    verdicts = laptop.push(*changes)
    found = [(verdict["status"], verdict.get("error")) for verdict in verdicts]
    assert [status for status, _ in found] == [statuses] * len(changes), found
    return verdicts


def test_an_officers_evening(park: Park) -> None:
    id, visit, cancelled = park.enterprise(), new_id(), new_id()
    officer = park.officer(id)
    photo = attachment(id, "a" * 64, 1000)
    photo["args"]["fields"]["visit"] = [None, cancelled]
    with at_the_first_go(park):
        applied(
            officer,
            start_visit(id, visit),
            submit_visit(id, visit, issue(), issue(solved_on_spot=True, solution="当场答复")),
            patch(id, employees=(None, 5)),
            patch(id, address=(None, "一路"), industry=(None, "陶瓷")),
            start_visit(id, cancelled),
            photo,
            change("patch", photo["bucket"], tuple(photo["doc"]), {"fields": {"caption": [None, "门口"]}}),
            change("attachment.remove", photo["bucket"], tuple(photo["doc"])),
            change("visit.cancel", buckets.of_enterprise(id), ("visit", cancelled)),
        )


def test_a_conflict_over_what_the_directory_shows_and_its_resolve(park: Park) -> None:
    id = park.enterprise("甲公司")
    one, two = park.officer(id), park.officer(id)
    with at_the_first_go(park):
        applied(one, patch(id, name=("甲公司", "乙公司")))
        [met] = applied(two, patch(id, name=("甲公司", "丙公司")), statuses="conflict")
        [conflict] = met["conflicts"]
        choices = {"choices": {"name": {"pick": "mine", "shown": "乙公司"}}}
        applied(two, change("conflict.resolve", buckets.of_enterprise(id), ("conflict", conflict), choices))
    assert [
        row["name"] for row in park.coordinator().pull_all().of_kind("enterprise_row") if row["id"] == id
    ] == ["丙公司"]


def test_an_issue_on_its_way_through_departments(park: Park) -> None:
    id, visit, raised = park.enterprise(), new_id(), issue()
    officer, coordinator, power = park.officer(id), park.coordinator(), park.handler("power")
    bucket, there = buckets.of_enterprise(id), buckets.of_department("power")
    doc, twin = ("issue", str(raised["id"])), ("department_issue", str(raised["id"]))
    accept = {"category": "04", "subcategory": "0402", "level": "2"}
    evidence = attachment(id, "b" * 64, 1000)
    evidence["args"]["fields"]["issue"] = [None, doc[1]]
    with at_the_first_go(park):
        applied(officer, start_visit(id, visit), submit_visit(id, visit, raised))
        applied(coordinator, change("issue.accept", bucket, doc, accept))
        applied(coordinator, change("issue.assign", bucket, doc, {"department": "power", "limit_days": 5}))
        applied(officer, evidence)
        applied(
            power,
            change("issue.sign", there, twin),
            change("issue.progress", there, twin, {"text": "已到现场。"}),
        )
        applied(
            power,
            change("issue.answer", there, twin, {"result": "solved", "answer": "已增容。", "basis": "文件"}),
        )


def test_an_assignment_and_what_came_too_late(park: Park) -> None:
    id = park.enterprise()
    officer, coordinator = park.officer(), park.coordinator()
    bucket, doc = buckets.of_enterprise(id), ("assignment", new_id())
    with at_the_first_go(park):
        granted = {"person": officer.person, "person_name": "刘"}
        applied(coordinator, change("assignment.grant", bucket, doc, granted))
        applied(officer, patch(id, employees=(None, 5)))
        applied(coordinator, change("assignment.end", bucket, doc))
        applied(officer, patch(id, employees=(5, 6)), statuses="escrowed")
        [row] = [row for row in coordinator.pull_all().of_kind("escrow_row") if row["enterprise"] == id]
        applied(coordinator, change("escrow.take", bucket, ("escrow", row["id"])))


def test_an_edit_the_directory_does_not_show_waits_for_nobody_there() -> None:
    """Two hundred officers at once would stand in line for a row they do not alter."""
    found = Reach()
    assert _read_off(Change.model_validate(patch("e1", employees=(None, 5))), "park", found)
    assert found.buckets == set()
    assert _read_off(Change.model_validate(patch("e1", name=("甲", "乙"))), "park", found)
    assert found.buckets == {buckets.directory("park")}


def test_what_is_not_read_off_a_change_is_rehearsed() -> None:
    read_off = {
        name
        for name in REGISTER
        if _read_off(
            Change.model_validate(change(name, "e:1", ("enterprise", "1"), {"fields": {}})), "p", Reach()
        )
    }
    assert read_off == {"put", "patch", "visit.start", "visit.submit", "visit.cancel"}
