"""A conflict's day: two officers' laptops at a real centre, and the real window acted on as a person does."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain.clock import system_clock
from app.domain.enterprise import Enterprise
from app.domain.people import Role
from app.paths import DataFolder
from app.services import conflicts
from app.services.desk import Desk
from app.store.outbox import discarded
from sync.client.engine import engine_for
from sync.client.session import sign_in
from sync.server import jobs
from sync.server.accounts import NewAccount
from tests.support.park import Park
from tests.support.pictures import picture
from tests.support.server import PASSWORD, RunningServer
from tests.support.windows import Person, english, window_of
from ui.syncing.conflict_card import ConflictCard
from ui.syncing.conflicts_part import ConflictsPart
from ui.syncing.view import SyncingPage


@pytest.fixture(scope="module")
def park(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    with RunningServer(tmp_path_factory.mktemp("conflict-centre")) as server:
        park = Park(server)
        yield park
        park.close()


def sync(desk: Desk) -> None:
    report = engine_for(desk.store, desk.context, system_clock).run()
    assert report.error is None, report.error


def edit(desk: Desk, enterprise: str, **fields: Any) -> None:
    """Somebody alters the profile, from what he sees."""
    document = desk.store.get(Enterprise.kind, enterprise)
    assert document is not None
    pairs = {name: [document.body.get(name), value] for name, value in fields.items()}
    desk.make(
        desk.change("patch", document.bucket, Enterprise.kind, enterprise, {"fields": pairs}),
    )


def profile(desk: Desk, enterprise: str) -> dict[str, Any]:
    document = desk.store.get(Enterprise.kind, enterprise)
    assert document is not None
    return document.body


@dataclass
class Day:
    """`me` has the window, `other` a laptop of her own; both look after `enterprise`."""

    me: Person
    desk: Desk
    other: Desk
    enterprise: str

    @property
    def page(self) -> SyncingPage:
        page = self.me.window.page
        assert isinstance(page, SyncingPage)
        return page

    def card(self) -> ConflictCard:
        part = self.page.parts["conflicts"]
        assert isinstance(part, ConflictsPart)
        (card,) = part.cards
        return card

    def meet(self, mine: dict[str, Any], theirs: dict[str, Any]) -> None:
        """Both alter without a network; she is back first."""
        edit(self.other, self.enterprise, **theirs)
        edit(self.desk, self.enterprise, **mine)
        sync(self.other)
        sync(self.desk)
        self.me.open("syncing")
        self.me.until(lambda: self.me.reads("不一致 1"))
        self.page.views.choose("conflicts")
        self.me.settle()


@contextmanager
def desk_of(park: Park, folder: Path, account: str) -> Iterator[Desk]:
    with Desk.open(DataFolder(folder)) as desk:
        sign_in(desk.store, park.server.url, account, PASSWORD, "测试机")
        sync(desk)
        yield desk


@pytest.fixture
def day(park: Park, tmp_path: Path, qtbot: QtBot) -> Iterator[Day]:
    enterprise = park.enterprise("江西明瓷新材料有限公司", employees=128, address="安源区一号路")
    accounts = [f"o{uuid.uuid4().hex[:10]}" for _ in range(2)]
    for account, name in zip(accounts, ("王敏", "刘洋"), strict=True):
        new = NewAccount(account, name, (Role.OFFICER,), None)
        jobs.add_account(park.database, park.reference, new, PASSWORD, system_clock())
        park.assign(account, enterprise)
    with desk_of(park, tmp_path / "other", accounts[1]) as other:
        desk = Desk.open(DataFolder(tmp_path / "mine"))
        sign_in(desk.store, park.server.url, accounts[0], PASSWORD, "测试机")
        sync(desk)
        with window_of(desk, qtbot) as me:
            yield Day(me, desk, other, enterprise)


MINE = {"employees": 136, "address": "安源区二号路", "industry": "陶瓷", "business_scope": "陶瓷制造"}
THEIRS = {"employees": 131, "address": "安源区三号路"}


def test_both_sides_are_told_with_names_and_what_went_together(day: Day) -> None:
    day.meet(MINE, THEIRS)
    me = day.me
    other = day.other.signed_in().name
    for words in ("128 人", "136 人", "131 人", "安源区三号路", "江西明瓷新材料有限公司 · 企业档案"):
        assert me.reads(words), words
    assert me.reads(other), "who set the centre's value"
    assert me.reads("其余 2 项改动没有冲突，已经合在一起。")
    assert not me.can_press("请先选"), "nothing is chosen, nothing can be confirmed"
    assert english(me.texts()) == []
    day.card().rows["employees"].choose("mine")
    picture(me.window, "conflict-chosen")


def test_without_other_fields_nothing_is_said_of_them(day: Day) -> None:
    day.meet({"employees": 136}, {"employees": 131})
    assert not day.me.reads("已经合在一起")


def test_by_keyboard_alone_one_field_now_and_one_later(day: Day) -> None:
    day.meet(MINE, THEIRS)
    me, card = day.me, day.card()
    card.take_focus()
    me.key(Qt.Key.Key_Return)
    assert card.rows["employees"].pick == "mine"
    for _ in range(3):
        me.key(Qt.Key.Key_Tab)
    assert card.rows["address"].chips["mine"].hasFocus()
    me.key(Qt.Key.Key_Right)
    me.key(Qt.Key.Key_Right)
    me.key(Qt.Key.Key_Space)
    field = card.rows["address"].field
    assert field.hasFocus()
    me.write(field, "安源区四号路")
    picture(me.window, "conflict-writing")
    me.key(Qt.Key.Key_Return)
    assert card.sure.hasFocus()
    assert card.sure.text() == "确定这 2 项"
    card.rows["address"].choose("")
    assert card.sure.text() == "确定这 1 项"
    me.key(Qt.Key.Key_Return)
    me.until(lambda: profile(day.desk, day.enterprise)["employees"] == 136)
    me.settle()
    assert list(day.card().rows) == ["address"]
    assert me.reads("另有 1 项已经选定。")
    assert day.card().isAncestorOf(me.window.focusWidget()), "the keyboard goes on with what is left"
    day.card().rows["address"].chips["other"].click()
    day.card().rows["address"].field.selectAll()
    me.write(day.card().rows["address"].field, "安源区四号路")
    me.press("确定这 1 项")
    me.until(lambda: me.reads("没有不一致的地方"))
    sync(day.desk)
    sync(day.other)
    for desk in (day.desk, day.other):
        assert (profile(desk, day.enterprise)["employees"], profile(desk, day.enterprise)["address"]) == (
            136,
            "安源区四号路",
        )
        assert conflicts.listing(desk) == []


@pytest.mark.parametrize(("word", "employees"), [("都用中心的", 131), ("都用我的", 136)])
def test_all_of_one_side(day: Day, word: str, employees: int) -> None:
    day.meet(MINE, THEIRS)
    day.me.press(word)
    day.me.press("确定这 2 项")
    day.me.until(lambda: day.me.reads("没有不一致的地方"))
    sync(day.desk)
    sync(day.other)
    assert profile(day.other, day.enterprise)["employees"] == employees


def test_what_is_written_must_be_of_the_fields_kind(day: Day) -> None:
    day.meet({"employees": 136}, {"employees": 131})
    row = day.card().rows["employees"]
    row.chips["other"].click()
    row.field.selectAll()
    day.me.write(row.field, "一百四")
    day.me.press("确定这 1 项")
    day.me.until(lambda: day.me.reads("从业人数请只写数字，例如 136。"))
    assert row.field.text() == "一百四"
    row.field.selectAll()
    day.me.write(row.field, "140")
    assert not day.me.reads("从业人数请只写数字")
    day.me.press("确定这 1 项")
    day.me.until(lambda: profile(day.desk, day.enterprise)["employees"] == 140)


def test_what_moved_in_between_comes_back_with_what_was_picked(day: Day) -> None:
    day.meet({"employees": 136}, {"employees": 131})
    edit(day.other, day.enterprise, employees=133)
    sync(day.other)
    row = day.card().rows["employees"]
    row.chips["other"].click()
    row.field.selectAll()
    day.me.write(row.field, "140")
    day.me.press("确定这 1 项")
    day.me.until(lambda: day.me.reads("没有不一致的地方"))
    sync(day.desk)
    day.me.until(lambda: day.me.reads("不一致 1"))
    day.me.settle()
    assert day.me.reads("133 人")
    assert day.me.reads("选定「140 人」时，这里已又改过")
    assert profile(day.desk, day.enterprise)["employees"] == 133
    assert day.card().rows["employees"].field.text() == "140"
    picture(day.me.window, "conflict-moved")


def test_what_somebody_is_writing_stays_when_something_arrives(day: Day) -> None:
    day.meet(MINE, THEIRS)
    row = day.card().rows["address"]
    row.chips["other"].click()
    row.field.selectAll()
    day.me.write(row.field, "安源区五号路")
    edit(day.other, day.enterprise, employees=133)
    sync(day.other)
    sync(day.desk)
    day.me.until(lambda: day.me.reads("133 人"))
    day.me.settle()
    assert day.card().rows["address"].pick == "other"
    assert day.card().rows["address"].field.text() == "安源区五号路"


def test_she_resolved_first_mine_is_refused_and_reported_again_as_an_edit(day: Day) -> None:
    day.meet({"employees": 136}, {"employees": 131})
    sync(day.other)
    (line,) = conflicts.listing(day.other)
    assert (line.own, line.fields[0].mine, line.fields[0].theirs) == (False, 136, 131)
    choice = conflicts.Choice(conflicts.Pick.THEIRS, 131)
    conflicts.resolve(day.other, line.id, {"employees": choice})
    sync(day.other)
    day.me.press("都用我的")
    day.me.press("确定这 1 项")
    day.me.until(lambda: day.me.reads("没有不一致的地方"))
    sync(day.desk)
    day.me.until(lambda: day.me.reads("未被接受 1"))
    day.page.views.choose("refused")
    day.me.settle()
    assert profile(day.desk, day.enterprise)["employees"] == 131
    assert day.me.reads(f"已由{day.other.signed_in().name}选定")
    day.me.press("改后重报")
    picture(day.me.window, "refused-again")
    assert day.me.window.focusWidget().text() == "136"
    day.me.window.focusWidget().selectAll()
    day.me.write(day.me.window.focusWidget(), "138")
    day.me.key(Qt.Key.Key_Return)
    day.me.until(lambda: profile(day.desk, day.enterprise)["employees"] == 138)
    day.me.until(lambda: day.me.reads("没有未被接受的"))
    assert [old.change.name for old, _ in discarded(day.desk.store)] == ["conflict.resolve"]
    sync(day.desk)
    sync(day.other)
    assert profile(day.other, day.enterprise)["employees"] == 138


SCOPE = "许可项目：道路货物运输。一般项目：新材料技术研发；陶瓷制品制造与销售；货物进出口。"


def test_a_field_can_be_emptied_and_one_that_must_not_be_cannot(day: Day) -> None:
    day.meet(
        {"address": "安源区二号路", "name": "江西明瓷新材料股份有限公司"},
        {"address": "安源区三号路", "name": "江西明瓷材料有限公司"},
    )
    card = day.card()
    for name in ("address", "name"):
        card.rows[name].chips["other"].click()
        card.rows[name].field.selectAll()
        day.me.key(Qt.Key.Key_Delete)
    assert card.rows["address"].field.text() == card.rows["name"].field.text() == ""
    assert day.me.reads("这一项将清空。")
    assert day.me.reads("不能留空，请写上内容。")
    picture(day.me.window, "conflict-emptying")
    day.me.press("确定这 1 项（清空 1 项）")
    day.me.until(lambda: profile(day.desk, day.enterprise).get("address") is None)
    sync(day.desk)
    sync(day.other)
    assert profile(day.other, day.enterprise).get("address") is None
    assert [field.name for field in conflicts.listing(day.other)[0].fields] == ["name"]


def test_one_after_the_other_by_keys_with_the_difference_marked(day: Day) -> None:
    edit(day.desk, day.enterprise, business_scope=SCOPE)
    sync(day.desk)
    sync(day.other)
    edit(day.other, day.enterprise, business_scope=SCOPE.replace("研发", "推广服务"), employees=131)
    sync(day.other)
    edit(day.desk, day.enterprise, employees=136, business_scope=SCOPE.replace("道路", "水路"))
    edit(day.desk, day.enterprise, address="安源区二号路")
    sync(day.desk)
    edit(day.other, day.enterprise, industry="陶瓷")
    edit(day.desk, day.enterprise, industry="建材")
    sync(day.other)
    sync(day.desk)
    me = day.me
    me.open("syncing")
    me.until(lambda: me.reads("不一致 2"))
    day.page.views.choose("conflicts")
    me.settle()
    part = day.page.parts["conflicts"]
    assert isinstance(part, ConflictsPart)
    assert [re.findall(r"<[us]><b>(.*?)</b>", text) for text in me.texts() if "<b>" in text] == [
        ["道", "研发"],
        ["水"],
        ["推广服务"],
    ]
    picture(me.window, "conflict-long-texts")
    part.take_focus()
    first, second = part.cards
    fields = list(first.rows)
    me.key(Qt.Key.Key_1)
    me.key(Qt.Key.Key_Down)
    assert first.rows[fields[1]].chips["mine"].hasFocus()
    me.key(Qt.Key.Key_2)
    assert [first.rows[name].pick for name in fields] == ["mine", "theirs"]
    me.key(Qt.Key.Key_Down)
    assert second.rows["industry"].chips["theirs"].hasFocus(), "on to the next conflict"
    me.key(Qt.Key.Key_Up)
    assert first.rows[fields[1]].chips["theirs"].hasFocus()
    me.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    me.until(lambda: me.reads("不一致 1"))
    me.settle()
    assert second.isAncestorOf(me.window.focusWidget()), "the keyboard goes on with the next one"
    me.key(Qt.Key.Key_1)
    me.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    me.until(lambda: me.reads("没有不一致的地方"))
    sync(day.desk)
    assert profile(day.desk, day.enterprise)["industry"] == "建材"
