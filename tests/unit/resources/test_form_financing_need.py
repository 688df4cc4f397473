"""融资需求登记 (domain.md §5 (f)): complete, and each figure as worked by hand."""

from __future__ import annotations

from datetime import date
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
    labels,
    number,
    opened,
    problem_at,
    unit_of,
)

FORM = "financing_need"
CODES = f"{HEAD} L01 L02 L03 L04 L05 L06 L07 L08 L09 L10 L11 L12 L13 L14 L15"
STARRED = "H3 H6 H7 L01 L02 L03 L04 L05 L06 L07 L08 L12 L14 L15"
PRODUCTS = {
    "products": [
        {"name": "caiyuan_credit", "label": "财园信贷通", "kind": "credit"},
        {"name": "interest_subsidy", "label": "贷款贴息", "kind": "subsidy"},
        {"name": "technology_loan", "label": "科创贷", "kind": "credit"},
        {"name": "supply_chain", "label": "供应链融资", "kind": "receivables"},
        {"name": "equipment_renewal", "label": "设备更新贷", "kind": "secured"},
    ]
}
ANSWERS: dict[str, Any] = {
    "/header/h3_date": "2026-09-01",
    "/header/h7_informed": "yes",
    "/need/l01_amount": "800",
    "/need/l02_term": "one_year",
    "/need/l03_purpose": "materials",
    "/need/l04_needed_by": "2026-10-15",
    "/need/l05_urgency": "urgent",
    "/security/l06_offers": ["property", "equipment", "receivables"],
    "/security/l08_has": "some",
    "/finances/l09_debt_ratio": "48.6",
    "/finances/l10_tax": "96.4",
    "/finances/l11_tax_credit": "B",
    "/finances/l12_arrears": "none",
    "/target/l14_authorized": "yes",
    "/target/l15_contact": "何会计",
}
COLLATERALS = [
    {
        "l07_kind": "property",
        "l07_name": "2 号厂房",
        "l07_value": "1200",
        "l07_encumbered": "yes",
        "l07_debt": "700.50",
    },
    {"l07_kind": "equipment", "l07_name": "压机 6 台", "l07_value": "260", "l07_encumbered": "no"},
]
LOANS = [
    {"l08_bank": "青岚农商行", "l08_balance": "500", "l08_rate": "4.5", "l08_due": "2026-11-20"},
    {"l08_bank": "青岚村镇银行", "l08_balance": "300", "l08_rate": "6", "l08_due": "2027-03-31"},
    {"l08_bank": "邻县银行", "l08_balance": "100", "l08_due": "2027-06-30"},
]
LENT: dict[str, Any] = {
    "/progress/stage": "lent",
    "/progress/matched_on": "2026-09-02",
    "/progress/mediated_on": "2026-09-08",
    "/progress/mediated_bank": "青岚农商行",
    "/progress/granted_bank": "青岚农商行",
    "/progress/granted_amount": "700",
    "/progress/granted_on": "2026-09-25",
    "/progress/lent_amount": "650",
    "/progress/lent_rate": "3.85",
    "/progress/lent_on": "2026-10-09",
}


def registered() -> Filling:
    filling = answer(opened(FORM, PRODUCTS), ANSWERS)
    add_rows(filling, "/security/l07_collaterals", COLLATERALS)
    add_rows(filling, "/security/l08_loans", LOANS)
    return filling


def test_every_question_of_the_catalogue_is_there() -> None:
    assert_well_made(FORM, CODES, STARRED)


def test_options_and_units_are_those_of_the_catalogue() -> None:
    assert labels(FORM, "loan_purpose") == "原料周转 订单 设备 基建 研发 续贷 还息 其他"
    security = labels(FORM, "security")
    assert security == "房产 土地 设备 应收账款 订单 知识产权 股权 保证 信用 暂无"
    assert labels(FORM, "stage") == "登记 匹配 撮合 会诊 授信 放款 未获批 撤回"
    assert labels(FORM, "refusal") == "征信 抵押 流水 行业 额度 资料"
    assert labels(FORM, "loan_term") == "6 个月以内 1 年以内 1 至 3 年 3 年以上"
    assert (unit_of(FORM, "/need/l01_amount"), unit_of(FORM, "/finances/l09_debt_ratio")) == ("万元", "%")


def test_a_need_registered_and_one_lent_are_complete() -> None:
    assert_complete(registered())
    assert_complete(answer(registered(), LENT))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/need/l04_days", "44"),  # September has 30 days: 29 to the end of it, 15 more
        ("/security/l07_collaterals[1]/l07_free", "499.5"),  # 1200 − 700.50
        ("/security/l07_collaterals[2]/l07_free", "260"),
        ("/security/l07_total", "759.5"),
        ("/security/l07_coverage", "94.94"),  # 759.5 ÷ 800 = 0.949375
        ("/security/l08_total", "900"),
        ("/security/l08_mean_rate", "5.06"),  # (500 × 4.5% + 300 × 6%) ÷ 800 = 40.5 ÷ 800 = 5.0625%
        ("/security/l08_loans[1]/l08_days", "80"),  # 29 + 31 + 20
        ("/security/l08_soon", "1"),
        ("/security/l08_past", "0"),
        ("/finances/l10_revenue", "4000"),  # the profile's, until somebody knows better
        ("/finances/l10_share", "20"),  # 800 ÷ 4000
        ("/progress/granted_share", "87.5"),  # 700 ÷ 800
        ("/progress/lent_share", "81.25"),  # 650 ÷ 800 (§9 R18)
        ("/progress/lent_interest", "25.03"),  # 650 × 3.85% = 25.025, half up
        ("/progress/lent_days", "38"),  # 29 + 9
    ],
)
def test_a_figure(path: str, expected: str) -> None:
    assert number(answer(registered(), LENT), path) == Decimal(expected)


