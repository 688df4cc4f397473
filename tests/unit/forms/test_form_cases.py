"""The tables of cases in cases/: expressions with their values, and whole forms filled step by step.

The values were worked out by hand and compared with ODK's engines; README.md says where we differ on purpose.
"""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from forms.answers import text_of
from forms.expressions.compiler import Compiler, Context, NoPaths, Run
from forms.expressions.functions import FUNCTIONS
from forms.expressions.lexer import ExpressionError
from forms.expressions.parser import parse
from forms.expressions.values import EvaluationError, to_string
from forms.filling import Filling
from forms.markdown import parse_markdown
from forms.workbook import read_form_text

CASES = Path(__file__).with_name("cases")
NOON = dt.datetime(2026, 11, 22, 4, 0, tzinfo=dt.UTC)
STEP = re.compile(r"(?P<ask>\? )?(?P<path>/\S+)(?: (?P<what>=|hidden|refused|fine) ?(?P<value>.*))")


# ---------------------------------------------------------------- expressions


def tables() -> dict[str, list[tuple[str, str]]]:
    text = (CASES / "expressions.md").read_text(encoding="utf-8")
    return {name: [(row[0], row[1]) for row in rows[1:]] for name, rows in parse_markdown(text)}


def value_of(text: str) -> str:
    """The value as text, in quotes where it is a text; `error` for what cannot be computed."""
    run = Run(lambda: NOON, rng=random.Random(1), metadata={"deviceid": "d1"}, version="3")
    try:
        value = Compiler(NoPaths()).compile(parse(text))(Context(None, run))
    except (ExpressionError, EvaluationError):
        return "error"
    return f"'{value}'" if isinstance(value, str) else to_string(value)


@pytest.mark.parametrize("name", tables())
def test_the_expressions_of_a_table_have_their_values(name: str) -> None:
    expected = tables()[name]
    assert [(text, value_of(text)) for text, _ in expected] == expected


def test_every_function_has_its_cases() -> None:
    """In the tables of expressions, or, for what looks at a form, in the whole forms."""
    expressions = [text for rows in tables().values() for text, _ in rows]
    text = "\n".join(expressions) + (CASES / "forms.md").read_text(encoding="utf-8")
    assert {name for name in FUNCTIONS if not re.search(rf"(?<![\w:-]){name}\(", text)} == set()
    assert len(expressions) > 600


# ---------------------------------------------------------------- whole forms


@dataclass(frozen=True)
class FormCase:
    title: str
    form: str
    steps: tuple[str, ...]


def form_cases() -> Iterator[FormCase]:
    text = (CASES / "forms.md").read_text(encoding="utf-8")
    for section in text.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        form, _, rest = body.partition("```\n")
        steps = rest.partition("```")[0].splitlines()
        settings = "| settings |\n| | form_id | version |\n| | data | 1 |\n"
        yield FormCase(title, form.strip() + "\n" + settings, tuple(steps))


@pytest.mark.parametrize("case", list(form_cases()), ids=lambda case: case.title)
def test_a_form_of_the_table_is_filled_as_written(case: FormCase) -> None:
    reading = read_form_text(case.form)
    assert [p for p in reading.problems if p.is_error] == []
    filling = Filling(reading.need(), now=lambda: NOON, rng=random.Random(1))
    for step in case.steps:
        take(filling, step)


def take(filling: Filling, step: str) -> None:
    verb, _, row = step.partition(" ")
    if verb == "add":
        filling.add(row)
    elif verb == "remove":
        filling.remove(row)
    else:
        match = STEP.fullmatch(step)
        assert match, step
        path, what, value = match["path"], match["what"], match["value"]
        if match["ask"]:
            assert seen(filling, path, what) == (value if what == "=" else what), step
        else:
            filling.set(path, value or None)


def seen(filling: Filling, path: str, what: str) -> str:
    node = filling.node(path)
    if not node.relevant:
        return "hidden"
    if what == "=":
        return text_of(node.value)
    return "refused" if node.problem and node.problem.code == "constraint" else "fine"
