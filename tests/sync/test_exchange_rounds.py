"""There and back on a stick: one rule of sync/README.md §6 each, real store against the centre's real functions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain import buckets
from app.domain.clock import system_clock
from app.errors import KnownError
from app.paths import DataFolder
from app.services.attachments import path_of
from app.services.desk import Desk
from app.store.confirmed import mark_failure, release_quarantined
from app.store.seal import sealed
from sync.client.enrolling import enroll
from sync.client.exchange import batches, packages, waiting_for_answer
from sync.protocol.package import open_package
from sync.server import accounts, exchange, jobs
from tests.support.exchanging import DirectWire, Laptop, Office, cut_at
from tests.support.park import patch

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with Office(tmp_path_factory.mktemp("centre")) as office:
        yield office


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


@pytest.fixture
def enterprise(office: Office) -> str:
    return office.park.enterprise(employees=12)


@pytest.fixture
def laptop(office: Office, enterprise: str, tmp_path: Path) -> Iterator[Laptop]:
    made = office.officer(tmp_path / "desk", enterprise)
    made.sync()
    yield made
    made.close()


def everything(laptop: Laptop) -> object:
    return laptop.confirmed(), laptop.states(), laptop.desk.store.held(), laptop.desk.store.kv("push_mark")


def refused(laptop: Laptop, path: Path) -> str:
    before = everything(laptop)
    with pytest.raises(KnownError) as told:
        laptop.take(path)
    assert everything(laptop) == before
    return told.value.code


def answered(laptop: Laptop, package: Path, out: Path) -> Path:
    answer = laptop.office.answer(package, out).answer
    assert answer is not None
    return answer


# The plain way -------------------------------------------------------------------------------------------------------


def test_a_laptop_that_begins_with_nothing(
    office: Office, enterprise: str, tmp_path: Path, stick: Path
) -> None:
    laptop = office.officer(tmp_path / "new", enterprise)
    first = laptop.round(stick)
    assert first.received > 5
    assert laptop.sees(enterprise, "employees") == 12
    laptop.edit(enterprise, "employees", 30)
    photo = laptop.photo(enterprise, b"x" * 2_500_000)
    second = laptop.round(stick)
    assert (second.sent, second.files_stored, second.again) == (2, 1, False)
    assert set(laptop.states().values()) == {"confirmed"}
    assert office.documents([buckets.of_enterprise(enterprise)])["attachment", photo][1]["stored_at"]
    # The page in the very answer shows that the photo has arrived.
    assert laptop.desk.store.get("attachment", photo).body["stored_at"]  # type: ignore[union-attr]
    assert laptop.sync().error is None
    assert laptop.states() == dict.fromkeys(laptop.states(), "confirmed")
    laptop.close()


def test_the_header_can_be_read_without_a_key(laptop: Laptop, stick: Path) -> None:
    with open_package(laptop.export(stick).path) as package:
        header = package.header
    assert (header.direction, header.number, header.device) == ("up", 1, laptop.device)
    content = next(stick.iterdir()).read_bytes()
    assert laptop.desk.signed_in().exchange_key not in content.hex()


def test_what_the_centre_turns_down_comes_back_with_its_reason(
    laptop: Laptop, enterprise: str, stick: Path
) -> None:
    laptop.edit(enterprise, "employees", 40)
    with_colleague(laptop, enterprise, employees=(12, 13))
    done = laptop.round(stick)
    assert (done.sent, done.conflicts) == (1, 1)
    assert laptop.sees(enterprise, "employees") == 13
    assert laptop.desk.store.of_kind("conflict", buckets.of_enterprise(enterprise))


def with_colleague(laptop: Laptop, enterprise: str, **fields: tuple[object, object]) -> None:
    from app.domain.people import Role

    office = laptop.office
    account, person = office.park.account(Role.OFFICER)
    office.park.assign(account, enterprise)
    with office.database.writing() as connection:
        device = accounts.enroll_device(connection, person, "同事", system_clock())
    (verdict,) = office.push(office.caller(person, device), patch(enterprise, **fields))
    assert verdict["status"] == "applied"


def test_photos_the_laptop_lacks_come_along_when_asked_for(
    office: Office, laptop: Laptop, enterprise: str, tmp_path: Path, stick: Path
) -> None:
    id = laptop.photo(enterprise, b"y" * 1_500_000)
    laptop.sync()
    from app.domain.people import Role

    account, person = office.park.account(Role.OFFICER)
    office.park.assign(account, enterprise)
    other = Laptop(office, tmp_path / "other", account, person)
    assert other.round(stick).photos == 0
    assert path_of(other.desk, id) is None
    assert other.round(stick, photos=True).photos == 1
    assert path_of(other.desk, id).read_bytes() == b"y" * 1_500_000  # type: ignore[union-attr]
    assert other.round(stick, photos=True).photos == 0
    other.close()


def test_a_thousand_changes_go_in_batches(laptop: Laptop, enterprise: str, stick: Path) -> None:
    for number in range(1100):
        laptop.edit(enterprise, "address", f"地址{number}")
    from app.store.outbox import to_send

    assert [len(batch) for batch in batches(to_send(laptop.desk.store, 1 << 30))] == [500, 500, 100]
    done = laptop.round(stick)
    assert done.sent == 1100
    assert laptop.sees(enterprise, "address") == "地址1099"


# Lost, repeated, in another order ------------------------------------------------------------------------------------


def test_the_same_answer_twice_is_once(laptop: Laptop, enterprise: str, stick: Path) -> None:
    laptop.edit(enterprise, "employees", 30)
    answer = answered(laptop, laptop.export(stick).path, stick)
    laptop.take(answer)
    before = everything(laptop)
    assert "以前已经导入过" in laptop.take(answer).outcome
    assert everything(laptop) == before


def test_the_same_package_answered_twice(laptop: Laptop, enterprise: str, stick: Path) -> None:
    laptop.edit(enterprise, "employees", 30)
    package = laptop.export(stick).path
    first, second = answered(laptop, package, stick), answered(laptop, package, stick)
    assert first != second
    assert laptop.take(second).sent == 1
    assert len(laptop.office.log(laptop.person)) == 1


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("answers", [(0, 1), (1, 0)])
def test_exported_twice_before_the_answer_came(
    laptop: Laptop, enterprise: str, stick: Path, answers: tuple[int, int], order: tuple[int, int]
) -> None:
    """Answered and taken in whichever order: the second package alone has everything."""
    laptop.edit(enterprise, "employees", 30)
    made = [laptop.export(stick).path]
    laptop.edit(enterprise, "address", "新址")
    made.append(laptop.export(stick).path)
    assert waiting_for_answer(laptop.desk.store) == 2
    back = {which: answered(laptop, made[which], stick) for which in answers}
    for which in order:
        laptop.take(back[which])
        # Nothing that was typed is ever out of sight.
        assert (laptop.sees(enterprise, "employees"), laptop.sees(enterprise, "address")) == (30, "新址")
    assert set(laptop.states().values()) == {"confirmed"}
    assert waiting_for_answer(laptop.desk.store) == 0


def test_an_old_answer_after_the_wire_undoes_nothing(laptop: Laptop, enterprise: str, stick: Path) -> None:
    """The page in the answer was read before what the wire confirmed since: absorbing it would bring 30 back."""
    laptop.edit(enterprise, "employees", 30)
    answer = answered(laptop, laptop.export(stick).path, stick)
    laptop.edit(enterprise, "employees", 31)
    assert laptop.sync().error is None
    before = laptop.confirmed()
    assert laptop.take(answer).again
    assert laptop.confirmed() == before
    assert laptop.sees(enterprise, "employees") == 31
    assert laptop.sync().received == 0


def test_an_old_answer_after_half_a_run_of_the_wire(laptop: Laptop, enterprise: str, stick: Path) -> None:
    """The push went through, the pull after it did not: cursors say less than what is known here."""
    laptop.edit(enterprise, "employees", 30)
    answer = answered(laptop, laptop.export(stick).path, stick)
    laptop.edit(enterprise, "employees", 31)
    assert laptop.sync(DirectWire(laptop, cut_at("before pull"))).error is not None
    laptop.take(answer)
    assert laptop.sees(enterprise, "employees") == 31
    assert laptop.sync().error is None
    assert laptop.sees(enterprise, "employees") == 31


def test_a_page_under_way_on_the_wire_is_thrown_away(
    laptop: Laptop, enterprise: str, stick: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer is taken in between the wire's question and its answer, which then joins on to nothing."""
    with_colleague(laptop, enterprise, employees=(12, 13))
    answer = answered(laptop, laptop.export(stick).path, stick)
    taken: list[int] = []

    def between(point: str) -> None:
        if point == "after pull" and not taken:
            taken.append(laptop.take(answer).received)

    laptop.desk.store.set_kv("token", None)
    report = laptop.sync(DirectWire(laptop, between))
    assert taken[0] > 0
    assert (report.error, report.received) == (None, 0)
    assert "read again" not in caplog.text
    assert laptop.sees(enterprise, "employees") == 13


