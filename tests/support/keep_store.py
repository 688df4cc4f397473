"""`python -m tests.support.keep_store`: keep what today's program writes, for every later one to be held against.

Run it when the laptop's store, the centre's database or the wire has got a new version, and commit what it leaves in
tests/sync/recorded (its README says what may be done with it). Of one and the same day of work it writes, into a
folder named after the versions:

    laptop.sql         an officer's store: documents, changes sent and unsent, a draft, a photo, cursors
    centre.sql         the centre's database at that moment (as SQLite writes it)
    wire/NN-name.json  requests of today's laptop to that centre, and today's answers
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa

from app.domain import buckets
from app.domain.clock import system_clock, to_text
from app.domain.ids import new_id
from app.domain.people import Role
from app.paths import DataFolder
from app.services import attachments
from app.services.desk import Desk
from app.store import outbox
from app.store.drafts import save_draft
from app.store.version import VERSION
from sync.client.engine import engine_for
from sync.client.session import sign_in
from sync.protocol.messages import PROTO
from sync.server import tables
from sync.server.migrations import HEAD
from sync.server.settings import DATABASE_FILE
from tests.support.park import Park, change, issue, patch, start_visit, submit_visit
from tests.support.server import PASSWORD, Laptop, RunningServer

RECORDED = Path(__file__).resolve().parents[1] / "sync" / "recorded"
TODAY = f"store-{VERSION}-centre-{HEAD}-wire-{PROTO}"
SENT = b"\xff\xd8\xff" + "已上传的照片".encode() * 50
UNSENT = b"\xff\xd8\xff" + "没来得及上传的照片".encode() * 50
"""The bytes of the photos; the files themselves are not kept."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=RECORDED)
    folder: Path = parser.parse_args().folder / TODAY
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as place, RunningServer(Path(place) / "centre") as server:
        park = Park(server)
        day = Day(park, Path(place) / "desk")
        park.close()
        dump(Path(place) / "desk" / "store.db", folder / "laptop.sql")
        dump(Path(place) / "centre" / DATABASE_FILE, folder / "centre.sql")
        record(day, folder / "wire")


class Day:
    """An officer with two enterprises; some of his work is at the centre, some is not, some was turned down."""

    def __init__(self, park: Park, folder: Path) -> None:
        self.account, _ = park.account(Role.OFFICER)
        self.enterprises = [park.enterprise(f"萍乡{name}制造有限公司", later={"x": [1]}) for name in "甲乙"]
        park.assign(self.account, *self.enterprises)
        self.bucket = buckets.of_enterprise(self.enterprises[0])
        self.coordinator = park.coordinator()
        self.handler = park.handler("economy")
        self.bare = park.server.sign_in(self.account)
        # Long, and of no account here: forms have files of their own.
        ref = buckets.reference("XD")
        for form in self.bare.pull_all().of_kind("form"):
            park.write(ref, "form", form["id"], None)
        with park.database.writing() as connection:
            connection.execute(sa.delete(tables.change).where(tables.change.c.name == "form.publish"))
        park.write(self.bucket, "hologram", "h1", {"id": "h1", "later": "一种后来才有的记录"})
        with Desk.open(DataFolder(folder)) as desk:
            sign_in(desk.store, park.server.url, self.account, PASSWORD, "测试机")
            self._run(desk)
            self._sent(desk)
            self._met(desk)
            self._unsent(desk)

    def _run(self, desk: Desk) -> None:
        report = engine_for(desk.store, desk.context, system_clock).run()
        assert report.error is None, report.error

    def _edit(self, desk: Desk, **fields: tuple[Any, Any]) -> None:
        args = {"fields": {name: list(pair) for name, pair in fields.items()}}
        desk.make(desk.change("patch", self.bucket, "enterprise", self.enterprises[0], args))

    def _start(self, desk: Desk, enterprise: int) -> str:
        made = start_visit(self.enterprises[enterprise], new_id())
        desk.make(desk.change(made["name"], made["bucket"], *made["doc"], made["args"]))
        visit: str = made["doc"][1]
        return visit

    def _sent(self, desk: Desk) -> None:
        self._edit(desk, employees=(None, 120))
        self.visit = self._start(desk, 0)
        attachments.add(desk, self.visit, SENT, "大门.jpg")
        self._run(desk)

    def _met(self, desk: Desk) -> None:
        """A field somebody else altered meanwhile; an edit in an enterprise he no longer has."""
        assert self.bare.push(patch(self.enterprises[0], address=(None, "一号路")))[0]["status"] == "applied"
        self._edit(desk, address=(None, "二号路"))
        cancelled = self._start(desk, 1)
        self._run(desk)
        other = buckets.of_enterprise(self.enterprises[1])
        assert self.bare.push(change("visit.cancel", other, ("visit", cancelled)))[0]["status"] == "applied"
        desk.make(desk.change("visit.cancel", other, "visit", cancelled, {}))
        self._run(desk)
        states = {row.state for row in outbox.pending(desk.store)}
        assert states == {"refused"}, states

    def _unsent(self, desk: Desk) -> None:
        self._edit(desk, industry=(None, "陶瓷"), region=(None, "湘东区"))
        attachments.add(desk, self.visit, UNSENT, "车间.jpg", caption="二号车间")
        self._start(desk, 1)
        state = {"filling": {"/remarks": "写到一半", "/difficulties": [{"title": "用电"}]}, "section": "/a"}
        save_draft(desk.store, self.visit, "visit_three@2026.1", state, to_text(system_clock()))
        desk.store.set_kv("a_later_version", {"kept": ["as it is"]})


