"""An enterprise goes to somebody else while an officer is at work in it: his words reach the centre first, then no byte
of it stays; whoever has it now goes on from there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.domain import buckets
from app.domain.clock import system_clock
from app.domain.enterprise import Enterprise
from app.domain.people import Role
from app.domain.visit import Attachment, Visit, VisitState
from app.paths import DataFolder
from app.services import attachments, escrow, visits
from app.services.desk import Desk
from app.store import outbox
from app.store.history import SyncReport
from sync.client.engine import engine_for
from sync.client.session import sign_in
from tests.support.park import Park, change
from tests.support.server import PASSWORD, RunningServer

pytestmark = pytest.mark.slow
SECRET = "只有这家企业才有的字样"
PHOTO = b"\xff\xd8\xff" + SECRET.encode() * 300


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    with RunningServer(tmp_path_factory.mktemp("centre")) as server:
        park = Park(server)
        yield park
        park.close()


@dataclass
class At:
    """Somebody's desk at work."""

    desk: Desk
    person: str
    account: str
    park: Park

    def sync(self) -> SyncReport:
        report = engine_for(self.desk.store, self.desk.context, system_clock).run()
        assert report.error is None, report.error
        return report

    def bytes_left(self) -> bytes:
        """Everything in the data folder, the log of the database included, while the store is open."""
        root = self.desk.folder.root
        return b"".join(path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file())


@dataclass
class HandOver:
    former: At
    present: At
    enterprise: str

    @property
    def bucket(self) -> str:
        return buckets.of_enterprise(self.enterprise)

    @property
    def park(self) -> Park:
        return self.former.park

    def take_away(self, person: str) -> None:
        coordinator = self.park.coordinator()
        for body in coordinator.pull_all(want=[self.bucket]).of_kind("assignment", self.bucket):
            if body["person"] == person and "until" not in body:
                coordinator.push(change("assignment.end", self.bucket, ("assignment", body["id"])))

    def move(self) -> None:
        """To the other officer."""
        self.take_away(self.former.person)
        self.park.assign(self.present.account, self.enterprise)


@pytest.fixture
def there(centre: Park, tmp_path: Path) -> Iterator[HandOver]:
    with ExitStack() as stack:
        people = []
        for name in ("former", "present"):
            account, person = centre.account(Role.OFFICER)
            desk = stack.enter_context(Desk.open(DataFolder(tmp_path / name)))
            sign_in(desk.store, centre.server.url, account, PASSWORD, "测试机")
            people.append(At(desk, person, account, centre))
        enterprise = centre.enterprise(address=f"{SECRET}路九号")
        centre.assign(people[0].account, enterprise)
        found = HandOver(*people, enterprise)
        found.former.sync()
        found.present.sync()
        yield found


def write_half(at: At, enterprise: str, text: str) -> Visit:
    """A visit begun and half filled in."""
    visit = visits.start_visit(at.desk, enterprise)
    answer(at, visit.id, text)
    return visit


REMARK = "/closing/d01_remarks"


def answer(at: At, visit: str, text: str) -> None:
    opened = visits.open_filling(at.desk, visit)
    opened.filling.set(remark_of(opened), text)
    visits.save_draft(at.desk, visit, opened.filling.save(), opened.tables, opened.section)


def remark_of(opened: visits.OpenFilling) -> str:
    """The path of some question that takes text."""
    return next(
        path
        for path in opened.filling.walk()
        if getattr(opened.filling.node(path).item, "type", "") == "text"
        and opened.filling.node(path).relevant
    )


