"""Rows of 企业."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.domain.visit import VISIT_STATE_NAMES, Visit
from app.services import words
from app.services.enterprises import EnterpriseLine
from ui.marks import due_mark, visit_mark
from ui.widgets.rows import Column, RowsModel


def _last(line: EnterpriseLine) -> str:
    return words.day_of_text(line.last_visit.isoformat()) if line.last_visit else "—"


def _due_order(line: EnterpriseLine) -> int:
    return line.due.days if line.due is not None else 10_000


def enterprise_model(parent: QObject | None = None, *, officers: bool) -> RowsModel:
    """The list of enterprises; the key is the id. `officers`: also who looks after each (for the whole park)."""
    columns = [
        Column("企业", lambda line: line.name, width=200, grow=3),
        Column("统一社会信用代码", lambda line: line.credit_code, width=172, quiet=True, drop=2),
        Column("地址", lambda line: line.address, width=130, grow=2, quiet=True, drop=3),
    ]
    if officers:
        columns.append(
            Column("联络员", lambda line: line.officer_name or "未分配", width=84, quiet=True, drop=1)
        )
    columns += [
        Column("上次走访", _last, width=88, quiet=True, sort=lambda line: str(line.last_visit or "")),
        Column(
            "未结诉求",
            lambda line: f"{line.open_issues} 件" if line.open_issues else "—",
            width=80,
            quiet=True,
            sort=lambda line: line.open_issues,
        ),
    ]
    if not officers:
        due = lambda line: due_mark(line.due, line.due_word)  # noqa: E731
        columns.append(Column("走访", lambda line: line.due_word, width=124, mark=due, sort=_due_order))
    return RowsModel(columns, key=lambda line: line.id, parent=parent)


def visit_model(parent: QObject | None = None) -> RowsModel:
    """The visits of one enterprise; the key is the visit's id."""

    def mark(visit: Visit):  # type: ignore[no-untyped-def]
        return visit_mark(visit.state, VISIT_STATE_NAMES[visit.state])

    return RowsModel(
        (
            Column("日期", lambda visit: words.day_of_text(visit.day), width=80),
            Column("编号", lambda visit: visit.number, width=120, grow=1, quiet=True, drop=1),
            Column("走访人", lambda visit: visit.people, width=72, quiet=True, drop=2),
            Column("诉求", lambda visit: f"{len(visit.issues)} 件", width=56, quiet=True, drop=3),
            Column("状态", lambda visit: VISIT_STATE_NAMES[visit.state], width=92, mark=mark),
        ),
        key=lambda visit: visit.id,
        parent=parent,
    )
