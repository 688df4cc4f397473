"""Paper to sign on, by mouse, pen or finger."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QTabletEvent
from PySide6.QtWidgets import QWidget

from ui import theme

Stroke = list[tuple[QPointF, float]]
"""Points with the pressure (0–1) they were drawn with."""

PAPER = theme.Theme(theme.LIGHT)
"""What is signed is paper in every theme: it is printed as it is seen."""
SIZE = QSize(420, 136)
MARGIN = 12
SHARPNESS = 2
"""Pixels of the picture per pixel of the pad."""


class Pad(QWidget):
    """Keeps strokes; `drawn` after each one is finished."""

    drawn = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.strokes: list[Stroke] = []
        self.picture: QImage | None = None
        """A signature given before, shown until a new one is begun."""
        self._open: Stroke | None = None
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_StaticContents)
        # A hand needs the same room whatever the size of the letters.
        self.setFixedHeight(SIZE.height())
        self.setMinimumWidth(SIZE.width() // 2)
        self.setMaximumWidth(SIZE.width())

    def undo(self) -> None:
        """Take the last stroke back."""
        if self.strokes:
            self.strokes.pop()
            self.update()
            self.drawn.emit()

    def clear(self) -> None:
        """An empty sheet."""
        self.strokes.clear()
        self.picture = None
        self.update()
        self.drawn.emit()

    def show_picture(self, picture: QImage | None) -> None:
        self.picture = picture
        self.update()

    def render_picture(self) -> QImage:
        """The strokes on white, cut to what is drawn, in twice the pad's resolution."""
        points = [point for stroke in self.strokes for point, _ in stroke]
        box = QPolygonF(points).boundingRect().adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
        size = QSize(round(box.width() * SHARPNESS), round(box.height() * SHARPNESS))
        picture = QImage(size, QImage.Format.Format_RGB32)
        picture.fill(QColor(PAPER.color("surface")))
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(SHARPNESS, SHARPNESS)
        painter.translate(-box.topLeft())
        self._draw(painter)
        painter.end()
        return picture

    # drawing

    def begin(self, point: QPointF, pressure: float) -> None:
        self.picture = None
        self._open = [(point, pressure)]
        self.strokes.append(self._open)
        self.update()

    def go_on(self, point: QPointF, pressure: float) -> None:
        if self._open is not None:
            inside = QPointF(min(max(point.x(), 0), self.width()), min(max(point.y(), 0), self.height()))
            self._open.append((inside, pressure))
            self.update()

    def end(self) -> None:
        if self._open is not None:
            self._open = None
            self.drawn.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.begin(event.position(), 0.5)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.go_on(event.position(), 0.5)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self.end()

    def tabletEvent(self, event: QTabletEvent) -> None:
        # Accepted, so that Qt makes no mouse event of the same touch.
        event.accept()
        if event.type() == QEvent.Type.TabletPress:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.begin(event.position(), event.pressure())
        elif event.type() == QEvent.Type.TabletMove:
            self.go_on(event.position(), event.pressure())
        elif event.type() == QEvent.Type.TabletRelease:
            self.end()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = theme.current().color("accent") if self.hasFocus() else PAPER.color("edge")
        painter.setPen(QPen(edge, 1))
        painter.setBrush(PAPER.color("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        if self.picture is not None:
            room = self.rect().adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
            size = self.picture.size() / SHARPNESS
            if size.width() > room.width() or size.height() > room.height():
                size = size.scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRectF(0, 0, size.width(), size.height())
            target.moveCenter(QRectF(room).center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, self.picture)
        elif not self.strokes:
            painter.setPen(PAPER.color("quiet"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "用鼠标、触控笔或手指在这里签名")
        self._draw(painter)
        painter.end()

    def _draw(self, painter: QPainter) -> None:
        for stroke in self.strokes:
            pen = QPen(PAPER.color("text"))
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            if len(stroke) == 1:
                pen.setWidthF(_thickness(stroke[0][1]) * 1.4)
                painter.setPen(pen)
                painter.drawPoint(stroke[0][0])
            for (start, before), (end, after) in pairwise(stroke):
                pen.setWidthF(_thickness((before + after) / 2))
                painter.setPen(pen)
                painter.drawLine(start, end)


def _thickness(pressure: float) -> float:
    return 1.2 + 2.4 * pressure
