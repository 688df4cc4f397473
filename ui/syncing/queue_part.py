"""待发送: what was done here and has not reached the centre yet."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from app.services.desk import Desk
from ui.syncing.looks import Queue
from ui.syncing.model import queue_model
from ui.syncing.part import Part
from ui.syncing.presenter import SyncingPresenter
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState
from ui.widgets.label import label
from ui.widgets.table import Table
from ui.work import Runner

ALL_SENT = "全部已发送。在这台电脑上做的事会先列在这里，发到中心后自动离开。"
NOTHING_YET = "没有等待发送的。在这台电脑上做的事会先列在这里，发到中心后自动离开。"


class QueuePart(Part):
    """A table of changes, and of the files behind them."""

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QWidget | None = None) -> None:
        super().__init__(desk, runner, sync, parent)
        self.presenter = SyncingPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.model = queue_model(self)
        self.table = Table(self.model)
        self.table.setAccessibleName("待发送")
        self.empty = EmptyState("")
        self.files = label("", "tablequiet", wrap=True)
        card = Card()
        card.body.addWidget(self.table, 1)
        card.body.addWidget(self.empty)
        card.body.addWidget(self.files)
        self.body.addWidget(card)

    def refresh(self) -> None:
        self.presenter.load_queue()

    def _show(self, queue: Queue) -> None:
        self.model.set_rows(queue.lines)
        self.table.set_shown(bool(queue.lines))
        self.empty.setVisible(not queue.lines and not queue.files)
        self.empty.set_text(ALL_SENT if queue.ever else NOTHING_YET)
        self.files.setText(f"另有 {queue.files} 个照片或附件等待上传。" if queue.files else "")
        self.files.setVisible(bool(queue.files))
        self.counted.emit(len(queue.lines) + queue.files)
