"""A coordinator (and a leader) at the pages of 会议: planning, a reception day, a joint meeting, what goes on to the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.domain import buckets
from app.domain.issue import Issue, IssueState
from app.domain.meeting import ItemOutcome, MeetingState
from app.services import meetings
from app.services.desk import Desk
from app.services.meetings import MeetingPage
from app.store.confirmed import ConfirmedPage, absorb_page
from tests.support.desks import COORDINATOR, PARK, coordinator_desk, empty_desk
from tests.support.issue_desks import desk_of
from tests.support.pictures import picture, wear
from tests.support.windows import Person, english, window_of

K = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier


def with_meetings(desk: Desk) -> Desk:
    page = ConfirmedPage(buckets.meetings(PARK), 0, 0, done=True, rows=[])
    absorb_page(desk.store, [page], desk.context(), sum_of=lambda _rows: "")
    return desk


@pytest.fixture
def coordinator(tmp_path: Path, qtbot: QtBot) -> Iterator[Person]:
    with window_of(with_meetings(coordinator_desk(tmp_path / "desk")), qtbot) as person:
        yield person


def planned(person: Person, kind: str, *guests: str, **values: Any) -> str:
    desk = person.window.desk
    id = meetings.plan(desk, meetings.plan_args({"meeting_kind": kind, "day": "2026-11-24", **values}))
    if guests:
        meetings.invite(desk, id, guests)
    return id


def at(person: Person, id: str) -> Any:
    """The meeting's page, opened from the list."""
    person.open("meetings")
    person.window.go("meeting", id)
    person.until(lambda: person.window.page.shown is not None)
    person.settle()
    return person.window.page


def seen(person: Person, id: str) -> MeetingPage:
    return meetings.page(person.window.desk, id)


def submit(person: Person) -> None:
    person.key(K.Key_Return, CONTROL)
    person.settle()


def test_an_empty_list_says_what_to_do(coordinator: Person) -> None:
    coordinator.open("meetings")
    assert coordinator.reads("点「计划会议」选类型和日期")
    picture(coordinator.window, "meetings-empty")


def test_planning_a_meeting_leads_to_it(coordinator: Person) -> None:
    page = coordinator.open("meetings")
    coordinator.press("计划会议")
    coordinator.until(lambda: page.form.form is not None)
    coordinator.write(page.form.editors["place"].target, "二楼会议室")
    coordinator.write(page.form.editors["people"].target, "经发局、供电公司")
    picture(coordinator.window, "meetings-plan")
    page.form.editors["start"].target.setFocus()
    submit(coordinator)
    coordinator.until(lambda: coordinator.window.current_page == "meeting")
    coordinator.settle()
    assert coordinator.reads("11月24日接待日")
    assert coordinator.reads("二楼会议室")
    assert coordinator.reads("还没有邀请企业。按 I 邀请。")
    coordinator.open("meetings")
    assert coordinator.reads("待开 1")
    assert coordinator.reads("2026年11月")


def test_a_time_nobody_can_read_is_said_and_the_form_stays(coordinator: Person) -> None:
    page = coordinator.open("meetings")
    coordinator.press("计划会议")
    coordinator.until(lambda: page.form.form is not None)
    page.form.put("start", "早上")
    page.form.editors["start"].target.setFocus()
    submit(coordinator)
    assert coordinator.reads("时刻读不出来")
    assert coordinator.window.current_page == "meetings"


