"""One case: its moves, its steps as rows with a panel beside them, the Gantt, materials, contacts, papers, trail."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.domain.agency_case import CASE_FILE
from app.services.cases import CasePage
from app.services.desk import Desk
from app.services.issues import ActionForm
from ui import theme
from ui.cases.gantt import GanttChart
from ui.cases.model import case_mark, contact_model, file_model, material_model, step_model
from ui.cases.panel import LIKELY, CasePanel
from ui.cases.presenter import OnePresenter
from ui.meetings.action_row import ActionRow
from ui.notices import Kind
from ui.page import Page
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.chips import ChipRow
from ui.widgets.empty import EmptyState
from ui.widgets.facts import Facts
from ui.widgets.label import ElidedLabel, label
from ui.widgets.line_row import LineRow
from ui.widgets.pill import Mark, Pill
from ui.widgets.scroll import Scroll
from ui.widgets.table import Table
from ui.widgets.trail import Trail
from ui.work import Runner

KEYS = {
    "agency.commission": "S",
    "agency.accept": "S",
    "agency.hand_over": "M",
    "agency.hand_back": "H",
    "agency.contact": "L",
    "agency.note": "N",
    "agency.settle": "J",
}
"""A move of the case → its key while the keyboard is in the table of steps."""
FIRST = (
    *("agency.commission", "agency.accept", "agency.renew", "agency.settle", "agency.sign_agent"),
    *("agency.sign_enterprise", "agency.revisit"),
)
"""The move that stands out: the first of these that can be made."""
VIEWS = {
    "steps": "环节",
    "gantt": "横道图",
    "materials": "材料",
    "contacts": "联系",
    "files": "文件与签字",
    "facts": "概要",
    "trail": "经过",
}
WIDE = frozenset({"gantt"})
"""Views that take the panel's room too."""
NO_MATERIALS = "还没有收材料。按 M 记下企业交来的材料，它们印在委托书的交接清单上。"
NO_CONTACTS = "还没有联系记录。按 L 记下和企业、部门的每次联系；和部门打交道由代办员去。"
NO_FILES = "还没有文件。签字的委托书、批复、证照拍照或扫描后加在这里。"


