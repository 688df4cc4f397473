"""How long a laptop and its centre take to agree on so many new documents, beside what no program could do faster.

One officer with 60 enterprises. `local_edit_s`: the documents made on the laptop, outbox and all. `push_s`: the real
client sends them to a server of its own over loopback, until every verdict is absorbed. `pull_s`: a second, empty
laptop of the same officer reads them. Floors of the same run: the same rows into SQLite in one transaction, the same
bytes through a bare HTTP server with gzip both ways. Bytes are bodies as they are on the wire; `bytes_of_reference` are
those of `bytes_down` that every new laptop reads: forms, dictionaries, the enterprises.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import http.server
import json
import random
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from app.domain import buckets
from app.domain.changes import Change
from app.domain.clock import system_clock, to_text
from app.domain.ids import new_id
from app.domain.people import Role
from app.paths import DataFolder
from app.services.desk import Desk
from app.store.outbox import make_changes
from sync.client.engine import Engine
from sync.client.session import sign_in
from sync.client.terms import in_thread
from sync.client.transport import Transport
from sync.protocol.messages import GZIP_LEVEL, Pull
from tests.support import postgres
from tests.support.park import Park
from tests.support.server import PASSWORD, RunningServer

ENTERPRISES = 60
_WORDS = [
    "变压器",
    "容量",
    "二期",
    "设备",
    "安装",
    "环保",
    "验收",
    "订单",
    "工人",
    "宿舍",
    "物流",
    "园区",
    "道路",
    "用地",
    "审批",
    "贷款",
    "税收",
    "返还",
    "专利",
    "供气",
]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--documents", type=int, default=1000, help="documents of about 0.9 KB (default 1000)"
    )
    parser.add_argument(
        "--server", choices=["sqlite", "postgres"], default="sqlite", help="the centre's database"
    )


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Seconds and bytes. Raises RuntimeError where something did not arrive, or there is no PostgreSQL."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zhuqitong-bench-")))
        server = stack.enter_context(RunningServer(folder / "centre", database_for(stack, options.server)))
        park = Park(server)
        stack.callback(park.close)
        account, _ = park.account(Role.OFFICER)
        enterprises = [park.enterprise() for _ in range(ENTERPRISES)]
        park.assign(account, *enterprises)
        first = stack.enter_context(laptop_at(folder / "first", server.url, account))
        first.run()
        reference = sum(size for size, _ in first.meter.pulled)
        first.meter.clear()
        changes = list(_changes(enterprises, options.documents))
        figures = {"documents": options.documents, "server": options.server, "buckets": ENTERPRISES}
        begun = time.perf_counter()
        make_changes(first.desk.store, changes, first.desk.context())
        figures["local_edit_s"] = time.perf_counter() - begun
        # A laptop that sends has its changes in the store, not in memory.
        changes.clear()
        begun = time.perf_counter()
        first.run()
        # The pull that ends a run is not of the push.
        figures["push_s"] = first.meter.first_pull - begun
        pushed = list(first.meter.pushed)
        figures["push_requests"] = len(pushed)
        figures["bytes_up"] = sum(len(body) for body in pushed)
        second = stack.enter_context(laptop_at(folder / "second", server.url, account))
        begun = time.perf_counter()
        second.run()
        figures["pull_s"] = time.perf_counter() - begun
        pulled = second.meter.pulled
        figures["pull_requests"] = len(pulled)
        figures["bytes_down"] = sum(size for size, _ in pulled)
        figures["bytes_of_reference"] = reference
        _check(first, second, options.documents)
        figures["idle_poll_bytes"] = _idle(second)
        figures["floor_insert_s"] = _insert(folder / "floor.db", second.desk)
        figures["floor_http_up_s"], figures["floor_http_down_s"] = _http(pushed, [body for _, body in pulled])
        return {
            name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()
        }


def database_for(stack: ExitStack, server: str) -> str | None:
    """The URL of a fresh PostgreSQL database, None for SQLite. Raises RuntimeError where there is none."""
    if server == "sqlite":
        return None
    reason = postgres.missing()
    if reason is not None:
        raise RuntimeError(reason)
    # A commit has to be on the disk, as it is at a real centre and as SQLite's is here.
    return stack.enter_context(postgres.Cluster(fsync=True)).new_database()


# The laptops -------------------------------------------------------------------------------------------------------


@dataclass
class _Meter:
    """What went over one laptop's connection: bodies pushed as sent, sizes and texts of pages pulled."""

    pushed: list[bytes] = field(default_factory=list)
    pulled: list[tuple[int, bytes]] = field(default_factory=list)
    first_pull: float = 0.0
    texts: bool = True
    """Whether the texts are kept: not where memory is what is measured."""

    def clear(self) -> None:
        self.pushed, self.pulled, self.first_pull = [], [], 0.0

    def see(self, response: requests.Response, *_: Any, **__: Any) -> None:
        path = str(response.request.path_url)
        if path == "/sync/push":
            body = response.request.body
            assert isinstance(body, bytes)
            self.pushed.append(body)
        elif path == "/sync/pull":
            size = int(response.headers["Content-Length"])
            self.pulled.append((size, response.content if self.texts else b""))


