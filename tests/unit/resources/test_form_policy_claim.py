"""政策兑现登记 (domain.md §5 (g)): complete, and each figure as worked by hand."""

from __future__ import annotations

from collections.abc import Mapping
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

FORM = "policy_claim"
CODES = f"{HEAD} Y01 Y02 Y03 Y04 Y05 Y06 Y07 Y08 Y09 Y10 Y11 Y12 Y13 Y14 Y15"
STARRED = "H3 H6 H7 Y01 Y02 Y03 Y04 Y05 Y08"
TABLES = {
    "policies": [
        {
            "name": "P1",
            "title": "技术改造补助实施细则",
            "document_number": "工信〔2026〕8号",
            "review_number": "",
        },
        {
            "name": "P2",
            "title": "首次入规奖励办法",
            "document_number": "政办〔2026〕3号",
            "review_number": "公竞审〔2026〕2号",
        },
    ],
    "agents": [{"name": "a1", "label": "陈禾"}, {"name": "a2", "label": "吴楠"}],
}
ANSWERS: dict[str, Any] = {
    "/header/h7_informed": "yes",
    "/policy/y01_policy": "P1",
    "/policy/y02_way": "on_request",
    "/policy/y03_basis": "第四条第二款",
    "/policy/y04_local": "yes",
    "/policy/y04_review": "青岚公竞审〔2026〕5号",
    "/policy/y05_due": "86.40",
    "/policy/y06_working": "设备投资 1080 万元，按 8% 补助",
    "/policy/y07_from": "2026-08-01",
    "/policy/y07_until": "2026-12-10",
    "/progress/eligibility": "fits",
}
MATERIALS = [
    {"y08_name": "设备发票", "y08_have": "have"},
    {"y08_name": "竣工验收意见", "y08_have": "missing", "y08_due": "2026-12-05"},
    {"y08_name": "项目备案证", "y08_have": "missing", "y08_due": "2026-11-30"},
]
PAID: dict[str, Any] = {
    "/progress/y09_declared": "2026-08-10",
    "/progress/y10_accepted": "2026-08-13",
    "/progress/y10_reviewed": "2026-09-07",
    "/progress/y10_published": "2026-09-14",
    "/progress/y10_paid_on": "2026-10-12",
    "/progress/y11_approved": "80.00",
    "/progress/y11_paid": "50.00",
    "/progress/y12_received": "yes",
    "/progress/y12_received_on": "2026-10-15",
}
CONTRACT: dict[str, Any] = {
    "/policy/y01_listed": "no",
    "/policy/y01_title": "年产五千吨氧化铝项目投资合同",
    "/policy/y02_way": "contract",
}


def claimed(extra: Mapping[str, Any] | None = None, tables: Mapping[str, Any] | None = None) -> Filling:
    filling = answer(opened(FORM, {**TABLES, **(tables or {})}), {**ANSWERS, **(extra or {})})
    add_rows(filling, "/materials/y08_materials", MATERIALS)
    return filling


def test_every_question_of_the_catalogue_is_there() -> None:
    assert_well_made(FORM, CODES, STARRED)


def test_options_and_units_are_those_of_the_catalogue() -> None:
    assert labels(FORM, "claim_way") == "免申即享 即申即享 承诺兑现 合同约定"
    assert labels(FORM, "unpaid_reason") == "资金未到位 条件未达 材料缺 政策过期 企业未履约 争议"
    assert (unit_of(FORM, "/policy/y05_due"), unit_of(FORM, "/progress/days_total")) == ("万元", "天")


