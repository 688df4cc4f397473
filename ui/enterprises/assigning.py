"""企业分配: who has how many, and giving, handing over and ending for several enterprises at once (coordinator)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.services import enterprises_assigning
from app.services.desk import Desk
from app.services.enterprises_assigning import EnterpriseLoad, PersonLoad
from app.services.enterprises_assigning_forms import FORM_WORDS, Teams, done, form_of
from app.services.issues import ActionForm
from ui import theme
from ui.issues.action_form import ActionFormWidget
from ui.notices import Kind
from ui.page import Page, Presenter
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.check_rows import CheckRowsModel
from ui.widgets.empty import EmptyState
from ui.widgets.flow import FlowLayout
from ui.widgets.pill import Mark
from ui.widgets.rows import Column, RowsModel
from ui.widgets.scroll import Scroll
from ui.widgets.table import Table
from ui.work import Runner


class AssigningPresenter(Presenter):
    """`loaded(EnterpriseLoads, PersonLoads, Teams)`, `done(text)` after something was ordered."""

    loaded = Signal(object, object, object)
    done = Signal(str)

    def load(self) -> None:
        def look(desk: Desk) -> tuple[Any, Any, Any]:
            return (
                enterprises_assigning.enterprise_loads(desk),
                enterprises_assigning.loads(desk),
                enterprises_assigning.teams(desk),
            )

        self.look_up("loads", look, self.desk, then=lambda found: self.loaded.emit(*found))

    def look_for_form(self, action: str, then: Callable[[ActionForm], None]) -> None:
        self.look_up("form", form_of, self.desk, action, then=then)

    def do(self, action: str, args: dict[str, Any], chosen: tuple[str, ...]) -> None:
        self.act(done, self.desk, action, args, chosen, then=self.done.emit)


class AssigningPage(Page):
    """The enterprises to tick at the left, what to do and the people at the right."""

    name = "assigning"

    def __init__(self, desk: Desk, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__("企业分配", crumb="企业", parent=parent)
        self.presenter = AssigningPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.done.connect(self._done)
        self._all: list[EnterpriseLoad] = []
        self.text = QLineEdit(placeholderText="名称或联络员")
        self.text.setAccessibleName("在企业中查找")
        self.text.setClearButtonEnabled(True)
        self.text.textChanged.connect(lambda _text: self._narrow())
        self.model = CheckRowsModel(
            (
                Column("企业", lambda line: line.name, width=220, grow=3),
                Column("谁来包联", lambda line: line.text, width=150, grow=2, quiet=True),
            ),
            key=lambda line: line.id,
            parent=self,
        )
        self.model.ticked_changed.connect(self._count)
        self.table = Table(self.model)
        self.table.setAccessibleName("企业")
        self.empty = EmptyState("还没有企业。导入名册或登记后，按 F5 同步一次就会出现在这里。")
        self.people_model = RowsModel(
            (
                Column("人员", lambda line: line.name, width=80, grow=1),
                Column("家数", lambda line: f"{line.count} 家", width=56, sort=lambda line: line.count),
                Column("提醒", lambda line: line.warning or "—", width=150, grow=2, mark=_mark, drop=1),
            ),
            key=lambda line: line.person,
            parent=self,
        )
        self.people_table = Table(self.people_model)
        self.people_table.setAccessibleName("人员负载")
        self.people_table.opened.connect(self._tick_of)
        self.team_model = RowsModel(
            (
                Column("队伍", lambda team: team.name, width=110, grow=1),
                Column("队员", Teams.members, width=160, grow=2, quiet=True),
                Column("缺", Teams.lacking, width=110, quiet=True, drop=1),
            ),
            key=lambda team: team.id,
            parent=self,
        )
        self.team_table = Table(self.team_model)
        self.team_table.setAccessibleName("队伍")
        self.team_empty = EmptyState("还没有队伍。点「组队」建驻企工作组（1+2）或三帮小分队。")
        self.form = ActionFormWidget()
        self.form.submitted.connect(self._submit)
        self.form.dropped.connect(self.form.close_form)
        self._lay_out()

    def _lay_out(self) -> None:
        left, right = Card("企业"), Card("办理")
        left.body.addWidget(self.text)
        left.body.addWidget(self.table, 1)
        left.body.addWidget(self.empty)
        self.left = left
        buttons = QWidget()
        flow = FlowLayout(buttons, theme.GRID)
        self.buttons: dict[str, Button] = {}
        for action, word in FORM_WORDS.items():
            button = Button(word, partial(self._begin, action))
            flow.addWidget(button)
            self.buttons[action] = button
        right.body.addWidget(buttons)
        right.body.addWidget(self.form)
        people, teams = Card("人员", "回车勾选他包联的企业"), Card("队伍")
        people.body.addWidget(self.people_table)
        teams.body.addWidget(self.team_table)
        teams.body.addWidget(self.team_empty)
        self.people_table.fit(8)
        self.team_table.fit(5)
        scroll = Scroll()
        for card in (right, people, teams):
            scroll.body.addWidget(card)
        scroll.body.addStretch(1)
        across = QHBoxLayout()
        across.setSpacing(theme.GRID * 2)
        column = QVBoxLayout()
        column.addWidget(left, 1)
        across.addLayout(column, 5)
        across.addWidget(scroll, 4)
        self.body.addLayout(across, 1)

    def refresh(self) -> None:
        self.presenter.load()

    def first_focus(self) -> QWidget | None:
        return self.table

    def _show(self, enterprises: list[EnterpriseLoad], people: list[PersonLoad], teams: list[Any]) -> None:
        self._all = enterprises
        self.people_model.set_rows(people)
        self.team_model.set_rows(teams)
        self.team_table.set_shown(bool(teams))
        self.team_empty.setVisible(not teams)
        free = sum(one.text == "未分配" for one in enterprises)
        self.head.set_remark(f"{len(enterprises)} 家，{free} 家未分配")
        self._narrow()
        self._count()

    def _narrow(self) -> None:
        wanted = self.text.text().strip()
        rows = [line for line in self._all if wanted in line.name or wanted in line.text]
        self.model.set_rows(rows)
        self.table.choose_first()
        self.table.set_shown(bool(rows))
        self.empty.setVisible(not self._all)

    def _count(self) -> None:
        known = {line.id for line in self._all}
        ticked = len(self.model.ticked & known)
        self.left.set_note(f"已勾选 {ticked} 家" if ticked else "空格勾选")
        for action in ("give", "give_team", "hand_over", "end"):
            self.buttons[action].setEnabled(bool(ticked))

    def _tick_of(self, person: PersonLoad) -> None:
        self.model.tick(self.model.ticked, False)
        self.model.tick([held.enterprise for held in person.enterprises])

    def _begin(self, action: str) -> None:
        self.presenter.look_for_form(action, self._ask)

    def _ask(self, form: ActionForm) -> None:
        self.form.show_form(form)
        self.form.focus_first()

    def _submit(self, action: str, args: dict[str, Any]) -> None:
        self.presenter.do(action, args, tuple(str(key) for key in self.model.ticked))

    def _done(self, text: str) -> None:
        about_teams = self.form.form is not None and self.form.form.action in ("team", "disband")
        self.form.close_form()
        if not about_teams:
            self.model.tick(self.model.ticked, False)
        self.tell(text, kind=Kind.GOOD)
        self.refresh()


def _mark(line: PersonLoad) -> Mark | None:
    return Mark("yellow", line.warning) if line.warning else None