class _Metered(Transport):
    """The real transport, with a meter on its connection."""

    def __init__(self, base_url: str, token: str, meter: _Meter) -> None:
        super().__init__(base_url, token)
        self._meter = meter
        self._session.hooks["response"].append(meter.see)

    def pull(self, message: Pull) -> Any:
        self._meter.first_pull = self._meter.first_pull or time.perf_counter()
        return super().pull(message)


@dataclass
class _Laptop:
    desk: Desk
    transport: _Metered
    meter: _Meter

    def run(self) -> None:
        device = self.desk.signed_in().device
        engine = Engine(
            self.desk.store, self.transport, self.desk.context, device, system_clock, beside=in_thread
        )
        report = engine.run()
        if report.error is not None or report.refused or report.conflicts:
            raise RuntimeError(f"the run did not go through: {report}")


@contextmanager
def laptop_at(folder: Path, url: str, account: str) -> Iterator[_Laptop]:
    with Desk.open(DataFolder(folder)) as desk:
        sign_in(desk.store, url, account, PASSWORD, "bench")
        meter = _Meter()
        with _Metered(url, desk.signed_in().token, meter) as transport:
            yield _Laptop(desk, transport, meter)


def _changes(enterprises: list[str], documents: int) -> Iterator[Change]:
    now = to_text(system_clock())
    for number in range(documents):
        enterprise = enterprises[number % len(enterprises)]
        body = document_body(number, enterprise)
        yield Change(
            mid=new_id(),
            name="put",
            bucket=buckets.of_enterprise(enterprise),
            doc=("attachment", body["id"]),
            args={"fields": {name: [None, value] for name, value in body.items()}},
            at=now,
        )


def document_body(number: int, enterprise: str) -> dict[str, Any]:
    """A row of an attachment with a caption that makes it about 0.9 KB of not too even text."""
    chance = random.Random(number)
    return {
        "id": new_id(),
        "enterprise": enterprise,
        "purpose": "photo",
        "file_name": f"现场照片{number}.jpg",
        "media_type": "image/jpeg",
        "size": 100_000 + number,
        "sha256": f"{chance.getrandbits(256):064x}",
        "caption": "，".join(chance.choice(_WORDS) for _ in range(67)),
    }


def _check(first: _Laptop, second: _Laptop, documents: int) -> None:
    """Both laptops hold the same documents, all of them, and nothing waits."""
    query = "SELECT bucket, kind, id, rev FROM document ORDER BY bucket, kind, id"
    here, there = first.desk.store.select(query), second.desk.store.select(query)
    if here != there or sum(row[1] == "attachment" for row in there) != documents:
        raise RuntimeError(f"the laptops differ: {len(here)} documents here, {len(there)} there")


def _idle(laptop: _Laptop) -> int:
    """Bytes of the answer where nothing is new."""
    laptop.meter.clear()
    laptop.run()
    if len(laptop.meter.pulled) != 1:
        raise RuntimeError(f"an idle run took {len(laptop.meter.pulled)} pulls")
    return laptop.meter.pulled[0][0]


# Floors ------------------------------------------------------------------------------------------------------------


def _insert(path: Path, desk: Desk) -> float:
    """The same rows into an empty SQLite table in one transaction that is on the disk in the end."""
    rows = [
        (each.bucket, each.kind, each.id, each.rev, json.dumps(each.body, ensure_ascii=False))
        for bucket in desk.store.held()
        for each in desk.store.in_bucket(bucket)
    ]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(
            "CREATE TABLE document (bucket TEXT, kind TEXT, id TEXT, rev INTEGER, body TEXT,"
            " PRIMARY KEY (bucket, kind, id)) WITHOUT ROWID"
        )
        begun = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO document VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
        return time.perf_counter() - begun


class _Bare(http.server.BaseHTTPRequestHandler):
    """Unpacks what comes, packs what is asked for, and knows nothing else."""

    protocol_version = "HTTP/1.1"
    pages: list[bytes]

    def do_POST(self) -> None:
        gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(b"")

    def do_GET(self) -> None:
        self._answer(gzip.compress(self.pages[int(self.path[1:])], GZIP_LEVEL))

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


def _http(pushed: list[bytes], pages: list[bytes]) -> tuple[float, float]:
    """Seconds for the same requests up, and the same pages down, through the bare server."""
    plain = [gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body for body in pushed]
    handler = type("_Handler", (_Bare,), {"pages": pages, "disable_nagle_algorithm": True})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", server.server_port)) as connection:
                begun = time.perf_counter()
                for body in plain:
                    connection.request("POST", "/", gzip.compress(body, GZIP_LEVEL))
                    connection.getresponse().read()
                up = time.perf_counter() - begun
                begun = time.perf_counter()
                for number in range(len(pages)):
                    connection.request("GET", f"/{number}")
                    gzip.decompress(connection.getresponse().read())
                down = time.perf_counter() - begun
        finally:
            server.shutdown()
            thread.join()
    return up, down