def test_what_an_old_answer_confirms_is_never_out_of_sight(
    laptop: Laptop, enterprise: str, stick: Path
) -> None:
    """The wire went past a change it could not get through; the centre then took it from the package. Closed without
    the row that belongs to it, the change would vanish from the screen until somebody asks again."""
    mid = laptop.edit(enterprise, "employees", 30)
    package = laptop.export(stick).path
    for _ in range(3):
        mark_failure(laptop.desk.store, mid, {"code": "incident", "text": "事故"})
    with_colleague(laptop, enterprise, address=(None, "新址"))
    assert laptop.sync().error is None
    assert laptop.states()[mid] == "quarantined"
    assert laptop.take(answered(laptop, package, stick)).again
    assert laptop.sees(enterprise, "employees") == 30
    release_quarantined(laptop.desk.store)
    laptop.round(stick)
    assert (laptop.states()[mid], laptop.sees(enterprise, "employees")) == ("confirmed", 30)


def test_a_lost_package_is_simply_made_again(laptop: Laptop, enterprise: str, stick: Path) -> None:
    laptop.edit(enterprise, "employees", 30)
    laptop.export(stick).path.unlink()
    assert laptop.round(stick).sent == 1
    assert [made.answered_at is not None for made in packages(laptop.desk.store)] == [True, False]
    assert waiting_for_answer(laptop.desk.store) == 0


