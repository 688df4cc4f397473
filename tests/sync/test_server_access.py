"""What one officer can learn of another's enterprise: nothing, however he asks."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
import requests

from app.domain import buckets
from app.domain.ids import new_id
from tests.support.park import Park, attachment, change, issue, patch, start_visit, submit_visit
from tests.support.server import Laptop

SECRET = "绝密陶瓷研究所"
PHOTO = b"\xff\xd8" + SECRET.encode() * 50
SHA = hashlib.sha256(PHOTO).hexdigest()


class Theirs:
    """Another officer's enterprise with a visit, an issue and a photo."""

    def __init__(self, park: Park) -> None:
        self.id = park.enterprise(name=f"{SECRET}{new_id()[-6:]}")
        self.bucket = buckets.of_enterprise(self.id)
        self.officer = park.officer(self.id)
        self.visit, self.issue, self.attachment = new_id(), issue(f"{SECRET}停电"), new_id()
        verdicts = self.officer.push(
            start_visit(self.id, self.visit),
            submit_visit(self.id, self.visit, self.issue),
            attachment(self.id, SHA, len(PHOTO), self.attachment),
        )
        assert {verdict["status"] for verdict in verdicts} == {"applied"}
        self.upload = begin_upload(self.officer, self.bucket, self.attachment)
        assert self.upload.status_code == 201
        self.words = (SECRET, self.id, self.visit, self.issue["id"], self.attachment)


def begin_upload(laptop: Laptop, bucket: str, id: str) -> requests.Response:
    named = {"bucket": bucket, "attachment": id, "sha256": SHA}
    metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in named.items())
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(PHOTO)), "Upload-Metadata": metadata}
    return requests.post(f"{laptop.server.url}/files", headers={**laptop.headers, **headers}, timeout=30)


def send(laptop: Laptop, location: str, data: bytes = PHOTO, offset: int = 0) -> requests.Response:
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": str(offset),
        "Content-Type": "application/offset+octet-stream",
    }
    return requests.patch(
        f"{laptop.server.url}{location}", data=data, headers={**laptop.headers, **headers}, timeout=30
    )


@pytest.fixture
def theirs(park: Park) -> Theirs:
    return Theirs(park)


@pytest.fixture
def me(park: Park) -> Laptop:
    return park.officer(park.enterprise())


def check_silent(theirs: Theirs, answer: str) -> None:
    for word in theirs.words:
        assert word not in answer
        assert word not in json.dumps(answer, ensure_ascii=True)


def test_nothing_of_it_comes_with_a_pull(theirs: Theirs, me: Laptop) -> None:
    for body in (
        {"device": me.device, "cursors": {}},
        {
            "device": me.device,
            "cursors": {},
            "want": [theirs.bucket, "dir:XD", buckets.of_person(theirs.officer.person)],
        },
    ):
        answer = me.post("/sync/pull", body)
        assert answer.json()["more"] is False
        check_silent(theirs, answer.text)


def test_guessed_cursors_only_hear_that_they_are_not_held(theirs: Theirs, me: Laptop) -> None:
    imaginary = buckets.of_enterprise(new_id())
    held = me.pull_all().cursors
    answer = me.pull(held | {theirs.bucket: 0, imaginary: 0, "dir:XD": 0})
    assert answer["revoked"] == sorted([theirs.bucket, imaginary, "dir:XD"])
    assert answer["buckets"] == []


def test_a_guessed_push_learns_nothing_and_alters_nothing(theirs: Theirs, me: Laptop) -> None:
    before = theirs.officer.pull_all()
    imaginary = new_id()
    verdicts = me.push(
        patch(theirs.id, name=("甲", "乙")),
        patch(imaginary, name=("甲", "乙")),
        change("issue.resubmit", theirs.bucket, ("issue", theirs.issue["id"])),
        attachment(theirs.id, SHA, len(PHOTO)),
    )
    assert [verdict["status"] for verdict in verdicts] == ["escrowed"] * 4
    assert all(verdict["rows"] == [] for verdict in verdicts)
    assert verdicts[0]["error"] == verdicts[1]["error"]
    assert theirs.officer.pull_all().rows == before.rows


