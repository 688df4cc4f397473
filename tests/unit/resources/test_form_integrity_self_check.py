"""亲清承诺与交往自查: every code of domain.md §5 (d) is there; a visit with nothing to tell takes one click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from forms.definition import Form, Group, Question
from forms.filling import Filling
from forms.workbook import read_form

FORM = Path(__file__).parents[3] / "resources" / "forms" / "integrity_self_check.md"
NOW = datetime(2026, 11, 22, 17, 5, tzinfo=timezone(timedelta(hours=8)))

SIGNED = {"commitment_year": "2026", "list_version": "2026.1"}
TABLES: dict[str, list[dict[str, str]]] = {
    "enterprise": [
        {"name": "萍乡市白鹭洲包装印刷有限公司", "id": "e-3", "credit_code": "91360313QLAN01032U"}
    ],
    "visit": [{"number": "QL-2026-11-0041", "officer": "陈禾"}],
    "integrity": [SIGNED],
}


@cache
def form() -> Form:
    return read_form(FORM).need()


def questions() -> list[Question]:
    return [item for item in form().walk() if isinstance(item, Question)]


def opened(changes: Mapping[str, Any] | None = None, **tables: Sequence[Mapping[str, str]]) -> Filling:
    filling = Filling(
        form(), now=lambda: NOW, instances={**TABLES, **tables}, metadata={"username": "chenhe"}
    )
    for name, value in (changes or {}).items():
        filling.set(f"/check/{name}", value)
    return filling


# What the form holds


def test_the_form_reads_without_any_problem() -> None:
    assert read_form(FORM).problems == ()
    assert (form().form_id, form().version, form().title) == (
        "integrity_self_check",
        "2026.1",
        "亲清承诺与交往自查",
    )


def test_every_code_is_there_and_in_order() -> None:
    """H5 to H7 are about the person visited and the notice to him: not a matter of one's own account."""
    wanted = ["H1", "H2", "H3", "H4", *(f"K{i}" for i in range(10))]
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


@pytest.mark.parametrize("name", ["positive", "negative"])
def test_ten_points_are_numbered_and_all_different(name: str) -> None:
    group = form().at(f"/commitment/{name}")
    assert isinstance(group, Group)
    labels = [item.label for item in group.items]
    assert [label.split(". ")[0] for label in labels] == [str(i) for i in range(1, 11)]
    assert len({label.split(". ")[1] for label in labels}) == 10


@pytest.mark.parametrize(
    ("list_name", "labels"),
    [
        ("meal", "否 食堂按标准交费 公务接待 其他"),
        ("ride", "否 确需顺路搭乘 专程接送"),
        ("gift", "否 当场退回 已登记上交"),
        ("no_yes", "否 是"),
        ("none_some", "无 有"),
        ("reported", "不需要 已报备 待报备"),
    ],
)
def test_the_choices_are_the_catalogues(list_name: str, labels: str) -> None:
    assert [choice.label for choice in form().choices[list_name]] == labels.split()


def test_it_makes_no_entity_and_asks_nothing_of_relatives() -> None:
    assert form().entities == ()
    asked = [q for q in questions() if q.code == "K6" and q.kind.asked]
    assert [q.type for q in asked] == ["select_one"]


# Nothing to tell


def test_all_no_is_complete_as_it_opens() -> None:
    finished = opened().finish()
    assert finished.complete
    assert {path.rsplit("/", 1)[1]: value for path, value in finished.values.items() if "/k" in path} == {
        "k0_list_version": "2026.1",
        "k0_year": "2026",
        "k0_signed_year": "2026",
        "k0_signed_version": "2026.1",
        "k0_due": "no",
        "k1_meal": "no",
        "k3_ride": "no",
        "k4_gift": "no",
        "k5_request": "no",
        "k6_interest": "none",
        "k6_replace": "no",
        "k7_leak": "no",
        "k8_reported": "not_needed",
        "k9_needed": "no",
    }


