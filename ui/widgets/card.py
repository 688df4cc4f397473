"""A white surface with a heading: the one box the pages use."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ui import theme
from ui.widgets.label import ElidedLabel, label


class Card(QFrame):
    """`body` is where its content goes; `note` a quiet remark beside the heading."""

    def __init__(self, title: str = "", note: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", "true")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(theme.GRID * 2, theme.GRID * 3 // 2, theme.GRID * 2, theme.GRID * 3 // 2)
        outer.setSpacing(theme.GRID // 2)
        self.title = ElidedLabel(title, "head", self)
        self.note = ElidedLabel(note, "small", self)
        self.head = QHBoxLayout()
        self.head.setSpacing(theme.GRID * 3 // 2)
        self.head.addWidget(self.title)
        self.head.addWidget(self.note, 1, Qt.AlignmentFlag.AlignBottom)
        if title:
            outer.addLayout(self.head)
        else:
            self.title.hide()
            self.note.hide()
        self.body = QVBoxLayout()
        self.body.setSpacing(0)
        outer.addLayout(self.body, 1)

    def set_note(self, text: str) -> None:
        self.note.setText(text)


def subhead(text: str) -> QWidget:
    """A second heading inside a card, with air above it."""
    made = label(text, "head")
    made.setContentsMargins(0, theme.GRID * 2, 0, theme.GRID // 2)
    return made
