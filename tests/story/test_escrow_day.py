"""An enterprise changes hands while its officer is at work in it: what he sees, and what his successor and the
coordinator find and do, at real windows and a real centre."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain import buckets
from app.domain.clock import system_clock
from app.domain.enterprise import Enterprise
from app.domain.people import Role
from app.paths import DataFolder
from app.services import escrow, visits
from app.services.desk import Desk
from sync.client.engine import engine_for
from sync.client.session import sign_in
from sync.server import jobs
from sync.server.accounts import NewAccount
from tests.support.park import Park, change
from tests.support.pictures import picture
from tests.support.server import PASSWORD, RunningServer
from tests.support.windows import Person, english, window_of
from ui.application import DeskApplication
from ui.enterprises.one import EnterprisePage
from ui.filling.page import FillingPage
from ui.syncing.escrow_card import EscrowCard
from ui.syncing.escrow_part import EscrowPart
from ui.syncing.view import SyncingPage

pytestmark = pytest.mark.slow
NAME = "江西明瓷新材料有限公司"


@pytest.fixture(scope="module")
def park(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    with RunningServer(tmp_path_factory.mktemp("escrow-centre")) as server:
        park = Park(server)
        yield park
        park.close()


@dataclass
class Office:
    """`wang` has the enterprise, `liu` gets it; each has a desk of his own."""

    park: Park
    folder: Path
    enterprise: str
    people: dict[str, str]
    stack: ExitStack

    def desk(self, name: str, role: Role = Role.OFFICER) -> Desk:
        """A desk that whoever shows it in a window closes with the window."""
        account = self.people.get(name) or self.account(name, role)
        desk = Desk.open(DataFolder(self.folder / account))
        sign_in(desk.store, self.park.server.url, account, PASSWORD, "测试机")
        sync(desk)
        return desk

    def account(self, name: str, role: Role = Role.OFFICER) -> str:
        account = f"p{uuid.uuid4().hex[:10]}"
        new = NewAccount(account, name, (role,), None)
        jobs.add_account(self.park.database, self.park.reference, new, PASSWORD, system_clock())
        self.people[name] = account
        return account

    def hand_over(self, former: Desk) -> None:
        """From 王敏 to 刘洋."""
        coordinator = self.park.coordinator()
        bucket = buckets.of_enterprise(self.enterprise)
        for body in coordinator.pull_all(want=[bucket]).of_kind("assignment", bucket):
            if body["person"] == former.signed_in().person and "until" not in body:
                coordinator.push(change("assignment.end", bucket, ("assignment", body["id"])))
        self.park.assign(self.people["刘洋"], self.enterprise)


@pytest.fixture
def office(park: Park, tmp_path: Path) -> Iterator[Office]:
    with ExitStack() as stack:
        found = Office(park, tmp_path, park.enterprise(NAME, employees=128), {}, stack)
        found.account("刘洋")
        park.assign(found.account("王敏"), found.enterprise)
        yield found


def sync(desk: Desk) -> None:
    report = engine_for(desk.store, desk.context, system_clock).run()
    assert report.error is None, report.error


def edit_employees(desk: Desk, enterprise: str, number: int) -> None:
    document = desk.store.get(Enterprise.kind, enterprise)
    assert document is not None
    fields = {"employees": [document.body.get("employees"), number], "industry": [None, "陶瓷制造"]}
    desk.make(desk.change("patch", document.bucket, Enterprise.kind, enterprise, {"fields": fields}))


def half_a_visit(desk: Desk, enterprise: str, text: str) -> str:
    visit = visits.start_visit(desk, enterprise)
    opened = visits.open_filling(desk, visit.id)
    opened.filling.set(text_question(opened), text)
    visits.save_draft(desk, visit.id, opened.filling.save(), opened.tables, opened.section)
    return visit.id


def text_question(opened: visits.OpenFilling) -> str:
    filling = opened.filling
    return next(
        path
        for path in filling.walk()
        if getattr(filling.node(path).item, "type", "") == "text" and filling.node(path).relevant
    )


def cards(person: Person) -> list[EscrowCard]:
    page = person.window.page
    assert isinstance(page, SyncingPage)
    part = page.parts["escrow"]
    assert isinstance(part, EscrowPart)
    return part.cards


def at_escrow(person: Person, number: int) -> list[EscrowCard]:
    page = person.open("syncing")
    person.until(lambda: person.reads(f"代管 {number}"))
    page.views.choose("escrow")
    person.settle()
    assert len(cards(person)) == number
    return cards(person)


def test_the_form_on_screen_says_what_happened_and_the_last_words_follow(
    office: Office, qtbot: QtBot
) -> None:
    desk = office.desk("王敏")
    visit = half_a_visit(desk, office.enterprise, "先写的一句")
    with window_of(desk, qtbot) as wang:
        wang.window.go("filling", visit)
        page = wang.window.page
        assert isinstance(page, FillingPage)
        wang.until(lambda: page.session is not None)
        wang.settle()
        office.hand_over(desk)
        sync(desk)
        wang.until(lambda: wang.reads("这次走访已移交"))
        wang.settle()
        assert wang.reads("没写完的走访没有丢，已交中心保管，由现任联络员或协调员接收")
        assert not wang.can_press("完成")
        picture(wang.window, "escrow-filling-taken-away")
        assert english(wang.texts(), allowed=("Ctrl", "K")) == []
        wang.press("返回")
        wang.settle()
        assert wang.window.current_page != "filling"
    liu = office.desk("刘洋")
    with liu:
        (line,) = escrow.listing(liu)
        assert line.draft is not None


def test_words_that_were_not_saved_yet_reach_the_centre_too(office: Office, qtbot: QtBot) -> None:
    desk = office.desk("王敏")
    visit = half_a_visit(desk, office.enterprise, "先写的一句")
    with window_of(desk, qtbot) as wang:
        wang.window.go("filling", visit)
        page = wang.window.page
        assert isinstance(page, FillingPage)
        wang.until(lambda: page.session is not None)
        wang.settle()
        office.hand_over(desk)
        sync(desk)
        # The page has not heard of it yet: what is typed now meets a visit that is gone.
        assert page.session is not None
        page.session.answer(text_question_of(page), "最后打上去的一句")
        wang.until(lambda: wang.reads("也会在下次同步时交给中心"))
        wang.until(lambda: desk.store.select("SELECT count(*) FROM outbox")[0][0] == 1)
        wang.settle()
        sync(desk)
        assert desk.store.select("SELECT count(*) FROM outbox")[0][0] == 0
    with office.desk("刘洋") as liu:
        (line,) = escrow.listing(liu)
        reading = escrow.read_draft(liu, line.id, str(line.draft))
        assert "最后打上去的一句" in {reading.filling.get(path) for path in reading.filling.walk()}


def text_question_of(page: FillingPage) -> str:
    assert page.session is not None
    filling = page.session.filling
    return next(
        path
        for path in filling.walk()
        if getattr(filling.node(path).item, "type", "") == "text" and filling.node(path).relevant
    )


def test_the_page_of_an_enterprise_that_goes_says_so(office: Office, qtbot: QtBot) -> None:
    desk = office.desk("王敏")
    with window_of(desk, qtbot) as wang:
        wang.window.go("enterprise", office.enterprise)
        wang.until(lambda: wang.reads(NAME))
        edit_employees(desk, office.enterprise, 136)
        office.hand_over(desk)
        sync(desk)
        wang.until(lambda: wang.reads("企业已移交"))
        wang.settle()
        assert wang.reads("还没报上去的改动 1 项没有丢")
        page = wang.window.page
        assert isinstance(page, EnterprisePage)
        assert not page.fetch_button.isVisible()
        assert not page.start_button.isEnabled()
        picture(wang.window, "escrow-enterprise-gone")


def test_the_successor_reads_takes_and_goes_on(office: Office, qtbot: QtBot) -> None:
    with office.desk("王敏") as wang:
        visit = half_a_visit(wang, office.enterprise, "机修车间要扩建")
        edit_employees(wang, office.enterprise, 136)
        office.hand_over(wang)
        sync(wang)
    desk = office.desk("刘洋")
    with window_of(desk, qtbot) as liu:
        liu.open("today")
        liu.until(lambda: liu.reads("2 份前任交来的内容等您接收"))
        found = {card.line.title.rpartition(" · ")[2]: card for card in at_escrow(liu, 2)}
        assert found.keys() == {"走访", "企业档案"}
        card = found["走访"]
        assert card.read_links
        card.read_links[0].click()
        liu.until(lambda: liu.reads("机修车间要扩建"))
        liu.settle()
        picture(liu.window, "escrow-cards")
        assert english(liu.texts(), allowed=("Ctrl", "K", "F5")) == []
        profile = found["企业档案"]
        assert "从业人数：128 人 → 136 人；行业：（空） → 陶瓷制造" in [row.text for row in profile.line.rows]
        profile.take_button.click()
        liu.until(lambda: len(cards(liu)) == 1)
        (card,) = cards(liu)
        card.take_button.click()
        liu.until(lambda: isinstance(liu.window.page, FillingPage))
        page = liu.window.page
        assert isinstance(page, FillingPage)
        liu.until(lambda: page.session is not None)
        liu.settle()
        assert page.session is not None
        assert page.session.filling.get(text_question_of(page)) == "机修车间要扩建"
        picture(liu.window, "escrow-goes-on")
        sync(desk)
        liu.settle()
        assert visits.visit_of(desk, visit).people == "王敏（刘洋接办）"
        document = desk.store.get(Enterprise.kind, office.enterprise)
        assert document is not None
        assert document.body["employees"] == 136
        assert escrow.count(desk) == 0


def test_a_coordinator_fetches_and_puts_aside_with_a_reason(office: Office, qtbot: QtBot) -> None:
    with office.desk("王敏") as wang:
        half_a_visit(wang, office.enterprise, "写了一半")
        office.hand_over(wang)
        sync(wang)
    desk = office.desk("陈静", Role.COORDINATOR)
    with window_of(desk, qtbot) as chen:
        count = escrow.count(desk)
        mine = [card for card in at_escrow(chen, count) if card.line.title.startswith(NAME)]
        (card,) = [card for card in mine if card.line.fetch == office.enterprise]
        assert chen.reads("取来以后才能看和处理")
        picture(chen.window, "escrow-to-fetch")
        card.fetch_button.click()
        chen.until(lambda: buckets.of_enterprise(office.enterprise) in (desk.store.kv("want") or []))
        chen.settle()
        sync(desk)
        chen.until(lambda: any(one.line.may_discard for one in cards(chen)))
        (card,) = [one for one in cards(chen) if one.line.may_discard]
        assert "走访要由这家企业的联络员接收" in card.line.why_not
        assert card.take_button.isHidden()
        card.discard_button.click()
        chen.key(Qt.Key.Key_Return)
        assert card.form.isVisible(), "a reason is needed"
        chen.write(card.field, "企业已搬走")
        picture(chen.window, "escrow-reason")
        chen.key(Qt.Key.Key_Return)
        chen.until(lambda: escrow.count(desk) == count - 1)
        chen.settle()
        sync(desk)
        chen.settle()
    assert escrow_reason(office) == "企业已搬走"


def escrow_reason(office: Office) -> str:
    with office.desk("刘洋") as liu:
        (document,) = liu.store.of_kind("escrow", buckets.of_enterprise(office.enterprise))
        return str(document.body["trail"][-1]["reason"])


def test_a_laptop_that_was_put_out_of_use_says_what_to_do(office: Office, qtbot: QtBot) -> None:
    desk = office.desk("王敏")
    device, account, folder = desk.signed_in().device, office.people["王敏"], desk.folder.root
    half_a_visit(desk, office.enterprise, "写了一半")
    desk.close()
    office.park.server.command("device", "revoke", account, device)
    application = DeskApplication(folder)
    window = application.window
    qtbot.addWidget(window)
    application.open()
    person = Person(window, qtbot)
    person.until(lambda: person.reads("本机已被停用"))
    person.settle()
    assert window.current_page == "sealed"
    assert person.reads("请联系管理员")
    assert english(person.texts()) == []
    picture(window, "sealed")
    until_wiped(person, application)
    left = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for word in (NAME, "王敏", "写了一半"):
        assert word.encode() not in left
    person.press("管理员已允许，重新登录")
    person.until(lambda: window.current_page == "sign_in")
    window.close()
    person.until(lambda: application.desk is None)


def until_wiped(person: Person, application: DeskApplication) -> None:
    wiped: Callable[[], object] = lambda: application.desk.store.kv("sealed", {}).get("wiped")  # noqa: E731
    person.until(wiped)
