"""未被接受: what the centre turned down, to be put right and reported again, or given up."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from app.services.desk import Desk
from ui import theme
from ui.notices import Kind
from ui.syncing.model import RefusedLine
from ui.syncing.part import Part, clear
from ui.syncing.presenter import SyncingPresenter
from ui.syncing.refused_row import RefusedRow
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState
from ui.widgets.scroll import Scroll
from ui.work import Runner

NONE = "没有未被接受的。中心不接受某一项时，会带着原因列在这里，内容不会丢。"


class RefusedPart(Part):
    """One row each; while somebody writes in one, what is new waits."""

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QWidget | None = None) -> None:
        super().__init__(desk, runner, sync, parent)
        self.presenter = SyncingPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.discarded.connect(self._discarded)
        self.presenter.again.connect(self._again)
        self.presenter.reopened.connect(self._reopened)
        self.rows: list[RefusedRow] = []
        self._shown: tuple[RefusedLine, ...] | None = None
        scroll = Scroll()
        self._column = scroll.body
        self.body.addWidget(scroll)

    def refresh(self) -> None:
        self.presenter.load_refused()

    def _show(self, lines: tuple[RefusedLine, ...]) -> None:
        self.counted.emit(len(lines))
        if lines == self._shown:
            return
        if self._shown is not None and any(row.busy and row.line in lines for row in self.rows):
            return
        self._shown = lines
        clear(self._column)
        self.rows = [self._row(line) for line in lines]
        card = Card()
        card.body.setSpacing(theme.GRID)
        for row in self.rows:
            card.body.addWidget(row)
        if not lines:
            card.body.addWidget(EmptyState(NONE))
        self._column.addWidget(card)
        self._column.addStretch(1)

    def _row(self, line: RefusedLine) -> RefusedRow:
        row = RefusedRow(line)
        row.given_up.connect(self.presenter.discard)
        row.filled_on.connect(self.presenter.reopen_visit)
        row.fields_again.connect(self.presenter.resend_fields)
        row.issue_again.connect(lambda line, words: self.presenter.resend_issue(line, *words))
        return row

    def _discarded(self, line: RefusedLine) -> None:
        self.tell(f"已放弃「{line.what}」。它的内容仍留有记录。", kind=Kind.GOOD)
        self.refresh()

    def _again(self, line: RefusedLine) -> None:
        self.tell(f"「{line.what}」已改好重报，下次同步送到中心。原来的一份仍留有记录。", kind=Kind.GOOD)
        self.keep_focus()
        self.refresh()

    def _reopened(self, visit: str) -> None:
        self.keep_focus()
        self.go.emit("filling", visit)
