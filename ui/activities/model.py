"""Rows of 活动与目标, and the quiet bar of a target."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from app.services.activities import EVENTS, GROUPS, TARGETS, TRIPS, ActivityLine
from ui import theme
from ui.widgets.pill import Mark
from ui.widgets.rows import ROW_ROLE, Column, Index, RowsModel

BAR_COLUMN = 4
"""Where the bar stands among a target's columns."""
_BAR_HEIGHT = 6


def line_mark(line: ActivityLine) -> Mark:
    """Its light."""
    return Mark(line.tone, line.word)


def _cell(place: int) -> Callable[[ActivityLine], str]:
    return lambda line: line.cells[place]


_FIRST = (
    Column("状态", lambda line: line.word, width=116, mark=line_mark),
    Column("名称", lambda line: line.title, width=150, grow=3),
)
_COLUMNS = {
    TRIPS: (
        *_FIRST,
        Column("去哪里", _cell(0), width=90, grow=1, quiet=True, drop=2),
        Column("时间", _cell(1), width=140, quiet=True, drop=1),
        Column("人员", _cell(2), width=110, grow=2, quiet=True, drop=4),
        Column("线索", _cell(3), width=104, drop=3),
    ),
    GROUPS: (
        *_FIRST,
        Column("驻地", _cell(0), width=90, grow=1, quiet=True, drop=2),
        Column("时间", _cell(1), width=140, quiet=True, drop=3),
        Column("报告人", _cell(2), width=80, quiet=True, drop=4),
        Column("报告", _cell(3), width=130, grow=1, drop=1),
    ),
    EVENTS: (
        *_FIRST,
        Column("类型", _cell(0), width=120, quiet=True, drop=3),
        Column("日期", _cell(1), width=80, quiet=True),
        Column("地点", _cell(2), width=90, grow=1, quiet=True, drop=4),
        Column("企业", _cell(3), width=150, grow=1, drop=1),
    ),
    TARGETS: (
        Column("年度", _cell(0), width=70, quiet=True, drop=3),
        Column("状态", lambda line: line.word, width=116, mark=line_mark),
        Column("指标", lambda line: line.title, width=100, grow=3),
        Column("完成", _cell(1), width=112, grow=1),
        Column("", _cell(2), width=64, grow=2),
        Column("责任", _cell(3), width=100, grow=1, quiet=True, drop=4),
    ),
}


def activity_model(view: str, parent: QObject | None = None) -> RowsModel:
    """The rows of one view."""
    return RowsModel(_COLUMNS[view], key=lambda line: line.id, parent=parent)


class BarCells(QStyledItemDelegate):
    """A thin bar: how far a target is, with a stroke where it should be by now. The words beside it say the same."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        option.state &= ~option.state.State_HasFocus
        super().paint(painter, option, index)
        line = index.data(ROW_ROLE)
        look = theme.current()
        height = look.px(_BAR_HEIGHT)
        box = QRectF(option.rect).adjusted(theme.GRID, 0, -theme.GRID * 2, 0)
        box = QRectF(box.left(), box.center().y() - height / 2, box.width(), height)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color("line"))
        painter.drawRoundedRect(box, height / 2, height / 2)
        if line.share > 0:
            painter.setBrush(look.color("accent"))
            done = QRectF(box.left(), box.top(), max(height, box.width() * line.share), height)
            painter.drawRoundedRect(done, height / 2, height / 2)
        if line.mark is not None:
            painter.setBrush(look.color("text"))
            left = min(box.left() + box.width() * line.mark, box.right() - 2)
            painter.drawRect(QRectF(left, box.top() - height / 2, 2, height * 2))
        painter.restore()
