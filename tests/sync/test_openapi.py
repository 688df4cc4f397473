"""The centre's description of itself: complete (every route, every answer) and true (each is provoked and compared)."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from app.domain.clock import system_clock
from app.domain.ids import new_id
from app.domain.people import Role
from sync.server import accounts
from sync.server.asgi import create_app, routes
from sync.server.description import BUSY, CUT_OFF, DISK_FULL, FAILURES, INCIDENT, OPEN, SUPERSEDED
from sync.server.settings import ServerSettings
from tests.support.described import Described, beginning
from tests.support.park import Park, attachment
from tests.support.server import PASSWORD, Laptop

PHOTO = b"\xff\xd8\xff" + b"photo" * 40
SHA = hashlib.sha256(PHOTO).hexdigest()
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream"}
ELSEWHERE = {failure.code for failure in (INCIDENT, BUSY, DISK_FULL, CUT_OFF, SUPERSEDED)}
"""Provoked where the centre is really killed, full, busy or overtaken: test_server_push, _concurrency, _files, _wire."""


class Asking:
    """Requests by somebody, each answer compared with the description and noted."""

    def __init__(self, park: Park) -> None:
        self.park = park
        self.url = park.server.url
        self.described = Described(self.url)
        self.seen: set[tuple[str, str, int, str]] = set()
        self.enterprise = park.enterprise()
        self.officer = park.officer(self.enterprise)

    def __call__(
        self, method: str, path: str, expected: str, who: Laptop | None = None, **more: Any
    ) -> requests.Response:
        """`expected`: `200`, or `409 offset`. A place in the path is filled by `at`."""
        at = more.pop("at", "")
        headers = {**(who.headers if who else {}), **more.pop("headers", {})}
        url = self.url + path.replace("{id}", at)
        answer = requests.request(method, url, headers=headers, timeout=60, **more)
        self.described.check(method, path, answer)
        code = answer.json()["error"]["code"] if answer.status_code >= 400 and answer.content else ""
        status, _, wanted = expected.partition(" ")
        assert answer.status_code == int(status), answer.text
        assert code == wanted or not answer.content, answer.text
        self.seen.add((method.lower(), path, answer.status_code, wanted))
        return answer


@pytest.fixture(scope="module")
def described(park: Park) -> Described:
    return Described(park.server.url)


def test_every_route_is_described_and_nothing_else(tmp_path: Path, described: Described) -> None:
    app = create_app(ServerSettings.of(str(tmp_path), None))
    there = {
        (method, re.sub("{[^}]*}", "{id}", route.path))
        for route in routes(app)
        for method in route.methods or ()
    }
    app.state.center.database.close()
    assert there - {("GET", "/openapi.json"), ("HEAD", "/openapi.json")} == set(described.operations)
    assert {(method.lower(), path) for method, path in described.operations} == set(FAILURES)


def test_the_description_holds_together(described: Described) -> None:
    described.check_examples()
    schemas = described.whole["components"]["schemas"]
    for reference in set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(described.whole))):
        assert reference in schemas
    for (method, path), operation in described.operations.items():
        assert ("security" in operation) == ((method.lower(), path) not in OPEN)
        named = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path)), (method, path)
        for status, answer in operation["responses"].items():
            assert answer["description"]
            if int(status) >= 400 and method != "HEAD":
                assert set(answer["content"]) == {"application/json"}
                assert answer["content"]["application/json"]["examples"]


def envelopes(ask: Asking) -> None:
    for path in ("/auth/token", "/sync/push", "/sync/pull"):
        who = ask.officer
        ask("POST", path, "400 bad_json", who, data=b"{")
        ask("POST", path, "400 bad_gzip", who, data=b"x", headers={"Content-Encoding": "gzip"})
        ask("POST", path, "415 encoding", who, data=b"x", headers={"Content-Encoding": "br"})
        ask(
            "POST",
            path,
            "413 too_large",
            who,
            data=gzip.compress(b" " * 17_000_000),
            headers={"Content-Encoding": "gzip"},
        )
        ask("POST", path, "422 malformed", who, json={"changes": []})
        ask("POST", path, "426 too_old", who, json={"proto": 0})
        ask("POST", path, "503 server_older", who, json={"proto": 2})
    for path, body in (("/sync/push", {"changes": []}), ("/sync/pull", {"cursors": {}})):
        device = {"device": ask.officer.device}
        ask("POST", path, "200", ask.officer, json={**device, **body})
        ask("POST", path, "401 other_device", ask.officer, json={"device": new_id(), **body})
        ask("POST", path, "409 epoch", ask.officer, json={**device, **body, "epoch": new_id()})
    ask("GET", "/healthz", "200")
    ask("GET", "/sync/wait", "200", ask.officer, params={"token": "x"})
    ask("GET", "/sync/wait", "200", ask.officer, params={"token": ask.officer.pull_all().token, "seconds": 0})
    ask("GET", "/sync/wait", "422 malformed", ask.officer, params={"seconds": 26})


def revoke(park: Park, account: str, device: str) -> None:
    with park.database.writing() as connection:
        accounts.revoke_device(connection, account, device, system_clock())


def signing_in(ask: Asking) -> None:
    account, _ = ask.park.account(Role.OFFICER)
    body = {"account": account, "password": PASSWORD, "device": new_id()}
    ask("POST", "/auth/token", "200", json=body)
    revoke(ask.park, account, body["device"])
    ask("POST", "/auth/token", "403 device_revoked", json=body)
    wrong = {**body, "password": "falsch-2026"}
    for _ in range(4):
        ask("POST", "/auth/token", "401 wrong_password", json=wrong)
    ask("POST", "/auth/token", "429 account_locked", json=wrong)


def nobody_and_sealed_devices(ask: Asking) -> None:
    account, _ = ask.park.account(Role.OFFICER)
    sealed = ask.park.server.sign_in(account)
    revoke(ask.park, account, sealed.device)
    for (method, path), failures in FAILURES.items():
        codes = {failure.code for failure in failures}
        if "sign_in" in codes:
            patch = {"X-HTTP-Method-Override": "PATCH"}
            ask(method.upper(), path, "401 sign_in", at=SHA, headers=patch)
            ask(method.upper(), path, "403 device_revoked", sealed, at=SHA, headers=patch)


def uploads(ask: Asking) -> None:
    who, row = ask.officer, attachment(ask.enterprise, SHA, len(PHOTO))
    assert who.push(row)[0]["status"] == "applied"
    begin = beginning(row)
    for path in ("/files", "/files/{id}"):
        ask("OPTIONS", path, "204", at="x")
    ask("POST", "/files", "412 tus_version", who, headers={**begin, "Tus-Resumable": "0.2.2"})
    ask("POST", "/files", "400 header", who, headers={**begin, "Upload-Length": "many"})
    ask("POST", "/files", "400 metadata", who, headers={**begin, "Upload-Metadata": "sha256 ?"})
    ask("POST", "/files", "422 metadata", who, headers={**begin, "Upload-Metadata": ""})
    ask("POST", "/files", "413 file_too_large", who, headers={**begin, "Upload-Length": "200000001"})
    ask("POST", "/files", "409 file_differs", who, headers={**begin, "Upload-Length": "3"})
    ask("POST", "/files", "404 not_found", who, headers=beginning(attachment(new_id(), SHA, 3)))
    place = location(ask("POST", "/files", "201", who, headers=begin))
    ask("HEAD", "/files/{id}", "200", who, at=place, headers=TUS)
    ask("HEAD", "/files/{id}", "404 not_found", who, at=new_id(), headers=TUS)
    ask("HEAD", "/files/{id}", "412 tus_version", who, at=place)
    for method, more in (("PATCH", {}), ("POST", {"X-HTTP-Method-Override": "PATCH"})):
        failures_of_a_piece(ask, method, place, more)
    ask("POST", "/files/{id}", "405 method", who, at=place, headers=TUS)
    ask("DELETE", "/files/{id}", "412 tus_version", who, at=place)
    ask("DELETE", "/files/{id}", "404 not_found", who, at=new_id(), headers=TUS)
    ask("DELETE", "/files/{id}", "204", who, at=place, headers=TUS)


def failures_of_a_piece(ask: Asking, method: str, place: str, more: dict[str, str]) -> None:
    def piece(expected: str, data: bytes = b"x", at: str = place, **headers: str) -> None:
        named = {
            **PIECE,
            "Upload-Offset": "0",
            **more,
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        ask(method, "/files/{id}", expected, ask.officer, at=at, data=data, headers=named)

    piece("404 not_found", at=new_id())
    piece("412 tus_version", Tus_Resumable="0.1")
    piece("415 content_type", Content_Type="image/jpeg")
    piece("400 header", Upload_Offset="x")
    piece("409 offset", Upload_Offset="7")
    piece("413 file_longer", data=PHOTO + b"x")
    piece("204", data=b"")


def wrong_bytes(ask: Asking) -> None:
    ways: list[Callable[[str], None]] = [
        lambda at: last_piece(ask, "PATCH", at, {}),
        lambda at: last_piece(ask, "POST", at, {"X-HTTP-Method-Override": "PATCH"}),
    ]
    for way in ways:
        row = attachment(ask.enterprise, SHA, len(PHOTO))
        ask.officer.push(row)
        way(location(ask("POST", "/files", "201", ask.officer, headers=beginning(row))))
    row = attachment(ask.enterprise, SHA, len(PHOTO))
    ask.officer.push(row)
    whole = {**beginning(row), "Content-Type": PIECE["Content-Type"]}
    ask("POST", "/files", "422 sha256", ask.officer, headers=whole, data=b"y" * len(PHOTO))
    ask("POST", "/files", "413 file_longer", ask.officer, headers=whole, data=b"y" * 1000)
    answer = ask("POST", "/files", "201", ask.officer, headers=whole, data=PHOTO)
    assert answer.headers["Upload-Offset"] == str(len(PHOTO))


def last_piece(ask: Asking, method: str, at: str, more: dict[str, str]) -> None:
    headers = {**PIECE, "Upload-Offset": "0", **more}
    ask(method, "/files/{id}", "422 sha256", ask.officer, at=at, data=b"y" * len(PHOTO), headers=headers)


def downloads(ask: Asking) -> None:
    row = attachment(ask.enterprise, SHA, len(PHOTO))
    ask.officer.push(row)
    whole = {**beginning(row), "Content-Type": PIECE["Content-Type"]}
    ask("POST", "/files", "201", ask.officer, headers=whole, data=PHOTO)

    def get(expected: str, at: str = SHA, **headers: str) -> requests.Response:
        return ask("GET", "/files/{id}", expected, ask.officer, at=at, headers=headers)

    assert get("200").content == PHOTO
    assert get("206", Range="bytes=3-6").content == PHOTO[3:7]
    get("304", **{"If-None-Match": f'"{SHA}"'})
    get("416 range", Range="bytes=100000-")
    get("404 not_found", at="0" * 64)
    get("404 not_found", at="x")


def location(answer: requests.Response) -> str:
    return answer.headers["Location"].rpartition("/")[2]


@pytest.mark.slow
def test_every_answer_is_described_and_every_description_provoked(park: Park) -> None:
    ask = Asking(park)
    for part in (envelopes, signing_in, nobody_and_sealed_devices, uploads, wrong_bytes, downloads):
        part(ask)
    described = {
        (method, path, failure.status, failure.code)
        for (method, path), failures in FAILURES.items()
        for failure in failures
        if failure.code not in ELSEWHERE
    }
    described |= {
        (method.lower(), path, int(status), "")
        for (method, path), operation in ask.described.operations.items()
        for status in operation["responses"]
        if int(status) < 400
    }
    # The bytes of a HEAD after a crash: only a kill in the middle leaves them (test_server_files).
    described -= {("head", "/files/{id}", 422, "sha256")}
    assert described - ask.seen == set()
