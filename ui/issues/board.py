"""看板: a column a state, a card an issue; arrows move within and between columns, Enter opens."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.domain.issue import ENDED, ISSUE_STATE_NAMES, IssueState
from app.services.issues import IssueLine
from ui import theme
from ui.widgets.label import label

SIGNS = {"red": "■", "yellow": "▲", "blue": "◆", "green": "●", "grey": "○"}
"""The shapes of the lights, as in the pills."""
ID_ROLE = Qt.ItemDataRole.UserRole
WIDTH = 204
"""Of a column at 100 %."""


class Column(QListWidget):
    """The issues in one state."""

    def __init__(self, state: IssueState, board: Board) -> None:
        super().__init__()
        self._board = board
        self.setAccessibleName(ISSUE_STATE_NAMES[state])
        self.setWordWrap(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is not None:
            self._board.step(self, step)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentItem() is not None:
            self._board.opened.emit(self.currentItem().data(ID_ROLE))
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)


class Board(QScrollArea):
    """`opened(id)` on Enter or double click, `picked(id)` when another card is the current one."""

    opened = Signal(str)
    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = QWidget()
        content.setObjectName("content")
        row = QHBoxLayout(content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        self.columns: dict[IssueState, Column] = {}
        self._parts: dict[IssueState, tuple[QWidget, QLabel]] = {}
        for state in IssueState:
            self._add(state, row)
        row.addStretch(1)
        self.setWidget(content)
        self._cards: tuple[tuple[IssueState, str, str], ...] = ()

    def _add(self, state: IssueState, row: QHBoxLayout) -> None:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        head = label(ISSUE_STATE_NAMES[state], "tablequiet")
        cards = Column(state, self)
        cards.itemDoubleClicked.connect(lambda item: self.opened.emit(item.data(ID_ROLE)))
        cards.currentItemChanged.connect(self._chosen)
        column.addWidget(head)
        column.addWidget(cards, 1)
        row.addWidget(part)
        self.columns[state] = cards
        self._parts[state] = (part, head)
        part.hide()

    def show_lines(self, lines: Sequence[IssueLine]) -> None:
        """These issues, each in the column of its state; columns with nothing in them are left out."""
        cards = tuple((line.state, line.id, card_text(line)) for line in lines)
        if cards == self._cards:
            return
        kept = self.current
        self._cards = cards
        width = theme.current().px(WIDTH)
        for state, column in self.columns.items():
            column.blockSignals(True)
            column.clear()
            for where, id, text in cards:
                if where is state:
                    item = QListWidgetItem(text)
                    item.setData(ID_ROLE, id)
                    item.setToolTip(text)
                    column.addItem(item)
            column.blockSignals(False)
            part, head = self._parts[state]
            part.setFixedWidth(width)
            head.setText(f"{ISSUE_STATE_NAMES[state]} {column.count()}")
            part.setVisible(column.count() > 0)
        if kept is not None:
            self.choose(kept)

    @property
    def current(self) -> str | None:
        """The id of the chosen card."""
        found = [column.currentItem() for column in self.columns.values() if column.currentItem() is not None]
        return str(found[0].data(ID_ROLE)) if found else None

    def choose(self, id: str) -> bool:
        """Make a card the current one, without saying so."""
        for column in self.columns.values():
            column.blockSignals(True)
            column.setCurrentRow(-1)
        hit = False
        for column in self.columns.values():
            for row in range(column.count()):
                if column.item(row).data(ID_ROLE) == id:
                    column.setCurrentRow(row)
                    self.ensureWidgetVisible(column)
                    hit = True
        for column in self.columns.values():
            column.blockSignals(False)
        return hit

    def focus(self) -> None:
        """The keyboard to the chosen card, else to the first."""
        shown = self._shown()
        chosen = next((column for column in shown if column.currentItem() is not None), None)
        target = chosen or (shown[0] if shown else None)
        if target is not None:
            target.setFocus(Qt.FocusReason.OtherFocusReason)
            if target.currentItem() is None:
                target.setCurrentRow(0)

    def step(self, column: Column, by: int) -> None:
        """To the column beside this one."""
        shown = self._shown()
        place = shown.index(column) + by
        if 0 <= place < len(shown):
            row = max(0, min(column.currentRow(), shown[place].count() - 1))
            shown[place].setFocus(Qt.FocusReason.OtherFocusReason)
            shown[place].setCurrentRow(row)

    def _shown(self) -> list[Column]:
        return [column for column in self.columns.values() if column.count()]

    def _chosen(self, item: QListWidgetItem | None, _former: QListWidgetItem | None) -> None:
        if item is None:
            return
        id = str(item.data(ID_ROLE))
        self.choose(id)
        self.picked.emit(id)


def card_text(line: IssueLine) -> str:
    """Title, enterprise, and the light as shape and word."""
    who = f" · {line.department}" if line.department and line.state not in ENDED else ""
    return f"{line.title}\n{line.enterprise_name}\n{SIGNS[line.light.value]} {line.light_word}{who}"
