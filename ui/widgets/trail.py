"""What happened, line by line: when at the left, what at the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ui import theme
from ui.widgets.label import label


class Trail(QWidget):
    """Lines of (when, what). The same lines again alter nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._lines: tuple[tuple[str, str], ...] = ()

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        return self._lines

    def set_lines(self, lines: Sequence[tuple[str, str]]) -> None:
        if tuple(lines) == self._lines:
            return
        self._lines = tuple(lines)
        while (taken := self._column.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                # Hidden first: one that was about to be shown would come up as a window of its own.
                widget.hide()
                widget.setParent(None)
                widget.deleteLater()
        for when, what in lines:
            row = QFrame()
            row.setProperty("rowline", "true")
            line = QHBoxLayout(row)
            line.setContentsMargins(0, theme.GRID * 3 // 4, 0, theme.GRID * 3 // 4)
            line.setSpacing(theme.GRID * 3 // 2)
            moment = label(when, "tablequiet")
            moment.setFixedWidth(theme.current().px(100))
            line.addWidget(moment, 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(label(what, "table", wrap=True), 1)
            self._column.addWidget(row)
