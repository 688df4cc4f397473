"""One choice as a button: a dot (one of them) or a tick (any of them) stands before what is chosen."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QPushButton, QStyle, QStyleOptionButton, QWidget

from ui import theme


class Chip(QPushButton):
    """A checkable button that keeps its width when it is chosen, so that nothing beside it moves."""

    def __init__(self, label: str, *, many: bool, parent: QWidget | None = None) -> None:
        super().__init__(label, parent)
        self.setCheckable(True)
        self._many = many
        self.setProperty("chip", "true")
        self.setAutoDefault(False)
        self.setAccessibleName(label)

    def _bold(self) -> QFont:
        font = QFont(self.font())
        font.setBold(True)
        return font

    def _mark(self) -> int:
        return theme.current().px(12)

    def sizeHint(self) -> QSize:
        text = QFontMetrics(self._bold()).horizontalAdvance(self.text())
        room = text + self._mark() + theme.GRID // 2 + 2 * theme.current().px(12)
        return QSize(max(room, theme.current().px(52)), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.current().px(52), super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        text, option.text = option.text, ""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.style().drawControl(QStyle.ControlElement.CE_PushButton, option, painter, self)
        tokens = theme.current()
        ink = tokens.color("accent" if self.isChecked() else "text" if self.isEnabled() else "quiet")
        font = self._bold() if self.isChecked() else self.font()
        painter.setFont(font)
        metrics = QFontMetrics(font)
        gap = theme.GRID // 2 if self.isChecked() else 0
        mark = self._mark() if self.isChecked() else 0
        inner = self.rect().adjusted(theme.GRID, 0, -theme.GRID, 0)
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, inner.width() - mark - gap)
        width = metrics.horizontalAdvance(text) + mark + gap
        left = inner.x() + max(0, (inner.width() - width) // 2)
        painter.setPen(QPen(ink))
        if mark:
            self._draw_mark(painter, QRect(left, (self.height() - mark) // 2, mark, mark))
        painter.drawText(
            QRect(left + mark + gap, 0, inner.right() - left, self.height()),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            text,
        )
        painter.end()

    def _draw_mark(self, painter: QPainter, box: QRect) -> None:
        ink = painter.pen().color()
        if not self._many:
            painter.setBrush(ink)
            painter.drawEllipse(box.adjusted(1, 1, -1, -1))
            return
        side = box.width()
        painter.setPen(QPen(ink, max(2.0, side / 6), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        corners = ((0.1, 0.55), (0.4, 0.85), (0.95, 0.2))
        painter.drawPolyline(QPolygonF([QPointF(box.x() + x * side, box.y() + y * side) for x, y in corners]))
