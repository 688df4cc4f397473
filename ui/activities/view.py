"""活动与目标: trips, groups on site with their reports, events, yearly targets."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.services.activities import (
    EVENTS,
    GROUPS,
    TARGETS,
    TRIPS,
    ActivityLine,
    ActivityPage,
    maker_of,
    views_of,
)
from app.services.activities_page import MAKER_WORDS
from app.services.desk import Desk
from app.services.enterprises import EnterpriseLine
from app.services.issues import ActionForm
from ui import theme
from ui.activities.model import BAR_COLUMN, BarCells, activity_model
from ui.activities.panel import ActivityPanel
from ui.activities.presenter import ActivitiesPresenter
from ui.notices import Kind
from ui.page import Page
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.chips import ChipRow
from ui.widgets.empty import EmptyState
from ui.widgets.table import Table
from ui.work import Runner

NONE_YET = {
    TRIPS: "还没有外出。点「登记外出」写下谁、去哪里、见谁；回来登记结果，线索逐条跟进到签约。",
    GROUPS: "还没有驻点组。点「派出驻点组」写下组员、驻地、时间；周报和半月报到期没报的会亮红灯。",
    EVENTS: "还没有活动。点「计划活动」写下方案，邀请企业，办完登记成效；企业反映的可以转为诉求。",
    TARGETS: "还没有年度目标。点「定目标」写下指标和全年目标；进度可以填报，也可以从统计取数。",
}
NONE_TO_READ = {
    TRIPS: "还没有外出。有人登记后，按 F5 同步一次就会出现在这里。",
    GROUPS: "没有您参加的驻点组。协调员派出后，按 F5 同步一次就会出现在这里。",
    EVENTS: "还没有活动。协调员计划后，按 F5 同步一次就会出现在这里。",
    TARGETS: "还没有年度目标。协调员定下后，按 F5 同步一次就会出现在这里。",
}
STATES = {"open": "进行中", "all": "全部"}
NOTHING_OPEN = "没有进行中的。点「全部」看办完的。"
AT_ONCE = frozenset({"trip.close", "trip.reopen", "event.came", "event.absent", "event.uninvite"})
"""Moves nothing has to be said about."""


class ActivitiesPage(Page):
    """Enter opens what is most likely wanted; letters are those of `panel.KEYS`. `show_target`: a view, or (view, id)."""

    name = "activities"

    def __init__(
        self, desk: Desk, runner: Runner, sync: Any, target: Any = None, parent: QWidget | None = None
    ) -> None:
        super().__init__("活动与目标", crumb="返回", parent=parent)
        self.desk = desk
        self._found: dict[str, list[ActivityLine]] = {}
        self._part = ""
        self._wanted = ""
        self.presenter = ActivitiesPresenter(desk, runner, sync, self)
        self.new_button = Button("新建", self._ask_new, primary=True, shortcut="Ctrl+N")
        self.head.add(self.new_button)
        self.views = ChipRow(views_of(desk))
        self.views.chosen.connect(lambda _keys: self._show_view())
        self.states = ChipRow(STATES)
        self.states.chosen.connect(lambda _keys: self._show_view())
        line = QHBoxLayout()
        line.setSpacing(theme.GRID * 3)
        line.addWidget(self.views, 3)
        line.addWidget(self.states, 2)
        self.body.addLayout(line)
        self._build_body()
        self._connect(sync)
        self.show_target(target)

    def _build_body(self) -> None:
        left = Card()
        self.tables: dict[str, Table] = {}
        for view, word in views_of(self.desk).items():
            table = Table(activity_model(view, self))
            table.setAccessibleName(word)
            table.installEventFilter(self)
            table.picked.connect(lambda _line: self._load_chosen())
            table.opened.connect(lambda _line: self._open())
            if view == TARGETS:
                self._bars = BarCells(table)
                table.setItemDelegateForColumn(BAR_COLUMN, self._bars)
            self.tables[view] = table
            left.body.addWidget(table, 1)
        self.empty = EmptyState("")
        left.body.addWidget(self.empty)
        self.panel = ActivityPanel()
        self.panel.setMinimumWidth(theme.SIZES["pane"])
        self.panel.setMaximumWidth(theme.current().px(420))
        columns = QHBoxLayout()
        columns.setSpacing(theme.GRID * 2)
        columns.addWidget(left, 3)
        columns.addWidget(self.panel, 2)
        self.body.addLayout(columns, 1)

    def _connect(self, sync: Any) -> None:
        presenter, panel = self.presenter, self.panel
        presenter.loaded.connect(self._show)
        presenter.page_ready.connect(self._show_page)
        presenter.gone.connect(lambda: panel.show_page(None))
        presenter.form_ready.connect(self._show_form)
        presenter.report_ready.connect(panel.read)
        presenter.companies.connect(self._show_companies)
        presenter.made.connect(self._made)
        presenter.done.connect(self._done)
        presenter.issue_wanted.connect(lambda issue: self.go.emit("issues", issue))
        presenter.failed.connect(lambda text: self.tell(text, kind=Kind.WARNING))
        presenter.fetching.connect(lambda: self.tell("正在取这家企业的资料……"))
        presenter.busy.connect(panel.set_busy)
        panel.chosen.connect(self._chosen)
        panel.submitted.connect(self._submitted)
        panel.closed.connect(self._back_to_table)
        panel.invite.looked_for.connect(presenter.list_companies)
        panel.invite.wanted.connect(self._invite)
        sync.finished.connect(lambda _report: self.refresh())

    @property
    def table(self) -> Table:
        return self.tables[self.views.key]

    def refresh(self) -> None:
        self.presenter.load()

    def first_focus(self) -> QWidget | None:
        return self.table

    def show_target(self, target: Any) -> None:
        view, id = target if isinstance(target, tuple) else (str(target or TRIPS), "")
        if view in self.tables:
            self.views.select(view)
            self._wanted = id
            self._show_view()

    # ------------------------------------------------------------------ the lists

    def _show(self, found: dict[str, list[ActivityLine]]) -> None:
        self._found = found
        self.views.set_counts({view: sum(not line.over for line in lines) for view, lines in found.items()})
        self._show_view()

    def _show_view(self) -> None:
        view = self.views.key
        lines = self._found.get(view, [])
        wanted = [
            line for line in lines if not line.over or self.states.key == "all" or line.id == self._wanted
        ]
        for other, table in self.tables.items():
            table.set_shown(other == view and bool(wanted))
        table = self.tables[view]
        table.model().set_rows(wanted)  # type: ignore[attr-defined]
        if self._wanted and table.choose(self._wanted):
            self._wanted = ""
        table.choose_first()
        self.empty.setVisible(not wanted)
        nothing = NONE_YET if maker_of(self.desk, view) else NONE_TO_READ
        self.empty.set_text(NOTHING_OPEN if lines else nothing[view])
        self._name_button()
        self._load_chosen()

    def _name_button(self) -> None:
        action = maker_of(self.desk, self.views.key)
        self.new_button.setVisible(bool(action))
        if action:
            self.new_button.set_text(MAKER_WORDS[action])

    def _load_chosen(self) -> None:
        line = self.table.current if self.table.model().rowCount() else None
        if line is None:
            self.panel.show_page(None)
        else:
            self.presenter.load_page(line.view, line.id)

    def _show_page(self, page: ActivityPage) -> None:
        if page.view == self.views.key:
            self.panel.show_page(page)

    # ------------------------------------------------------------------ what one does

    def _ask_new(self) -> None:
        action = maker_of(self.desk, self.views.key)
        if action:
            self.presenter.ask_to_make(action)

    def _open(self) -> None:
        names = self.panel.row.names
        if self.panel.page is not None and names and not self.panel.busy_with_form:
            primary = next(
                (name for name in names if self.panel.row.buttons[name].property("primary")), names[0]
            )
            self._chosen(primary, "")

    def _chosen(self, action: str, part: str) -> None:
        page = self.panel.page
        if page is None:
            return
        self._part = part
        if action in AT_ONCE:
            self.presenter.act_on(page.id, action, {}, part)
        elif action == "event.guests":
            self.panel.begin_invite([guest.id for guest in page.guests])
        elif action == "read":
            self.presenter.read_report(page.id, part)
        elif action == "open_issue":
            self.presenter.open_issue(page.id, part)
        elif action == "fetch":
            self.presenter.fetch(page.id, part)
        else:
            self.presenter.ask_form(page.id, action, part)

    def _show_form(self, form: ActionForm, part: str) -> None:
        self._part = part
        new = form.action in MAKER_WORDS
        title = form.word if new or self.panel.page is None else f"{self.panel.page.line.title} · {form.word}"
        self.panel.show_form(form, title)

    def _show_companies(self, lines: list[EnterpriseLine]) -> None:
        self.panel.invite.show_lines(lines)

    def _invite(self, chosen: list[str]) -> None:
        if self.panel.page is not None:
            self.presenter.invite(self.panel.page.id, chosen)

    def _submitted(self, action: str, values: dict[str, Any]) -> None:
        if action in MAKER_WORDS:
            self.presenter.make(self.views.key, action, values)
        elif self.panel.page is not None:
            self.presenter.act_on(self.panel.page.id, action, values, self._part)

    def _made(self, view: str, id: str) -> None:
        self._wanted = id if view == self.views.key else ""
        self._done()

    def _done(self) -> None:
        if self.panel.busy_with_form:
            self.panel.close_form()
        self.tell("已记下。", kind=Kind.GOOD)
        self.refresh()

    def _back_to_table(self) -> None:
        target = self.table if self.table.isVisible() else self.views.chip(self.views.key)
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    # ------------------------------------------------------------------ keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.modifiers() == Qt.KeyboardModifier.NoModifier
            and not self.panel.busy_with_form
        ):
            letter = event.text().upper()
            if letter and self.panel.row.press(letter):
                return True
        return super().eventFilter(watched, event)
