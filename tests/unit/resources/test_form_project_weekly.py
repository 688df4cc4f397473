"""项目周报: every code of domain.md §5 (e) is there, and a week's deviations are those worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from forms.definition import Form, Question
from forms.filling import Filling
from forms.workbook import read_form
from tests.support.built_in_forms import number

FORM = Path(__file__).parents[3] / "resources" / "forms" / "project_weekly.md"
BEIJING = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 20, 16, 0, tzinfo=BEIJING)  # a Friday

PERMITS = "/procedures/w07_permits"
NODES = "/nodes/w08_nodes"
PROBLEMS = "/issues/w10_problems"
LINKS = ["立项备案或核准", "规划选址", "用地", "可研", "环评", "能评", "施工许可"]

PROJECT = {
    "name": "年产三万吨陶瓷填料项目",
    "id": "p-3",
    "enterprise": "江西青岚云杉新材料股份有限公司",
    "stage": "structure",
    "signed_on": "2026-02-10",
    "year_plan": "8000",
}
TABLES: dict[str, list[dict[str, str]]] = {
    "project": [PROJECT],
    "visit": [{"number": "QL-2026-11-0031", "officer": "陈禾"}],
    "permits": [
        # done four days late, long ago
        {
            "link": "filing",
            "state": "done",
            "document": "湘发改备〔2026〕12号",
            "planned": "2026-03-01",
            "actual": "2026-03-05",
        },
        # not done, planned ten days ago
        {
            "link": "energy",
            "state": "accepted",
            "document": "受理 88 号",
            "planned": "2026-11-10",
            "actual": "",
        },
        {"link": "feasibility", "state": "not_needed", "document": "", "planned": "", "actual": ""},
    ],
    "milestones": [
        {"name": "m1", "label": "开工", "planned": "2026-06-01", "actual": "2026-06-21"},
        {"name": "m2", "label": "主体封顶", "planned": "2026-11-25", "actual": ""},
    ],
}
ANSWERS: dict[str, Any] = {
    "/header/h7_informed": "yes",
    "/progress/w03_done": "二号车间柱子浇筑完成",
    "/progress/w04_next": "二号车间屋面钢梁吊装，项目经理负责，周四前完成",
    "/progress/w05_invested": "5234.50",
    "/progress/w06_invested": "180",
    "/nodes/w09_reasons": ["procedures"],
    "/issues/w10_has": "some",
    "/site/w11_people": 64,
    "/site/w11_machines": 5,
}
ISSUE = {
    "w10_category": "07",
    "w10_subcategory": "0703",
    "w10_title": "能评批复没有下来",
    "w10_description": "受理二十天，专家意见没有返回，窑炉不能订货",
    "w10_expectation": "十一月底前拿到批复",
    "w10_urgency": "urgent",
    "w10_solved_here": "no",
}


@cache
def form() -> Form:
    return read_form(FORM).need()


def questions() -> list[Question]:
    return [item for item in form().walk() if isinstance(item, Question)]


def opened(now: datetime = NOW, **tables: Sequence[Mapping[str, str]]) -> Filling:
    return Filling(form(), now=lambda: now, instances={**TABLES, **tables}, metadata={"username": "chenhe"})


def reported(changes: Mapping[str, Any] | None = None, **tables: Sequence[Mapping[str, str]]) -> Filling:
    filling = opened(**tables)
    for path, value in ANSWERS.items():
        filling.set(path, value)
    row = filling.add(PROBLEMS).added
    for name, value in ISSUE.items():
        filling.set(f"{row}/{name}", value)
    for path, value in (changes or {}).items():
        filling.set(path, value)
    return filling


# What the form holds


def test_the_form_reads_without_any_problem() -> None:
    assert read_form(FORM).problems == ()
    assert (form().form_id, form().version, form().title) == ("project_weekly", "2026.1", "项目周报")


def test_every_code_is_there_and_in_order() -> None:
    wanted = [*(f"H{i}" for i in range(1, 8)), *(f"W{i:02d}" for i in range(1, 15))]
    assert list(dict.fromkeys(item.code for item in form().walk() if item.code)) == wanted


def test_names_begin_with_the_code_and_messages_are_never_missing() -> None:
    assert [i.path for i in form().walk() if i.code and not i.name.startswith(i.code.lower() + "_")] == []
    assert [q.path for q in questions() if q.constraint and not q.constraint_message] == []
    assert [q.path for q in questions() if q.required and not q.required_message] == []
    assert {q.print for q in questions()} <= {"", "lines", "box", "hidden"}
    texts = [
        text
        for item in form().walk()
        for text in (
            item.label,
            item.hint,
            *((item.required_message, item.constraint_message) if isinstance(item, Question) else ()),
        )
    ]
    assert [text for text in texts if set(text.replace("17:00", "")) & set(",;:?()")] == []


@pytest.mark.parametrize(
    ("list_name", "labels"),
    [
        ("stage", "签约 前期 开工 主体 设备 试产 投产 达产"),
        ("permit_state", "未启动 编制 已报 受理 补正 办结 不涉及"),
        ("deviation_reason", "手续 资金 用地 征拆 施工 设计 设备 市场 天气"),
    ],
)
def test_the_choices_are_the_catalogues(list_name: str, labels: str) -> None:
    assert [choice.label for choice in form().choices[list_name]] == labels.split()


def test_issues_carry_what_a_visits_issues_carry() -> None:
    [issue] = form().entities
    assert (issue.dataset, issue.repeat) == ("issue", PROBLEMS)
    visit = read_form(FORM.with_name("visit_three.md")).need()
    [theirs] = [entity for entity in visit.entities if entity.dataset == "issue"]
    assert set(issue.properties) == set(theirs.properties)
    assert form().choices["issue_subcategory"] == visit.choices["issue_subcategory"]


# A plausible week


def test_the_report_is_complete_and_its_problem_becomes_an_issue() -> None:
    finished = reported().finish()
    assert finished.required_missing == ()
    assert finished.problems == ()
    assert finished.complete
    [issue] = finished.entities
    assert (issue.dataset, issue.label, issue.create) == ("issue", "能评批复没有下来", True)
    assert dict(issue.properties)["subcategory"] == "0703"
    assert dict(issue.properties)["solved_on_spot"] == "no"


def test_what_is_known_is_filled_in() -> None:
    filling = opened()
    assert filling.get("/header/h1_project") == "年产三万吨陶瓷填料项目"
    assert filling.get("/header/h3_date") == date(2026, 11, 20)
    assert filling.get("/overview/w02_stage") == "structure"
    assert filling.get("/progress/w05_plan") == Decimal("8000")
    assert [filling.get(f"{row}/w07_name") for row in filling.rows(PERMITS)] == LINKS
    states = [filling.get(f"{row}/w07_state") for row in filling.rows(PERMITS)]
    assert states == ["done", *["not_started"] * 2, "not_needed", "not_started", "accepted", "not_started"]
    assert filling.get(f"{PERMITS}[1]/w07_document") == "湘发改备〔2026〕12号"
    assert filling.get(f"{PERMITS}[1]/w07_date") == date(2026, 3, 5)
    assert [filling.get(f"{row}/w08_name") for row in filling.rows(NODES)] == ["开工", "主体封顶"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/progress/w05_share", "65.43"),  # 5234.50 ÷ 8000 = 65.43125 %
        (f"{PERMITS}[1]/w07_deviation", "4"),  # 5 March − 1 March
        (f"{PERMITS}[6]/w07_deviation", "10"),  # not done: 20 November − 10 November
        (f"{NODES}[1]/w08_deviation", "20"),  # 21 June − 1 June
        (f"{NODES}[2]/w08_deviation", "-5"),  # not done: 20 November − 25 November
        # Of what is under way: 10 (能评) and −5 (主体封顶). What was done long ago no longer counts.
        ("/nodes/w08_counted_rows", "2"),
        ("/nodes/w08_days", "10"),
        ("/issues/w10_reported_count", "1"),
        ("/issues/w10_solved_count", "0"),
    ],
)
def test_a_computed_figure(path: str, expected: str) -> None:
    assert number(reported(), path) == Decimal(expected)


def test_ten_days_late_is_to_be_watched() -> None:
    assert reported().get("/judgement/w14_judgement") == "关注"


@pytest.mark.parametrize(
    ("day", "week"),
    [
        # ISO 8601: the week belongs to the year of its Thursday
        ("2026-11-20", "2026年第47周"),
        ("2026-11-16", "2026年第47周"),
        ("2026-11-15", "2026年第46周"),
        ("2026-01-01", "2026年第1周"),
        ("2025-12-29", "2026年第1周"),
        ("2024-12-30", "2025年第1周"),
        ("2027-01-03", "2026年第53周"),
        ("2027-01-04", "2027年第1周"),
    ],
)
def test_the_week(day: str, week: str) -> None:
    filling = opened(datetime(2027, 2, 1, 9, tzinfo=BEIJING))
    filling.set("/header/h3_date", day)
    assert filling.get("/overview/w01_week") == week


# Deviation and the three classes


@pytest.mark.parametrize(
    ("planned", "days", "judged", "reason_needed"),
    [
        ("2026-12-01", -11, "较快", False),
        ("2026-11-20", 0, "较快", False),
        ("2026-11-13", 7, "较快", False),
        ("2026-11-12", 8, "关注", True),
        ("2026-11-05", 15, "关注", True),
        ("2026-11-04", 16, "滞后", True),
        ("2026-02-20", 273, "滞后", True),  # 8 + 31 + 30 + 31 + 30 + 31 + 31 + 30 + 31 + 20
    ],
)
def test_the_class_follows_the_deviation(planned: str, days: int, judged: str, reason_needed: bool) -> None:
    filling = reported(milestones=[{"label": "设备安装", "planned": planned, "actual": ""}], permits=[])
    assert number(filling, "/nodes/w08_days") == days
    assert filling.get("/judgement/w14_judgement") == judged
    assert filling.node("/nodes/w09_reasons").relevant is reason_needed
    filling.set("/nodes/w09_reasons", None)
    assert filling.finish().required_missing == (("/nodes/w09_reasons",) if reason_needed else ())


@pytest.mark.parametrize(
    ("actual", "days"),
    [
        ("2026-11-14", 16),  # done this week: 14 November − 29 October, and it counts
        ("2026-11-13", -5),  # done a week ago: only 主体封顶 is left
    ],
)
def test_what_was_done_within_seven_days_counts_once_more(actual: str, days: int) -> None:
    milestones = [
        {"label": "基础", "planned": "2026-10-29", "actual": actual},
        {"label": "主体封顶", "planned": "2026-11-25", "actual": ""},
    ]
    assert number(reported(milestones=milestones, permits=[]), "/nodes/w08_days") == days


def test_when_all_is_done_the_worst_of_all_stands() -> None:
    milestones = [
        {"label": "开工", "planned": "2026-06-01", "actual": "2026-06-04"},
        {"label": "主体封顶", "planned": "2026-09-01", "actual": "2026-08-20"},
    ]
    filling = reported(milestones=milestones, permits=[])
    assert number(filling, "/nodes/w08_counted_rows") == 0
    assert number(filling, "/nodes/w08_days") == 3
    assert filling.get("/judgement/w14_judgement") == "较快"


def test_without_a_planned_day_nothing_is_guessed() -> None:
    filling = reported(milestones=[], permits=[])
    assert filling.get("/nodes/w08_days") is None
    assert filling.get("/judgement/w14_judgement") == "待定"
    assert filling.node("/nodes/w08_none").relevant


def test_finishing_a_link_takes_its_day_not_today() -> None:
    filling = reported(
        {
            f"{PERMITS}[6]/w07_state": "done",
            f"{PERMITS}[6]/w07_date": "2026-11-18",
            f"{PERMITS}[6]/w07_document": "湘节能审〔2026〕7号",
        }
    )
    assert number(filling, f"{PERMITS}[6]/w07_deviation") == 8  # 18 − 10 November
    assert number(filling, "/nodes/w08_days") == 8
    filling.set(f"{PERMITS}[6]/w07_state", "correcting")
    assert number(filling, f"{PERMITS}[6]/w07_deviation") == 10
    filling.set(f"{PERMITS}[6]/w07_state", "not_needed")
    assert filling.get(f"{PERMITS}[6]/w07_deviation") is None
    assert number(filling, "/nodes/w08_days") == -5


def test_a_link_that_is_done_needs_its_day_and_number() -> None:
    filling = reported({f"{PERMITS}[2]/w07_state": "done"})
    assert filling.finish().required_missing == (
        f"{PERMITS}[2]/w07_document",
        f"{PERMITS}[2]/w07_date",
    )


@pytest.mark.parametrize(
    ("stage", "signed", "judged"),
    [
        ("signed", "2026-08-22", "关注"),  # 9 + 30 + 31 + 20 = 90 days
        ("signed", "2026-08-21", "签约未建"),  # 91 days
        ("preparing", "2026-08-21", "签约未建"),
        ("started", "2026-08-21", "关注"),
    ],
)
def test_signed_and_not_begun(stage: str, signed: str, judged: str) -> None:
    filling = reported(project=[{**PROJECT, "stage": stage, "signed_on": signed}])
    assert filling.get("/judgement/w14_judgement") == judged


# Conditions


@pytest.mark.parametrize(
    ("stage", "asked"),
    [("signed", False), ("preparing", False), ("started", True), ("trial", True), ("producing", False)],
)
def test_people_on_site_are_asked_only_while_building(stage: str, asked: bool) -> None:
    filling = reported({"/overview/w02_stage": stage})
    assert filling.node("/site/w11_people").relevant is asked
    assert filling.node("/site/w11_machines").relevant is asked


def test_a_project_in_production_reports_by_the_month() -> None:
    filling = reported({"/overview/w02_stage": "producing"})
    assert filling.node("/overview/w02_monthly").relevant
    assert filling.node("/progress/w03_done").label == "本月完成"
    assert reported().node("/progress/w03_done").label == "本周完成"


def test_no_change_is_one_click_and_a_reason() -> None:
    filling = opened(permits=[])
    filling.set("/header/h7_informed", "yes")
    filling.set("/overview/unchanged", "yes")
    assert filling.finish().required_missing == ("/overview/unchanged_reason",)
    filling.set("/overview/unchanged_reason", "等能评批复")
    finished = filling.finish()
    assert finished.complete
    assert finished.entities == ()
    # The days go on counting: 20 − 25 November
    assert number(filling, "/nodes/w08_days") == -5
    assert filling.get("/judgement/w14_judgement") == "较快"


def test_no_change_hands_in_no_problem_written_before() -> None:
    finished = reported({"/overview/unchanged": "yes", "/overview/unchanged_reason": "停工"}).finish()
    assert finished.entities == ()
    assert "能评批复" not in str(finished.values)


def test_problems_without_a_row_are_not_complete() -> None:
    filling = reported()
    filling.remove(f"{PROBLEMS}[1]")
    assert filling.finish().required_missing == ("/issues/w10_missing",)
    filling.set("/issues/w10_has", "none")
    assert filling.finish().complete


def test_what_belongs_to_the_discipline_office_makes_no_issue() -> None:
    filling = reported({f"{PROBLEMS}[1]/w10_category": "17", f"{PROBLEMS}[1]/w10_subcategory": "1703"})
    finished = filling.finish()
    assert finished.complete
    assert finished.entities == ()
    assert "窑炉" not in str(finished.values)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("/header/h3_date", "2026-11-21", "不能晚于今天"),
        ("/progress/w05_plan", "0", "大于 0"),
        ("/progress/w05_invested", "1.234", "最多两位小数"),
        ("/progress/w06_invested", "5234.51", "不超过本年累计投资"),
        (f"{NODES}[2]/w08_actual", "2026-11-21", "不能晚于报告日期"),
        ("/site/w11_people", -1, "0 到 20000"),
    ],
)
def test_a_wrong_answer_is_told(path: str, value: Any, message: str) -> None:
    filling = reported({path: value})
    problem = filling.node(path).problem
    assert problem is not None
    assert message in problem.message
    assert not filling.finish().complete
