"""评审: the list by group; opening one."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app.domain.people import Role
from app.domain.review_scheme import REVIEW_TYPE_NAMES
from app.services.desk import Desk
from app.services.issues import ActionForm
from app.services.reviews import GROUPS, ReviewFilters, ReviewLine
from ui import theme
from ui.issues.action_form import ActionFormWidget
from ui.issues.editors import combo
from ui.notices import Kind
from ui.page import Page
from ui.reviews.model import review_model
from ui.reviews.presenter import ListPresenter
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.chips import ChipRow
from ui.widgets.empty import EmptyState
from ui.widgets.scroll import Scroll
from ui.widgets.table import Table
from ui.work import Runner

NONE_YET = "还没有评审。点「发起评审」选企业和方案：十看十察、尽职调查、协议联审、招商预审。"
NONE_TO_READ = "还没有评审。协调员定您为评委，或者您的企业有了评审，按 F5 同步一次就会出现在这里。"
NOTHING = "这一组里没有评审。"


class ReviewsPage(Page):
    """Enter opens a review; Ctrl+N begins one. `target`: `("new", enterprise)`, or nothing."""

    name = "reviews"

    def __init__(self, desk: Desk, runner: Runner, target: Any = None, parent: QWidget | None = None) -> None:
        super().__init__("评审", crumb="评审", parent=parent)
        self._opens = Role.COORDINATOR in desk.signed_in().actor.roles
        self._lines: list[ReviewLine] = []
        self._enterprise: str | None = None
        self._chosen = False
        self.presenter = ListPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.form_ready.connect(self._show_form)
        self.presenter.opened_one.connect(self._opened)
        self.presenter.failed.connect(lambda text: self.tell(text, kind=Kind.WARNING))
        self.new_button = Button("发起评审", self._ask_any, primary=True, shortcut="Ctrl+N")
        if self._opens:
            self.head.add(self.new_button)
        else:
            self.new_button.hide()
        self.groups = ChipRow({key: group.word for key, group in GROUPS.items()})
        self.groups.chosen.connect(lambda _keys: self._filter())
        self.body.addWidget(self.groups)
        self._build_filters()
        self._build_body()
        if isinstance(target, tuple) and target[:1] == ("new",) and self._opens:
            self._enterprise = str(target[1])
            self.presenter.ask_form(self._enterprise)

    def _build_filters(self) -> None:
        self.text = QLineEdit(placeholderText="名称、企业、编号、方案")
        self.text.setAccessibleName("筛选文字")
        self.text.setClearButtonEnabled(True)
        self.text.textChanged.connect(lambda _text: self._filter())
        self.type = combo("类型")
        self.type.addItem("全部类型", "")
        for code, word in REVIEW_TYPE_NAMES.items():
            self.type.addItem(word, code.value)
        self.type.currentIndexChanged.connect(lambda _place: self._filter())
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        line.addWidget(self.text, 2)
        line.addWidget(self.type, 1)
        line.addStretch(3)
        self.body.addLayout(line)

    def _build_body(self) -> None:
        self.model = review_model(self)
        self.table = Table(self.model)
        self.table.setAccessibleName("评审")
        self.table.opened.connect(lambda line: self.go.emit("review", line.id))
        self.empty = EmptyState("")
        left = Card()
        left.body.addWidget(self.table, 1)
        left.body.addWidget(self.empty)
        self.form = ActionFormWidget()
        self.form.submitted.connect(self._submitted)
        self.form.dropped.connect(self._close_form)
        self.opening = Card("发起评审", " ")
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

    # ------------------------------------------------------------------ the list

    def _show(self, lines: list[ReviewLine]) -> None:
        self._lines = lines
        counts = {key: sum(map(group.holds, lines)) for key, group in GROUPS.items()}
        self.groups.set_counts(counts)
        if not self._chosen and counts["asked"]:
            # What waits for this person is what he came for.
            self.groups.choose("asked")
        self._chosen = True
        self._filter()

    def _filter(self) -> None:
        wanted = ReviewFilters(self.groups.key, self.text.text(), str(self.type.currentData() or ""))
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
        self.presenter.open_review(enterprise, values)

    def _close_form(self) -> None:
        self.form.close_form()
        self.opening.hide()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _opened(self, id: str) -> None:
        self._close_form()
        self.tell("已发起。", kind=Kind.GOOD)
        self.go.emit("review", id)
