"""Answers as people read them: choices by their labels, numbers with their thousands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from app.domain.clock import BEIJING
from forms.definition import Choice, Form, Question

MANY = frozenset({"select_multiple", "select_multiple_from_file", "rank"})
ONE = frozenset({"select_one", "select_one_from_file"})
FILES = frozenset({"image", "file", "audio", "video"})


def number_text(value: Decimal | int) -> str:
    """`2,480.00`: as many decimals as were given."""
    return f"{value:,}"


def shown(form: Form, question: Question, value: Any, choices: Sequence[Choice] = ()) -> str:
    """One line of text for an answer of any type; empty for none."""
    if value in (None, "", ()):
        return ""
    if question.type in ONE:
        return label_of(form, question, str(value), choices)
    if question.type in MANY:
        names = value.split() if isinstance(value, str) else value
        return "、".join(label_of(form, question, str(name), choices) for name in names)
    if question.type in FILES:
        return "已添加"
    if question.type == "acknowledge":
        return "已确认"
    if isinstance(value, datetime):
        return f"{value.astimezone(BEIJING):%Y-%m-%d %H:%M}"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if question.kind.value in ("integer", "decimal") or isinstance(value, Decimal | int):
        return _number(value)
    return " ".join(str(value).split())


def label_of(form: Form, question: Question, name: str, choices: Sequence[Choice] = ()) -> str:
    """The label of a choice, also of one that the filter no longer offers; the name where there is none."""
    for choice in (*choices, *form.choices.get(question.choice_list, ())):
        if choice.name == name:
            return choice.label or name
    return name


def _number(value: Any) -> str:
    if isinstance(value, Decimal | int):
        return number_text(value)
    try:
        return number_text(Decimal(str(value)))
    except InvalidOperation:
        return str(value)
