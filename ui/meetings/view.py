"""会议: the list by month; planning one."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.domain.people import Role
from app.services.desk import Desk
from app.services.issues import ActionForm
from app.services.meetings import MeetingLine
from ui import theme
from ui.issues.action_form import ActionFormWidget
from ui.meetings.model import meeting_model
from ui.meetings.presenter import ListPresenter
from ui.notices import Kind
from ui.page import Page
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.chips import ChipRow
from ui.widgets.empty import EmptyState
from ui.widgets.scroll import Scroll
from ui.widgets.table import Table
from ui.work import Runner

VIEWS = {"planned": "待开", "held": "已开", "cancelled": "已取消", "all": "全部"}
NOTHING = {
    "planned": "没有待开的会议。",
    "held": "还没有开过的会议。",
    "cancelled": "没有取消过的会议。",
}
NONE_YET = "还没有会议。点「计划会议」选类型和日期：接待日请企业来反映问题，联席会自动汇集等交办的诉求。"
NONE_TO_READ = "还没有会议。协调员计划会议后，按 F5 同步一次就会出现在这里。"


class MeetingsPage(Page):
    """Enter opens a meeting; Ctrl+N plans one."""

    name = "meetings"

    def __init__(self, desk: Desk, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__("会议", parent=parent)
        self._plans = Role.COORDINATOR in desk.signed_in().actor.roles
        self._lines: list[MeetingLine] = []
        self._first = True
        self.presenter = ListPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.form_ready.connect(self._show_form)
        self.presenter.planned.connect(self._planned)
        self.presenter.failed.connect(lambda text: self.tell(text, kind=Kind.WARNING))
        self.plan_button = Button("计划会议", self.presenter.ask_form, primary=True, shortcut="Ctrl+N")
        self.head.add(Button("活动与目标", lambda: self.go.emit("activities", None)))
        if self._plans:
            self.head.add(self.plan_button)
        else:
            self.plan_button.hide()
        self.views = ChipRow(VIEWS)
        self.views.chosen.connect(lambda _keys: self._filter())
        self.body.addWidget(self.views)
        self._build_body()

    def _build_body(self) -> None:
        self.model = meeting_model(self)
        self.table = Table(self.model)
        self.table.setAccessibleName("会议")
        self.table.opened.connect(lambda line: self.go.emit("meeting", line.id))
        self.empty = EmptyState("")
        left = Card()
        left.body.addWidget(self.table, 1)
        left.body.addWidget(self.empty)
        self.form = ActionFormWidget()
        self.form.submitted.connect(lambda _action, values: self.presenter.plan(values))
        self.form.dropped.connect(self._close_form)
        self.planning = Card("计划会议", " ")
        scroll = Scroll()
        scroll.body.setContentsMargins(0, 0, theme.GRID // 2, 0)
        scroll.body.addWidget(self.form)
        scroll.body.addStretch(1)
        self.planning.body.addWidget(scroll, 1)
        self.planning.hide()
        self.planning.setMinimumWidth(theme.SIZES["pane"])
        self.planning.setMaximumWidth(theme.current().px(400))
        columns = QHBoxLayout()
        columns.setSpacing(theme.GRID * 2)
        columns.addWidget(left, 3)
        columns.addWidget(self.planning, 2)
        self.body.addLayout(columns, 1)

    def refresh(self) -> None:
        self.presenter.load()

    def first_focus(self) -> QWidget | None:
        return self.table

    def _show(self, lines: list[MeetingLine]) -> None:
        self._lines = lines
        counts = {key: len(self._in_view(key)) for key in VIEWS}
        self.views.set_counts(counts)
        if self._first and not counts["planned"] and lines:
            self.views.select("all")
        self._first = False
        self._filter()

    def _in_view(self, key: str) -> list[MeetingLine]:
        return [line for line in self._lines if key in ("all", line.state.value)]

    def _filter(self) -> None:
        lines = self._in_view(self.views.key)
        self.model.set_rows(_with_months(lines))
        self.table.choose_first()
        self.table.set_shown(bool(lines))
        self.empty.setVisible(not lines)
        nothing = NONE_YET if self._plans else NONE_TO_READ
        self.empty.set_text(NOTHING.get(self.views.key, nothing) if self._lines else nothing)

    def _show_form(self, form: ActionForm) -> None:
        self.planning.show()
        self.form.show_form(form)
        self.form.editors["meeting_kind"].target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _close_form(self) -> None:
        self.form.close_form()
        self.planning.hide()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _planned(self, id: str) -> None:
        self._close_form()
        self.tell("会议已计划。下一步：邀请企业、加议题，打印会议通知。", kind=Kind.GOOD)
        self.go.emit("meeting", id)


def _with_months(lines: list[MeetingLine]) -> list[MeetingLine]:
    """The month beside the first of it alone, of those that are shown."""
    shown, last = [], ""
    for line in lines:
        shown.append(replace(line, month="" if line.month == last else line.month))
        last = line.month
    return shown
