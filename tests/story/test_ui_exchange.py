"""U盘交换 in the window: out to a stick, through a real centre, back in; and the first sign-in from a file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.paths import DataFolder
from app.services import enterprises
from app.services.desk import Desk
from sync.server import exchange
from tests.support.exchanging import Laptop, Office
from tests.support.pictures import picture, wear
from tests.support.windows import Person, english, window_of
from ui.main_window import MainWindow
from ui.syncing.controller import SyncController
from ui.work import Runner

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
def laptop(office: Office, tmp_path: Path) -> Laptop:
    """An officer with an enterprise, everything downloaded."""
    made = office.officer(tmp_path / "desk", office.park.enterprise("青岚云杉新材料有限公司", employees=12))
    made.sync()
    return made


@pytest.fixture
def officer(laptop: Laptop, qtbot: QtBot) -> Iterator[Person]:
    with window_of(laptop.desk, qtbot) as person:
        yield person


def only_enterprise(laptop: Laptop) -> str:
    (line,) = enterprises.listing(laptop.desk)
    return line.id


def choose(monkeypatch: pytest.MonkeyPatch, save: Path | None = None, *open_: Path) -> list[str]:
    """What the person picks in the next file dialogs; gives what the dialog for saving suggested."""
    suggested: list[str] = []

    def saving(_parent: object, _title: str, name: str, _filter: str) -> tuple[str, str]:
        suggested.append(name)
        return (str(save / Path(name).name) if save else "", "")

    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(saving))
    monkeypatch.setattr(
        QFileDialog, "getOpenFileNames", staticmethod(lambda *_: ([str(path) for path in open_], ""))
    )
    return suggested


def test_out_and_back(
    officer: Person, laptop: Laptop, office: Office, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enterprise = only_enterprise(laptop)
    laptop.edit(enterprise, "employees", 36)
    laptop.photo(enterprise, b"\xff\xd8\xff" + b"x" * 40_000)
    page = officer.open("syncing")
    page.views.choose("exchange")
    officer.settle()
    assert officer.reads("等待发送：操作 2 项，附件 1 个")
    picture(officer.window, "exchange-empty")
    suggested = choose(monkeypatch, stick)
    officer.press("导出到U盘")
    officer.until(lambda: officer.reads("已写好第 1 个包"))
    officer.settle()
    (package,) = stick.iterdir()
    assert suggested[0].endswith(package.name)
    assert package.name.startswith("驻企通_")
    assert officer.reads("其中 2 项操作已经在导出的包里，正等回执")
    assert officer.reads("U盘交换 1")
    answer = office.answer(package, stick).answer
    assert answer is not None
    choose(monkeypatch, None, answer)
    officer.press("从U盘导入回执")
    officer.until(lambda: officer.reads("第 1 个包：确认 2 项"))
    officer.settle()
    part = page.parts["exchange"]
    assert [(line.word, line.number) for line in part.model.rows] == [("已收回执", 1)]
    assert officer.reads("没有等待发送的内容")
    assert set(laptop.states().values()) == {"confirmed"}
    assert english(officer.texts(), (".zqx", laptop.account)) == []
    laptop.export(stick)
    officer.settle()
    picture(officer.window, "exchange")


def test_what_is_wrong_with_a_file_is_said_and_nothing_alters(
    officer: Person, laptop: Laptop, office: Office, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop.edit(only_enterprise(laptop), "employees", 36)
    page = officer.open("syncing")
    page.views.choose("exchange")
    answer = office.answer(laptop.export(stick).path, stick).answer
    assert answer is not None
    cut = stick / "没拷完.zqx"
    cut.write_bytes(answer.read_bytes()[:-20])
    choose(monkeypatch, None, cut)
    before = laptop.states(), laptop.confirmed()
    officer.press("从U盘导入回执")
    officer.until(lambda: officer.reads("「没拷完.zqx」不完整"))
    officer.settle()
    assert (laptop.states(), laptop.confirmed()) == before
    picture(officer.window, "exchange-damaged")
    choose(monkeypatch, stick / "没有这个文件夹" / "更没有")
    (stick / "没有这个文件夹").write_bytes(b"a file, not a folder")
    officer.press("导出到U盘")
    officer.until(lambda: officer.reads("不能保存到"))
    officer.settle()
    assert len(page.parts["exchange"].model.rows) == 1


def test_an_export_can_be_stopped(
    officer: Person, laptop: Laptop, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stop is pressed while the file is being written, whatever the machine's speed: the disk waits for it."""
    from sync.client import exchange as client

    pressed = threading.Event()

    laptop.photo(only_enterprise(laptop), b"x" * 3_000_000)
    page = officer.open("syncing")
    page.views.choose("exchange")
    officer.settle()
    part = page.parts["exchange"]
    read = client._read

    def held_up(path: Path) -> Iterator[bytes]:
        pressed.wait(30)
        yield from read(path)

    monkeypatch.setattr(client, "_read", held_up)
    choose(monkeypatch, stick)
    officer.press("导出到U盘")
    officer.press("停止")
    pressed.set()
    officer.until(lambda: officer.reads("已停止，没有生成文件"))
    officer.settle()
    assert list(stick.iterdir()) == []
    assert part.model.rows == ()
    assert officer.can_press("导出到U盘")


def test_the_first_sign_in_from_a_file(
    office: Office, tmp_path: Path, stick: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.domain.people import Role

    account, _ = office.park.account(Role.OFFICER)
    office.park.assign(account, office.park.enterprise(f"青岚离线{account}厂"))
    file = stick / "登记.zqx"
    enrolled = exchange.enroll(office.opened, account, file)
    wear()
    runner = Runner()
    window = MainWindow(runner)
    qtbot.addWidget(window)
    desk = Desk.open(DataFolder(tmp_path / "desk"))
    person = Person(window, qtbot)

    def to_work() -> None:
        window.show_desk(desk, SyncController(desk, runner, window))

    monkeypatch.setattr(QFileDialog, "getOpenFileName", staticmethod(lambda *_: (str(file), "")))
    try:
        window.show()
        window.show_sign_in(desk, to_work)
        person.press("没有网络？用登记文件登录")
        person.press("选择……")
        card = window.page.enroll_card
        person.write(card.pin, "abcd-abcd-abcd")
        picture(window, "enroll")
        person.press("登录")
        person.until(lambda: person.reads("PIN 不对"))
        assert desk.session is None
        person.write(card.pin, enrolled.pin.upper())
        person.press("登录")
        person.until(lambda: window.current_page == "today", 60_000)
        person.settle()
        assert [line.name for line in enterprises.listing(desk)] == [f"青岚离线{account}厂"]
        window.sync.run()
        person.until(lambda: window.sync.online is False)
        person.settle()
        person.open("syncing").views.choose("exchange")
        person.settle()
        assert person.can_press("导出到U盘")
        assert person.troubles == []
    finally:
        window.close()
        runner.shutdown()
        desk.close()
