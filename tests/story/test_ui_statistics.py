"""A coordinator, an officer and a handler at the page 统计: periods, scopes, the list behind a number, the workbook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from python_calamine import CalamineWorkbook

from tests.support.desks import coordinator_desk, empty_desk, officer_desk
from tests.support.pictures import picture
from tests.support.windows import Person, english, window_of

K = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def coordinator(tmp_path: Path, qtbot: QtBot) -> Iterator[Person]:
    with window_of(coordinator_desk(tmp_path / "desk"), qtbot) as person:
        yield person


@pytest.fixture
def officer(tmp_path: Path, qtbot: QtBot) -> Iterator[Person]:
    with window_of(officer_desk(tmp_path / "desk"), qtbot) as person:
        yield person


def at(person: Person) -> Any:
    page = person.open("statistics")
    person.until(lambda: page.shown is not None)
    person.settle()
    return page


def value(page: Any, id: str) -> tuple[str, str]:
    card = page.cards[id].card
    return card.value, card.parts


def test_figures_with_their_parts_in_groups(coordinator: Person) -> None:
    page = at(coordinator)
    assert page.period.text == "2026Q4"
    assert value(page, "R11") == ("16.67", "2 / 12")
    assert value(page, "R08") == ("0.00", "0 / 10")
    assert value(page, "R12") == ("—", "0 / 0")
    assert list(page.cards).index("R04") == list(page.cards).index("R01") + 1, "side by side"
    assert coordinator.reads("办结率")
    assert coordinator.reads("解决率")
    assert coordinator.reads("统计期：2026年第4季度 · 口径版本：2026.1 · 生成时间：2026-11-23 10:26")
    assert english(coordinator.texts(), ("N",)) == []
    picture(coordinator.window, "statistics")


def test_stepping_by_keys_and_the_length_of_the_period(coordinator: Person) -> None:
    page = at(coordinator)
    coordinator.key(K.Key_BracketLeft, CONTROL)
    coordinator.settle()
    assert (page.period.text, page.shown.period.text) == ("2026Q3", "2026Q3")
    assert value(page, "R08") == ("—", "0 / 0")
    coordinator.key(K.Key_BracketRight, CONTROL)
    coordinator.press("月")
    coordinator.settle()
    assert page.shown.period.text == "2026-11"
    coordinator.press("年")
    coordinator.settle()
    assert page.shown.period.text == "2026"
    assert value(page, "R11")[1] == "3 / 12"
    assert page.cards["R11"].card.bars[-1] == 25.0
    assert page.cards["R06"].card.bars == (), "what is said of the moment has no history"


def test_a_number_opens_the_enterprises_behind_it(coordinator: Person) -> None:
    page = at(coordinator)
    page.cards["R11"].setFocus()
    coordinator.key(K.Key_Return)
    coordinator.settle()
    assert page.table.isVisible()
    lines = page.model.rows
    assert [line.counted for line in lines] == [True] * 2 + [False] * 10
    assert coordinator.reads("计入 2 条，共 12 条")
    coordinator.until(lambda: not page.cards["R11"].visibleRegion().isEmpty())
    picture(coordinator.window, "statistics-list")
    coordinator.press("收起")
    assert not page.list.isVisible()
    assert page.cards["R11"].hasFocus(), "the keyboard goes on where it was"
    coordinator.key(K.Key_Right)
    assert page.cards["R12"].hasFocus()


def test_a_number_of_issues_opens_them_on_their_page(coordinator: Person) -> None:
    page = at(coordinator)
    coordinator.qtbot.mouseClick(page.cards["R06"], Qt.MouseButton.LeftButton)
    coordinator.until(lambda: coordinator.window.current_page == "issues")
    coordinator.settle()
    issues = coordinator.window.page
    assert coordinator.reads("统计「超期率」")
    assert {line.id for line in issues.model.rows} == {"issue-0", "issue-1", "issue-2", "issue-7"}
    picture(coordinator.window, "statistics-issues")
    coordinator.press("只看计入的")
    coordinator.settle()
    assert {line.id for line in issues.model.rows} == {"issue-0"}
    coordinator.press("看全部诉求")
    coordinator.settle()
    assert not coordinator.reads("统计「超期率」")


def test_a_scope_is_chosen_and_no_list_of_officers_is_offered(coordinator: Person) -> None:
    page = at(coordinator)
    words = [page.scope_box.itemText(place) for place in range(page.scope_box.count())]
    assert words[0] == "全园区"
    assert not [word for word in words if "王敏" in word or "刘洋" in word]
    place = words.index("部门 供电公司") if "部门 供电公司" in words else words.index("部门 交通运输局")
    page.scope_box.setCurrentIndex(place)
    page.scope_box.activated.emit(place)
    coordinator.settle()
    assert "R01" in page.cards
    assert "R11" not in page.cards, "a department visits nobody"


def test_the_workbook_has_numbers_what_they_count_and_the_note(
    coordinator: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(coordinator)
    path = tmp_path / "out.xlsx"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    coordinator.press("导出表格")
    coordinator.until(lambda: coordinator.reads("已导出"))
    book = CalamineWorkbook.from_path(str(path))
    rows = book.get_sheet_by_name("指标").to_python()
    assert rows[0][0] == "全园区 2026年第4季度 统计"
    assert rows[1][0].startswith("统计期：2026年第4季度 · 口径版本：2026.1 · 生成时间：")
    found = {row[0]: row for row in rows[3:]}
    assert found["R11"][2:7] == ["走访覆盖率", 16.67, "%", 2, 12]
    assert found["R12"][3] == "—"
    history = book.get_sheet_by_name("最近六期").to_python()
    assert history[2][3:] == ["2025Q3", "2025Q4", "2026Q1", "2026Q2", "2026Q3", "2026Q4"]


def test_the_fixed_reports(coordinator: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at(coordinator)
    path = tmp_path / "reports.xlsx"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    coordinator.press("导出报表")
    coordinator.until(lambda: coordinator.reads("已导出"))
    book = CalamineWorkbook.from_path(str(path))
    assert book.sheet_names == ["走访汇总", "问题台账", "到期逾期"]
    visits = book.get_sheet_by_name("走访汇总").to_python()
    assert visits[0][0] == "2026年第4季度走访汇总"
    assert visits[1][0].startswith("统计期：")
    assert [row[1] for row in visits[3:]] == [0] * 10 + [1, 1], "whom nobody has visited stands first"
    ledger = book.get_sheet_by_name("问题台账").to_python()
    assert ledger[2][4:11] == ["收集", "梳理", "分类", "交办", "反馈", "回访", "销号"]
    assert len(ledger) == 3 + 10
    assert ledger[3][4].startswith("2026-11-10 走访 王敏")
    due = book.get_sheet_by_name("到期逾期").to_python()
    assert due[3][2:4] == ["厂区北门道路积水影响运输", "交通运输局"]
    assert due[3][7] == "逾期 4 个工作日"
    assert len(due) == 3 + 3


def test_an_officer_sees_his_own_enterprises_only(officer: Person) -> None:
    page = at(officer)
    words = [page.scope_box.itemText(place) for place in range(page.scope_box.count())]
    assert words[0] == "我包联的企业"
    assert "全园区" not in words
    assert len(words) == 1 + 8


def test_nothing_yet_says_what_to_do(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(empty_desk(tmp_path / "desk"), qtbot) as person:
        at(person)
        assert person.reads("还没有可以统计的数据")
        assert not person.window.page.export_button.isEnabled()
        picture(person.window, "statistics-empty")
