"""A table's rows as an item model: plain values and a description of the columns."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from ui import theme
from ui.widgets.pill import Mark

MARK_ROLE = Qt.ItemDataRole.UserRole + 1
ROW_ROLE = Qt.ItemDataRole.UserRole + 2

LONG_TEXT = 9
"""From this many characters on a cell may be shortened, and the whole is told in its tip."""

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, the text of a row, and how it behaves when room is short.

    `width` is px at 100 %; `grow` its share of what is left over; columns with the highest `drop` are left out first
    where the table is too narrow, 0 never. `mark` makes a pill of the text; `sort` gives the key of its order.
    """

    title: str
    text: Callable[[Any], str]
    width: int = 100
    grow: int = 0
    drop: int = 0
    quiet: bool = False
    right: bool = False
    mark: Callable[[Any], Mark | None] | None = None
    sort: Callable[[Any], Any] | None = None


class RowsModel(QAbstractTableModel):
    """Rows of any plain value. `key` names a row, so that the selection survives a refresh."""

    def __init__(
        self, columns: Sequence[Column], key: Callable[[Any], Hashable], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._key = key
        self._given: list[Any] = []
        self._rows: list[Any] = []
        self._order: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.AscendingOrder)

    @property
    def rows(self) -> tuple[Any, ...]:
        """The rows in the order shown."""
        return tuple(self._rows)

    def set_rows(self, rows: Sequence[Any]) -> None:
        """Show these rows; where only their content changed the view keeps its place."""
        self._given = list(rows)
        ordered = self._ordered()
        if [self._key(row) for row in ordered] == [self._key(row) for row in self._rows]:
            self._rows = ordered
            if ordered:
                last = self.index(len(ordered) - 1, len(self.columns) - 1)
                self.dataChanged.emit(self.index(0, 0), last)
            return
        self.beginResetModel()
        self._rows = ordered
        self.endResetModel()

    def row(self, index: int) -> Any:
        return self._rows[index]

    def key_at(self, index: int) -> Hashable:
        return self._key(self._rows[index])

    def find(self, key: Hashable) -> int:
        """The position of a row, -1 where it is not there."""
        return next((place for place, row in enumerate(self._rows) if self._key(row) == key), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == MARK_ROLE:
            return column.mark(row) if column.mark else None
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.ToolTipRole:
            text = column.text(row)
            return text if len(text) >= LONG_TEXT else None
        if role == Qt.ItemDataRole.ForegroundRole and column.quiet:
            return theme.current().color("quiet")
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if self.columns[section].right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By a column; -1 brings back the order the rows came in."""
        self._order = (column, order)
        self.beginResetModel()
        self._rows = self._ordered()
        self.endResetModel()

    def _ordered(self) -> list[Any]:
        place, order = self._order
        if not 0 <= place < len(self.columns):
            return list(self._given)
        column = self.columns[place]
        key = column.sort or column.text
        return sorted(self._given, key=key, reverse=order == Qt.SortOrder.DescendingOrder)
