"""One visit: what it was, what changed since the one before, its versions; a coordinator returns or verifies it here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain.visit import VisitState
from app.printing.models import SERVICE_NOTICE, Printed
from app.services import papers, visit_page, words
from app.services.desk import Desk
from app.services.visit_changes import Difference
from app.services.visit_page import VisitPage
from ui import theme
from ui.fetching import fetch_missing
from ui.marks import visit_mark
from ui.notices import Kind
from ui.page import Page, Presenter
from ui.widgets.buttons import Button
from ui.widgets.card import Card, subhead
from ui.widgets.empty import EmptyState
from ui.widgets.facts import Facts
from ui.widgets.label import label
from ui.widgets.line_row import LineRow
from ui.widgets.pill import Pill
from ui.widgets.scroll import Scroll
from ui.work import Runner, Work


class OnePresenter(Presenter):
    """`loaded(VisitPage)`, `missing(text)`, `done(text)`, `printed(Printed)`."""

    loaded = Signal(object)
    missing = Signal(str)
    done = Signal(str)
    printed = Signal(object)

    def load(self, visit: str) -> None:
        self.look_up(
            "visit",
            visit_page.page,
            self.desk,
            visit,
            then=self.loaded.emit,
            otherwise=lambda error: self.missing.emit(getattr(error, "text", str(error))),
        )

    def give_back(self, visit: str, reason: str) -> None:
        told = "已退回。走访人同步后会看到退回意见，原来的记录仍然保留。"
        self.act(visit_page.give_back, self.desk, visit, reason, then=lambda _none: self.done.emit(told))

    def verify(self, visit: str) -> None:
        self.act(visit_page.verify, self.desk, visit, then=lambda _none: self.done.emit("已核，不再退回。"))

    def print_record(self, visit: str) -> Work:
        def job(work: Work) -> Printed:
            fetch_missing(self.desk, visit, work)
            return papers.print_record(self.desk, visit)

        return self.runner.long(job, then=self.printed.emit, owner=self)


class VisitPageView(Page):
    """Shows one visit; who may do nothing with it reads."""

    name = "visit"

    def __init__(self, desk: Desk, runner: Runner, visit: str, parent: QWidget | None = None) -> None:
        super().__init__("走访", f"{SERVICE_NOTICE}。", "走访", parent)
        self.visit = visit
        self.presenter = OnePresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.missing.connect(self._missing)
        self.presenter.done.connect(self._done)
        self.presenter.printed.connect(lambda made: self.go.emit("preview", (made.path, made.pages)))
        self.pill = Pill()
        self.head.add(self.pill)
        self.go_on = Button("接着填", lambda: self.go.emit("filling", self.visit), primary=True)
        self.print_button = Button("打印走访记录", self._print, shortcut="Ctrl+P")
        self.verify_button = Button("已核", lambda: self.presenter.verify(self.visit), primary=True)
        self.return_button = Button("退回", self._ask)
        for button in (self.print_button, self.return_button, self.verify_button, self.go_on):
            self.head.add(button)
            button.hide()
        self.asking = self._ask_line()
        self.body.addWidget(self.asking)
        self.asking.hide()
        self.absent = EmptyState("")
        self.absent.hide()
        self.body.addWidget(self.absent)
        self.content = Scroll()
        self.hint = label("", "bad", wrap=True)
        self.facts = Facts(2)
        self.facts_card = Card("这次走访")
        self.facts_card.body.addWidget(self.facts)
        self.parts = QVBoxLayout()
        self.parts.setSpacing(theme.GRID * 2)
        self.content.body.addWidget(self.hint)
        self.content.body.addWidget(self.facts_card)
        self.content.body.addLayout(self.parts)
        self.content.body.addStretch(1)
        self.body.addWidget(self.content, 1)

    def _ask_line(self) -> QWidget:
        holder = QWidget(self)
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.GRID)
        self.reason = QLineEdit()
        self.reason.setAccessibleName("退回的原因")
        self.reason.setPlaceholderText("退回的原因：哪里要改，改成什么样")
        self.reason.setMaxLength(500)
        self.reason.returnPressed.connect(self._give_back)
        line.addWidget(self.reason, 1)
        line.addWidget(Button("退回给走访人", self._give_back, primary=True))
        line.addWidget(Button("不退了", holder.hide))
        return holder

    def refresh(self) -> None:
        self.presenter.load(self.visit)

    def first_focus(self) -> QWidget | None:
        return self.print_button

    def _missing(self, text: str) -> None:
        self.content.hide()
        self.absent.set_text(text)
        self.absent.show()

    def _show(self, page: VisitPage) -> None:
        visit = page.visit
        self.absent.hide()
        self.content.show()
        self.head.set_title(f"{visit.enterprise_name} {words.day_of_text(visit.day)}")
        self.pill.set_mark(visit_mark(visit.state, page.state_word))
        self.go_on.setVisible(page.mine and visit.state is VisitState.OPEN)
        self.print_button.setVisible(visit.state is VisitState.SUBMITTED)
        self.verify_button.setVisible(page.may_review)
        self.return_button.setVisible(page.may_review)
        if not page.may_review:
            self.asking.hide()
        self.hint.setText(f"▲ {page.hint}")
        self.hint.setVisible(bool(page.hint))
        self.facts.set_facts(page.facts)
        self._show_parts(page)

    def _show_parts(self, page: VisitPage) -> None:
        while (taken := self.parts.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for version in reversed(page.versions):
            card = Card(f"第 {version.number} 版被退回", version.returned)
            card.body.addWidget(label(f"退回意见：{version.reason}", "table", wrap=True))
            card.body.addWidget(label(f"这一版提交于 {version.submitted}，记录仍保留。", "small", wrap=True))
            if version.changes:
                card.body.addWidget(subhead("后来改了什么"))
                _lines(card, version.changes)
            self.parts.addWidget(card)
        for form in page.forms:
            card = Card(form.title, f"与 {words.day_of_text(form.last_day)} 相比" if form.last_day else "")
            if not form.last_day:
                card.body.addWidget(EmptyState("这张表是第一次填，没有上次可比。"))
            elif not form.changes:
                card.body.addWidget(EmptyState("填过的都和上次一样。"))
            _lines(card, form.changes)
            self.parts.addWidget(card)
        if page.issues:
            card = Card("形成的诉求", f"{len(page.issues)} 件")
            for id, text in page.issues:
                card.body.addWidget(LineRow(text, "", (("打开", partial(self.go.emit, "issues", id)),)))
            self.parts.addWidget(card)

    def _ask(self) -> None:
        self.asking.show()
        self.reason.setFocus()

    def _give_back(self) -> None:
        if not self.reason.text().strip():
            self.tell("请写明退回的原因，走访人才知道改什么。", kind=Kind.WARNING)
            self.reason.setFocus()
            return
        self.presenter.give_back(self.visit, self.reason.text())

    def _done(self, text: str) -> None:
        self.asking.hide()
        self.reason.clear()
        self.tell(text, kind=Kind.GOOD)
        self.refresh()

    def _print(self) -> None:
        self.print_button.setEnabled(False)
        work = self.presenter.print_record(self.visit)
        work.ended.connect(lambda: self.print_button.setEnabled(True))


def _lines(card: Card, changes: Sequence[Difference]) -> None:
    for change in changes:
        text: Any = label(f"{change.before} → {change.after}", "table", wrap=True)
        line = QHBoxLayout()
        line.setSpacing(theme.GRID * 2)
        line.addWidget(label(change.label, "tablequiet", wrap=True), 2)
        line.addWidget(text, 3)
        card.body.addLayout(line)
