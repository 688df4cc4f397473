"""What changed since last time: the answers of a form that differ from those of its last record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from app.domain.documents import same_value
from app.domain.visit import Record, Visit
from app.services.desk import Desk
from app.services.forms import form_of
from app.services.visits import last_of_form, records_of_form
from forms.definition import Form, Question, Repeat

_ROW = re.compile(r"\[\d+\]")
_UNTOLD = frozenset({"image", "audio", "video", "file", "acknowledge", "geopoint"})
_UNTOLD_GROUPS = ("/header/", "/confirmation/")
"""Who was met when and who signed is another each time and says nothing of the enterprise."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer that is another than last time; texts as people read them, 「—」 where there was none."""

    path: str
    label: str
    before: str
    after: str

    @property
    def text(self) -> str:
        return f"{self.label}：{self.before} → {self.after}"


def differences(
    form: Form,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    before_shown: Mapping[str, str] | None = None,
    after_shown: Mapping[str, str] | None = None,
) -> list[Difference]:
    """The differing answers in the order of the form. Of tables only how many rows there are."""
    found = []
    for item in form.walk():
        if isinstance(item, Repeat):
            found += _rows_differ(item, before, after)
        elif isinstance(item, Question) and _told(form, item):
            old, new = before.get(item.path), after.get(item.path)
            if not _same(old, new):
                old_text = (before_shown or {}).get(item.path) or _text(form, item, old)
                new_text = (after_shown or {}).get(item.path) or _text(form, item, new)
                found.append(Difference(item.path, item.label, old_text, new_text + _by_how_much(old, new)))
    return found


def since_last(
    desk: Desk, visit: Visit, form: Form, values: Mapping[str, Any]
) -> tuple[str, list[Difference]]:
    """(day of the last record of the form, what differs now); an empty day where there is none."""
    last = last_of_form(desk, visit.enterprise, form.form_id, before=visit.id)
    if last is None:
        return "", []
    former, record = last
    return former.day, differences(form, record.values, values, record.shown)


def of_record(desk: Desk, visit: Visit, record: Record) -> tuple[str, list[Difference]]:
    """The same of a record of a finished visit, against the one before it."""
    last = _before(desk, visit, record)
    if last is None:
        return "", []
    former, older = last
    form = form_of(desk, record.form_id, record.form_version)
    return former.day, differences(form, older.values, record.values, older.shown, record.shown)


def _before(desk: Desk, visit: Visit, record: Record) -> tuple[Visit, Record] | None:
    for former, older in records_of_form(desk, visit.enterprise, record.form_id, before=visit.id):
        if (former.started_at, former.id) < (visit.started_at, visit.id):
            return former, older
    return None


def _told(form: Form, question: Question) -> bool:
    if (
        question.type in _UNTOLD
        or not question.kind.asked
        or question.print == "hidden"
        or not question.label
    ):
        return False
    if question.path.startswith(_UNTOLD_GROUPS) or "${" in question.label:
        return False
    return not _in_repeat(form, question.path)


def _in_repeat(form: Form, path: str) -> bool:
    parts = path.split("/")
    return any(isinstance(form.find("/".join(parts[:end])), Repeat) for end in range(2, len(parts)))


def _rows_differ(repeat: Repeat, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    if repeat.repeat_count or not repeat.label:
        return []
    old, new = _rows(repeat.path, before), _rows(repeat.path, after)
    return [] if old == new else [Difference(repeat.path, repeat.label, f"{old} 行", f"{new} 行")]


def _rows(path: str, values: Mapping[str, Any]) -> int:
    start = path + "["
    return max(
        (int(name[len(start) :].partition("]")[0]) for name in values if name.startswith(start)), default=0
    )


def _same(old: Any, new: Any) -> bool:
    if old in (None, "", []) and new in (None, "", []):
        return True
    numbers = _number(old), _number(new)
    if None not in numbers:
        return numbers[0] == numbers[1]
    if isinstance(old, list) and isinstance(new, list):
        return sorted(map(str, old)) == sorted(map(str, new))
    return same_value(old, new)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _by_how_much(old: Any, new: Any) -> str:
    """`（+12.5%）` between two numbers, where the first is one to compare with."""
    before, after = _number(old), _number(new)
    if before is None or after is None or before <= 0:
        return ""
    share = (after - before) * 100 / before
    return f"（{share:+.1f}%）"


def _text(form: Form, question: Question, value: Any) -> str:
    if value in (None, "", []):
        return "—"
    names = value if isinstance(value, list | tuple) else [value]
    choices = {choice.name: choice.label for choice in form.choices.get(question.choice_list, ())}
    text = "、".join(choices.get(str(name), str(name)) for name in names)
    return f"{text} {question.unit}" if question.unit else text
