"""历史: how the runs so far went."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from app.services.desk import Desk
from ui.syncing.model import RunLine, run_model
from ui.syncing.part import Part
from ui.syncing.presenter import SyncingPresenter
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState
from ui.widgets.table import Table
from ui.work import Runner


class HistoryPart(Part):
    """A table, the latest run first."""

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QWidget | None = None) -> None:
        super().__init__(desk, runner, sync, parent)
        self.presenter = SyncingPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.model = run_model(self)
        self.table = Table(self.model)
        self.table.setAccessibleName("历史")
        self.empty = EmptyState("还没有同步过。点「立即同步」，或按 F5。")
        card = Card()
        card.body.addWidget(self.table, 1)
        card.body.addWidget(self.empty)
        self.body.addWidget(card)

    def refresh(self) -> None:
        self.presenter.load_runs()

    def _show(self, lines: tuple[RunLine, ...]) -> None:
        self.model.set_rows(lines)
        self.table.set_shown(bool(lines))
        self.empty.setVisible(not lines)
        self.counted.emit(len(lines))
