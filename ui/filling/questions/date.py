"""A day: typed as 2026-12-31, or picked from a calendar."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from typing import Any

from PySide6.QtCore import QDate, QLocale, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCalendarWidget, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ui import theme
from ui.filling.questions.editor import Subject
from ui.filling.questions.typed import TypedEditor

_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_PLAIN = re.compile(r"(\d{4})(\d{2})(\d{2})")


class DateEditor(TypedEditor):
    """date. Arrow keys up and down go by days, Alt+↓ opens the calendar."""

    short = True
    compact = True

    def __init__(self, subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(subject, parent)
        self.line.setFixedWidth(theme.current().px(132))
        self.line.setPlaceholderText(self.empty_text())
        self.button = QPushButton("选日期", self)
        self.button.setProperty("link", "true")
        self.button.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.button.setToolTip("从日历里选（Alt+↓）")
        self.button.clicked.connect(self.open_calendar)
        self._popup: QWidget | None = None
        layout = self.layout()
        if isinstance(layout, QHBoxLayout):
            layout.addWidget(self.button)
            layout.addStretch()

    def empty_text(self) -> str:
        return "2026-12-31"

    def read(self, text: str) -> str:
        plain = "".join(unicodedata.normalize("NFKC", text).replace("。", ".").split())
        match = _DAY.fullmatch(plain) or _PLAIN.fullmatch(plain)
        return f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}" if match else plain

    def show_node(self, node: Any) -> None:
        super().show_node(node)
        self.button.setVisible(not node.read_only)

    def key(self, event: QKeyEvent) -> bool:
        if event.key() not in (Qt.Key.Key_Up, Qt.Key.Key_Down) or self.line.isReadOnly():
            return False
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.open_calendar()
            return True
        day = self._day()
        if event.modifiers() or day is None:
            return False
        self._take(day + timedelta(days=1 if event.key() == Qt.Key.Key_Up else -1))
        return True

    def open_calendar(self) -> None:
        """The calendar below the field; a click or Enter takes the day."""
        popup = QWidget(self, Qt.WindowType.Popup)
        popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        popup.setObjectName("calendar")
        calendar = QCalendarWidget(popup)
        calendar.setLocale(QLocale(QLocale.Language.Chinese, QLocale.Country.China))
        calendar.setFirstDayOfWeek(Qt.DayOfWeek.Monday)
        calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
        day = self._day()
        if day is not None:
            calendar.setSelectedDate(QDate(day.year, day.month, day.day))
        column = QVBoxLayout(popup)
        column.setContentsMargins(1, 1, 1, 1)
        column.addWidget(calendar)

        def chosen(picked: QDate) -> None:
            popup.close()
            self.line.setFocus()
            self._take(date(picked.year(), picked.month(), picked.day()))

        calendar.activated.connect(chosen)
        calendar.clicked.connect(chosen)
        popup.move(self.line.mapToGlobal(QPoint(0, self.line.height() + 2)))
        popup.show()
        calendar.setFocus()

    def _day(self) -> date | None:
        try:
            return date.fromisoformat(self.read(self.line.text()))
        except ValueError:
            return None

    def _take(self, day: date) -> None:
        self.line.setText(day.isoformat())
        self.flush()
