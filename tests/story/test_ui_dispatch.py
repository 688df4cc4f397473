"""The coordinator at the dispatch desk (调度台)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain.issue import IssueState
from app.services import issues
from tests.support.desks import coordinator_desk
from tests.support.pictures import picture
from tests.support.windows import Person, english, window_of


@pytest.fixture
def coordinator(tmp_path: Path, qtbot: QtBot) -> Iterator[Person]:
    with window_of(coordinator_desk(tmp_path / "desk"), qtbot) as person:
        person.open("issues")
        yield person


def state_of(person: Person, id: str) -> IssueState:
    page = issues.page(person.window.desk, id)
    assert page is not None
    return page.issue.state


def choose(person: Person, id: str) -> None:
    page = person.window.page
    page.show_target(id)
    person.until(lambda: page.panel.page is not None and page.panel.page.issue.id == id)
    person.settle()


def test_it_opens_with_what_waits_and_counts_every_group(coordinator: Person) -> None:
    page = coordinator.window.page
    assert page.groups.key == "reported"
    assert coordinator.reads("待受理 3")
    assert coordinator.reads("办理中 3")
    assert coordinator.reads("红 1")
    assert coordinator.window.navigation.names[:2] == ("today", "issues")
    coordinator.settle()
    picture(coordinator.window, "dispatch")


def test_the_classification_suggests_department_and_limit_with_its_deadline(coordinator: Person) -> None:
    choose(coordinator, "issue-4")
    form = coordinator.window.page.panel.form
    form.category.setCurrentIndex(form.category.findData("08"))
    coordinator.settle()
    suggested = issues.suggestion(coordinator.window.desk, form.value().subcategory)
    assert form.value().department == suggested.department
    assert form.limit.value() == suggested.limit_days
    form.limit.setValue(15)
    coordinator.until(lambda: "12月14日 17:30（还有 15 个工作日）" in form.due.text())


def test_accepting_and_assigning_in_one_go(coordinator: Person) -> None:
    choose(coordinator, "issue-4")
    page = coordinator.window.page
    form = page.panel.form
    form.department.setCurrentIndex(form.department.findData("power"))
    coordinator.until(lambda: form.handler.count() == 2)
    form.handler.setCurrentIndex(1)
    coordinator.write(form.requirement, "年前送电")
    coordinator.press("受理并交办")
    coordinator.until(lambda: state_of(coordinator, "issue-4") is IssueState.ASSIGNED)
    coordinator.settle()
    made = issues.page(coordinator.window.desk, "issue-4")
    assert made is not None
    assert (made.issue.department_name, made.issue.handler_name) == ("供电公司", "李强")
    assert made.issue.requirement == "年前送电"
    assert made.issue.due_at is not None
    assert coordinator.reads("待受理 2")
    assert coordinator.reads("待发送 2 项")
    assert coordinator.reads("已受理并交办")


def test_without_a_department_it_says_what_is_missing(coordinator: Person) -> None:
    choose(coordinator, "issue-4")
    form = coordinator.window.page.panel.form
    form.department.setCurrentIndex(0)
    coordinator.press("受理并交办")
    assert coordinator.reads("还没有选主办部门")
    assert state_of(coordinator, "issue-4") is IssueState.REPORTED


def test_giving_back_wants_a_reason(coordinator: Person) -> None:
    choose(coordinator, "issue-5")
    page = coordinator.window.page
    coordinator.press("退回补正")
    form = page.panel.area.form
    coordinator.until(lambda: form.form is not None)
    assert form.editors["reason"].target.hasFocus()
    coordinator.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    coordinator.until(lambda: coordinator.reads("请填写「退回原因」"))
    coordinator.write(form.editors["reason"].target, "缺宗地编号")
    picture(coordinator.window, "dispatch-return")
    coordinator.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    coordinator.until(lambda: state_of(coordinator, "issue-5") is IssueState.DRAFT)
    coordinator.settle()
    assert coordinator.reads("待补正 2")


def test_accepting_first_and_assigning_later(coordinator: Person) -> None:
    choose(coordinator, "issue-4")
    coordinator.press("受理")
    coordinator.until(lambda: state_of(coordinator, "issue-4") is IssueState.ACCEPTED)
    coordinator.settle()
    choose(coordinator, "issue-4")
    page = coordinator.window.page
    assert page.groups.key == "accepted"
    assert not page.panel.form.category.isVisible()
    page.panel.form.department.setCurrentIndex(page.panel.form.department.findData("power"))
    coordinator.press("交办")
    coordinator.until(lambda: state_of(coordinator, "issue-4") is IssueState.ASSIGNED)


def test_an_issue_whose_enterprise_is_not_here_is_asked_for(coordinator: Person) -> None:
    page = coordinator.window.page
    page.show_target("issue-6")
    coordinator.until(lambda: "e:ent-5" in (coordinator.window.desk.store.kv("want") or []))
    coordinator.until(lambda: not coordinator.window.sync.running)
    coordinator.settle()
    # There is no centre at that address: it stays a wish, and the window says where it stands.
    assert coordinator.reads("这家企业的资料不在本机")
    assert coordinator.reads("离线")
    assert coordinator.can_press("取资料")


def test_nobody_meets_english_at_the_dispatch_desk(coordinator: Person) -> None:
    for name in coordinator.window.navigation.names:
        coordinator.open(name)
        assert english(coordinator.texts(), ("chenjing", str(coordinator.window.desk.folder.root))) == []
