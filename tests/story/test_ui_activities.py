"""Somebody at 活动与目标: a trip and its leads, reports that are late, an event with an issue, a target with its bar."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain.activity import Event, Trip
from app.domain.issue import Issue
from app.domain.target import Target
from app.services import activities
from tests.support.activity_desks import TRIP, event, group, trip, year
from tests.support.desks import OFFICER, coordinator_desk, officer_desk
from tests.support.pictures import picture
from tests.support.windows import Person, english, window_of

pytestmark = pytest.mark.slow
K = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def coordinator(tmp_path: Path, qtbot: QtBot) -> Iterator[Person]:
    with window_of(coordinator_desk(tmp_path / "desk"), qtbot) as person:
        yield person


def at(person: Person, view: str, id: str = "") -> Any:
    person.window.go("activities", (view, id))
    person.until(lambda: person.window.current_page == "activities")
    person.settle()
    return person.window.page


def submit(person: Person) -> None:
    person.key(K.Key_Return, CONTROL)
    person.settle()


def test_an_officers_trip_from_its_plan_to_the_contract(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(officer_desk(tmp_path / "desk"), qtbot) as person:
        person.open("statistics")
        person.press("活动与目标")
        person.until(lambda: person.window.current_page == "activities")
        person.settle()
        page = person.window.page
        assert person.reads("还没有外出。点「登记外出」")
        assert page.views.all_keys == ("trips", "groups")
        person.key(K.Key_N, CONTROL)
        person.until(lambda: page.panel.busy_with_form)
        form = page.panel.form
        assert form.values()["people"] == "王敏"
        for name, value in TRIP.items():
            form.put(name, value)
        form.editors["title"].target.setFocus()
        submit(person)
        person.until(lambda: page.panel.page is not None)
        id = page.panel.page.id
        stored = person.window.desk.store.get(Trip.kind, id)
        assert stored.bucket == f"u:{OFFICER['person']}"
        page.table.setFocus()
        person.key(K.Key_Return)
        person.until(lambda: page.panel.busy_with_form)
        person.write(page.panel.form.editors["met"].target, "粤达窑炉董事长")
        page.panel.form.put("result", "要 40 亩地")
        page.panel.form.put("leads", "没有冒号")
        page.panel.form.editors["met"].target.setFocus()
        submit(person)
        assert person.reads("请写成「企业：事项」")
        page.panel.form.put("leads", "粤达窑炉：建分厂")
        submit(person)
        assert person.reads("粤达窑炉")
        assert person.reads("还有 1 条线索在跟进")
        person.press("记跟进：粤达窑炉")
        person.until(lambda: page.panel.busy_with_form)
        page.panel.form.put("text", "签了框架协议")
        page.panel.form.put("state", "signed")
        page.panel.form.editors["text"].target.setFocus()
        submit(person)
        assert person.reads("1 条，签约 1")
        page.table.setFocus()
        person.key(K.Key_B)
        person.settle()
        assert Trip.of(person.window.desk.store.get(Trip.kind, id)).state == "closed"
        assert person.reads("没有进行中的")
        page.states.choose("all")
        person.settle()
        assert person.reads("王敏 · 办结")


def test_a_late_report_is_red_and_a_half_month_begins_with_its_weeks(coordinator: Person) -> None:
    desk = coordinator.window.desk
    id = group(desk)
    trip(desk)
    coordinator.until(lambda: coordinator.reads("粤港澳驻点组：4 份报告逾期"))
    assert coordinator.reads("「赴佛山拜访窑炉企业」有 2 条线索该跟进")
    coordinator.press("去看看：粤港澳驻点组：4 份报告逾期")
    coordinator.until(lambda: coordinator.window.current_page == "activities")
    coordinator.settle()
    page = coordinator.window.page
    assert page.views.key == "groups"
    assert page.panel.page.id == id
    assert coordinator.reads("逾期 4 份")
    picture(coordinator.window, "activities-groups")
    for first, count in (("2026-11-02", 3), ("2026-11-09", 4)):
        row = next(row for row in page.panel.page.parts[0][1] if row.id == f"weekly:{first}")
        coordinator.press(f"填报：{row.text}")
        coordinator.until(lambda: page.panel.busy_with_form)
        page.panel.form.put("done", f"跑了 {count} 家窑厂")
        page.panel.form.put("contacted", count)
        page.panel.form.editors["done"].target.setFocus()
        submit(coordinator)
    assert coordinator.reads("逾期 2 份")
    row = next(row for row in page.panel.page.parts[0][1] if row.id == "half_monthly:2026-11-01")
    coordinator.press(f"填报：{row.text}")
    coordinator.until(lambda: page.panel.busy_with_form)
    values = page.panel.form.values()
    assert (values["done"], values["contacted"]) == ("跑了 3 家窑厂\n跑了 4 家窑厂", 7)
    picture(coordinator.window, "activities-report")
    page.panel.form.editors["done"].target.setFocus()
    submit(coordinator)
    assert coordinator.reads("逾期 1 份")
    assert coordinator.reads("迟报")


def test_a_head_sees_his_group_and_another_officer_none(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(officer_desk(tmp_path / "desk"), qtbot) as person:
        page = at(person, "groups")
        assert person.reads("没有您参加的驻点组")
        assert not page.new_button.isVisible()


def test_an_event_with_guests_and_what_they_said_becomes_an_issue(coordinator: Person) -> None:
    desk = coordinator.window.desk
    id = event(desk)
    page = at(coordinator, "events", id)
    page.table.setFocus()
    coordinator.key(K.Key_I)
    coordinator.until(lambda: page.panel.invite.model.rowCount() > 3)
    page.panel.invite.model.tick(["ent-0", "ent-5"], True)
    page.panel.invite.text.setFocus()
    submit(coordinator)
    coordinator.until(lambda: len(Event.of(desk.store.get(Event.kind, id)).guests) == 2)
    coordinator.settle()
    names = {guest.id: guest.name for guest in page.panel.page.guests}
    coordinator.press(f"到场：{names['ent-0']}")
    coordinator.settle()
    page.table.setFocus()
    for enterprise, text in (("ent-0", "缺窑炉工六人"), ("ent-5", "想对接职校")):
        page.table.setFocus()
        coordinator.key(K.Key_A)
        coordinator.until(lambda: page.panel.busy_with_form)
        page.panel.form.put("enterprise", enterprise)
        page.panel.form.put("text", text)
        page.panel.form.editors["text"].target.setFocus()
        submit(coordinator)
    assert coordinator.can_press("取资料：想对接职校")
    coordinator.press("转为诉求：缺窑炉工六人")
    coordinator.until(lambda: page.panel.busy_with_form)
    assert page.panel.form.values()["title"] == "缺窑炉工六人"
    page.panel.form.put("category", "03")
    page.panel.form.editors["title"].target.setFocus()
    submit(coordinator)
    item = Event.of(desk.store.get(Event.kind, id)).items[0]
    assert item.issue is not None
    assert Issue.of(desk.store.get(Issue.kind, item.issue)).title == "缺窑炉工六人"
    assert coordinator.reads(str(item.issue_number))
    picture(coordinator.window, "activities-event")
    page.table.setFocus()
    coordinator.key(K.Key_J)
    coordinator.until(lambda: page.panel.busy_with_form)
    page.panel.form.put("outcome", "到场 30 家，达成意向 56 人")
    page.panel.form.editors["outcome"].target.setFocus()
    submit(coordinator)
    page.states.choose("all")
    coordinator.settle()
    assert coordinator.reads("到场 1 家，邀请 2 家")
    coordinator.press("看诉求：缺窑炉工六人")
    coordinator.until(lambda: coordinator.window.current_page == "issues")


def test_targets_with_their_bars(coordinator: Person) -> None:
    desk = coordinator.window.desk
    ids = year(desk)
    page = at(coordinator, "targets", ids[0])
    words = {line.title: (line.word, line.cells[1]) for line in page.table.model().rows}
    assert words["签约项目"] == ("慢于计划", "33 / 50 个")
    assert words["到位资金"] == ("已完成", "18.5 / 18.5 亿元")
    assert words["招引规上企业"] == ("还没有进度", "— / 6 家")
    assert words["诉求办结率"][1].endswith("/ 95 %")
    picture(coordinator.window, "activities-targets")
    page.table.setFocus()
    coordinator.key(K.Key_J)
    coordinator.until(lambda: page.panel.busy_with_form)
    page.panel.form.put("done", "三十八")
    page.panel.form.editors["done"].target.setFocus()
    submit(coordinator)
    assert coordinator.reads("「三十八」不是数字")
    page.panel.form.put("done", "38")
    submit(coordinator)
    assert coordinator.reads("38 / 50 个")
    coordinator.press("划去：11月23日 累计 38 个")
    coordinator.until(lambda: page.panel.busy_with_form)
    page.panel.form.put("reason", "数错了")
    page.panel.form.editors["reason"].target.setFocus()
    submit(coordinator)
    assert coordinator.reads("33 / 50 个")
    assert len(Target.of(desk.store.get(Target.kind, ids[0])).entries) == 2
    page.table.choose(ids[2])
    coordinator.settle()
    assert not coordinator.can_press("填进度  J")
    assert coordinator.reads("统计自动取数：R01")


def test_the_heads_of_meetings_and_the_words(coordinator: Person) -> None:
    coordinator.open("meetings")
    coordinator.press("活动与目标")
    coordinator.until(lambda: coordinator.window.current_page == "activities")
    coordinator.settle()
    trip(coordinator.window.desk)
    event(coordinator.window.desk, "ent-0")
    coordinator.until(lambda: coordinator.reads("2 条待跟进"))
    coordinator.settle()
    picture(coordinator.window, "activities-trips")
    page = coordinator.window.page
    for view in page.views.all_keys:
        page.views.choose(view)
        coordinator.settle()
        assert english(coordinator.texts(), ("R01", "E", "A", "J", "I", "B")) == []
        coordinator.key(K.Key_N, CONTROL)
        coordinator.until(lambda: page.panel.busy_with_form)
        assert english(coordinator.texts(), ("R01", "E", "A", "J", "I", "B")) == []
        page.panel.close_form()
    page.views.choose("targets")
    coordinator.key(K.Key_N, CONTROL)
    coordinator.until(lambda: page.panel.busy_with_form)
    picture(coordinator.window, "activities-new-target")


def test_lists_are_by_day_and_know_nothing_of_a_persons_sum(coordinator: Person) -> None:
    desk = coordinator.window.desk
    for day, people in (("2026-11-02", "甲"), ("2026-11-09", "乙"), ("2026-11-05", "甲")):
        activities.make(desk, "trip.plan", {**TRIP, "starts_on": day, "people": people})
    lines = activities.listing(desk)["trips"]
    assert [line.cells[2] for line in lines] == ["乙", "甲", "甲"]
