"""Rows of a register: who, when, what the form's columns say, how far it is."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QObject

from app.domain.record_facts import number
from app.services import words
from app.services.registers import Column, RecordLine, RegisterTable
from ui.widgets.pill import Mark
from ui.widgets.rows import Column as Shown
from ui.widgets.rows import RowsModel

TONES = {
    "lent": "green", "received": "green", "mended": "green", "granted": "blue", "paid": "blue",
    "refused": "red", "withdrawn": "grey", "unfit": "grey", "returned": "yellow", "paused": "yellow",
    "reminder": "yellow", "interview": "yellow", "lawyer_letter": "red", "liability": "red", "termination": "red",
    "registered": "grey", "survey": "grey", "none": "grey", "measured": "grey", "graded": "blue",
}  # fmt: skip
"""How a stage looks; what is not here is under way."""


def stage_mark(line: RecordLine) -> Mark | None:
    """The pill of how far an entry is; none in a register without stages."""
    return Mark(TONES.get(line.stage, "blue"), line.stage_word) if line.stage_word else None


def register_model(table: RegisterTable, parent: QObject | None = None) -> RowsModel:
    """The table of one register; the key is the entry's id."""
    columns = [
        Shown("企业" if not table.form.personal else "名称", _who(table), width=110, grow=3),
        Shown("日期", _day, width=84, quiet=True, drop=2, sort=lambda line: line.day),
    ]
    if table.stages:
        columns.insert(0, Shown("进展", lambda line: line.stage_word, width=104, mark=stage_mark))
    if any(line.lamps for line in table.lines):
        columns.append(Shown("亮灯", _lamp_text, width=170, grow=2, mark=_lamp_mark, drop=1))
    for place, column in enumerate(table.columns):
        columns.append(_column(column, place))
    columns.append(Shown("填表人", lambda line: line.made_by_name, width=72, quiet=True, drop=20))
    return RowsModel(columns, key=lambda line: line.id, parent=parent)


def _lamp_text(line: RecordLine) -> str:
    return f"{line.lamps[0].side} {line.lamps[0].text}" if line.lamps else ""


def _lamp_mark(line: RecordLine) -> Mark | None:
    return Mark(line.lamps[0].tone, _lamp_text(line)) if line.lamps else None


def _who(table: RegisterTable) -> Any:
    return (lambda line: line.title or line.enterprise_name) if table.form.personal else _enterprise


def _enterprise(line: RecordLine) -> str:
    return line.enterprise_name


def _day(line: RecordLine) -> str:
    return words.day_of_text(line.day)


def _column(column: Column, place: int) -> Shown:
    is_number = column.kind == "number"
    wide = {"number": 84, "date": 84, "choice": 84}.get(column.kind, 100)
    title = column.title if len(column.title) <= 9 else column.label
    return Shown(
        title if len(title) <= 10 else f"{title[:9]}…",
        partial(_text, column.path),
        width=max(wide, 16 * min(len(title), 10)),
        grow=1 if column.kind == "text" else 0,
        drop=3 + place if place else 0,
        right=is_number,
        sort=partial(_order, column.path) if is_number else None,
    )


def _text(path: str, line: RecordLine) -> str:
    return line.cells.get(path, "—")


def _order(path: str, line: RecordLine) -> Any:
    found = number(line.raw.get(path))
    return (found is not None, found or 0)
