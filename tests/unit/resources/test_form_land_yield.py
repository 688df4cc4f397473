"""亩均效益（345+1.5）测算 (domain.md §5 (j), §2.6): complete, and each figure as worked by hand."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from forms.filling import Filling
from tests.support.built_in_forms import (
    ENTERPRISE,
    HEAD,
    Rows,
    answer,
    assert_complete,
    assert_well_made,
    labels,
    number,
    opened,
    problem_at,
    unit_of,
)

FORM = "land_yield"
CODES = f"{HEAD} X01 X02 X03 X04 X05 X06 X07 X08 X09 X10 X11 X12 X13 X14"
STARRED = "H3 H6 H7 X01 X02"
LAST = {
    "year": "2024",
    "area": "50",
    "tax": "1120",
    "investment": "21000",
    "output": "23500",
    "floor_area": "46000",
}
SCHEME = {
    "version": "2026-甲",
    "base_tax": "25",
    "base_added": "100",
    "base_energy": "3",
    "base_emission": "600",
    "base_labour": "32",
    "base_research": "3",
    "base_power": "1.6",
    "cap": "1.5",
    "grade_a": "100",
    "grade_b": "80",
    "grade_c": "60",
}
ANSWERS: dict[str, Any] = {
    "/header/h7_informed": "yes",
    "/figures/x02_mu": "52.5",
    "/figures/x03_floor_area": "48000",
    "/figures/x04_tax": "1260",
    "/figures/x05_investment": "22050",
    "/figures/x06_output": "25200",
    "/figures/x07_added_value": "6300",
    "/figures/x08_energy": "1800",
    "/figures/x09_emission": "12",
    "/figures/x10_employees": "180",
    "/figures/x11_research": "900",
    "/figures/x12_main_revenue": "24000",
    "/figures/x13_electricity": "840",
}


def measured(changes: Mapping[str, Any] | None = None, **tables: Rows) -> Filling:
    given = {"last_yield": [LAST], "yield_scheme": [SCHEME], **tables}
    return answer(opened(FORM, given), {**ANSWERS, **(changes or {})})


def test_every_question_of_the_catalogue_is_there() -> None:
    assert_well_made(FORM, CODES, STARRED)


def test_options_and_units_are_those_of_the_catalogue() -> None:
    assert labels(FORM, "idle_land") == "批而未供 供而未用 用而未尽 建而未投 投而未达标 无"
    assert labels(FORM, "rated") == "参评 建设期不满 3 年 新企业不满 2 年 公用 政策搬迁 破产"
    units = {
        "x02_mu": "亩",
        "x02_square_metres": "㎡",
        "x03_floor_area": "㎡",
        "x04_tax": "万元",
        "x05_investment": "万元",
        "x06_output": "万元",
        "x08_energy": "吨标准煤",
        "x09_emission": "吨",
        "x10_employees": "人",
        "x13_electricity": "万千瓦时",
    }
    assert {name: unit_of(FORM, f"/figures/{name}") for name in units} == units


def test_a_year_measured_is_complete() -> None:
    filling = measured()
    assert_complete(filling)
    assert filling.get("/figures/x01_year") == 2025  # the year before this one
    bare = answer(opened(FORM), {"/header/h7_informed": "yes", "/figures/x02_mu": "10"})
    assert_complete(bare)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/lines/tax_per_mu", "24"),  # 1260 ÷ 52.5
        ("/lines/investment_per_mu", "420"),  # 22050 ÷ 52.5
        ("/lines/output_per_mu", "480"),  # 25200 ÷ 52.5
        ("/lines/floor_ratio", "1.37"),  # 48000 ÷ (52.5 × 666.67 = 35000.175) = 1.37142…
        ("/lines/gap_tax", "315"),  # (30 − 24) × 52.5
        ("/lines/gap_investment", "0"),
        ("/lines/gap_output", "1050"),  # (500 − 480) × 52.5
        ("/lines/gap_ratio", "4500.26"),  # 1.5 × 35000.175 − 48000 = 4500.2625
        ("/lines/met_count", "1"),
        ("/comparison/added_per_mu", "120"),  # 6300 ÷ 52.5
        ("/comparison/added_per_energy", "3.5"),  # 6300 ÷ 1800
        ("/comparison/added_per_emission", "525"),  # 6300 ÷ 12
        ("/comparison/added_per_person", "35"),  # 6300 ÷ 180
        ("/comparison/research_share", "3.75"),  # 900 ÷ 24000
        ("/comparison/tax_per_power", "1.5"),  # 1260 ÷ 840
        ("/comparison/growth_tax", "7.14"),  # last year 1120 ÷ 50 = 22.4; 24 ÷ 22.4 = 1.071428…
        ("/comparison/growth_investment", "0"),  # 21000 ÷ 50 = 420, as now
        ("/comparison/growth_output", "2.13"),  # 23500 ÷ 50 = 470; 480 ÷ 470 = 1.021276…
        ("/comparison/growth_ratio", "-0.62"),  # per mu 920 then, 914.2857 now: −5.7143 ÷ 920 = −0.62111 %
        ("/grading/score_tax", "28.8"),  # 24 ÷ 25 × 30
        ("/grading/score_added", "24"),  # 120 ÷ 100 × 20
        ("/grading/score_energy", "23.33"),  # 3.5 ÷ 3 × 20
        ("/grading/score_emission", "8.75"),  # 525 ÷ 600 × 10
        ("/grading/score_labour", "10.94"),  # 35 ÷ 32 × 10 = 10.9375
        ("/grading/score_research", "12.5"),  # 3.75 ÷ 3 × 10
        ("/grading/score", "108.32"),  # 28.80 + 24.00 + 23.33 + 8.75 + 10.94 + 12.50
    ],
)
def test_a_figure(path: str, expected: str) -> None:
    assert number(measured(), path) == Decimal(expected)


@pytest.mark.parametrize(
    ("lamp", "expected"),
    [
        ("lamp_tax", "红灯"),
        ("lamp_investment", "绿灯"),
        ("lamp_output", "红灯"),
        ("lamp_ratio", "红灯"),
    ],
)
def test_a_lamp(lamp: str, expected: str) -> None:
    assert measured().get(f"/lines/{lamp}") == expected


@pytest.mark.parametrize(
    ("tax", "per_mu", "gap", "lamp"),
    [
        ("1575", "30", "0", "绿灯"),  # 30 × 52.5
        ("1574.99", "30", "0.01", "红灯"),  # shown as 30.00, and yet a hundred yuan short
        ("1575.01", "30", "0", "绿灯"),
        ("0", "0", "1575", "红灯"),
    ],
)
def test_the_line_itself_is_met(tax: str, per_mu: str, gap: str, lamp: str) -> None:
    filling = measured({"/figures/x04_tax": tax})
    assert number(filling, "/lines/tax_per_mu") == Decimal(per_mu)
    assert number(filling, "/lines/gap_tax") == Decimal(gap)
    assert filling.get("/lines/lamp_tax") == lamp


def test_what_was_not_given_has_no_lamp() -> None:
    filling = measured({"/figures/x05_investment": None})
    assert filling.get("/lines/lamp_investment") == "未填"
    assert filling.get("/lines/gap_investment") is None
    assert not filling.node("/lines/note_investment").relevant


@pytest.mark.parametrize("by", ["mu", "square_metres"])
def test_no_land_no_reckoning(by: str) -> None:
    name = {"mu": "x02_mu", "square_metres": "x02_square_metres"}[by]
    filling = measured({"/figures/x02_by": by, f"/figures/{name}": "0"})
    assert "不能是 0" in problem_at(filling, f"/figures/{name}")
    assert not filling.finish().complete
    for figure in ("/lines/tax_per_mu", "/lines/gap_tax", "/lines/floor_ratio", "/comparison/added_per_mu"):
        assert filling.get(figure) is None
    assert filling.get("/grading/score") is None


def test_square_metres_are_turned_into_mu() -> None:
    filling = measured({"/figures/x02_by": "square_metres", "/figures/x02_square_metres": "35000.175"})
    assert number(filling, "/figures/x02_area") == Decimal("52.5")  # ÷ 666.67
    assert number(filling, "/lines/tax_per_mu") == 24
    assert_complete(filling)


def test_the_lines_are_those_of_the_scheme_where_it_has_them() -> None:
    own = {**SCHEME, "tax_line": "20", "ratio_line": "1.2"}
    filling = measured(yield_scheme=[own])
    assert filling.get("/lines/lamp_tax") == "绿灯"
    assert filling.get("/lines/lamp_ratio") == "绿灯"
    assert number(filling, "/lines/line_output") == 500


@pytest.mark.parametrize(
    ("changes", "last", "found"),
    [
        ({}, LAST, "no"),
        ({"/figures/x04_tax": "12600000"}, LAST, "yes"),  # 240 000 a mu, and more than the output
        ({"/figures/x04_tax": "12600000", "/figures/x06_output": "252000000"}, LAST, "yes"),  # both slipped
        ({"/figures/x04_tax": "26000", "/figures/x06_output": None}, {}, "no"),  # 495 a mu: rich, not absurd
        ({"/figures/x04_tax": "26000"}, LAST, "yes"),  # more tax than output
        ({"/figures/x04_tax": "20000"}, {**LAST, "tax": "20"}, "yes"),  # a thousand times last year
        ({"/figures/x04_tax": "19999"}, {**LAST, "tax": "20"}, "no"),
    ],
)
def test_tax_entered_in_yuan_is_suspected(changes: dict[str, Any], last: dict[str, str], found: str) -> None:
    filling = measured(changes, last_yield=[last] if last else [])
    assert filling.get("/lines/slip_tax_found") == found
    assert filling.node("/units").relevant == (found == "yes")


def test_a_suspected_slip_says_what_to_write_and_waits_for_an_answer() -> None:
    filling = measured({"/figures/x04_tax": "12600000"})
    assert "应填 1260 万元" in filling.node("/units/slip_tax").label
    assert filling.finish().required_missing == ("/units/slip_checked",)
    filling.set("/units/slip_checked", "no")
    assert "改成万元" in problem_at(filling, "/units/slip_checked")
    filling.set("/figures/x04_tax", "1260")
    assert_complete(filling)


def test_output_in_yuan_is_suspected_too() -> None:
    filling = measured({"/figures/x06_output": "252000000"})
    assert filling.node("/units/slip_output").relevant
    assert not filling.node("/units/slip_tax").relevant


def test_an_enterprise_below_scale_is_scored_by_tax_and_power() -> None:
    filling = measured(enterprise=[{**ENTERPRISE, "is_above_scale": "no"}])
    assert number(filling, "/grading/score_tax") == 48  # 24 ÷ 25 × 50
    assert number(filling, "/grading/score_power") == Decimal("46.88")  # 1.5 ÷ 1.6 × 50 = 46.875
    assert number(filling, "/grading/score") == Decimal("94.88")
    assert filling.get("/grading/score_added") is None


@pytest.mark.parametrize(
    ("changes", "scheme", "item", "expected"),
    [
        ({"/figures/x04_tax": "2625"}, {}, "tax", "45"),  # 50 ÷ 25 = 2, capped at 1.5: 1.5 × 30
        ({"/figures/x04_tax": "2625"}, {"cap": ""}, "tax", "60"),
        ({"/figures/x09_emission": "0"}, {}, "emission", "10"),  # no emission at all: full marks
        ({"/figures/x09_emission": "0"}, {"mean_emission": "8.2"}, "emission", "8.2"),
        ({"/figures/x09_emission": None}, {}, "emission", "0"),
        ({"/figures/x07_added_value": "-300"}, {}, "labour", "0"),
        ({}, {"weight_tax": "40"}, "tax", "38.4"),  # 24 ÷ 25 × 40
    ],
)
def test_an_item_of_the_score(
    changes: dict[str, Any], scheme: dict[str, str], item: str, expected: str
) -> None:
    filling = measured(changes, yield_scheme=[{**SCHEME, **scheme}])
    assert number(filling, f"/grading/score_{item}") == Decimal(expected)


@pytest.mark.parametrize(("grade_a", "grade"), [("108.32", "A"), ("108.33", "B"), ("", None)])
def test_the_grade(grade_a: str, grade: str | None) -> None:
    filling = measured(yield_scheme=[{**SCHEME, "grade_a": grade_a}])
    assert filling.get("/grading/grade") == grade


@pytest.mark.parametrize("state", ["building", "new", "public", "relocated", "bankrupt"])
def test_who_is_exempt_is_not_graded_but_has_its_lamps(state: str) -> None:
    filling = measured({"/figures/x14_rated": state})
    assert filling.get("/grading/score") is None
    assert filling.get("/grading/grade") is None
    assert filling.node("/grading/score_exempt").relevant
    assert filling.get("/lines/lamp_investment") == "绿灯"


def test_without_a_scheme_nothing_is_scored() -> None:
    filling = measured(yield_scheme=[])
    assert filling.get("/grading/score") is None
    assert filling.node("/grading/score_none").relevant
    assert number(filling, "/lines/line_tax") == 30


@pytest.mark.parametrize("last", [[], [{**LAST, "year": "2023"}], [{**LAST, "area": "0"}]])
def test_there_is_no_comparison_without_the_year_before(last: list[dict[str, str]]) -> None:
    filling = measured(last_yield=last)
    assert filling.get("/comparison/growth_tax") is None
    assert filling.node("/comparison/growth_none").relevant


def test_idle_land_is_explained() -> None:
    filling = measured({"/idle/idle_land": ["not_filled", "below_standard"]})
    assert filling.finish().required_missing == ("/idle/idle_remark",)
    filling.set("/idle/idle_land", ["none"])
    assert_complete(filling)
    filling.set("/idle/idle_land", ["none", "not_used"])
    assert "不能再选别的" in problem_at(filling, "/idle/idle_land")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("/figures/x01_year", 2027, "不晚于今年"),
        ("/figures/x02_leased", "52.6", "不超过用地面积"),
        ("/figures/x04_tax", "-1", "不小于 0"),
        ("/figures/x04_tax", "1.234", "最多两位小数"),
        ("/figures/x10_employees", -1, "不能小于 0"),
    ],
)
def test_a_wrong_answer_is_told(path: str, value: Any, message: str) -> None:
    filling = measured({path: value})
    assert message in problem_at(filling, path)
    assert not filling.finish().complete


def test_leased_or_deducted_land_is_explained() -> None:
    filling = measured({"/figures/x02_leased": "12"})
    assert filling.finish().required_missing == ("/figures/x02_remark",)
    filling.set("/figures/x02_remark", "租邻厂 12 亩到 2029 年")
    assert_complete(filling)
