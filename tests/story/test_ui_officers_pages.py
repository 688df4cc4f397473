"""An officer at the desk, offline: what is due, one enterprise, search, going from page to page with the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain.visit import VisitState
from app.services import issues, visits
from tests.support.desks import empty_desk, officer_desk
from tests.support.pictures import picture
from tests.support.windows import Person, english, window_of

ALT = Qt.KeyboardModifier.AltModifier
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def officer(tmp_path: Path, qtbot: QtBot) -> Iterator[Person]:
    with window_of(officer_desk(tmp_path / "desk"), qtbot) as person:
        yield person


def test_today_says_who_is_due_most_urgent_first(officer: Person) -> None:
    page = officer.open("today")
    words = [row.word for row in page.due_model.rows]
    assert words[0].startswith("逾期")
    assert all("已走访" not in word for word in words)
    assert officer.reads("本期 8 家，已走访 3 家")
    assert officer.reads("11月23日 星期一 · 第四季度还有 38 天")
    assert officer.reads("逾期 4 个工作日")
    assert officer.window.navigation.item("enterprises").count == "8"
    picture(officer.window, "today")


def test_the_keyboard_leads_from_today_to_an_enterprise_and_back(officer: Person) -> None:
    page = officer.open("today")
    assert officer.window.focusWidget() is page.due_table
    officer.key(Qt.Key.Key_Down)
    name = page.due_table.current.name
    officer.key(Qt.Key.Key_Return)
    officer.until(lambda: officer.reads(name) and officer.window.current_page == "enterprise")
    officer.settle()
    assert officer.reads("统一社会信用代码")
    picture(officer.window, "enterprise")
    officer.key(Qt.Key.Key_Escape)
    assert officer.window.current_page == "today"


def test_alt_and_a_figure_open_the_pages(officer: Person) -> None:
    names = officer.window.navigation.names
    assert {"today", "enterprises", "visits", "issues", "syncing", "settings"} <= set(names)
    for figure, name in enumerate(names, start=1):
        officer.key(Qt.Key(Qt.Key.Key_0 + figure), ALT)
        officer.until(lambda name=name: officer.window.current_page == name)
    officer.settle()


def test_starting_a_visit_opens_the_form_and_today_offers_to_go_on(officer: Person) -> None:
    page = officer.open("today")
    enterprise = page.due_table.current.enterprise
    officer.key(Qt.Key.Key_N, CTRL)
    officer.until(lambda: officer.window.current_page == "filling")
    officer.settle()
    desk = officer.window.desk
    visit = visits.open_visit_of(desk, enterprise)
    assert visit is not None
    officer.open("today")
    assert officer.reads("没写完的")
    assert officer.can_press("接着走访")
    officer.open("visits")
    assert officer.reads("填写中 1")
    picture(officer.window, "visits")
    officer.press("作废")
    assert officer.reads("再按一次作废")
    assert visits.visit_of(desk, visit.id).state is VisitState.OPEN
    officer.press("再按一次作废")
    officer.until(lambda: visits.visit_of(desk, visit.id).state is VisitState.CANCELLED)
    officer.settle()
    assert officer.reads("填写中 0")


def test_search_finds_by_part_of_a_name_and_enter_opens(officer: Person) -> None:
    officer.open("today")
    officer.key(Qt.Key.Key_K, CTRL)
    search = officer.window.search
    assert search.hasFocus()
    officer.write(search, "稻花")
    officer.until(lambda: len(search.found) >= 1)
    officer.key(Qt.Key.Key_Return)
    officer.until(lambda: officer.window.current_page == "enterprise")
    officer.settle()
    assert officer.reads("萍乡市稻花里食品有限公司")


def test_search_finds_issues_and_says_when_there_is_nothing(officer: Person) -> None:
    search = officer.window.search
    officer.write(search, "电报装")
    officer.until(lambda: [found.kind for found in search.found] == ["诉求"])
    officer.key(Qt.Key.Key_Escape)
    assert search.found == ()
    officer.write(search, "没有这一家")
    officer.until(lambda: officer.reads("没有找到"))
    officer.key(Qt.Key.Key_Escape)


def test_the_list_of_enterprises_is_filtered_by_text_and_chips(officer: Person) -> None:
    page = officer.open("enterprises")
    assert page.model.rowCount() == 8
    officer.write(page.text, "91360313QLAN01059K")
    officer.until(lambda: page.model.rowCount() == 1)
    page.text.clear()
    officer.press("走访逾期")
    officer.until(lambda: 0 < page.model.rowCount() < 8)
    assert all(line.due_word.startswith("逾期") for line in page.model.rows)
    assert officer.reads("8 家中的")
    picture(officer.window, "enterprises")


def test_an_officer_sees_who_has_an_issue_and_until_when(officer: Person) -> None:
    page = officer.open("issues")
    page.show_target("issue-1")
    officer.until(lambda: page.panel.page is not None and page.panel.page.issue.id == "issue-1")
    assert page.panel.facts.value("承办") == "生态环境局"
    assert page.panel.facts.value("办结期限") == "11月24日 17:30（还有 1 个工作日）"
    assert not officer.can_press("受理并交办")
    picture(officer.window, "issues")


def test_a_returned_issue_is_made_good_and_reported_again(officer: Person) -> None:
    officer.open("today")
    officer.press("补正：诉求「危废处置单位推荐」被退回补正")
    officer.until(lambda: officer.window.current_page == "issues")
    page = officer.window.page
    officer.until(page.panel.resubmit_form.isVisible)
    assert officer.reads("没有写涉及金额，请补上。")
    officer.write(page.panel.resubmit_form.expectation, "涉及金额约 20 万元")
    picture(officer.window, "issue-returned")
    officer.press("补正后上报")
    officer.until(lambda: issues.page(officer.window.desk, "issue-8").line.state_word == "待受理")
    officer.settle()
    assert officer.reads("待发送 1 项")


def test_nobody_meets_english(officer: Person) -> None:
    for name in officer.window.navigation.names:
        officer.open(name)
        assert english(officer.texts(), ("wangmin", str(officer.window.desk.folder.root))) == []


def test_an_empty_desk_says_what_to_do(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(empty_desk(tmp_path / "desk"), qtbot) as person:
        expected = {
            "today": "请联系管理员分配",
            "enterprises": "按 F5 同步一次",
            "visits": "点「开始走访」选一家企业",
            "issues": "完成走访后就成为诉求",
            "syncing": "没有等待发送的",
        }
        for name, words in expected.items():
            person.open(name)
            assert person.reads(words), name
            picture(person.window, f"empty-{name}")
