"""企业: the list with search and filters."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app.domain.people import Role, sees_whole_park
from app.services import enterprises
from app.services.desk import Desk
from app.services.enterprises import EnterpriseLine
from ui import theme
from ui.enterprises.enter_card import EnterCard
from ui.enterprises.model import enterprise_model
from ui.enterprises.presenter import ListPresenter
from ui.page import Page, later
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.chips import ChipRow
from ui.widgets.empty import EmptyState
from ui.widgets.table import Table
from ui.work import Runner

WAIT_MS = 120


class EnterprisesPage(Page):
    """Enter or a double click opens an enterprise."""

    name = "enterprises"

    def __init__(self, desk: Desk, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__("企业", parent=parent)
        roles = desk.signed_in().actor.roles
        own, park = Role.OFFICER in roles, sees_whole_park(roles)
        self.presenter = ListPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.text = QLineEdit(placeholderText="名称、信用代码、地址")
        self.text.setAccessibleName("在企业中查找")
        self.text.setClearButtonEnabled(True)
        self.text.setFixedWidth(theme.current().px(280))
        self._wait = later(self, WAIT_MS, self.refresh)
        self.text.textChanged.connect(lambda _text: self._wait.start())
        filters = {
            key: word
            for key, word in enterprises.FILTERS.items()
            if (key != "unconfirmed" or park)
            and (own or key not in (*enterprises.OWN_ONLY, *enterprises.WHOLE_ONLY))
        }
        self.filters = ChipRow(filters, single=False)
        self.filters.chosen.connect(lambda _keys: self.refresh())
        line = QHBoxLayout()
        line.setSpacing(theme.GRID * 2)
        line.addWidget(self.text)
        line.addWidget(self.filters, 1)
        self.body.addLayout(line)
        self.model = enterprise_model(self, officers=park)
        self.table = Table(self.model, sortable=True)
        self.table.setAccessibleName("企业")
        self.table.opened.connect(lambda line: self.go.emit("enterprise", line.id))
        self.empty = EmptyState("")
        card = Card()
        card.body.addWidget(self.table, 1)
        card.body.addWidget(self.empty)
        self.body.addWidget(card, 1)
        self.enter_card = EnterCard()
        self.enter_card.hide()
        self.enter_card.asked.connect(self.presenter.look_alike)
        self.enter_card.entered.connect(self.presenter.enter)
        self.enter_card.opened.connect(lambda id: self.go.emit("enterprise", id))
        self.presenter.alike.connect(self.enter_card.offer)
        self.presenter.entered.connect(self._entered)
        self.body.insertWidget(self.body.indexOf(card), self.enter_card)
        if own or Role.COORDINATOR in roles:
            self.head.add(Button("登记企业", self._enter, shortcut="Ctrl+Shift+N"))
        if Role.COORDINATOR in roles:
            self.head.add(Button("走访核验", lambda: self.go.emit("verifying", None)))
            self.head.add(Button("企业分配", lambda: self.go.emit("assigning", None)))
        if own or Role.COORDINATOR in roles:
            self.head.add(Button("走访周期", lambda: self.go.emit("cycles", None)))
        if own:
            self.head.add(Button("出发准备", self._prepare, shortcut="Ctrl+P"))
        self.open_button = Button("打开", self._open)
        self.head.add(self.open_button)

    def refresh(self) -> None:
        self.presenter.load(self.text.text(), self.filters.keys())

    def first_focus(self) -> QWidget | None:
        return self.table

    def _show(self, lines: list[EnterpriseLine], everything: int) -> None:
        self.model.set_rows(lines)
        self.table.choose_first()
        self.table.set_shown(bool(lines))
        self.empty.setVisible(not lines)
        self.empty.set_text(
            "没有符合条件的企业。可以去掉一个筛选，或换一个短些的词。"
            if everything
            else "还没有企业。分配或导入后，按 F5 同步一次就会出现在这里。"
        )
        self.open_button.setEnabled(bool(lines))
        shown = f"{len(lines)} 家" if len(lines) == everything else f"{everything} 家中的 {len(lines)} 家"
        self.head.set_remark(shown)

    def _enter(self) -> None:
        self.enter_card.begin()

    def _entered(self, id: str) -> None:
        self.enter_card.hide()
        self.go.emit("enterprise", id)

    def _open(self) -> None:
        if self.table.current is not None:
            self.go.emit("enterprise", self.table.current.id)

    def _prepare(self) -> None:
        self.go.emit("prepare", (self.table.current.id,) if self.table.current is not None else ())
