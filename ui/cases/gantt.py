"""横道图: each step's planned and actual stretch, where its clock stood still, and today. Painted, so that any scheme and size fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.domain.agency_clock import Span
from app.services import words
from app.services.cases import GanttRow
from ui import theme

LABEL = 124
ROW = 40
HEAD = 26
FOOT = 30
FEWEST_DAYS = 14
"""A case of a day still has an axis one can read."""
_MONTHS_FROM = 84
"""From so many days on the axis has months instead of weeks."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Days from `first` to `last`, over `width` px from `left`."""

    first: date
    last: date
    left: float
    width: float

    @property
    def day_width(self) -> float:
        return self.width / ((self.last - self.first).days + 1)

    def at(self, day: date) -> float:
        """Where the day begins."""
        return self.left + (day - self.first).days * self.day_width

    def box(self, span: Span, top: float, height: float) -> QRectF:
        """The stretch, both days with it."""
        return QRectF(
            self.at(span.first), top, self.at(span.last + timedelta(days=1)) - self.at(span.first), height
        )

    def ticks(self) -> Iterator[tuple[date, str]]:
        """Mondays, or the first of months where there are many."""
        monthly = (self.last - self.first).days >= _MONTHS_FROM
        for step in range((self.last - self.first).days + 1):
            day = self.first + timedelta(days=step)
            if monthly and day.day == 1:
                yield day, f"{day.year}年1月" if day.month == 1 else f"{day.month}月"
            elif not monthly and day.weekday() == 0:
                yield day, f"{day.month}月{day.day}日"


def days_of(rows: Sequence[GanttRow], today: date) -> tuple[date, date]:
    """First and last day the chart has to show."""
    days = [today]
    for row in rows:
        for span in (row.plan.planned, row.plan.actual, *row.plan.stopped):
            if span is not None:
                days += [span.first, span.last]
    first, last = min(days) - timedelta(days=1), max(days) + timedelta(days=2)
    return first, max(last, first + timedelta(days=FEWEST_DAYS))


