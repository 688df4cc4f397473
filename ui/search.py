"""Search at the top (Ctrl+K): enterprises, issues and visits by name, initials, number, credit code or phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout, QWidget

from ui import icons, theme
from ui.page import Presenter, later
from ui.widgets.empty import EmptyState
from ui.widgets.rows import Column, RowsModel
from ui.widgets.table import Table
from ui.work import Runner

if TYPE_CHECKING:
    from app.services.search import Found

WAIT_MS = 120


MOST_OF_A_KIND = 6


def _search(desk: Any, text: str) -> list[Found]:
    # Imported when something is typed: it brings every use case with it, and the first picture does not wait for that.
    from app.services.search import search

    return search(desk, text, MOST_OF_A_KIND)


class SearchBox(QLineEdit):
    """`opened(place, target)` when a person picks something found."""

    opened = Signal(str, str)

    def __init__(self, runner: Runner, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("search")
        self.setPlaceholderText("搜索企业、诉求、走访：名称、拼音首字母、编号、电话   Ctrl K")
        self.setAccessibleName("搜索")
        self.setClearButtonEnabled(False)
        self._runner = runner
        self._presenter: Presenter | None = None
        self._model = RowsModel(
            (
                Column("", lambda found: found.kind, width=56, quiet=True),
                Column("", lambda found: found.title, width=180, grow=3),
                Column("", lambda found: found.remark, width=120, grow=2, quiet=True),
            ),
            key=lambda found: (found.place, found.target),
            parent=self,
        )
        self._panel = QFrame(parent.window())
        self._panel.setProperty("card", "true")
        self._table = Table(self._model)
        self._table.horizontalHeader().hide()
        self._table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._table.fit(MOST_OF_A_KIND * 3)
        self._table.clicked.connect(lambda index: self._open(self._model.row(index.row())))
        self._nothing = EmptyState("没有找到。换一个短些的词，或试试拼音首字母、信用代码、电话。")
        column = QVBoxLayout(self._panel)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.addWidget(self._table)
        column.addWidget(self._nothing)
        self._panel.hide()
        self._wait = later(self, WAIT_MS, self._look)
        self.textEdited.connect(lambda _text: self._wait.start())
        self._key = QShortcut(QKeySequence("Ctrl+K"), parent.window())
        self._key.activated.connect(self._take_focus)
        self._glass = self.addAction(icons.icon("search", "quiet"), QLineEdit.ActionPosition.LeadingPosition)

    def redraw(self) -> None:
        """Tint the icon anew after a change of theme."""
        # The same action throughout: replacing it deletes a widget, and that while Qt restyles all of them crashes.
        self._glass.setIcon(icons.icon("search", "quiet"))

    def set_desk(self, desk: Any) -> None:
        self._presenter = Presenter(desk, self._runner, self)

    @property
    def found(self) -> tuple[Found, ...]:
        """What the open panel offers."""
        return self._model.rows if self._panel.isVisible() else ()

    def close_panel(self) -> None:
        self._panel.hide()

    def _take_focus(self) -> None:
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()

    def _look(self) -> None:
        if self._presenter is not None:
            text = self.text()
            self._presenter.look_up("search", _search, self._presenter.desk, text, then=self._show)

    def _show(self, found: list[Found]) -> None:
        if not self.text().strip():
            self.close_panel()
            return
        self._model.set_rows(found)
        self._table.setVisible(bool(found))
        self._nothing.setVisible(not found)
        self._table.choose_first()
        corner = self.mapTo(self.window(), QPoint(0, self.height() + theme.GRID // 2))
        self._panel.move(corner)
        width = max(self.width(), theme.current().px(560))
        self._panel.setFixedWidth(min(width, self.window().width() - corner.x() - theme.GRID * 2))
        self._panel.adjustSize()
        self._panel.setMaximumHeight(self.window().height() - corner.y() - theme.GRID * 6)
        self._panel.show()
        self._panel.raise_()

    def _open(self, found: Found) -> None:
        self.close_panel()
        self.clear()
        self.opened.emit(found.place, found.target)

    def event(self, event: QEvent) -> bool:
        # While something is offered Esc closes that; else it is the window's, to go back.
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
            and self._panel.isVisible()
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if self._panel.isVisible() and key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            place = self._table.currentIndex().row() + (1 if key == Qt.Key.Key_Down else -1)
            self._table.selectRow(max(0, min(self._model.rowCount() - 1, place)))
        elif self._panel.isVisible() and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._table.current is not None:
                self._open(self._table.current)
        elif self._panel.isVisible() and key == Qt.Key.Key_Escape:
            self.close_panel()
            self.clear()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: Any) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason and not self._panel.underMouse():
            self.close_panel()