class CasePageView(Page):
    """Enter on a step opens the form that is most likely wanted; letters and figures are those of KEYS and STEP_KEYS."""

    name = "case"

    def __init__(
        self, desk: Desk, runner: Runner, sync: Any, case: str, parent: QWidget | None = None
    ) -> None:
        super().__init__("代办", crumb="代办", parent=parent)
        self.case = case
        self.shown: CasePage | None = None
        self._asked_step = ""
        self._awaited = False
        self.presenter = OnePresenter(desk, runner, sync, case, self)
        self.pill = Pill()
        self.paper_button = Button("打印", self.presenter.print_paper, shortcut="Ctrl+P")
        self.enterprise_button = Button("看企业", self._to_enterprise)
        for widget in (self.pill, self.enterprise_button, self.paper_button):
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
        self._connect(sync)

    # ------------------------------------------------------------------ building

    def _build(self) -> None:
        columns = QHBoxLayout(self.content)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(theme.GRID * 2)
        left = QVBoxLayout()
        left.setSpacing(theme.GRID * 3 // 2)
        columns.addLayout(left, 3)
        self.warning = label("", "bad", wrap=True)
        self.row = ActionRow(KEYS)
        self.row.chosen.connect(lambda action: self._ask(action, ""))
        self.why = ElidedLabel("", "tablequiet")
        self.top = Card()
        self.top.body.setSpacing(theme.GRID // 2)
        for widget in (self.warning, self.row, self.why):
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
        self.panel = CasePanel()
        self.panel.setMinimumWidth(theme.SIZES["pane"])
        self.panel.setMaximumWidth(theme.current().px(380))
        columns.addWidget(self.panel, 2)

    def _fill_areas(self) -> None:
        self.step_model = step_model(self)
        self.step_table = Table(self.step_model)
        self.step_table.setAccessibleName("环节")
        self.step_table.installEventFilter(self)
        self.step_table.picked.connect(lambda _step: self._show_step())
        self.step_table.opened.connect(lambda _step: self._open_step())
        self.areas["steps"].body.addWidget(self.step_table, 1)
        self.gantt = GanttChart()
        scroll = Scroll()
        scroll.body.addWidget(self.gantt)
        scroll.body.addStretch(1)
        self.areas["gantt"].body.addWidget(scroll, 1)
        self.material_model, self.contact_model = material_model(self), contact_model(self)
        self.file_model = file_model(self)
        self.material_table = self._listed("materials", self.material_model, "材料交接清单", NO_MATERIALS)
        self.contact_table = self._listed("contacts", self.contact_model, "联系记录", NO_CONTACTS)
        self.papers = QVBoxLayout()
        self.papers.setSpacing(0)
        self.areas["files"].body.addLayout(self.papers)
        self.file_table = self._listed("files", self.file_model, "文件", NO_FILES)
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
        presenter, panel = self.presenter, self.panel
        presenter.loaded.connect(self._show)
        presenter.missing.connect(self._missing)
        presenter.form_ready.connect(self._show_form)
        presenter.done.connect(self._done)
        presenter.failed.connect(lambda text: self.tell(text, kind=Kind.WARNING))
        presenter.printed.connect(lambda printed: self.go.emit("preview", (printed.path, printed.pages)))
        presenter.fetching.connect(lambda: self.absent_text.set_text("正在取这家企业的资料……"))
        presenter.busy.connect(self._set_busy)
        panel.chosen.connect(lambda action: self._ask(action, panel.step.key if panel.step else ""))
        panel.submitted.connect(self._submitted)
        panel.closed.connect(self._back)
        panel.file_wanted.connect(lambda: self._add_files(CASE_FILE, panel.step.key if panel.step else ""))
        sync.finished.connect(self._synced)

    def refresh(self) -> None:
        self.presenter.load()

    def first_focus(self) -> QWidget | None:
        return self.step_table

    # ------------------------------------------------------------------ what it shows

    def _show(self, page: CasePage) -> None:
        first = self.shown is None
        self.shown = page
        self.absent.hide()
        self.content.show()
        line = page.line
        self.head.set_title(line.title)
        self.head.set_remark(" · ".join((line.enterprise_name, line.number, line.state_word)))
        self.pill.set_mark(case_mark(line))
        self.warning.setText(page.warning)
        self.warning.setVisible(bool(page.warning))
        self.row.offer(page.actions, next((name for name in FIRST if name in dict(page.actions)), ""))
        self.why.setText("；".join(f"{word}：{reason.rstrip('。')}" for word, reason in page.blocked[:1]))
        self.why.setVisible(bool(page.blocked))
        self.top.setVisible(bool(page.warning or page.actions or page.blocked))
        self.step_model.set_rows(page.steps)
        self.step_table.choose_first()
        self.gantt.set_rows(page.gantt, page.today)
        for key, table, rows in (
            ("materials", self.material_table, page.materials),
            ("contacts", self.contact_table, page.contacts),
            ("files", self.file_table, page.files),
        ):
            table.model().set_rows(rows)  # type: ignore[attr-defined]
            table.set_shown(bool(rows))
            self.empties[key].setVisible(not rows)
        self._show_papers(page)
        self.facts.set_facts(page.facts)
        self.trail.set_lines(page.trail)
        self.paper_button.set_text("打印")
        self.views.set_counts({"materials": len(page.materials), "contacts": len(page.contacts)})
        self._show_view()
        self._show_step()
        if first:
            self.step_table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_papers(self, page: CasePage) -> None:
        while (taken := self.papers.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for paper in page.papers:
            lacking = "grey" if paper.purpose == CASE_FILE else "yellow"
            mark = Mark("green", f"{paper.there} 份") if paper.there else Mark(lacking, "还没有")
            add = (("添加", partial(self._add_files, paper.purpose, "")),)
            wanted = page.may_add and paper.wanted
            self.papers.addWidget(LineRow(paper.name, mark=mark, actions=add if wanted else ()))

    def _show_view(self) -> None:
        key = self.views.key
        for other, area in self.areas.items():
            area.setVisible(other == key)
        self.panel.setVisible(key not in WIDE or self.panel.busy_with_form)

    def _show_step(self) -> None:
        if self.shown is not None:
            self.panel.show_step(self.step_table.current, may_add=self.shown.may_add)

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

    def _ask(self, action: str, step: str) -> None:
        if self.shown is not None:
            self.presenter.ask_form(self.shown, action, step)

    def _open_step(self) -> None:
        names, step = self.panel.row.names, self.step_table.current
        if names and step is not None:
            self._ask(next((one for one in LIKELY if one in names), names[0]), step.key)

    def _show_form(self, form: ActionForm, step: str) -> None:
        self._asked_step = step
        if not form.fields:
            self.presenter.move(form.action, {}, step)
            return
        name = self.shown.case.steps[step].name if self.shown is not None and step else ""
        self.panel.show_form(form, f"{name} · {form.word}" if name else form.word)
        self.panel.show()

    def _submitted(self, action: str, values: dict[str, Any]) -> None:
        self.presenter.move(action, values, self._asked_step)

    def _done(self, text: str) -> None:
        self.panel.close_form()
        self.tell(text, kind=Kind.GOOD)
        self.refresh()

    def _back(self) -> None:
        self._show_view()
        target = self.step_table if self.step_table.isVisible() else self.views.chip(self.views.key)
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _add_files(self, purpose: str, step: str) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "选择照片或文件")
        if names:
            self.presenter.add_files([Path(name) for name in names], purpose, step)

    def _to_enterprise(self) -> None:
        if self.shown is not None:
            self.go.emit("enterprise", self.shown.case.enterprise)

    def _set_busy(self, busy: bool) -> None:
        self.panel.set_busy(busy)
        self.row.set_busy(busy)
        self.paper_button.setEnabled(not busy)

    # ------------------------------------------------------------------ keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.modifiers() == Qt.KeyboardModifier.NoModifier
            and not self.panel.busy_with_form
        ):
            letter = event.text().upper()
            if letter and watched is self.step_table and self.panel.row.press(letter):
                return True
            if letter and self.row.press(letter):
                return True
        return super().eventFilter(watched, event)
