"""What a form is made of: fields and choices as data, without any widget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

_YES = "yes"


class FieldKind(StrEnum):
    """How a field is asked for."""

    TEXT = "text"
    LONG = "long"
    CHOICE = "choice"
    MANY = "many"
    NUMBER = "number"
    DATE = "date"
    YES = "yes"
    """A box to tick: True or False."""
    DECIDE = "decide"
    """Yes or no, and one of them has to be said."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of what may be chosen."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form.

    `by` and `choices_by`: the choices hang on what another field says. `when`: asked only while another field has one of
    these values. `sets`: choosing a value fills in other fields. `most` is a length or the largest number.
    """

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    default: Any = None
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    by: str = ""
    choices_by: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    when: tuple[str, frozenset[Any]] | None = None
    sets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    least: int = 0
    most: int = 0

    def asked(self, values: Mapping[str, Any]) -> bool:
        """Whether it is asked for, given what the other fields say."""
        return self.when is None or values.get(self.when[0]) in self.when[1]

    def choices_for(self, values: Mapping[str, Any]) -> tuple[Choice, ...]:
        """What may be chosen, given what the other fields say."""
        return self.choices_by.get(str(values.get(self.by) or ""), ()) if self.by else self.choices


@dataclass(frozen=True, slots=True)
class ActionForm:
    """The form of one move: `word` is its button, `note` a sentence above the fields."""

    action: str
    word: str
    fields: tuple[Field, ...] = ()
    note: str = ""

    def problems(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Field → what is missing in it, of those that are asked for."""
        found = {}
        for one in self.fields:
            if one.required and one.asked(values) and _empty(values.get(one.name), one.kind):
                found[one.name] = _missing(one)
        return found

    def args(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of the change; `scores.on_call` becomes `{"scores": {"on_call": …}}`. Empty answers are left out."""
        args: dict[str, Any] = {}
        for one in self.fields:
            value = values.get(one.name)
            if not one.asked(values) or (_empty(value, one.kind) and one.kind is not FieldKind.YES):
                continue
            if one.kind is FieldKind.DECIDE:
                value = value == _YES
            outer, _, inner = one.name.partition(".")
            if inner:
                args.setdefault(outer, {})[inner] = value
            else:
                args[outer] = value
        if str(args.get("level", "")).isdigit():
            # A level of dispatch is a figure; that of a supervision note is a colour.
            args["level"] = int(args["level"])
        return args


def _empty(value: Any, kind: FieldKind) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or value == [] or (kind is FieldKind.YES and value is False)


def _missing(one: Field) -> str:
    if one.kind in (FieldKind.CHOICE, FieldKind.MANY, FieldKind.DECIDE):
        return f"请选择「{one.label}」。"
    return f"请先确认「{one.label}」。" if one.kind is FieldKind.YES else f"请填写「{one.label}」。"