def test_a_reception_day_by_keys(coordinator: Person) -> None:
    id = planned(coordinator, "reception")
    page = at(coordinator, id)
    page.setFocus()
    coordinator.press("邀请企业")
    coordinator.until(lambda: page.panel.invite.model.rowCount() > 2)
    page.panel.invite.model.tick(["ent-0", "ent-1", "ent-5"])
    picture(coordinator.window, "meeting-invite")
    coordinator.press("邀请 3 家")
    coordinator.until(lambda: len(seen(coordinator, id).guests) == 3)
    coordinator.settle()
    page.guest_table.setFocus()
    page.guest_table.choose("ent-1")
    coordinator.key(K.Key_Space)
    coordinator.until(lambda: [one.came for one in seen(coordinator, id).guests].count(True) == 1)
    coordinator.settle()
    page.guest_table.choose("ent-0")
    page.guest_table.setFocus()
    coordinator.key(K.Key_N)
    coordinator.until(lambda: page.panel.form.form is not None)
    form = page.panel.form
    coordinator.write(form.editors["title"].target, "门口积水")
    form.put("category", "07")
    coordinator.write(form.editors["description"].target, "下雨就积水")
    form.put("solved_on_spot", True)
    submit(coordinator)
    assert coordinator.reads("请填写「现场办法」")
    coordinator.write(form.editors["solution"].target, "当天疏通")
    picture(coordinator.window, "meeting-raise")
    submit(coordinator)
    coordinator.until(lambda: len(seen(coordinator, id).items) == 1)
    coordinator.settle()
    assert coordinator.reads("2 家、1 题、当场解决 1 个（1/1，100.00 %）")
    assert coordinator.reads("门口积水")
    picture(coordinator.window, "meeting-reception")


def test_an_enterprise_that_is_not_here_is_fetched_and_without_a_network_noted(coordinator: Person) -> None:
    id = planned(coordinator, "reception", "ent-5")
    page = at(coordinator, id)
    page.guest_table.setFocus()
    coordinator.key(K.Key_N)
    coordinator.until(lambda: "e:ent-5" in (coordinator.window.desk.store.kv("want") or []))
    coordinator.until(lambda: coordinator.reads("资料还没有取到"))
    coordinator.settle()
    page.guest_table.setFocus()
    coordinator.key(K.Key_A)
    coordinator.until(lambda: page.panel.form.form is not None)
    coordinator.write(page.panel.form.editors["title"].target, "用电不够")
    page.panel.form.put("enterprise", "ent-5")
    page.panel.form.editors["title"].target.setFocus()
    submit(coordinator)
    coordinator.until(lambda: len(seen(coordinator, id).items) == 1)
    coordinator.settle()
    page.table.setFocus()
    assert "register" in page.panel.row.names
    assert "fetch" in page.panel.row.names


def test_the_joint_meeting_assigns_all_that_waits_with_one_press(coordinator: Person) -> None:
    id = planned(coordinator, "joint")
    page = at(coordinator, id)
    assert coordinator.reads("奖补资金未到账")
    assert coordinator.reads("待交办")
    (item,) = seen(coordinator, id).items
    page.table.setFocus()
    coordinator.key(K.Key_2)
    coordinator.until(lambda: page.panel.form.form is not None)
    page.panel.form.put("department", "power")
    page.panel.form.put("limit_days", 7)
    coordinator.write(page.panel.form.editors["requirement"].target, "年前到账")
    picture(coordinator.window, "meeting-assign-form")
    submit(coordinator)
    assert coordinator.reads("定 供电公司 7 天")
    assert item.id in page.ticks.ticked
    picture(coordinator.window, "meeting-joint")
    page.table.setFocus()
    coordinator.key(K.Key_G)
    coordinator.until(lambda: seen(coordinator, id).items[0].outcome is ItemOutcome.ASSIGNED)
    coordinator.settle()
    assert coordinator.reads("已交办 1 件。")
    assert coordinator.reads("交办结果")
    document = coordinator.window.desk.store.get(Issue.kind, item.issue)
    assert document is not None
    assert (document.body["state"], document.body["meeting"]) == (IssueState.ASSIGNED, id)
    picture(coordinator.window, "meeting-assigned")


def test_a_leader_assigns_at_the_joint_meeting_and_plans_none(tmp_path: Path, qtbot: QtBot) -> None:
    desk = with_meetings(desk_of("leader", tmp_path / "leader"))
    with coordinator_desk(tmp_path / "other") as other:
        with_meetings(other)
        id = meetings.plan(other, meetings.plan_args({"meeting_kind": "joint", "day": "2026-11-24"}))
        document = other.store.get("meeting", id)
        assert document is not None
        from app.store.confirmed import ConfirmedRow

        row = ConfirmedRow(buckets.meetings(PARK), "meeting", id, 1, document.body)
        page = ConfirmedPage(buckets.meetings(PARK), 0, 1, done=True, rows=[row])
        absorb_page(desk.store, [page], desk.context(), sum_of=lambda _rows: "")
    with window_of(desk, qtbot) as leader:
        view = at(leader, id)
        assert not leader.can_press("邀请企业")
        ruling = next(item for item in seen(leader, id).items if "裁定" in item.why)
        view.table.setFocus()
        view.table.choose(ruling.id)
        leader.key(K.Key_Space)
        assert ruling.id in view.ticks.ticked
        leader.key(K.Key_G)
        leader.until(lambda: any(one.outcome is ItemOutcome.ASSIGNED for one in seen(leader, id).items))
        leader.settle()
        leader.open("meetings")
        assert not leader.can_press("计划会议")


