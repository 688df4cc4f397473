"""The first run against a real centre: wrong address, wrong password, first download, signing out and in again."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.paths import DataFolder
from app.services import enterprises
from app.services.desk import Desk
from tests.support.pictures import picture, wear
from tests.support.windows import Person
from ui.embedded import DEMO_ROSTER, OFFICER, EmbeddedServer, Park, prepare
from ui.main_window import MainWindow
from ui.syncing.controller import SyncController
from ui.work import Runner

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedServer, Park]]:
    with EmbeddedServer(tmp_path_factory.mktemp("centre")) as server:
        park = prepare(server, DEMO_ROSTER)
        server.start()
        yield server, park


class FirstRun:
    """A desk nobody has signed in at, and what follows signing in."""

    def __init__(self, folder: Path, qtbot: QtBot) -> None:
        wear()
        self.runner = Runner()
        self.window = MainWindow(self.runner)
        qtbot.addWidget(self.window)
        self.desk = Desk.open(DataFolder(folder))
        self.person = Person(self.window, qtbot)
        self.syncs: list[SyncController] = []
        self.demos: list[int] = []
        self.window.signed_out.connect(self.sign_in)
        self.window.show()
        self.sign_in()

    def sign_in(self) -> None:
        self.window.show_sign_in(self.desk, self.go_to_work, lambda: self.demos.append(1))

    def go_to_work(self) -> None:
        self.syncs.append(SyncController(self.desk, self.runner, self.window))
        self.window.show_desk(self.desk, self.syncs[-1])

    def fill_in(self, address: str, account: str, password: str) -> None:
        page = self.window.page
        for field, text in ((page.address, address), (page.account, account), (page.password, password)):
            field.clear()
            self.person.write(field, text)

    def close(self) -> None:
        self.window.close()
        self.runner.shutdown()
        self.desk.close()


@pytest.fixture
def first(tmp_path: Path, qtbot: QtBot) -> Iterator[FirstRun]:
    made = FirstRun(tmp_path / "desk", qtbot)
    yield made
    made.close()


def test_the_first_day(first: FirstRun, centre: tuple[EmbeddedServer, Park]) -> None:
    server, park = centre
    person, page = first.person, first.window.page
    person.until(page.address.hasFocus)
    picture(first.window, "sign-in")
    person.key(Qt.Key.Key_Return)
    assert person.reads("请填写中心地址")
    first.fill_in(server.url, OFFICER.account, park.passwords[OFFICER.account])
    person.key(Qt.Key.Key_Return)
    person.until(lambda: first.window.current_page == "today", 60_000)
    person.settle()
    assert len(enterprises.listing(first.desk)) == 5
    assert person.reads(OFFICER.name)
    picture(first.window, "first-day")
    person.open("settings")
    person.press("退出登录")
    person.until(lambda: first.window.current_page == "sign_in")
    again = first.window.page
    assert again.address.text() == server.url
    assert again.account.text() == OFFICER.account
    assert again.password.hasFocus()
    # Signed out, the data is still here and still this person's.
    person.write(again.password, park.passwords[OFFICER.account])
    person.key(Qt.Key.Key_Return)
    person.until(lambda: first.window.current_page == "today", 60_000)
    person.settle()
    assert person.troubles == []


def test_a_wrong_password_is_said_in_a_sentence(first: FirstRun, centre: tuple[EmbeddedServer, Park]) -> None:
    server, _ = centre
    first.fill_in(server.url, OFFICER.account, "wrong-password-1")
    first.person.press("登录")
    first.person.until(lambda: first.person.reads("不对，请"))
    assert first.person.can_press("登录")
    assert first.window.current_page == "sign_in"
    picture(first.window, "sign-in-wrong-password")


def test_an_address_where_nobody_answers(first: FirstRun) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        first.fill_in(address, "wangmin", "some-password-1")
        first.person.press("登录")
        first.person.until(lambda: first.person.reads(f"连不上中心（{address}）"), 60_000)


def test_an_address_that_is_none(first: FirstRun) -> None:
    first.fill_in("http://", "wangmin", "some-password-1")
    first.person.press("登录")
    first.person.until(lambda: first.person.reads("请填写完整地址"))


def test_the_centre_gone_in_the_middle_of_the_download(first: FirstRun, tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path / "centre") as server:
        park = prepare(server, DEMO_ROSTER)
        server.start()
        page = first.window.page
        first.fill_in(server.url, OFFICER.account, park.passwords[OFFICER.account])
        page.presenter.welcomed.connect(server.stop)
        first.person.press("登录")
        first.person.until(lambda: first.person.can_press("接着下载"), 60_000)
        assert first.person.reads("中心")
        picture(first.window, "download-interrupted")
        page.presenter.welcomed.disconnect(server.stop)
        server.start()
        first.person.press("接着下载")
        first.person.until(lambda: first.window.current_page == "today", 60_000)
        first.person.settle()


def test_the_demo_is_one_click_away(first: FirstRun) -> None:
    first.person.press("没有中心？先用演示数据看看")
    assert first.demos == [1]
