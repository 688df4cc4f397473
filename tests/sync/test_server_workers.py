"""Several workers, no state in a process: each step is answered by another one, and one is killed in between.

A worker that shall not answer is halted (SIGSTOP); the kernel gives a new connection to one that runs.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from app.domain import buckets
from app.domain.people import Role
from tests.support.park import Park, attachment, patch
from tests.support.server import Laptop, RunningServer

pytestmark = pytest.mark.slow
PHOTO = b"\xff\xd8\xff" + bytes(range(256)) * 12_000
SHA = hashlib.sha256(PHOTO).hexdigest()
HALF = len(PHOTO) // 2
TUS = {"Tus-Resumable": "1.0.0"}
DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=[2, 4], ids=["two", "four"])
def workers(request: pytest.FixtureRequest) -> int:
    count: int = request.param
    return count


@pytest.fixture(params=DATABASES)
def park(request: pytest.FixtureRequest, tmp_path: Path, workers: int) -> Iterator[Park]:
    database = request.getfixturevalue("cluster").new_database() if request.param == "postgres" else None
    with RunningServer(tmp_path / "centre", database, workers=workers) as server:
        park = Park(server)
        yield park
        park.close()


class Workers:
    """The worker processes of a centre."""

    def __init__(self, server: RunningServer, count: int) -> None:
        assert server.process is not None
        self.server = server
        self.main = server.process.pid
        self.count = count
        self.await_all()

    def pids(self) -> list[int]:
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == self.main and b"spawn_main" in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
        return sorted(found)

    def await_all(self) -> None:
        """Until there are as many as there shall be, and each of them answers."""
        pause = threading.Event()
        for _ in range(600):
            if len(self.pids()) == self.count and all(self._answers(pid) for pid in self.pids()):
                return
            pause.wait(0.1)
        raise AssertionError(f"{self.pids()}: {self.server.log}")

    def _answers(self, pid: int) -> bool:
        with self.alone(pid), suppress(requests.RequestException):
            return requests.get(f"{self.server.url}/healthz", timeout=2).ok
        return False

    @contextmanager
    def alone(self, pid: int) -> Iterator[None]:
        """Only this one takes connections."""
        others = [other for other in self.pids() if other != pid]
        for other in others:
            send(other, signal.SIGSTOP)
        try:
            yield
        finally:
            for other in others:
                send(other, signal.SIGCONT)

    def turn(self, number: int) -> Any:
        """The steps of a day go round the workers."""
        pids = self.pids()
        return self.alone(pids[number % len(pids)])

    def kill(self, pid: int) -> None:
        send(pid, signal.SIGKILL)
        pause = threading.Event()
        while pid in self.pids():
            pause.wait(0.05)


def send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def test_nothing_is_kept_in_a_process(park: Park, workers: int) -> None:
    every = Workers(park.server, workers)
    every_step_at_another_worker(park, every, workers)
    every.await_all()
    a_wait_ends_with_a_push_elsewhere(park, every)
    wrong_passwords_are_counted_together(park, every)
    park.server.command("verify")


def every_step_at_another_worker(park: Park, every: Workers, workers: int) -> None:
    id = park.enterprise()
    bucket = buckets.of_enterprise(id)
    account, _ = park.account(Role.OFFICER)
    park.assign(account, id)
    with every.turn(0):
        laptop = park.server.sign_in(account)
    edit, row = patch(id, employees=(None, 12)), attachment(id, SHA, len(PHOTO))
    with every.turn(1):
        assert [verdict["status"] for verdict in laptop.push(edit, row)] == ["applied", "applied"]
    with every.turn(2):
        assert laptop.push(edit)[0]["status"] == "applied"
        held = laptop.pull_all(rows=5)
        assert held.totals[bucket][0] == len([key for key in held.rows if key[0] == bucket])
    with every.turn(3):
        token = laptop.pull_all(held.cursors).token
        assert laptop.post("/sync/pull", {"device": laptop.device, "token": token}).json()["same"]
    with every.turn(4):
        place = begin(laptop, row)
    killed = every.pids()[5 % workers]
    with every.turn(5):
        half(laptop, place, lambda: every.kill(killed))
    with every.turn(6):
        offset = offset_of(laptop, place)
        assert 0 <= offset <= HALF
        assert laptop.push(edit)[0]["status"] == "applied"
        assert send_from(laptop, place, offset, HALF) == HALF
    every.await_all()
    with every.turn(7):
        assert offset_of(laptop, place) == HALF
        assert send_from(laptop, place, HALF, len(PHOTO)) == len(PHOTO)
    with every.turn(8):
        assert laptop.get(f"/files/{SHA}").content == PHOTO
    with every.turn(9):
        [photo] = laptop.pull_all(held.cursors).of_kind("attachment")
        assert photo["stored_at"]


def a_wait_ends_with_a_push_elsewhere(park: Park, every: Workers) -> None:
    id = park.enterprise()
    officer, other = park.officer(id), park.officer(id)
    token = officer.pull_all().token
    first, *rest = every.pids()
    with every.alone(first):
        waiting = http.client.HTTPConnection(urlsplit(park.server.url).netloc, timeout=60)
        waiting.request("GET", f"/sync/wait?token={token}", headers=officer.headers)
        # Connections are taken in order: when this one is answered, the waiting one is with the same worker.
        assert officer.get("/healthz").ok
    for pid in rest:
        with every.alone(pid):
            assert other.push(patch(id, employees=(None, 7)))[0]["status"] in ("applied", "conflict")
    answer = waiting.getresponse()
    assert (answer.status, answer.read()) == (200, b'{"need":"cursors"}')
    waiting.close()


def wrong_passwords_are_counted_together(park: Park, every: Workers) -> None:
    account, _ = park.account(Role.OFFICER)
    statuses = []
    for number in range(5):
        with every.turn(number):
            body = {
                "account": account,
                "password": "falsch-2026",
                "device": f"device-{number}-of-the-guesser",
            }
            statuses.append(requests.post(f"{park.server.url}/auth/token", json=body, timeout=60).status_code)
    assert statuses == [401, 401, 401, 401, 429]


# tus, step by step ---------------------------------------------------------------------------------------------------


def begin(laptop: Laptop, row: dict[str, Any]) -> str:
    named = {"bucket": row["bucket"], "attachment": row["doc"][1], "sha256": SHA}
    metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in named.items())
    headers = {**laptop.headers, **TUS, "Upload-Length": str(len(PHOTO)), "Upload-Metadata": metadata}
    answer = requests.post(f"{laptop.server.url}/files", headers=headers, timeout=60)
    assert answer.status_code == 201
    return answer.headers["Location"]


def offset_of(laptop: Laptop, place: str) -> int:
    answer = requests.head(f"{laptop.server.url}{place}", headers={**laptop.headers, **TUS}, timeout=60)
    assert answer.status_code == 200
    return int(answer.headers["Upload-Offset"])


def piece_headers(laptop: Laptop, offset: int) -> dict[str, str]:
    kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
    return {**laptop.headers, **TUS, **kind}


def send_from(laptop: Laptop, place: str, start: int, end: int) -> int:
    answer = requests.patch(
        f"{laptop.server.url}{place}",
        data=PHOTO[start:end],
        headers=piece_headers(laptop, start),
        timeout=60,
    )
    assert answer.status_code == 204, answer.text
    return int(answer.headers["Upload-Offset"])


def half(laptop: Laptop, place: str, then: Callable[[], None]) -> None:
    """A piece of which only a part is sent before something happens to whoever takes it."""
    parts = urlsplit(laptop.server.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as connection:
        head = [f"PATCH {place} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {HALF}"]
        head += [f"{name}: {value}" for name, value in piece_headers(laptop, 0).items()]
        connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + PHOTO[: HALF // 2])
        # A second request on another connection is answered after the first was taken up.
        assert laptop.get("/healthz").ok
        then()
