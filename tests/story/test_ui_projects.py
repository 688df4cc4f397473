"""Somebody at the pages of 项目: registering one, its stages, milestones and months, the weekly report, the chart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain.project import Project, Stage
from app.services import projects
from tests.support.desks import NOW, officer_desk
from tests.support.pictures import picture
from tests.support.project_desks import FRIDAY, file_report, project_desk
from tests.support.windows import Person, english, window_of

K = Qt.Key
pytestmark = pytest.mark.slow
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def officer(tmp_path: Path, qtbot: QtBot) -> Iterator[Person]:
    with window_of(project_desk("officer", tmp_path / "desk", lambda: FRIDAY), qtbot) as person:
        yield person


def at(person: Person, id: str) -> Any:
    """The project's page, from 代办 by its list and Enter."""
    person.open("cases")
    person.press("项目")
    person.until(lambda: person.window.current_page == "projects" and person.window.page.model.rowCount() > 0)
    page = person.window.page
    page.groups.choose("all")
    assert page.table.choose(id)
    page.table.setFocus()
    person.key(K.Key_Return)
    person.until(lambda: person.window.current_page == "project" and person.window.page.shown is not None)
    person.settle()
    return person.window.page


def submit(person: Person) -> None:
    person.key(K.Key_Return, CONTROL)
    person.settle()


def project(person: Person, id: str) -> Project:
    return projects.project_of(person.window.desk, id)


def test_the_list_by_class(officer: Person) -> None:
    at(officer, "going")
    officer.window.go("projects")
    page = officer.window.page
    officer.until(lambda: page.model.rowCount() > 0)
    officer.settle()
    page.groups.choose("open")
    picture(officer.window, "projects")
    for text in ("滞后 31 天", "签约未建", "陶瓷填料技改项目", "逾期 7 天"):
        assert officer.reads(text), text
    page.groups.choose("unbegun")
    assert [line.id for line in page.model.rows] == ["unbegun"]
    officer.write(page.text, "没有这个")
    assert officer.reads("这一组里没有项目。")


