"""Words that ask nothing: notes, and calculations that are to be seen."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from forms.filling import Node
from ui.filling.answers import shown
from ui.filling.questions.editor import Editor, Subject


class NoteEditor(Editor):
    """note: its text is the label, so there is nothing more to show."""

    def show_node(self, _node: Node) -> None:
        self.setVisible(False)


class CalculatedEditor(Editor):
    """calculate: the value as text."""

    short = True

    def __init__(self, subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(subject, parent)
        self.text = QLabel(self)
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.text)

    def show_node(self, node: Node) -> None:
        text = shown(self.subject.form, self.subject.question, node.value, node.choices) or "—"
        unit = self.subject.question.unit
        self.text.setText(f"{text} {unit}" if unit and text != "—" else text)