def test_a_claim_and_a_paid_one_are_complete() -> None:
    assert_complete(claimed())
    assert_complete(claimed(PAID))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/policy/y07_days", "18"),  # 22 November to 10 December: 8 + 10
        ("/materials/y08_count", "3"),
        ("/materials/y08_missing", "2"),
        ("/materials/y08_materials[2]/y08_days", "13"),  # 8 + 5
        ("/materials/y08_nearest", "8"),  # 22 to 30 November
        ("/progress/days_accepting", "3"),  # 10 to 13 August
        ("/progress/days_reviewing", "25"),  # 18 + 7
        ("/progress/days_publishing", "7"),
        ("/progress/days_paying", "28"),  # 16 + 12
        ("/progress/days_total", "63"),  # 3 + 25 + 7 + 28
        ("/progress/days_received", "66"),  # 63 + 3
        ("/progress/y11_cut", "6.4"),  # 86.40 − 80
        ("/progress/y11_unpaid", "30"),  # 80 − 50
        ("/progress/y11_open", "36.4"),  # 86.40 − 50
        ("/progress/y11_share", "57.87"),  # 50 ÷ 86.4 = 0.578703… (§9 R17)
        ("/progress/y15_agent_count", "2"),
    ],
)
def test_a_figure(path: str, expected: str) -> None:
    assert number(claimed(PAID), path) == Decimal(expected)


def test_missing_materials_are_named_with_the_nearest_deadline() -> None:
    filling = claimed()
    assert filling.get("/materials/y08_missing_names") == "竣工验收意见、项目备案证"
    assert "在 8 天后" in filling.node("/materials/y08_note").label


def test_what_is_carried_from_elsewhere() -> None:
    filling = claimed(PAID)
    assert filling.get("/policy/y01_name") == "技术改造补助实施细则"
    assert filling.get("/policy/y01_number") == "工信〔2026〕8号"
    assert filling.get("/progress/y11_paid_on") == "2026-10-12"
    assert filling.get("/progress/y15_agents") == "陈禾、吴楠"
    assert claimed(tables={"agents": []}).get("/progress/y15_agents") == "还没有代办员"


def test_a_missing_material_needs_a_deadline_within_the_window() -> None:
    filling = claimed()
    filling.set("/materials/y08_materials[1]/y08_have", "missing")
    assert filling.finish().required_missing == ("/materials/y08_materials[1]/y08_due",)
    filling.set("/materials/y08_materials[1]/y08_due", "2026-12-11")
    assert "申报窗口截止" in problem_at(filling, "/materials/y08_materials[1]/y08_due")


def test_materials_must_be_listed_unless_nothing_is_applied_for() -> None:
    filling = answer(opened(FORM, TABLES), ANSWERS)
    assert filling.finish().required_missing == ("/materials/y08_none",)
    filling.set("/policy/y02_way", "automatic")
    assert_complete(filling)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, True),  # a local award
        ({"/policy/y04_local": "no"}, False),
        ({**CONTRACT, "/policy/y04_local": None}, True),
        ({"/policy/y01_policy": "P2"}, False),  # the catalogue has its number
        ({"/policy/y01_policy": "P2", "/policy/y02_way": "contract"}, False),
    ],
)
def test_the_review_number_is_required_where_it_must_be(changes: dict[str, Any], missing: bool) -> None:
    filling = claimed({**changes, "/policy/y04_review": None})
    expected = ("/policy/y04_review",) if missing else ()
    assert filling.finish().required_missing == expected


def test_a_contract_is_always_asked_for_its_review_number() -> None:
    filling = claimed({**CONTRACT, "/policy/y04_review": "公竞审"})
    assert not filling.node("/policy/y04_local").relevant
    assert "请填文号" in problem_at(filling, "/policy/y04_review")
    filling.set("/policy/y04_review", "公竞审〔2026〕9号")
    assert filling.get("/policy/y04_number") == "公竞审〔2026〕9号"
    assert_complete(filling)


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ({"/progress/eligibility": "checking"}, "摸底"),
        ({"/progress/eligibility": "does_not_fit"}, "不符"),
        ({}, "符合"),
        (dict(list(PAID.items())[:1]), "申报"),
        (dict(list(PAID.items())[:2]), "受理"),
        (dict(list(PAID.items())[:3]), "审核"),
        (dict(list(PAID.items())[:4]), "公示"),
        (dict(list(PAID.items())[:5]), "拨付"),
        (PAID, "到账"),
        ({**PAID, "/progress/hold": "returned"}, "退回"),
        ({**PAID, "/progress/hold": "paused"}, "暂缓"),
        ({**PAID, "/progress/eligibility": "does_not_fit"}, "不符"),
    ],
)
def test_the_state_follows_from_the_dates(answers: dict[str, Any], status: str) -> None:
    assert claimed(answers).get("/progress/status_name") == status