def test_outcomes_by_keys_and_what_is_not_done_goes_on(coordinator: Person) -> None:
    id = planned(coordinator, "dispatch", title="第一次调度")
    for title in ("一期厂房", "二期厂房", "三期厂房"):
        meetings.add_item(coordinator.window.desk, id, title)
    page = at(coordinator, id)
    items = seen(coordinator, id).items
    page.table.setFocus()
    page.table.choose(items[0].id)
    coordinator.key(K.Key_1)
    coordinator.until(lambda: page.panel.form.form is not None)
    submit(coordinator)
    coordinator.until(lambda: seen(coordinator, id).items[0].outcome is ItemOutcome.SOLVED)
    coordinator.settle()
    assert page.table.hasFocus()
    page.table.choose(items[1].id)
    coordinator.key(K.Key_3)
    coordinator.until(lambda: page.panel.form.form is not None)
    coordinator.write(page.panel.form.editors["decision"].target, "月底封顶")
    coordinator.write(page.panel.form.editors["person_name"].target, "李强")
    picture(coordinator.window, "meeting-record")
    submit(coordinator)
    coordinator.until(lambda: seen(coordinator, id).items[1].outcome is ItemOutcome.RECORDED)
    coordinator.settle()
    page.table.choose(items[2].id)
    coordinator.key(K.Key_Up, CONTROL)
    coordinator.until(lambda: [one.title for one in seen(coordinator, id).items][1] == "三期厂房")
    coordinator.settle()
    coordinator.key(K.Key_H)
    coordinator.until(lambda: page.panel.form.form is not None)
    assert coordinator.reads("还有 1 项没有结论")
    submit(coordinator)
    coordinator.until(lambda: seen(coordinator, id).meeting.state is MeetingState.HELD)
    coordinator.settle()
    assert coordinator.reads("3 项议题，2 项有结论，2 项没办完")
    picture(coordinator.window, "meeting-held")
    following = planned(coordinator, "dispatch", title="第二次调度")
    page = at(coordinator, following)
    assert coordinator.reads("上次没办完")
    assert {item.title for item in seen(coordinator, following).items} == {"二期厂房", "三期厂房"}
    picture(coordinator.window, "meeting-carried")


def test_calling_off_wants_a_reason(coordinator: Person) -> None:
    id = planned(coordinator, "forum")
    page = at(coordinator, id)
    coordinator.press("取消会议")
    coordinator.until(lambda: page.panel.form.form is not None)
    submit(coordinator)
    assert coordinator.reads("请填写「理由」")
    coordinator.write(page.panel.form.editors["reason"].target, "台风")
    submit(coordinator)
    coordinator.until(lambda: seen(coordinator, id).meeting.state is MeetingState.CANCELLED)
    coordinator.settle()
    assert coordinator.reads("已取消：台风")
    assert not coordinator.can_press("取消会议")


def test_the_notice_is_shown_before_it_is_printed(coordinator: Person) -> None:
    id = planned(coordinator, "reception", "ent-0", place="二楼")
    at(coordinator, id)
    coordinator.press("会议通知")
    coordinator.until(lambda: coordinator.window.current_page == "preview")
    assert coordinator.window.page.path.exists()


def test_nobody_meets_english_at_a_meeting(coordinator: Person) -> None:
    for kind in ("reception", "joint", "dispatch"):
        at(coordinator, planned(coordinator, kind, "ent-0"))
        assert english(coordinator.texts(), ("A", "E", "G", "H", "I", "O", "R", "X")) == []


