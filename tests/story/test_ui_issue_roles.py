"""Handler, revisitor, leader, officer and coordinator at their issues, as they act: keys, buttons, forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.domain.issue import IssueState
from app.services import issues
from tests.support.issue_desks import desk_of
from tests.support.pictures import picture
from tests.support.windows import Person, english, window_of

pytestmark = pytest.mark.slow
At = Callable[[str], Person]


@pytest.fixture
def at(tmp_path: Path, qtbot: QtBot) -> Iterator[At]:
    """Somebody at the page of issues."""
    with ExitStack() as open_:

        def sit_down(role: str) -> Person:
            person = open_.enter_context(window_of(desk_of(role, tmp_path / role), qtbot))
            person.open("issues")
            return person

        yield sit_down


def issue(person: Person, id: str) -> Any:
    page = issues.page(person.window.desk, id)
    assert page is not None
    return page.issue


def choose(person: Person, id: str) -> Any:
    page = person.window.page
    page.show_target(id)
    person.until(lambda: page.panel.page is not None and page.panel.page.issue.id == id)
    person.settle()
    return page


def form_of(person: Person, word: str) -> Any:
    """Press a move's button and wait for its form."""
    form = person.window.page.panel.area.form
    person.press(word)
    person.until(lambda: form.form is not None and form.form.word == word)
    person.settle()
    return form


def field(form: Any, name: str) -> QWidget:
    target = form.editors[name].target
    assert isinstance(target, QWidget)
    return target


def send(person: Person) -> None:
    person.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def test_a_handler_signs_by_a_letter_and_hands_the_result_in(at: At) -> None:
    person = at("handler")
    page = choose(person, "assigned")
    picture(person.window, "department")
    page.table.setFocus()
    person.key(Qt.Key.Key_S)
    person.until(lambda: issue(person, "assigned").state is IssueState.IN_WORK)
    person.settle()
    page = choose(person, "assigned")
    form = form_of(person, "提交结果")
    form.put("result", "unable")
    person.write(field(form, "answer"), "今年没有计划")
    send(person)
    person.until(lambda: person.reads("请填写「没解决的原因」"))
    person.write(field(form, "unresolved_reason"), "线路容量已满")
    picture(person.window, "department-answer")
    send(person)
    person.until(lambda: issue(person, "assigned").state is IssueState.ANSWERED)
    person.settle()
    assert issue(person, "assigned").unresolved_reason == "线路容量已满"
    assert person.reads("已提交结果")


def test_a_handler_answers_supervision_and_whistle_from_today(at: At) -> None:
    person = at("handler")
    person.open("today")
    picture(person.window, "department-today")
    person.press("去办：督办待回复")
    person.until(lambda: person.window.current_page == "issues")
    page = person.window.page
    person.until(lambda: page.panel.page is not None and page.panel.page.issue.id == "supervised")
    form = form_of(person, "回复督办")
    person.write(field(form, "reply"), "周五前答复企业")
    send(person)
    person.until(
        lambda: not issues.page(person.window.desk, "supervised").supervisions[0].reply.startswith("等")
    )
    choose(person, "whistled")
    form = form_of(person, "回应吹哨")
    person.write(field(form, "text"), "已到现场")
    send(person)
    person.until(lambda: issue(person, "whistled").whistle_answered == ["economy"])


def test_a_revisitor_sees_the_phone_when_he_asks_and_an_unhappy_enterprise_sends_it_back(at: At) -> None:
    person = at("revisitor")
    page = choose(person, "to_revisit")
    assert page.groups.key == "to_revisit"
    assert person.reads("138****0022")
    person.press("显示电话")
    assert person.reads("13812340022")
    form = form_of(person, "回访")
    picture(person.window, "revisit")
    form.put("answered", "yes")
    form.put("solved", "partly")
    form.put("satisfaction", "satisfied")
    assert form.editors["agree_close"].isVisible()
    assert not form.editors["dissatisfaction"].isVisible()
    form.put("satisfaction", "dissatisfied")
    assert not form.editors["agree_close"].isVisible()
    form.editors["dissatisfaction"].boxes["time"].click()
    picture(person.window, "revisit-unhappy")
    form.submit.setFocus()
    send(person)
    person.until(lambda: issue(person, "to_revisit").state is IssueState.IN_WORK)
    made = issue(person, "to_revisit")
    assert (made.dissatisfaction, made.reopened) == (["time"], 1)


