"""A line that says the list shows some issues alone: those behind a number of the statistics."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui import theme
from ui.widgets.buttons import LinkButton
from ui.widgets.label import ElidedLabel


class OnlyBar(QWidget):
    """Hidden while everything is shown. `altered` when a person wants to see all again, or only what was counted."""

    altered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ids: frozenset[str] | None = None
        self._counted: frozenset[str] = frozenset()
        self._what = ""
        self._inside = False
        self._text = ElidedLabel("", "table")
        self._turn = LinkButton("", self._turn_over)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.GRID * 3 // 2)
        line.addWidget(self._text)
        line.addWidget(self._turn)
        line.addWidget(LinkButton("看全部诉求", self._end))
        line.addStretch(1)
        self.hide()

    @property
    def narrow(self) -> bool:
        return self._ids is not None

    def narrow_to(self, what: str, ids: Iterable[str], counted: Iterable[str] = ()) -> None:
        """Show these alone, with those of them that were counted a click away; an empty `what`: everything again."""
        self._ids = frozenset(ids) if what else None
        self._counted, self._what, self._inside = frozenset(counted), what, False
        self._tell()
        self.setVisible(self.narrow)

    def holds(self, id: str) -> bool:
        if self._ids is None:
            return True
        return id in (self._counted if self._inside else self._ids)

    def _tell(self) -> None:
        ids = self._ids or frozenset()
        self._text.setText(f"{self._what}：计入 {len(self._counted)} 件，共 {len(ids)} 件")
        self._turn.set_text("看全部计数的" if self._inside else "只看计入的")
        self._turn.setVisible(0 < len(self._counted) < len(ids))

    def _turn_over(self) -> None:
        self._inside = not self._inside
        self._tell()
        self.altered.emit()

    def _end(self) -> None:
        self.narrow_to("", ())
        self.altered.emit()
