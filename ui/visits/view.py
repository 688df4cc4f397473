"""走访: every visit on this laptop; go on with one, print its record, begin another."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.domain.visit import VisitState
from app.services.attachments import AttachmentLine
from app.services.desk import Desk
from app.services.visits import VisitLine
from ui import theme
from ui.notices import Kind
from ui.page import Page
from ui.visits.model import visit_list_model
from ui.visits.presenter import VisitsPresenter
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.chips import ChipRow
from ui.widgets.empty import EmptyState
from ui.widgets.photos import PhotosCard
from ui.widgets.table import Table
from ui.work import Runner

VIEWS = {"all": "全部", "open": "填写中", "returned": "退回待改", "submitted": "已完成"}


class VisitsPage(Page):
    """Enter goes on with an open visit and prints the record of a finished one."""

    name = "visits"

    def __init__(self, desk: Desk, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__("走访", parent=parent)
        self.presenter = VisitsPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.printed.connect(self._printed)
        self.presenter.cancelled.connect(self._cancelled)
        self._lines: list[VisitLine] = []
        self._wanted: str | None = None
        self._sure: str | None = None
        self._photographed = ""
        self.head.add(Button("入企登记", lambda: self.go.emit("entries", None)))
        self.head.add(Button("计划", lambda: self.go.emit("plans", None)))
        self.head.add(Button("出发准备", lambda: self.go.emit("prepare", ()), shortcut="Ctrl+P"))
        self.head.add(
            Button("开始走访", lambda: self.go.emit("enterprises", None), primary=True, shortcut="Ctrl+N")
        )
        self.views = ChipRow(VIEWS)
        self.views.chosen.connect(lambda _keys: self._filter())
        self.body.addWidget(self.views)
        self.model = visit_list_model(self)
        self.table = Table(self.model, sortable=True)
        self.table.setAccessibleName("走访")
        self.table.opened.connect(self._open)
        self.table.picked.connect(lambda _line: self._offer())
        self.empty = EmptyState("")
        card = Card()
        card.body.addWidget(self.table, 1)
        card.body.addWidget(self.empty)
        card.body.addLayout(self._actions())
        self.body.addWidget(card, 1)
        self.photos = PhotosCard(desk, runner)
        self.presenter.photos.connect(self._show_photos)
        self.body.addWidget(self.photos, 1)

    def _actions(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setContentsMargins(0, theme.GRID * 3 // 2, 0, 0)
        line.setSpacing(theme.GRID)
        self.go_on = Button("接着填", self._go_on)
        self.print_button = Button("打印走访记录", self._print)
        self.look_button = Button("详情", self._look)
        self.enterprise_button = Button("看企业", self._open_enterprise)
        self.cancel_button = Button("作废", self._cancel)
        self.cancel_button.setProperty("danger", "true")
        buttons = (
            self.go_on,
            self.print_button,
            self.look_button,
            self.enterprise_button,
            self.cancel_button,
        )
        for button in buttons:
            line.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        line.addStretch(1)
        return line

    def refresh(self) -> None:
        self.presenter.load()

    def show_target(self, target: Any) -> None:
        """Choose a visit by its id."""
        self._wanted = str(target)
        self._choose_wanted()

    def first_focus(self) -> QWidget | None:
        return self.table

    def _show(self, lines: list[VisitLine]) -> None:
        self._lines = lines
        self.views.set_counts(
            {
                "all": len(lines),
                "open": sum(line.state is VisitState.OPEN and not line.returned for line in lines),
                "returned": sum(line.returned for line in lines),
                "submitted": sum(line.state is VisitState.SUBMITTED for line in lines),
            }
        )
        self._filter()
        self._choose_wanted()

    def _filter(self) -> None:
        view = self.views.key
        lines = [line for line in self._lines if view in ("all", _view_of(line))]
        self.model.set_rows(lines)
        self.table.choose_first()
        self.table.set_shown(bool(lines))
        self.empty.setVisible(not lines)
        self.empty.set_text(
            "这里没有走访。"
            if self._lines
            else "还没有走访。点「开始走访」选一家企业就可以边问边填；先想在路上看看，点「出发准备」打印走访清单。"
        )
        self._offer()

    def _choose_wanted(self) -> None:
        if self._wanted is not None and self.table.choose(self._wanted):
            self._wanted = None

    def _offer(self) -> None:
        line = self.table.current
        self._sure = None
        self.cancel_button.set_text("作废")
        is_open = line is not None and line.state is VisitState.OPEN and line.mine
        self.go_on.setVisible(is_open)
        self.cancel_button.setVisible(is_open and line is not None and not line.returned)
        self.print_button.setVisible(line is not None and line.state is VisitState.SUBMITTED)
        self.enterprise_button.setVisible(line is not None)
        self.look_button.setVisible(line is not None)
        if line is None or line.id != self._photographed:
            self._show_photos("", [])
        if line is not None:
            self.presenter.load_photos(line.id)

    def _show_photos(self, visit: str, lines: list[AttachmentLine]) -> None:
        line = self.table.current
        if line is not None and visit not in ("", line.id):
            return
        self._photographed = visit
        self.photos.show_lines(lines)

    def _open(self, line: VisitLine) -> None:
        if line.state is VisitState.OPEN and line.mine:
            self.go.emit("filling", line.id)
        elif line.state is VisitState.SUBMITTED:
            self._print()

    def _go_on(self) -> None:
        if self.table.current is not None:
            self.go.emit("filling", self.table.current.id)

    def _look(self) -> None:
        if self.table.current is not None:
            self.go.emit("visit", self.table.current.id)

    def _open_enterprise(self) -> None:
        if self.table.current is not None:
            self.go.emit("enterprise", self.table.current.enterprise)

    def _print(self) -> None:
        if self.table.current is not None:
            self.print_button.setEnabled(False)
            work = self.presenter.print_record(self.table.current.id)
            work.ended.connect(lambda: self.print_button.setEnabled(True))

    def _printed(self, printed: Any) -> None:
        if printed.problems:
            self.tell("；".join(text.rstrip("。") for text in printed.problems) + "。", kind=Kind.WARNING)
        self.go.emit("preview", (printed.path, printed.pages))

    def _cancel(self) -> None:
        line = self.table.current
        if line is None:
            return
        if self._sure != line.id:
            # What was written goes with it, and the centre is told: worth a second press, not a box.
            self._sure = line.id
            self.cancel_button.set_text("再按一次作废")
            self.tell(f"作废后，{line.enterprise_name}这次走访填的内容不再保留。确定要作废，请再按一次。")
            return
        self.presenter.cancel(line)

    def _cancelled(self, line: VisitLine) -> None:
        self.tell(f"{line.enterprise_name}的这次走访已作废。", kind=Kind.GOOD)
        self.refresh()


def _view_of(line: VisitLine) -> str:
    return "returned" if line.returned else line.state.value
