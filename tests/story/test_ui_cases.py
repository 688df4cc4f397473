"""Somebody at the pages of 代办: registering a case, its steps by keys, what stands in the way, closing, the Gantt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.domain.agency_case import CaseState, StepState
from app.services import cases
from tests.support.case_desks import case_desk
from tests.support.desks import officer_desk
from tests.support.pictures import picture
from tests.support.windows import Person, english, window_of

K = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def officer(tmp_path: Path, qtbot: QtBot) -> Iterator[Person]:
    with window_of(case_desk("officer", tmp_path / "desk"), qtbot) as person:
        yield person


def at(person: Person, id: str) -> Any:
    """The case's page, opened from the list by Enter."""
    page = person.open("cases")
    person.until(lambda: page.model.rowCount() > 0)
    page.groups.choose("all")
    assert page.table.choose(id)
    page.table.setFocus()
    person.key(K.Key_Return)
    person.until(lambda: person.window.current_page == "case" and person.window.page.shown is not None)
    person.settle()
    return person.window.page


def submit(person: Person) -> None:
    person.key(K.Key_Return, CONTROL)
    person.settle()


def case(person: Person, id: str) -> Any:
    return cases.case_of(person.window.desk, id)


def choose_file(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    path.write_bytes(b"\xff\xd8\xff signed")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_args: ([str(path)], ""))


def test_the_list_by_groups_and_words(officer: Person) -> None:
    page = officer.open("cases")
    officer.until(lambda: page.model.rowCount() == 5)
    assert officer.window.navigation.item("cases").count == "5"
    assert officer.reads("年产两万吨窑具项目")
    picture(officer.window, "cases")
    page.groups.choose("suspended")
    assert officer.reads("老厂房办证")
    page.groups.choose("all")
    page.type.setCurrentIndex(page.type.findData("claim"))
    assert [row.id for row in page.model.rows] == ["commissioned"]
    officer.write(page.text, "没有这件")
    assert officer.reads("这一组里没有代办。")


