"""Laptop and centre of different ages: neither loses a word, each says who has to be upgraded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from app.domain import buckets
from app.domain.changes import Change, schemas
from app.domain.changes.schemas import Args, Schema
from app.domain.changes.visits import record_digest
from app.domain.clock import system_clock
from app.domain.ids import new_id
from app.domain.people import Role
from app.paths import DataFolder
from app.services import visits
from app.services.desk import Desk, Session
from app.store import outbox
from app.store.history import SyncReport
from sync.client.engine import Engine, engine_for
from sync.client.session import sign_in
from sync.client.transport import Transport
from sync.server import accounts, tables
from sync.server.push import push
from tests.support.park import Park, attachment, change, issue, patch, start_visit, submit_visit
from tests.support.proxy import Proxy
from tests.support.server import PASSWORD, Laptop

LATER = {"text": "后来才有的内容", "rows": [{"a": 1}], "1.0": True}
"""What a field may hold that only a later version knows."""


@contextmanager
def desk_of(park: Park, folder: Path, *enterprises: str) -> Iterator[Desk]:
    account, _ = park.account(Role.OFFICER)
    park.assign(account, *enterprises)
    with Desk.open(DataFolder(folder)) as desk:
        sign_in(desk.store, park.server.url, account, PASSWORD, "测试机")
        yield desk


def run(desk: Desk) -> SyncReport:
    return engine_for(desk.store, desk.context, system_clock).run()


def raw(answer: requests.Response) -> bytes:
    """An answer as it was on the wire, to be given again."""
    lines = [f"HTTP/1.1 {answer.status_code} {answer.reason}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + answer.content


# The wire's version -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"),
    [("/auth/token", {}), ("/sync/push", {"changes": []}), ("/sync/pull", {"cursors": {}})],
)
def test_too_old_and_too_new_are_told_apart(park: Park, path: str, body: dict[str, Any]) -> None:
    officer = park.officer()
    old = officer.post(path, {**body, "proto": 0})
    assert (old.status_code, old.json()["error"]["code"]) == (426, "too_old")
    new = officer.post(path, {**body, "proto": 2, "what_only_proto_2_knows": [1]})
    assert (new.status_code, new.json()["error"]["code"]) == (503, "server_older")
    assert new.json()["error"]["params"] == {"proto": 1}
    assert "升级中心" in new.json()["error"]["text"]
    assert int(new.headers["Retry-After"]) == 300


def test_a_laptop_that_is_too_old_works_on_offline_and_says_so(park: Park, tmp_path: Path) -> None:
    id = park.enterprise()
    with desk_of(park, tmp_path, id) as desk, Proxy(park.server.url) as proxy:
        assert run(desk).error is None
        session = desk.store.kv("session")
        headers = {"Authorization": f"Bearer {session['token']}"}
        refusal = requests.post(
            f"{park.server.url}/sync/push", json={"proto": 0}, headers=headers, timeout=30
        )
        proxy.answer = raw(refusal)
        desk.store.set_kv("session", {**session, "server": proxy.url})
        visit = visits.start_visit(desk, id)
        for _ in range(4):
            report = run(desk)
            assert report.error is not None
            assert report.error.code == "too_old"
            assert "离线" in report.error.text
            assert "升级" in report.error.text
        assert [row.state for row in outbox.pending(desk.store)] == ["pending"]
        assert desk.store.get("visit", visit.id) is not None
        proxy.answer = None
        report = run(desk)
        assert (report.error, report.sent) == (None, 1)


def test_a_laptop_that_is_newer_than_the_centre_waits_as_long_as_it_is_told(
    park: Park, tmp_path: Path
) -> None:
    with desk_of(park, tmp_path, park.enterprise()) as desk, Proxy(park.server.url) as proxy:
        session = desk.store.kv("session")
        headers = {"Authorization": f"Bearer {session['token']}"}
        proxy.answer = raw(
            requests.post(f"{park.server.url}/sync/pull", json={"proto": 2}, headers=headers, timeout=30)
        )
        with Transport(proxy.url, session["token"]) as transport:
            engine = Engine(
                desk.store, transport, desk.context, session["device"], system_clock, jitter=lambda: 0.25
            )
            error = engine.run().error
            assert error is not None
            assert "升级中心" in error.text
            assert engine.wait == 300.25


# Changes of another schema ------------------------------------------------------------------------------------------


def rename(args: Args) -> tuple[str, Args]:
    return "patch", {"fields": {args["what"]: [args["was"], args["is"]]}}


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """A made-up second schema in which `edit` became `patch`; gives a moment within the twelve months."""
    made_up = (Schema(1, date(2026, 1, 1)), Schema(2, date(2026, 6, 1), {"edit": rename}))
    monkeypatch.setattr(schemas, "SCHEMAS", made_up)
    return datetime(2027, 6, 1, 15, 59, tzinfo=UTC)


def at_once(park: Park, laptop: Laptop, now: datetime, *changes: dict[str, Any]) -> list[dict[str, Any]]:
    """A push into the centre's own function: the schemas are made up in this process alone."""
    caller = accounts.caller_of(park.database, laptop.headers["Authorization"], system_clock())
    answer = push(park.database, park.reference, caller, {"changes": list(changes)}, now)
    results: list[dict[str, Any]] = json.loads(answer)["results"]
    return results


