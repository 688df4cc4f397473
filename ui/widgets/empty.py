"""What a list says when there is nothing in it: one quiet sentence and what to do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui import theme
from ui.widgets.buttons import LinkButton
from ui.widgets.label import label


class EmptyState(QWidget):
    """A sentence, and the word of an action where there is one."""

    def __init__(
        self,
        text: str,
        action: str = "",
        act: Callable[[], None] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.GRID, 0, theme.GRID)
        column.setSpacing(theme.GRID // 2)
        self._text = label(text, "tablequiet", wrap=True)
        column.addWidget(self._text)
        if action:
            column.addWidget(LinkButton(action, act), 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)

    def set_text(self, text: str) -> None:
        self._text.setText(text)
