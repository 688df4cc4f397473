"""A laptop without a window, as a program of its own: does what it is told in order, and may be killed anywhere.

`main([folder, acts as JSON])`: acts are `[name, {arguments}]`, the functions below. Each looks first whether it was
done already, as a person does who starts the program again after the power came back. Whatever the store has
acknowledged is then written to `acknowledged` in the folder: the ids of the changes.

Exit codes: 0 all done, 3 a KnownError (its code on stdout), 1 anything else. Fault points (`sync.server.faults`,
`ZHUQITONG_FAULT`): before BEGIN, before, at and after every COMMIT, and around every fsync, rename and removal of a file.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from app.domain import buckets
from app.domain.changes.visits import record_digest
from app.domain.clock import system_clock, to_text
from app.domain.ids import new_id
from app.errors import KnownError
from app.paths import DataFolder
from app.services import attachments, issues, visits
from app.services.desk import Desk
from app.store.database import open_store
from app.store.drafts import save_draft
from app.store.outbox import pending
from sync.client.engine import engine_for
from sync.client.session import set_want
from sync.client.session import sign_in as client_sign_in
from sync.client.transport import Transport
from sync.server import faults

SYNC_FAILED = 3


def main(words: Sequence[str]) -> int:
    folder = DataFolder(Path(words[0]))
    _points_around_files()
    folder.ensure()
    desk = Desk(open_store(folder.store, fault=_store_point), folder, system_clock)
    try:
        for name, arguments in json.loads(words[1]):
            ACTS[name](desk, **arguments)
            _acknowledge(desk)
    except KnownError as ended:
        print(ended.code, flush=True)
        return SYNC_FAILED
    finally:
        desk.close()
    return 0


# Fault points ------------------------------------------------------------------------------------------------------


def _store_point(name: str) -> None:
    label = f"{name} {_transaction()}"
    faults.point(label)
    if name == "before_commit":
        faults.point(f"at_commit {_transaction()}")


TRANSACTIONS = {
    "make_changes": "T1",
    "absorb_verdicts": "T2",
    "absorb_page": "T3",
    "purge": "T4",
    "finish_purges": "purged",
    "save_draft": "draft",
    "record_sync": "history",
    "set_location": "upload",
    "mark_stored": "upload",
    "forget_cursors": "epoch",
    "_begin_epoch": "epoch",
    "keep_session": "session",
}


def _transaction() -> str:
    """Which transaction of the store this is, by who began it."""
    frame = sys._getframe(2)
    while frame is not None:
        found = TRANSACTIONS.get(frame.f_code.co_name)
        if found == "T3" and any(page.start == 0 for page in frame.f_locals["pages"]):
            return "T5"
        if found is not None:
            return found
        frame = frame.f_back
    return "other"


def _points_around_files() -> None:
    for name in ("fsync", "replace", "unlink"):
        setattr(os, name, _with_points(name, getattr(os, name)))


def _with_points(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        faults.point(f"before_{name}")
        done = real(*arguments, **options)
        faults.point(f"after_{name}")
        return done

    return call


def _acknowledge(desk: Desk) -> None:
    """What the store has said to be safe, noted where a kill does not reach it."""
    known = [row.change.mid for row in pending(desk.store)]
    handle = os.open(desk.folder.root / "acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(handle, (json.dumps(known) + "\n").encode())
    os.close(handle)


# Acts --------------------------------------------------------------------------------------------------------------


def sign_in(desk: Desk, server: str, account: str, password: str) -> None:
    if desk.session is None:
        client_sign_in(desk.store, server, account, password, "测试机")


def sync(desk: Desk) -> None:
    """Run until there is nothing new either way."""
    engine = engine_for(desk.store, desk.context, desk.clock)
    for _ in range(10):
        report = engine.run()
        if report.error is not None:
            raise report.error
        if not (report.sent or report.received or report.files_sent):
            return
    raise AssertionError("it never became quiet")


def want(desk: Desk, enterprise: str) -> None:
    set_want(desk.store, [buckets.of_enterprise(enterprise)])


def edit(desk: Desk, enterprise: str, field: str, value: Any) -> None:
    """A field edit, unless it stands so already or was made and met something else."""
    document = desk.store.get("enterprise", enterprise)
    assert document is not None
    old = document.body.get(field)
    bucket = buckets.of_enterprise(enterprise)
    done = desk.store.select("SELECT change FROM outbox WHERE id = ?", (enterprise,))
    if old != value and not any(
        json.loads(text)["args"]["fields"].get(field, [0, 0])[1] == value for (text,) in done
    ):
        desk.make(desk.change("patch", bucket, "enterprise", enterprise, {"fields": {field: [old, value]}}))


def visit(desk: Desk, enterprise: str) -> None:
    if not _visits(desk, enterprise):
        visits.start_visit(desk, enterprise)


def draft(desk: Desk, enterprise: str, text: str) -> None:
    """An answer of the open visit's form."""
    visit = _visits(desk, enterprise)[-1].id
    save_draft(desk.store, visit, "visit_three", {"/a": text}, to_text(desk.clock()))


def photo(desk: Desk, enterprise: str, content: str) -> None:
    """A photo of the latest visit with these bytes."""
    bucket = buckets.of_enterprise(enterprise)
    present = [one.body["file_name"] for one in desk.store.of_kind("attachment", bucket)]
    if f"{content}.jpg" not in present:
        data = b"\xff\xd8\xff" + content.encode() * 300
        attachments.add(desk, _visits(desk, enterprise)[-1].id, data, f"{content}.jpg")


def submit(desk: Desk, enterprise: str, titles: Sequence[str]) -> None:
    found = _visits(desk, enterprise)[-1]
    if found.body["state"] != "open":
        return
    values = {"/a": "好"}
    args = {
        "record": new_id(),
        "values": values,
        "digest": record_digest(found.body["form_id"], found.body["form_version"], values),
        "issues": [
            {"id": new_id(), "local_number": "I-1", "title": title, "category": "04"} for title in titles
        ],
    }
    desk.make(desk.change("visit.submit", found.bucket, "visit", found.id, args))


def accept(desk: Desk, title: str) -> None:
    id, state = _issue(desk, title)
    if state == "reported":
        issues.accept(desk, id, "04", "0402", 2)


def assign(desk: Desk, title: str) -> None:
    id, state = _issue(desk, title)
    if state == "accepted":
        issues.assign(desk, id, "power", 5)


def end_assignment(desk: Desk, enterprise: str, person: str) -> None:
    for document in desk.store.of_kind("assignment", buckets.of_enterprise(enterprise)):
        if document.body["person"] == person and not document.body.get("until"):
            desk.make(desk.change("assignment.end", document.bucket, "assignment", document.id, {}))


def fetch(desk: Desk, name: str) -> None:
    """Download a photo somebody else has taken."""
    [found] = [one for one in desk.store.of_kind("attachment") if one.body["file_name"] == f"{name}.jpg"]
    target = attachments.place(desk, found.body["sha256"])
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        session = desk.signed_in()
        with Transport(session.server, session.token) as transport:
            transport.download(found.body["sha256"], target)


def _visits(desk: Desk, enterprise: str) -> list[Any]:
    return desk.store.of_kind("visit", buckets.of_enterprise(enterprise))


def _issue(desk: Desk, title: str) -> tuple[str, str]:
    [found] = [one for one in desk.store.of_kind("issue") if one.body["title"] == title]
    return found.id, found.body["state"]


ACTS: dict[str, Callable[..., None]] = {
    act.__name__: act
    for act in (sign_in, sync, want, edit, visit, draft, photo, submit, accept, assign, end_assignment, fetch)
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
