"""Item models and the table: what a view asks of them, sorting, keeping the selection, keys, giving way."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from ui import theme
from ui.widgets.check_rows import CheckRowsModel
from ui.widgets.pill import Mark
from ui.widgets.rows import MARK_ROLE, Column, RowsModel
from ui.widgets.table import Table


@dataclass(frozen=True)
class Row:
    id: str
    name: str
    number: int


ROWS = [Row("a", "甲", 3), Row("b", "乙", 1), Row("c", "丙", 2)]
COLUMNS = (
    Column("名称", lambda row: row.name, width=100, grow=1),
    Column("数", lambda row: str(row.number), width=80, drop=1, sort=lambda row: row.number, quiet=True),
    Column(
        "灯", lambda _row: "逾期", width=90, mark=lambda row: Mark("red", "逾期") if row.number > 2 else None
    ),
)


@pytest.fixture
def model() -> RowsModel:
    made = RowsModel(COLUMNS, key=lambda row: row.id)
    made.set_rows(ROWS)
    return made


def test_the_model_is_sound(model: RowsModel, qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(model, force_py=True)
    model.sort(1)
    model.set_rows([*ROWS, Row("d", "丁", 9)])
    model.set_rows([])
    qtmodeltester.check(model, force_py=True)


def test_the_ticking_model_is_sound(qtmodeltester: ModelTester) -> None:
    made = CheckRowsModel(COLUMNS, key=lambda row: row.id)
    made.set_rows(ROWS)
    made.tick(["a"])
    qtmodeltester.check(made, force_py=True)


def test_it_sorts_by_key_and_back_to_the_order_given(model: RowsModel) -> None:
    model.sort(1, Qt.SortOrder.DescendingOrder)
    assert [row.id for row in model.rows] == ["a", "c", "b"]
    model.sort(-1)
    assert [row.id for row in model.rows] == ["a", "b", "c"]


def test_a_pill_says_its_word_as_text_too(model: RowsModel) -> None:
    index = model.index(0, 2)
    assert model.data(index) == "逾期"
    assert model.data(index, MARK_ROLE) == Mark("red", "逾期")
    assert model.data(model.index(1, 2), MARK_ROLE) is None


def test_the_chosen_row_stays_chosen_through_a_refresh(model: RowsModel, qtbot: QtBot) -> None:
    table = Table(model)
    qtbot.addWidget(table)
    table.choose("c")
    model.set_rows([Row("c", "丙", 7), Row("d", "丁", 1)])
    assert table.current == Row("c", "丙", 7)
    model.set_rows([Row("d", "丁", 1)])
    assert table.current is None


def test_enter_and_double_click_open_and_the_arrows_pick(model: RowsModel, qtbot: QtBot) -> None:
    table = Table(model)
    qtbot.addWidget(table)
    table.show()
    opened: list[Row] = []
    picked: list[Row] = []
    table.opened.connect(opened.append)
    table.picked.connect(picked.append)
    table.choose_first()
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert [row.id for row in picked] == ["a", "b"]
    assert [row.id for row in opened] == ["b"]
    place = table.visualRect(model.index(2, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert [row.id for row in opened] == ["b", "c"]


def test_space_ticks_the_chosen_row(qtbot: QtBot) -> None:
    made = CheckRowsModel(COLUMNS, key=lambda row: row.id)
    made.set_rows(ROWS)
    table = Table(made)
    qtbot.addWidget(table)
    table.show()
    table.choose("b")
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert made.ticked == {"b"}
    made.set_rows(ROWS[:1])
    assert made.ticked == {"b"}, "a row filtered away stays ticked"
    made.set_rows(ROWS)
    table.choose("b")
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert made.ticked == frozenset()


def test_columns_give_way_where_room_is_short(model: RowsModel, qtbot: QtBot) -> None:
    table = Table(model)
    qtbot.addWidget(table)
    table.resize(theme.current().px(600), 200)
    table.show()
    assert not table.isColumnHidden(1)
    table.resize(theme.current().px(220), 200)
    assert table.isColumnHidden(1)
    assert not table.isColumnHidden(0)
    assert not table.isColumnHidden(2)