# Foreign, altered, turned away ---------------------------------------------------------------------------------------


def test_whatever_is_not_ours_is_refused(
    office: Office, laptop: Laptop, enterprise: str, tmp_path: Path, stick: Path
) -> None:
    other = office.officer(tmp_path / "other", enterprise)
    other.sync()
    mine, theirs = laptop.export(stick).path, other.export(stick).path
    answer = answered(other, theirs, stick)
    assert refused(laptop, answer) == "package_foreign"
    assert refused(laptop, mine) == "package_direction"
    file = stick / "登记.zqx"
    exchange.enroll(office.opened, laptop.account, file)
    assert refused(laptop, file) == "package_direction"
    (stick / "照片.zqx").write_bytes(b"\xff\xd8\xff" + bytes(1000))
    assert refused(laptop, stick / "照片.zqx") == "not_a_package"
    for wrong in (answer, file):
        with pytest.raises(KnownError) as told:
            office.answer(wrong, stick)
        assert told.value.code == "package_direction"
    other.close()


def test_another_centre_cannot_read_it(laptop: Laptop, tmp_path: Path, stick: Path) -> None:
    package = laptop.export(stick).path
    with Office(tmp_path / "elsewhere") as elsewhere, pytest.raises(KnownError) as told:
        elsewhere.answer(package, stick)
    assert told.value.code == "package_key"


def test_an_answer_to_a_package_that_is_not_in_the_list(laptop: Laptop, tmp_path: Path, stick: Path) -> None:
    """The data folder was put back from an older copy."""
    package = laptop.export(stick).path
    answer = answered(laptop, package, stick)
    with laptop.desk.store.write() as _:
        laptop.desk.store.set_kv("exchange", None)
    assert refused(laptop, answer) == "package_unknown"


def test_a_photo_that_was_altered_on_the_disk(laptop: Laptop, enterprise: str, stick: Path) -> None:
    """Same length, other bytes: the centre compares the digest and says so, the rest goes through."""
    id = laptop.photo(enterprise, b"z" * 5000)
    path_of(laptop.desk, id).write_bytes(b"Z" * 5000)  # type: ignore[union-attr]
    done = laptop.round(stick)
    assert (done.sent, done.files_stored) == (1, 0)
    ((error,),) = laptop.desk.store.select("SELECT error FROM pending_file WHERE stored = 0")
    assert "损坏" in error


