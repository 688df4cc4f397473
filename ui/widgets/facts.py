"""Label and value, one below the other: the profile of anything."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from ui import theme
from ui.widgets.label import label


class Facts(QWidget):
    """A grid of one or two columns of label and value; values can be selected and copied."""

    def __init__(self, columns: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.GRID * 2)
        self._grid.setVerticalSpacing(theme.GRID * 3 // 4)
        self._values: dict[str, QLabel] = {}

    def set_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Show these; the same labels again only alter the values."""
        if tuple(name for name, _ in facts) != tuple(self._values):
            self._rebuild(facts)
        for name, value in facts:
            self._values[name].setText(value)

    def value(self, name: str) -> str:
        return self._values[name].text()

    def _rebuild(self, facts: Sequence[tuple[str, str]]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                # Hidden first: one that was about to be shown would come up as a window of its own.
                widget.hide()
                widget.setParent(None)
                widget.deleteLater()
        self._values.clear()
        per_column = -(-len(facts) // self._columns)
        top = Qt.AlignmentFlag.AlignTop
        for index, (name, _) in enumerate(facts):
            column, row = divmod(index, per_column)
            value = label("", "table", wrap=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
            self._grid.addWidget(label(name, "tablequiet"), row, column * 2, top)
            self._grid.addWidget(value, row, column * 2 + 1, top)
            self._grid.setColumnStretch(column * 2 + 1, 1)
            self._values[name] = value
