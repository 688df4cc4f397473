"""A few bars: how a figure stood in the last periods. Painted with the theme's tokens."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui import theme

WIDTH, HEIGHT = 72, 30
GAP = 3


class Bars(QWidget):
    """The last one is the period on the page and stands out. Nothing to divide by is a line at the foot."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: tuple[float | None, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    @property
    def values(self) -> tuple[float | None, ...]:
        return self._values

    def set_values(self, values: Sequence[float | None]) -> None:
        self._values = tuple(values)
        self.update()

    def sizeHint(self) -> QSize:
        look = theme.current()
        return QSize(look.px(WIDTH), look.px(HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._values:
            return
        look = theme.current()
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        most = max((value for value in self._values if value is not None), default=0.0)
        gap = look.px(GAP)
        width = (self.width() - gap * (len(self._values) - 1)) / len(self._values)
        foot = look.px(2)
        for place, value in enumerate(self._values):
            share = value / most if value is not None and most > 0 else 0.0
            height = max(foot, share * self.height())
            last = place == len(self._values) - 1
            painter.setBrush(look.color("line" if value is None else "accent" if last else "edge"))
            left = place * (width + gap)
            painter.drawRect(QRectF(left, self.height() - height, width, height))
        painter.end()