def test_an_empty_list_says_what_to_do(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(officer_desk(tmp_path / "desk"), qtbot) as person:
        person.open("cases")
        assert person.reads("还没有代办。点「登记代办」")


def test_a_case_from_the_first_word_to_the_commission(
    officer: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = officer.open("cases")
    officer.press("登记代办")
    officer.until(lambda: page.form.form is not None)
    page.form.put("enterprise", "e")
    page.form.put("template", "landing")
    officer.write(page.form.editors["contact_name"].target, "陈厂长")
    page.form.editors["title"].target.setFocus()
    submit(officer)
    assert officer.reads("请先确认「企业自愿、无偿代办；不涉密、不涉安全」")
    page.form.put("fit", True)
    picture(officer.window, "cases-open")
    submit(officer)
    officer.until(lambda: officer.window.current_page == "case" and officer.window.page.shown is not None)
    officer.settle()
    one = officer.window.page
    assert officer.reads("还没有签字的委托书")
    one.step_table.setFocus()
    officer.key(K.Key_M)
    officer.until(lambda: one.panel.busy_with_form)
    officer.write(one.panel.form.editors["names"].target, "营业执照副本、公章")
    one.panel.form.put("original", True)
    submit(officer)
    officer.until(lambda: len(case(officer, one.case).materials) == 2)
    officer.settle()
    one.views.choose("materials")
    assert officer.reads("公章（原件）")
    one.views.choose("files")
    choose_file(monkeypatch, tmp_path / "委托书.jpg")
    officer.press("添加：委托书签字件")
    officer.until(lambda: officer.can_press("签委托"))
    officer.press("签委托")
    officer.until(lambda: one.panel.busy_with_form)
    assert one.panel.form.values()["signed_by"] == "陈厂长"
    picture(officer.window, "case-commission")
    one.panel.form.editors["signed_by"].target.setFocus()
    submit(officer)
    officer.until(lambda: case(officer, one.case).state is CaseState.COMMISSIONED)
    officer.settle()
    assert [agent.name for agent in case(officer, one.case).agents] == ["王联络"]


def test_steps_by_keys(officer: Person) -> None:
    page = at(officer, "seven")
    picture(officer.window, "case-steps")
    assert officer.reads("企业与部门见过 1 次面")
    page.step_table.choose("construction")
    assert officer.reads("启动：要等前置环节办结：用地、环境影响评价、节能审查")
    page.step_table.choose("energy")
    page.step_table.setFocus()
    officer.key(K.Key_T)
    officer.until(lambda: page.panel.busy_with_form)
    page.panel.form.put("reason", "assessment")
    picture(officer.window, "case-stop")
    page.panel.form.editors["reason"].target.setFocus()
    submit(officer)
    officer.until(lambda: case(officer, "seven").steps["energy"].stop is not None)
    officer.settle()
    assert officer.reads("停钟：评估")
    page.step_table.choose("siting")
    page.step_table.setFocus()
    officer.key(K.Key_Return)
    officer.until(lambda: page.panel.busy_with_form)
    officer.write(page.panel.form.editors["number"].target, "XZ-2026-9")
    submit(officer)
    officer.until(lambda: case(officer, "seven").steps["siting"].state is StepState.DONE)
    officer.settle()
    page.views.choose("trail")
    assert officer.reads("规划选址 · 环节办结：XZ-2026-9")


def test_the_gantt_reads_in_every_look(officer: Person) -> None:
    page = at(officer, "seven")
    page.views.choose("gantt")
    officer.settle()
    assert page.gantt.isVisible()
    assert not page.panel.isVisible()
    told = page.gantt.accessibleDescription()
    assert "环境影响评价：计划" in told
    assert "停钟" in told
    assert "可行性研究：不涉及" in told
    picture(officer.window, "case-gantt")
    image = page.gantt.grab().toImage()
    colours = {
        image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)
    }
    assert len(colours) > 8


def test_the_contact_rule_is_asked_for_and_warned_of(officer: Person) -> None:
    page = at(officer, "seven")
    page.step_table.setFocus()
    officer.key(K.Key_L)
    officer.until(lambda: page.panel.busy_with_form)
    form = page.panel.form
    form.put("sides", ["enterprise", "department"])
    form.put("department", "environment")
    officer.write(form.editors["people"].target, "陈厂长，刘工")
    officer.write(form.editors["about"].target, "补交总量来源")
    submit(officer)
    officer.until(lambda: officer.reads("企业与部门见了面，请写明原因"))
    officer.write(form.editors["why"].target, "要法人当面说明")
    picture(officer.window, "case-contact")
    form.editors["people"].target.setFocus()
    submit(officer)
    officer.until(lambda: case(officer, "seven").meetings == 2)
    officer.settle()
    page.views.choose("contacts")
    assert officer.reads("企业与部门见面：要法人当面说明")
    picture(officer.window, "case-contacts")


def test_closing_by_both(officer: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = at(officer, "finished")
    assert officer.reads("还没有签字的办结单")
    page.views.choose("files")
    choose_file(monkeypatch, tmp_path / "办结单.jpg")
    officer.press("添加：办结单签字件")
    for word in ("企业确认办结", "代办员确认办结", "办结"):
        officer.until(lambda word=word: any(name in page.row.buttons for name in _names(page, word)))
        (name,) = _names(page, word)
        page.row.buttons[name].click()
        officer.until(lambda: page.panel.busy_with_form)
        form = page.panel.form
        if "signed_by" in form.editors:
            officer.write(form.editors["signed_by"].target, "陈厂长")
        form.submit.click()
        officer.until(lambda: not page.panel.busy_with_form)
        officer.settle()
    assert case(officer, "finished").state is CaseState.SETTLED
    picture(officer.window, "case-settled")


def _names(page: Any, word: str) -> list[str]:
    return [name for name, button in page.row.buttons.items() if button.accessibleName() == word]


def test_a_paper_opens_in_the_preview(officer: Person) -> None:
    page = at(officer, "consulting")
    page.paper_button.click()
    officer.until(lambda: officer.window.current_page == "preview")
    officer.settle()


def test_a_coordinator_accepts_and_fetches_what_is_not_here(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(case_desk("coordinator", tmp_path / "desk"), qtbot) as person:
        at(person, "commissioned")
        person.press("受理  S")
        person.until(lambda: case(person, "commissioned").state is CaseState.ACCEPTED)
        person.settle()
    with window_of(case_desk("coordinator", tmp_path / "rows", held=False), qtbot) as person:
        page = person.open("cases")
        person.until(lambda: page.model.rowCount() > 0)
        page.table.setFocus()
        person.key(K.Key_Return)
        person.until(lambda: person.reads("还没有取到本机"))
        person.press("取资料")
        person.until(lambda: "e:e" in (person.window.desk.store.kv("want") or []))
        person.settle()


def test_a_leader_looks_and_changes_nothing(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(case_desk("leader", tmp_path / "desk"), qtbot) as person:
        person.open("cases")
        assert not person.can_press("登记代办")
        page = at(person, "seven")
        assert page.row.names == ()
        assert page.panel.row.names == ()
        assert not person.can_press("添加这个环节的文件")
        assert english(person.texts(), ("PF-1", "SL-1")) == []


def test_from_the_enterprise_and_back(officer: Person) -> None:
    officer.window.go("enterprise", "e")
    officer.until(lambda: officer.reads("老厂房办证"))
    officer.settle()
    assert officer.reads("代办「年产两万吨窑具项目」")
    officer.press("登记代办")
    officer.until(lambda: officer.window.current_page == "cases")
    page = officer.window.page
    officer.until(lambda: page.form.form is not None)
    assert "enterprise" not in page.form.editors