def edit(id: str, what: str, was: Any, to: Any) -> dict[str, Any]:
    args = {"what": what, "was": was, "is": to}
    return change("edit", buckets.of_enterprise(id), ("enterprise", id), args)


def test_a_change_of_an_older_schema_is_brought_up_and_kept_as_it_came(park: Park, today: datetime) -> None:
    id = park.enterprise()
    officer = park.officer(id)
    old = edit(id, "employees", None, 12)
    new = {**patch(id, address=(None, "一号路")), "schema": 2}
    strange = edit(id, "employees", None, 13)
    del strange["args"]["is"]
    clash = edit(id, "employees", 7, 8)
    verdicts = at_once(park, officer, today, old, new, strange, clash)
    assert [verdict["status"] for verdict in verdicts] == ["applied", "applied", "refused", "conflict"]
    assert verdicts[2]["error"]["code"] == "malformed"
    [body] = officer.pull_all().of_kind("enterprise")
    assert (body["employees"], body["address"]) == (12, "一号路")
    [met] = officer.pull_all().of_kind("conflict")
    assert (met["merged"], met["fields"]["employees"]["mine"]) == ([], 8)
    assert '"edit"' in logged(park, old["mid"]).body
    assert at_once(park, officer, today, old)[0]["status"] == "applied"


def test_after_twelve_months_it_is_refused_with_the_reason_and_its_body_is_kept(
    park: Park, today: datetime
) -> None:
    id = park.enterprise()
    officer = park.officer(id)
    old, elsewhere = edit(id, "employees", None, 12), edit(park.enterprise(), "employees", None, 12)
    late = today + timedelta(minutes=1)
    verdicts = at_once(park, officer, late, old, elsewhere)
    assert [verdict["status"] for verdict in verdicts] == ["refused", "escrowed"]
    assert (verdicts[0]["error"]["code"], verdicts[0]["rows"]) == ("schema_ended", [])
    assert "改后重报" in verdicts[0]["error"]["text"]
    row = logged(park, old["mid"])
    assert (row.status, row.bucket, '"is":12' in row.body) == ("refused", buckets.of_enterprise(id), True)
    # The verdict stands, and so it is the same when asked again.
    assert at_once(park, officer, today, old)[0]["error"]["code"] == "schema_ended"


def logged(park: Park, mid: str) -> Any:
    with park.database.reading() as connection:
        return connection.execute(sa.select(tables.change).where(tables.change.c.mid == mid)).one()


