"""One project: its moves, the chart, milestones, months, weekly reports, what it is, its trail."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.services.desk import Desk
from app.services.issues import ActionForm
from app.services.projects import EDIT, UNCHANGED, ProjectPage
from ui import theme
from ui.cases.gantt import GanttChart
from ui.issues.action_form import ActionFormWidget
from ui.meetings.action_row import ActionRow
from ui.notices import Kind
from ui.page import Page
from ui.projects.model import milestone_model, month_model, project_mark, report_model
from ui.projects.presenter import OnePresenter
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.chips import ChipRow
from ui.widgets.empty import EmptyState
from ui.widgets.facts import Facts
from ui.widgets.label import ElidedLabel
from ui.widgets.pill import Pill
from ui.widgets.scroll import Scroll
from ui.widgets.table import Table
from ui.widgets.trail import Trail
from ui.work import Runner

KEYS = {
    "project.start": "S",
    "project.structure": "S",
    "project.equip": "E",
    "project.trial": "S",
    "project.produce": "T",
    "project.complete": "J",
    "project.milestone": "P",
    "project.reached": "D",
    "project.month": "M",
    "project.funds": "F",
    "project.note": "N",
    "project.meeting": "H",
}
"""A move → its key while the keyboard is in one of the tables or on the chart's chip."""
FIRST = (
    *("project.meeting", "project.resume", "project.start", "project.structure", "project.equip"),
    *("project.produce", "project.trial", "project.fill_capacity"),
)
"""The move that stands out: the first of these that can be made."""
VIEWS = {
    "gantt": "横道图",
    "milestones": "节点",
    "months": "月计划",
    "reports": "周报",
    "facts": "概要",
    "trail": "经过",
}
NO_MILESTONES = "还没有排节点。按 P 排节点：写上计划日和责任人，进度快慢按它们判定。"
NO_MONTHS = "还没有排月计划。按 M 排月计划：写上当月计划投资、任务和责任人。"
NO_REPORTS = "还没有报过周报。每周五 17:00 前点「填周报」；没有变化的以后可以一键报。"


