"""A number: its unit stands in the field, thousands are grouped at rest."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from ui import theme
from ui.filling.answers import number_text
from ui.filling.questions.editor import Subject
from ui.filling.questions.typed import TypedEditor


class NumberEditor(TypedEditor):
    """decimal, and by subclass integer. Full-width digits and grouping commas are read as what they mean."""

    short = True
    compact = True
    _unit: QLabel | None = None

    def __init__(self, subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(subject, parent)
        self.line.setInputMethodHints(Qt.InputMethodHint.ImhPreferNumbers)
        self.line.setFixedWidth(theme.current().size("field"))
        self._unit = QLabel(subject.question.unit, self.line)
        self._unit.setProperty("tone", "quiet")
        self._unit.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        inside = QHBoxLayout(self.line)
        inside.setContentsMargins(0, 0, theme.GRID + 2, 0)
        inside.addStretch()
        inside.addWidget(self._unit)
        self._unit.installEventFilter(self)
        layout = self.layout()
        if isinstance(layout, QHBoxLayout):
            layout.addStretch()

    def editing_text(self, value: Any) -> str:
        return f"{value:f}" if isinstance(value, Decimal) else super().editing_text(value)

    def resting_text(self, value: Any) -> str:
        return number_text(value) if isinstance(value, Decimal | int) else self.editing_text(value)

    def read(self, text: str) -> str:
        plain = unicodedata.normalize("NFKC", text).replace("。", ".").replace("−", "-")
        return "".join(plain.replace(",", "").split())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # The unit's width is known once the style has been put on.
        if (
            self._unit is not None
            and watched is self._unit
            and event.type() in (QEvent.Type.Resize, QEvent.Type.Show)
        ):
            width = self._unit.sizeHint().width() if self._unit.text() else 0
            self.line.setTextMargins(0, 0, width + (theme.GRID if width else 0), 0)
        return super().eventFilter(watched, event)


class IntegerEditor(NumberEditor):
    """integer: the same field; whether it is whole the engine says."""
