"""Words for paper: dates, labels with references, and conditions said in a few words."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final
from zoneinfo import ZoneInfo

from forms.definition import Form, Question

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
REFERENCE: Final = re.compile(r"\$\{\s*(?:last-saved#)?([^}\s]+)\s*\}")
INDEXES: Final = re.compile(r"\[\d+\]")
_NAME = r"\$\{\s*([^}\s]+)\s*\}"
_LITERAL = r"(?:'([^']*)'|\"([^\"]*)\")"
_EQUALS = re.compile(rf"{_NAME}\s*=\s*{_LITERAL}$")
_SELECTED = re.compile(rf"selected\(\s*{_NAME}\s*,\s*{_LITERAL}\s*\)$")
_COMPARED = re.compile(rf"{_NAME}\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)$")
_FILLED = re.compile(rf"{_NAME}\s*!=\s*(?:''|\"\")$")
_WORDS = {">": "大于", ">=": "不小于", "<": "小于", "<=": "不超过"}
_MARKUP = re.compile(r"</?span[^>]*>|\*\*|__|^#+\s*", re.MULTILINE)


def day(value: dt.date | None) -> str:
    """2026年11月2日, or nothing."""
    return f"{value.year}年{value.month}月{value.day}日" if value is not None else ""


def moment(value: dt.datetime | None) -> str:
    """2026年11月2日 9:05 in Shanghai, or nothing. A time without a zone is a mistake of the caller."""
    if value is None:
        return ""
    if value.tzinfo is None:
        raise ValueError("a time must be aware")
    local = value.astimezone(SHANGHAI)
    return f"{day(local.date())} {local.hour}:{local.minute:02d}"


def number(value: object) -> str:
    """A number with thousands separated, digits as given: 1,234.50. What is no number stands as it is."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    return f"{amount:,f}" if amount.is_finite() else str(value)


def plain(label: str) -> str:
    """A label without the markup that form authors use for the screen."""
    return _MARKUP.sub("", label).strip()


def concrete(path: str, row: str) -> str:
    """A form's path as it is inside a repeat's row: /a/b/c in /a/b[2] is /a/b[2]/c, /d is /d."""
    if not row:
        return path
    steps, inside = path.split("/"), row.split("/")
    for position, (step, indexed) in enumerate(zip(steps, inside, strict=False)):
        if INDEXES.sub("", indexed) != step:
            break
        steps[position] = indexed
    return "/".join(steps)


class Wording:
    """The labels and conditions of one form in words."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self._by_name: dict[str, Question] = {}
        self._paths: dict[str, list[str]] = {}
        for question in form.questions:
            self._by_name.setdefault(question.name, question)
            self._paths.setdefault(question.name, []).append(question.path)
        self._codes = Counter(
            q.code for q in form.questions if q.code and q.kind.asked and q.print != "hidden"
        )

    def condition(self, expression: str) -> str:
        """若 A01 选“停产”: a relevance that can be said simply; nothing where it cannot."""
        terms = [_stripped(term) for term in re.split(r"\s+or\s+", expression.strip())]
        if not expression.strip() or any(" and " in term for term in terms):
            return ""
        chosen = [self._chosen(term) for term in terms]
        if all(chosen):
            subjects = {subject for subject, _ in filter(None, chosen)}
            if len(subjects) == 1:
                name = subjects.pop()
                asks = plain(self._by_name[name].label)
                if asks.startswith("是否") and [c[1] for c in chosen if c] == ["是"]:
                    return f"若{asks[2:]}"
                labels = "或".join(f"“{label}”" for _, label in filter(None, chosen))
                return f"若{self._named(name)}选{labels}"
        if len(terms) != 1:
            return ""
        return self._single(terms[0])

    def filled(self, label: str, values: Mapping[str, str], row: str = "") -> str | None:
        """A label with the texts of the questions it names, in the row first; None where one is not known."""
        unknown = False

        def put(match: re.Match[str]) -> str:
            nonlocal unknown
            for path in self._paths.get(match.group(1), ()):
                if concrete(path, row) in values:
                    return values[concrete(path, row)]
            unknown = True
            return ""

        text = REFERENCE.sub(put, label)
        return None if unknown else plain(text)

    def _chosen(self, term: str) -> tuple[str, str] | None:
        match = _EQUALS.match(term) or _SELECTED.match(term)
        if match is None:
            return None
        question = self._by_name.get(match.group(1))
        value = match.group(2) or match.group(3) or ""
        if question is None or not question.kind.asked:
            return None
        for choice in self.form.choices.get(question.choice_list, ()):
            if choice.name == value:
                return question.name, plain(choice.label)
        return None

    def _single(self, term: str) -> str:
        match = _COMPARED.match(term)
        if match and self._asked(match.group(1)):
            return f"若{self._named(match.group(1))}{_WORDS[match.group(2)]} {match.group(3)}"
        match = _FILLED.match(term)
        if match and self._asked(match.group(1)):
            return f"若填了{self._named(match.group(1))}"
        match = _EQUALS.match(term)
        if match:  # a calculation that asks a question in its label: 是否已投产
            question = self._by_name.get(match.group(1))
            yes = (match.group(2) or match.group(3)) in ("yes", "true", "1")
            if question is not None and yes and question.label.startswith("是否"):
                return f"若{plain(question.label)[2:]}"
        return ""

    def _asked(self, name: str) -> bool:
        question = self._by_name.get(name)
        return question is not None and question.kind.asked and bool(question.label)

    def _named(self, name: str) -> str:
        question = self._by_name[name]
        if question.code and self._codes[question.code] == 1:
            return f" {question.code} "
        return f"“{plain(question.label)}”"


def _stripped(term: str) -> str:
    term = term.strip()
    while term.startswith("(") and term.endswith(")"):
        term = term[1:-1].strip()
    return term
