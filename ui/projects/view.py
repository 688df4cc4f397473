"""项目: the list by class, with what is owed; registering one."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app.domain.people import Role
from app.services.desk import Desk
from app.services.issues import ActionForm
from app.services.projects import GROUPS, ProjectFilters, ProjectLine
from ui import theme
from ui.issues.action_form import ActionFormWidget
from ui.notices import Kind
from ui.page import Page
from ui.projects.model import project_model
from ui.projects.presenter import ListPresenter
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.chips import ChipRow
from ui.widgets.empty import EmptyState
from ui.widgets.scroll import Scroll
from ui.widgets.table import Table
from ui.work import Runner

NONE_YET = "还没有项目。点「登记项目」选企业，写上签约日期和计划开工、竣工、投产的日子。"
NONE_TO_READ = "还没有项目。联络员或协调员登记后，按 F5 同步一次就会出现在这里。"
NOTHING = "这一组里没有项目。"


class ProjectsPage(Page):
    """Enter opens a project; Ctrl+N registers one. `target`: None, or `("new", enterprise)`."""

    name = "projects"

    def __init__(self, desk: Desk, runner: Runner, target: Any = None, parent: QWidget | None = None) -> None:
        super().__init__("项目", crumb="代办", parent=parent)
        self._opens = bool(desk.signed_in().actor.roles & {Role.OFFICER, Role.COORDINATOR})
        self._lines: list[ProjectLine] = []
        self._enterprise: str | None = None
        self.presenter = ListPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.form_ready.connect(self._show_form)
        self.presenter.opened_one.connect(self._opened)
        self.presenter.failed.connect(lambda text: self.tell(text, kind=Kind.WARNING))
        self.new_button = Button("登记项目", self._ask_any, primary=True, shortcut="Ctrl+N")
        if self._opens:
            self.head.add(self.new_button)
        else:
            self.new_button.hide()
        self.head.add(Button("评审", lambda: self.go.emit("reviews", None)))
        self.groups = ChipRow({key: group.word for key, group in GROUPS.items()})
        self.groups.chosen.connect(lambda _keys: self._filter())
        self.body.addWidget(self.groups)
        self._build_filters()
        self._build_body()
        self.show_target(target)

    def _build_filters(self) -> None:
        self.text = QLineEdit(placeholderText="名称、企业、编号、责任人")
        self.text.setAccessibleName("筛选文字")
        self.text.setClearButtonEnabled(True)
        self.text.textChanged.connect(lambda _text: self._filter())
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        line.addWidget(self.text, 2)
        line.addStretch(3)
        self.body.addLayout(line)

    def _build_body(self) -> None:
        self.model = project_model(self)
        self.table = Table(self.model)
        self.table.setAccessibleName("项目")
        self.table.opened.connect(lambda line: self.go.emit("project", line.id))
        self.empty = EmptyState("")
        left = Card()
        left.body.addWidget(self.table, 1)
        left.body.addWidget(self.empty)
        self.form = ActionFormWidget()
        self.form.submitted.connect(self._submitted)
        self.form.dropped.connect(self._close_form)
        self.opening = Card("登记项目", " ")
        scroll = Scroll()
        scroll.body.setContentsMargins(0, 0, theme.GRID // 2, 0)
        scroll.body.addWidget(self.form)
        scroll.body.addStretch(1)
        self.opening.body.addWidget(scroll, 1)
        self.opening.hide()
        self.opening.setMinimumWidth(theme.SIZES["pane"])
        self.opening.setMaximumWidth(theme.current().px(400))
        columns = QHBoxLayout()
        columns.setSpacing(theme.GRID * 2)
        columns.addWidget(left, 3)
        columns.addWidget(self.opening, 2)
        self.body.addLayout(columns, 1)

    def refresh(self) -> None:
        self.presenter.load()

    def first_focus(self) -> QWidget | None:
        return self.table

    def show_target(self, target: Any) -> None:
        if isinstance(target, tuple) and target[:1] == ("new",):
            self._enterprise = str(target[1])
            self.presenter.ask_form(self._enterprise)

    # ------------------------------------------------------------------ the list

    def _show(self, lines: list[ProjectLine]) -> None:
        self._lines = lines
        counts = {key: sum(map(group.holds, lines)) for key, group in GROUPS.items()}
        self.groups.set_counts(counts)
        self._filter()

    def _filter(self) -> None:
        wanted = ProjectFilters(self.groups.key, self.text.text())
        lines = [line for line in self._lines if wanted.holds(line)]
        self.model.set_rows(lines)
        self.table.choose_first()
        self.table.set_shown(bool(lines))
        self.empty.setVisible(not lines)
        none_yet = NONE_YET if self._opens else NONE_TO_READ
        self.empty.set_text(NOTHING if self._lines else none_yet)

    # ------------------------------------------------------------------ a new one

    def _ask_any(self) -> None:
        self._enterprise = None
        self.presenter.ask_form()

    def _show_form(self, form: ActionForm) -> None:
        self.opening.show()
        self.form.show_form(form)
        self.form.focus_first()

    def _submitted(self, _action: str, values: dict[str, Any]) -> None:
        enterprise = self._enterprise or str(values.get("enterprise", ""))
        self.presenter.open_project(enterprise, values)

    def _close_form(self) -> None:
        self.form.close_form()
        self.opening.hide()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _opened(self, id: str) -> None:
        self._close_form()
        self.tell("已登记。下一步：排节点和月计划，定责任人；每周五 17:00 前报周报。", kind=Kind.GOOD)
        self.go.emit("project", id)
