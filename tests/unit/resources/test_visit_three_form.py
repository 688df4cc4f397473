"""The visit form holds every question of domain.md §5 (a), and its choices are those of the dictionaries."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from forms.definition import Form, Group, Question, Repeat
from forms.workbook import read_form

RESOURCES = Path(__file__).parents[3] / "resources"
FORM = RESOURCES / "forms" / "visit_three.md"

SECTIONS = {
    "header": ("表头", "H1 H2 H3 H4 H5 H6 H7"),
    "operation": (
        "一问 企业运行",
        "A01 A02 A03 A04 A05 A06 A07 A08 A09 A10 A11 A12 A13 A14 A15 A16 A17",
    ),
    "difficulties": ("二问 困难问题", "B01 B02 B03 B04 B05"),
    "suggestions": ("三问 发展建议", "C01 C02 C03 C04 C05"),
    "financing": ("一帮 融资", "D01 D02"),
    "solving": ("二帮 解难", "D03 D04 D05"),
    "planning": ("三帮 谋划", "D06 D07 D08"),
    "building": ("三建", "E01 E02 E03 E04 E05"),
    "confirmation": ("确认", "Z1 Z2 Z3 Z4"),
}
"""Group -> its heading and the catalogue's codes in it."""

STARRED = [
    "H3",
    "H6",
    "H7",
    "A01",
    "A02",
    "A03",
    "A08",
    "A10",
    "A15",
    "B01",
    "B02",
    "B03",
    "C01",
    "C03",
    "D01",
    "D06",
    "E01",
    "E03",
    "Z2",
    "Z3",
    "Z4",
]
"""Codes the catalogue marks ★ that a person answers (H1 is the profile's)."""

UNITS = {
    "a03_output": "万元",
    "a04_output_growth": "%",
    "a05_revenue": "万元",
    "a06_tax": "万元",
    "a07_order_months": "月",
    "a09_utilization": "%",
    "a10_employees": "人",
    "a10_shortage": "人",
    "a12_electricity": "万千瓦时",
    "a13_receivable": "万元",
    "a13_overdue": "万元",
    "c02_investment": "万元",
    "b04_inspections": "次",
    "d08_gap": "万元",
}


@cache
def form() -> Form:
    reading = read_form(FORM)
    assert reading.form is not None, reading.problems
    return reading.form


def items(section: str) -> list[Question | Group]:
    return [item for item in form().walk() if item.path.startswith(f"/{section}/")]


def named(name: str) -> Question | Group:
    return next(item for item in form().walk() if item.name == name)


def test_the_form_reads_without_an_error() -> None:
    reading = read_form(FORM)
    assert [problem for problem in reading.problems if problem.severity == "error"] == []
    assert (form().form_id, form().version, form().title) == ("visit_three", "2026.1", "三问三帮三建走访清单")


def test_the_only_warning_is_about_the_mark_of_the_quick_version() -> None:
    assert [p for p in read_form(FORM).problems if "quick" not in p.message] == []


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_holds_every_code_of_the_catalogue(section: str) -> None:
    heading, codes = SECTIONS[section]
    group = form().at(f"/{section}")
    assert isinstance(group, Group)
    assert group.label == heading
    assert {item.code for item in items(section)} - {""} == set(codes.split())


def test_sections_stand_in_the_catalogues_order() -> None:
    assert [item.name for item in form().items if isinstance(item, Group)] == list(SECTIONS)


def test_codes_come_in_order_within_the_form() -> None:
    order = [c for _, codes in SECTIONS.values() for c in codes.split()]
    seen = list(dict.fromkeys(item.code for item in form().walk() if item.code))
    assert seen == order


def test_names_begin_with_the_code() -> None:
    wrong = [i.path for i in form().walk() if i.code and not i.name.startswith(i.code.lower() + "_")]
    assert wrong == []


