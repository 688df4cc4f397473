"""Bad requests, each with its status and the one shape of errors; gzip, limits, waiting, the log."""

from __future__ import annotations

import gzip
import json
import re
import threading
import zlib
from typing import Any

import pytest
import requests

from app.domain import buckets
from app.domain.ids import new_id
from sync.protocol.messages import ErrorAnswer
from tests.support.park import Park, patch
from tests.support.server import Laptop


@pytest.fixture(scope="module")
def laptop(park: Park) -> Laptop:
    return park.officer(park.enterprise())


def send(laptop: Laptop, path: str, data: bytes, **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.post(
        f"{laptop.server.url}{path}",
        data=data,
        headers={"Content-Type": "application/json", **laptop.headers, **named},
        timeout=60,
    )


def check(answer: requests.Response, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    error = ErrorAnswer.model_validate(answer.json()).error
    assert re.search("[一-鿿]{4}", error.text)
    return answer.json()["error"]


@pytest.mark.parametrize("path", ["/sync/push", "/sync/pull", "/auth/token"])
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad_json"),
        (b'{"proto": 1, "changes": [', 400, "bad_json"),
        (b"\xff\xfe", 400, "bad_json"),
        (b"[]", 400, "bad_json"),
        (b'"text"', 400, "bad_json"),
        (b"[" * 5000, 400, "bad_json"),
        (b'{"x": NaN}', 400, "bad_json"),
        (b'{"x": "\\ud800"}', 400, "bad_json"),
        (b"{}", 422, "malformed"),
        (b'{"proto": 0}', 426, "too_old"),
    ],
)
def test_what_is_no_message(laptop: Laptop, path: str, body: bytes, status: int, code: str) -> None:
    check(send(laptop, path, body), status, code)


def test_a_wrong_field_is_named(laptop: Laptop) -> None:
    error = check(
        laptop.post("/sync/pull", {"device": laptop.device, "cursors": {"a": "x"}}), 422, "malformed"
    )
    assert error["field"] == "cursors.a"
    error = check(
        laptop.post("/sync/push", {"device": laptop.device, "changes": [{"mid": "1"}]}), 422, "malformed"
    )
    assert error["field"] == "changes.0.mid"
    error = check(laptop.post("/sync/push", {"device": laptop.device, "changes": 5}), 422, "malformed")
    assert error["field"] == "changes"
    check(laptop.post("/sync/push", {"changes": []}), 422, "malformed")


def test_too_many_changes(laptop: Laptop) -> None:
    changes = [patch(new_id(), employees=(None, 1)) for _ in range(501)]
    body = {"device": laptop.device, "changes": changes}
    check(laptop.post("/sync/push", body), 413, "too_large")
    body["changes"] = changes[:500]
    assert laptop.post("/sync/push", body).status_code == 200


def test_too_large_a_batch_but_a_large_change_alone_passes(laptop: Laptop) -> None:
    [id] = [body["id"] for body in laptop.pull_all().of_kind("enterprise")]
    large, small = patch(id, business_scope=(None, "甲" * 500_000)), patch(id, employees=(None, 1))
    check(laptop.post("/sync/push", {"device": laptop.device, "changes": [large, small]}), 413, "too_large")
    assert laptop.push(large)[0]["status"] == "applied"


def test_a_body_beyond_the_cap_is_refused_with_and_without_a_length(laptop: Laptop) -> None:
    body = b'{"x": "' + b"a" * 17_000_000 + b'"}'
    check(send(laptop, "/sync/push", body), 413, "too_large")
    packed = gzip.compress(b" " * 400_000_000, 9)
    assert len(packed) < 500_000
    check(send(laptop, "/sync/push", packed, Content_Encoding="gzip"), 413, "too_large")


def test_gzip_both_ways(laptop: Laptop) -> None:
    [id] = [body["id"] for body in laptop.pull_all().of_kind("enterprise")]
    message = {"device": laptop.device, "changes": [patch(id, employees=(None, 4))]}
    packed = gzip.compress(json.dumps(message).encode())
    answer = send(laptop, "/sync/push", packed, Content_Encoding="gzip")
    assert answer.json()["results"][0]["status"] == "applied"
    pulled = laptop.post("/sync/pull", {"device": laptop.device, "cursors": {}})
    assert pulled.headers["Content-Encoding"] == "gzip"
    headers = {**laptop.headers, "Accept-Encoding": "identity"}
    body = {"device": laptop.device, "cursors": {}}
    plain = requests.post(f"{laptop.server.url}/sync/pull", json=body, headers=headers, timeout=30)
    assert "Content-Encoding" not in plain.headers
    assert plain.json()["buckets"] == pulled.json()["buckets"]
    assert int(pulled.headers["Content-Length"]) < len(plain.content) / 2


