"""A plausible visit filled into the form; the computed figures are worked by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from forms.definition import Form
from forms.filling import Filling
from forms.workbook import read_form

FORM = Path(__file__).parents[3] / "resources" / "forms" / "visit_three.md"
BEIJING = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=BEIJING)
B02 = "/difficulties/b02_problems"

ENTERPRISE = {
    "name": "江西青岚云杉新材料股份有限公司",
    "id": "e-7",
    "credit_code": "91360313QLAN010241",
    "address": "江西省萍乡市湘东区青岚产业园创新大道 18 号",
    "industry": "C3070",
    "scale": "小型",
    "employees": "128",
    "revenue_last": "1850.35",
    "is_above_scale": "no",
    "project_count": "1",
    "blacklist_status": "checked",
}
TABLES: dict[str, list[dict[str, str]]] = {
    "enterprise": [ENTERPRISE],
    "visit": [{"number": "QL-2026-11-0007", "officer": "陈禾"}],
    "open_issues": [
        {
            "name": "i-1",
            "id": "i-1",
            "number": "QL-2026-08-0031",
            "title": "厂区西门排水不畅",
            "state": "办理中",
        },
        {
            "name": "i-2",
            "id": "i-2",
            "number": "QL-2026-09-0002",
            "title": "稳岗补贴没有到账",
            "state": "待签收",
        },
    ],
    "seats": [
        {"name": "county_leader", "seat": "county_leader", "label": "县级帮扶责任人", "person": "周川"},
        {"name": "department_contact", "seat": "department_contact", "label": "部门联系责任人", "person": ""},
        {"name": "grid_leader", "seat": "grid_leader", "label": "属地网格长", "person": "吴楠"},
        {"name": "grid_member", "seat": "grid_member", "label": "网格员", "person": ""},
        {"name": "service_officer", "seat": "service_officer", "label": "首席服务专员", "person": "陈禾"},
    ],
    "policies": [
        {"name": "P2026-02", "id": "P2026-02", "title": "技术改造补助实施细则", "document_number": "8号"},
        {"name": "P2026-04", "id": "P2026-04", "title": "贷款贴息管理办法", "document_number": "15号"},
    ],
    "products": [{"name": "caiyuan_credit", "id": "caiyuan_credit", "label": "财园信贷通"}],
}

ANSWERS: dict[str, Any] = {
    "/header/h5_person": "刘工",
    "/header/h5_phone": "0799-3456789",
    "/header/h7_informed": "yes",
    "/operation/a01_status": "normal",
    "/operation/a03_output": "2480.00",
    "/operation/a04_output_growth": "-7.4",
    "/operation/a08_order_trend": "flat",
    "/operation/a09_utilization": "84",
    "/operation/a10_employees": "136",
    "/operation/a10_shortage": "8",
    "/operation/a13_receivable": "900",
    "/operation/a13_overdue": "120.5",
    "/operation/a14_debtors": ["private"],
    "/operation/a15_safety": "good",
    "/difficulties/b01_has": "some",
    "/difficulties/b05_improper": "none",
    "/suggestions/c01_plans": ["upgrade", "talent"],
    "/suggestions/c02_investment": "600",
    "/financing/d01_need": "some",
    "/financing/d02_products": ["caiyuan_credit"],
    "/planning/d06_delivery": "delivered",
    "/building/e01_card_posted": "yes",
    "/building/e03_lists_told": "yes",
    "/confirmation/z2_mode": "paper_later",
    "/confirmation/z3_signature": "officer.png",
}
PROBLEMS: list[dict[str, Any]] = [
    {
        "b02_category": "09",
        "b02_subcategory": "0902",
        "b02_title": "东门外路灯不亮",
        "b02_description": "东门外三盏路灯坏了半个月",
        "b02_expectation": "尽快修好",
        "b02_solved_here": "yes",
        "b02_solution": "当场联系城管维修班，下午修好，企业认可",
    },
    {
        "b02_category": "08",
        "b02_subcategory": "0803",
        "b02_title": "新窑炉投用前要扩容",
        "b02_description": "现有变压器 1250 千伏安，新窑炉投用后不够",
        "b02_expectation": "十二月底前完成扩容",
        "b02_urgency": "urgent",
        "b02_solved_here": "no",
    },
]


@cache
def form() -> Form:
    reading = read_form(FORM)
    assert reading.form is not None, reading.problems
    return reading.form


def opened(**tables: Sequence[Mapping[str, str]]) -> Filling:
    return Filling(form(), now=lambda: NOW, instances={**TABLES, **tables}, metadata={"username": "chenhe"})


def row(filling: Filling, repeat: str, index: int) -> str:
    """The path of a repeat's row, added where it is not there yet; `index` from 0."""
    while len(filling.rows(repeat)) <= index:
        filling.add(repeat)
    return filling.rows(repeat)[index]


