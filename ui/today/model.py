"""Rows of 今日."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.services import words
from app.services.overview import DueRow
from ui.marks import due_mark, light_mark, whose_turn
from ui.widgets.rows import Column, RowsModel


def _last(row: DueRow) -> str:
    return words.day(row.last_visit) if row.last_visit else "还没有走访"


def due_model(parent: QObject | None = None) -> RowsModel:
    """The enterprises to visit; the key is the enterprise's id."""
    return RowsModel(
        (
            Column("企业", lambda row: row.name, width=220, grow=1),
            Column("上次走访", _last, width=96, quiet=True, drop=1),
            Column("周期", lambda row: row.cycle, width=60, quiet=True, drop=2),
            Column("状态", lambda row: row.word, width=118, mark=lambda row: due_mark(row.due, row.word)),
        ),
        key=lambda row: row.enterprise,
        parent=parent,
    )


def issue_model(parent: QObject | None = None) -> RowsModel:
    """Open issues in short; the key is the issue's id."""
    return RowsModel(
        (
            Column("", lambda line: line.light_word, width=140, mark=light_mark),
            Column("", lambda line: line.title, width=120, grow=3),
            Column("", whose_turn, width=90, grow=1, quiet=True, drop=1),
        ),
        key=lambda line: line.id,
        parent=parent,
    )
