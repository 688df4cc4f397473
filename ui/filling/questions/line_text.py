"""One line of text."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from ui.filling.questions.editor import Subject
from ui.filling.questions.typed import TypedEditor


class TextEditor(TypedEditor):
    """text, barcode, and what has no widget of its own."""

    def __init__(self, subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(subject, parent)
        self.short = bool(subject.question.appearance & {"w1", "w2"})
        self.line.setMaxLength(4000)