class GanttChart(QWidget):
    """`set_rows(rows, today)`; a row's days stand in its tip and in the accessible description."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[GanttRow, ...] = ()
        self._today = date.min
        self.setAccessibleName("横道图")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def rows(self) -> tuple[GanttRow, ...]:
        return self._rows

    def set_rows(self, rows: Sequence[GanttRow], today: date) -> None:
        self._rows, self._today = tuple(rows), today
        self.setAccessibleDescription("\n".join(self.told(row) for row in rows))
        self.updateGeometry()
        self.update()

    def told(self, row: GanttRow) -> str:
        """`环境影响评价：计划 11月23日–12月2日；实际 11月24日起；停钟 11月26日起`."""
        plan = row.plan
        parts = [f"计划 {_span(plan.planned)}" if plan.planned else "不涉及"]
        if plan.actual:
            parts.append(
                f"实际 {words.day(plan.actual.first)}起" if plan.running else f"实际 {_span(plan.actual)}"
            )
        parts += [f"停钟 {_span(span)}" for span in plan.stopped]
        return f"{row.name}：{'；'.join(parts)}"

    def sizeHint(self) -> QSize:
        look = theme.current()
        return QSize(look.px(560), look.px(HEAD + FOOT) + look.px(ROW) * len(self._rows))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.current().px(320), self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.updateGeometry()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            look = theme.current()
            place = int((event.pos().y() - look.px(HEAD)) // look.px(ROW))
            if 0 <= place < len(self._rows):
                QToolTip.showText(event.globalPos(), self.told(self._rows[place]), self)
                return True
        return super().event(event)

    def axis(self) -> Axis:
        look = theme.current()
        left = float(look.px(LABEL))
        first, last = days_of(self._rows, self._today)
        return Axis(first, last, left, max(1.0, self.width() - left - look.px(8)))

    # ------------------------------------------------------------------ painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._rows:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        axis = self.axis()
        self._draw_axis(painter, axis)
        for place, row in enumerate(self._rows):
            self._draw_row(painter, axis, row, place)
        self._draw_today(painter, axis)
        self._draw_legend(painter, axis)
        painter.end()

    @property
    def _bottom(self) -> float:
        look = theme.current()
        return float(look.px(HEAD) + look.px(ROW) * len(self._rows))

    def _draw_axis(self, painter: QPainter, axis: Axis) -> None:
        look = theme.current()
        painter.setFont(look.font("small"))
        metrics = QFontMetrics(look.font("small"))
        free_from = 0.0
        for day, text in axis.ticks():
            x = axis.at(day)
            painter.setPen(QPen(look.color("line"), 1))
            painter.drawLine(QLineF(x, look.px(HEAD), x, self._bottom))
            width = metrics.horizontalAdvance(text)
            # A word that would run into the one before it or out of the picture is left out.
            if x >= free_from and x + width <= self.width():
                painter.setPen(look.color("quiet"))
                painter.drawText(QPointF(x, look.px(HEAD) - look.px(8)), text)
                free_from = x + width + look.px(10)

    def _draw_row(self, painter: QPainter, axis: Axis, row: GanttRow, place: int) -> None:
        look = theme.current()
        top = float(look.px(HEAD) + look.px(ROW) * place)
        painter.setPen(QPen(look.color("line"), 1))
        painter.drawLine(QLineF(0, top, self.width(), top))
        painter.setFont(look.font("table"))
        painter.setPen(look.color("text" if row.plan.planned else "quiet"))
        name = QFontMetrics(look.font("table")).elidedText(
            row.name, Qt.TextElideMode.ElideRight, look.px(LABEL - 10)
        )
        painter.drawText(
            QRectF(0, top, look.px(LABEL - 8), look.px(ROW)), Qt.AlignmentFlag.AlignVCenter, name
        )
        if row.plan.planned is None:
            painter.setFont(look.font("small"))
            area = QRectF(axis.left, top, axis.width, look.px(ROW))
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, "不涉及")
            return
        planned = axis.box(row.plan.planned, top + look.px(7), look.px(8))
        painter.setPen(QPen(look.color("quiet"), 1.2))
        painter.setBrush(look.color("surface"))
        painter.drawRoundedRect(planned, 2, 2)
        if row.plan.actual is None:
            return
        box = axis.box(row.plan.actual, top + look.px(19), look.px(13))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color(row.light.value))
        painter.drawRoundedRect(box, 3, 3)
        for span in row.plan.stopped:
            self._draw_stop(painter, axis.box(span, box.top(), box.height()))

    def _draw_stop(self, painter: QPainter, box: QRectF) -> None:
        """Hatched on a quiet ground: told by its pattern, not by its colour alone."""
        look = theme.current()
        painter.setPen(QPen(look.color("quiet"), 1))
        painter.setBrush(look.color("grey-soft"))
        painter.drawRect(box)
        painter.setBrush(QBrush(look.color("quiet"), Qt.BrushStyle.BDiagPattern))
        painter.drawRect(box)

    def _draw_today(self, painter: QPainter, axis: Axis) -> None:
        look = theme.current()
        x = axis.at(self._today) + axis.day_width / 2
        painter.setPen(QPen(look.color("accent"), 1.6, Qt.PenStyle.DashLine))
        painter.drawLine(QLineF(x, look.px(HEAD) - look.px(4), x, self._bottom + look.px(2)))
        painter.setFont(look.font("small"))
        width = QFontMetrics(look.font("small")).horizontalAdvance("今天")
        painter.setPen(look.color("accent"))
        painter.drawText(
            QPointF(min(x - width / 2, self.width() - width), self._bottom + look.px(15)), "今天"
        )

    def _draw_legend(self, painter: QPainter, axis: Axis) -> None:
        look = theme.current()
        painter.setFont(look.font("small"))
        metrics = QFontMetrics(look.font("small"))
        x, y = 0.0, self._bottom + look.px(11)
        stopped = ("停钟",) if any(row.plan.stopped for row in self._rows) else ()
        for word in ("计划", "实际", *stopped):
            box = QRectF(x, y - look.px(6), look.px(18), look.px(9))
            if word == "计划":
                painter.setPen(QPen(look.color("quiet"), 1.2))
                painter.setBrush(look.color("surface"))
                painter.drawRoundedRect(box, 2, 2)
            elif word == "实际":
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(look.color("green"))
                painter.drawRoundedRect(box, 3, 3)
            else:
                self._draw_stop(painter, box)
            painter.setPen(look.color("quiet"))
            painter.drawText(QPointF(x + look.px(22), y + look.px(4)), word)
            x += look.px(22) + metrics.horizontalAdvance(word) + look.px(10)
            if x > axis.left:
                break


def _span(span: Span) -> str:
    if span.first == span.last:
        return words.day(span.first)
    return f"{words.day(span.first)}–{words.day(span.last)}"
