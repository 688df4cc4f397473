"""同步: what waits, what was turned down, what met, and how the last runs went."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.services.desk import Desk
from ui import theme
from ui.notices import Kind
from ui.page import Page
from ui.syncing.model import ConflictLine, RefusedLine, conflict_model, queue_model, run_model
from ui.syncing.presenter import State, SyncingPresenter
from ui.widgets.buttons import Button, LinkButton
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
        return part

    def _refused_part(self) -> QWidget:
        part, self.refused = _column()
        self._refused_shown: tuple[RefusedLine, ...] | None = None
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
        _clear(self.conflicts)
        for line in state.conflicts:
            card = Card(line.title, line.remark)
            model = conflict_model(card)
            table = Table(model)
            model.set_rows(line.fields)
            table.fit(12)
            card.body.addWidget(table)
            advice = "现在用的是中心的一份，您改的留在这里备查。应当用您的，请把这一条告诉协调员更正。"
            card.body.addWidget(label(advice, "small", wrap=True))
            self.conflicts.addWidget(card)
        if not state.conflicts:
            card = Card()
            card.body.addWidget(EmptyState("没有不一致的地方。两个人改了同一项时，两份都会并排列在这里。"))
            self.conflicts.addWidget(card)
        self.conflicts.addStretch(1)

    def _show_refused(self, state: State) -> None:
        if state.refused == self._refused_shown:
            return
        self._refused_shown = state.refused
        _clear(self.refused)
        card = Card()
        card.body.setSpacing(theme.GRID)
        for line in state.refused:
            card.body.addWidget(_RefusedRow(line, self.presenter.discard))
        if not state.refused:
            card.body.addWidget(
                EmptyState("没有未被接受的。中心不接受某一项时，会带着原因列在这里，内容不会丢。")
            )
        self.refused.addWidget(card)
        self.refused.addStretch(1)

    def _discarded(self, line: RefusedLine) -> None:
        self.tell(f"已放弃「{line.what}」。它的内容仍留有记录。", kind=Kind.GOOD)
        self.refresh()

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


class _RefusedRow(QWidget):
    """One refused change: what, why, and giving it up with a second press."""

    def __init__(self, line: RefusedLine, discard: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = line
        self._discard = discard
        self._sure = False
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID * 2)
        what = f"{line.what}「{line.about}」" if line.about else line.what
        row.addWidget(label(what, "table", wrap=True), 2)
        row.addWidget(label(f"{line.reason}（{line.made}）", "tablequiet", wrap=True), 4)
        self.button = LinkButton("放弃", self._press, quiet=True)
        row.addWidget(self.button)

    def _press(self) -> None:
        if not self._sure:
            self._sure = True
            self.button.set_text("再按一次放弃")
            return
        self._discard(self._line)


def _column() -> tuple[QWidget, QVBoxLayout]:
    scroll = Scroll()
    return scroll, scroll.body


def _clear(layout: QVBoxLayout) -> None:
    while (taken := layout.takeAt(0)) is not None:
        widget = taken.widget()
        if widget is not None:
            widget.setParent(None)
            widget.deleteLater()
