"""同步: what waits, what met, what was turned down, and how the last runs went; its parts stand in `parts.py`."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QStackedWidget, QWidget

from app.services.desk import Desk
from ui.notices import Kind
from ui.page import Page
from ui.syncing.part import Part
from ui.syncing.parts import PARTS
from ui.syncing.presenter import SyncingPresenter
from ui.widgets.buttons import Button
from ui.widgets.chips import ChipRow
from ui.widgets.progress_line import ProgressLine
from ui.work import Runner


class SyncingPage(Page):
    """F5 or the button syncs now; a run can be stopped, what has gone and come stays."""

    name = "syncing"

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QWidget | None = None) -> None:
        super().__init__("同步", parent=parent)
        self.presenter = SyncingPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show_last)
        self._sync = sync
        self._counts: dict[str, int] = {}
        self._target = ""
        self.run_button = Button("立即同步  F5", sync.run, primary=True)
        self.run_button.setAccessibleName("立即同步")
        self.head.add(self.run_button)
        self.stack = QStackedWidget()
        self.views = ChipRow({kind.key: kind.word for kind in PARTS})
        self.views.chosen.connect(lambda keys: self.stack.setCurrentWidget(self.parts[keys[0]]))
        self.progress = ProgressLine(sync.stop)
        self.body.addWidget(self.views)
        self.body.addWidget(self.progress)
        # Not before it has its place: a widget without a parent would be a window of its own for a moment.
        self.progress.setVisible(sync.running)
        self.parts: dict[str, Part] = {}
        for kind in PARTS:
            part = self.parts[kind.key] = kind.make(desk, runner, sync, self.stack)
            part.counted.connect(lambda number, key=kind.key: self._count(key, number))
            part.go.connect(self.go)
            part.said.connect(self.said)
            self.stack.addWidget(part)
        self.body.addWidget(self.stack, 1)
        sync.started.connect(self._started)
        sync.progress.connect(self._progressed)
        sync.finished.connect(self._finished)
        if sync.running:
            self._started()

    # ------------------------------------------------------------------ what it shows

    def refresh(self) -> None:
        self.presenter.load_last()
        for part in self.parts.values():
            part.refresh()

    def show_target(self, target: Any) -> None:
        """The key of a part, or `attention`: the first part in which something wants somebody."""
        self._target = str(target)
        self._turn()

    def first_focus(self) -> QWidget | None:
        return self.run_button

    def _turn(self) -> None:
        """Turn to what was asked for, as soon as it is known what that is."""
        wanting = [kind.key for kind in PARTS if kind.attention]
        if self._target == "attention":
            if not all(key in self._counts for key in wanting):
                return
            self._target = next((key for key in wanting if self._counts[key]), wanting[0])
        target, self._target = self._target, ""
        self.views.choose(target)

    def _count(self, key: str, number: int) -> None:
        self._counts[key] = number
        if any(kind.key == key and kind.counted for kind in PARTS):
            self.views.set_counts({key: number})
        if self._target:
            self._turn()

    def _show_last(self, last: str) -> None:
        self.head.set_remark(last or "还没有和中心同步过")

    # ------------------------------------------------------------------ a run

    def _started(self) -> None:
        self.run_button.setEnabled(False)
        self.progress.show_progress("正在同步……")

    def _progressed(self, progress: Any) -> None:
        self.progress.show_progress(progress.text, progress.done, progress.total)

    def _finished(self, report: Any) -> None:
        self.run_button.setEnabled(True)
        self.progress.hide()
        if report is not None and report.error is not None and self.isVisible():
            self.tell(report.error.text, kind=Kind.WARNING)
