"""Registers with a real centre: an officer fills and syncs, the park reads rows, what is one's own stays one's own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.changes import Refusal
from app.domain.clock import system_clock
from app.domain.people import Role
from app.paths import DataFolder
from app.services import escrow, opened, registers, registers_blacklist
from app.services.desk import Desk
from app.store.drafts import drafts
from sync.client.engine import engine_for
from sync.client.session import sign_in
from sync.server import jobs
from sync.server.accounts import NewAccount
from tests.support.park import Park, change
from tests.support.registering import FINANCING, INTEGRITY, PARKING, answer, file_entry, parking
from tests.support.server import PASSWORD, RunningServer

pytestmark = pytest.mark.slow
PICTURE = b"\x89PNG\r\n\x1a\n" + b"sign" * 40


@pytest.fixture
def park(tmp_path: Path) -> Iterator[Park]:
    with RunningServer(tmp_path / "centre") as server:
        park = Park(server)
        yield park
        park.close()


def desk_of(park: Park, folder: Path, role: Role, *enterprises: str) -> Desk:
    account = f"p{uuid.uuid4().hex[:10]}"
    jobs.add_account(
        park.database, park.reference, NewAccount(account, account, (role,), None), PASSWORD, system_clock()
    )
    if enterprises:
        park.assign(account, *enterprises)
    desk = Desk.open(DataFolder(folder / account))
    sign_in(desk.store, park.server.url, account, PASSWORD, "测试机")
    sync(desk)
    return desk


def sync(desk: Desk) -> None:
    report = engine_for(desk.store, desk.context, system_clock).run()
    assert report.error is None, report.error
    registers.tidy(desk)


def test_a_register_published_today_is_filled_today(park: Park, tmp_path: Path) -> None:
    enterprise = park.enterprise("青岚甲")
    form = tmp_path / "parking.md"
    form.write_text(PARKING.format(version="1"), "utf-8")
    park.server.command("form", "publish", str(form))
    with (
        desk_of(park, tmp_path, Role.OFFICER, enterprise) as officer,
        desk_of(park, tmp_path, Role.COORDINATOR) as coordinator,
    ):
        id = file_entry(officer, "parking", enterprise, parking())
        assert len(drafts(officer.store)) == 1
        sync(officer)
        assert drafts(officer.store) == [], "the centre has it"
        sync(coordinator)
        (line,) = registers.table(coordinator, "parking").lines
        assert (line.id, line.held, line.cells["/main/places"]) == (id, False, "20")
        assert line.number.startswith("XD-TZ-")

        opened.open_bucket(coordinator, enterprise)
        sync(coordinator)
        mine, theirs = registers.amend(officer, id), registers.amend(coordinator, id)
        for desk, draft, places in ((officer, mine, 30), (coordinator, theirs, 40)):
            filling = registers.open_filling(desk, draft).filling
            filling.set("/main/places", places)
            registers.submit(desk, draft, filling)
        sync(officer)
        sync(coordinator)
        assert registers.page(coordinator, id).record.values["/main/places"] == 30
        (kept,) = registers.begun(coordinator)
        assert registers.open_filling(coordinator, kept.id).filling.get("/main/places") == 40, (
            "no word is lost"
        )


def test_ones_own_check_with_its_signature_is_at_the_centre_for_its_author_alone(
    park: Park, tmp_path: Path
) -> None:
    enterprise = park.enterprise("青岚乙")
    with desk_of(park, tmp_path, Role.OFFICER, enterprise) as officer:
        draft = registers.start(officer, "integrity_self_check", enterprise)
        filling = registers.open_filling(officer, draft).filling
        signed = registers.add_file(officer, draft, PICTURE, "签名.png", "signature")
        answer(filling, {**INTEGRITY, "/commitment/k0_signature": signed.id})
        registers.submit(officer, draft, filling)
        sync(officer)
        (line,) = registers.files_of(officer, draft)
        assert line.uploaded, "the signature is at the centre"
        # It is signed once a year: the next check does not ask for it again.
        again = registers.open_filling(officer, registers.start(officer, "integrity_self_check", enterprise))
        assert "/commitment/k0_signature" not in again.filling.finish().required_missing
        bucket = f"u:{officer.signed_in().person}"
        for other in (park.officer(enterprise), park.coordinator()):
            assert other.get(f"/files/{signed.sha256}").status_code == 404
            assert signed.id not in str(other.pull_all().of_kind("attachment"))
            assert bucket not in other.pull_all().cursors
        with pytest.raises(Refusal, match="本人"):
            officer.make(
                officer.change(
                    "record.file", f"e:{enterprise}", "record", str(uuid.uuid4()),
                    {
                        "form_id": "integrity_self_check", "form_version": "2026.1", "values": {}, "digest": "",
                        "day": "2026-11-20", "ledger": "integrity", "local_number": "T-1", "enterprise": enterprise,
                    },
                )
            )  # fmt: skip


def test_the_enterprise_goes_and_the_unfinished_entry_with_it_to_the_next_officer(
    park: Park, tmp_path: Path
) -> None:
    enterprise = park.enterprise("青岚丙")
    bucket = f"e:{enterprise}"
    with desk_of(park, tmp_path, Role.OFFICER, enterprise) as former:
        draft = registers.start(former, "financing_need", enterprise)
        page = registers.open_filling(former, draft)
        page.filling.set("/need/l01_amount", FINANCING["/need/l01_amount"])
        registers.save(former, draft, page.filling.save(), page.tables)
        with desk_of(park, tmp_path, Role.OFFICER, enterprise) as successor:
            coordinator = park.coordinator()
            opened_here = coordinator.pull_all(want=[bucket]).of_kind("assignment", bucket)
            (given,) = [one for one in opened_here if one["person"] == former.signed_in().person]
            coordinator.push(change("assignment.end", bucket, ("assignment", given["id"])))
            sync(former)
            sync(former)
            assert drafts(former.store) == [], "not a word of it stays on the laptop that lost the enterprise"
            sync(successor)
            (kept,) = escrow.listing(successor)
            escrow.take(successor, kept.id)
            (begun,) = registers.begun(successor)
            filling = registers.open_filling(successor, begun.id).filling
            assert str(filling.get("/need/l01_amount")) == "500"


def test_an_answer_about_one_name_comes_with_the_next_sync(park: Park, tmp_path: Path) -> None:
    names = tmp_path / "名单.csv"
    names.write_text("企业名称,列入事由\n失信的公司,欠款不还\n", "utf-8")
    park.server.command("blacklist", "import", str(names))
    with desk_of(park, tmp_path, Role.OFFICER) as officer:
        id = registers_blacklist.ask(officer, "失信的公司", "签约前核查")
        assert registers_blacklist.listing(officer)[0].result == "waiting"
        sync(officer)
        (query,) = registers_blacklist.listing(officer)
        assert (query.id, query.result, query.told[0].reason) == (id, "listed", "欠款不还")
        registers_blacklist.forget(officer, id)
        sync(officer)
        assert registers_blacklist.listing(officer) == []
