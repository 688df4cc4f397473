"""三送三解三优: every code of domain.md §5 (c) is there; a plausible visit's figures are worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from forms.definition import Form, Group, Question
from forms.filling import Filling
from forms.workbook import read_form
from tests.support.built_in_forms import number

FORM = Path(__file__).parents[3] / "resources" / "forms" / "visit_three_send.md"
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=timezone(timedelta(hours=8)))

POLICIES = "/sending/u1/u1_policies"
PROBLEMS = "/relieving/j1/j1_problems"
LEGACIES = "/relieving/j2/j2_legacies"
NINE = {
    "sending": ["送政策", "送服务", "送要素"],
    "relieving": ["解难题", "解遗留", "解纠纷"],
    "improving": ["优流程", "优环境", "优作风"],
}
TABLES: dict[str, list[dict[str, str]]] = {
    "enterprise": [
        {"name": "萍乡市白鹭洲包装印刷有限公司", "id": "e-3", "credit_code": "91360313QLAN01032U"}
    ],
    "visit": [{"number": "QL-2026-11-0041", "officer": "陈禾"}],
    "policies": [
        {"name": "P2026-02", "id": "P2026-02", "title": "技术改造补助实施细则", "document_number": "8号"},
        {"name": "P2026-04", "id": "P2026-04", "title": "贷款贴息管理办法", "document_number": "15号"},
    ],
}
ANSWERS: dict[str, Any] = {
    "/header/h7_informed": "yes",
    "/sending/u1/u1_delivery": "delivered",
    "/sending/u2/u2_services": ["agency", "hiring"],
    "/sending/u3/u3_factors": ["labour"],
    "/sending/u3/u3_detail": "缺印刷机长两名，已联系职校",
    "/relieving/j1/j1_has": "some",
    "/relieving/j3/j3_dispute": "contract",
    "/relieving/j3/j4_relayed": "yes",
    "/improving/y1/y1_slowest": "acceptance",
    "/improving/y1/y1_trips": 4,
    "/improving/y1/y1_cut": "图纸能不能只交一次",
    "/improving/y2/y2_approval": "5",
    "/improving/y2/y2_enforcement": "4",
    "/improving/y2/y2_credit": "4",
    "/improving/y2/y2_factors": "2",
    "/improving/y2/y2_support": "3",
    "/improving/y3/y3_uncalled": "done",
    "/improving/y3/y3_on_call": "done",
    "/improving/y3/y3_kept_word": "partly",
    "/improving/y3/y3_thorough": "done",
    "/confirmation/z2_mode": "paper_later",
    "/confirmation/z3_signature": "officer.png",
}
ROWS: dict[str, list[dict[str, Any]]] = {
    POLICIES: [
        {"u1_policy": "P2026-02", "u1_clause": "第三条", "u1_fit": "fits", "u1_feedback": "准备申报"},
        {"u1_policy": "P2026-04", "u1_fit": "to_check"},
    ],
    PROBLEMS: [
        {
            "j1_category": "03",
            "j1_subcategory": "0301",
            "j1_title": "缺两名印刷机长",
            "j1_description": "夜班开不起来",
            "j1_expectation": "年前招到",
            "j1_solved_here": "no",
        },
        {
            "j1_category": "13",
            "j1_subcategory": "1301",
            "j1_title": "设备合同尾款纠纷",
            "j1_description": "供货方称验收拖延，尾款 12 万元",
            "j1_expectation": "有人从中传话",
            "j1_solved_here": "no",
        },
        {
            "j1_category": "09",
            "j1_subcategory": "0902",
            "j1_title": "门前路灯不亮",
            "j1_description": "坏了一周",
            "j1_expectation": "修好",
            "j1_solved_here": "yes",
            "j1_solution": "当场报修，下午修好",
        },
    ],
    LEGACIES: [
        {
            "j2_matter": "2 号厂房不动产证未办",
            "j2_year": 2017,
            "j2_obstacle": "消防验收材料不全",
            "j2_unit": "住建局",
            "j2_due": "2027-03-31",
        },
        {"j2_matter": "2021 年技改奖补未兑现", "j2_year": 2021, "j2_obstacle": "资金没有安排"},
    ],
}


@cache
def form() -> Form:
    return read_form(FORM).need()


def questions() -> list[Question]:
    return [item for item in form().walk() if isinstance(item, Question)]


def opened() -> Filling:
    return Filling(form(), now=lambda: NOW, instances=TABLES, metadata={"username": "chenhe"})


def visited(changes: Mapping[str, Any] | None = None) -> Filling:
    filling = opened()
    for path, value in ANSWERS.items():
        filling.set(path, value)
    for repeat, rows in ROWS.items():
        for index, answers in enumerate(rows, 1):
            if len(filling.rows(repeat)) < index:
                filling.add(repeat)
            for name, value in answers.items():
                filling.set(f"{repeat}[{index}]/{name}", value)
    for path, value in (changes or {}).items():
        filling.set(path, value)
    return filling


# What the form holds


def test_the_form_reads_without_any_problem() -> None:
    assert read_form(FORM).problems == ()
    assert (form().form_id, form().version, form().title) == (
        "visit_three_send",
        "2026.1",
        "三送三解三优走访表",
    )


def test_every_code_is_there_and_in_order() -> None:
    wanted = [f"H{i}" for i in range(1, 8)] + [
        "U1",
        "U2",
        "U3",
        "J1",
        "J2",
        "J3",
        "J4",
        "Y1",
        "Y2",
        "Y3",
        "Z1",
        "Z2",
        "Z3",
        "Z4",
    ]
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
    assert [text for text in texts if set(text) & set(",;:?()")] == []


@pytest.mark.parametrize("section", NINE)
def test_the_nine_items_are_groups(section: str) -> None:
    group = form().at(f"/{section}")
    assert isinstance(group, Group)
    assert [item.label for item in group.items] == NINE[section]


def test_a_county_changes_a_slogan_in_one_cell() -> None:
    text = FORM.read_text(encoding="utf-8")
    assert {slogan: text.count(slogan) for slogans in NINE.values() for slogan in slogans} == {
        slogan: 1 for slogans in NINE.values() for slogan in slogans
    }


@pytest.mark.parametrize(
    ("list_name", "labels"),
    [
        ("service", "代办 培训 法律 检测 招聘 供需对接 其他 无"),
        ("factor", "资金 用地厂房 用工 水电气 物流 数据 无"),
        ("dispute", "无 施工阻扰 邻里 劳资 合同"),
        ("five_grade", "很好 较好 一般 较差 很差"),
    ],
)
def test_the_choices_are_the_catalogues(list_name: str, labels: str) -> None:
    assert [choice.label for choice in form().choices[list_name]] == labels.split()


def test_five_sides_of_the_environment_and_four_promises() -> None:
    labels = {
        name: [q.label for q in questions() if q.code == name and q.type != "calculate"]
        for name in ("Y2", "Y3")
    }
    assert [label for label in labels["Y2"] if len(label) == 2] == ["审批", "执法", "信用", "要素", "配套"]
    assert labels["Y3"] == ["不叫不到", "随叫随到", "说到做到", "服务周到"]


def test_issues_carry_what_a_visits_issues_carry() -> None:
    [issue] = form().entities
    assert (issue.dataset, issue.repeat) == ("issue", PROBLEMS)
    visit = read_form(FORM.with_name("visit_three.md")).need()
    [theirs] = [entity for entity in visit.entities if entity.dataset == "issue"]
    assert set(issue.properties) == set(theirs.properties)
    for name in ("issue_category", "issue_subcategory", "urgency", "visit_method"):
        assert form().choices[name] == visit.choices[name]


# A plausible visit


def test_the_visit_is_complete() -> None:
    finished = visited().finish()
    assert finished.required_missing == ()
    assert finished.problems == ()
    assert finished.complete


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/sending/u1/u1_count", "2"),
        ("/sending/u1/u1_fit_count", "1"),  # the second is still to be checked
        ("/relieving/j1/j1_solved_count", "1"),  # 路灯
        ("/relieving/j1/j1_reported_count", "2"),  # 机长, 尾款
        (f"{PROBLEMS}[2]/j1_days", "5"),  # 1301 of the taxonomy
        (f"{LEGACIES}[1]/j2_age", "9"),  # 2026 − 2017
        (f"{LEGACIES}[2]/j2_age", "5"),  # 2026 − 2021
        ("/relieving/j2/j2_count", "2"),
        ("/relieving/j2/j2_oldest", "9"),
        ("/relieving/j3/j4_dispute_issues", "1"),
        ("/improving/y2/y2_average", "3.6"),  # (5 + 4 + 4 + 2 + 3) ÷ 5
        ("/improving/y3/y3_kept_count", "3"),  # three kept, one in part
    ],
)
def test_a_computed_number(path: str, expected: str) -> None:
    assert number(visited(), path) == Decimal(expected)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/header/h1_enterprise", "萍乡市白鹭洲包装印刷有限公司"),
        ("/header/h2_number", "QL-2026-11-0041"),
        ("/header/h4_officer", "陈禾"),
        (f"{PROBLEMS}[2]/j1_department", "司法局"),
        ("/confirmation/z2_paper_due", "2026年11月29日"),
    ],
)
def test_a_computed_text(path: str, expected: str) -> None:
    assert visited().get(path) == expected


def test_dates_begin_with_today_and_a_quarter_later() -> None:
    filling = opened()
    assert filling.get("/header/h3_date") == date(2026, 11, 22)
    assert filling.get("/confirmation/z4_next_visit") == date(2027, 2, 21)  # 8 + 31 + 31 + 21 = 91 days


def test_each_difficulty_becomes_an_issue() -> None:
    issues = visited().finish().entities
    assert [(e.dataset, e.label, e.create) for e in issues] == [
        ("issue", "缺两名印刷机长", True),
        ("issue", "设备合同尾款纠纷", True),
        ("issue", "门前路灯不亮", True),
    ]
    first, _, third = (dict(e.properties) for e in issues)
    assert (first["category"], first["subcategory"], first["urgency"]) == ("03", "0301", "normal")
    assert (third["solved_on_spot"], third["solution"]) == ("yes", "当场报修，下午修好")


def test_an_empty_form_asks_only_for_what_must_be_known() -> None:
    y2 = {f"/improving/y2/y2_{n}" for n in ("approval", "enforcement", "credit", "factors", "support")}
    y3 = {f"/improving/y3/y3_{n}" for n in ("uncalled", "on_call", "kept_word", "thorough")}
    assert set(opened().finish().required_missing) == y2 | y3 | {
        "/header/h7_informed",
        "/sending/u1/u1_delivery",
        "/sending/u2/u2_services",
        "/sending/u3/u3_factors",
        "/relieving/j1/j1_has",
        "/relieving/j3/j3_dispute",
        "/confirmation/z2_mode",
        "/confirmation/z3_signature",
    }


# Conditions


def test_nobody_is_made_to_invent_anything() -> None:
    filling = visited(
        {
            "/sending/u1/u1_delivery": "none",
            "/sending/u2/u2_services": ["none"],
            "/sending/u3/u3_factors": ["none"],
            "/relieving/j1/j1_has": "none",
            "/relieving/j3/j3_dispute": "none",
        }
    )
    finished = filling.finish()
    assert finished.complete
    assert finished.entities == ()
    assert not filling.node("/relieving/j3/j4_relayed").relevant
    assert number(filling, "/sending/u1/u1_count") == 0
    assert number(filling, "/relieving/j1/j1_reported_count") == 0


@pytest.mark.parametrize("dispute", ["obstruction", "neighbours", "labour", "contract"])
def test_a_dispute_must_say_whether_it_is_relayed(dispute: str) -> None:
    filling = visited({"/relieving/j3/j3_dispute": dispute, "/relieving/j3/j4_relayed": None})
    assert filling.finish().required_missing == ("/relieving/j3/j4_relayed",)
    filling.set("/relieving/j3/j4_relayed", "no")
    assert filling.finish().required_missing == ("/relieving/j3/j4_reason",)


def test_a_relayed_dispute_leaves_a_trail() -> None:
    filling = visited()
    assert filling.node("/relieving/j3/j4_relay_note").relevant
    assert not filling.node("/relieving/j3/j4_register").relevant
    filling.set(f"{PROBLEMS}[2]/j1_category", "01")
    assert filling.node("/relieving/j3/j4_register").relevant


def test_what_is_said_to_be_there_needs_a_row() -> None:
    filling = visited()
    for repeat in (PROBLEMS, POLICIES):
        while filling.rows(repeat):
            filling.remove(filling.rows(repeat)[-1])
    assert filling.finish().required_missing == ("/sending/u1/u1_missing", "/relieving/j1/j1_missing")


def test_a_low_mark_may_be_explained_and_need_not() -> None:
    filling = visited()
    assert filling.node("/improving/y2/y2_low_reason").relevant
    assert filling.finish().complete
    filling.set("/improving/y2/y2_factors", "3")
    assert not filling.node("/improving/y2/y2_low_reason").relevant


def test_what_belongs_to_the_discipline_office_makes_no_issue() -> None:
    filling = visited({f"{PROBLEMS}[1]/j1_category": "17", f"{PROBLEMS}[1]/j1_subcategory": "1703"})
    finished = filling.finish()
    assert finished.complete
    assert len(finished.entities) == 2
    assert "夜班" not in str(finished.values)


@pytest.mark.parametrize(
    ("path", "value", "missing"),
    [
        ("/sending/u2/u2_services", ["other"], "/sending/u2/u2_other"),
        ("/improving/y1/y1_slowest", "other", "/improving/y1/y1_other"),
        ("/confirmation/z2_mode", "on_spot", "/confirmation/z2_signature"),
        (f"{LEGACIES}[2]/j2_obstacle", None, f"{LEGACIES}[2]/j2_obstacle"),
    ],
)
def test_an_answer_asks_for_another(path: str, value: Any, missing: str) -> None:
    assert visited({path: value}).finish().required_missing == (missing,)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("/header/h3_date", "2026-11-23", "不能晚于今天"),
        ("/sending/u2/u2_services", ["none", "law"], "不能再选别的"),
        ("/sending/u3/u3_factors", ["none", "data"], "不能再选别的"),
        (f"{LEGACIES}[1]/j2_year", 2027, "今年之间"),
        (f"{LEGACIES}[1]/j2_due", "2026-11-21", "不能早于走访日期"),
        ("/improving/y1/y1_trips", 101, "0 到 100"),
        (f"{PROBLEMS}[1]/j1_title", "长" * 41, "40 字"),
        ("/confirmation/z4_next_visit", "2026-11-22", "在这次之后"),
    ],
)
def test_a_wrong_answer_is_told(path: str, value: Any, message: str) -> None:
    filling = visited({path: value})
    problem = filling.node(path).problem
    assert problem is not None
    assert message in problem.message
    assert not filling.finish().complete
