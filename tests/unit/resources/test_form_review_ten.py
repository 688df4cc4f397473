"""十看十察: every code of domain.md §5 (b) is there, and a plausible project gets the points worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.domain import credit_code
from forms.definition import Form, Group, Question
from forms.filling import Filling
from forms.workbook import read_form
from tests.support.built_in_forms import number

FORM = Path(__file__).parents[3] / "resources" / "forms" / "review_ten.md"
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=timezone(timedelta(hours=8)))

WEIGHTS = {
    "产业": 12,
    "团队研发": 10,
    "现金流": 10,
    "利润率": 8,
    "负债率": 8,
    "税收": 16,
    "涉诉": 10,
    "订单": 10,
    "排放": 8,
    "能耗资源": 8,
}
PROJECT = {
    "name": "年产三万吨陶瓷填料项目",
    "id": "p-3",
    "enterprise": "江西青岚云杉新材料股份有限公司",
    "credit_code": "91360313QLAN010241",
    "sponsor": "县商务局",
    "total_investment": "8600",
    "fixed_investment": "6200",
    "land": "40",
}
TABLES: dict[str, list[dict[str, str]]] = {
    "project": [PROJECT],
    "visit": [{"number": "QL-2026-11-0012", "officer": "陈禾"}],
    "reviews": [],
}
ANSWERS: dict[str, Any] = {
    "/header/h7_informed": "yes",
    "/project_facts/p05_site": "land",
    "/project_facts/p06_sources": ["enterprise", "public"],
    "/project_facts/p10_declared": "yes",
    "/look01/s01_class": "C3070",
    "/look01/s01_catalogue": "encouraged",
    "/look01/s01_leading": "yes",
    "/look02/s02_inventions": 2,
    "/look02/s02_patents": 6,
    "/look02/s02_rd": "4.2",
    "/look03/s03_revenue": "12500",
    "/look03/s03_receivable": "3100",
    "/look03/s03_cashflow": "860",
    "/look04/s04_profit1": "900",
    "/look04/s04_revenue2": "11000",
    "/look04/s04_profit2": "700",
    "/look04/s04_revenue3": "9500",
    "/look04/s04_profit3": "-120",
    "/look05/s05_assets": "15000",
    "/look05/s05_liabilities": "9450",
    "/look06/s06_tax": "1010",
    "/look07/s07_records": ["none"],
    "/look07/s07_tax_credit": "a",
    "/look08/s08_orders": "5200",
    "/look08/s08_output": "16000",
    "/look09/s09_pollutants": ["cod", "dust"],
    "/look09/s09_hazardous": "no",
    "/look09/s09_zone": "no",
    "/look09/s09_quota": "enough",
    "/look10/s10_energy": "0.21",
    "/look10/s10_average": "0.30",
    "/look10/s10_two_high": "no",
}
LOOKS = ["industry", "team", "cash", "margin", "debt", "tax", "lawsuit", "orders", "emission", "energy"]


@cache
def form() -> Form:
    return read_form(FORM).need()


def questions() -> list[Question]:
    return [item for item in form().walk() if isinstance(item, Question)]


def opened(**tables: Sequence[Mapping[str, str]]) -> Filling:
    return Filling(form(), now=lambda: NOW, instances={**TABLES, **tables}, metadata={"username": "chenhe"})


def reviewed(changes: Mapping[str, Any] | None = None, **tables: Sequence[Mapping[str, str]]) -> Filling:
    filling = opened(**tables)
    for path, value in {**ANSWERS, **(changes or {})}.items():
        filling.set(path, value)
    for place, look in enumerate(LOOKS, 1):
        filling.set(f"/look{place:02d}/p07_{look}", "见材料第 1 页")
    return filling


# What the form holds


def test_the_form_reads_without_any_problem() -> None:
    assert read_form(FORM).problems == ()
    assert (form().form_id, form().version, form().title) == ("review_ten", "2026.1", "十看十察项目评审表")


def test_every_code_is_there() -> None:
    wanted = {
        *(f"H{i}" for i in range(1, 8)),
        *(f"P{i:02d}" for i in range(1, 11)),
        *(f"S{i:02d}" for i in range(1, 11)),
    }
    assert {item.code for item in form().walk() if item.code} == wanted


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


def test_ten_weights_stand_as_data_and_make_a_hundred() -> None:
    weights = {choice.label: int(choice.extra["weight"]) for choice in form().choices["look"]}
    assert weights == WEIGHTS
    assert sum(weights.values()) == 100


def test_each_look_is_a_section_with_its_evidence() -> None:
    sections = [i for i in form().items if isinstance(i, Group) and i.name.startswith("look")]
    assert [s.label.split(" ")[1] for s in sections] == list(WEIGHTS)
    for section, look in zip(sections, LOOKS, strict=True):
        assert {i.name for i in section.items if i.code == "P07"} == {f"p07_{look}", f"p07_{look}_file"}


# A plausible project


def test_the_project_is_complete() -> None:
    finished = reviewed().finish()
    assert finished.required_missing == ()
    assert finished.problems == ()
    assert finished.complete


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/look03/s03_ratio", "24.8"),  # 3100 ÷ 12500
        ("/look04/s04_margin", "4.48"),  # (900 + 700 − 120) ÷ (12500 + 11000 + 9500) = 1480 ÷ 33000 = 4.4848…
        ("/look05/s05_ratio", "63"),  # 9450 ÷ 15000
        ("/look06/s06_per_land", "25.25"),  # 1010 ÷ 40
        ("/look08/s08_months", "3.9"),  # 5200 ÷ 16000 × 12
        ("/look10/s10_better", "30"),  # (0.30 − 0.21) ÷ 0.30
        # weight × band ÷ 10
        ("/look01/s01_points", "12"),  # encouraged and leading: 12 × 10
        ("/look02/s02_points", "7"),  # 2 inventions and 4.2 ≥ 3: 10 × 7
        ("/look03/s03_points", "7"),  # 24.8 ≤ 40: 10 × 7
        ("/look04/s04_points", "3.2"),  # 4.48 ≥ 0: 8 × 4
        ("/look05/s05_points", "5.6"),  # 63 ≤ 65: 8 × 7
        ("/look06/s06_points", "11.2"),  # 25.25 ≥ 20: 16 × 7
        ("/look07/s07_points", "10"),  # nothing and grade A: 10 × 10
        ("/look08/s08_points", "4"),  # 3.9 ≥ 3 months: 10 × 4
        ("/look09/s09_points", "5.6"),  # within limits with quota to spare: 8 × 7
        ("/look10/s10_points", "8"),  # 30 % better: 8 × 10
        # 12 + 7 + 7 + 3.2 + 5.6 + 11.2 + 10 + 4 + 5.6 + 8
        ("/result/total", "73.6"),
        ("/result/scored_count", "10"),
        ("/result/veto_count", "0"),
    ],
)
def test_a_computed_figure(path: str, expected: str) -> None:
    assert number(reviewed(), path) == Decimal(expected)


def test_between_seventy_and_eighty_it_is_recommended_with_conditions() -> None:
    filling = reviewed()
    assert filling.get("/result/conclusion_label") == "附条件推荐"
    assert filling.get("/result/p09_rule") == "no"
    assert filling.get("/result/p09_diligence") == "no"


def test_what_is_known_of_the_project_is_filled_in() -> None:
    filling = opened()
    assert filling.get("/header/h1_project") == "年产三万吨陶瓷填料项目"
    assert filling.get("/header/h4_officer") == "陈禾"
    assert filling.get("/project_facts/p03_sponsor") == "县商务局"
    assert filling.get("/project_facts/p04_total") == Decimal("8600")
    assert filling.get("/result/conclusion") is None
    assert filling.node("/result/unfinished_note").relevant


# The anchors 10 / 7 / 4 / 1, at their edges


@pytest.mark.parametrize(
    ("look", "changes", "band"),
    [
        ("01", {"s01_catalogue": "encouraged", "s01_leading": "no"}, 7),
        ("01", {"s01_catalogue": "allowed", "s01_leading": "yes"}, 7),
        ("01", {"s01_catalogue": "allowed", "s01_leading": "no"}, 4),
        ("01", {"s01_catalogue": "restricted", "s01_leading": "yes"}, 1),
        ("02", {"s02_inventions": 5, "s02_rd": "5"}, 10),
        ("02", {"s02_inventions": 5, "s02_rd": "4.99"}, 7),
        ("02", {"s02_inventions": 2, "s02_rd": "2.99"}, 4),
        ("02", {"s02_inventions": 0, "s02_patents": 1, "s02_rd": "9"}, 4),
        ("02", {"s02_inventions": 0, "s02_patents": 0, "s02_rd": "9"}, 1),
        ("03", {"s03_receivable": "2500"}, 10),  # 20 %
        ("03", {"s03_receivable": "2500", "s03_cashflow": "0"}, 7),
        ("03", {"s03_receivable": "5000"}, 7),  # 40 %
        ("03", {"s03_receivable": "7500"}, 4),  # 60 %
        ("03", {"s03_receivable": "7501.25"}, 1),  # 60.01 %
        ("04", {"s04_profit1": "2720"}, 10),  # (2720 + 580) ÷ 33000 = 10 %
        ("04", {"s04_profit1": "1070"}, 7),  # 1650 ÷ 33000 = 5 %
        ("04", {"s04_profit1": "-580"}, 4),  # 0 ÷ 33000
        ("04", {"s04_profit1": "-680"}, 1),  # −100 ÷ 33000
        ("05", {"s05_liabilities": "7500"}, 10),
        ("05", {"s05_liabilities": "9750"}, 7),
        ("05", {"s05_liabilities": "11250"}, 4),
        ("05", {"s05_liabilities": "11251.5"}, 1),  # 75.01 %
        ("06", {"s06_tax": "1200"}, 10),  # 30 a mu
        ("06", {"s06_tax": "1199.6"}, 7),  # 29.99 a mu
        ("06", {"s06_tax": "400"}, 4),  # 10 a mu
        ("06", {"s06_tax": "399.6"}, 1),
        ("07", {"s07_tax_credit": "b"}, 7),
        ("07", {"s07_records": ["dispute"]}, 7),
        ("07", {"s07_records": ["dispute", "enforced"]}, 4),
        ("07", {"s07_records": ["enforced", "dishonest"]}, 1),
        ("08", {"s08_orders": "16000"}, 10),
        ("08", {"s08_orders": "8000"}, 7),
        ("08", {"s08_orders": "4000"}, 4),
        ("08", {"s08_orders": "3999"}, 4),  # 2.99925 months, shown and judged as 3.00
        ("08", {"s08_orders": "3900"}, 1),
        ("09", {"s09_pollutants": ["none"]}, 10),
        ("09", {"s09_quota": "transfer"}, 4),
        ("09", {"s09_quota": "restricted"}, 1),
        ("10", {"s10_energy": "0.2999"}, 7),  # 0.03 % better
        ("10", {"s10_energy": "0.30"}, 4),
        ("10", {"s10_energy": "0.31"}, 1),
    ],
)
def test_a_band(look: str, changes: Mapping[str, Any], band: int) -> None:
    filling = reviewed({f"/look{look}/{name}": value for name, value in changes.items()})
    assert number(filling, f"/look{look}/s{look}_band") == band


def test_a_project_in_a_rented_plant_is_seen_by_the_square_metre() -> None:
    filling = reviewed({"/project_facts/p05_site": "floor", "/project_facts/p05_floor": "20000"})
    # 1010 × 10000 ÷ 20000 = 505 yuan a square metre, above 300
    assert number(filling, "/look06/s06_per_floor") == Decimal("505")
    assert filling.get("/look06/s06_per_land") is None
    assert number(filling, "/look06/s06_band") == 10
    filling.set("/look06/s06_tax", "199")  # 99.5 yuan, below the local line of 100
    assert number(filling, "/look06/s06_band") == 1
    assert filling.get("/look06/s06_veto") == "yes"


def test_a_young_company_is_judged_by_the_years_it_has() -> None:
    filling = reviewed({"/look04/s04_revenue2": None, "/look04/s04_revenue3": None})
    assert number(filling, "/look04/s04_margin") == Decimal("7.2")  # 900 ÷ 12500
    assert filling.finish().complete


def test_a_year_with_half_its_figures_gives_no_margin() -> None:
    filling = reviewed({"/look04/s04_profit2": None})
    assert filling.get("/look04/s04_margin") is None
    assert filling.finish().required_missing == ("/look04/s04_profit2",)


# Conclusions and vetoes

PERFECT = {
    "/look02/s02_inventions": 5,
    "/look02/s02_rd": "5",
    "/look03/s03_receivable": "2500",
    "/look04/s04_profit1": "2720",
    "/look05/s05_liabilities": "7500",
    "/look06/s06_tax": "1200",
    "/look08/s08_orders": "16000",
    "/look09/s09_pollutants": ["none"],
}


@pytest.mark.parametrize(
    ("changes", "total", "conclusion"),
    [
        (PERFECT, "100", "推荐"),
        # industry 7 (8.4 for 12): 73.6 − 3.6, exactly on the line
        ({"/look01/s01_leading": "no"}, "70", "附条件推荐"),
        # team 10 (+3) and margin 7 (5.6 for 3.2): 73.6 + 3 + 2.4
        (
            {"/look02/s02_inventions": 5, "/look02/s02_rd": "5", "/look04/s04_profit1": "1070"},
            "79",
            "附条件推荐",
        ),
        # and debt 10 (8 for 5.6)
        (
            {
                "/look02/s02_inventions": 5,
                "/look02/s02_rd": "5",
                "/look04/s04_profit1": "1070",
                "/look05/s05_liabilities": "7500",
            },
            "81.4",
            "推荐",
        ),
        # tax 10.5 a mu: 16 × 4 = 6.4 in place of 11.2
        ({"/look06/s06_tax": "420"}, "68.8", "补充尽调"),
        # and industry allowed only (4.8 for 12), orders 1 for 4: 68.8 − 7.2 − 3 = 58.6
        (
            {
                "/look06/s06_tax": "420",
                "/look01/s01_catalogue": "allowed",
                "/look01/s01_leading": "no",
                "/look08/s08_orders": "0",
            },
            "58.6",
            "不推荐（婉拒）",
        ),
    ],
)
def test_a_conclusion(changes: Mapping[str, Any], total: str, conclusion: str) -> None:
    filling = reviewed(changes)
    assert number(filling, "/result/total") == Decimal(total)
    assert filling.get("/result/conclusion_label") == conclusion


@pytest.mark.parametrize(
    ("changes", "words", "total"),
    [
        ({"/look01/s01_catalogue": "eliminated"}, "淘汰类", "89.2"),  # 100 − 12 + 1.2
        ({"/look06/s06_tax": "399.6"}, "准入线", "85.6"),  # 100 − 16 + 1.6
        ({"/look07/s07_records": ["dishonest"]}, "失信", "91"),  # 100 − 10 + 1
        ({"/look07/s07_records": ["fraud"]}, "骗取补贴", "91"),
        (
            {
                "/look09/s09_pollutants": ["metal"],
                "/look09/s09_quota": "no_quota",
                "/look09/s09_zone": "yes",
            },
            "禁限区",
            "92.8",  # 100 − 8 + 0.8
        ),
        ({"/look10/s10_two_high": "yes", "/look10/s10_quota": "no"}, "能耗指标", "100"),
    ],
)
def test_no_score_outweighs_a_veto(changes: Mapping[str, Any], words: str, total: str) -> None:
    filling = reviewed({**PERFECT, **changes})
    assert number(filling, "/result/total") == Decimal(total)
    assert number(filling, "/result/veto_count") == 1
    assert filling.get("/result/conclusion") == "decline"
    note = filling.node("/result/veto_note")
    assert note.relevant
    assert words in note.label


@pytest.mark.parametrize(
    "changes",
    [
        {"/look09/s09_quota": "no_quota"},  # outside the restricted zone
        {"/look09/s09_zone": "yes"},  # with quota to spare
        {"/look10/s10_two_high": "yes", "/look10/s10_quota": "yes"},
    ],
)
def test_half_a_veto_is_none(changes: Mapping[str, Any]) -> None:
    assert number(reviewed(changes), "/result/veto_count") == 0


def test_a_veto_that_was_taken_back_is_gone() -> None:
    filling = reviewed({"/look10/s10_two_high": "yes", "/look10/s10_quota": "no"})
    filling.set("/look10/s10_two_high", "no")
    assert number(filling, "/result/veto_count") == 0
    assert filling.get("/result/conclusion") == "conditional"


# Due diligence


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"/project_facts/p04_total": "10000"}, "yes"),
        ({"/project_facts/p04_total": "9999.99"}, "no"),
        ({"/look06/s06_tax": "420"}, "yes"),  # 68.8 points
    ],
)
def test_due_diligence_by_the_rule(changes: Mapping[str, Any], expected: str) -> None:
    filling = reviewed(changes)
    assert filling.get("/result/p09_choice") == "rule"
    assert filling.get("/result/p09_diligence") == expected
    assert filling.finish().complete


def test_another_choice_than_the_rule_needs_a_reason() -> None:
    filling = reviewed({"/project_facts/p04_total": "12000", "/result/p09_choice": "no"})
    assert filling.get("/result/p09_diligence") == "no"
    assert filling.finish().required_missing == ("/result/p09_reason",)


# Answers that are refused


@pytest.mark.parametrize(
    "code",
    ["91110000600037341L", "91110108551385082Q", "91360313QLAN010241", "N2440106MF00000057", "TMP-A1-001"],
)
def test_a_code_people_have_is_taken(code: str) -> None:
    filling = reviewed({"/project_facts/p02_credit_code": code})
    assert code.startswith("TMP-") or credit_code.check(code) is None
    assert filling.node("/project_facts/p02_credit_code").problem is None


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        # the last figure wrong, two neighbours changed round, the inner check wrong, a letter that never occurs
        ("/project_facts/p02_credit_code", "91110000600037341M", "信用代码不对"),
        ("/project_facts/p02_credit_code", "91110000600073341L", "信用代码不对"),
        ("/project_facts/p02_credit_code", "91110000600037351L", "信用代码不对"),
        ("/project_facts/p02_credit_code", "9111000060003734IL", "信用代码不对"),
        ("/project_facts/p04_fixed", "8600.01", "不超过总投资"),
        ("/project_facts/p05_land", "0", "应大于 0"),
        ("/project_facts/p10_declared", "no", "应当回避"),
        ("/look01/s01_class", "3070", "大写字母"),
        ("/look03/s03_revenue", "0", "大于 0"),
        ("/look05/s05_assets", "0", "大于 0"),
        ("/look07/s07_records", ["none", "dispute"], "不能再选别的"),
    ],
)
def test_a_wrong_answer_is_told(path: str, value: Any, message: str) -> None:
    filling = reviewed({path: value})
    problem = filling.node(path).problem
    assert problem is not None
    assert message in problem.message
    assert not filling.finish().complete


def test_evidence_is_words_or_a_file() -> None:
    filling = reviewed({})
    filling.set("/look05/p07_debt", None)
    assert filling.finish().required_missing == ("/look05/p07_debt",)
    filling.set("/look05/p07_debt_file", "audit.pdf")
    assert filling.finish().complete


def test_a_doubt_that_was_marked_must_be_said() -> None:
    filling = reviewed({"/result/p08_items": ["cash", "orders"]})
    assert filling.finish().required_missing == ("/result/p08_doubts",)


# The panel


def test_three_judges_are_averaged() -> None:
    others = [
        {"name": "吴楠", "total": "71.2", "veto": "no"},
        {"name": "周川", "total": "80", "veto": "no"},
    ]
    filling = reviewed(reviews=others)
    assert number(filling, "/panel/panel_count") == 3
    assert number(filling, "/panel/panel_mean") == Decimal("74.93")  # (71.2 + 80 + 73.6) ÷ 3 = 74.9333…
    assert number(filling, "/panel/panel_trimmed") == Decimal("73.6")  # without 80 and 71.2
    assert number(filling, "/panel/panel_score") == Decimal("74.93")
    assert filling.get("/panel/panel_label") == "附条件推荐"


def test_two_judges_are_too_few() -> None:
    filling = reviewed(reviews=[{"name": "吴楠", "total": "90", "veto": "no"}])
    assert filling.get("/panel/panel_score") is None
    assert filling.node("/panel/panel_few_note").relevant


def test_one_judges_veto_is_the_panels() -> None:
    others = [
        {"name": "吴楠", "total": "95", "veto": "yes"},
        {"name": "周川", "total": "95", "veto": "no"},
    ]
    filling = reviewed(reviews=others)
    assert number(filling, "/panel/panel_vetoes") == 1
    assert filling.get("/panel/panel_conclusion") == "decline"