def test_a_laptop_that_was_upgraded_shows_its_old_changes_and_sends_them_as_they_were(
    park: Park, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = park.enterprise()
    with desk_of(park, tmp_path, id) as desk:
        run(desk)
        made = desk.change(
            "patch", buckets.of_enterprise(id), "enterprise", id, {"fields": {"employees": [None, 12]}}
        )
        desk.make(made)

        def in_tens(args: Args) -> tuple[str, Args]:
            old, new = args["fields"]["employees"]
            return "patch", {"fields": {"employees": [old, new * 10]}}

        monkeypatch.setattr(
            schemas, "SCHEMAS", (Schema(1, date(2026, 1, 1)), Schema(2, date(2026, 6, 1), {"patch": in_tens}))
        )
        park.write(
            buckets.of_enterprise(id),
            "enterprise",
            id,
            {**stored(park, "enterprise", id), "address": "二号路"},
        )
        session = desk.store.kv("session")
        with Transport(session["server"], session["token"]) as transport:
            pulled = Engine(desk.store, transport, desk.context, session["device"], system_clock)
            # The pull alone: what is unsent is run again over the new document.
            pulled._pull(idle=False)
        body = desk.store.get("enterprise", id)
        assert body is not None
        assert (body.body["employees"], body.body["address"]) == (120, "二号路")
        [row] = outbox.pending(desk.store)
        assert (row.change.args, row.change.schema_) == ({"fields": {"employees": [None, 12]}}, 1)


def stored(park: Park, kind: str, id: str) -> dict[str, Any]:
    with park.database.reading() as connection:
        table = tables.document
        text = connection.scalar(sa.select(table.c.body).where(table.c.kind == kind, table.c.id == id))
    body: dict[str, Any] = json.loads(str(text))
    return body


# What one side does not know ----------------------------------------------------------------------------------------


def test_unknown_fields_go_through_both_sides_and_every_kind_of_change(park: Park, tmp_path: Path) -> None:
    id = park.enterprise(later=LATER)
    bucket = buckets.of_enterprise(id)
    with desk_of(park, tmp_path, id) as desk:
        assert run(desk).error is None
        desk.make(desk.change("patch", bucket, "enterprise", id, {"fields": {"employees": [None, 12]}}))
        visit = visits.start_visit(desk, id)
        report = run(desk)
        assert (report.error, report.sent, report.refused) == (None, 2, 0)
        for kind, document in (("enterprise", id), ("visit", visit.id)):
            if kind == "visit":
                park.write(bucket, kind, document, {**stored(park, kind, document), "later": LATER})
                run(desk)
            here = desk.store.get(kind, document)
            assert here is not None
            assert here.body["later"] == LATER == stored(park, kind, document)["later"]
        account = desk.signed_in().account
    officer = park.server.sign_in(account)
    raised = {**issue(), "later": LATER}
    photo = attachment(id, "0" * 64, 3)
    photo["args"]["fields"]["later"] = [None, LATER]
    verdicts = officer.push(
        {**photo, "later": LATER},
        change("patch", bucket, tuple(photo["doc"]), {"fields": {"caption": [None, "大门"]}}),
        submit_visit(
            id, visit.id, raised, digest=record_digest(visit.form_id, visit.form_version, {"/a": "好"})
        ),
        patch(id, employees=(7, 8)),
    )
    assert [verdict["status"] for verdict in verdicts] == ["applied", "applied", "applied", "conflict"]
    assert stored(park, "visit", visit.id)["later"] == LATER
    assert stored(park, "attachment", photo["doc"][1])["later"] == LATER
    assert stored(park, "enterprise", id)["later"] == LATER
    [met] = verdicts[3]["conflicts"]
    park.write(bucket, "issue", raised["id"], {**stored(park, "issue", raised["id"]), "later": LATER})
    park.write(bucket, "conflict", met, {**stored(park, "conflict", met), "later": LATER})
    coordinator = park.coordinator()
    choices = {"employees": {"pick": "mine", "shown": 12}}
    verdicts = coordinator.push(
        change("conflict.resolve", bucket, ("conflict", met), {"choices": choices}),
        change("issue.return", bucket, ("issue", raised["id"]), {"reason": "请补充金额"}),
    )
    assert [verdict["status"] for verdict in verdicts] == ["applied", "applied"]
    for kind, document in (("issue", raised["id"]), ("conflict", met), ("enterprise", id)):
        assert stored(park, kind, document)["later"] == LATER, kind
    assert stored(park, "enterprise", id)["employees"] == 8


def test_kinds_and_buckets_an_old_laptop_does_not_know_are_kept_and_let_go(
    park: Park, tmp_path: Path
) -> None:
    id, other = park.enterprise(), f"zz:{new_id()}"
    bucket = buckets.of_enterprise(id)
    with desk_of(park, tmp_path, id) as desk:
        person = desk.signed_in().person
        park.write(bucket, "hologram", "h1", {"id": "h1", "later": LATER})
        park.write(other, "hologram", "h2", {"id": "h2", "later": LATER})
        with park.database.writing() as connection:
            connection.execute(sa.insert(tables.member).values(bucket=other, person=person, role="officer"))
        assert run(desk).error is None
        assert {one.body["id"] for one in desk.store.of_kind("hologram")} == {"h1", "h2"}
        assert all(one.body["later"] == LATER for one in desk.store.of_kind("hologram"))
        park.write(bucket, "hologram", "h1", None)
        with park.database.writing() as connection:
            connection.execute(sa.delete(tables.member).where(tables.member.c.bucket == other))
        assert run(desk).error is None
        assert desk.store.of_kind("hologram") == []
        assert other not in desk.store.held()


class FromTheFuture(Transport):
    """The real centre's answers, with what a later version might put into them."""

    def _content(self, response: requests.Response) -> bytes:
        content = super()._content(response)
        return content.replace(b'"status":"applied"', b'"status":"postponed","why":{"x":1}').replace(
            b'{"epoch"', b'{"weather":"fine","epoch"', 1
        )


def test_a_verdict_an_old_laptop_does_not_know_waits_and_is_never_quarantined(
    park: Park, tmp_path: Path
) -> None:
    id = park.enterprise()
    with desk_of(park, tmp_path, id) as desk:
        run(desk)
        desk.make(desk.change("patch", f"e:{id}", "enterprise", id, {"fields": {"employees": [None, 12]}}))
        session = desk.store.kv("session")
        with FromTheFuture(session["server"], session["token"]) as transport:
            engine = Engine(desk.store, transport, desk.context, session["device"], system_clock)
            for _ in range(5):
                report = engine.run()
                assert (report.error, report.sent) == (None, 0)
        [row] = outbox.pending(desk.store)
        assert (row.state, row.attempts) == ("pending", 0)
        # Upgraded, it asks again and hears what became of it.
        report = run(desk)
        assert (report.error, report.sent, outbox.pending(desk.store)) == (None, 1, [])


def test_a_role_this_program_does_not_know_does_not_keep_it_from_starting() -> None:
    known = dict.fromkeys(
        ("server", "token", "person", "account", "name", "park", "park_name", "epoch", "device"), "x"
    )
    session = Session.model_validate({**known, "roles": ["officer", "astronaut"]})
    assert session.roles == [Role.OFFICER]
    assert session.actor.roles == {Role.OFFICER}


def test_a_change_with_fields_of_a_later_envelope_is_taken(park: Park) -> None:
    id, visit = park.enterprise(), new_id()
    verdict = park.officer(id).push({**start_visit(id, visit), "mood": "good"}, colour="red")[0]
    assert verdict["status"] == "applied"
    assert Change.model_validate({**start_visit(id, visit), "mood": "good"}).name == "visit.start"