def test_damaged_gzip(laptop: Laptop) -> None:
    whole = gzip.compress(json.dumps({"device": laptop.device, "changes": []}).encode() * 10)
    check(send(laptop, "/sync/push", whole[:-12], Content_Encoding="gzip"), 400, "bad_gzip")
    check(send(laptop, "/sync/push", b"not gzip at all", Content_Encoding="gzip"), 400, "bad_gzip")
    check(send(laptop, "/sync/push", zlib.compress(b"{}"), Content_Encoding="deflate"), 415, "encoding")


def test_another_epoch(laptop: Laptop) -> None:
    known = laptop.who["epoch"]
    for path, body in (("/sync/push", {"changes": []}), ("/sync/pull", {"cursors": {}})):
        message = {"device": laptop.device, "epoch": new_id(), **body}
        assert check(laptop.post(path, message), 409, "epoch")["params"] == {"epoch": known}
        assert laptop.post(path, {**message, "epoch": known}).status_code == 200


def test_a_token_belongs_to_its_device(laptop: Laptop) -> None:
    check(laptop.post("/sync/push", {"device": new_id(), "changes": []}), 401, "other_device")
    check(laptop.post("/sync/pull", {"device": new_id(), "cursors": {}}), 401, "other_device")


def test_unknown_addresses_and_methods(laptop: Laptop) -> None:
    check(laptop.get("/nothing/here"), 404, "not_found")
    check(laptop.get("/sync/push"), 405, "method")


def test_health(laptop: Laptop) -> None:
    url = laptop.server.url
    health = requests.get(f"{url}/healthz", timeout=30).json()
    assert (health["status"], health["park"]) == ("ok", "XD")


def test_each_request_is_one_line(laptop: Laptop) -> None:
    before = len(laptop.server.log.splitlines())
    laptop.get("/healthz")
    laptop.get("/no%0Ath\u4e2d")
    laptop.pull()
    lines = laptop.server.log.splitlines()[before:]
    # Another test's laptop has no part in this server meanwhile.
    assert len(lines) == 3
    assert re.search(r" - GET /healthz 200 \d+B \d+ms$", lines[0])
    assert re.search(r" GET /no\?th中 404 ", lines[1])
    assert re.search(rf" {laptop.who['account']} POST /sync/pull 200 ", lines[2])


def test_waiting_ends_when_something_moves(park: Park) -> None:
    id = park.enterprise()
    officer, other = park.officer(id), park.officer(id)
    token = officer.pull_all().token
    answers: list[requests.Response] = []
    waiting = threading.Thread(target=lambda: answers.append(officer.get(f"/sync/wait?token={token}")))
    waiting.start()
    other.push(patch(id, employees=(None, 2)))
    waiting.join(20)
    assert answers[0].json() == {"need": "cursors"}
    assert officer.get("/sync/wait?token=stale").json() == {"need": "cursors"}


def test_waiting_requests_hold_no_threads(park: Park) -> None:
    """Forty wait at once, more than there are threads to read with; a pull beside them is answered."""
    id = park.enterprise()
    officer = park.officer(id)
    token = officer.pull_all().token
    waiting = [threading.Thread(target=officer.get, args=(f"/sync/wait?token={token}",)) for _ in range(40)]
    for thread in waiting:
        thread.start()
    assert buckets.of_enterprise(id) in officer.pull_all().cursors
    officer.push(patch(id, employees=(None, 2)))
    for thread in waiting:
        thread.join(30)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/sync/push", "POST"),
        ("/sync/pull", "POST"),
        ("/healthz", "GET"),
        ("/files/x", "DELETE, GET, HEAD, OPTIONS, PATCH, POST"),
    ],
)
def test_a_wrong_method_is_told_the_right_one(park: Park, path: str, allowed: str) -> None:
    answer = requests.request("TRACE", f"{park.server.url}{path}", timeout=30)
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method")
    assert answer.headers["Allow"] == allowed
