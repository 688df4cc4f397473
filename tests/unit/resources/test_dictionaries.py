"""The dictionaries are whole, consistent with one another and with what the rules read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.domain.changes.issue_review import DISSATISFACTION, SATISFACTION, SOLVED
from app.domain.changes.issue_work import CAUSES, RESULTS, SUSPEND_REASONS
from app.domain.changes.issues import ISSUE_SOURCES, REFUSE_REASONS
from app.domain.issue import IssueState, SupervisionLevel
from app.domain.issue_rules import IssueRules
from app.domain.taxonomy import Dictionaries

FOLDER = Path(__file__).parents[3] / "resources" / "dictionaries"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))

LIMITS = {
    "01": {1, 3, 15, 30},
    "02": {5, 15},
    "03": {5, 15},
    "04": {5, 15},
    "05": {15, 30},
    "06": {15, 30},
    "07": {3, 5, 15},
    "08": {1, 5, 15},
    "09": {5, 15},
    "10": {3, 5, 15, 30},
    "11": {5, 15},
    "12": {15, 30},
    "13": {5, 15},
    "14": {5, 15},
    "15": {5, 15},
    "16": {1, 5, 15},
    "17": {5, 15},
    "99": {5},
}
"""domain.md §6: the limits of a category, in working days."""
COUNTS = {
    "01": 4, "02": 4, "03": 5, "04": 2, "05": 5, "06": 5, "07": 6, "08": 5, "09": 5,
    "10": 5, "11": 5, "12": 3, "13": 5, "14": 4, "15": 5, "16": 3, "17": 3, "99": 1,
}  # fmt: skip


def read(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def subcategories() -> list[dict[str, Any]]:
    return [sub for item in read("issue_taxonomy")["items"] for sub in item["subcategories"]]


def test_every_dictionary_is_there() -> None:
    assert set(NAMES) >= {
        "departments",
        "issue_levels",
        "issue_results",
        "issue_rules",
        "issue_sources",
        "issue_states",
        "issue_taxonomy",
        "policies",
        "products",
        "refuse_grounds",
        "revisit_dissatisfaction",
        "revisit_satisfaction",
        "revisit_service_levels",
        "revisit_services",
        "revisit_solved",
        "seats",
        "six_guarantees",
        "supervision_causes",
        "supervision_levels",
        "suspend_reasons",
        "texts",
        "urgency",
        "visit_methods",
    }


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("issue_rules", "project_rules")])
def test_a_dictionary_has_a_version_and_items_with_keys_of_their_own(name: str) -> None:
    content = read(name)
    assert content["version"] == "2026.1"
    keys = [item.get("code") or item["id"] for item in content["items"]]
    assert len(keys) == len(set(keys)) > 0


def test_the_rules_can_read_them() -> None:
    dictionaries = Dictionaries.parse({name: read(name) for name in NAMES})
    assert dictionaries.taxonomy.name_of("08", "0803") == "水电气讯要素 · 扩容"
    assert dictionaries.department_name("power") == "供电公司"
    assert dictionaries.rules == IssueRules()
    assert read("issue_rules").keys() == IssueRules.model_fields.keys()


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("issue_sources", ISSUE_SOURCES),
        ("issue_results", RESULTS),
        ("suspend_reasons", SUSPEND_REASONS),
        ("refuse_grounds", REFUSE_REASONS),
        ("supervision_causes", CAUSES),
        ("supervision_levels", tuple(SupervisionLevel)),
        ("revisit_solved", SOLVED),
        ("revisit_satisfaction", SATISFACTION),
        ("revisit_dissatisfaction", DISSATISFACTION),
    ],
)
def test_the_codes_are_those_the_rules_take(name: str, codes: tuple[str, ...]) -> None:
    assert tuple(item["code"] for item in read(name)["items"]) == codes


def test_the_taxonomy_has_every_category_with_all_its_subcategories() -> None:
    found = {item["code"]: len(item["subcategories"]) for item in read("issue_taxonomy")["items"]}
    assert found == COUNTS


def test_subcategory_codes_follow_their_category() -> None:
    for item in read("issue_taxonomy")["items"]:
        codes = [sub["code"] for sub in item["subcategories"]]
        assert codes == [f"{item['code']}{n:02d}" for n in range(1, len(codes) + 1)]


def test_limits_are_those_of_the_category() -> None:
    wrong = [sub["code"] for sub in subcategories() if sub["resolution_days"] not in LIMITS[sub["code"][:2]]]
    assert wrong == []
    assert {sub["first_response_days"] for sub in subcategories()} == {1}


def test_a_higher_level_never_has_a_shorter_limit_in_its_category() -> None:
    for item in read("issue_taxonomy")["items"]:
        ordered = sorted(item["subcategories"], key=lambda sub: (sub["level"], sub["resolution_days"]))
        days = [sub["resolution_days"] for sub in ordered]
        assert days == sorted(days), item["code"]
        assert all(1 <= sub["level"] <= 4 for sub in ordered)


def test_lead_and_joint_departments_exist() -> None:
    known = {item["id"] for item in read("departments")["items"]}
    for sub in subcategories():
        assert {sub["lead"], *sub["joint"]} <= known, sub["code"]
        assert sub["lead"] not in sub["joint"], sub["code"]


def test_issue_states_are_those_of_the_rules() -> None:
    assert [item["state"] for item in read("issue_states")["items"]] == [
        *(state for code, state in states().items()),
    ]
    assert set(states().values()) == {state.value for state in IssueState}


def states() -> dict[str, str]:
    return {item["code"]: item["state"] for item in read("issue_states")["items"]}


def test_the_state_codes_are_those_of_the_catalogue() -> None:
    assert set(states()) == {*(f"I{n}" for n in range(10)), "I4E", "X", "R", "M", "W"}


def test_the_five_seats_stand_in_order() -> None:
    names = [item["name"] for item in read("seats")["items"]]
    assert names == ["县级帮扶责任人", "部门联系责任人", "属地网格长", "网格员", "首席服务专员"]


def test_the_service_notice_says_that_this_is_no_inspection() -> None:
    texts = {item["code"]: item["text"] for item in read("texts")["items"]}
    assert texts["service_notice"].startswith("本次为服务走访，不属于行政检查")
    assert {"privacy_notice", "secrecy_notice", "hotline_notice"} <= set(texts)


def test_policies_are_said_to_be_invented_and_reviewed() -> None:
    content = read("policies")
    assert "虚构" in content["note"]
    assert 4 <= len(content["items"]) <= 6
    departments = {item["id"] for item in read("departments")["items"]}
    for item in content["items"]:
        assert item["department"] in departments
        assert item["review_number"]
