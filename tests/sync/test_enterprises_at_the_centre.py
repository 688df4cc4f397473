"""An enterprise an officer entered by hand, merged into the real one; assignments with a last day."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from app.domain import buckets
from app.domain.changes.issue_trail import rebuild
from app.domain.clock import beijing_date, system_clock
from app.domain.credit_code import check_character, organisation_check
from app.domain.ids import new_id
from app.domain.issue import IssueEvent
from app.domain.people import Role
from sync.server import verify
from sync.server.day_turn import lapse_assignments
from tests.support.park import Park, attachment, change, issue, patch, start_visit, submit_visit
from tests.support.server import Laptop


@pytest.fixture(scope="module")
def park(unshared_park: Park) -> Park:
    return unshared_park


pytestmark = pytest.mark.slow
PHOTO = b"\xff\xd8\xff" + bytes(range(256)) * 20


def code(name: str) -> str:
    first = "91360313" + name + organisation_check(name)
    return first + check_character(first)


def enter(id: str, name: str = "萍乡市新厂机械有限公司", mid: str | None = None) -> dict[str, Any]:
    args = {"temporary_code": "TMP-a3c1-001", "name": name, "address": "园区一路"}
    return change("enterprise.enter", buckets.of_enterprise(id), ("enterprise", id), args, mid)


def contact(enterprise: str, name: str = "陈厂长") -> dict[str, Any]:
    id = new_id()
    body = {"id": id, "enterprise": enterprise, "name": name}
    args = {"fields": {field: [None, value] for field, value in body.items()}}
    return change("put", buckets.of_enterprise(enterprise), ("contact", id), args)


def statuses(verdicts: list[dict[str, Any]]) -> list[str]:
    return [verdict["status"] for verdict in verdicts]


def sound(park: Park) -> None:
    report = verify.verify(park.database, park.settings)
    assert report.problems == []


def test_an_officer_enters_an_enterprise_and_works_in_it_at_once(park: Park) -> None:
    officer, id, visit = park.officer(), new_id(), new_id()
    verdicts = officer.push(enter(id), contact(id), start_visit(id, visit))
    assert statuses(verdicts) == ["applied"] * 3
    held = officer.pull_all()
    bucket = buckets.of_enterprise(id)
    [body] = held.of_kind("enterprise", bucket)
    assert (body["unconfirmed"], body["entered_by"]) == (True, officer.person)
    assert held.of_kind("own_assignment")[0]["enterprise"] == id
    assert statuses(officer.push(patch(id, employees=(None, 12)))) == ["applied"]
    coordinator = park.coordinator()
    [row] = [one for one in coordinator.pull_all().of_kind("enterprise_row") if one["id"] == id]
    assert row["unconfirmed"]
    assert row["people"][0]["person"] == officer.person
    assert statuses(coordinator.push(change("enterprise.confirm", bucket, ("enterprise", id)))) == ["applied"]
    sound(park)


def test_nobody_gets_into_a_bucket_that_is_there_by_entering_it(park: Park) -> None:
    theirs = park.enterprise()
    park.officer(theirs)
    stranger = park.officer()
    assert statuses(stranger.push(enter(theirs), contact(theirs))) == ["escrowed", "escrowed"]
    assert not [bucket for bucket in stranger.pull_all().cursors if bucket.startswith("e:")]
    handler = park.handler("power")
    assert statuses(handler.push(enter(new_id()))) == ["escrowed"]


def test_what_hangs_on_an_entry_that_was_refused_is_refused_with_the_reason(park: Park) -> None:
    officer, id = park.officer(), new_id()
    wrong = enter(id)
    wrong["args"]["temporary_code"] = "没有"
    verdicts = officer.push(wrong, contact(id))
    assert [(one["status"], one["error"]["code"]) for one in verdicts] == [
        ("refused", "temporary_code"),
        ("refused", "not_entered"),
    ]
    assert buckets.of_enterprise(id) not in officer.pull_all().cursors
    sound(park)


def test_a_code_somebody_has_is_refused_and_alike_names_are_shown_to_the_coordinator(park: Park) -> None:
    real = park.enterprise("萍乡金轮陶瓷有限责任公司", credit_code=code("MA35NEWA"))
    officer, id = park.officer(), new_id()
    [verdict, again] = officer.push(
        enter(id, "萍乡市金轮陶瓷（集团）有限公司"),
        change(
            "enterprise.take_code",
            buckets.of_enterprise(id),
            ("enterprise", id),
            {"credit_code": code("MA35NEWA"), "seen": "TMP-a3c1-001"},
        ),
    )
    assert (verdict["status"], again["error"]["code"]) == ("applied", "code_known")
    [row] = [one for one in park.coordinator().pull_all().of_kind("enterprise_row") if one["id"] == id]
    assert row["maybe_same"] == [real]


class Merged:
    """Two enterprises that are one, with everything under the temporary code."""

    def __init__(self, park: Park, *, taken: bool) -> None:
        self.park = park
        subject = "MA" + new_id()[-6:].upper()
        self.real = park.enterprise("真企业有限公司", credit_code=code(subject), region="湘东区")
        self.owner = park.officer()
        self.coordinator = park.coordinator()
        if taken:
            self.grant(self.owner)
        self.officer, self.id, self.visit = park.officer(), new_id(), new_id()
        self.photo = attachment(self.id, hashlib.sha256(PHOTO).hexdigest(), len(PHOTO))
        self.issue = issue()
        found = self.officer.push(
            enter(self.id),
            contact(self.id),
            patch(self.id, employees=(None, 12)),
            start_visit(self.id, self.visit),
            submit_visit(self.id, self.visit, self.issue),
            self.photo,
        )
        assert statuses(found) == ["applied"] * 6
        self.bucket = buckets.of_enterprise(self.real)

    def grant(self, laptop: Laptop) -> None:
        args = {"person": laptop.person, "person_name": "在任"}
        asked = change("assignment.grant", buckets.of_enterprise(self.real), ("assignment", new_id()), args)
        assert statuses(self.coordinator.push(asked)) == ["applied"]

    def merge(self, **args: Any) -> list[dict[str, Any]]:
        asked = change(
            "enterprise.merge",
            buckets.of_enterprise(self.id),
            ("enterprise", self.id),
            {"into": self.real, **args},
        )
        return self.coordinator.push(asked)


def test_a_merge_takes_everything_over_and_nothing_is_lost(park: Park) -> None:
    there = Merged(park, taken=False)
    assert statuses(there.merge()) == ["applied"]
    sound(park)
    held = there.officer.pull_all()
    assert buckets.of_enterprise(there.id) not in held.cursors
    [profile] = held.of_kind("enterprise", there.bucket)
    assert (profile["employees"], profile["region"], profile["former_code"]) == (12, "湘东区", "TMP-a3c1-001")
    assert held.of_kind("contact", there.bucket)[0]["enterprise"] == there.real
    [visit] = held.of_kind("visit", there.bucket)
    assert (visit["enterprise"], visit["enterprise_name"]) == (there.real, "真企业有限公司")
    [body] = held.of_kind("issue", there.bucket)
    events = [IssueEvent.model_validate(one) for one in held.of_kind("issue_event", there.bucket)]
    rebuilt = rebuild(one for one in events if one.issue == body["id"])
    assert rebuilt == body
    assert body["enterprise"] == there.real
    [kept] = held.of_kind("merged_enterprise", there.bucket)
    assert kept["was"]["name"] == "萍乡市新厂机械有限公司"
    rows = there.coordinator.pull_all().of_kind("enterprise_row")
    assert there.id not in {row["id"] for row in rows}


def test_what_was_under_way_to_the_old_bucket_arrives_in_the_new_one(park: Park) -> None:
    there = Merged(park, taken=False)
    there.merge()
    late = [contact(there.id, "后来的人"), patch(there.id, address=("园区一路", "园区二路"))]
    assert statuses(there.officer.push(*late)) == ["applied", "applied"]
    held = there.officer.pull_all()
    assert {one["name"] for one in held.of_kind("contact", there.bucket)} == {"陈厂长", "后来的人"}
    assert held.of_kind("enterprise", there.bucket)[0]["address"] == "园区二路"
    sound(park)


def test_where_somebody_else_has_the_real_one_the_finder_s_work_goes_to_him(park: Park) -> None:
    there = Merged(park, taken=True)
    there.merge()
    sound(park)
    assert there.bucket not in there.officer.pull_all().cursors
    assert len(there.owner.pull_all().of_kind("visit", there.bucket)) == 1
    assert statuses(there.officer.push(contact(there.id, "后来的人"))) == ["escrowed"]
    [escrow] = there.owner.pull_all().of_kind("escrow", there.bucket)
    take = change("escrow.take", there.bucket, ("escrow", escrow["id"]), {})
    assert statuses(there.owner.push(take)) == ["applied"]
    names = {one["name"] for one in there.owner.pull_all().of_kind("contact", there.bucket)}
    assert "后来的人" in names


def test_the_finder_stays_where_the_coordinator_says_so(park: Park) -> None:
    there = Merged(park, taken=True)
    there.merge(keep=True)
    assert there.bucket in there.officer.pull_all().cursors
    [profile] = there.owner.pull_all().of_kind("enterprise", there.bucket)
    assert profile["officer_name"] == "在任"
    sound(park)


def test_meetings_and_orders_that_name_the_old_one_follow(park: Park) -> None:
    there = Merged(park, taken=True)
    bucket, meeting, item = buckets.meetings("XD"), new_id(), new_id()
    guests = [{"id": id, "name": name} for id, name in ((there.id, "新厂"), (there.real, "真企业有限公司"))]
    planned = {"local_number": "HY-1", "meeting_kind": "reception", "title": "接待日", "day": "2026-11-24"}
    noted = {"id": item, "title": "门口积水", "enterprise": there.id, "enterprise_name": "新厂"}
    verdicts = there.coordinator.push(
        change("meeting.plan", bucket, ("meeting", meeting), {**planned, "guests": guests}),
        change("meeting.guests", bucket, ("meeting", meeting), {"came": guests}),
        change("meeting.add", bucket, ("meeting", meeting), {"items": [noted]}),
    )
    assert statuses(verdicts) == ["applied"] * 3
    assert statuses(there.merge(keep=True)) == ["applied"]
    held = there.coordinator.pull_all()
    [body] = [one for one in held.of_kind("meeting", bucket) if one["id"] == meeting]
    assert (body["enterprises"], body["enterprise_names"]) == ([there.real], ["真企业有限公司"])
    assert body["came"] == [there.real]
    [row] = [one for one in held.of_kind("meeting_item", bucket) if one["id"] == item]
    assert (row["enterprise"], row["enterprise_name"]) == (there.real, "真企业有限公司")
    [line] = [one for one in held.of_kind("enterprise_row") if one["id"] == there.real]
    assert line["merged"] == [there.id]
    # Written while its author was offline and did not know.
    late = {"cycles": [{"enterprise": there.id, "cycle": "week"}]}
    own = buckets.of_person(there.coordinator.person)
    ordered = change("visit_cycle.order", own, ("visit_cycle_order", new_id()), late)
    assert statuses(there.coordinator.push(ordered)) == ["applied"]
    [profile] = there.owner.pull_all().of_kind("enterprise", there.bucket)
    assert profile["visit_cycle"] == "week"
    sound(park)


@pytest.mark.parametrize("into", ["itself", "nowhere", "temporary"])
def test_a_merge_into_what_is_none_alters_nothing(park: Park, into: str) -> None:
    there = Merged(park, taken=False)
    target = {"itself": there.id, "nowhere": new_id(), "temporary": park.enterprise()}[into]
    there.real = target
    [verdict] = there.merge()
    assert verdict["status"] == "refused"
    assert len(there.officer.pull_all().of_kind("visit", buckets.of_enterprise(there.id))) == 1
    sound(park)


def test_with_a_last_day_named_he_keeps_it_through_that_day(park: Park) -> None:
    id = park.enterprise()
    former, present, coordinator = park.officer(id), park.officer(), park.coordinator()
    bucket, now = buckets.of_enterprise(id), system_clock()
    [assignment] = former.pull_all().of_kind("assignment", bucket)
    last = beijing_date(now) + timedelta(days=3)
    end = change("assignment.end", bucket, ("assignment", assignment["id"]), {"until": last.isoformat()})
    grant = {
        "person": present.person,
        "person_name": "刘洋",
        "since": (last + timedelta(days=1)).isoformat(),
    }
    taken = change("assignment.grant", bucket, ("assignment", new_id()), grant)
    assert statuses(coordinator.push(end, taken)) == ["applied", "applied"]
    assert statuses(former.push(contact(id))) == ["applied"]
    assert bucket in present.pull_all().cursors
    assert lapse_assignments(park.database, park.reference, now + timedelta(days=3)) == 0
    assert bucket in former.pull_all().cursors
    assert lapse_assignments(park.database, park.reference, now + timedelta(days=4)) == 1
    assert bucket not in former.pull_all().cursors
    [profile] = present.pull_all().of_kind("enterprise", bucket)
    assert (profile["officer_name"], [one["name"] for one in profile["people"]]) == ("刘洋", ["刘洋"])
    assert lapse_assignments(park.database, park.reference, now + timedelta(days=5)) == 0
    sound(park)


def test_who_left_the_office_can_be_taken_off(park: Park) -> None:
    id = park.enterprise()
    account, _ = park.account(Role.OFFICER)
    park.assign(account, id)
    park.server.cli("account", "disable", account)
    coordinator, bucket = park.coordinator(), buckets.of_enterprise(id)
    [assignment] = coordinator.pull_all(want=[bucket]).of_kind("assignment", bucket)
    end = change("assignment.end", bucket, ("assignment", assignment["id"]))
    assert statuses(coordinator.push(end)) == ["applied"]


def order(coordinator: Laptop, grants: list[dict[str, Any]], ends: list[dict[str, Any]]) -> dict[str, Any]:
    bucket, doc = buckets.of_person(coordinator.person), ("assignment_order", new_id())
    return change("assignment.order", bucket, doc, {"grants": grants, "ends": ends})


def test_many_enterprises_are_handed_over_in_one_go_or_not_at_all(park: Park) -> None:
    ids = [park.enterprise() for _ in range(3)]
    former, present, coordinator = park.officer(*ids), park.officer(), park.coordinator()
    assignments = former.pull_all().of_kind("own_assignment")
    grants = [{"enterprise": id, "person": present.person, "person_name": "刘洋"} for id in ids]
    ends = [{"enterprise": one["enterprise"], "assignment": one["id"]} for one in assignments]
    wrong = [*ends, {"enterprise": new_id(), "assignment": new_id()}]
    [verdict] = coordinator.push(order(coordinator, grants, wrong))
    assert (verdict["status"], verdict["error"]["code"]) == ("refused", "missing")
    assert not [bucket for bucket in present.pull_all().cursors if bucket.startswith("e:")]
    assert statuses(coordinator.push(order(coordinator, grants, ends))) == ["applied"]
    held = {bucket for bucket in present.pull_all().cursors if bucket.startswith("e:")}
    assert held == {buckets.of_enterprise(id) for id in ids}
    assert not [bucket for bucket in former.pull_all().cursors if bucket.startswith("e:")]
    sound(park)


def test_an_officer_orders_nothing(park: Park) -> None:
    id = park.enterprise()
    officer = park.officer()
    grant = {"enterprise": id, "person": officer.person, "person_name": "自己"}
    [verdict] = officer.push(order(officer, [grant], []))
    assert (verdict["status"], verdict["error"]["code"]) == ("refused", "role")
