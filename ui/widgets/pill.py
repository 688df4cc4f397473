"""A pill: shape, word and colour together, so that a state is never told by colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui import theme

SHAPES = {"red": "square", "yellow": "triangle", "blue": "diamond", "green": "disc", "grey": "ring"}


@dataclass(frozen=True, slots=True)
class Mark:
    """What a pill says: a tone of `theme.TONES` and a word; the shape follows from the tone."""

    tone: str
    word: str


class Pill(QWidget):
    """A pill of its own."""

    def __init__(self, mark: Mark | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mark = mark
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_mark(mark)

    @property
    def mark(self) -> Mark | None:
        return self._mark

    def set_mark(self, mark: Mark | None) -> None:
        self._mark = mark
        # Shown only within something: without a parent it would be a window of its own for a moment.
        if mark is None or self.parentWidget() is not None:
            self.setVisible(mark is not None)
        self.setAccessibleName(mark.word if mark else "")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return pill_size(self._mark) if self._mark else QSize(0, 0)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._mark is None:
            return
        painter = QPainter(self)
        paint_pill(painter, QRectF(self.rect()), self._mark)
        painter.end()


def _font() -> QFont:
    return theme.current().font("small")


def pill_size(mark: Mark) -> QSize:
    """Natural size of the pill of a mark."""
    look = theme.current()
    metrics = QFontMetrics(_font())
    return QSize(metrics.horizontalAdvance(mark.word) + look.px(32), look.px(22))


def paint_pill(painter: QPainter, area: QRectF, mark: Mark) -> None:
    """Draw the pill at the left of `area`, centred vertically, cut to the area's width."""
    look = theme.current()
    size = pill_size(mark)
    width = min(float(size.width()), area.width())
    height = min(float(size.height()), area.height())
    box = QRectF(area.left(), area.center().y() - height / 2, width, height)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.color(f"{mark.tone}-soft"))
    painter.drawRoundedRect(box, height / 2, height / 2)
    side = float(look.px(9))
    left = box.left() + look.px(9)
    _draw_shape(painter, QRectF(left, box.center().y() - side / 2, side, side), mark.tone)
    painter.setPen(look.color(mark.tone))
    painter.setFont(_font())
    text = box.adjusted(look.px(23), 0, -look.px(6), 0)
    word = QFontMetrics(_font()).elidedText(mark.word, Qt.TextElideMode.ElideRight, round(text.width()) + 1)
    painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, word)
    painter.restore()


def _draw_shape(painter: QPainter, box: QRectF, tone: str) -> None:
    color = theme.current().color(tone)
    painter.setBrush(color)
    shape = SHAPES[tone]
    if shape == "square":
        painter.drawRect(box)
    elif shape == "disc":
        painter.drawEllipse(box)
    elif shape == "triangle":
        painter.drawPolygon(
            QPolygonF([QPointF(box.center().x(), box.top()), box.bottomRight(), box.bottomLeft()])
        )
    elif shape == "diamond":
        middle = box.center()
        corners = [
            QPointF(middle.x(), box.top() - 1),
            QPointF(box.right() + 1, middle.y()),
            QPointF(middle.x(), box.bottom() + 1),
            QPointF(box.left() - 1, middle.y()),
        ]
        painter.drawPolygon(QPolygonF(corners))
    else:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 1.4))
        painter.drawEllipse(box.adjusted(0.7, 0.7, -0.7, -0.7))
