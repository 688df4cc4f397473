"""Rows of 走访 and of 出发准备."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.services import words
from app.services.enterprises import EnterpriseLine
from ui.marks import due_mark, visit_mark
from ui.widgets.check_rows import CheckRowsModel
from ui.widgets.rows import Column, RowsModel


def visit_list_model(parent: QObject | None = None) -> RowsModel:
    """Every visit on this laptop; the key is the visit's id."""
    return RowsModel(
        (
            Column("日期", lambda line: words.day_of_text(line.day), width=96, sort=lambda line: line.day),
            Column("企业", lambda line: line.enterprise_name, width=200, grow=3),
            Column("编号", lambda line: line.number, width=140, grow=1, quiet=True, drop=2),
            Column("走访人", lambda line: line.officer_name, width=84, quiet=True, drop=3),
            Column(
                "诉求", lambda line: f"{line.issues} 件" if line.issues else "—", width=64, quiet=True, drop=1
            ),
            Column(
                "状态",
                lambda line: line.state_word,
                width=104,
                mark=lambda line: visit_mark(line.state, line.state_word),
            ),
        ),
        key=lambda line: line.id,
        parent=parent,
    )


def _last(line: EnterpriseLine) -> str:
    return words.day_of_text(line.last_visit.isoformat()) if line.last_visit else "还没有走访"


def prepare_model(parent: QObject | None = None) -> CheckRowsModel:
    """Enterprises to tick; the key is the enterprise's id."""
    return CheckRowsModel(
        (
            Column("企业", lambda line: line.name, width=240, grow=3),
            Column("地址", lambda line: line.address, width=130, grow=2, quiet=True, drop=1),
            Column("上次走访", _last, width=100, quiet=True, drop=2),
            Column(
                "未结诉求",
                lambda line: f"{line.open_issues} 件" if line.open_issues else "—",
                width=84,
                quiet=True,
                drop=3,
            ),
            Column(
                "走访",
                lambda line: line.due_word,
                width=124,
                mark=lambda line: due_mark(line.due, line.due_word),
            ),
        ),
        key=lambda line: line.id,
        parent=parent,
    )
