"""One figure as a quiet card, and the grid the cards of a group stand in."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.services.figures_page import Card
from ui import theme
from ui.statistics.bars import Bars
from ui.widgets.label import ElidedLabel, label

NARROWEST = 216
"""px at 100 %: as many cards stand beside one another as are this wide."""


class FigureCard(QFrame):
    """`opened(id)` by click, Enter or space: the list behind the number."""

    opened = Signal(str)

    def __init__(self, card: Card, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.card = card
        self.setProperty("card", "true")
        self.setProperty("figure", "true")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._name = ElidedLabel("", "tablequiet")
        self._value = label("", "title")
        self._unit = label("", "small")
        self._parts = ElidedLabel("", "small")
        self._bars = Bars(self)
        self._build()
        self.set_card(card)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID * 3 // 2, theme.GRID, theme.GRID * 3 // 2, theme.GRID)
        column.setSpacing(theme.GRID // 2)
        column.addWidget(self._name)
        line = QHBoxLayout()
        line.setSpacing(theme.GRID // 2)
        line.addWidget(self._value)
        line.addWidget(self._unit, 1, Qt.AlignmentFlag.AlignBottom)
        line.addWidget(self._bars, 0, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(line)
        column.addWidget(self._parts)

    def set_card(self, card: Card) -> None:
        """The same figure, anew."""
        self.card = card
        self._name.setText(card.name)
        self._value.setText(card.value)
        self._unit.setText(card.unit if card.value != "—" else "")
        self._parts.setText(
            " · ".join(part for part in (card.parts, "现在" if card.standing else "") if part) or " "
        )
        self._bars.set_values(card.bars)
        told = f"最近六期：{'；'.join(card.told)}" if card.told else ""
        self.setToolTip("\n".join(part for part in (card.explained, told) if part))
        self.setAccessibleName(f"{card.name} {card.value} {card.unit}")
        self.setAccessibleDescription(card.explained)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.opened.emit(self.card.id)
            return
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit(self.card.id)
            return
        super().keyPressEvent(event)


class CardGrid(QWidget):
    """Cards in as many columns as there is room for; arrows go from one to the next."""

    def __init__(self, cards: Sequence[FigureCard], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards = list(cards)
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.GRID)
        self._lay_out(4)

    def _lay_out(self, columns: int) -> None:
        if columns == self._columns:
            return
        for column in range(max(self._columns, columns)):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._columns = columns
        for place, card in enumerate(self._cards):
            self._grid.addWidget(card, place // columns, place % columns)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out(max(1, (self.width() + theme.GRID) // (theme.current().px(NARROWEST) + theme.GRID)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns,
            Qt.Key.Key_Down: self._columns,
        }
        step = steps.get(Qt.Key(event.key()))
        focused = next((place for place, card in enumerate(self._cards) if card.hasFocus()), None)
        if step is None or focused is None or not 0 <= focused + step < len(self._cards):
            super().keyPressEvent(event)
            return
        self._cards[focused + step].setFocus(Qt.FocusReason.TabFocusReason)