class ProjectPageView(Page):
    """Enter on a milestone or a month opens its form, on a report the report; letters are those of KEYS."""

    name = "project"

    def __init__(
        self, desk: Desk, runner: Runner, sync: Any, project: str, parent: QWidget | None = None
    ) -> None:
        super().__init__("项目", crumb="项目", parent=parent)
        self.project = project
        self.shown: ProjectPage | None = None
        self._part = ""
        self._awaited = False
        self.presenter = OnePresenter(desk, runner, sync, project, self)
        self.pill = Pill()
        self.enterprise_button = Button("看企业", self._to_enterprise)
        self.edit_button = Button("改资料", lambda: self._ask(EDIT))
        self.unchanged_button = Button("本周无变化", lambda: self._ask(UNCHANGED))
        self.report_button = Button("填周报", self.presenter.start_report, primary=True)
        for widget in (
            self.pill,
            self.enterprise_button,
            self.edit_button,
            self.unchanged_button,
            self.report_button,
        ):
            self.head.add(widget)
        self.absent = Card()
        self.absent_text = EmptyState("正在打开……")
        self.fetch_button = Button("取资料", self._fetch, primary=True)
        self.fetch_button.hide()
        self.absent.body.addWidget(self.absent_text)
        self.absent.body.addWidget(self.fetch_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.absent.hide()
        self.body.addWidget(self.absent)
        self.content = QWidget()
        self._build()
        self.body.addWidget(self.content, 1)
        self.body.addStretch(0)
        self._offer(None)
        self._connect(sync)

    # ------------------------------------------------------------------ building

    def _build(self) -> None:
        columns = QHBoxLayout(self.content)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(theme.GRID * 2)
        left = QVBoxLayout()
        left.setSpacing(theme.GRID * 3 // 2)
        columns.addLayout(left, 3)
        self.advice = ElidedLabel("", "tablequiet")
        self.row = ActionRow(KEYS)
        self.row.chosen.connect(self._ask)
        self.why = ElidedLabel("", "tablequiet")
        self.top = Card()
        self.top.body.setSpacing(theme.GRID // 2)
        for widget in (self.advice, self.row, self.why):
            self.top.body.addWidget(widget)
        left.addWidget(self.top)
        self.views = ChipRow(VIEWS)
        self.views.chosen.connect(lambda _keys: self._show_view())
        left.addWidget(self.views)
        self.areas = {key: Card() for key in VIEWS}
        self.empties: dict[str, EmptyState] = {}
        self._fill_areas()
        for area in self.areas.values():
            left.addWidget(area, 1)
        self.form = ActionFormWidget()
        self.form.submitted.connect(self._submitted)
        self.form.dropped.connect(self._close_form)
        self.panel = Card("办理", " ")
        scroll = Scroll()
        scroll.body.setContentsMargins(0, 0, theme.GRID // 2, 0)
        scroll.body.addWidget(self.form)
        scroll.body.addStretch(1)
        self.panel.body.addWidget(scroll, 1)
        self.panel.setMinimumWidth(theme.SIZES["pane"])
        self.panel.setMaximumWidth(theme.current().px(380))
        self.panel.hide()
        columns.addWidget(self.panel, 2)

    def _fill_areas(self) -> None:
        self.gantt = GanttChart()
        self.gantt_empty = EmptyState(NO_MILESTONES)
        scroll = Scroll()
        scroll.body.addWidget(self.gantt)
        scroll.body.addWidget(self.gantt_empty)
        scroll.body.addStretch(1)
        self.areas["gantt"].body.addWidget(scroll, 1)
        self.milestones = self._listed("milestones", milestone_model(self), "节点", NO_MILESTONES)
        self.months = self._listed("months", month_model(self), "月计划", NO_MONTHS)
        self.reports = self._listed("reports", report_model(self), "周报", NO_REPORTS)
        self.milestones.opened.connect(lambda line: self._ask("project.milestone", line.id))
        self.months.opened.connect(lambda line: self._ask("project.month", "" if line.total else line.month))
        self.reports.opened.connect(lambda line: self.go.emit("record", line.record))
        self.facts, self.trail = Facts(), Trail()
        for key, inner in (("facts", self.facts), ("trail", self.trail)):
            scroll = Scroll()
            scroll.body.addWidget(inner)
            scroll.body.addStretch(1)
            self.areas[key].body.addWidget(scroll, 1)

    def _listed(self, key: str, model: Any, name: str, nothing: str) -> Table:
        table = Table(model)
        table.setAccessibleName(name)
        table.installEventFilter(self)
        empty = EmptyState(nothing)
        self.empties[key] = empty
        self.areas[key].body.addWidget(table, 1)
        self.areas[key].body.addWidget(empty)
        return table

    def _connect(self, sync: Any) -> None:
        presenter = self.presenter
        presenter.loaded.connect(self._show)
        presenter.missing.connect(self._missing)
        presenter.form_ready.connect(self._show_form)
        presenter.done.connect(self._done)
        presenter.draft_ready.connect(lambda draft: self.go.emit("entry_filling", draft))
        presenter.failed.connect(lambda text: self.tell(text, kind=Kind.WARNING))
        presenter.fetching.connect(lambda: self.absent_text.set_text("正在取这家企业的资料……"))
        presenter.busy.connect(self._set_busy)
        sync.finished.connect(self._synced)
        for key in VIEWS:
            self.views.chip(key).installEventFilter(self)

    def refresh(self) -> None:
        self.presenter.load()

    def first_focus(self) -> QWidget | None:
        return self.views.chip(self.views.key)

    # ------------------------------------------------------------------ what it shows

    def _show(self, page: ProjectPage) -> None:
        self.shown = page
        self.absent.hide()
        self.content.show()
        line = page.line
        self.head.set_title(line.title)
        self.head.set_remark(" · ".join((line.enterprise_name, line.stage_word, f"周报：{line.report_word}")))
        if not line.report_word:
            self.head.set_remark(" · ".join((line.enterprise_name, line.stage_word)))
        self.pill.set_mark(project_mark(line))
        self._offer(page)
        self.gantt.set_rows(page.gantt, page.today)
        self.gantt.setVisible(bool(page.gantt))
        self.gantt_empty.setVisible(not page.gantt)
        for key, table, rows in (
            ("milestones", self.milestones, page.milestones),
            ("months", self.months, page.months),
            ("reports", self.reports, page.reports),
        ):
            table.model().set_rows(rows)  # type: ignore[attr-defined]
            table.choose_first()
            table.set_shown(bool(rows))
            self.empties[key].setVisible(not rows)
        self.facts.set_facts(page.facts)
        self.trail.set_lines(page.trail)
        self.views.set_counts({"milestones": len(page.milestones), "reports": len(page.reports)})
        self._show_view()

    def _offer(self, page: ProjectPage | None) -> None:
        """What may be done, and what stands in the way."""
        self.report_button.setVisible(bool(page and page.may_report))
        self.unchanged_button.setVisible(bool(page and page.may_say_unchanged))
        self.edit_button.setVisible(bool(page and page.may_edit))
        if page is None:
            return
        self.row.offer(page.actions, next((name for name in FIRST if name in dict(page.actions)), ""))
        self.advice.setText(page.advice)
        self.advice.setVisible(bool(page.advice))
        self.why.setText("；".join(f"{word}：{reason.rstrip('。')}" for word, reason in page.blocked[:1]))
        self.why.setVisible(bool(page.blocked))
        self.top.setVisible(bool(page.actions or page.advice))

    def _show_view(self) -> None:
        for other, area in self.areas.items():
            area.setVisible(other == self.views.key)

    def _missing(self, text: str) -> None:
        self.content.hide()
        self.absent.show()
        self.absent_text.set_text(text)
        self.fetch_button.setVisible(not self._awaited)

    def _fetch(self) -> None:
        self._awaited = True
        self.fetch_button.hide()
        self.presenter.fetch()

    def _synced(self, _report: object) -> None:
        self._awaited = False
        self.refresh()

    # ------------------------------------------------------------------ what one does

    def _ask(self, action: str, part: str = "") -> None:
        if self.shown is None:
            return
        allowed = action in (EDIT, UNCHANGED) or action in dict(self.shown.actions)
        if allowed:
            self.presenter.ask_form(self.shown, action, part or self._chosen(action))

    def _chosen(self, action: str) -> str:
        """A milestone that is chosen in its table is the one that is reached or taken out."""
        if action in ("project.reached", "project.unplan") and self.milestones.isVisible():
            current = self.milestones.current
            return current.id if current is not None else ""
        return ""

    def _show_form(self, form: ActionForm, part: str) -> None:
        self._part = part
        self.panel.title.setText(form.word)
        self.panel.show()
        self.form.show_form(form)
        self.form.focus_first()

    def _submitted(self, action: str, values: dict[str, Any]) -> None:
        self.presenter.move(action, values, self._part)

    def _done(self, text: str) -> None:
        self._close_form()
        self.tell(text, kind=Kind.GOOD)
        self.refresh()

    def _close_form(self) -> None:
        self.form.close_form()
        self.panel.hide()
        tables = {"milestones": self.milestones, "months": self.months, "reports": self.reports}
        table = tables.get(self.views.key)
        target = table if table is not None and table.isVisible() else self.views.chip(self.views.key)
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _to_enterprise(self) -> None:
        if self.shown is not None:
            self.go.emit("enterprise", self.shown.project.enterprise)

    def _set_busy(self, busy: bool) -> None:
        self.form.set_busy(busy)
        self.row.set_busy(busy)
        self.report_button.setEnabled(not busy)
        self.unchanged_button.setEnabled(not busy)

    # ------------------------------------------------------------------ keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.modifiers() == Qt.KeyboardModifier.NoModifier
            and self.form.form is None
        ):
            letter = event.text().upper()
            if letter and self.row.press(letter):
                return True
        return super().eventFilter(watched, event)
