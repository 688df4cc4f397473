"""历史: how the runs so far went."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.services.desk import Desk
from ui import theme
from ui.syncing.model import RunLine, run_model
from ui.syncing.part import Part
from ui.syncing.presenter import SyncingPresenter
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState
from ui.widgets.label import label
from ui.widgets.table import Table
from ui.work import Runner


class HistoryPart(Part):
    """A table, the latest run first; below it, whole, what kept the chosen run from its end and what to do."""

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QWidget | None = None) -> None:
        super().__init__(desk, runner, sync, parent)
        self.presenter = SyncingPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.model = run_model(self)
        self.table = Table(self.model)
        self.table.setAccessibleName("历史")
        self.table.picked.connect(lambda _line: self._tell_more())
        self.empty = EmptyState("还没有同步过。点「立即同步」，或按 F5。", "立即同步", sync.run)
        self.trouble = label("", "table", wrap=True)
        card = Card()
        card.body.setSpacing(theme.GRID)
        card.body.addWidget(self.table, 1)
        card.body.addWidget(self.empty)
        card.body.addWidget(self.trouble)
        self.body.addWidget(card)

    def refresh(self) -> None:
        self.presenter.load_runs()

    def take_focus(self) -> bool:
        if self.model.rowCount():
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        return bool(self.model.rowCount())

    def _show(self, lines: tuple[RunLine, ...]) -> None:
        self.model.set_rows(lines)
        self.table.set_shown(bool(lines))
        self.empty.setVisible(not lines)
        self._tell_more()
        self.counted.emit(len(lines))

    def _tell_more(self) -> None:
        line: RunLine | None = self.table.current
        self.trouble.setText(line.trouble if line is not None else "")
        self.trouble.setVisible(line is not None and bool(line.trouble))
