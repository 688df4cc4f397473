"""(a) in its quick version: the ★ questions of the whole form, word for word, and nothing an officer need not ask."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from app.paths import resources
from forms.definition import Form, Question
from forms.filling import Filling
from forms.workbook import read_form

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TABLES = {
    "enterprise": [
        {"name": "青岚甲厂", "id": "e1", "credit_code": "91360313QLAN010166", "address": "一路 1 号"}
    ],
    "visit": [{"number": "V-1", "officer": "王敏"}],
    "open_issues": [],
    "seats": [{"name": "grid_member", "label": "网格员", "person": ""}],
    "policies": [{"name": "P1", "title": "技改补助"}],
    "products": [],
}


def form_of(name: str) -> Form:
    reading = read_form(resources() / "forms" / f"{name}.md")
    assert reading.problems == ()
    assert reading.form is not None
    return reading.form


def asked(form: Form) -> list[Question]:
    return [question for question in form.questions if question.kind.asked and question.type != "note"]


def test_it_asks_just_what_the_whole_form_marks() -> None:
    whole, quick = form_of("visit_three"), form_of("visit_three_quick")
    marked = [question for question in asked(whole) if question.extra.get("quick") == "yes"]
    assert [replace(question, row=0) for question in asked(quick)] == [
        replace(question, row=0) for question in marked
    ]
    assert len(marked) < len(asked(whole)) * 2 / 3
    assert quick.entities[0].properties == whole.entities[0].properties


def test_every_required_question_of_the_whole_form_stands_in_it_but_those_of_optional_rows() -> None:
    quick = {question.name for question in asked(form_of("visit_three_quick"))}
    missing = {
        question.name
        for question in asked(form_of("visit_three"))
        if question.required and question.name not in quick
    }
    assert missing == {"a11_number", "d05_person", "d05_due"}


def test_an_officer_in_a_hurry_fills_it() -> None:
    filling = Filling(
        form_of("visit_three_quick"), now=lambda: NOW, instances=TABLES, metadata={"username": "王敏"}
    )
    answers = {
        "/header/h7_informed": "yes",
        "/operation/a01_status": "half",
        "/operation/a02_reasons": "orders labour",
        "/operation/a03_output": "310",
        "/operation/a08_order_trend": "down",
        "/operation/a10_employees": "40",
        "/operation/a15_safety": "fair",
        "/difficulties/b01_has": "some",
        "/suggestions/c01_plans": "relocate",
        "/suggestions/c03_relocation": "邻县给厂房，正在看。",
        "/financing/d01_need": "none",
        "/planning/d06_delivery": "none",
        "/building/e01_card_posted": "yes",
        "/building/e03_lists_told": "yes",
        "/confirmation/z2_mode": "paper_later",
        "/confirmation/z3_signature": "s1",
    }
    for path, value in answers.items():
        filling.set(path, value)
    row = filling.add("/difficulties/b02_problems").added
    for name, value in {
        "category": "03",
        "subcategory": "0301",
        "title": "招不到熟练工",
        "description": "缺八名熟练工",
        "expectation": "办一场招聘",
        "solved_here": "no",
    }.items():
        filling.set(f"{row}/b02_{name}", value)
    finished = filling.finish()
    assert finished.complete, (finished.required_missing, finished.problems)
    assert finished.values["/solving/d04_reported_count"] in (1, "1")
    assert finished.values["/suggestions/c03_alert_level"] in (2, "2")
    (issue,) = [entity for entity in finished.entities if entity.dataset == "issue"]
    assert (issue.properties["title"], issue.properties["solved_on_spot"]) == ("招不到熟练工", "no")