@pytest.mark.parametrize("starred", STARRED)
def test_a_starred_question_must_be_answered_and_is_in_the_quick_version(starred: str) -> None:
    chosen = [i for i in form().walk() if isinstance(i, Question) and i.code == starred and i.required]
    assert chosen
    assert all(item.extra.get("quick") == "yes" for item in chosen)
    assert all(item.required_message for item in chosen)


def test_nothing_else_is_in_the_quick_version() -> None:
    quick = {
        i.code for i in form().walk() if isinstance(i, Question) and i.extra.get("quick") == "yes" and i.code
    }
    assert quick == set(STARRED)


def test_units_stand_where_the_catalogue_has_them() -> None:
    assert {name: named(name).unit for name in UNITS} == UNITS


def test_every_constraint_says_what_to_write() -> None:
    mute = [
        i.path for i in form().walk() if isinstance(i, Question) and i.constraint and not i.constraint_message
    ]
    assert mute == []


def test_print_says_lines_box_or_hidden() -> None:
    questions = [i for i in form().walk() if isinstance(i, Question)]
    assert {q.print for q in questions} <= {"", "lines", "box", "hidden"}
    assert all(q.print == "hidden" for q in questions if q.type == "calculate")


def test_tables_are_repeats() -> None:
    repeats = {item.name for item in form().walk() if isinstance(item, Repeat)}
    assert repeats == {
        "a11_vacancies",
        "b02_problems",
        "b03_followups",
        "c04_referrals",
        "d05_promises",
        "d06_policies",
    }


def test_signatures_are_images_signed_on_the_screen() -> None:
    for name in ("z2_signature", "z3_signature"):
        question = named(name)
        assert isinstance(question, Question)
        assert (question.type, "signature" in question.appearance) == ("image", True)


def test_labels_use_full_width_punctuation() -> None:
    texts = [
        text
        for item in form().walk()
        for text in (
            item.label,
            *(
                (item.hint, item.required_message, item.constraint_message)
                if isinstance(item, Question)
                else ()
            ),
        )
    ]
    assert [text for text in texts if set(text) & set(",;:?()")] == []


def dictionary(name: str) -> list[dict[str, object]]:
    return json.loads((RESOURCES / "dictionaries" / f"{name}.json").read_text(encoding="utf-8"))["items"]


def choices(name: str) -> list[tuple[str, str]]:
    return [(choice.name, choice.label) for choice in form().choices[name]]


@pytest.mark.parametrize(("list_name", "file"), [("urgency", "urgency"), ("visit_method", "visit_methods")])
def test_choices_are_those_of_the_dictionary(list_name: str, file: str) -> None:
    assert choices(list_name) == [(entry["code"], entry["name"]) for entry in dictionary(file)]


def test_categories_cascade_as_in_the_taxonomy() -> None:
    departments = {entry["id"]: entry["name"] for entry in dictionary("departments")}
    taxonomy = dictionary("issue_taxonomy")
    assert choices("issue_category") == [(entry["code"], entry["name"]) for entry in taxonomy]
    expected = [
        (sub["code"], sub["name"], entry["code"], departments[sub["lead"]], str(sub["resolution_days"]))
        for entry in taxonomy
        for sub in entry["subcategories"]  # type: ignore[attr-defined]
    ]
    found = [
        (c.name, c.label, c.extra["category"], c.extra["department"], c.extra["days"])
        for c in form().choices["issue_subcategory"]
    ]
    assert found == expected


def test_the_entities_are_an_issue_a_row_and_the_profile() -> None:
    entities = {entity.dataset: entity for entity in form().entities}
    assert set(entities) == {"issue", "enterprise"}
    assert entities["issue"].repeat == "/difficulties/b02_problems"
    assert set(entities["issue"].properties) == {
        "category",
        "subcategory",
        "title",
        "description",
        "expectation",
        "urgency",
        "solved_on_spot",
        "solution",
    }
    assert set(entities["enterprise"].properties) == {"employees", "status"}
