"""未被接受: what the centre turned down, to be put right and reported again, or given up."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from app.services.desk import Desk
from ui import theme
from ui.notices import Kind
from ui.syncing.again_forms import form_for
from ui.syncing.model import RefusedLine
from ui.syncing.part import Part, clear
from ui.syncing.presenter import SyncingPresenter
from ui.syncing.refused_row import RefusedRow
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState
from ui.widgets.label import label
from ui.widgets.scroll import Scroll
from ui.work import Runner

NONE = "没有未被接受的。中心不接受某一项时，会带着原因列在这里，内容不会丢。"
MOST_ROWS = 30
"""Rows made at once; the next come as these are dealt with."""


class RefusedPart(Part):
    """One row each; while somebody writes in one, what is new waits."""

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QWidget | None = None) -> None:
        super().__init__(desk, runner, sync, parent)
        self.presenter = SyncingPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.discarded.connect(self._discarded)
        self.presenter.taken_back.connect(self.refresh)
        self.presenter.again.connect(self._again)
        self.presenter.led_on.connect(self._led_on)
        self.rows: list[RefusedRow] = []
        self._shown: tuple[RefusedLine, ...] | None = None
        scroll = Scroll()
        self._column = scroll.body
        self.body.addWidget(scroll)

    def refresh(self) -> None:
        self.presenter.load_refused()

    def take_focus(self) -> bool:
        if self.rows:
            self.rows[0].take_focus()
        return bool(self.rows)

    def _show(self, lines: tuple[RefusedLine, ...]) -> None:
        self.counted.emit(len(lines))
        if lines == self._shown:
            return
        if self._shown is not None and any(row.busy and row.line in lines for row in self.rows):
            return
        had_focus = any(row.isAncestorOf(self.focusWidget() or self) for row in self.rows)
        self._shown = lines
        clear(self._column)
        self.rows = [self._row(line) for line in lines[:MOST_ROWS]]
        card = Card()
        card.body.setSpacing(theme.GRID * 3 // 2)
        for row in self.rows:
            card.body.addWidget(row)
        if not lines:
            card.body.addWidget(EmptyState(NONE))
        elif len(lines) > MOST_ROWS:
            rest = f"共 {len(lines)} 项，先列出 {MOST_ROWS} 项，处理后接着列出其余的。"
            card.body.addWidget(label(rest, "tablequiet", wrap=True))
        self._column.addWidget(card)
        self._column.addStretch(1)
        if had_focus and not self.take_focus():
            self.keep_focus()

    def _row(self, line: RefusedLine) -> RefusedRow:
        row = RefusedRow(line, lambda: form_for(line.again, self.desk, self.runner, self.sync))
        row.given_up.connect(lambda line: self.presenter.discard(line.seq, line.what))
        row.led_on.connect(self.presenter.go_on)
        row.resent.connect(self.presenter.resend)
        return row

    def _discarded(self, seq: int, what: str) -> None:
        self.tell(
            f"已放弃「{what}」。它的内容仍留有记录。",
            kind=Kind.GOOD,
            action="撤销",
            act=lambda: self.presenter.take_back(seq),
        )
        self.refresh()

    def _again(self, line: RefusedLine) -> None:
        self.tell(f"「{line.what}」已改好重报，下次同步送到中心。原来的一份仍留有记录。", kind=Kind.GOOD)
        self._close(line)
        self.refresh()

    def _led_on(self, place: str, target: str) -> None:
        if place != "filling":
            self.tell("请在这里改好重做。做好以后，原来的一份可以在「同步 · 未被接受」里放弃。")
        self.keep_focus()
        self.go.emit(place, target)

    def _close(self, line: RefusedLine) -> None:
        """The row goes with the next look; it must not hold it up as one somebody is writing in."""
        self.keep_focus()
        for row in self.rows:
            if row.line == line:
                row.panel.hide()
