"""计划、入企登记、一次走访的几张表: a person at the window."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.services import visit_plans, visits
from app.store.drafts import draft
from tests.support.desks import officer_desk
from tests.support.pictures import picture
from tests.support.visiting import SEND, publish_all
from tests.support.windows import window_of


@pytest.mark.slow
def test_a_day_is_planned_put_in_order_and_begun(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(officer_desk(tmp_path / "desk"), qtbot) as officer:
        officer.open("visits")
        officer.press("计划")
        officer.until(lambda: officer.window.current_page == "plans")
        officer.settle()
        page = officer.window.page
        assert officer.reads("这一天还没有排走访")
        first = page.due_table.current.name
        page.due_table.setFocus()
        officer.key(Qt.Key.Key_Return)
        officer.settle()
        second = page.due_table.current.name
        officer.press("排到这一天")
        officer.settle()
        assert [stop.plan.enterprise_name for stop in page.route_model.rows] == [first, second]
        picture(officer.window, "plans")

        page.route_table.setFocus()
        page.route_table.choose(page.route_model.key_at(0))
        officer.key(Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
        officer.settle()
        assert [stop.plan.enterprise_name for stop in page.route_model.rows] == [second, first]

        officer.press("改期")
        officer.write(page.reason, "企业检修")
        officer.press("改到这一天")
        officer.settle()
        page.grid.setFocus()
        officer.key(Qt.Key.Key_Right)
        officer.settle()
        assert page.day == officer.window.desk.today + timedelta(days=1)
        officer.press("取消这次")
        officer.press("取消这次走访")
        assert officer.reads("请写一句取消的原因")
        officer.write(page.reason, "改为来园区")
        officer.press("取消这次走访")
        officer.settle()
        officer.press("今天")
        officer.settle()
        assert len(page.route_model.rows) == 1
        page.how.kind.setCurrentIndex(page.how.kind.findData("special"))
        page.how.kind.activated.emit(page.how.kind.currentIndex())
        page.how.method.setCurrentIndex(page.how.method.findData("video"))
        page.how.method.activated.emit(page.how.method.currentIndex())
        officer.write(page.how.purpose, "安全生产专项")
        officer.key(Qt.Key.Key_Return)
        officer.settle()
        picture(officer.window, "plans_how")
        officer.press("日程单")
        officer.until(lambda: officer.window.current_page == "preview")
        officer.window.go_back()
        officer.press("周清单")
        officer.until(lambda: officer.window.current_page == "preview")
        officer.window.go_back()
        officer.settle()
        officer.press("开始走访")
        officer.until(lambda: officer.window.current_page == "filling")
        officer.settle()
        (visit,) = [
            line
            for line in visits.listing(officer.window.desk)
            if line.day == str(officer.window.desk.today) and line.mine
        ]
        begun = visits.visit_of(officer.window.desk, visit.id)
        assert (begun.visit_kind, begun.method, begun.purpose) == ("special", "video", "安全生产专项")
        assert officer.window.page.card.purpose.text() == "安全生产专项"


@pytest.mark.slow
def test_a_second_form_is_filled_in_the_same_visit_and_no_word_is_lost(tmp_path: Path, qtbot: QtBot) -> None:
    desk = officer_desk(tmp_path / "desk")
    publish_all(desk)
    visit = visits.start_visit(desk, "ent-4").id
    with window_of(desk, qtbot) as officer:
        officer.window.go("filling", visit)
        officer.until(lambda: officer.window.page.session is not None)
        officer.settle()
        page = officer.window.page
        page.session.answer("/operation/a10_employees", "141")
        action = next(one for one in page.forms.menu.actions() if "三送" in one.text())
        action.trigger()
        officer.until(lambda: page.form_id == SEND)
        officer.settle()
        officer.until(lambda: SEND in visits.forms_begun(desk, visit))
        assert page.session.form.form_id == SEND
        page.session.answer("/header/h5_person", "赵厂长")
        page.card.people.setFocus()
        officer.write(page.card.people, "周组长（园区副主任）")
        officer.settle()
        picture(officer.window, "filling_two_forms")
        page.forms.chips.choose("visit_three")
        officer.until(lambda: page.form_id == "visit_three")
        officer.settle()
        assert page.session.filling.get("/operation/a10_employees") == 141
        kept = draft(desk.store, visit)
        assert kept is not None
        assert list(kept.state["more"]) == [SEND]
        opened = visits.open_filling(desk, visit, SEND)
        assert opened.filling.get("/header/h5_person") == "赵厂长"
        assert [one.text for one in visits.visit_of(desk, visit).companions] == ["周组长（园区副主任）"]
        page.forms.chips.choose(SEND)
        officer.until(lambda: page.form_id == SEND)
        officer.settle()
        officer.press("移去这张表")
        officer.press("再按一次移去")
        officer.until(lambda: page.form_id == "visit_three")
        officer.settle()
        assert visits.forms_begun(desk, visit) == ["visit_three"]


@pytest.mark.slow
def test_an_entry_is_written_down_left_rated_and_withdrawn(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(officer_desk(tmp_path / "desk"), qtbot) as officer:
        officer.open("visits")
        officer.press("入企登记")
        officer.until(lambda: officer.window.current_page == "entries")
        officer.settle()
        page = officer.window.page
        assert officer.reads("不属于行政检查")
        officer.press("登记")
        assert officer.reads("请写明来的是哪个单位")
        for count in (1, 2):
            officer.write(page.organisation, "应急管理局")
            officer.write(page.reason, "送教材")
            officer.write(page.entered, f"0{count}:30")
            officer.press("登记")
            officer.until(lambda count=count: len(page.model.rows) == count)
            officer.settle()
        assert officer.reads("建议合并入企")
        page.nature.setCurrentIndex(1)
        officer.write(page.organisation, "消防大队")
        officer.write(page.reason, "例行")
        officer.press("登记")
        officer.settle()
        assert officer.reads("请写明检查依据")
        picture(officer.window, "entries")
        officer.write(page.left_at, "10:15")
        officer.press("记下离开")
        officer.settle()
        officer.press("记下评价")
        officer.settle()
        assert officer.reads("企业评价：非常满意")
        officer.write(page.why, "写错了企业")
        officer.press("撤销")
        officer.settle()
        assert officer.reads("已撤销")
        assert visit_plans.listing(officer.window.desk) == []