def visited() -> Filling:
    """A whole visit with two difficulties, one solved on the spot."""
    filling = opened()
    for path, value in ANSWERS.items():
        filling.set(path, value)
    for index, answers in enumerate(PROBLEMS):
        path = row(filling, B02, index)
        for name, value in answers.items():
            filling.set(f"{path}/{name}", value)
    for followup, state in zip(
        filling.rows("/difficulties/b03_followups"), ("done", "in_progress"), strict=True
    ):
        filling.set(f"{followup}/b03_state", state)
    policy = row(filling, "/planning/d06_policies", 0)
    filling.set(f"{policy}/d06_policy", "P2026-02")
    filling.set(f"{policy}/d06_fit", "fits")
    filling.set(f"{policy}/d06_known", "yes")
    return filling


def test_a_whole_visit_is_complete() -> None:
    finished = visited().finish()
    assert finished.required_missing == ()
    assert finished.problems == ()
    assert finished.complete


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/header/h1_enterprise", "江西青岚云杉新材料股份有限公司"),
        ("/header/h2_number", "QL-2026-11-0007"),
        ("/header/h4_officer", "陈禾"),
        ("/operation/a00_producing", "yes"),
        ("/solving/d03_solved_titles", "东门外路灯不亮"),
        ("/solving/d04_reported_titles", "新窑炉投用前要扩容（供电公司）"),
        ("/building/e02_vacant_names", "部门联系责任人、网格员"),
        ("/building/e04_blacklist", "已核"),
        ("/confirmation/z2_paper_due", "2026年11月29日"),
        (f"{B02}[2]/b02_department", "供电公司"),
        ("/difficulties/b03_followups[1]/b03_title", "厂区西门排水不畅"),
        ("/difficulties/b03_followups[2]/b03_number", "QL-2026-09-0002"),
        ("/difficulties/b03_followups[2]/b03_issue_id", "i-2"),
    ],
)
def test_a_computed_text(path: str, expected: str) -> None:
    assert visited().get(path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/operation/a16_projects", 1),
        ("/difficulties/b03_open_count", 2),
        ("/solving/d03_solved_count", 1),
        ("/solving/d04_reported_count", 1),
        ("/building/e02_vacant_count", 2),
        (f"{B02}[2]/b02_days", 15),
        ("/planning/d08_gap", "149.65"),  # 2000 − 1850.35
    ],
)
def test_a_computed_number(path: str, expected: int | str) -> None:
    assert Decimal(str(visited().get(path))) == Decimal(expected)


def test_dates_begin_with_today_and_a_quarter_later() -> None:
    filling = opened()
    assert filling.get("/header/h3_date") == date(2026, 11, 22)
    assert filling.get("/confirmation/z4_next_visit") == date(2027, 2, 21)  # 8 + 31 + 31 + 21 = 91 days