def test_what_is_known_is_filled_in() -> None:
    filling = opened()
    assert filling.get("/header/h1_enterprise") == "萍乡市白鹭洲包装印刷有限公司"
    assert filling.get("/header/h2_number") == "QL-2026-11-0041"
    assert filling.get("/header/h3_date") == date(2026, 11, 22)
    assert filling.get("/header/h4_officer") == "陈禾"


# The yearly commitment


@pytest.mark.parametrize(
    ("integrity", "due"),
    [
        ([SIGNED], "no"),
        ([], "yes"),
        ([{**SIGNED, "commitment_year": "2025"}], "yes"),
        ([{**SIGNED, "list_version": "2025.2"}], "yes"),
    ],
)
def test_the_commitment_is_signed_each_year_and_with_each_list(
    integrity: list[dict[str, str]], due: str
) -> None:
    filling = opened(integrity=integrity)
    assert filling.get("/header/k0_due") == due
    assert filling.node("/commitment").relevant is (due == "yes")
    missing = ("/commitment/k0_read", "/commitment/k0_signature") if due == "yes" else ()
    assert filling.finish().required_missing == missing


def test_signed_on_the_spot() -> None:
    filling = opened(integrity=[])
    filling.set("/commitment/k0_read", True)
    filling.set("/commitment/k0_signature", "signature.png")
    assert filling.finish().complete


# Something to tell


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("k1_meal", "canteen"),
        ("k1_meal", "official"),
        ("k1_meal", "other"),
        ("k3_ride", "lift"),
        ("k3_ride", "escorted"),
        ("k4_gift", "returned"),
        ("k4_gift", "handed_in"),
        ("k5_request", "yes"),
        ("k6_interest", "some"),
        ("k7_leak", "yes"),
        ("k8_reported", "reported"),
        ("k8_reported", "pending"),
    ],
)
def test_anything_but_no_must_be_explained(name: str, value: str) -> None:
    filling = opened({name: value})
    assert "/check/k9_remark" in filling.finish().required_missing
    if name == "k1_meal":
        filling.set("/check/k2_amount", "15")
        filling.set("/check/k2_voucher", "收据 0231")
    filling.set("/check/k9_remark", "如实记录")
    assert filling.finish().complete


def test_a_meal_in_the_canteen() -> None:
    filling = opened({"k1_meal": "canteen"})
    assert filling.finish().required_missing == (
        "/check/k2_amount",
        "/check/k2_voucher",
        "/check/k9_remark",
    )
    filling.set("/check/k2_amount", "15.50")
    filling.set("/check/k2_picture", "receipt.jpg")  # instead of the number
    filling.set("/check/k9_remark", "误了饭点，在食堂吃工作餐")
    assert filling.finish().complete
    assert filling.get("/check/k2_amount") == Decimal("15.50")
    filling.set("/check/k1_meal", "no")
    assert "/check/k2_amount" not in filling.finish().values


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("k3_ride", "escorted", True),
        ("k4_gift", "handed_in", True),
        ("k7_leak", "yes", True),
        ("k3_ride", "lift", False),
        ("k4_gift", "returned", False),
        ("k5_request", "yes", False),
        ("k6_interest", "some", False),
    ],
)
def test_red_answers_only_say_where_to_report(name: str, value: str, shown: bool) -> None:
    node = opened({name: value}).node("/check/k_report")
    assert node.relevant is shown
    assert "所在单位或派驻机构报告" in node.label


def test_an_interest_calls_for_somebody_else() -> None:
    filling = opened({"k6_interest": "some"})
    assert filling.get("/check/k6_replace") == "yes"
    assert filling.node("/check/k6_note").relevant


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"k9_remark": "长" * 201}, "/check/k9_remark", "200 个字"),
        ({"k1_meal": "canteen", "k2_amount": "-1"}, "/check/k2_amount", "不小于 0"),
        ({"k1_meal": "canteen", "k2_amount": "1.234"}, "/check/k2_amount", "两位小数"),
    ],
)
def test_a_wrong_answer_is_told(changes: Mapping[str, Any], path: str, message: str) -> None:
    filling = opened(changes)
    problem = filling.node(path).problem
    assert problem is not None
    assert message in problem.message
    assert not filling.finish().complete
