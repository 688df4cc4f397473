"""A laptop is put out of use: it empties itself with its next word to the centre, down to the bytes of its files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.clock import system_clock
from app.domain.people import Role
from app.errors import KnownError
from app.paths import DataFolder
from app.services import attachments, papers, visits
from app.services.desk import Desk
from app.store import seal
from app.store.history import SyncReport
from sync.client.engine import engine_for
from sync.client.errors import Revoked
from sync.client.session import sign_in
from tests.support.park import Park
from tests.support.server import PASSWORD, RunningServer

pytestmark = pytest.mark.slow
SECRET = "青峦化工"


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    with RunningServer(tmp_path_factory.mktemp("centre")) as server:
        park = Park(server)
        yield park
        park.close()


def sync(desk: Desk) -> SyncReport:
    return engine_for(desk.store, desk.context, system_clock).run()


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def at_work(centre: Park, desk: Desk) -> str:
    """Somebody's laptop with everything on it that can be: documents, an unsent visit with draft, photo and paper."""
    account, _ = centre.account(Role.OFFICER)
    enterprise = centre.enterprise(f"{SECRET}有限公司{account}")
    centre.assign(account, enterprise)
    sign_in(desk.store, centre.server.url, account, PASSWORD, "丢失的电脑")
    assert sync(desk).error is None
    visit = visits.start_visit(desk, enterprise)
    attachments.add(desk, visit.id, b"\xff\xd8\xff" + SECRET.encode() * 99, "门头.jpg")
    opened = visits.open_filling(desk, visit.id)
    visits.save_draft(desk, visit.id, opened.filling.save(), opened.tables, SECRET)
    printed = papers.print_checklists(desk, [enterprise])
    assert printed.path.exists()
    return account


def revoke(centre: Park, account: str, desk: Desk) -> str:
    device = desk.signed_in().device
    centre.server.command("device", "revoke", account, device)
    return device


def test_nothing_is_left_after_the_next_sync(centre: Park, tmp_path: Path) -> None:
    with Desk.open(DataFolder(tmp_path)) as desk:
        account = at_work(centre, desk)
        assert SECRET.encode() in bytes_in(tmp_path)
        device = revoke(centre, account, desk)
        report = sync(desk)
        assert report.error is not None
        assert report.error.code == "revoked"
        left = bytes_in(tmp_path)
        for word in (SECRET, account, "丢失的电脑"):
            assert word.encode() not in left
        assert not list((tmp_path / "attachments").iterdir())
        assert not list((tmp_path / "papers").iterdir())
        told = seal.sealed(desk.store)
        assert told is not None
        assert (told.device, told.server) == (device, centre.server.url)
        with pytest.raises(KnownError, match="本机已被停用"):
            desk.signed_in()
    with Desk.open(DataFolder(tmp_path)) as desk, pytest.raises(KnownError, match="本机已被停用"):
        desk.context()


def test_it_comes_back_once_when_the_office_allows_it(centre: Park, tmp_path: Path) -> None:
    with Desk.open(DataFolder(tmp_path)) as desk:
        account = at_work(centre, desk)
        device = revoke(centre, account, desk)
        sync(desk)
        with pytest.raises(Revoked):
            sign_in(desk.store, centre.server.url, account, PASSWORD, "还是那台")
        assert seal.sealed(desk.store) is not None
        told = centre.server.command("device", "allow", account, device)
        assert "可以在设备" in told
        sign_in(desk.store, centre.server.url, account, PASSWORD, "找回的电脑")
        assert seal.sealed(desk.store) is None
        assert desk.signed_in().device != device
        assert sync(desk).error is None
        assert SECRET.encode() in bytes_in(tmp_path)
        # The permission was for one time.
        revoke(centre, account, desk)
        sync(desk)
        with pytest.raises(Revoked):
            sign_in(desk.store, centre.server.url, account, PASSWORD, "又一次")
    failed = centre.server.cli("device", "allow", account, "没有这台")
    assert (failed.returncode, "没有登录过" in failed.stderr) == (1, True)


def test_a_revoked_laptop_that_was_signed_out_is_emptied_when_somebody_signs_in(
    centre: Park, tmp_path: Path
) -> None:
    with Desk.open(DataFolder(tmp_path)) as desk:
        account = at_work(centre, desk)
        revoke(centre, account, desk)
        desk.store.set_kv("session", {**desk.store.kv("session"), "token": ""})
        with pytest.raises(Revoked):
            sign_in(desk.store, centre.server.url, account, PASSWORD, "想进来的人")
        assert SECRET.encode() not in bytes_in(tmp_path)


def test_a_crash_in_the_middle_is_ended_at_the_next_opening(centre: Park, tmp_path: Path) -> None:
    with Desk.open(DataFolder(tmp_path)) as desk:
        at_work(centre, desk)
        with desk.store.read() as reader:
            # A reader in the way: the tables are empty, the files not yet written anew.
            reader.execute("SELECT count(*) FROM document").fetchone()
            assert not _seal_beside(desk)
        kept = desk.store.kv("sealed")
        assert kept["wiped"] is False
    with Desk.open(DataFolder(tmp_path)) as desk:
        assert desk.store.kv("sealed")["wiped"] is True
        assert SECRET.encode() not in bytes_in(tmp_path)


def _seal_beside(desk: Desk) -> bool:
    import threading

    beside = threading.Thread(target=seal.seal, args=(desk.store, datetime.now(UTC)))
    beside.start()
    beside.join()
    return bool(desk.store.kv("sealed", {}).get("wiped"))
