"""同步: what waits, what was turned down, what met, and how the last runs went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.services.desk import Desk
from ui import theme
from ui.notices import Kind
from ui.page import Page
from ui.syncing.conflict_card import ConflictCard
from ui.syncing.model import ConflictLine, RefusedLine, queue_model, run_model
from ui.syncing.presenter import State, SyncingPresenter
from ui.syncing.refused_row import RefusedRow
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.chips import ChipRow
from ui.widgets.empty import EmptyState
from ui.widgets.label import label
from ui.widgets.progress_line import ProgressLine
from ui.widgets.scroll import Scroll
from ui.widgets.table import Table
from ui.work import Runner

ALL_SENT = "全部已发送。在这台电脑上做的事会先列在这里，发到中心后自动离开。"
NOTHING_YET = "没有等待发送的。在这台电脑上做的事会先列在这里，发到中心后自动离开。"
VIEWS = {"pending": "待发送", "conflicts": "不一致", "refused": "未被接受", "history": "历史"}


class SyncingPage(Page):
    """F5 or the button syncs now; a run can be stopped, what has gone and come stays."""

    name = "syncing"

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QWidget | None = None) -> None:
        super().__init__("同步", parent=parent)
        self.presenter = SyncingPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.discarded.connect(self._discarded)
        self.presenter.resolved.connect(self._resolved)
        self.presenter.again.connect(self._again)
        self.presenter.reopened.connect(self._reopened)
        self._sync = sync
        self._state: State | None = None
        self._target = ""
        self.run_button = Button("立即同步  F5", sync.run, primary=True)
        self.run_button.setAccessibleName("立即同步")
        self.head.add(self.run_button)
        self.stack = QStackedWidget()
        self.views = ChipRow(VIEWS)
        self.views.chosen.connect(lambda keys: self.stack.setCurrentIndex(list(VIEWS).index(keys[0])))
        self.progress = ProgressLine(sync.stop)
        self.body.addWidget(self.views)
        self.body.addWidget(self.progress)
        # Not before it has its place: a widget without a parent would be a window of its own for a moment.
        self.progress.setVisible(sync.running)
        for make in (self._queue_card, self._conflicts_part, self._refused_part, self._history_card):
            self.stack.addWidget(make())
        self.body.addWidget(self.stack, 1)
        sync.started.connect(self._started)
        sync.progress.connect(self._progressed)
        sync.finished.connect(self._finished)
        if sync.running:
            self._started()

    # ------------------------------------------------------------------ parts

    def _queue_card(self) -> QWidget:
        self.queue_model = queue_model(self)
        self.queue_table = Table(self.queue_model)
        self.queue_table.setAccessibleName("待发送")
        self.queue_empty = EmptyState("")
        self.files = label("", "tablequiet", wrap=True)
        card = Card()
        card.body.addWidget(self.queue_table, 1)
        card.body.addWidget(self.queue_empty)
        card.body.addWidget(self.files)
        return card

    def _conflicts_part(self) -> QWidget:
        part, self.conflicts = _column()
        self._conflicts_shown: tuple[ConflictLine, ...] | None = None
        self.cards: list[ConflictCard] = []
        return part

    def _refused_part(self) -> QWidget:
        part, self.refused = _column()
        self._refused_shown: tuple[RefusedLine, ...] | None = None
        self.refused_rows: list[RefusedRow] = []
        return part

    def _history_card(self) -> QWidget:
        self.run_model = run_model(self)
        self.run_table = Table(self.run_model)
        self.run_table.setAccessibleName("历史")
        self.run_empty = EmptyState("还没有同步过。点「立即同步」，或按 F5。")
        card = Card()
        card.body.addWidget(self.run_table, 1)
        card.body.addWidget(self.run_empty)
        return card

    # ------------------------------------------------------------------ what it shows

    def refresh(self) -> None:
        self.presenter.load()

    def show_target(self, target: Any) -> None:
        """`pending`, `conflicts`, `refused`, `history`, or `attention`: whichever of the middle two has something."""
        self._target = str(target)
        if self._state is not None:
            self._turn()

    def first_focus(self) -> QWidget | None:
        return self.run_button

    def _turn(self) -> None:
        target, self._target = self._target, ""
        if target == "attention" and self._state is not None:
            target = "conflicts" if self._state.conflicts else "refused"
        self.views.choose(target)

    def _show(self, state: State) -> None:
        self._state = state
        self.head.set_remark(state.last or "还没有和中心同步过")
        self.views.set_counts(
            {
                "pending": len(state.queue) + state.files,
                "conflicts": len(state.conflicts),
                "refused": len(state.refused),
            }
        )
        self.queue_model.set_rows(state.queue)
        self.queue_table.set_shown(bool(state.queue))
        self.queue_empty.setVisible(not state.queue and not state.files)
        self.queue_empty.set_text(ALL_SENT if state.last else NOTHING_YET)
        self.files.setText(f"另有 {state.files} 个照片或附件等待上传。" if state.files else "")
        self.files.setVisible(bool(state.files))
        self.run_model.set_rows(state.runs)
        self.run_table.set_shown(bool(state.runs))
        self.run_empty.setVisible(not state.runs)
        self._show_conflicts(state)
        self._show_refused(state)
        if self._target:
            self._turn()

    def _show_conflicts(self, state: State) -> None:
        if state.conflicts == self._conflicts_shown:
            return
        self._conflicts_shown = state.conflicts
        former = {card.line.id: card for card in self.cards}
        had_focus = any(card.isAncestorOf(self.focusWidget() or self) for card in self.cards)
        # A card nothing happened to stays, with whatever somebody is writing in it.
        kept = [
            former.pop(line.id) if line.id in former and former[line.id].line == line else self._card(line)
            for line in state.conflicts
        ]
        for card in kept:
            if card.line.id in former:
                card.restore(former[card.line.id].picks())
        self.cards = kept
        _clear(self.conflicts, keep=kept)
        for card in kept:
            self.conflicts.addWidget(card)
        if not kept:
            empty = Card()
            empty.body.addWidget(EmptyState("没有不一致的地方。两个人改了同一项时，两份都会并排列在这里。"))
            self.conflicts.addWidget(empty)
        self.conflicts.addStretch(1)
        if had_focus and not any(card.isAncestorOf(self.focusWidget() or self) for card in kept):
            self._focus_on(kept)

    def _card(self, line: ConflictLine) -> ConflictCard:
        card = ConflictCard(line)
        card.decided.connect(self.presenter.resolve)
        return card

    def _focus_on(self, cards: list[ConflictCard]) -> None:
        """What had the keyboard is gone: it goes on with the next choice."""
        if any(card.line.may for card in cards):
            next(card for card in cards if card.line.may).take_focus()
        else:
            self.run_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _resolved(self, count: int) -> None:
        self.tell(f"已按您的选择改好 {count} 项，下次同步送到中心。", kind=Kind.GOOD)
        self.refresh()

    def _show_refused(self, state: State) -> None:
        if state.refused == self._refused_shown:
            return
        if self._refused_shown is not None and any(
            row.busy and row.line in state.refused for row in self.refused_rows
        ):
            # Somebody is writing: what is new is shown afterwards.
            return
        self._refused_shown = state.refused
        _clear(self.refused)
        self.refused_rows = [self._refused_row(line) for line in state.refused]
        card = Card()
        card.body.setSpacing(theme.GRID)
        for row in self.refused_rows:
            card.body.addWidget(row)
        if not state.refused:
            card.body.addWidget(
                EmptyState("没有未被接受的。中心不接受某一项时，会带着原因列在这里，内容不会丢。")
            )
        self.refused.addWidget(card)
        self.refused.addStretch(1)

    def _refused_row(self, line: RefusedLine) -> RefusedRow:
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
        self._leave_row()
        self.refresh()

    def _reopened(self, visit: str) -> None:
        self._leave_row()
        self.go.emit("filling", visit)

    def _leave_row(self) -> None:
        # The row goes with the next look; the keyboard must not go with it.
        self.run_button.setFocus(Qt.FocusReason.OtherFocusReason)

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


def _column() -> tuple[QWidget, QVBoxLayout]:
    scroll = Scroll()
    return scroll, scroll.body


def _clear(layout: QVBoxLayout, keep: Sequence[QWidget] = ()) -> None:
    while (taken := layout.takeAt(0)) is not None:
        widget = taken.widget()
        if widget is not None and widget not in keep:
            widget.setParent(None)
            widget.deleteLater()
