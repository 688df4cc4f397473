"""服务走访核验: the park's finished visits; verified or given back, one or several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.services import opened, visit_verifying, words
from app.services.desk import Desk
from app.services.issues import Done
from app.services.visit_verifying import REVIEW_NAMES, Review, ReviewLine
from ui import theme
from ui.errors import explain
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
from ui.widgets.table import Table
from ui.work import Runner

_TONES = {Review.WAITING: "blue", Review.RETURNED: "yellow", Review.VERIFIED: "green"}
NOTHING = {
    Review.WAITING: "没有等着核的走访。联络员提交走访以后，会出现在这里。",
    Review.RETURNED: "没有退回待改的走访。",
    Review.VERIFIED: "还没有核过的走访。",
}


class VerifyingPresenter(Presenter):
    """`loaded(list of ReviewLine)`, `done(word, list of Done)`, `wanted()` when data was asked for, `failed(text)`."""

    loaded = Signal(object)
    done = Signal(str, object)
    wanted = Signal()
    failed = Signal(str)

    def load(self) -> None:
        self.look_up("visits", visit_verifying.listing, self.desk, then=self.loaded.emit)

    def verify(self, ids: Sequence[str]) -> None:
        self._do("已核", visit_verifying.verify_many, ids)

    def give_back(self, ids: Sequence[str], reason: str) -> None:
        self._do("已退回", visit_verifying.return_many, ids, reason)

    def fetch(self, enterprises: Sequence[str]) -> None:
        def ask(desk: Desk) -> None:
            for one in enterprises:
                opened.open_bucket(desk, one)

        self.act(ask, self.desk, then=lambda _none: self.wanted.emit())

    def _do(self, word: str, function: Callable[..., list[Done]], *args: Any) -> None:
        self.act(
            function,
            self.desk,
            *args,
            then=lambda done: self.done.emit(word, done),
            otherwise=lambda error: self.failed.emit(explain(error).text),
        )


class VerifyingPage(Page):
    """Space ticks, Enter reads the visit; without ticks the row at hand is meant."""

    name = "verifying"

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QWidget | None = None) -> None:
        super().__init__("服务走访核验", "看过记录，核过或退回；退回要写清楚改什么", "企业", parent)
        self._lines: list[ReviewLine] = []
        self.presenter = VerifyingPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.done.connect(self._done)
        self.presenter.wanted.connect(sync.run)
        self.presenter.failed.connect(lambda text: self.tell(text, kind=Kind.WARNING))
        sync.finished.connect(lambda _report: self.refresh())
        self.views = ChipRow({view.value: word for view, word in REVIEW_NAMES.items()})
        self.views.chosen.connect(lambda _keys: self._filter())
        self.text = QLineEdit(placeholderText="企业或走访人")
        self.text.setAccessibleName("在走访中查找")
        self.text.setClearButtonEnabled(True)
        self.text.textChanged.connect(lambda _text: self._filter())
        self.model = CheckRowsModel(
            (
                Column("企业", lambda line: line.enterprise_name, width=180, grow=3),
                Column("走访", lambda line: words.day_of_text(line.day), width=86),
                Column("走访人", lambda line: line.officer_name, width=80, quiet=True, drop=2),
                Column("方式", lambda line: line.method_word or "—", width=56, quiet=True, drop=4),
                Column("提交", lambda line: line.submitted or "—", width=118, quiet=True, drop=3),
                Column("退回", _times, width=64, quiet=True, drop=5),
                Column("资料", lambda line: "在本机" if line.held else "未取", width=70, quiet=True, drop=1),
                Column("状态", lambda line: line.word, width=104, mark=_mark),
            ),
            key=lambda line: line.id,
            parent=self,
        )
        self.model.ticked_changed.connect(self._offer)
        self.table = Table(self.model)
        self.table.setAccessibleName("走访")
        self.table.picked.connect(lambda _line: self._offer())
        self.table.opened.connect(lambda _line: self._look())
        self.empty = EmptyState("")
        self.problems = label("", "bad", wrap=True)
        self.problems.hide()
        self._lay_out()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(theme.GRID * 2)
        top.addWidget(self.text, 1)
        top.addWidget(self.views, 2)
        self.card = Card("走访", " ")
        self.card.body.addWidget(self.table, 1)
        self.card.body.addWidget(self.empty)
        self.card.body.addWidget(self.problems)
        self.look_button = Button("看走访", self._look)
        self.fetch_button = Button("取资料", self._fetch)
        self.verify_button = Button("已核", self._verify, primary=True, shortcut="Ctrl+Return")
        self.return_button = Button("退回", self._ask)
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        for button in (self.verify_button, self.return_button, self.look_button, self.fetch_button):
            line.addWidget(button)
        line.addStretch(1)
        self.asking = QWidget(self)
        ask = QHBoxLayout(self.asking)
        ask.setContentsMargins(0, 0, 0, 0)
        ask.setSpacing(theme.GRID)
        self.reason = QLineEdit(placeholderText="退回的原因：哪里要改，改成什么样")
        self.reason.setAccessibleName("退回的原因")
        self.reason.setMaxLength(500)
        self.reason.returnPressed.connect(self._give_back)
        ask.addWidget(self.reason, 1)
        ask.addWidget(Button("退回给走访人", self._give_back, primary=True))
        ask.addWidget(Button("不退了", self.asking.hide))
        self.asking.hide()
        column = QVBoxLayout()
        column.setSpacing(theme.GRID)
        column.setContentsMargins(0, theme.GRID, 0, 0)
        column.addLayout(line)
        column.addWidget(self.asking)
        self.card.body.addLayout(column)
        self.body.addLayout(top)
        self.body.addWidget(self.card, 1)

    def refresh(self) -> None:
        self.presenter.load()

    def first_focus(self) -> QWidget | None:
        return self.table

    @property
    def chosen(self) -> list[ReviewLine]:
        """Those that are ticked; where none is, the row at hand."""
        ticked = [line for line in self.model.rows if line.id in self.model.ticked]
        current = self.table.current
        return ticked or ([current] if current is not None else [])

    def _show(self, lines: list[ReviewLine]) -> None:
        self._lines = lines
        self.views.set_counts(
            {view: sum(line.review == view for line in lines) for view in self.views.all_keys}
        )
        self._filter()

    def _filter(self) -> None:
        wanted, view = self.text.text().strip(), self.views.key
        rows = [
            line
            for line in self._lines
            if line.review == view and (wanted in line.enterprise_name or wanted in line.officer_name)
        ]
        shown = {line.id for line in rows}
        self.model.tick([key for key in self.model.ticked if key not in shown], False)
        self.model.set_rows(rows)
        self.table.choose_first()
        self.table.set_shown(bool(rows))
        self.empty.setVisible(not rows)
        self.empty.set_text(NOTHING[Review(view)])
        self._offer()

    def _offer(self) -> None:
        chosen = self.chosen
        ticked = len(self.model.ticked)
        self.card.set_note(f"已勾选 {ticked} 次" if ticked else "空格勾选，回车看记录")
        waiting = [line for line in chosen if line.review is Review.WAITING and not line.own]
        many = f" {len(waiting)} 次" if ticked else ""
        self.verify_button.set_text(f"已核{many}")
        self.return_button.set_text(f"退回{many}")
        for button in (self.verify_button, self.return_button):
            button.setEnabled(bool(waiting) and all(line.held for line in waiting))
            button.setVisible(self.views.key == Review.WAITING)
        away = {line.enterprise for line in chosen if not line.held}
        self.fetch_button.setVisible(bool(away))
        self.fetch_button.set_text(f"取 {len(away)} 家企业的资料")
        self.look_button.setEnabled(self.table.current is not None and self.table.current.held)

    def _ids(self) -> list[str]:
        return [line.id for line in self.chosen if line.review is Review.WAITING and not line.own]

    def _verify(self) -> None:
        self.presenter.verify(self._ids())

    def _ask(self) -> None:
        self.asking.show()
        self.reason.setFocus()

    def _give_back(self) -> None:
        self.presenter.give_back(self._ids(), self.reason.text())

    def _look(self) -> None:
        line = self.table.current
        if line is not None and line.held:
            self.go.emit("visit", line.id)
        elif line is not None:
            self._fetch()

    def _fetch(self) -> None:
        away = dict.fromkeys(line.enterprise for line in self.chosen if not line.held)
        self.presenter.fetch(list(away))
        self.tell("正在取企业的资料，取到后就能看记录……")

    def _done(self, word: str, done: list[Done]) -> None:
        failed = [one for one in done if one.problem]
        self.asking.hide()
        self.reason.clear()
        self.model.tick({one.id for one in done} - {one.id for one in failed}, False)
        self.problems.setText("\n".join(f"{one.title} {one.number}：{one.problem}" for one in failed))
        self.problems.setVisible(bool(failed))
        text = f"{word} {len(done) - len(failed)} 次。" + (
            f"{len(failed)} 次没办成，原因在下面。" if failed else ""
        )
        self.tell(text, kind=Kind.WARNING if failed else Kind.GOOD)
        self.refresh()


def _times(line: ReviewLine) -> str:
    return f"{line.times} 次" if line.times else "—"


def _mark(line: ReviewLine) -> Mark:
    return Mark(_TONES[line.review], line.word)
