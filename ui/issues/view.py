"""诉求: for an officer where each stands, for a coordinator the dispatch desk (调度台)."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.domain.people import Role
from app.services.desk import Desk
from app.services.issues import GROUPS, IssueLine
from ui import theme
from ui.issues.model import dispatch_model, officer_model
from ui.issues.panel import ACCEPT, ASSIGN, RESUBMIT, RETURN, IssuePanel
from ui.issues.presenter import IssuesPresenter, Opened
from ui.notices import Kind
from ui.page import Page
from ui.widgets.card import Card
from ui.widgets.chips import ChipRow
from ui.widgets.empty import EmptyState
from ui.widgets.pill import Mark, Pill
from ui.widgets.table import Table
from ui.work import Runner

LIGHT_WORDS = {"red": "红", "yellow": "黄", "blue": "蓝"}
PARK_GROUPS = ("reported", "accepted", "working", "answered", "to_revisit", "draft", "ended")
OFFICER_GROUPS = ("all", "draft", "reported", "working", "to_revisit", "ended")


class IssuesPage(Page):
    """List at the left, the chosen issue at the right."""

    name = "issues"

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QWidget | None = None) -> None:
        roles = desk.signed_in().actor.roles
        self._dispatch = bool(roles & {Role.COORDINATOR, Role.LEADER})
        super().__init__("诉求", "调度台" if self._dispatch else "", parent=parent)
        self.desk = desk
        self.presenter = IssuesPresenter(desk, runner, sync, self)
        self._lines: list[IssueLine] = []
        self._wanted: str | None = None
        self._fetching: str | None = None
        self._first = True
        names = PARK_GROUPS if self._dispatch else OFFICER_GROUPS
        words = {"all": "未结", **{key: word for key, (word, _) in GROUPS.items()}}
        self.groups = ChipRow({name: words[name] for name in names})
        self.groups.chosen.connect(lambda _keys: self._filter())
        self._lights = {tone: Pill() for tone in LIGHT_WORDS}
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        line.addWidget(self.groups, 1)
        for pill in self._lights.values():
            line.addWidget(pill)
        self.body.addLayout(line)
        self._build_body()
        self._connect(sync)

    def _build_body(self) -> None:
        self.model = dispatch_model(self) if self._dispatch else officer_model(self)
        self.table = Table(self.model, sortable=True)
        self.table.setAccessibleName("诉求")
        self.empty = EmptyState("")
        left = Card()
        left.body.addWidget(self.table, 1)
        left.body.addWidget(self.empty)
        self.panel = IssuePanel(self.desk.rules, self.desk, self.presenter.runner)
        columns = QHBoxLayout()
        columns.setSpacing(theme.GRID * 2)
        columns.addWidget(left, 3)
        columns.addWidget(self.panel, 2)
        self.panel.setMinimumWidth(theme.SIZES["pane"])
        self.panel.setMaximumWidth(theme.current().px(400))
        self.body.addLayout(columns, 1)

    def _connect(self, sync: Any) -> None:
        presenter, panel = self.presenter, self.panel
        presenter.loaded.connect(self._show)
        presenter.opened.connect(self._show_opened)
        presenter.photos.connect(panel.show_photos)
        presenter.fetching.connect(self._mark_fetching)
        presenter.done.connect(self._done)
        presenter.acted.connect(panel.set_busy)
        presenter.suggested.connect(panel.form.suggest)
        presenter.due_known.connect(panel.form.set_due)
        presenter.handlers_known.connect(panel.form.set_handlers)
        panel.form.classified.connect(presenter.suggest)
        panel.form.department_chosen.connect(presenter.list_handlers)
        panel.form.limit_changed.connect(self._compute_due)
        panel.wanted.connect(self._act)
        panel.fetch_wanted.connect(self._fetch)
        panel.enterprise_wanted.connect(lambda id: self.go.emit("enterprise", id))
        self.table.picked.connect(self._open)
        self.table.opened.connect(lambda _line: self._into_panel())
        sync.finished.connect(self._synced)

    def refresh(self) -> None:
        self.presenter.load()

    def show_target(self, target: Any) -> None:
        """Choose an issue by its id, in the group it stands in."""
        self._wanted = str(target)
        if self._lines:
            self._show(self._lines)

    def first_focus(self) -> QWidget | None:
        return self.table

    # ------------------------------------------------------------------ the list

    def _show(self, lines: list[IssueLine]) -> None:
        self._lines = lines
        self.groups.set_counts({key: len(self._in_group(key)) for key in self.groups.all_keys})
        for tone, pill in self._lights.items():
            count = sum(line.light.value == tone for line in self._in_group("all"))
            pill.set_mark(Mark(tone, f"{LIGHT_WORDS[tone]} {count}") if count else None)
        if self._wanted is not None:
            self._turn_to(self._wanted)
        elif self._first:
            self._turn_to_work()
        self._first = False
        self._filter()

    def _in_group(self, key: str) -> list[IssueLine]:
        if key == "all":
            return [line for line in self._lines if line.state not in GROUPS["ended"][1]]
        return [line for line in self._lines if line.state in GROUPS[key][1]]

    def _turn_to(self, id: str) -> None:
        for key in self.groups.all_keys:
            if any(line.id == id for line in self._in_group(key)):
                self.groups.select(key)
                return

    def _turn_to_work(self) -> None:
        """Begin with the first group that has something in it."""
        for key in self.groups.all_keys:
            if self._in_group(key):
                self.groups.select(key)
                return

    def _filter(self) -> None:
        lines = self._in_group(self.groups.key)
        chosen = self.table.current.id if self.table.current is not None else None
        self.model.set_rows(lines)
        if self._wanted is not None and self.table.choose(self._wanted):
            self._wanted = None
        self.table.choose_first()
        self.table.set_shown(bool(lines))
        self.empty.setVisible(not lines)
        self.empty.set_text(self._nothing())
        current = self.table.current
        self.panel.setVisible(bool(lines))
        if current is None:
            self.panel.show_nothing("")
        elif current.id == chosen or self.panel.page is None:
            self._open(current)

    def _nothing(self) -> str:
        if self._lines:
            return "这一栏没有诉求。"
        if self._dispatch:
            return "还没有诉求。联络员走访后上报的诉求，同步后出现在这里。"
        return "还没有诉求。走访时在「二问 困难问题」里登记的困难，完成走访后就成为诉求，在这里跟到办结。"

    # ------------------------------------------------------------------ the issue

    def _open(self, line: IssueLine) -> None:
        self.presenter.open(line)

    def _show_opened(self, opened: Opened) -> None:
        line = self.table.current
        if line is None or line.id != opened.id:
            return
        if opened.page is not None:
            self.panel.show_page(opened.page)
            return
        waiting = self._fetching == line.id
        text = (
            "正在取这家企业的资料，取到后就能办理……"
            if waiting
            else "这家企业的资料不在本机，取到后才能办理。"
        )
        self.panel.show_waiting(line, text)

    def _mark_fetching(self, id: str) -> None:
        self._fetching = id
        if self.table.current is not None and self.table.current.id == id:
            self._open(self.table.current)

    def _fetch(self) -> None:
        if self.table.current is not None:
            self.presenter.fetch(self.table.current)

    def _synced(self, _report: object) -> None:
        self._fetching = None
        if self.isVisible() and self.table.current is not None and self.panel.page is None:
            self._open(self.table.current)

    def _into_panel(self) -> None:
        for widget in (self.panel.form.category, self.panel.form.department, self.panel.resubmit_form.title):
            if widget.isVisible():
                widget.setFocus(Qt.FocusReason.TabFocusReason)
                return

    def _compute_due(self, days: int) -> None:
        page = self.panel.page
        self.presenter.compute_due(days, page.issue.accepted_at if page is not None else None)

    def _act(self, action: str) -> None:
        page = self.panel.page
        if page is None:
            return
        id, form = page.issue.id, self.panel.form
        if action == ACCEPT:
            self.presenter.accept(id, form.value())
        elif action == ASSIGN:
            self.presenter.assign(id, form.value())
        elif action == "both":
            self.presenter.accept_and_assign(id, form.value())
        elif action == RETURN:
            self.presenter.send_back(id, self.panel.reason.text().strip())
        elif action == RESUBMIT:
            self.presenter.resubmit(id, *self.panel.resubmit_form.value())

    def _done(self, text: str) -> None:
        # What was pressed is gone now: the keyboard goes on in the list.
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        self.tell(text, kind=Kind.GOOD)
        self.refresh()
