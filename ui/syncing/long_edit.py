"""A field for a value of several lines that can be asked like a QLineEdit."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from ui import theme

LONG_TEXT = 40
"""From this many characters on a value does not fit one line."""


class LongEdit(QPlainTextEdit):
    """Enter begins a line, Ctrl+Enter says that one is done; Tab leaves."""

    returnPressed = Signal()

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setTabChangesFocus(True)
        self.setFixedHeight(theme.current().px(84))

    def text(self) -> str:
        return self.toPlainText()

    def setText(self, text: str) -> None:
        self.setPlainText(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.returnPressed.emit()
            return
        super().keyPressEvent(event)


def value_edit(text: str, name: str) -> QLineEdit | LongEdit:
    """A field that holds this text, with a name for those who do not see it."""
    long = len(text) > LONG_TEXT or "\n" in text
    field: QLineEdit | LongEdit = LongEdit(text) if long else QLineEdit(text)
    field.setAccessibleName(name)
    return field