def test_the_next_of_a_series_is_made_in_one_click(coordinator: Person) -> None:
    desk = coordinator.window.desk
    id = planned(coordinator, "dispatch", "ent-0", "ent-5", place="二楼会议室", people="经发局、供电公司")
    meetings.add_item(desk, id, "二期厂房封顶，供电方案和临时用电的接入时间一并定下来")
    page = at(coordinator, id)
    page.panel.show_form(meetings.form_for(desk, id, "hold"), "会开完了")
    coordinator.settle()
    coordinator.write(page.panel.form.editors["minutes"].target, "供电方案下周定。")
    box = page.panel.form.editors["minutes"].target
    assert box.height() >= 10 * box.fontMetrics().height(), "ten lines of minutes can be read"
    picture(coordinator.window, "meeting-minutes")
    submit(coordinator)
    coordinator.until(lambda: seen(coordinator, id).meeting.state is MeetingState.HELD)
    coordinator.settle()
    coordinator.press("计划下一次")
    coordinator.until(lambda: coordinator.window.page.meeting != id)
    coordinator.until(lambda: coordinator.window.page.shown is not None)
    coordinator.settle()
    following = coordinator.window.page.shown
    assert (following.meeting.day, following.meeting.title) == ("2026-12-01", "12月1日一周一调度")
    assert following.meeting.place == "二楼会议室"
    assert following.meeting.people == ["经发局", "供电公司"]
    assert following.meeting.enterprises == ["ent-0", "ent-5"]
    assert [item.carried for item in following.items] == [True]
    picture(coordinator.window, "meeting-next")
    coordinator.window.go("meeting", id)
    coordinator.until(lambda: coordinator.window.page.meeting == id)
    coordinator.settle()
    coordinator.press("计划下一次")
    coordinator.settle()
    assert coordinator.reads("下一次已经计划在 2026-12-01")


def test_photos_go_with_an_issue_that_is_raised_at_a_meeting(coordinator: Person, tmp_path: Path) -> None:
    id = planned(coordinator, "reception", "ent-0")
    page = at(coordinator, id)
    file = tmp_path / "积水.png"
    drawn = QImage(64, 48, QImage.Format.Format_RGB32)
    drawn.fill(Qt.GlobalColor.darkCyan)
    assert drawn.save(str(file))
    page.guest_table.setFocus()
    coordinator.key(K.Key_N)
    coordinator.until(lambda: page.panel.form.form is not None)
    assert page.panel.photos.isVisible()
    page.panel.photos.take([file])
    page.panel.form.put("title", "门口积水")
    page.panel.form.put("category", page.panel.form.editors["category"].field.choices[0].code)
    page.panel.form.put("description", "雨后两天不退")
    coordinator.settle()
    submit(coordinator)
    coordinator.until(lambda: len(seen(coordinator, id).items) == 1)
    issue = seen(coordinator, id).items[0].issue
    found = [
        one.body
        for one in coordinator.window.desk.store.of_kind("attachment")
        if one.body.get("issue") == issue
    ]
    assert [body["file_name"] for body in found] == ["积水.png"]
    coordinator.settle()
    assert not page.panel.photos.isVisible()


def test_titles_have_room_in_large_print(coordinator: Person) -> None:
    id = planned(coordinator, "reception", "ent-0", "ent-1")
    meetings.add_item(coordinator.window.desk, id, "厂区北门道路积水影响运输")
    page = at(coordinator, id)
    across = page._guest_card.y()
    assert across == page._item_card.y()
    wear(scale=150)
    coordinator.settle()
    picture(coordinator.window, "meeting-large")
    assert page._item_card.y() > page._guest_card.y(), "the agenda stands below"
    at_column = [column.title for column in page.plain_model.columns].index("议题")
    width = page.plain_table.columnWidth(at_column)
    assert width > page.plain_table.fontMetrics().horizontalAdvance("厂区北门道路积水影响运输")


def test_who_is_officer_and_coordinator_has_both_navigations(tmp_path: Path, qtbot: QtBot) -> None:
    who = {**COORDINATOR, "roles": ["officer", "coordinator"]}
    with window_of(with_meetings(empty_desk(tmp_path / "desk", who)), qtbot) as person:
        assert {"enterprises", "visits", "issues", "meetings"} <= set(person.window.navigation.names)
        person.open("meetings")
        assert person.can_press("计划会议")
        page = person.open("enterprises")
        assert "unconfirmed" in page.filters.all_keys
        assert person.can_press("企业分配")
        assert person.can_press("出发准备")
