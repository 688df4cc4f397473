"""Rows of the list behind a figure."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.services.figures_page import BehindLine
from ui.widgets.pill import Mark
from ui.widgets.rows import Column, RowsModel


def behind_model(parent: QObject | None = None) -> RowsModel:
    """Those of the numerator first."""
    return RowsModel(
        (
            Column("", _counted, width=84, mark=lambda line: Mark(_tone(line), _counted(line))),
            Column("企业", lambda line: line.enterprise_name, width=110, grow=3),
            Column("说明", lambda line: line.what, width=90, grow=3, quiet=True, drop=2),
            Column("日期", lambda line: line.day, width=84, quiet=True, drop=1),
            Column("状态", lambda line: line.state, width=76, quiet=True, drop=3),
        ),
        key=lambda line: line.id,
        parent=parent,
    )


def _counted(line: BehindLine) -> str:
    return "计入" if line.counted else "未计入"


def _tone(line: BehindLine) -> str:
    return "green" if line.counted else "grey"
