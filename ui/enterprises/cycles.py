"""走访周期: how often each enterprise is visited, for one or for several at once, with what that makes of the due dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain.visit import CYCLE_NAMES, Cycle
from app.services import visit_cycles, words
from app.services.desk import Desk
from app.services.visit_cycles import CycleLine, Effect
from ui import theme
from ui.errors import explain
from ui.marks import due_mark
from ui.notices import Kind
from ui.page import Page, Presenter
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.check_rows import CheckRowsModel
from ui.widgets.chips import ChipRow
from ui.widgets.empty import EmptyState
from ui.widgets.label import label
from ui.widgets.pill import Mark
from ui.widgets.rows import Column
from ui.widgets.scroll import Scroll
from ui.widgets.table import Table
from ui.work import Runner

MOST_EFFECTS = 40
"""More than that nobody reads through; how many are left out is said."""


class CyclesPresenter(Presenter):
    """`loaded(list of CycleLine)`, `done(what the altered ones had, by id)`, `failed(text)`."""

    loaded = Signal(object)
    done = Signal(object)
    failed = Signal(str)

    def load(self) -> None:
        self.look_up("cycles", visit_cycles.listing, self.desk, then=self.loaded.emit)

    def set_cycles(self, wanted: Mapping[str, Cycle]) -> None:
        self.act(
            visit_cycles.set_cycles,
            self.desk,
            wanted,
            then=self.done.emit,
            otherwise=lambda error: self.failed.emit(explain(error).text),
        )


class CyclesPage(Page):
    """The enterprises to tick at the left, the cycle and what it does at the right. Enter sets the chosen row's alone."""

    name = "cycles"

    def __init__(self, desk: Desk, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__("走访周期", crumb="企业", parent=parent)
        self._desk = desk
        self._all: list[CycleLine] = []
        self._taking_back = False
        self.presenter = CyclesPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.done.connect(self._done)
        self.presenter.failed.connect(lambda text: self.tell(text, kind=Kind.WARNING))
        self.text = QLineEdit(placeholderText="名称或联络员")
        self.text.setAccessibleName("在企业中查找")
        self.text.setClearButtonEnabled(True)
        self.text.textChanged.connect(lambda _text: self._narrow())
        self.model = CheckRowsModel(
            (
                Column("企业", lambda line: line.name, width=200, grow=3),
                Column("联络员", lambda line: line.officer_name or "未分配", width=84, quiet=True, drop=2),
                Column("上次走访", _last, width=90, quiet=True, drop=1),
                Column("周期", lambda line: line.cycle_word, width=72),
                Column("走访", lambda line: line.due_word, width=124, mark=_mark),
            ),
            key=lambda line: line.id,
            parent=self,
        )
        self.model.ticked_changed.connect(self._weigh)
        self.table = Table(self.model)
        self.table.setAccessibleName("企业")
        self.table.picked.connect(lambda _line: self._weigh())
        self.table.opened.connect(lambda _line: self.chips.chip(self.chips.key).setFocus())
        self.empty = EmptyState("还没有企业。分配或导入后，按 F5 同步一次就会出现在这里。")
        self.chips: ChipRow = ChipRow({cycle.value: word for cycle, word in CYCLE_NAMES.items()})
        self.chips.chosen.connect(lambda _keys: self._weigh())
        self.button = Button("设为每季", self._set, primary=True, shortcut="Ctrl+Return")
        self._lay_out()

    def _lay_out(self) -> None:
        self.left = Card("企业", " ")
        self.left.body.addWidget(self.text)
        self.left.body.addSpacing(theme.GRID)
        self.left.body.addWidget(self.table, 1)
        self.left.body.addWidget(self.empty)
        right = Card("改成多久去一次")
        self.whom = label("", "table", wrap=True)
        self.summary = label("", "head", wrap=True)
        self.rows = QVBoxLayout()
        self.rows.setSpacing(0)
        scroll = Scroll()
        scroll.body.addLayout(self.rows)
        scroll.body.addStretch(1)
        right.body.setSpacing(theme.GRID)
        for widget in (self.chips, self.whom, self.button, self.summary):
            right.body.addWidget(widget)
        right.body.addWidget(scroll, 1)
        across = QHBoxLayout()
        across.setSpacing(theme.GRID * 2)
        across.addWidget(self.left, 3)
        across.addWidget(right, 2)
        self.body.addLayout(across, 1)

    def refresh(self) -> None:
        self.presenter.load()

    def first_focus(self) -> QWidget | None:
        return self.table

    @property
    def chosen(self) -> list[CycleLine]:
        """Those that are ticked; where none is, the row at hand."""
        ticked = [line for line in self._all if line.id in self.model.ticked]
        current = self.table.current
        return ticked or ([current] if current is not None else [])

    def _show(self, lines: list[CycleLine]) -> None:
        self._all = lines
        self.head.set_remark("多久走访一次，由联络员或协调员定；改了马上按新的周期算到期")
        self._narrow()

    def _narrow(self) -> None:
        wanted = self.text.text().strip()
        rows = [line for line in self._all if wanted in line.name or wanted in line.officer_name]
        self.model.set_rows(rows)
        self.table.choose_first()
        self.table.set_shown(bool(rows))
        self.empty.setVisible(not self._all)
        self._weigh()

    def _weigh(self) -> None:
        """Say what the chosen cycle would make of the chosen enterprises."""
        cycle, chosen = Cycle(self.chips.key), self.chosen
        ticked = len(self.model.ticked)
        self.left.set_note(f"已勾选 {ticked} 家" if ticked else "空格勾选")
        found = visit_cycles.effects(self._desk, chosen, cycle)
        self.button.set_text(f"设为{CYCLE_NAMES[cycle]}")
        self.button.setEnabled(bool(found))
        names = "、".join(line.name for line in chosen[:2])
        self.whom.setText(f"{names}等 {len(chosen)} 家" if len(chosen) > 2 else names)
        same = len(chosen) - len(found)
        late = sum(one.overdue for one in found)
        told = [f"{len(found)} 家要改"] if found else ["没有要改的"]
        told += [f"{same} 家已经是{CYCLE_NAMES[cycle]}"] if same else []
        told += [f"{late} 家马上就算逾期"] if late else []
        self.summary.setText("，".join(told) if chosen else "")
        self._show_effects(found)

    def _show_effects(self, found: Sequence[Effect]) -> None:
        while (taken := self.rows.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for one in found[:MOST_EFFECTS]:
            late = "▲ 马上逾期　" if one.overdue else ""
            self.rows.addWidget(label(one.name, "table", wrap=True))
            self.rows.addWidget(
                label(f"{late}{one.before} → {one.after}", "bad" if late else "small", wrap=True)
            )
            self.rows.addSpacing(theme.GRID // 2)
        if len(found) > MOST_EFFECTS:
            self.rows.addWidget(label(f"另有 {len(found) - MOST_EFFECTS} 家。", "small"))

    def _set(self) -> None:
        cycle = Cycle(self.chips.key)
        self._taking_back = False
        self.presenter.set_cycles({line.id: cycle for line in self.chosen if line.cycle is not cycle})

    def _done(self, former: dict[str, Cycle]) -> None:
        self.model.tick(self.model.ticked, False)
        away = any(not line.held for line in self._all if line.id in former)
        text = f"{len(former)} 家的走访周期{'已改回' if self._taking_back else '已改'}。"
        if away:
            text += "同步后各联络员会看到。"
        if self._taking_back:
            self.tell(text, kind=Kind.GOOD)
        else:
            self.tell(text, kind=Kind.GOOD, action="撤销", act=lambda: self._take_back(former))
        self.refresh()

    def _take_back(self, former: dict[str, Cycle]) -> None:
        self._taking_back = True
        self.presenter.set_cycles(former)


def _last(line: CycleLine) -> str:
    return words.day_of_text(line.last_visit.isoformat()) if line.last_visit else "还没有走访"


def _mark(line: CycleLine) -> Mark | None:
    return due_mark(line.due, line.due_word) if line.due else None