def product_names(filling: Filling) -> list[str]:
    return [choice.name for choice in filling.node("/target/l13_products").choices]


@pytest.mark.parametrize("arrears", ["overdue", "both"])
def test_overdue_hides_the_credit_products_and_suggests_a_consultation(arrears: str) -> None:
    filling = registered()
    filling.set("/target/l13_products", ["caiyuan_credit", "supply_chain"])
    assert len(product_names(filling)) == 5
    assert not filling.node("/target/l12_consult").relevant
    filling.set("/finances/l12_arrears", arrears)
    assert product_names(filling) == ["interest_subsidy", "supply_chain", "equipment_renewal"]
    assert filling.get("/target/l13_products") == ("supply_chain",)
    assert filling.node("/target/l12_consult").relevant
    assert "会诊" in filling.node("/target/l12_consult").label


def test_a_guarantee_for_others_hides_no_product() -> None:
    filling = registered()
    filling.set("/finances/l12_arrears", "guarantee")
    assert len(product_names(filling)) == 5
    assert filling.node("/finances/l12_guarantee_amount").relevant
    assert not filling.node("/finances/l12_overdue_amount").relevant


def test_products_of_an_unknown_kind_are_not_offered_to_the_overdue() -> None:
    filling = answer(opened(FORM, {"products": [{"name": "x", "label": "某产品"}]}), ANSWERS)
    assert product_names(filling) == ["x"]
    filling.set("/finances/l12_arrears", "overdue")
    assert product_names(filling) == []


def test_collaterals_are_asked_only_for_what_can_be_mortgaged() -> None:
    filling = answer(opened(FORM, PRODUCTS), {**ANSWERS, "/security/l08_has": "none"})
    assert filling.finish().required_missing == ("/security/l07_missing",)
    filling.set("/security/l06_offers", ["receivables", "credit"])
    assert not filling.node("/security/l07_collaterals").relevant
    assert_complete(filling)


def test_the_kinds_of_collateral_are_those_offered() -> None:
    choices = registered().node("/security/l07_collaterals[1]/l07_kind").choices
    assert [choice.label for choice in choices] == ["房产", "设备"]


def test_loans_said_to_exist_must_be_listed_or_taken_back() -> None:
    filling = registered()
    while filling.rows("/security/l08_loans"):
        filling.remove(filling.rows("/security/l08_loans")[-1])
    assert filling.finish().required_missing == ("/security/l08_missing",)
    filling.set("/security/l08_has", "none")
    assert_complete(filling)


@pytest.mark.parametrize("stage", ["mediated", "consulted", "granted", "lent", "refused"])
def test_without_authorisation_nothing_goes_to_a_bank(stage: str) -> None:
    filling = answer(registered(), {"/target/l14_authorized": "no", "/progress/stage": stage})
    assert "没有授权" in problem_at(filling, "/progress/stage")
    assert "只有园区可见" in filling.node("/target/l14_note").label


@pytest.mark.parametrize("stage", ["registered", "matched", "withdrawn"])
def test_the_park_may_match_without_authorisation(stage: str) -> None:
    filling = answer(registered(), {"/target/l14_authorized": "no", "/progress/stage": stage})
    assert problem_at(filling, "/progress/stage") == ""


@pytest.mark.parametrize(
    ("stage", "asked"),
    [
        ("registered", []),
        ("matched", ["matched_on"]),
        ("mediated", ["matched_on", "mediated_on", "mediated_bank"]),
        ("consulted", ["matched_on", "mediated_on", "mediated_bank", "consulted_on", "consulted_result"]),
        ("refused", ["matched_on", "mediated_on", "mediated_bank", "refusal_reasons"]),
        ("withdrawn", ["withdrawn_reason"]),
    ],
)
def test_each_stage_asks_for_what_has_happened(stage: str, asked: list[str]) -> None:
    filling = answer(registered(), {"/progress/stage": stage})
    assert filling.finish().required_missing == tuple(f"/progress/{name}" for name in asked)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("/need/l01_amount", "0", "大于 0"),
        ("/need/l04_needed_by", "2026-08-31", "不能早于登记日期"),
        ("/security/l06_offers", ["none", "land"], "不能再选别的"),
        ("/security/l08_loans[1]/l08_rate", "45", "0 到 36"),
        ("/finances/l09_debt_ratio", "-1", "0 到 1000"),
        ("/target/l15_phone", "110", "11 位手机号"),
        ("/progress/lent_amount", "700.01", "不超过授信额"),
        ("/progress/lent_on", "2026-09-24", "授信之后"),
        ("/progress/mediated_on", "2026-09-01", "匹配之后"),
        ("/progress/matched_on", "2026-11-23", "不晚于今天"),
    ],
)
def test_a_wrong_answer_is_told(path: str, value: Any, message: str) -> None:
    filling = answer(registered(), {**LENT, path: value})
    assert message in problem_at(filling, path)
    assert not filling.finish().complete


def test_the_date_begins_with_today() -> None:
    assert opened(FORM).get("/header/h3_date") == date(2026, 11, 22)
