"""Rows with a box to tick in the first column."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from ui.widgets.rows import Column, Index, RowsModel


class CheckRowsModel(RowsModel):
    """`ticked_changed` after any change; ticks are kept by key, so filtering rows away does not lose them."""

    ticked_changed = Signal()

    def __init__(
        self, columns: Sequence[Column], key: Callable[[Any], Hashable], parent: QObject | None = None
    ) -> None:
        super().__init__(columns, key, parent)
        self._ticked: set[Hashable] = set()

    @property
    def ticked(self) -> frozenset[Hashable]:
        return frozenset(self._ticked)

    def tick(self, keys: Iterable[Hashable], on: bool = True) -> None:
        """Tick (or clear) these rows."""
        before = set(self._ticked)
        self._ticked = self._ticked | set(keys) if on else self._ticked - set(keys)
        if before != self._ticked:
            if self._rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, 0))
            self.ticked_changed.emit()

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.CheckStateRole:
            if not index.isValid() or index.column() != 0:
                return None
            ticked = self.key_at(index.row()) in self._ticked
            return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
        return super().data(index, role)

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid() or index.column() != 0:
            return False
        self.tick([self.key_at(index.row())], Qt.CheckState(value) == Qt.CheckState.Checked)
        return True
