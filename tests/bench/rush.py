"""Everybody syncs at 17:00 after a day of visits: how long each waits, what fails, what memory the centre takes.

Every officer has one enterprise, and sends a visit, its record with forty answers and an issue, an edit of the
enterprise and the row of a photo; all begin at the same moment, push, then pull from the cursors of the morning. The
clients are bare HTTP without a laptop's store, one connection each and what they send packed beforehand, so that the
cores of this machine work for the centre.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import statistics
import tempfile
import threading
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.domain.changes.visits import record_digest
from app.domain.ids import new_id
from tests.bench.sync import database_for
from tests.support.park import Park, attachment, issue, patch, start_visit, submit_visit
from tests.support.server import Laptop, RunningServer


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--officers", type=int, default=200, help="how many sync at once (default 200)")
    both = ["sqlite", "postgres"]
    parser.add_argument("--server", choices=both, action="append", help="only this database; may be repeated")
    parser.add_argument("--workers", type=int, action="append", help="only so many workers (default 1 and 2)")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """One figure of each kind per database and number of workers. Raises RuntimeError without a PostgreSQL."""
    runs = [
        figures
        for server in options.server or ["sqlite", "postgres"]
        for figures in _centre(server, options.officers, options.workers or [1, 2])
    ]
    return {"officers": options.officers, "runs": runs}


@dataclass
class _Officer:
    """A signed-in laptop, what it read in the morning, and how its evening went."""

    laptop: Laptop
    enterprise: str
    cursors: dict[str, int]
    employees: int = 0
    seconds: float = 0.0
    error: str | None = None

    def day(self) -> bytes:
        """What his laptop has to send in the evening, as it goes over the wire."""
        visit, before = new_id(), self.employees or None
        self.employees += 1
        submitted = submit_visit(self.enterprise, visit, issue())
        values = {f"/group_{n % 6}/question_{n}": f"第 {n} 题的回答，若干字的一句话" for n in range(40)}
        submitted["args"] |= {"values": values, "digest": record_digest("visit_three", "1", values)}
        photo = attachment(self.enterprise, new_id().replace("-", "") * 2, 200_000)
        edit = patch(self.enterprise, employees=(before, self.employees))
        changes = [start_visit(self.enterprise, visit), submitted, edit, photo]
        return self._packed({"changes": changes})

    def _packed(self, more: dict[str, Any]) -> bytes:
        return gzip.compress(
            json.dumps({"proto": 1, "schema": 1, "device": self.laptop.device, **more}).encode(), 4
        )

    def sync(self, changes: bytes) -> None:
        begun = time.perf_counter()
        address = urlsplit(self.laptop.server.url).netloc
        try:
            with closing(http.client.HTTPConnection(address, timeout=60)) as line:
                verdicts = self._ask(line, "/sync/push", changes)["results"]
                more = True
                while more:
                    page = self._ask(line, "/sync/pull", self._packed({"cursors": self.cursors}))
                    self.cursors |= {bucket["id"]: bucket["to"] for bucket in page["buckets"]}
                    more = page["more"]
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.error = repr(error)
        else:
            wrong = [verdict for verdict in verdicts if verdict["status"] != "applied"]
            self.error = repr(wrong[0]) if wrong else None
        self.seconds = time.perf_counter() - begun

    def _ask(self, line: http.client.HTTPConnection, path: str, body: bytes) -> dict[str, Any]:
        """ValueError for an answer that is not a success."""
        packed = {"Content-Encoding": "gzip", "Accept-Encoding": "gzip", "Content-Type": "application/json"}
        line.request("POST", path, body, {**self.laptop.headers, **packed})
        response = line.getresponse()
        content = response.read()
        if response.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        if response.status != 200:
            raise ValueError(content.decode())
        answer: dict[str, Any] = json.loads(content)
        return answer


def _centre(server: str, officers: int, workers: list[int]) -> list[dict[str, Any]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zhuqitong-bench-")))
        running = RunningServer(folder, database_for(stack, server))
        running.command("init")
        park = Park(running)
        stack.callback(park.close)
        people: list[_Officer] = []
        found = []
        for count in workers:
            running.workers = count
            running.start()
            try:
                for _ in range(officers - len(people)):
                    enterprise = park.enterprise()
                    laptop = park.officer(enterprise)
                    people.append(_Officer(laptop, enterprise, laptop.pull_all().cursors))
                assert running.process is not None
                evening = _evening(people, running.process.pid)
                found.append({"server": server, "workers": count, **evening})
            finally:
                running.stop()
        return found


def _evening(people: list[_Officer], pid: int) -> dict[str, Any]:
    days = [officer.day() for officer in people]
    together = threading.Barrier(len(people) + 1)

    def sync(officer: _Officer, changes: bytes) -> None:
        together.wait()
        officer.sync(changes)

    threads = [threading.Thread(target=sync, args=pair) for pair in zip(people, days, strict=True)]
    for thread in threads:
        thread.start()
    together.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    whole = time.perf_counter() - begun
    seconds = sorted(officer.seconds for officer in people)
    errors = [officer.error for officer in people if officer.error]
    return {
        "p50_s": round(statistics.median(seconds), 3),
        "p95_s": round(seconds[max(0, round(len(seconds) * 0.95) - 1)], 3),
        "all_s": round(whole, 3),
        "errors": len(errors),
        "first_error": errors[0] if errors else None,
        "server_peak_bytes": peak_bytes(pid),
    }


def peak_bytes(pid: int) -> int:
    """The most memory the serving processes ever held, summed (Linux; 0 elsewhere)."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[1]
            lines = (folder / "status").read_text().splitlines()
        except OSError:
            continue  # it ended while we looked
        if pid in (int(folder.name), int(parent)):
            total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    return total