def test_an_empty_list_says_what_to_do(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(officer_desk(tmp_path / "desk"), qtbot) as person:
        person.open("cases")
        person.press("项目")
        person.until(lambda: person.window.current_page == "projects")
        person.until(lambda: person.reads("还没有项目。点「登记项目」"))


def test_registering_one_from_the_enterprise(officer: Person) -> None:
    officer.window.go("enterprise", "e")
    officer.until(lambda: officer.reads("年产两万吨窑具项目"))
    officer.settle()
    officer.press("登记项目")
    officer.until(lambda: officer.window.current_page == "projects")
    page = officer.window.page
    officer.until(lambda: page.form.form is not None)
    assert "enterprise" not in page.form.editors
    officer.write(page.form.editors["title"].target, "三期厂房")
    page.form.put("signed_on", "2026-11-02")
    page.form.put("planned.started", "2027-01-10")
    picture(officer.window, "project-open")
    page.form.editors["title"].target.setFocus()
    submit(officer)
    officer.until(lambda: officer.window.current_page == "project" and officer.window.page.shown is not None)
    officer.settle()
    one = officer.window.page
    assert officer.reads("三期厂房")
    made = project(officer, one.project)
    days = {one.name: one.planned_on for _, one in made.ordered}
    assert days["开工"] == "2027-01-10"
    assert list(days) == ["开工", "竣工", "试产", "投产"]
    picture(officer.window, "project-new")


def test_stages_milestones_and_months_by_keys(officer: Person) -> None:
    page = at(officer, "late")
    assert officer.reads("逐个难题定人、定期限")
    page.views.choose("milestones")
    page.milestones.setFocus()
    officer.key(K.Key_P)
    officer.until(lambda: page.form.form is not None)
    officer.write(page.form.editors["name"].target, "设备进场")
    page.form.put("planned_on", "2026-12-10")
    picture(officer.window, "project-milestone")
    page.form.editors["name"].target.setFocus()
    submit(officer)
    officer.until(lambda: len(project(officer, "late").milestones) == 3)
    officer.settle()
    officer.key(K.Key_S)
    officer.until(lambda: page.form.form is not None)
    page.form.editors["day"].target.setFocus()
    submit(officer)
    officer.until(lambda: project(officer, "late").stage is Stage.STRUCTURE)
    officer.settle()
    page.views.choose("months")
    page.views.chip("months").setFocus()
    officer.key(K.Key_M)
    officer.until(lambda: page.form.form is not None)
    officer.write(page.form.editors["planned_fen"].target, "一百万")
    submit(officer)
    officer.until(lambda: officer.reads("金额「一百万」读不出来"))
    page.form.put("planned_fen", "120.5")
    page.form.editors["planned_fen"].target.setFocus()
    submit(officer)
    officer.until(lambda: project(officer, "late").months)
    officer.settle()
    assert project(officer, "late").months["2026-11"].planned_fen == 120_500_000
    assert officer.reads("2026年合计")
    page.views.choose("trail")
    assert officer.reads("转入主体")


def test_the_chart_in_every_look(officer: Person) -> None:
    page = at(officer, "going")
    assert page.gantt.isVisible()
    told = page.gantt.accessibleDescription()
    assert "主体封顶：计划 5月20日–10月30日；实际 4月28日–11月2日" in told
    assert "竣工：计划 10月31日–12月20日；实际 11月2日起" in told
    picture(officer.window, "project-gantt")
    for view in ("milestones", "months", "facts"):
        page.views.choose(view)
        officer.settle()
        picture(officer.window, f"project-{view}")
    assert officer.reads("8000 万元")


def test_the_weekly_report_is_filled_from_the_project(officer: Person) -> None:
    at(officer, "going")
    assert not officer.can_press("本周无变化")
    officer.press("填周报")
    officer.until(lambda: officer.window.current_page == "entry_filling")
    officer.settle()
    assert officer.reads("年产两万吨窑具项目")


def test_no_change_in_one_press(tmp_path: Path, qtbot: QtBot) -> None:
    now = [FRIDAY]
    desk = project_desk("officer", tmp_path / "desk", lambda: now[0])
    file_report(desk)
    now[0] += timedelta(days=7)
    with window_of(desk, qtbot) as person:
        today = person.open("today")
        person.until(lambda: person.reads("「年产两万吨窑具项目」2026年第48周周报今天 17:00 前报"))
        assert today is not None
        page = at(person, "going")
        person.press("本周无变化")
        person.until(lambda: page.form.form is not None)
        person.write(page.form.editors["reason"].target, "等施工队进场")
        picture(person.window, "project-unchanged")
        submit(person)
        person.until(lambda: "2026-W48" in project(person, "going").reports)
        person.settle()
        page.views.choose("reports")
        assert person.reads("本周无变化")
        assert not page.unchanged_button.isVisible()
        picture(person.window, "project-reports")
        page.reports.setFocus()
        person.key(K.Key_Return)
        person.until(lambda: person.window.current_page == "record")
        person.settle()


def test_a_coordinator_writes_back_what_the_meeting_decided(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(project_desk("coordinator", tmp_path / "desk"), qtbot) as person:
        page = at(person, "late")
        person.press("写回会议结论  H")
        person.until(lambda: page.form.form is not None)
        page.form.editors["item"].target.setFocus()
        submit(person)
        person.until(lambda: project(person, "late").taken_items == ["it"])
        person.settle()
        page.views.choose("trail")
        assert person.reads("供电局本周接通临时用电，赵工，11月27日前")
        picture(person.window, "project-trail")


def test_a_leader_sees_all_and_changes_nothing(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(project_desk("leader", tmp_path / "desk", lambda: NOW, held=False), qtbot) as person:
        person.open("cases")
        person.press("项目")
        person.until(lambda: person.window.current_page == "projects")
        page = person.window.page
        person.until(lambda: page.model.rowCount() > 0)
        assert not person.can_press("登记项目")
        page.groups.choose("all")
        assert page.model.rowCount() == 4
        page.table.setFocus()
        person.key(K.Key_Return)
        person.until(lambda: person.reads("还没有取到本机"))
        person.press("取资料")
        person.until(lambda: "e:e" in (person.window.desk.store.kv("want") or []))
        person.settle()
    with window_of(project_desk("leader", tmp_path / "held"), qtbot) as person:
        page = at(person, "going")
        assert page.row.names == ()
        for word in ("填周报", "改资料", "本周无变化"):
            assert not person.can_press(word)
        assert english(person.texts(), ()) == []
