"""待发送: what was done here and has not reached the centre yet, enterprise by enterprise, and what it waits for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.services.desk import Desk
from ui import theme
from ui.notices import Kind
from ui.syncing.looks import MOST_ROWS, Queue
from ui.syncing.model import QueueLine, queue_model
from ui.syncing.part import Part
from ui.syncing.presenter import SyncingPresenter
from ui.syncing.words import size_text
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState
from ui.widgets.label import label
from ui.widgets.table import Table
from ui.work import Runner

ALL_SENT = "全部已发送。在这台电脑上做的事会先列在这里，发到中心后自动离开。"
NOTHING_YET = "没有等待发送的。在这台电脑上做的事会先列在这里，发到中心后自动离开。"
OFFLINE = "等连上中心"
UNTIL_ONLINE = frozenset({"pending", "again", "upload", "begun"})


class QueuePart(Part):
    """A table of changes and files. What the centre fails on can be tried again, or given up with a second press."""

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QWidget | None = None) -> None:
        super().__init__(desk, runner, sync, parent)
        self.presenter = SyncingPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.discarded.connect(self._discarded)
        self.presenter.taken_back.connect(self.refresh)
        self.presenter.retried.connect(self._retried)
        self._queue: Queue | None = None
        self._sure = ""
        self.summary = label("", "tablequiet", wrap=True)
        self.model = queue_model(self)
        self.table = Table(self.model)
        self.table.setAccessibleName("待发送")
        self.table.picked.connect(lambda _line: self._tell_more())
        self.empty = EmptyState("")
        card = Card()
        card.body.setSpacing(theme.GRID)
        card.body.addWidget(self.summary)
        card.body.addWidget(self.table, 1)
        card.body.addWidget(self.empty)
        card.body.addWidget(self._detail())
        self.body.addWidget(card)
        sync.online_changed.connect(self._online)

    def _detail(self) -> QWidget:
        """Why the chosen row does not go, and what can be done."""
        self.detail = QWidget(self)
        line = QHBoxLayout(self.detail)
        line.setContentsMargins(0, theme.GRID // 2, 0, 0)
        line.setSpacing(theme.GRID)
        self.reason = label("", "table", wrap=True)
        self.retry_button = Button("重试", self._retry)
        self.give_up = Button("放弃", self._give_up)
        line.addWidget(self.reason, 1)
        for button in (self.retry_button, self.give_up):
            line.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self.detail.hide()
        return self.detail

    def refresh(self) -> None:
        self.presenter.load_queue()

    def take_focus(self) -> bool:
        if self.model.rowCount():
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        return bool(self.model.rowCount())

    def _online(self) -> None:
        if self._queue is not None:
            self._show(self._queue)

    def _show(self, queue: Queue) -> None:
        self._queue = queue
        lines = queue.lines
        if self.sync.online is False:
            lines = tuple(
                replace(line, state_word=OFFLINE) if line.state in UNTIL_ONLINE else line for line in lines
            )
        self.model.set_rows(lines)
        self.table.set_shown(bool(lines))
        self.empty.setVisible(not lines)
        self.empty.set_text(ALL_SENT if queue.ever else NOTHING_YET)
        self.summary.setText(_summary(queue))
        self.summary.setVisible(bool(lines))
        self._tell_more()
        self.counted.emit(queue.changes + queue.files)

    # ------------------------------------------------------------------ what the centre fails on

    def _tell_more(self) -> None:
        line: QueueLine | None = self.table.current
        stuck = line is not None and line.state == "quarantined"
        said = line.reason if line is not None else ""
        if line is not None and line.state == "behind":
            said = "它和前面一项改的是同一份内容，要等那一项先处理。别的不受影响。"
        self.reason.setText(said)
        for button in (self.retry_button, self.give_up):
            button.setVisible(stuck)
        if line is None or line.key != self._sure:
            self._sure = ""
            self.give_up.set_text("放弃")
        self.detail.setVisible(bool(said) or stuck)

    def _retry(self) -> None:
        if self.table.current is not None:
            self.presenter.retry(self.table.current)

    def _retried(self) -> None:
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        self.tell("已放回队列，正在再试一次。", kind=Kind.GOOD)
        self.sync.run()
        self.refresh()

    def _give_up(self) -> None:
        line = self.table.current
        if line is None:
            return
        if self._sure != line.key:
            self._sure = line.key
            self.give_up.set_text("再按一次放弃")
            return
        self.presenter.discard(line.seq, line.what)

    def _discarded(self, seq: int, what: str) -> None:
        self.keep_focus()
        self.tell(
            f"已放弃「{what}」。它的内容仍留有记录。",
            kind=Kind.GOOD,
            action="撤销",
            act=lambda: self.presenter.take_back(seq),
        )
        self.refresh()


def _summary(queue: Queue) -> str:
    parts = [f"{queue.enterprises} 家企业"] if queue.enterprises > 1 else []
    if queue.changes:
        parts.append(f"{queue.changes:,} 项")
    if queue.files:
        parts.append(f"附件 {queue.files} 个，{size_text(queue.bytes)}")
    more = queue.changes + queue.files - MOST_ROWS
    cut = f"下面先列出 {MOST_ROWS} 项，发出后接着列出其余 {more:,} 项。" if more > 0 else ""
    return f"等待发送：{'，'.join(parts)}。{cut}"