def test_two_difficulties_give_two_issues_and_the_profile_is_updated() -> None:
    entities = visited().finish().entities
    issues = [entity for entity in entities if entity.dataset == "issue"]
    assert [(e.label, e.create) for e in issues] == [("东门外路灯不亮", True), ("新窑炉投用前要扩容", True)]
    first, second = (dict(entity.properties) for entity in issues)
    assert (first["category"], first["subcategory"], first["solved_on_spot"]) == ("09", "0902", "yes")
    assert first["solution"] == "当场联系城管维修班，下午修好，企业认可"
    assert first["urgency"] == "normal"
    assert (second["subcategory"], second["solved_on_spot"], second["urgency"]) == ("0803", "no", "urgent")
    assert not second.get("solution")
    [profile] = [entity for entity in entities if entity.dataset == "enterprise"]
    assert (profile.id, profile.update, profile.create) == ("e-7", True, False)
    assert {name: str(value) for name, value in profile.properties.items()} == {
        "employees": "136",
        "status": "normal",
    }


def test_an_empty_form_asks_only_for_what_must_be_known() -> None:
    missing = set(opened(open_issues=[]).finish().required_missing)
    assert missing == {
        "/header/h7_informed",
        "/operation/a01_status",
        "/operation/a10_employees",
        "/operation/a15_safety",
        "/difficulties/b01_has",
        "/suggestions/c01_plans",
        "/financing/d01_need",
        "/planning/d06_delivery",
        "/building/e01_card_posted",
        "/building/e03_lists_told",
        "/confirmation/z2_mode",
        "/confirmation/z3_signature",
    }


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("/operation/a09_utilization", "184", "应在 0 到 120 之间"),
        ("/operation/a13_overdue", "900.01", "不超过应收账款"),
        ("/operation/a03_output", "1.234", "最多两位小数"),
        ("/header/h3_date", "2026-11-23", "不能晚于今天"),
        ("/header/h5_phone", "12345", "11 位手机号"),
        ("/header/h7_informed", "no", "向企业说明"),
        ("/suggestions/c01_plans", ["none", "expand"], "不能再选别的"),
        ("/confirmation/z4_next_visit", "2026-11-22", "在这次之后"),
        (f"{B02}[1]/b02_title", "长" * 41, "40 字"),
    ],
)
def test_a_wrong_answer_is_told(path: str, value: Any, message: str) -> None:
    filling = visited()
    filling.set(path, value)
    problem = filling.node(path).problem
    assert problem is not None
    assert message in problem.message
    assert not filling.finish().complete


@pytest.mark.parametrize("phone", ["13800001234", "0799-3456789", "07993456789", "010-12345678-801"])
def test_phones_people_write_are_taken(phone: str) -> None:
    filling = visited()
    filling.set("/header/h5_phone", phone)
    assert filling.node("/header/h5_phone").problem is None


def test_a_stopped_enterprise_must_say_why() -> None:
    filling = visited()
    filling.set("/operation/a01_status", "stopped")
    assert filling.finish().required_missing == ("/operation/a02_reasons",)


def test_a_plant_under_construction_is_not_asked_for_output() -> None:
    filling = visited()
    filling.set("/operation/a01_status", "building")
    assert not filling.node("/operation/a03_output").relevant
    assert not filling.node("/operation/a08_order_trend").relevant
    assert filling.finish().complete


def test_moving_away_must_be_explained_and_alerts_at_level_two() -> None:
    filling = visited()
    filling.set("/suggestions/c01_plans", ["relocate"])
    assert filling.finish().required_missing == ("/suggestions/c03_relocation",)
    assert filling.get("/suggestions/c03_alert_level") in ("2", 2)
    assert not filling.node("/suggestions/c02_investment").relevant


def test_subcategories_follow_the_category() -> None:
    filling = visited()
    names = [choice.label for choice in filling.node(f"{B02}[2]/b02_subcategory").choices]
    assert names == ["报装", "停限供", "扩容", "价格", "蒸汽污水"]


def test_difficulties_without_a_row_are_not_complete() -> None:
    filling = visited()
    while filling.rows(B02):
        filling.remove(filling.rows(B02)[-1])
    assert filling.finish().required_missing == ("/difficulties/b02_missing",)
    filling.set("/difficulties/b01_has", "none")
    assert filling.finish().complete