def test_an_enterprise_that_cannot_be_reached_is_written_down(at: At) -> None:
    person = at("revisitor")
    choose(person, "to_revisit")
    form = form_of(person, "联系不上")
    assert person.reads("第 1 个记录的日子")
    person.write(field(form, "text"), "无人接听")
    send(person)
    person.until(lambda: len(issue(person, "to_revisit").contacts) == 1)
    person.settle()
    assert person.reads("1 天")


def test_a_leader_extends_rules_and_reads_everything(at: At) -> None:
    person = at("leader")
    page = choose(person, "extension_high")
    picture(person.window, "leader")
    form = form_of(person, "同意延期")
    assert person.reads("申请延长 5 个工作日")
    form.submit.click()
    person.until(lambda: issue(person, "extension_high").state is IssueState.IN_WORK)
    person.settle()
    choose(person, "ruling")
    assert page.groups.key in ("all", "ruling")
    page.panel.form.department.setCurrentIndex(page.panel.form.department.findData("housing"))
    person.settle()
    person.press("交办")
    person.until(lambda: issue(person, "ruling").ruled)
    choose(person, "extension_high")
    form = form_of(person, "挂账")
    form.put("ground", "funds")
    person.write(field(form, "reason"), "等指标")
    send(person)
    person.until(lambda: issue(person, "extension_high").state is IssueState.SUSPENDED)


def test_an_officer_registers_an_issue_outside_a_visit(at: At, tmp_path: Path) -> None:
    person = at("officer")
    page = person.window.page
    person.key(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    person.until(lambda: page.raising.form.form is not None)
    form = page.raising.form
    form.put("enterprise", "e")
    form.put("source", "hotline")
    person.write(field(form, "title"), "宿舍热水不够")
    form.put("category", "07")
    person.write(field(form, "description"), "三十人共用一台")
    photo = tmp_path / "热水器.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n0000")
    page.raising.take_files([photo])
    person.settle()
    picture(person.window, "raise")
    send(person)
    person.until(lambda: page.panel.isVisible() and person.reads("已登记上报"))
    person.settle()
    (made,) = [line for line in issues.listing(person.window.desk) if line.title == "宿舍热水不够"]
    person.until(lambda: page.panel.page is not None and page.panel.page.issue.id == made.id)
    assert (made.source, made.category_code) == ("hotline", "07")
    person.until(lambda: person.reads("热水器.png"))


def test_an_officer_tells_the_refused_enterprise_and_asks_for_review(at: At) -> None:
    person = at("officer")
    choose(person, "refused")
    assert person.reads("请通过法院解决。")
    form = form_of(person, "申请复核")
    person.write(field(form, "reason"), "企业有新材料")
    send(person)
    person.until(lambda: issue(person, "refused").appealed)
    choose(person, "closed")
    person.press("再次反映")
    page = person.window.page
    person.until(lambda: page.raising.form.form is not None)
    assert person.reads("关联原诉求")
    page.raising.form.drop.click()
    assert page.panel.isVisible()


def test_several_are_accepted_and_assigned_at_once(at: At) -> None:
    person = at("coordinator")
    page = choose(person, "reported")
    page.groups.choose("reported")
    person.settle()
    page.table.setFocus()
    page.table.selectRow(0)
    for _ in range(3):
        person.key(Qt.Key.Key_Space)
        person.key(Qt.Key.Key_J)
    assert person.reads("已选 3 件")
    person.press("受理并交办")
    form = page.batch.area.form
    person.until(lambda: form.form is not None)
    form.put("department", "economy")
    picture(person.window, "dispatch-batch")
    form.submit.click()
    person.until(lambda: issue(person, "reported").state is IssueState.ASSIGNED)
    person.settle()
    assert person.reads("3 件已办。")
    assert {issue(person, id).department for id in ("reported", "reported_too", "whistled")} == {"economy"}
    assert not page.batch.isVisible()


