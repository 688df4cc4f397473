"""The entries of one enterprise in all registers, on its page."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.services import registers, words
from app.services.desk import Desk
from app.services.registers import RecordLine
from ui.page import Presenter
from ui.registers.model import TONES
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState
from ui.widgets.pill import Mark
from ui.widgets.rows import Column, RowsModel
from ui.widgets.table import Table
from ui.work import Runner

Pair = tuple[str, RecordLine]


class EntriesCard(Card):
    """`opened(id)` of an entry. It looks its lines up itself: `load()`."""

    opened = Signal(str)

    def __init__(self, desk: Desk, runner: Runner, enterprise: str, parent: QWidget | None = None) -> None:
        super().__init__("台账", " ", parent)
        self.enterprise = enterprise
        self.presenter = Presenter(desk, runner, self)
        self.model = RowsModel(
            (
                Column("台账", lambda pair: pair[0], width=110, grow=2),
                Column("内容", lambda pair: pair[1].title or pair[1].number, width=110, grow=3, drop=2),
                Column("进展", lambda pair: pair[1].stage_word, width=84, mark=_mark, drop=1),
                Column("日期", lambda pair: words.day_of_text(pair[1].day), width=84, quiet=True),
            ),
            key=lambda pair: pair[1].id,
            parent=self,
        )
        self.table = Table(self.model)
        self.table.setAccessibleName("台账")
        self.table.horizontalHeader().hide()
        self.table.fit(6)
        self.table.opened.connect(lambda pair: self.opened.emit(pair[1].id))
        self.empty = EmptyState("没有台账记录。在「台账」里登记融资、兑现、履约等，会出现在这里。")
        self.body.addWidget(self.table)
        self.body.addWidget(self.empty)

    def load(self) -> None:
        """Look the entries up again."""
        self.presenter.look_up(
            "entries", registers.of_enterprise, self.presenter.desk, self.enterprise, then=self._show
        )

    def _show(self, lines: list[Pair]) -> None:
        self.model.set_rows(lines)
        self.table.set_shown(bool(lines))
        self.empty.setVisible(not lines)


def _mark(pair: Pair) -> Mark | None:
    line = pair[1]
    return Mark(TONES.get(line.stage, "blue"), line.stage_word) if line.stage_word else None