def test_a_solution_must_be_written_where_it_was_solved() -> None:
    filling = visited()
    filling.set(f"{B02}[2]/b02_solved_here", "yes")
    assert filling.finish().required_missing == (f"{B02}[2]/b02_solution",)


def test_what_belongs_to_the_discipline_office_leaves_nothing_behind() -> None:
    filling = visited()
    filling.set(f"{B02}[2]/b02_category", "17")
    filling.set(f"{B02}[2]/b02_subcategory", "1703")
    finished = filling.finish()
    assert finished.complete
    assert [e.label for e in finished.entities if e.dataset == "issue" and e.create] == ["东门外路灯不亮"]
    assert not any(
        f"{B02}[2]/b02_{name}" in finished.values for name in ("title", "description", "expectation")
    )

    assert "新窑炉" not in str(finished.values)
    assert (filling.get("/solving/d04_reported_titles"), finished.values.get(f"{B02}[2]/b02_category")) == (
        "无",
        "17",
    )


def test_neither_does_a_row_that_was_said_to_be_solved() -> None:
    filling = visited()
    filling.set(f"{B02}[1]/b02_category", "17")
    filling.set(f"{B02}[1]/b02_subcategory", "1703")
    finished = filling.finish()
    assert finished.complete
    assert "路灯" not in str(finished.values)
    assert "城管维修班" not in str(finished.values)
    assert Decimal(str(filling.get("/solving/d03_solved_count"))) == 0


def test_difficulties_taken_back_give_no_issue() -> None:
    filling = visited()
    filling.set("/difficulties/b01_has", "none")
    finished = filling.finish()
    assert [entity for entity in finished.entities if entity.dataset == "issue"] == []
    assert "路灯" not in str(finished.values)


def test_improper_inspections_go_to_the_hotline() -> None:
    filling = visited()
    filling.set("/difficulties/b05_improper", "some")
    node = filling.node("/difficulties/b05_hotline")
    assert node.relevant
    assert "96388" in node.label
    assert "不核查" in node.label


def test_an_open_issue_is_shown_with_number_and_title() -> None:
    node = visited().node("/difficulties/b03_followups[2]/b03_card")
    assert node.label == "QL-2026-09-0002 稳岗补贴没有到账"


def test_without_open_issues_nothing_is_asked_about_them() -> None:
    filling = opened(open_issues=[])
    assert list(filling.rows("/difficulties/b03_followups")) == []


def test_a_signature_is_needed_only_on_the_spot() -> None:
    filling = visited()
    filling.set("/confirmation/z2_mode", "on_spot")
    assert filling.finish().required_missing == ("/confirmation/z2_signature",)
    filling.set("/confirmation/z2_signature", "enterprise.png")
    assert filling.finish().complete


@pytest.mark.parametrize(("revenue", "gap"), [("2000", "0"), ("3120.5", "0"), ("0", "2000")])
def test_the_gap_to_above_scale_is_never_negative(revenue: str, gap: str) -> None:
    filling = opened(enterprise=[{**ENTERPRISE, "revenue_last": revenue}])
    assert Decimal(str(filling.get("/planning/d08_gap"))) == Decimal(gap)


def test_an_unknown_revenue_is_said_not_guessed() -> None:
    filling = opened(enterprise=[{**ENTERPRISE, "revenue_last": ""}])
    assert filling.get("/planning/d08_gap") is None
    assert filling.node("/planning/d08_unknown").relevant
    assert not filling.node("/planning/d08_note").relevant


def test_an_enterprise_above_scale_is_not_asked_about_the_gap() -> None:
    filling = opened(enterprise=[{**ENTERPRISE, "is_above_scale": "yes"}])
    assert not filling.node("/planning/d08_note").relevant
    assert not filling.node("/planning/d08_unknown").relevant


def test_seats_all_taken() -> None:
    filling = opened(seats=[{**seat, "person": "某人"} for seat in TABLES["seats"]])
    assert filling.get("/building/e02_vacant_names") == "无"
