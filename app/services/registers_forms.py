"""Which published forms are registers, and what their tables show: all of it said by the forms themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.domain.record import MOST_COLUMNS
from app.domain.record_facts import number
from app.domain.visit import PublishedForm
from app.errors import KnownError
from app.services.desk import Desk
from app.services.forms import form_of
from forms.definition import Form, Question, Repeat

FIRST_COLUMNS = 6
"""So many questions make the table where a form names none."""
_YES = frozenset({"yes", "sum", "true", "1", "是", "y"})
_NUMBERS = frozenset({"integer", "decimal", "range"})
_SHOWN = _NUMBERS | {"text", "date", "select_one", "select_one_from_file", "select_multiple"}
_NOT_SUMMED = frozenset({"%", "年", "天", "级", "分"})


@dataclass(frozen=True, slots=True)
class RegisterForm:
    """A register: the newest version of its form. `ledger` is the word its settings mark it with; `personal`: every
    entry is its author's alone."""

    form_id: str
    version: str
    title: str
    ledger: str
    personal: bool


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `kind` is text, number, date or choice; `summed` whether its sum says something."""

    path: str
    label: str
    kind: str = "text"
    unit: str = ""
    summed: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f"{self.label}（{self.unit}）" if self.unit else self.label

    def text(self, value: Any, shown: str = "") -> str:
        """A cell as people read it; 「—」 where there is nothing."""
        if shown:
            return shown
        if value in (None, "", []):
            return "—"
        if self.kind == "number":
            found = number(value)
            return str(value) if found is None or self.unit == "年" else plain(found)
        names = value if isinstance(value, list) else [value]
        return "、".join(self.choices.get(str(name), str(name)) for name in names)


def plain(value: Decimal) -> str:
    """`1,234.5`: no idle zeros."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def registers(desk: Desk) -> list[RegisterForm]:
    """Every register, those of the house first, by title; the newest version of each."""
    newest: dict[str, PublishedForm] = {}
    for document in desk.store.of_kind(PublishedForm.kind):
        if "register" not in str(document.body.get("source", "")):
            continue
        form = PublishedForm.of(document)
        known = newest.get(form.form_id)
        if known is None or (known.published_at, known.version) < (form.published_at, form.version):
            newest[form.form_id] = form
    found = []
    for published in newest.values():
        form_read = form_of(desk, published.form_id, published.version)
        marked = mark_of(form_read)
        if marked is not None:
            found.append(marked)
    return sorted(found, key=lambda one: (_ORDER.get(one.ledger, 99), one.title))


_ORDER = {
    name: place
    for place, name in enumerate(
        ("financing", "policy_claim", "covenant", "land_yield", "satisfaction", "project_weekly", "integrity")
    )
}


def mark_of(form: Form) -> RegisterForm | None:
    """What a form's settings say; None where it is no register."""
    word = form.settings.get("register", "").strip()
    if not word or word.lower() in ("no", "否"):
        return None
    personal = form.settings.get("personal", "").strip().lower() in _YES
    return RegisterForm(form.form_id, form.version, form.title, word[:40], personal)


def register_of(desk: Desk, form_id: str) -> RegisterForm:
    """KnownError where there is no such register here (any more)."""
    for one in registers(desk):
        if one.form_id == form_id:
            return one
    raise KnownError("no_form", "本机没有这个台账的表单。请联网同步一次再打开。")


def columns_of(form: Form) -> tuple[Column, ...]:
    """The columns a form names, else its first questions; nothing that stands in rows."""
    questions = [one for one in form.questions if not _in_rows(form, one.path)]
    named = [one for one in questions if one.register in _YES]
    if not named:
        said_no = {one.path for one in questions if one.register}
        fitting = [
            one
            for one in questions
            if one.type in _SHOWN and one.label and one.path not in said_no and "${" not in one.label
        ]
        body = [one for one in fitting if not one.path.startswith("/header/")]
        named = (body or fitting)[:FIRST_COLUMNS]
    return tuple(_column(form, one) for one in named[:MOST_COLUMNS])


def _column(form: Form, question: Question) -> Column:
    choices = {choice.name: choice.label for choice in form.choices.get(question.choice_list, ())}
    kind = "text"
    if (
        question.type in _NUMBERS
        or question.register == "sum"
        or (question.type == "calculate" and question.unit)
    ):
        kind = "number"
    elif question.type == "select_one":
        kind = "choice"
    elif question.type == "date":
        kind = "date"
    countable = question.unit not in _NOT_SUMMED and "/" not in question.unit
    summed = question.register == "sum" or (question.type in _NUMBERS and countable)
    return Column(question.path, question.label, kind, question.unit, summed, choices)


def _in_rows(form: Form, path: str) -> bool:
    parts = path.split("/")
    return any(isinstance(form.find("/".join(parts[:end])), Repeat) for end in range(2, len(parts)))