def test_an_unfinished_visit_goes_on_at_the_next_officers_desk(there: HandOver) -> None:
    former, present = there.former, there.present
    visit = write_half(former, there.enterprise, f"机修车间{SECRET}")
    attachments.add(former.desk, visit.id, PHOTO, "现场.jpg")
    document = former.desk.store.get(Enterprise.kind, there.enterprise)
    assert document is not None
    edit = {"fields": {"address": [document.body.get("address"), f"{SECRET}路一号"]}}
    former.desk.make(former.desk.change("patch", there.bucket, Enterprise.kind, there.enterprise, edit))
    there.move()
    former.sync()

    assert there.bucket not in former.desk.store.held()
    assert outbox.pending(former.desk.store) == []
    assert SECRET.encode() not in former.bytes_left()
    told = escrow.gone(former.desk, there.bucket)
    assert told is not None
    assert told.drafts == 1
    assert "没写完的走访和还没报上去的改动" in escrow.gone_text(told)

    present.sync()
    lines = {line.target_kind: line for line in escrow.listing(present.desk)}
    assert lines.keys() == {"visit", "enterprise"}
    reading = escrow.read_draft(present.desk, lines["visit"].id, str(lines["visit"].draft))
    assert f"机修车间{SECRET}" in {reading.filling.get(path) for path in reading.filling.walk()}
    taken = escrow.take(present.desk, lines["visit"].id)
    assert taken == visit.id
    assert escrow.take(present.desk, lines["enterprise"].id) is None
    opened = visits.open_filling(present.desk, visit.id)
    assert opened.filling.get(remark_of(opened)) == f"机修车间{SECRET}"
    report = present.sync()
    assert (report.refused, report.conflicts) == (0, 0)
    standing = visits.visit_of(present.desk, visit.id)
    assert (standing.officer, standing.state) == (present.person, VisitState.OPEN)
    assert standing.begun_by_name == former.desk.signed_in().name
    (photo,) = present.desk.store.of_kind(Attachment.kind, there.bucket)
    assert photo.body["stored_at"]
    assert escrow.count(present.desk) == 0


def test_nothing_goes_from_a_laptop_that_cannot_deliver(
    there: HandOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = there.former
    visit = write_half(former, there.enterprise, SECRET)
    there.move()
    from sync.client.transport import Transport

    def no_push(*_: object) -> None:
        from sync.client.errors import Cut

        raise Cut

    with monkeypatch.context() as patched:
        patched.setattr(Transport, "push", no_push)
        report = engine_for(former.desk.store, former.desk.context, system_clock).run()
        assert report.error is not None
    assert there.bucket in former.desk.store.held()
    assert visits.open_filling(former.desk, visit.id).saved_at is not None
    # Meanwhile more is written; what reaches the centre is the last of it.
    answer(former, visit.id, "后来又写的一句")
    former.sync()
    assert there.bucket not in former.desk.store.held()
    there.present.sync()
    (line,) = escrow.listing(there.present.desk)
    reading = escrow.read_draft(there.present.desk, line.id, str(line.draft))
    assert "后来又写的一句" in {reading.filling.get(path) for path in reading.filling.walk()}


def test_words_typed_while_the_enterprise_went_follow(there: HandOver) -> None:
    former = there.former
    visit = write_half(former, there.enterprise, "先写的")
    opened = visits.open_filling(former.desk, visit.id)
    there.move()
    former.sync()
    assert not escrow.visit_stands(former.desk, visit.id)
    opened.filling.set(remark_of(opened), f"最后一句{SECRET}")
    escrow.hand_in_late(former.desk, visit, opened.filling.save(), opened.tables, opened.section, None)
    former.sync()
    assert outbox.pending(former.desk.store) == []
    assert SECRET.encode() not in former.bytes_left()
    there.present.sync()
    (line,) = escrow.listing(there.present.desk)
    reading = escrow.read_draft(there.present.desk, line.id, str(line.draft))
    assert f"最后一句{SECRET}" in {reading.filling.get(path) for path in reading.filling.walk()}


def test_a_finished_visit_is_not_kept_twice(there: HandOver) -> None:
    """Its draft is still here when the centre says that the visit came too late: the words are in the visit."""
    former = there.former
    visit = write_half(former, there.enterprise, SECRET)
    former.desk.make(
        former.desk.change("visit.cancel", there.bucket, Visit.kind, visit.id, {}),
    )
    there.move()
    former.sync()
    there.present.sync()
    (line,) = escrow.listing(there.present.desk)
    assert [kept.change.name for kept in line.kept] == ["visit.start", "visit.cancel"]
    assert SECRET.encode() not in former.bytes_left()


def test_given_back_it_begins_anew(there: HandOver) -> None:
    former = there.former
    visit = write_half(former, there.enterprise, "写到一半")
    former.sync()
    there.move()
    former.sync()
    there.take_away(there.present.person)
    there.park.assign(former.account, there.enterprise)
    former.sync()
    assert former.desk.store.held()[there.bucket] > 0
    assert escrow.gone(former.desk, there.bucket) is None
    (line,) = escrow.listing(former.desk)
    assert escrow.take(former.desk, line.id) == visit.id
    opened = visits.open_filling(former.desk, visit.id)
    assert opened.filling.get(remark_of(opened)) == "写到一半"
    report = former.sync()
    assert report.refused == 0
    assert visits.visit_of(former.desk, visit.id).begun_by_name is None
