"""A month (or a week) of days: how many visits each has, the chosen one marked; arrows go from day to day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.services import words
from ui import theme

_HEADS = "一二三四五六日"
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -7, Qt.Key.Key_Down: 7}


class CalendarGrid(QWidget):
    """`chosen(date)` when a person goes to another day."""

    chosen = Signal(object)

    def __init__(self, today: date, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._today = self._day = today
        self._first = self._last = today
        self._texts: Mapping[date, tuple[str, ...]] = {}
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(theme.current().px(120))

    @property
    def day(self) -> date:
        return self._day

    def show_days(self, first: date, last: date, day: date, texts: Mapping[date, tuple[str, ...]]) -> None:
        """Whole weeks from `first` to `last`; `texts` are the names that stand on a day."""
        self._first, self._last, self._day, self._texts = first, last, day, texts
        planned = len(texts.get(day, ()))
        self.setAccessibleName(f"{words.long_day(day)}，排了 {planned} 家")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.current().px(420), theme.current().px(260))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        self.chosen.emit(self._day + timedelta(days=step))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        day = self.day_at(event.position())
        if day is not None:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.chosen.emit(day)

    def day_at(self, point: QPointF) -> date | None:
        for index in range((self._last - self._first).days + 1):
            if self._cell(index).contains(point):
                return self._first + timedelta(days=index)
        return None

    def cell_of(self, day: date) -> QRectF:
        """Where a day is drawn."""
        return self._cell((day - self._first).days)

    def _cell(self, index: int) -> QRectF:
        head = theme.current().px(22)
        weeks = max(1, ((self._last - self._first).days + 1) // 7)
        width, height = self.width() / 7, (self.height() - head) / weeks
        return QRectF((index % 7) * width, head + (index // 7) * height, width, height)

    def paintEvent(self, _event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(look.font("small"))
        painter.setPen(look.color("quiet"))
        for column, word in enumerate(_HEADS):
            cell = self._cell(column)
            head = QRectF(cell.x(), 0, cell.width(), look.px(22))
            painter.drawText(head, Qt.AlignmentFlag.AlignCenter, word)
        for index in range((self._last - self._first).days + 1):
            self._paint_day(painter, self._first + timedelta(days=index), self._cell(index))
        painter.end()

    def _paint_day(self, painter: QPainter, day: date, cell: QRectF) -> None:
        look, inner = theme.current(), cell.adjusted(1.5, 1.5, -1.5, -1.5)
        chosen = day == self._day
        painter.setPen(QPen(look.color("accent" if chosen and self.hasFocus() else "line"), 1))
        painter.setBrush(look.color("accent-soft") if chosen else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(inner, 4, 4)
        texts = self._texts.get(day, ())
        painter.setFont(look.font("small"))
        other = day.month != self._middle.month
        painter.setPen(look.color("quiet" if other or day < self._today else "text"))
        number = f"{day.month}月{day.day}日" if day.day == 1 or day == self._first else str(day.day)
        told = f"{number} 今天" if day == self._today else number
        line = look.px(17)
        inside = inner.adjusted(5, 2, -4, -2)
        if texts and inside.height() < 2 * line:
            told = f"{day.day}（{len(texts)}）"
        painter.drawText(
            QRectF(inside.x(), inside.y(), inside.width(), line), Qt.AlignmentFlag.AlignLeft, told
        )
        room = max(0, int((inside.height() - line) // line))
        shown = texts if len(texts) <= room else (*texts[: max(0, room - 1)], f"共 {len(texts)} 家")
        painter.setPen(look.color("text"))
        metrics = painter.fontMetrics()
        for place, text in enumerate(shown[:room]):
            at = QRectF(inside.x(), inside.y() + line * (place + 1), inside.width(), line)
            elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(inside.width()))
            painter.drawText(at, Qt.AlignmentFlag.AlignLeft, elided)

    @property
    def _middle(self) -> date:
        return self._first + (self._last - self._first) / 2

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return super().event(event)