def test_a_revoked_laptop_is_told_and_seals_itself(
    office: Office, laptop: Laptop, enterprise: str, stick: Path
) -> None:
    laptop.edit(enterprise, "employees", 99)
    package = laptop.export(stick).path
    with office.database.writing() as connection:
        accounts.revoke_device(connection, laptop.account, laptop.device, system_clock())
    summary = office.answer(package, stick)
    assert summary.error is not None
    assert summary.error.code == "device_revoked"
    assert office.log(laptop.person) == {}
    with pytest.raises(KnownError) as told:
        laptop.take(summary.answer or stick)
    assert told.value.code == "revoked"
    assert sealed(laptop.desk.store) is not None
    assert laptop.desk.store.get("enterprise", enterprise) is None


def test_the_centre_was_restored_meanwhile(
    office: Office, laptop: Laptop, enterprise: str, stick: Path
) -> None:
    laptop.edit(enterprise, "employees", 30)
    before = answered(laptop, laptop.export(stick).path, stick)
    jobs.renew_epoch(office.database)
    package = laptop.export(stick).path
    with pytest.raises(KnownError) as told:
        laptop.take(answered(laptop, package, stick))
    assert told.value.code == "epoch"
    assert "再导出一次" in told.value.text
    # What was said before the restore counts no more.
    assert "恢复以前" in laptop.take(before).outcome
    assert laptop.states() == dict.fromkeys(laptop.states(), "pending")
    laptop.round(stick)
    assert set(laptop.states().values()) == {"confirmed"}


def test_an_enterprise_that_was_taken_away(
    office: Office, laptop: Laptop, enterprise: str, stick: Path
) -> None:
    """What was done in it reaches the centre first and is kept there, then no row of it is left here."""
    mid = laptop.edit(enterprise, "employees", 55)
    office.end(laptop.account, enterprise)
    laptop.round(stick)
    for _ in range(2):
        if buckets.of_enterprise(enterprise) in laptop.desk.store.held():
            laptop.round(stick)
    assert office.log(laptop.person)[mid] == "escrowed"
    assert buckets.of_enterprise(enterprise) not in laptop.desk.store.held()
    assert laptop.desk.store.get("enterprise", enterprise) is None


def test_signed_in_before_there_were_keys(laptop: Laptop, stick: Path) -> None:
    session = laptop.desk.store.kv("session")
    laptop.desk.store.set_kv("session", {**session, "exchange_key": None})
    with pytest.raises(KnownError) as told:
        laptop.export(stick)
    assert told.value.code == "no_exchange_key"
    assert list(stick.iterdir()) == []


# Without any network -------------------------------------------------------------------------------------------------


def test_an_officer_who_never_sees_the_network(
    office: Office, enterprise: str, tmp_path: Path, stick: Path
) -> None:
    from app.domain.people import Role

    account, person = office.park.account(Role.OFFICER)
    office.park.assign(account, enterprise)
    file = stick / "登记.zqx"
    made = exchange.enroll(office.opened, account, file)
    desk = Desk.open(DataFolder(tmp_path / "never"))
    with pytest.raises(KnownError) as told:
        enroll(desk, file, "0000-0000-0000")
    assert told.value.code == "wrong_pin"
    assert desk.session is None
    enroll(desk, file, made.pin)
    enroll(desk, file, made.pin)
    assert desk.signed_in().person == person
    # Forms, dictionaries and his enterprise: he can work at once.
    assert desk.store.of_kind("form")
    assert desk.store.of_kind("dictionary")
    assert desk.store.get("enterprise", enterprise) is not None
    laptop = Laptop.__new__(Laptop)
    laptop.office, laptop.desk, laptop.device = office, desk, made.device
    laptop.account, laptop.person = account, person
    laptop.edit(enterprise, "employees", 77)
    assert laptop.round(stick).sent == 1
    assert (
        office.documents([buckets.of_enterprise(enterprise)])["enterprise", enterprise][1]["employees"] == 77
    )
    desk.close()


def test_an_enrolment_that_cannot_be_written_leaves_no_device(
    office: Office, laptop: Laptop, stick: Path
) -> None:
    with office.database.reading() as connection:
        before = len(accounts.devices(connection))
    (stick / "file").write_bytes(b"")
    with pytest.raises(KnownError):
        exchange.enroll(office.opened, laptop.account, stick / "file" / "登记.zqx")
    with office.database.reading() as connection:
        assert len(accounts.devices(connection)) == before
    shutil.rmtree(stick)