def test_a_side_track_must_say_why() -> None:
    for answers in ({"/progress/eligibility": "does_not_fit"}, {"/progress/hold": "paused"}):
        assert claimed(answers).finish().required_missing == ("/progress/y13_reasons",)


def test_what_is_paid_in_full_is_not_asked_for_reasons() -> None:
    filling = claimed({**PAID, "/progress/y11_approved": "86.40", "/progress/y11_paid": "86.40"})
    assert not filling.node("/progress/y13_reasons").relevant
    assert number(filling, "/progress/y11_share") == 100


def test_a_breached_covenant_suggests_to_pause() -> None:
    filling = claimed(tables={"covenant": [{"conclusion": "not_met", "rate": "76.40"}]})
    node = filling.node("/progress/covenant_note")
    assert (node.relevant, "76.40%" in node.label, "暂缓" in node.label) == (True, True, True)
    for rows in ([], [{"conclusion": "met", "rate": "100"}]):
        assert not claimed(tables={"covenant": rows}).node("/progress/covenant_note").relevant


def test_what_comes_without_application_counts_from_acceptance() -> None:
    filling = claimed({**PAID, "/policy/y02_way": "automatic"})
    assert not filling.node("/progress/y09_declared").relevant
    assert number(filling, "/progress/days_total") == 60  # 25 + 7 + 28
    assert_complete(filling)


def test_waiting_days_are_counted_until_it_is_paid() -> None:
    filling = claimed({"/progress/y09_declared": "2026-08-10"})
    assert number(filling, "/progress/days_waiting") == 104  # 21 + 30 + 31 + 22
    assert claimed(PAID).get("/progress/days_waiting") is None


def test_without_a_public_notice_payment_counts_from_the_review() -> None:
    filling = claimed({**PAID, "/progress/y10_published": None})
    assert number(filling, "/progress/days_paying") == 35  # 23 + 12


@pytest.mark.parametrize(
    ("window", "state"),
    [
        (("2026-12-01", "2026-12-31"), "未开始"),
        (("2026-10-01", "2026-11-21"), "已截止"),
        (("2026-10-01", "2026-11-22"), "开放中"),
        ((None, None), None),
    ],
)
def test_the_window(window: tuple[str | None, str | None], state: str | None) -> None:
    filling = claimed({"/policy/y07_from": window[0], "/policy/y07_until": window[1]})
    assert filling.get("/policy/y07_state") == state


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("/policy/y05_due", "0", "大于 0"),
        ("/policy/y07_until", "2026-07-31", "不能早于开始日"),
        ("/progress/y09_declared", "2026-07-31", "申报窗口内"),
        ("/progress/y10_accepted", "2026-08-09", "不能早于申报日"),
        ("/progress/y10_paid_on", "2026-09-13", "不能早于审核日和公示日"),
        ("/progress/y10_paid_on", "2026-11-23", "不能晚于今天"),
        ("/progress/y11_paid", "80.01", "不超过核定额"),
        ("/progress/y12_received_on", "2026-10-11", "不能早于拨付日"),
    ],
)
def test_a_wrong_answer_is_told(path: str, value: Any, message: str) -> None:
    filling = claimed({**PAID, path: value})
    assert message in problem_at(filling, path)
    assert not filling.finish().complete


def test_a_legacy_claim_names_its_year() -> None:
    filling = claimed({"/progress/y14_legacy": "yes"})
    assert filling.finish().required_missing == ("/progress/y14_year",)
    filling.set("/progress/y14_year", 2027)
    assert "不晚于今年" in problem_at(filling, "/progress/y14_year")
    filling.set("/progress/y14_year", 2019)
    assert_complete(filling)
    assert filling.get("/header/h3_date") == date(2026, 11, 22)
