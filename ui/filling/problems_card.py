"""要改的地方: what is wrong or missing, each a way to it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from ui import theme
from ui.filling.question_frame import SHAPE
from ui.filling.session import Trouble
from ui.widgets.card import Card
from ui.widgets.label import label

MOST = 40
"""More than this nobody reads; the rest comes up as these are put right."""


class ProblemLine(QFrame):
    """One place: the question and, below it, what to do. Enter or a click goes there."""

    chosen = Signal(str)

    def __init__(self, trouble: Trouble, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.trouble = trouble
        self.setProperty("rowline", "true")
        self.setProperty("jump", "true")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{trouble.label}：{trouble.message}")
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID // 2, theme.GRID // 2, theme.GRID // 2, theme.GRID // 2)
        column.setSpacing(0)
        column.addWidget(label(trouble.label, "table", wrap=True))
        column.addWidget(label(f"{SHAPE}{trouble.message}", "bad", wrap=True))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and not event.modifiers():
            self.chosen.emit(self.trouble.path)
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()):
            self.chosen.emit(self.trouble.path)


class ProblemsCard(Card):
    """Hidden while there is nothing to put right."""

    chosen = Signal(str)
    """The path of the question to go to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("要改的地方", " ", parent)
        self._troubles: list[Trouble] = []
        self.lines: list[ProblemLine] = []
        self.hide()

    def show_troubles(self, troubles: Sequence[Trouble]) -> None:
        """Show these; nothing is built anew while they are the same."""
        if list(troubles) == self._troubles:
            return
        self._troubles = list(troubles)
        for line in self.lines:
            self.body.removeWidget(line)
            line.hide()
            line.deleteLater()
        self.lines = [ProblemLine(trouble) for trouble in self._troubles[:MOST]]
        for line in self.lines:
            line.chosen.connect(self.chosen)
            self.body.addWidget(line)
        self.set_note(f"{len(self._troubles)} 处")
        self.setVisible(bool(self._troubles))
