"""The table the pages use: whole rows, quiet lines, pills, Enter opens, columns that give way when room is short."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from ui import theme
from ui.widgets.check_rows import CheckRowsModel
from ui.widgets.pill import paint_pill
from ui.widgets.rows import MARK_ROLE, Index, RowsModel

SMALLEST_GROWING = 70


class _Cells(QStyledItemDelegate):
    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        # The row is the thing that is chosen; a dotted box around one cell says something else.
        option.state &= ~option.state.State_HasFocus
        if index.data(MARK_ROLE) is not None:
            option.text = ""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        mark = index.data(MARK_ROLE)
        if mark is not None:
            paint_pill(painter, QRectF(option.rect).adjusted(9, 0, -4, 0), mark)


class Table(QTableView):
    """`opened(row)` on Enter or double click, `picked(row)` when another row becomes the current one."""

    opened = Signal(object)
    picked = Signal(object)

    def __init__(self, model: RowsModel, *, sortable: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = model
        self._kept: Any = None
        self._fit: int | None = None
        self.setItemDelegate(_Cells(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(1)
        header.setHighlightSections(False)
        header.setSectionsClickable(sortable)
        model.modelAboutToBeReset.connect(self._keep)
        self.setModel(model)
        model.modelReset.connect(self._restore)
        if sortable:
            header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
            self.setSortingEnabled(True)
        self.doubleClicked.connect(self._open)
        self._measure()

    @property
    def current(self) -> Any | None:
        """The chosen row's value, or None."""
        index = self.currentIndex()
        return self._rows.row(index.row()) if index.isValid() else None

    def choose(self, key: Any) -> bool:
        """Make the row with this key the current one. False where it is not there."""
        place = self._rows.find(key)
        if place >= 0:
            self.selectRow(place)
        return place >= 0

    def choose_first(self) -> None:
        """So that Enter has something to open."""
        if self._rows.rowCount() and not self.currentIndex().isValid():
            self.selectRow(0)

    def set_shown(self, shown: bool) -> None:
        """Show or hide it; a hidden table must not hand the focus to whatever happens to come next."""
        if not shown and self.hasFocus():
            above = self.parentWidget()
            if above is not None:
                above.setFocus(Qt.FocusReason.OtherFocusReason)
        self.setVisible(shown)

    def fit(self, most: int) -> None:
        """Be as high as the rows, up to `most` of them: for a table inside a card."""
        self._fit = most
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        if self._fit is None:
            return super().sizeHint()
        rows = min(self._fit, self._rows.rowCount())
        height = rows * self.verticalHeader().defaultSectionSize() + 2
        if not self.horizontalHeader().isHidden():
            height += self.horizontalHeader().sizeHint().height()
        return QSize(super().sizeHint().width(), height)

    def minimumSizeHint(self) -> QSize:
        if self._fit is None:
            return QSize(theme.current().px(200), theme.current().size("row") * 3)
        return QSize(theme.current().px(160), self.sizeHint().height())

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if current.isValid() and current.row() != previous.row():
            self.picked.emit(self._rows.row(current.row()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
            self._open(index)
            return
        if event.key() == Qt.Key.Key_Space and index.isValid() and isinstance(self._rows, CheckRowsModel):
            key = self._rows.key_at(index.row())
            self._rows.tick([key], key not in self._rows.ticked)
            return
        if event.key() == Qt.Key.Key_Escape:
            # The page's, to go back.
            event.ignore()
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: Any) -> None:
        super().focusInEvent(event)
        self.choose_first()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._measure()

    def _open(self, index: QModelIndex) -> None:
        self.opened.emit(self._rows.row(index.row()))

    def _keep(self) -> None:
        index = self.currentIndex()
        self._kept = self._rows.key_at(index.row()) if index.isValid() else None

    def _restore(self) -> None:
        if self._kept is not None:
            place = self._rows.find(self._kept)
            if place >= 0:
                index = self._rows.index(place, 0)
                flags = QItemSelectionModel.SelectionFlag
                # Said again to whoever shows the current row: its content may be another now.
                self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        if self._fit is not None:
            self.updateGeometry()

    def _measure(self) -> None:
        self.verticalHeader().setDefaultSectionSize(theme.current().size("row"))
        self._share_width()

    def _share_width(self) -> None:
        look = theme.current()
        columns = self._rows.columns
        room = self.viewport().width()
        shown = set(range(len(columns)))
        wanted = {place: look.px(column.width) for place, column in enumerate(columns)}
        droppable = sorted((place for place in shown if columns[place].drop), key=lambda p: -columns[p].drop)
        for place in droppable:
            if sum(wanted[p] for p in shown) <= room:
                break
            shown.discard(place)
        spare = room - sum(wanted[place] for place in shown)
        shares = sum(columns[place].grow for place in shown)
        if not shares and shown:
            wanted[min(shown)] += max(0, spare)
        for place, column in enumerate(columns):
            self.setColumnHidden(place, place not in shown)
            if place in shown:
                extra = spare * column.grow // shares if shares else 0
                self.setColumnWidth(
                    place, max(wanted[place] + extra, look.px(SMALLEST_GROWING) if column.grow else 1)
                )
