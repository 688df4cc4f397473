"""The built-in forms, for tests: read, opened with plausible tables, filled, and what holds for each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from forms.definition import Form, Group, Question
from forms.filling import Filling
from forms.workbook import read_form

FORMS = Path(__file__).parents[2] / "resources" / "forms"
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=timezone(timedelta(hours=8)))
HEAD = "H1 H2 H3 H4 H5 H6 H7"
Rows = Sequence[Mapping[str, str]]

ENTERPRISE = {
    "name": "江西青岚云杉新材料股份有限公司",
    "id": "e-7",
    "credit_code": "91360313QLAN010241",
    "address": "江西省萍乡市湘东区青岚产业园创新大道 18 号",
    "revenue_last": "4000.00",
    "is_above_scale": "yes",
}
TABLES: dict[str, Rows] = {
    "enterprise": [ENTERPRISE],
    "visit": [{"number": "QL-2026-11-0007", "officer": "陈禾"}],
}


@cache
def built_in(form_id: str) -> Form:
    """The form, which must read without any problem."""
    reading = read_form(FORMS / f"{form_id}.md")
    assert reading.problems == (), reading.problems
    assert reading.form is not None
    return reading.form


def opened(form_id: str, tables: Mapping[str, Rows] | None = None) -> Filling:
    metadata = {"username": "chenhe"}
    return Filling(
        built_in(form_id), now=lambda: NOW, instances={**TABLES, **(tables or {})}, metadata=metadata
    )


def answer(filling: Filling, answers: Mapping[str, Any]) -> Filling:
    for path, value in answers.items():
        filling.set(path, value)
    return filling


def add_rows(filling: Filling, repeat: str, rows: Sequence[Mapping[str, Any]]) -> None:
    for cells in rows:
        path = filling.add(repeat).added
        assert path is not None
        answer(filling, {f"{path}/{name}": value for name, value in cells.items()})


def number(filling: Filling, path: str) -> Decimal:
    """A computed figure, whether kept as a number or as text."""
    return Decimal(str(filling.get(path)))


def problem_at(filling: Filling, path: str) -> str:
    problem = filling.node(path).problem
    return "" if problem is None else problem.message


def assert_complete(filling: Filling) -> None:
    finished = filling.finish()
    assert (finished.required_missing, finished.problems) == ((), ())
    assert finished.complete


def assert_well_made(form_id: str, codes: str, starred: str) -> None:
    """Every code in order, the starred ones asked, and each sentence, name and mark as resources/README.md has it."""
    form = built_in(form_id)
    assert (form.form_id, form.version) == (form_id, "2026.1")
    items = list(form.walk())
    questions = [item for item in items if isinstance(item, Question)]
    assert list(dict.fromkeys(item.code for item in items if item.code)) == codes.split()
    assert [i.path for i in items if i.code and not i.name.startswith(i.code.lower() + "_")] == []
    asked = {q.code for q in questions if q.required} | {
        i.code for i in items if isinstance(i, Group) and i.code and any(q.required for q in _questions(i))
    }
    assert [code for code in starred.split() if code not in asked] == []
    for question in questions:
        where = question.path
        assert not question.constraint or question.constraint_message, where
        assert not question.required or question.required_message, where
        assert (question.extra.get("quick") == "yes") == (question.required == "true()"), where
        assert question.print in ("", "lines", "box", "hidden"), where
        assert question.type != "calculate" or question.print == "hidden", where
    texts = [item.label for item in items] + [
        text for q in questions for text in (q.hint, q.required_message, q.constraint_message)
    ]
    assert [text for text in texts if set(text) & set(",;:?()")] == []


def _questions(group: Group) -> list[Question]:
    return [item for item in group.items if isinstance(item, Question)]


def labels(form_id: str, list_name: str) -> str:
    """The labels of a choice list, divided by blanks."""
    return " ".join(choice.label for choice in built_in(form_id).choices[list_name])


def unit_of(form_id: str, path: str) -> str:
    item = built_in(form_id).at(path)
    assert isinstance(item, Question)
    return item.unit
