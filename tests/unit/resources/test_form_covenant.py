"""履约台账 (domain.md §5 (h), §9 R21): complete, and each figure as worked by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from forms.filling import Filling
from tests.support.built_in_forms import (
    HEAD,
    add_rows,
    answer,
    assert_complete,
    assert_well_made,
    built_in,
    labels,
    number,
    opened,
    problem_at,
    unit_of,
)

FORM = "covenant"
CODES = f"{HEAD} V01 V02 V03 V04 V05 V06 V07 V08 V09"
STARRED = "H3 H6 H7 V01 V02 V03 V04 V05 V06"
V04 = "/terms/v04_indicators"
V05 = "/government/v05_promises"
TABLES = {
    "parcels": [
        {"name": "p1", "label": "QL-2023-011", "area": "40.5"},
        {"name": "p2", "label": "QL-2024-003", "area": "12.25"},
    ],
    "covenant": [{"checked_on": "2026-05-20", "conclusion": "met", "rate": "100"}],
}
ANSWERS: dict[str, Any] = {
    "/header/h7_informed": "yes",
    "/purpose/purpose_kind": "check",
    "/agreement/v01_title": "年产五千吨氧化铝项目投资合同",
    "/agreement/v01_number": "青园合〔2023〕17号",
    "/agreement/v01_signed": "2023-03-01",
    "/agreement/v01_party_a": "青岚产业园管委会",
    "/agreement/v02_total": "21000",
    "/agreement/v02_fixed": "16800",
    "/agreement/v03_start": "2023-06-30",
    "/agreement/v03_completion": "2024-12-31",
    "/agreement/v03_production": "2025-03-31",
    "/agreement/v03_capacity": "2026-06-30",
    "/period/check_half": "second",
    "/government/v05_has": "some",
    "/security/v06_breach": "三年内亩均税收达不到承诺八成的，退回奖励",
}
INDICATORS: list[dict[str, Any]] = [
    {"v04_indicator": "investment_intensity", "v04_promised": "400", "v04_year": 2025, "v04_weight": "30"},
    {"v04_indicator": "tax_per_mu", "v04_promised": "30", "v04_year": 2026, "v04_weight": "40"},
    {"v04_indicator": "employment", "v04_promised": "120", "v04_year": 2026, "v04_weight": "30"},
]
ACTUALS = ("425.5", "27", "114")
PROMISES = [
    {
        "v05_item": "供地",
        "v05_department": "自然资源局",
        "v05_due": "2023-05-31",
        "v05_done": "yes",
        "v05_done_on": "2023-06-10",
    },
    {"v05_item": "接通蒸汽", "v05_department": "园区管委会", "v05_due": "2026-10-31", "v05_done": "no"},
    {"v05_item": "奖励兑付", "v05_department": "财政局", "v05_due": "2026-12-10", "v05_done": "no"},
]
STEPS: dict[str, dict[str, Any]] = {
    "reminder": {"reminder_on": "2026-01-10", "reminder_content": "亩均税收差得多，请三个月内说明"},
    "interview": {
        "interview_on": "2026-04-15",
        "interview_people": "管委会李主任，企业黄总",
        "interview_minutes": "企业承诺九月底前补足",
        "interview_deadline": "2026-09-30",
    },
    "lawyer_letter": {"letter_on": "2026-10-08", "letter_deadline": "2026-11-08"},
    "liability": {"liability_on": "2026-11-10", "liability_content": "追回设备补助"},
    "termination": {
        "termination_kind": "terminated",
        "termination_on": "2026-11-20",
        "termination_basis": "合同第十二条，青园会纪〔2026〕21号",
    },
}


def registered(changes: Mapping[str, Any] | None = None, rows: Sequence[Mapping[str, Any]] = ()) -> Filling:
    filling = answer(opened(FORM, TABLES), {**ANSWERS, **(changes or {})})
    add_rows(filling, V04, rows or INDICATORS)
    add_rows(filling, V05, PROMISES)
    return filling


def checked(actuals: Sequence[str] = ACTUALS, changes: Mapping[str, Any] | None = None) -> Filling:
    filling = registered(changes)
    for row, actual in zip(filling.rows(V04), actuals, strict=True):
        answer(filling, {f"{row}/check_actual": actual, f"{row}/check_source": "tax"})
    return filling


def breached() -> Filling:
    """20 of 30 on tax and 60 of 120 people: far below."""
    return checked(("400", "20", "60"))


def step(name: str) -> str:
    return f"/enforcement/{name}"


def walk_to(filling: Filling, last: str, leave_out: Sequence[str] = ()) -> Filling:
    """Enforcement up to a step, with its traces, those of the steps left out missing."""
    filling.set(step("step"), last)
    for name, traces in STEPS.items():
        if name not in leave_out:
            answer(filling, {step(key): value for key, value in traces.items()})
        if name == last:
            break
    return filling


def test_every_question_of_the_catalogue_is_there() -> None:
    assert_well_made(FORM, CODES, STARRED)


def test_options_and_units_are_those_of_the_catalogue() -> None:
    assert labels(FORM, "indicator") == (
        "固投强度 容积率 亩均税收 产值 年税收 单位能耗增加值 单位排放增加值 研发投入占比 就业 "
        "注册资本到位 履约保证金 信贷偿还 其他"
    )
    units = {choice.name: choice.extra.get("unit", "") for choice in built_in(FORM).choices["indicator"]}
    assert (units["tax_per_mu"], units["employment"], units["output"]) == ("万元/亩", "人", "万元")
    assert labels(FORM, "source") == "税务 统计 财报 现场"
    assert labels(FORM, "step") == "没有启动 提醒函 约谈 律师函 违约追究 中止或解除"
    assert unit_of(FORM, "/agreement/v02_total") == "万元"


def test_an_agreement_and_a_check_are_complete() -> None:
    assert_complete(checked())
    register = registered({"/purpose/purpose_kind": "register"})
    assert not register.node(f"{V04}[1]/check_actual").relevant
    assert not register.node("/conclusion").relevant
    assert_complete(register)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/purpose/last_days", "186"),  # 20 May to 22 November: 11 + 30 + 31 + 31 + 30 + 31 + 22
        (f"{V04}[1]/check_ratio", "106.38"),  # 425.5 ÷ 400 = 1.06375
        (f"{V04}[1]/check_score", "30"),  # more than promised counts as promised
        (f"{V04}[2]/check_score", "36"),  # 27 ÷ 30 × 40
        (f"{V04}[3]/check_score", "28.5"),  # 114 ÷ 120 × 30
        ("/terms/v04_weights", "100"),
        ("/conclusion/due_weight", "100"),
        ("/conclusion/rate", "94.5"),  # 30 + 36 + 28.5
        ("/security/v08_area", "52.75"),  # 40.5 + 12.25
        (f"{V05}[1]/v05_late_days", "10"),  # done ten days late
        (f"{V05}[2]/v05_late_days", "22"),  # 31 October to 22 November
        ("/government/v05_count", "3"),
        ("/government/v05_done_count", "1"),
        ("/government/v05_overdue", "1"),
        ("/government/v05_soon", "1"),  # 10 December is 18 days away
        ("/government/v05_rate", "33.33"),  # 1 ÷ 3
    ],
)
def test_a_figure(path: str, expected: str) -> None:
    assert number(checked(), path) == Decimal(expected)


def test_what_is_carried_from_elsewhere() -> None:
    filling = checked()
    assert filling.get("/agreement/v01_party_b") == "江西青岚云杉新材料股份有限公司"
    assert filling.get("/security/v08_parcels") == "QL-2023-011、QL-2024-003"
    assert filling.node(f"{V04}[2]/v04_promised").hint == "单位：万元/亩"
    assert filling.get("/agreement/v02_listed") == "yes"
    assert filling.get("/conclusion/next_check") == "2027-05-23"  # 182 days: 8 + 31 + 31 + 28 + 31 + 30 + 23


@pytest.mark.parametrize(
    ("actuals", "rate", "conclusion"),
    [
        (("400", "30", "120"), "100", "达标"),
        (("9000", "300", "1200"), "100", "达标"),  # nothing makes up for something else
        (("9000", "22.5", "120"), "90", "基本达标"),  # 30 + 30 + 30
        (("9000", "22.49", "120"), "89.99", "未达标"),  # 30 + 29.9867 + 30 = 89.9867
        (("400", "29.99", "120"), "99.99", "基本达标"),  # 30 + 39.9867 + 30 = 99.9867
        (("400", "20", "60"), "71.67", "未达标"),  # 30 + 26.6667 + 15
        (("0", "-5", "0"), "0", "未达标"),  # a refund of tax does not count below nothing
    ],
)
def test_the_conclusion(actuals: Sequence[str], rate: str, conclusion: str) -> None:
    filling = checked(actuals)
    assert number(filling, "/conclusion/rate") == Decimal(rate)
    assert filling.get("/conclusion/conclusion_name") == conclusion


def test_indicators_not_yet_due_are_left_out_and_the_weights_scaled() -> None:
    rows = [*INDICATORS[:2], {**INDICATORS[2], "v04_year": 2027}]
    filling = registered(rows=rows)
    for row, actual in zip(filling.rows(V04)[:2], ("400", "27"), strict=True):
        answer(filling, {f"{row}/check_actual": actual, f"{row}/check_source": "statistics"})
    assert not filling.node(f"{V04}[3]/check_actual").relevant
    assert number(filling, "/conclusion/due_weight") == 70
    assert number(filling, "/conclusion/rate") == Decimal("94.29")  # (30 + 36) ÷ 70 = 0.942857…
    assert filling.get("/conclusion/short_names") == "亩均税收"
    assert_complete(filling)


@pytest.mark.parametrize("way", ["paused", "nothing due"])
def test_there_is_a_check_without_a_verdict(way: str) -> None:
    rows = [{**row, "v04_year": 2027} for row in INDICATORS] if way == "nothing due" else INDICATORS
    pause = {"/period/check_pause": "yes", "/period/check_pause_reason": "洪灾停产，管委会会议批准"}
    filling = registered(pause if way == "paused" else {}, rows)
    assert filling.get("/conclusion/conclusion_name") == "暂不考核"
    assert filling.get("/conclusion/rate") is None
    assert not filling.node("/enforcement").relevant
    assert_complete(filling)


def test_what_falls_short_is_named() -> None:
    assert checked().get("/conclusion/short_names") == "亩均税收、就业"
    assert checked(("400", "30", "120")).get("/conclusion/short_names") is None


@pytest.mark.parametrize("weight", ["29.99", "30.01"])
def test_the_weights_must_make_a_hundred(weight: str) -> None:
    filling = checked()
    filling.set(f"{V04}[3]/v04_weight", weight)
    assert filling.finish().required_missing == ("/terms/v04_unbalanced",)


def test_an_own_indicator_has_its_own_name_and_unit() -> None:
    other = {"v04_indicator": "other", "v04_other": "专利数", "v04_other_unit": "件"}
    filling = registered(rows=[*INDICATORS[:2], {**INDICATORS[2], **other}])
    assert filling.get(f"{V04}[3]/v04_name") == "专利数"
    assert filling.node(f"{V04}[3]/v04_promised").hint == "单位：件"


def test_the_government_is_lit_too() -> None:
    filling = checked()
    lamps = [filling.get(f"{row}/v05_lamp") for row in filling.rows(V05)]
    assert lamps == ["绿灯", "红灯", "黄灯"]
    assert filling.get("/government/v05_overall") == "红灯"
    assert filling.node("/enforcement/step_government").relevant
    filling.set(f"{V05}[2]/v05_done", "yes")
    filling.set(f"{V05}[2]/v05_done_on", "2026-11-21")
    assert filling.get("/government/v05_overall") == "黄灯"
    assert number(filling, "/government/v05_rate") == Decimal("66.67")


def test_promises_of_the_government_are_listed_or_said_to_be_none() -> None:
    filling = checked()
    while filling.rows(V05):
        filling.remove(filling.rows(V05)[-1])
    assert filling.finish().required_missing == ("/government/v05_missing",)
    filling.set("/government/v05_has", "none")
    assert filling.get("/government/v05_rate") is None
    assert_complete(filling)


@pytest.mark.parametrize("last", STEPS)
def test_enforcement_with_every_trace_is_complete(last: str) -> None:
    assert_complete(walk_to(breached(), last))


@pytest.mark.parametrize(
    ("last", "left_out"),
    [(later, earlier) for i, later in enumerate(STEPS) for earlier in list(STEPS)[:i]],
)
def test_no_step_without_the_trace_of_those_before(last: str, left_out: str) -> None:
    filling = walk_to(breached(), last, [left_out])
    missing = {path for path in filling.finish().required_missing if path.startswith("/enforcement/")}
    assert missing == {step(name) for name in STEPS[left_out]}
    assert "前面的步骤没有留痕" in problem_at(filling, sorted(missing)[0])


def test_the_main_leader_may_skip_steps_with_a_reason() -> None:
    filling = walk_to(breached(), "lawyer_letter", ["reminder", "interview"])
    filling.set(step("special"), "yes")
    missing = {step("special_by"), step("special_on"), step("special_reason")}
    assert set(filling.finish().required_missing) == missing
    answer(
        filling,
        {
            step("special_by"): "周川",
            step("special_on"): "2026-10-07",
            step("special_reason"): "企业正在转移设备",
        },
    )
    assert_complete(filling)


def test_the_step_itself_needs_its_trace_even_then() -> None:
    filling = walk_to(breached(), "lawyer_letter", ["reminder", "interview", "lawyer_letter"])
    filling.set(step("special"), "yes")
    assert step("letter_on") in filling.finish().required_missing


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (step("interview_on"), "2026-01-09", "不能早于提醒函"),
        (step("letter_on"), "2026-09-29", "整改期满之后"),
        (step("liability_on"), "2026-11-07", "律师函期满之后"),
        (step("termination_on"), "2026-11-09", "不能早于违约追究"),
        ("/agreement/v02_fixed", "21000.01", "不超过总投资"),
        ("/agreement/v03_completion", "2023-06-29", "不能早于开工日"),
        ("/agreement/v03_capacity", "2025-03-30", "不能早于投产日"),
        (f"{V04}[1]/v04_promised", "0", "大于 0"),
        (f"{V04}[1]/v04_weight", "100.5", "不超过 100"),
        ("/period/check_year", 2027, "不晚于今年"),
    ],
)
def test_a_wrong_answer_is_told(path: str, value: Any, message: str) -> None:
    filling = walk_to(breached(), "termination")
    filling.set(path, value)
    assert message in problem_at(filling, path)
    assert not filling.finish().complete


def test_enforcement_is_asked_only_where_something_falls_short() -> None:
    assert not checked(("400", "30", "120")).node("/enforcement").relevant
    assert checked().node("/enforcement").relevant
    assert not checked().node("/enforcement/step_start").relevant
    assert breached().node("/enforcement/step_start").relevant


def test_a_check_is_recalled_after_half_a_year() -> None:
    filling = registered({"/purpose/purpose_kind": "register"})
    assert filling.node("/purpose/last_due").relevant
    assert not checked().node("/purpose/last_due").relevant
