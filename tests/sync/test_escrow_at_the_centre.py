"""代管: what an officer did in an enterprise he has lost is there for whoever has it now, and for nobody else."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from app.domain import buckets
from app.domain.ids import new_id
from sync.server import verify
from tests.support.park import Park, attachment, change, issue, patch, start_visit, submit_visit
from tests.support.server import Laptop


@pytest.fixture(scope="module")
def park(unshared_park: Park) -> Park:
    return unshared_park


pytestmark = pytest.mark.slow
PHOTO = b"\xff\xd8\xff" + bytes(range(256)) * 30
SHA = hashlib.sha256(PHOTO).hexdigest()


@dataclass
class HandedOver:
    """An enterprise that went from one officer to another."""

    park: Park
    id: str
    former: Laptop
    present: Laptop
    coordinator: Laptop

    @property
    def bucket(self) -> str:
        return buckets.of_enterprise(self.id)

    def escrows(self, who: Laptop | None = None) -> list[dict[str, Any]]:
        return (who or self.present).pull_all().of_kind("escrow", self.bucket)

    def escrow(self) -> dict[str, Any]:
        (one,) = self.escrows()
        return one

    def take(self, escrow: dict[str, Any], who: Laptop | None = None, **args: Any) -> dict[str, Any]:
        asked = change("escrow.take", self.bucket, ("escrow", escrow["id"]), args)
        return (who or self.present).push(asked)[0]

    def document(self, kind: str, id: str) -> dict[str, Any] | None:
        found = self.present.pull_all().rows.get((self.bucket, kind, id))
        return found[1] if found else None

    def take_from(self, person: Laptop) -> None:
        for body in self.coordinator.pull_all(want=[self.bucket]).of_kind("assignment", self.bucket):
            if body["person"] == person.person and "until" not in body:
                self.coordinator.push(change("assignment.end", self.bucket, ("assignment", body["id"])))


@pytest.fixture
def handed(park: Park) -> HandedOver:
    id = park.enterprise()
    there = HandedOver(park, id, park.officer(id), park.officer(), park.coordinator())
    there.take_from(there.former)
    grant = {"person": there.present.person, "person_name": "刘洋"}
    there.coordinator.push(change("assignment.grant", there.bucket, ("assignment", new_id()), grant))
    return there


def test_what_came_too_late_stands_in_one_document_per_author_and_target(handed: HandedOver) -> None:
    visit = new_id()
    edits = [patch(handed.id, employees=(None, 12)), patch(handed.id, address=(None, "二号路"))]
    photo = attachment(handed.id, SHA, len(PHOTO))
    photo["args"]["fields"]["visit"] = [None, visit]
    verdicts = handed.former.push(*edits, start_visit(handed.id, visit), photo)
    assert {verdict["status"] for verdict in verdicts} == {"escrowed"}
    escrows = {(one["target_kind"], one["target_id"]): one for one in handed.escrows()}
    assert escrows.keys() == {("enterprise", handed.id), ("visit", visit)}
    profile = escrows["enterprise", handed.id]
    assert (profile["author"], profile["state"]) == (handed.former.person, "open")
    assert [kept["change"]["args"] for kept in profile["kept"]] == [edit["args"] for edit in edits]
    assert [kept["change"]["name"] for kept in escrows["visit", visit]["kept"]] == ["visit.start", "put"]
    # Sent again (the answer was lost), nothing is doubled.
    assert handed.former.push(*edits) == verdicts[:2]
    assert len(handed.escrows()) == 2


def test_only_holders_see_it_and_the_directory_tells_no_content(handed: HandedOver) -> None:
    handed.former.push(patch(handed.id, address=(None, "绝密路九号")))
    for laptop in (handed.former, handed.park.officer(), handed.park.handler("power")):
        told = laptop.post(
            "/sync/pull", {"proto": 1, "schema": 1, "device": laptop.device, "cursors": {}}
        ).text
        assert "绝密路" not in told
        assert '"escrow"' not in told
    answer = handed.coordinator.pull_all()
    rows = [row for row in answer.of_kind("escrow_row") if row["enterprise"] == handed.id]
    assert [(row["changes"], row["target_kind"]) for row in rows] == [(1, "enterprise")]
    assert "绝密路" not in json.dumps(rows, ensure_ascii=False)
    assert handed.escrows(handed.present)[0]["author_name"] == handed.former.who["name"]


def test_a_stranger_leaves_nothing_in_the_bucket(handed: HandedOver) -> None:
    stranger = handed.park.officer(handed.park.enterprise())
    before = handed.present.pull_all().rows
    assert stranger.push(patch(handed.id, employees=(None, 9)))[0]["status"] == "escrowed"
    assert handed.present.pull_all().rows == before


def test_taken_it_is_the_takers_own_change(handed: HandedOver) -> None:
    handed.former.push(patch(handed.id, employees=(None, 12)), patch(handed.id, employees=(12, 15)))
    verdict = handed.take(handed.escrow())
    assert verdict["status"] == "applied"
    profile = handed.document("enterprise", handed.id)
    assert profile is not None
    assert profile["employees"] == 15
    after = handed.escrow()
    assert (after["state"], after["closed_by_name"]) == ("closed", handed.present.who["name"])
    assert [kept["state"] for kept in after["kept"]] == ["taken", "taken"]
    assert [(done["action"], done["person"]) for done in after["trail"]] == [("take", handed.present.person)]
    assert not [
        row for row in handed.coordinator.pull_all().of_kind("escrow_row") if row["enterprise"] == handed.id
    ]
    again = handed.take(after, handed.coordinator)
    assert (again["status"], again["error"]["code"]) == ("refused", "escrow_closed")
    assert verify.verify(handed.park.database, handed.park.settings).problems == []


def test_a_conflict_stays_a_conflict(handed: HandedOver) -> None:
    handed.present.push(patch(handed.id, employees=(None, 99)))
    handed.former.push(patch(handed.id, employees=(None, 12)), patch(handed.id, employees=(12, 15)))
    verdict = handed.take(handed.escrow())
    assert verdict["status"] == "conflict"
    conflict = handed.document("conflict", verdict["conflicts"][0])
    assert conflict is not None
    met = conflict["fields"]["employees"]
    assert (met.get("base"), met["theirs"], met["mine"]) == (None, 99, 15)
    assert [kept["met"] for kept in handed.escrow()["kept"]] == [["employees"], ["employees"]]


def test_a_refusal_shows_its_reason_and_leaves_everything_open(handed: HandedOver) -> None:
    wrong = patch(handed.id, officer_name=(None, "张三"))
    handed.former.push(patch(handed.id, employees=(None, 12)), wrong)
    escrow = handed.escrow()
    verdict = handed.take(escrow)
    assert (verdict["status"], verdict["error"]["code"]) == ("refused", "not_editable")
    assert verdict["error"]["params"]["change"] == wrong["mid"]
    assert handed.escrow() == escrow
    # The rest can be taken without it, and it can be put aside with a reason.
    assert handed.take(escrow, changes=[escrow["kept"][0]["change"]["mid"]])["status"] == "applied"
    aside = change(
        "escrow.discard", handed.bucket, ("escrow", escrow["id"]), {"reason": "联络员由包联关系决定"}
    )
    assert handed.coordinator.push(aside)[0]["status"] == "applied"
    after = handed.escrow()
    assert [kept["state"] for kept in after["kept"]] == ["taken", "discarded"]
    assert after["trail"][1]["reason"] == "联络员由包联关系决定"
    assert after["state"] == "closed"


def test_a_finished_visit_keeps_who_made_it(handed: HandedOver) -> None:
    visit = new_id()
    handed.former.push(start_visit(handed.id, visit), submit_visit(handed.id, visit, issue("缺电")))
    by_coordinator = handed.take(handed.escrow(), handed.coordinator)
    assert (by_coordinator["status"], by_coordinator["error"]["code"]) == ("refused", "role")
    assert handed.take(handed.escrow())["status"] == "applied"
    body = handed.document("visit", visit)
    assert body is not None
    assert (body["state"], body["officer"]) == ("submitted", handed.present.person)
    assert body["begun_by_name"] == handed.former.who["name"]
    assert [one["title"] for one in handed.present.pull_all().of_kind("issue", handed.bucket)] == ["缺电"]
    assert verify.verify(handed.park.database, handed.park.settings).problems == []


def draft(enterprise: str, visit: str, text: str) -> dict[str, Any]:
    args = {
        "form_key": "visit_three@1",
        "state": {"filling": {"/a": text}},
        "saved_at": "2026-11-22T02:26:31.120Z",
    }
    return change("visit.draft", buckets.of_enterprise(enterprise), ("visit", visit), args)


def test_an_unfinished_visit_is_handed_over_with_its_newest_draft(park: Park) -> None:
    id, visit = park.enterprise(), new_id()
    there = HandedOver(park, id, park.officer(id), park.officer(), park.coordinator())
    assert there.former.push(start_visit(id, visit))[0]["status"] == "applied"
    there.take_from(there.former)
    park.assign(there.present.who["account"], id)
    there.former.push(draft(id, visit, "早先写的"))
    there.former.push(draft(id, visit, "后来写的"))
    escrow = there.escrow()
    assert [kept["state"] for kept in escrow["kept"]] == ["replaced", "open"]
    assert "早先写的" not in json.dumps(escrow, ensure_ascii=False)
    assert escrow["kept"][1]["change"]["args"]["state"] == {"filling": {"/a": "后来写的"}}
    assert there.take(escrow)["status"] == "applied"
    body = there.document("visit", visit)
    assert body is not None
    assert (body["officer"], body["begun_by_name"]) == (there.present.person, there.former.who["name"])
    assert there.present.push(submit_visit(id, visit))[0]["status"] == "applied"


def test_a_visit_is_not_taken_from_somebody_who_still_looks_after_the_enterprise(park: Park) -> None:
    id, visit = park.enterprise(), new_id()
    there = HandedOver(park, id, park.officer(id), park.officer(), park.coordinator())
    there.former.push(start_visit(id, visit))
    there.take_from(there.former)
    park.assign(there.present.who["account"], id)
    there.former.push(draft(id, visit, "写了一半"))
    park.assign(there.former.who["account"], id)
    verdict = there.take(there.escrow())
    assert (verdict["status"], verdict["error"]["code"]) == ("refused", "not_own")
    assert there.take(there.escrow(), there.former)["status"] == "applied"


def test_photos_follow_the_words_and_are_there_when_the_row_is_taken(handed: HandedOver) -> None:
    photo = attachment(handed.id, SHA, len(PHOTO))
    handed.former.push(photo)
    id = photo["doc"][1]
    location = upload(handed.former, handed.bucket, id)
    assert handed.present.get(f"/files/{SHA}").status_code == 404
    assert handed.take(handed.escrow())["status"] == "applied"
    body = handed.document("attachment", id)
    assert body is not None
    assert body["stored_at"]
    assert handed.present.get(f"/files/{SHA}").content == PHOTO
    assert handed.former.get(f"/files/{SHA}").status_code == 404
    assert location
    # Of somebody else's row, or of none, nothing goes up.
    for laptop, wanted in ((handed.park.officer(), id), (handed.former, new_id())):
        assert begin_upload(laptop, handed.bucket, wanted).status_code == 404


def begin_upload(laptop: Laptop, bucket: str, id: str) -> requests.Response:
    named = {"sha256": SHA, "bucket": bucket, "attachment": id}
    metadata = ",".join(f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in named.items())
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(PHOTO)), "Upload-Metadata": metadata}
    return requests.post(f"{laptop.server.url}/files", headers={**laptop.headers, **headers}, timeout=30)


def upload(laptop: Laptop, bucket: str, id: str) -> str:
    begun = begin_upload(laptop, bucket, id)
    assert begun.status_code == 201, begun.text
    location = begun.headers["Location"]
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }
    sent = requests.patch(
        f"{laptop.server.url}{location}", data=PHOTO, headers={**laptop.headers, **headers}, timeout=30
    )
    assert sent.status_code == 204, sent.text
    return location
