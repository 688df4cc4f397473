"""Very many documents, or very many buckets: what a download and an idle poll cost then.

The centre is filled through its own writer, then started afresh; an empty laptop, a process of its own, reads it all.
`pull_s` its first run; `laptop_bytes` and `server_bytes` by how much the memory of either grew beyond what it had after
signing in. `poll_s` one question whether anything is new (the median of some), `poll_bytes` its answer with all headers;
`wait_bytes` the same for the long poll, when something is new.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.domain import buckets
from app.domain.clock import system_clock
from app.domain.ids import new_id
from app.domain.people import Role
from sync.server import store
from sync.server.store import Transaction
from tests.bench.rush import peak_bytes
from tests.bench.sync import database_for, document_body, laptop_at
from tests.support.park import Park
from tests.support.server import RunningServer

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 2000
"""Documents in one transaction of the filling."""
POLLS = 20


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--documents", type=int, default=100_000, help="of about 0.9 KB (default 100000)")
    parser.add_argument("--buckets", type=int, default=60, help="enterprises they are in (default 60)")
    parser.add_argument("--server", choices=["sqlite", "postgres"], default="sqlite")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Seconds and bytes. Raises RuntimeError where something did not arrive, or there is no PostgreSQL."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zhuqitong-bench-")))
        server = RunningServer(folder / "centre", database_for(stack, options.server))
        server.command("init")
        park = Park(server)
        stack.callback(park.close)
        account, person = park.account(Role.OFFICER)
        _fill(park, person, options.buckets, options.documents)
        server.start()
        stack.callback(server.stop)
        assert server.process is not None
        laptop = _laptop(folder / "laptop", server, account)
        if laptop["documents"] != options.documents + options.buckets:
            raise RuntimeError(f"{laptop['documents']} documents arrived")
        server_bytes = peak_bytes(server.process.pid) - laptop.pop("server_bytes_before")
        return {
            "documents": options.documents,
            "buckets": options.buckets,
            "server": options.server,
            **{
                name: value
                for name, value in laptop.items()
                if name not in ("documents", "token", "bearer", "device")
            },
            "server_bytes": server_bytes,
            **_poll(server, laptop),
        }


def _fill(park: Park, person: str, count: int, documents: int) -> None:
    """Enterprises of one officer, and rows of attachments spread over them."""
    enterprises = [new_id() for _ in range(count)]
    for some in _some(enterprises):
        ids = [buckets.of_enterprise(id) for id in some]

        def make(transaction: Transaction, some: list[str] = some) -> None:
            for id in some:
                bucket = buckets.of_enterprise(id)
                transaction.write(bucket, "enterprise", id, {"id": id, "name": f"企业{id}"})
                transaction.grant(bucket, person, Role.OFFICER.value, True)

        store.write(park.database, make, system_clock(), ids)
    for start in range(0, documents, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, documents))
        touched = {buckets.of_enterprise(enterprises[number % count]) for number in numbers}

        def write(transaction: Transaction, numbers: range = numbers) -> None:
            for number in numbers:
                enterprise = enterprises[number % count]
                body = document_body(number, enterprise)
                transaction.write(buckets.of_enterprise(enterprise), "attachment", body["id"], body)

        store.write(park.database, write, system_clock(), touched)


def _some(items: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]


def _laptop(folder: Path, server: RunningServer, account: str) -> dict[str, Any]:
    """What an empty laptop, in a process of its own, says of its first run."""
    assert server.process is not None
    words = ["-m", "tests.bench.scale", str(folder), server.url, account, str(server.process.pid)]
    result = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    if result.returncode != 0:
        raise RuntimeError(f"the laptop ended with {result.returncode}: {result.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return figures


def be_laptop(folder: str, url: str, account: str, server_pid: str) -> dict[str, Any]:
    """The first run of a laptop, measured from inside."""
    with laptop_at(Path(folder), url, account) as laptop:
        laptop.meter.texts = False
        before, server_before = _from_here(os.getpid()), _from_here(int(server_pid))
        begun = time.perf_counter()
        laptop.run()
        took = time.perf_counter() - begun
        signed_in = laptop.desk.signed_in()
        (count,) = laptop.desk.store.select("SELECT count(*) FROM document WHERE bucket LIKE 'e:%'")[0]
        return {
            "documents": count,
            "pull_s": round(took, 4),
            "pull_requests": len(laptop.meter.pulled),
            "bytes_down": sum(size for size, _ in laptop.meter.pulled),
            "laptop_bytes": peak_bytes(os.getpid()) - before,
            "server_bytes_before": server_before,
            "token": laptop.desk.store.kv("token"),
            "bearer": signed_in.token,
            "device": signed_in.device,
        }


def _from_here(pid: int) -> int:
    """Let the most memory a process ever held be counted from now on (Linux), and say how much it is now."""
    if sys.platform == "linux":
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    return peak_bytes(pid)


def _poll(server: RunningServer, laptop: dict[str, Any]) -> dict[str, Any]:
    """An idle poll, and a long one that has something to tell, down to the last byte of their answers."""
    headers = {"Authorization": f"Bearer {laptop['bearer']}", "Content-Type": "application/json"}
    message = {"proto": 1, "schema": 1, "device": laptop["device"], "token": laptop["token"]}
    took = []
    with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as line:
        for _ in range(POLLS):
            begun = time.perf_counter()
            line.request("POST", "/sync/pull", json.dumps(message), headers)
            size, answer = _whole(line.getresponse())
            took.append(time.perf_counter() - begun)
            if not answer.get("same"):
                raise RuntimeError(f"an idle poll said {answer}")
        line.request("GET", "/sync/wait?token=another", headers=headers)
        wait_size, answer = _whole(line.getresponse())
        if answer != {"need": "cursors"}:
            raise RuntimeError(f"the long poll said {answer}")
    return {"poll_s": round(statistics.median(took), 4), "poll_bytes": size, "wait_bytes": wait_size}


def _whole(response: http.client.HTTPResponse) -> tuple[int, dict[str, Any]]:
    """Bytes of the whole answer, and what it says."""
    lines = [f"HTTP/1.1 {response.status} {response.reason}"]
    lines += [f"{name}: {value}" for name, value in response.getheaders()]
    body = response.read()
    answer: dict[str, Any] = json.loads(body)
    return sum(len(line) + 2 for line in lines) + 2 + len(body), answer


if __name__ == "__main__":
    print(json.dumps(be_laptop(*sys.argv[1:])))
