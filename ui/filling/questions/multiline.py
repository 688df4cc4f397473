"""Text of several lines that grows with what is written."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, QObject, QTimer
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from forms.filling import Node
from ui import theme
from ui.filling.media import carried
from ui.filling.questions.editor import Editor, Subject, text_of
from ui.filling.questions.typed import PAUSE_MS
from ui.widgets.repolish import set_flag

LINES = (3, 10)
"""Fewest and most lines shown at a time."""


class _Paper(QPlainTextEdit):
    """Plain text; a pasted picture goes on to the page instead."""

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasText()

    def insertFromMimeData(self, source: QMimeData) -> None:
        if source.hasText() and not source.hasImage():
            super().insertFromMimeData(source)
        elif carried(source):
            owner = self.parentWidget()
            if isinstance(owner, MultilineEditor):
                owner.hand_on(source)


class MultilineEditor(Editor):
    """text with the appearance multiline."""

    def __init__(self, subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(subject, parent)
        self._said = ""
        self.paper = _Paper(self)
        self.paper.setTabChangesFocus(True)
        self.paper.textChanged.connect(self._altered)
        self.paper.installEventFilter(self)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self.flush)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.paper)
        self.setFocusProxy(self.paper)
        self._fit()

    def show_node(self, node: Node) -> None:
        self.paper.setReadOnly(node.read_only)
        text = text_of(node.value)
        if self._pause.isActive() or (self.paper.hasFocus() and self._read() == self._said == text.strip()):
            return
        self._said = text.strip()
        if self.paper.toPlainText() != text:
            self._put(text)

    def show_raw(self, text: str) -> None:
        self._said = text.strip()
        if self._read() != self._said:
            self._put(text)

    def show_previous(self, text: str) -> bool:
        self.paper.setPlaceholderText(text)
        return bool(text)

    def show_wrong(self, wrong: bool) -> None:
        set_flag(self.paper, "bad", wrong)

    def flush(self) -> None:
        self._pause.stop()
        text = self._read()
        if text != self._said and not self.paper.isReadOnly():
            self._said = text
            self.answered.emit(text or None)

    def focus_widget(self) -> QWidget:
        return self.paper

    def hand_on(self, source: QMimeData) -> None:
        """A picture was pasted here: it belongs to the visit."""
        for content, file_name in carried(source):
            self.subject.media.add(content, file_name, "photo")

    def _read(self) -> str:
        return self.paper.toPlainText().strip()

    def _put(self, text: str) -> None:
        blocked = self.paper.blockSignals(True)
        self.paper.setPlainText(text)
        self.paper.blockSignals(blocked)
        self._fit()

    def _altered(self) -> None:
        self._fit()
        if self._read() != self._said:
            self._pause.start()

    def _fit(self) -> None:
        # A QPlainTextEdit's document measures itself in lines.
        document = self.paper.document()
        lines = max(LINES[0], min(LINES[1], round(document.size().height())))
        line = self.paper.fontMetrics().lineSpacing()
        height = lines * line + 2 * int(document.documentMargin()) + theme.GRID + 6
        if self.paper.height() != height:
            self.paper.setFixedHeight(height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self.flush()
        elif event.type() in (QEvent.Type.Resize, QEvent.Type.FontChange):
            self._fit()
        return super().eventFilter(watched, event)