def test_what_a_batch_could_not_do_stays_chosen_with_the_reason(at: At) -> None:
    person = at("coordinator")
    page = person.window.page
    page.model.tick(["extension", "extension_high"])
    person.settle()
    form = page.batch.area.form
    person.press("同意延期")
    person.until(lambda: form.form is not None)
    form.submit.click()
    person.until(lambda: issue(person, "extension").state is IssueState.IN_WORK)
    person.settle()
    assert person.reads("三、四级诉求的延期由领导审批。")
    assert person.reads("已选 1 件")
    picture(person.window, "dispatch-batch-problem")


def test_the_board_shows_states_as_columns_and_opens_with_enter(at: At) -> None:
    person = at("coordinator")
    page = person.window.page
    page.table.setFocus()
    person.key(Qt.Key.Key_B)
    assert page.board.isVisible()
    person.settle()
    picture(person.window, "board")
    assert page.board.columns[IssueState.ANSWERED].count() == 1
    page.board.choose("answered")
    page.board.focus()
    person.key(Qt.Key.Key_Right)
    assert page.board.current == "to_revisit"
    person.until(lambda: page.panel.page is not None and page.panel.page.issue.id == "to_revisit")
    person.key(Qt.Key.Key_Return)
    assert page.table.isVisible()
    assert page.table.current.id == "to_revisit"


def test_filters_narrow_the_list_and_say_so(at: At) -> None:
    person = at("coordinator")
    page = person.window.page
    page.groups.choose("working")
    person.press("筛选")
    page.filters.supervised.click()
    person.settle()
    assert [row.id for row in page.model.rows] == ["supervised"]
    picture(person.window, "dispatch-filters")
    person.write(page.filters.text, "没有这样的")
    assert person.reads("没有符合筛选的诉求")
    person.press("清除筛选")
    assert len(page.model.rows) > 3


def test_the_four_sheets_and_the_verdict_of_a_coordinator(at: At) -> None:
    person = at("coordinator")
    page = choose(person, "answered")
    for word, part in (
        ("诉求单", "陈厂长"),
        ("交办单", "工业和信息化局"),
        ("办理单", "已增容 500 千伏安"),
        ("评价单", "还没有内容"),
    ):
        person.press(word)
        person.until(lambda part=part: person.reads(part))
    picture(person.window, "sheets")
    form = form_of(person, "退回重办")
    form.drop.click()
    page.table.setFocus()
    person.key(Qt.Key.Key_V)
    person.until(lambda: issue(person, "answered").state is IssueState.TO_REVISIT)


@pytest.mark.parametrize("role", ["coordinator", "leader", "handler", "revisitor", "officer"])
def test_nobody_meets_english_among_issues(at: At, role: str) -> None:
    person = at(role)
    page = person.window.page
    account = (role, str(person.window.desk.folder.root))
    for line in issues.listing(person.window.desk):
        page.show_target(line.id)
        person.until(lambda id=line.id: page.panel.page is not None and page.panel.page.issue.id == id)
        person.settle()
        assert english(person.texts(), account) == []


def test_no_two_moves_that_can_be_made_have_the_same_letter(at: At) -> None:
    from app.domain.issue_moves import TRANSITIONS
    from app.domain.people import Role
    from ui.issues.letters import BOARD, FORMER, LETTERS, NEXT

    for role in Role:
        for state in IssueState:
            found = [
                LETTERS[name]
                for name, row in TRANSITIONS.items()
                if name in LETTERS and role in row.roles and state in row.sources
            ]
            assert len(found) == len(set(found)), (role, state)
            assert not {BOARD, FORMER, NEXT} & set(found)
