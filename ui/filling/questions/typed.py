"""Answers that are typed into one line: said when the typing pauses, when the focus leaves, and when asked."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from forms.filling import Node
from ui import theme
from ui.filling.questions.editor import Editor, Subject, text_of
from ui.widgets.repolish import set_flag

PAUSE_MS = 500
"""So long after the last key what stands in the field is taken as the answer."""


class Line(QLineEdit):
    """A line whose paste key lets pictures through to the page."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if (
            event.matches(QKeySequence.StandardKey.Paste)
            and not QGuiApplication.clipboard().mimeData().hasText()
        ):
            event.ignore()
            return
        super().keyPressEvent(event)


class TypedEditor(Editor):
    """One line of text. Subclasses say how an answer looks while it is edited and at rest."""

    def __init__(self, subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(subject, parent)
        self._value: Any = None
        self._said = ""
        """The text last said or shown: the same text is not said twice."""
        self._saying = False
        self._refused = False
        """What stands in the field could be no answer: it is left as it was typed."""
        self.line = Line(self)
        self.line.textEdited.connect(self._typed)
        self.line.installEventFilter(self)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self.flush)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID // 2)
        row.addWidget(self.line)
        self.setFocusProxy(self.line)

    # what subclasses may want otherwise

    def editing_text(self, value: Any) -> str:
        """The answer as one edits it."""
        return text_of(value)

    def resting_text(self, value: Any) -> str:
        """The answer as it stands there when nobody edits it."""
        return self.editing_text(value)

    def read(self, text: str) -> str:
        """What is typed, put into the form the engine reads."""
        return text.strip()

    # Editor

    def show_node(self, node: Node) -> None:
        changed = node.value != self._value
        self._value = node.value
        self._refused = False
        self.line.setReadOnly(node.read_only)
        # Its own answer coming back, or somebody typing on: what stands there and the cursor stay as they are.
        if self._saying or self._pause.isActive() or (self.line.hasFocus() and not changed):
            return
        self._show()

    def _show(self) -> None:
        self._said = self.read(self.editing_text(self._value))
        editing = self.line.hasFocus() and not self.line.isReadOnly()
        self._put(self.editing_text(self._value) if editing else self.resting_text(self._value))

    def _put(self, text: str) -> None:
        if self.line.text() != text:
            self.line.setText(text)
            if not self.line.hasFocus():
                self.line.setCursorPosition(0)

    def show_raw(self, text: str) -> None:
        self._refused = True
        self._said = self.read(text)
        if self.read(self.line.text()) != self._said:
            self.line.setText(text)

    def show_previous(self, text: str) -> bool:
        self.line.setPlaceholderText(text or self.empty_text())
        return bool(text)

    def empty_text(self) -> str:
        """What stands greyed in the empty field."""
        return ""

    def show_wrong(self, wrong: bool) -> None:
        set_flag(self.line, "bad", wrong)

    def flush(self) -> None:
        self._pause.stop()
        text = self.read(self.line.text())
        if text == self._said or self.line.isReadOnly():
            return
        self._said = text
        self._saying = True
        self.answered.emit(text or None)
        self._saying = False
        if not self.line.hasFocus():
            self._rest()

    def focus_widget(self) -> QWidget:
        return self.line

    # events

    def _typed(self) -> None:
        self._pause.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self._focus_in()
        elif event.type() == QEvent.Type.FocusOut:
            self.flush()
            self._rest()
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
                self.flush()
            elif self.key(event):
                return True
        return super().eventFilter(watched, event)

    def key(self, _event: QKeyEvent) -> bool:
        """A key pressed in the line. True where it has been dealt with."""
        return False

    def _focus_in(self) -> None:
        if not self._refused and not self.line.isReadOnly():
            self._put(self.editing_text(self._value))

    def _rest(self) -> None:
        if not self._refused:
            self._put(self.resting_text(self._value))
