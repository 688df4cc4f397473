"""Projects on a desk: lists and what is owed, the weekly report through its form, no change in one act, what meetings decided."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.changes import Refusal
from app.domain.issue import Light
from app.domain.project import Stage
from app.domain.project_rules import Judged, Owed
from app.domain.record import Record, by_name
from app.errors import KnownError
from app.services import projects, registers, search
from app.services.figures import gather
from app.services.projects_listing import share
from tests.support.desks import NOW
from tests.support.figure_rows import told, worked
from tests.support.project_desks import FRIDAY, file_report, project_desk


class Clock:
    def __init__(self, now: datetime = FRIDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def test_the_list_says_class_next_milestone_and_money(tmp_path: Path) -> None:
    with project_desk("officer", tmp_path) as desk:
        lines = {line.id: line for line in projects.listing(desk)}
        assert list(lines) == ["late", "unbegun", "going", "producing"]
        assert (lines["late"].judged, lines["late"].light) == (Judged.BEHIND, Light.RED)
        assert lines["late"].light_word == "滞后 34 天"
        assert lines["unbegun"].light_word == "签约未建"
        assert lines["going"].next_text == "竣工 12月20日"
        assert lines["going"].year_text == "5040/8000 万元，63.00 %"
        assert lines["producing"].light_word == "投产"
        counts = {key: sum(map(group.holds, lines.values())) for key, group in projects.GROUPS.items()}
        assert (counts["open"], counts["behind"], counts["unbegun"], counts["producing"]) == (3, 1, 1, 1)
        assert [one.id for one in projects.listing(desk, projects.ProjectFilters("all", "填料"))] == ["late"]
        assert share(1, 3) == "33.33 %"
        assert share(1, 0) == "—"


def test_rows_of_the_directory_say_the_same_as_whole_projects(tmp_path: Path) -> None:
    with (
        project_desk("coordinator", tmp_path / "a") as whole,
        project_desk("leader", tmp_path / "b", held=False) as rows,
        project_desk("officer", tmp_path / "c") as officer,
    ):
        told_there = [
            (line.id, line.light_word, line.report_word, line.year_text) for line in projects.listing(whole)
        ]
        assert told_there == [
            (line.id, line.light_word, line.report_word, line.year_text) for line in projects.listing(rows)
        ]
        for desk in (rows, officer):
            figures = worked(gather(desk))
            assert told(figures["R20h"])[:2] == (1, 3)
            assert told(figures["R20i"])[:2] == (1, 3)
            assert told(figures["R20e"]) == (5_040_000_000, 8_000_000_000, "63.00")


def test_what_is_owed_stands_among_the_reminders(tmp_path: Path) -> None:
    clock = Clock(FRIDAY.replace(hour=2))
    with project_desk("officer", tmp_path / "o", clock) as desk:
        texts = [one.text for one in projects.reminders(desk)]
        assert "「年产两万吨窑具项目」2026年第46周周报逾期 7 天" in texts
        file_report(desk)
        assert {line.id: line.owed for line in projects.listing(desk)}["going"] is Owed.DONE
        assert not [one for one in projects.reminders(desk) if one.project == "going"]
        clock.now += timedelta(days=7)
        (due,) = [one for one in projects.reminders(desk) if one.project == "going"]
        assert (due.tone, due.text) == ("yellow", "「年产两万吨窑具项目」2026年第48周周报今天 17:00 前报")
        clock.now += timedelta(days=1)
        (due,) = [one for one in projects.reminders(desk) if one.project == "going"]
        assert (due.tone, due.day) == ("red", "2026-11-27")
    with project_desk("leader", tmp_path / "l", lambda: FRIDAY, held=False) as desk:
        assert {one.tone for one in projects.reminders(desk)} == {"red"}
    with project_desk("handler", tmp_path / "h", lambda: FRIDAY, held=False) as desk:
        assert projects.reminders(desk) == []


def test_a_weekly_report_is_an_entry_of_its_register_and_tells_its_project(tmp_path: Path) -> None:
    with project_desk("officer", tmp_path, lambda: FRIDAY) as desk:
        draft = projects.start_report(desk, "going")
        assert projects.start_report(desk, "going") == draft
        assert projects.start_report(desk, "late") != draft
        opened = registers.open_filling(desk, draft)
        assert opened.filling.get("/overview/w02_stage") == "structure"
        record = file_report(desk, "going")
        said = by_name(registers.entry_of(desk, record)[1].values)
        assert said["h1_project_id"] == "going"
        project = projects.project_of(desk, "going")
        assert project.reports["2026-W47"].record == record
        assert project.months["2026-11"].actual_fen == 5_234_500_000 - 7 * 720_000_000
        page = projects.page(desk, "going")
        assert page.reports[0].week == "2026年第47周"
        assert page.line.year_text == "5234.5/8000 万元，65.43 %"
        assert not page.may_say_unchanged
        assert "周报" in page.trail[0][1]
        registers.withdraw(desk, record, "填错项目")
        assert projects.project_of(desk, "going").reports == {}


def test_no_change_files_last_weeks_answers_as_a_new_record(tmp_path: Path) -> None:
    clock = Clock()
    with project_desk("officer", tmp_path, clock) as desk:
        with pytest.raises(KnownError, match="还没有报过周报"):
            projects.act(desk, "going", projects.UNCHANGED, {"reason": "等施工队"})
        first = file_report(desk)
        with pytest.raises(KnownError, match="本周已经报过"):
            projects.report_unchanged(desk, "going", "等施工队")
        clock.now += timedelta(days=7)
        assert projects.page(desk, "going").may_say_unchanged
        projects.act(desk, "going", projects.UNCHANGED, {"reason": "等施工队进场"})
        project = projects.project_of(desk, "going")
        report = project.reports["2026-W48"]
        assert report.unchanged
        assert report.record != first
        record = Record.of(registers.entry_of(desk, report.record)[0])
        said = by_name(record.values)
        assert (said["unchanged"], said["unchanged_reason"]) == ("yes", "等施工队进场")
        assert record.day == date(2026, 11, 27).isoformat()
        before = Record.of(registers.entry_of(desk, first)[0])
        permits = {path: value for path, value in before.values.items() if "w07_state" in path}
        assert permits
        assert {path: record.values[path] for path in permits} == permits
        assert project.months["2026-11"].actual_fen == 5_234_500_000 - 7 * 720_000_000
        line = projects.page(desk, "going").reports[0]
        assert (line.text, line.unchanged) == ("本周无变化", True)
        assert "没有变化：等施工队进场" in projects.page(desk, "going").trail[0][1]


def test_what_is_behind_wants_its_reasons_even_without_change(tmp_path: Path) -> None:
    clock = Clock()
    with project_desk("officer", tmp_path, clock) as desk:
        record = file_report(desk, "late", **{"/nodes/w09_reasons": ("procedures",)})
        assert by_name(Record.of(registers.entry_of(desk, record)[0]).values)["w14_class"] == "behind"
        clock.now += timedelta(days=7)
        projects.report_unchanged(desk, "late", "等供电")
        assert projects.project_of(desk, "late").judged is Judged.BEHIND


def test_money_is_typed_in_wan_and_fields_are_edited_one_by_one(tmp_path: Path) -> None:
    with project_desk("officer", tmp_path) as desk:
        id = projects.open_project(
            desk,
            "e",
            {"enterprise": "e", "title": "三期", "signed_on": "2026-11-02", "total_fen": "1,200.50"},
        )
        assert projects.project_of(desk, id).total_fen == 1_200_500_000
        projects.act(
            desk, id, "project.month", {"month": "2026-12", "planned_fen": "80", "person_name": "周工"}
        )
        assert projects.project_of(desk, id).months["2026-12"].planned_fen == 80_000_000
        with pytest.raises(KnownError, match="读不出来"):
            projects.act(desk, id, "project.funds", {"fen": "一百", "source": "贷款"})
        projects.act(desk, id, projects.EDIT, {"title": "三期厂房", "total_fen": "1300"})
        project = projects.project_of(desk, id)
        assert (project.title, project.total_fen) == ("三期厂房", 1_300_000_000)
        form = projects.form_for(desk, project, "project.month", "2026-12")
        assert next(one.default for one in form.fields if one.name == "planned_fen") == "80"
    with project_desk("leader", tmp_path / "l") as desk, pytest.raises(Refusal, match="角色"):
        projects.act(desk, "going", "project.note", {"text": "看看"})


def test_what_a_dispatch_meeting_decided_is_written_back(tmp_path: Path) -> None:
    with project_desk("coordinator", tmp_path) as desk:
        page = projects.page(desk, "late")
        assert page.waiting == 1
        form = projects.form_for(desk, page.project, "project.meeting")
        (choice,) = form.fields[0].choices
        assert choice.name == "11月20日一周一调度：陶瓷填料技改项目滞后"
        projects.act(desk, "late", "project.meeting", {"item": choice.code})
        page = projects.page(desk, "late")
        assert page.waiting == 0
        assert "11月20日一周一调度：供电局本周接通临时用电，赵工，11月27日前" in page.trail[0][1]
        with pytest.raises(KnownError, match="已经写回过"):
            projects.act(desk, "late", "project.meeting", {"item": choice.code})
    with project_desk("officer", tmp_path / "o") as desk:
        assert "project.meeting" not in dict(projects.page(desk, "late").actions)


def test_a_project_is_found_by_its_name(tmp_path: Path) -> None:
    with project_desk("leader", tmp_path, held=False) as desk:
        (found,) = [one for one in search.search(desk, "填料") if one.place == "project"]
        assert (found.target, found.title) == ("late", "陶瓷填料技改项目")


def test_the_bars_of_the_chart(tmp_path: Path) -> None:
    with project_desk("officer", tmp_path) as desk:
        rows = {row.name: row for row in projects.page(desk, "going").gantt}
        assert list(rows) == ["开工", "主体封顶", "竣工", "投产"]
        top = rows["主体封顶"].plan
        assert top.planned is not None
        assert top.actual is not None
        assert (top.planned.first, top.planned.last) == (date(2026, 5, 20), date(2026, 10, 30))
        assert (top.actual.first, top.actual.last) == (date(2026, 4, 28), date(2026, 11, 2))
        assert rows["主体封顶"].light is Light.YELLOW
        done = rows["竣工"].plan
        assert done.actual is not None
        assert (done.running, done.actual.last) == (True, NOW.date())
        assert rows["投产"].plan.actual is None
        assert projects.project_of(desk, "producing").stage is Stage.PRODUCING
