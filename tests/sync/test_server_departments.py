"""A handler does his part on his department's twin, and the centre does what is due by itself: a real centre, real laptops."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.domain import buckets
from app.domain.changes.issue_trail import rebuild
from app.domain.clock import system_clock, to_text
from app.domain.ids import new_id
from app.domain.issue import IssueEvent
from sync.server.reference import Reference
from sync.server.watch import watch
from tests.support.park import Park


@pytest.fixture(scope="module")
def park(unshared_park: Park) -> Park:
    return unshared_park


def act(laptop: Any, name: str, bucket: str, kind: str, id: str, args: dict[str, Any] | None = None) -> Any:
    change = {
        "mid": new_id(),
        "name": name,
        "bucket": bucket,
        "doc": [kind, id],
        "args": args or {},
        "seen_rev": 0,
        "at": to_text(system_clock()),
        "schema": 1,
    }
    [verdict] = laptop.push(change)
    return verdict


class Told:
    """One issue with everybody who has to do with it."""

    def __init__(self, park: Park) -> None:
        self.park = park
        self.enterprise = park.enterprise()
        self.bucket = buckets.of_enterprise(self.enterprise)
        self.officer = park.officer(self.enterprise)
        self.coordinator = park.coordinator()
        self.id = new_id()
        args = {"local_number": "I-1", "title": "变压器容量不够", "category": "08", "subcategory": "0803"}
        self.did(self.officer, "issue.raise", args)

    def did(self, laptop: Any, name: str, args: dict[str, Any] | None = None) -> Any:
        verdict = act(laptop, name, self.bucket, "issue", self.id, args)
        assert verdict["status"] == "applied", verdict
        return verdict

    def at_department(
        self, laptop: Any, name: str, args: dict[str, Any] | None = None, to: str = "economy"
    ) -> Any:
        return act(laptop, name, buckets.of_department(to), "department_issue", self.id, args)

    def assigned(self, **args: Any) -> None:
        self.did(self.coordinator, "issue.accept", {"category": "08", "subcategory": "0803", "level": 2})
        self.did(self.coordinator, "issue.assign", {"department": "economy", "limit_days": 10, **args})

    def issue(self) -> dict[str, Any]:
        held = self.officer.pull_all()
        return next(body for body in held.of_kind("issue") if body["id"] == self.id)

    def trail(self) -> list[IssueEvent]:
        bodies = self.officer.pull_all().of_kind("issue_event")
        return [IssueEvent.model_validate(body) for body in bodies if body["issue"] == self.id]


def in_days(days: int) -> datetime:
    return system_clock() + timedelta(days=days)


def test_a_handler_works_on_what_his_department_was_given(park: Park) -> None:
    told = Told(park)
    handler, stranger = park.handler("economy"), park.handler("finance")
    assert told.at_department(handler, "issue.sign")["error"]["code"] == "missing", "nothing is assigned yet"
    told.assigned(joint=["housing"])
    held = handler.pull_all()
    assert [body["title"] for body in held.of_kind("department_issue")] == ["变压器容量不够"]
    assert len(held.of_kind("department_event")) == 3
    assert stranger.pull_all().of_kind("department_issue") == []
    assert park.handler("housing").pull_all().of_kind("department_issue") != []

    verdict = told.at_department(handler, "issue.sign")
    assert verdict["status"] == "applied"
    assert {row[0] for row in verdict["rows"]} == {"department_issue", "department_event"}
    assert told.at_department(handler, "issue.progress", {"text": "已联系企业"})["status"] == "applied"
    answer = {"result": "solved", "answer": "已增容 500 千伏安"}
    assert told.at_department(handler, "issue.answer", answer)["status"] == "applied"
    assert told.issue()["state"] == "answered"
    assert rebuild(told.trail()) == told.issue()
    # Guessing gives nothing: another department's bucket, another bucket's issue, a move that is not his.
    assert (
        told.at_department(stranger, "issue.progress", {"text": "看看"}, "finance")["error"]["code"]
        == "missing"
    )
    assert told.at_department(stranger, "issue.progress", {"text": "看看"})["status"] == "escrowed"
    assert told.at_department(handler, "issue.verify")["error"]["code"] == "role"
    assert (
        act(handler, "issue.progress", told.bucket, "issue", told.id, {"text": "绕过"})["status"]
        == "escrowed"
    )


def test_an_objection_takes_the_issue_away_again(park: Park) -> None:
    told = Told(park)
    handler = park.handler("economy")
    told.assigned()
    assert told.id in {body["id"] for body in handler.pull_all().of_kind("department_issue")}
    reason = {"reason": "不属本局职责", "suggested_department": "housing"}
    assert told.at_department(handler, "issue.object", reason)["status"] == "applied"
    after = handler.pull_all()
    assert told.id not in {body["id"] for body in after.of_kind("department_issue")}
    assert told.id not in {body["issue"] for body in after.of_kind("department_event")}
    assert told.issue()["objections"] == 1


def test_the_centre_does_what_is_due_once_however_many_do_it(park: Park) -> None:
    told = Told(park)
    told.assigned()
    assert watch(park.database, Reference(), system_clock()) == {}
    later = in_days(60)
    found: list[Any] = []

    def work() -> None:
        found.append(watch(park.database, Reference(), later))

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    total: dict[str, int] = {}
    for done in found:
        for name, count in done.items():
            total[name] = total.get(name, 0) + count
    assert total == {"issue.auto_sign": 1, "issue.supervise": 1, "issue.escalate": 1}
    issue = told.issue()
    assert (issue["state"], issue["supervision"], issue["level"], issue["for_meeting"]) == (
        "in_work",
        "red",
        3,
        True,
    )
    assert rebuild(told.trail()) == issue
    assert watch(park.database, Reference(), later) == {}


def test_what_a_main_issue_ended_with_is_written_into_another_enterprises(park: Park) -> None:
    main, merged = Told(park), Told(park)
    number = main.issue()["number"]
    merged.did(merged.coordinator, "issue.merge", {"main": main.id, "main_number": number})
    assert watch(park.database, Reference(), system_clock()) == {}
    main.did(main.officer, "issue.withdraw", {"reason": "已自行解决", "confirmed_by": "陈厂长"})
    assert watch(park.database, Reference(), system_clock()) == {"issue.main_ended": 1}
    assert merged.issue()["main_result"] == f"主案 {number} 已撤回"
    assert watch(park.database, Reference(), system_clock()) == {}


def test_an_issue_is_merged_only_into_one_that_is_there_and_under_way(park: Park) -> None:
    first, second, third = Told(park), Told(park), Told(park)

    def merge(told: Told, main: str) -> Any:
        args = {"main": main, "main_number": "XD-1"}
        return act(told.coordinator, "issue.merge", told.bucket, "issue", told.id, args)

    assert merge(first, new_id())["error"]["code"] == "main"
    assert merge(first, second.id)["status"] == "applied"
    assert merge(second, first.id)["error"]["code"] == "main", "both would wait for each other"
    assert second.issue()["state"] == "reported"
    # Merged further: what counts is what the last one ends with.
    assert merge(second, third.id)["status"] == "applied"
    assert watch(park.database, Reference(), system_clock()) == {}
    third.did(third.officer, "issue.withdraw", {"reason": "已自行解决", "confirmed_by": "陈厂长"})
    assert watch(park.database, Reference(), system_clock()) == {"issue.main_ended": 2}
    ended = f"主案 {third.issue()['number']} 已撤回"
    assert (first.issue()["main_result"], second.issue()["main_result"]) == (ended, ended)