def test_his_own_bucket_does_not_reach_into_theirs(theirs: Theirs, me: Laptop) -> None:
    own = next(bucket for bucket in me.pull_all().cursors if bucket.startswith("e:"))
    ids = ("enterprise", theirs.id), ("visit", theirs.visit), ("issue", theirs.issue["id"])
    edit = {"fields": {"name": ["甲", "乙"]}}
    verdicts = me.push(
        *[change("patch" if doc[0] == "enterprise" else "issue.resubmit", own, doc, edit) for doc in ids]
    )
    assert {verdict["status"] for verdict in verdicts} == {"refused"}
    check_silent(theirs, json.dumps([verdict["rows"] for verdict in verdicts], ensure_ascii=False))


def test_files_are_for_those_who_hold_the_bucket(theirs: Theirs, me: Laptop) -> None:
    assert send(theirs.officer, theirs.upload.headers["Location"]).status_code == 204
    assert theirs.officer.get(f"/files/{SHA}").content == PHOTO
    refused = me.get(f"/files/{SHA}")
    assert refused.status_code == 404
    assert refused.json() == me.get(f"/files/{'0' * 64}").json()
    check_silent(theirs, refused.text)
    # Claiming to have the same file is not having it: only one's own finished upload opens it.
    own = next(bucket for bucket in me.pull_all().cursors if bucket.startswith("e:"))
    assert me.push(attachment(buckets.subject_of(own), SHA, len(PHOTO)))[0]["status"] == "applied"
    assert me.get(f"/files/{SHA}").status_code == 404


def test_uploads_of_others_do_not_exist(theirs: Theirs, me: Laptop) -> None:
    location = theirs.upload.headers["Location"]
    tus = {"Tus-Resumable": "1.0.0"}
    url = f"{me.server.url}{location}"
    assert requests.head(url, headers={**me.headers, **tus}, timeout=30).status_code == 404
    assert send(me, location).status_code == 404
    assert requests.delete(url, headers={**me.headers, **tus}, timeout=30).status_code == 404
    assert begin_upload(me, theirs.bucket, theirs.attachment).status_code == 404
    assert begin_upload(me, buckets.of_enterprise(new_id()), theirs.attachment).status_code == 404
    mine = requests.head(url, headers={**theirs.officer.headers, **tus}, timeout=30)
    assert (mine.status_code, mine.headers["Upload-Offset"]) == (200, "0")


def test_a_file_goes_with_the_bucket(park: Park, theirs: Theirs) -> None:
    send(theirs.officer, theirs.upload.headers["Location"])
    held = theirs.officer.pull_all()
    [standing] = held.of_kind("own_assignment")
    park.coordinator().push(change("assignment.end", theirs.bucket, ("assignment", standing["id"])))
    assert theirs.officer.get(f"/files/{SHA}").status_code == 404
    assert begin_upload(theirs.officer, theirs.bucket, theirs.attachment).status_code == 404


def test_without_a_token_there_is_nothing(theirs: Theirs) -> None:
    url = theirs.officer.server.url
    for method, path in (
        ("POST", "/sync/push"),
        ("POST", "/sync/pull"),
        ("GET", "/sync/wait"),
        ("POST", "/files"),
        ("HEAD", "/files/x"),
        ("PATCH", "/files/x"),
        ("DELETE", "/files/x"),
        ("GET", f"/files/{SHA}"),
    ):
        for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}):
            answer = requests.request(method, f"{url}{path}", headers=headers, timeout=30)
            assert answer.status_code == 401, (method, path)
            assert answer.headers["WWW-Authenticate"] == "Bearer"