def dump(database: Path, to: Path) -> None:
    """A SQLite file as text."""
    with closing(sqlite3.connect(database)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        lines = [f"PRAGMA user_version = {version};", *connection.iterdump()]
    to.write_text("\n".join(lines) + "\n", encoding="utf-8")


def load(text: Path, database: Path) -> None:
    """The SQLite file a dump was made of."""
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(text.read_text(encoding="utf-8"))


class Recorder:
    """Asks, and writes question and answer down."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.count = 0
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(
        self,
        name: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        who: Laptop | None = None,
    ) -> Any:
        headers = dict(who.headers) if who else {}
        answer = requests.request(method, self.url + path, json=body, headers=headers, timeout=60)
        self.count += 1
        exchange = {
            "method": method,
            "path": path,
            "headers": headers,
            "request": body,
            "status": answer.status_code,
            "answer": answer.json(),
        }
        text = json.dumps(exchange, ensure_ascii=False, indent=1)
        (self.folder / f"{self.count:02}-{name}.json").write_text(text + "\n", encoding="utf-8")
        return answer.json()


def _photo(bucket: str, enterprise: str, id: str) -> dict[str, Any]:
    row = {
        "id": id,
        "enterprise": enterprise,
        "purpose": "photo",
        "file_name": "大门.jpg",
        "media_type": "image/jpeg",
        "size": 3,
        "sha256": "0" * 64,
    }
    put = {"fields": {name: [None, value] for name, value in row.items()}}
    return change("put", bucket, ("attachment", id), put)


def record(day: Day, folder: Path) -> None:
    """Every message of the wire, one after the other on the same centre."""
    officer, coordinator, handler = day.bare, day.coordinator, day.handler
    ask = Recorder(officer.server.url, folder)
    words = {"proto": 1, "schema": 1}
    named = {"account": day.account, "password": PASSWORD, "device": new_id(), "device_name": "办公室"}
    ask("health", "GET", "/healthz")
    ask("sign-in", "POST", "/auth/token", {"proto": 1, **named})
    ask("sign-in-wrong", "POST", "/auth/token", {"proto": 1, **named, "password": "falsch-2026"})
    ask("nobody", "POST", "/sync/pull", {**words, "device": officer.device})

    def pull(name: str, who: Laptop, **more: Any) -> Any:
        return ask(name, "POST", "/sync/pull", {**words, "device": who.device, **more}, who)

    def push(name: str, who: Laptop, *changes: Mapping[str, Any], **more: Any) -> Any:
        body = {**words, "device": who.device, "changes": list(changes), **more}
        return ask(name, "POST", "/sync/push", body, who)

    first = pull("pull-all", officer, cursors={}, epoch=officer.who["epoch"])
    pull("pull-same", officer, token=first["token"])
    ref = {part["id"]: part["to"] for part in first["buckets"] if part["id"].startswith("ref:")}
    pull("pull-page", officer, cursors=ref, rows=2, bytes=1000)
    pull("pull-revoked", officer, cursors={**ref, "e:somebody-elses": 3, day.bucket: 1})
    id, visit, photo = day.enterprises[0], new_id(), new_id()
    raised = issue("变压器容量不足", description="二期投产")
    other = day.enterprises[1]
    edits = [
        patch(id, employees=(120, 130), region=(None, "湘东区")),
        patch(id, employees=(7, 140)),
        start_visit(other, visit),
        change("visit.cancel", day.bucket, ("visit", new_id())),
        change("visit.submit", day.bucket, ("visit", day.visit), {"nothing": "of what it needs"}),
        _photo(day.bucket, id, photo),
        patch(new_id(), employees=(None, 1)),
        change("no.such.change", day.bucket, ("visit", visit)),
    ]
    # One visit at a time is open: the one of the other enterprise is the laptop's own, still unsent.
    verdicts = push("push", officer, *edits, submit_visit(other, visit, raised))
    push("push-again", officer, *edits[:2])
    push("push-other-epoch", officer, edits[0], epoch=new_id())
    [met] = next(verdict["conflicts"] for verdict in verdicts["results"] if verdict.get("conflicts"))
    choices = {"employees": {"pick": "mine", "shown": 130}}
    doc = ("issue", raised["id"])
    bucket = buckets.of_enterprise(other)
    push(
        "push-coordinator",
        coordinator,
        change("conflict.resolve", day.bucket, ("conflict", met), {"choices": choices}),
        change("issue.accept", bucket, doc, {"category": "04", "level": 3}),
        change(
            "issue.assign", bucket, doc, {"department": "economy", "limit_days": 5, "requirement": "上门"}
        ),
    )
    pull("pull-directory", coordinator, cursors=ref, want=[bucket])
    pull("pull-department", handler, cursors=ref)
    pull("pull-need", officer, token=first["token"])
    pull("pull-moved", officer, cursors={part["id"]: part["to"] for part in first["buckets"]})
    ask("wait", "GET", f"/sync/wait?token={first['token']}", None, officer)
    ask("too-old", "POST", "/sync/pull", {**words, "proto": 0, "device": officer.device}, officer)


if __name__ == "__main__":
    main()
