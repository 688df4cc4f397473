"""A laptop whose data are not the centre's any more finds out, puts itself right, and tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain import buckets
from app.domain.clock import system_clock
from app.domain.people import Role
from app.paths import DataFolder
from app.services.desk import Desk
from app.store.confirmed import forget_cursors
from app.store.history import SyncReport
from sync.client.engine import engine_for
from sync.client.session import sign_in
from tests.support.park import Park, patch
from tests.support.server import PASSWORD, RunningServer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    with RunningServer(tmp_path_factory.mktemp("centre")) as server:
        park = Park(server)
        yield park
        park.close()


@pytest.fixture
def desk(centre: Park, tmp_path: Path) -> Iterator[Desk]:
    account, _ = centre.account(Role.OFFICER)
    centre.assign(account, centre.enterprise())
    with Desk.open(DataFolder(tmp_path)) as desk:
        sign_in(desk.store, centre.server.url, account, PASSWORD, "测试机")
        assert sync(desk).error is None
        yield desk


def sync(desk: Desk) -> SyncReport:
    return engine_for(desk.store, desk.context, system_clock).run()


def enterprise_of(desk: Desk) -> str:
    (found,) = desk.store.of_kind("enterprise")
    return found.id


def test_it_is_read_again_and_the_office_hears_of_it(
    centre: Park, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    id = enterprise_of(desk)
    bucket = buckets.of_enterprise(id)
    with desk.store.write() as transaction:
        # A row lost and one that never was: what a bug or a damaged disk may leave.
        transaction.execute("DELETE FROM document WHERE kind = 'assignment' AND bucket = ?", (bucket,))
        transaction.execute("INSERT INTO document VALUES ('note', 'x', ?, 1, '{}', 1)", (bucket,))
        transaction.execute("INSERT INTO document VALUES ('note', 'y', ?, 1, '{}', 1)", (bucket,))
    centre.coordinator().push(patch(id, employees=(None, 7)))
    assert sync(desk).error is None
    assert desk.store.get("note", "x") is None
    assert [one.body["person"] for one in desk.store.of_kind("assignment", bucket)] == [
        desk.signed_in().person
    ]
    assert "differ" in caplog.text
    assert desk.store.kv("differs") is None
    report = json.loads(centre.server.command("status", "--json"))
    (told,) = [one for one in report["differences"] if one["bucket"] == bucket]
    session = desk.signed_in()
    assert (told["account"], told["person"], told["device"]) == (
        session.account,
        session.name,
        session.device,
    )
    assert (told["laptop"]["count"], told["centre"]["count"]) == (3, 2)
    assert session.name in centre.server.command("status")
    assert "differs on device" in centre.server.log


def test_of_a_bucket_one_does_not_hold_nothing_is_written_down(centre: Park, desk: Desk) -> None:
    foreign = buckets.of_enterprise(centre.enterprise())
    officer = centre.officer()
    officer.pull(differs=[{"bucket": foreign, "seq": 1, "count": 9, "sum": "00"}])
    report = json.loads(centre.server.command("status", "--json"))
    assert foreign not in {one["bucket"] for one in report["differences"]}


def test_a_handlers_empty_department_is_swept_after_a_restore(centre: Park, tmp_path: Path) -> None:
    account, _ = centre.account(Role.HANDLER, "forestry")
    with Desk.open(DataFolder(tmp_path)) as desk:
        sign_in(desk.store, centre.server.url, account, PASSWORD, "测试机")
        assert sync(desk).error is None
        bucket = buckets.of_department("forestry")
        assert desk.store.held()[bucket] == 0
        with desk.store.write() as transaction:
            transaction.execute(
                "INSERT INTO document VALUES ('department_issue', 'x', ?, 3, '{}', 1)", (bucket,)
            )
            forget_cursors(desk.store)
        assert sync(desk).error is None
        assert desk.store.in_bucket(bucket) == []
