"""Somebody at the pages of 评审: opening one, naming reviewers, declaring, filling and handing in, gates by keys, single scores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain.review import ReviewerState, ReviewState
from app.services import reviews
from tests.support.desks import officer_desk
from tests.support.pictures import picture
from tests.support.review_desks import review_desk
from tests.support.review_filling import fill_in
from tests.support.windows import Person, english, window_of

K = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def coordinator(tmp_path: Path, qtbot: QtBot) -> Iterator[Person]:
    with window_of(review_desk("coordinator", tmp_path / "desk"), qtbot) as person:
        yield person


@pytest.fixture
def officer(tmp_path: Path, qtbot: QtBot) -> Iterator[Person]:
    with window_of(review_desk("officer", tmp_path / "desk"), qtbot) as person:
        yield person


def listed(person: Person) -> Any:
    """The list, by the button on the page of cases."""
    person.open("cases")
    person.settle()
    person.press("评审")
    person.until(lambda: person.window.current_page == "reviews" and person.window.page.model.rowCount() > 0)
    person.settle()
    return person.window.page


def at(person: Person, id: str) -> Any:
    """One review, opened from the list by Enter."""
    page = listed(person)
    page.groups.choose("all")
    assert page.table.choose(id)
    page.table.setFocus()
    person.key(K.Key_Return)
    person.until(lambda: person.window.current_page == "review" and person.window.page.shown is not None)
    person.settle()
    return person.window.page


def submit(person: Person) -> None:
    person.key(K.Key_Return, CONTROL)
    person.settle()


def form_open(person: Person, page: Any) -> Any:
    person.until(lambda: page.panel.busy_with_form)
    return page.panel.form


def test_the_list_by_groups_and_words(coordinator: Person) -> None:
    page = listed(coordinator)
    assert page.model.rowCount() == 6
    picture(coordinator.window, "reviews")
    page.groups.choose("declined")
    assert coordinator.reads("再生铅项目")
    assert coordinator.reads("不推荐（婉拒），一票否决")
    page.groups.choose("all")
    page.type.setCurrentIndex(page.type.findData("joint"))
    assert [row.id for row in page.model.rows] == ["joint"]
    coordinator.write(page.text, "没有这个")
    assert coordinator.reads("这一组里没有评审。")


def test_an_empty_list_says_what_to_do(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(officer_desk(tmp_path / "desk"), qtbot) as person:
        person.window.go("reviews")
        person.until(lambda: person.reads("还没有评审。协调员定您为评委"))
        person.settle()


def test_a_review_is_opened_and_staffed_from_the_enterprise(coordinator: Person) -> None:
    coordinator.window.go("enterprise", "e")
    coordinator.until(lambda: coordinator.reads("新型滤料项目"))
    coordinator.settle()
    coordinator.press("发起评审")
    coordinator.until(lambda: coordinator.window.current_page == "reviews")
    page = coordinator.window.page
    coordinator.until(lambda: page.form.form is not None)
    assert "enterprise" not in page.form.editors
    page.form.put("scheme", "ten")
    coordinator.write(page.form.editors["title"].target, "新能源零件项目")
    coordinator.write(page.form.editors["investment"].target, "12000")
    picture(coordinator.window, "reviews-open")
    page.form.editors["title"].target.setFocus()
    submit(coordinator)
    coordinator.until(
        lambda: coordinator.window.current_page == "review" and coordinator.window.page.shown is not None
    )
    coordinator.settle()
    one = coordinator.window.page
    assert coordinator.reads("还没有评委。按 P 定评委")
    assert coordinator.reads("评委至少 3 人，现在只有 0 人")
    coordinator.press("定评委  P")
    form = form_open(coordinator, one)
    form.put("people", ["p-officer", "p-handler", "p-revisitor"])
    picture(coordinator.window, "review-name")
    form.submit.click()
    coordinator.until(lambda: len(one.shown.parts) == 3)
    coordinator.settle()
    one.table.setFocus()
    coordinator.key(K.Key_K)
    coordinator.until(lambda: one.shown.line.state is ReviewState.RUNNING)
    coordinator.settle()
    assert coordinator.reads("还没有交表：王联络、赵经办、孙回访")
    picture(coordinator.window, "review-scoring")


def test_a_reviewer_declares_fills_and_hands_in(officer: Person) -> None:
    officer.open("today")
    officer.until(lambda: officer.reads("评审「年产三万吨陶瓷填料项目」要我声明"))
    officer.settle()
    page = at(officer, "scoring")
    assert officer.reads("您是评委。先作利益关联声明")
    page.table.setFocus()
    officer.key(K.Key_S)
    form = form_open(officer, page)
    form.put("clear", "yes")
    picture(officer.window, "review-declare")
    form.submit.click()
    officer.until(lambda: page.shown.line.mine is ReviewerState.CLEAR)
    officer.settle()
    officer.press("填评分表  T")
    officer.until(lambda: officer.window.current_page == "review_filling" and officer.window.page.session)
    officer.settle()
    filling = officer.window.page
    assert officer.reads("十看十察项目评审表")
    picture(officer.window, "review-filling")
    fill_in(filling.session.filling)
    filling.finish()
    officer.until(lambda: officer.window.current_page == "review")
    officer.until(lambda: page.shown.line.mine is ReviewerState.HANDED_IN)
    officer.settle()
    assert page.row.names == ()
    assert not officer.reads("分（档分")


def test_who_is_partial_steps_aside(officer: Person) -> None:
    page = at(officer, "scoring")
    officer.press("利益关联声明  S")
    form = form_open(officer, page)
    form.put("clear", "no")
    officer.settle()
    officer.write(form.editors["reason"].target, "配偶在该企业任职")
    form.submit.click()
    officer.until(lambda: page.shown.line.mine is ReviewerState.CONFLICT)
    officer.settle()
    assert officer.reads("您声明了利益关联，已经回避。")
    assert page.row.names == ()


def test_single_scores_after_closing_and_none_before(coordinator: Person) -> None:
    page = at(coordinator, "vetoed")
    assert coordinator.reads("一票否决：淘汰类产业。分数再高也不推荐。")
    page.table.choose("/p-revisitor")
    coordinator.settle()
    assert coordinator.reads("83.80")
    picture(coordinator.window, "review-closed")
    page.views.choose("facts")
    assert coordinator.reads("推荐 80 分、附条件推荐 70 分、补充尽调 60 分")
    coordinator.key(K.Key_Escape)
    coordinator.settle()
    page = at(coordinator, "ready")
    assert coordinator.reads("汇总后协调员、领导可见")
    coordinator.press("汇总评分  J")
    form_open(coordinator, page).submit.click()
    coordinator.until(lambda: page.shown.line.state is ReviewState.CLOSING)
    coordinator.settle()
    assert coordinator.reads("同步后由中心汇总出结果")


def test_gates_by_keys(coordinator: Person) -> None:
    page = at(coordinator, "joint")
    assert coordinator.reads("缺意见：园区管委会。缺意见不能进入下一关")
    picture(coordinator.window, "review-joint")
    assert page.table.choose("2 部门联审/park")
    page.table.setFocus()
    coordinator.key(K.Key_Return)
    form = form_open(coordinator, page)
    form.put("stance", "object")
    coordinator.write(form.editors["by"].target, "园区刘主任")
    coordinator.write(form.editors["text"].target, "地价低于成本")
    picture(coordinator.window, "review-opinion")
    form.submit.click()
    coordinator.until(lambda: coordinator.reads("没有说明采纳情况：财政局、园区管委会"))
    coordinator.settle()
    for seat in ("finance", "park"):
        assert page.table.choose(f"2 部门联审/{seat}")
        page.table.setFocus()
        coordinator.key(K.Key_2)
        form = form_open(coordinator, page)
        form.put("adopted", "yes")
        coordinator.write(form.editors["answer"].target, "已改入协议第三条")
        form.submit.click()
        coordinator.until(lambda: not page.panel.busy_with_form)
        coordinator.settle()
    coordinator.press("过关  G")
    form_open(coordinator, page).submit.click()
    coordinator.until(lambda: page.shown.line.progress == "分管领导联席会")
    coordinator.settle()
    page.views.choose("trail")
    assert coordinator.reads("李协调（协调员）过关：部门联审")


def test_a_checklist_of_due_diligence(officer: Person) -> None:
    page = at(officer, "diligence")
    picture(officer.window, "review-diligence")
    assert page.table.choose("/technology")
    page.table.setFocus()
    officer.key(K.Key_1)
    form = form_open(officer, page)
    form.put("finding", "doubt")
    form.submit.click()
    officer.until(lambda: officer.reads("存疑或有问题的，请写明情况"))
    officer.write(form.editors["text"].target, "核心专利还在申请人名下")
    form.submit.click()
    officer.until(lambda: not page.panel.busy_with_form)
    officer.settle()
    assert reviews.review_of(officer.window.desk, "diligence").checks["technology"].finding == "doubt"


def test_a_handler_sees_his_seat_and_fetching_is_offered_to_who_may(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(review_desk("handler", tmp_path / "h"), qtbot) as person:
        person.window.go("review", "ready")
        person.until(lambda: person.window.current_page == "review" and person.window.page.shown is not None)
        person.settle()
        assert person.reads("高温窑炉节能改造项目")
        assert person.window.page.row.names == ()
        assert english(person.texts(), ("PS-1", "正式-PS-1")) == []
    with window_of(review_desk("coordinator", tmp_path / "c", held=False), qtbot) as person:
        at_rows = listed(person)
        at_rows.table.setFocus()
        person.key(K.Key_Return)
        person.until(lambda: person.reads("还没有取到本机"))
        person.press("取资料")
        person.until(lambda: "e:e" in (person.window.desk.store.kv("want") or []))
        person.settle()


def test_a_leader_looks_and_changes_nothing(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(review_desk("leader", tmp_path / "desk"), qtbot) as person:
        page = at(person, "joint")
        assert page.row.names == ()
        assert page.panel.row.names == ()
        assert english(person.texts(), ("PS-1", "正式-PS-1")) == []
