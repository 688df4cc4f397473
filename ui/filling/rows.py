"""Rows of a repeat read out and written back: what copying a row and taking back its removal are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from forms.definition import Question, Repeat
from forms.filling import Changed, Filling

FILE_TYPES = frozenset({"image", "file", "audio", "video"})


@dataclass(frozen=True, slots=True)
class RowContent:
    """The answers of one row by their path within it; nested repeats row by row."""

    values: Mapping[str, Any] = field(default_factory=dict)
    repeats: Mapping[str, tuple[RowContent, ...]] = field(default_factory=dict)


def answerable(question: Question) -> bool:
    """Whether a person may give the answer (calculations, notes and read-only questions are none of theirs)."""
    return (
        question.kind.asked
        and question.kind.supported
        and question.kind.value != "none"
        and not question.calculation
        and not question.read_only
    )


def read_row(filling: Filling, row: str, *, files: bool = True) -> RowContent:
    """What stands in a row. `files=False` leaves pictures out: a copied row has its own signature to get."""
    values: dict[str, Any] = {}
    repeats: dict[str, tuple[RowContent, ...]] = {}
    for path in _within(filling, row):
        item = filling.node(path).item
        name = path[len(row) :]
        if isinstance(item, Repeat):
            repeats[name] = tuple(read_row(filling, inner, files=files) for inner in filling.rows(path))
        elif isinstance(item, Question) and answerable(item) and (files or item.type not in FILE_TYPES):
            values[name] = filling.get(path)
    return RowContent(values, repeats)


def write_row(filling: Filling, row: str, content: RowContent) -> list[Changed]:
    """Make a row stand as `content` says."""
    changes = [
        filling.set(row + name, value)
        for name, value in content.values.items()
        if filling.get(row + name) != value
    ]
    for name, rows in content.repeats.items():
        repeat = row + name
        item = filling.node(repeat).item
        counted = isinstance(item, Repeat) and bool(item.repeat_count)
        while not counted and len(filling.rows(repeat)) > len(rows):
            changes.append(filling.remove(filling.rows(repeat)[-1]))
        while not counted and len(filling.rows(repeat)) < len(rows):
            changes.append(filling.add(repeat))
        for path, inner in zip(filling.rows(repeat), rows, strict=False):
            changes += write_row(filling, path, inner)
    return changes


def insert_row(filling: Filling, repeat: str, index: int, content: RowContent) -> list[Changed]:
    """Put a row in at `index` (counted from 0): one is added at the end, and what stood after moves down."""
    contents = [read_row(filling, row) for row in filling.rows(repeat)[index:]]
    changes = [filling.add(repeat)]
    for row, wanted in zip(filling.rows(repeat)[index:], [content, *contents], strict=True):
        changes += write_row(filling, row, wanted)
    return changes


def _within(filling: Filling, path: str) -> Iterator[str]:
    """Questions and repeats below a group or row, through plain groups, in order."""
    for child in filling.children(path):
        item = filling.node(child).item
        if isinstance(item, Question | Repeat):
            yield child
        else:
            yield from _within(filling, child)
