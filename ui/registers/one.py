"""One entry of a register: read as it was filled, its steps and versions; what may be done with it now."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.services import registers
from app.services.desk import Desk
from app.services.registers import RecordPage, VersionLine
from ui import theme
from ui.errors import explain
from ui.issues.action_form import ActionFormWidget
from ui.notices import Kind
from ui.page import Page, Presenter
from ui.registers.model import TONES
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState
from ui.widgets.facts import Facts
from ui.widgets.flow import FlowLayout
from ui.widgets.label import label
from ui.widgets.photos import PhotosCard
from ui.widgets.pill import Mark, Pill
from ui.widgets.scroll import Scroll
from ui.work import Runner

HINT_WORDS = {"red": "注意", "yellow": "留意", "green": "达标"}


class RecordPresenter(Presenter):
    """`loaded(RecordPage)`, `missing(text)`, `asked(ActionForm)`, `done(text)`, `failed(text)`, `begun(draft id)`."""

    loaded = Signal(object)
    missing = Signal(str)
    asked = Signal(object)
    done = Signal(str)
    failed = Signal(str)
    begun = Signal(str)

    def load(self, id: str) -> None:
        self.look_up(
            "entry",
            registers.page,
            self.desk,
            id,
            then=self.loaded.emit,
            otherwise=lambda error: self.missing.emit(explain(error).text),
        )

    def ask(self, id: str, code: str) -> None:
        self.look_up(
            "form", registers.form_for, self.desk, id, code, then=self.asked.emit, otherwise=self._fail
        )

    def take(self, id: str, code: str, args: dict[str, Any]) -> None:
        told = "已作废，原因留有记录。" if code == registers.WITHDRAW else "已记上，同步后大家都能看到。"
        self.act(
            registers.take_step,
            self.desk,
            id,
            code,
            args,
            then=lambda _none: self.done.emit(told),
            otherwise=self._fail,
        )

    def amend(self, id: str) -> None:
        self.act(registers.amend, self.desk, id, then=self.begun.emit, otherwise=self._fail)

    def _fail(self, error: BaseException) -> None:
        self.failed.emit(explain(error).text)


class RecordPageView(Page):
    """Shows one entry; who may do nothing with it reads."""

    name = "record"

    def __init__(self, desk: Desk, runner: Runner, record: str, parent: QWidget | None = None) -> None:
        super().__init__("台账", " ", "台账", parent)
        self.record = record
        self.presenter = RecordPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.missing.connect(self._missing)
        self.presenter.done.connect(self._done)
        self.presenter.failed.connect(lambda text: self.tell(text, kind=Kind.WARNING))
        self.presenter.begun.connect(lambda draft: self.go.emit("entry_filling", draft))
        self.pill = Pill()
        self.head.add(self.pill)
        self.enterprise_button = Button("看企业", self._open_enterprise)
        self.amend_button = Button("改表", lambda: self.presenter.amend(self.record), primary=True)
        self.amend_button.setToolTip("在最新一版上改，原来的版本都留着")
        for button in (self.enterprise_button, self.amend_button):
            self.head.add(button)
            button.hide()
        self._page: RecordPage | None = None
        self.absent = EmptyState("正在打开……")
        self.body.addWidget(self.absent)
        self.content = Scroll()
        self.content.hide()
        self._build(desk, runner)
        self.body.addWidget(self.content, 1)

    def _build(self, desk: Desk, runner: Runner) -> None:
        self.form = ActionFormWidget()
        self.form.submitted.connect(lambda code, args: self.presenter.take(self.record, code, args))
        self.form.dropped.connect(self.form.close_form)
        self.presenter.asked.connect(self.form.show_form)
        self.buttons = QWidget()
        self._flow = FlowLayout(self.buttons, theme.GRID)
        self.moves: dict[str, Button] = {}
        self.steps = QVBoxLayout()
        self.steps.setSpacing(theme.GRID // 2)
        self.progress = Card("进展")
        self.progress.body.addWidget(self.buttons)
        self.progress.body.addWidget(self.form)
        self.progress.body.addLayout(self.steps)
        self.facts = Facts(2)
        about = Card("这一条")
        about.body.addWidget(self.facts)
        self.parts = QVBoxLayout()
        self.parts.setSpacing(theme.GRID * 2)
        self.photos = PhotosCard(desk, runner)
        self.hints = QVBoxLayout()
        self.hints.setSpacing(theme.GRID // 2)
        self.content.body.addLayout(self.hints)
        for part in (about, self.progress):
            self.content.body.addWidget(part)
        self.content.body.addLayout(self.parts)
        self.content.body.addWidget(self.photos)
        self.content.body.addStretch(1)

    def refresh(self) -> None:
        self.presenter.load(self.record)

    def first_focus(self) -> QWidget | None:
        return self.amend_button

    def _missing(self, text: str) -> None:
        self.content.hide()
        self.absent.set_text(text)
        self.absent.show()

    def _show(self, page: RecordPage) -> None:
        former, self._page = self._page, page
        self.absent.hide()
        self.content.show()
        self.head.set_title(page.title)
        stage = str(page.entry.get("stage", ""))
        gone = page.record.withdrawn_at is not None
        mark = Mark("grey", "已作废") if gone else None
        if not gone and page.stage_word:
            mark = Mark(TONES.get(stage, "blue"), page.stage_word)
        self.pill.set_mark(mark)
        self.enterprise_button.setVisible(bool(page.record.enterprise))
        self.amend_button.setVisible(page.may_amend)
        _fill(self.hints, [_hint(tone, text) for tone, text in page.hints])
        self.facts.set_facts(page.facts)
        if former is None or former.actions != page.actions:
            self._show_actions(page)
        self.progress.setVisible(bool(page.actions or page.steps))
        _fill(self.steps, [label(text, "table", wrap=True) for text in page.steps])
        self._show_parts(page)
        self.photos.show_lines(list(page.files))
        self.photos.setVisible(bool(page.files))

    def _show_actions(self, page: RecordPage) -> None:
        self.form.close_form()
        for button in self.moves.values():
            self._flow.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.moves = {}
        for action in page.actions:
            button = Button(action.word, partial(self.presenter.ask, self.record, action.code))
            if action.code == registers.WITHDRAW:
                button.setProperty("danger", "true")
            self._flow.addWidget(button)
            self.moves[action.code] = button

    def _show_parts(self, page: RecordPage) -> None:
        made: list[QWidget] = []
        for section in page.sections:
            card = Card(section.title)
            for name, text in section.rows:
                _line(card, name, text)
            made.append(card)
        made += [_version_card(version) for version in page.versions]
        _fill(self.parts, made)

    def _open_enterprise(self) -> None:
        if self._page is not None:
            self.go.emit("enterprise", self._page.record.enterprise)

    def _done(self, text: str) -> None:
        self.form.close_form()
        self.tell(text, kind=Kind.GOOD)
        self.refresh()


def _hint(tone: str, text: str) -> QWidget:
    holder = QWidget()
    line = QHBoxLayout(holder)
    line.setContentsMargins(0, 0, 0, 0)
    line.addWidget(Pill(Mark(tone, HINT_WORDS[tone])))
    line.addWidget(label(text, "table", wrap=True), 1)
    return holder


def _version_card(version: VersionLine) -> Card:
    card = Card(f"第 {version.number} 版", version.told)
    if version.reason:
        card.body.addWidget(label(f"改的原因：{version.reason}", "table", wrap=True))
    if not version.changes:
        card.body.addWidget(EmptyState("和后一版一样。"))
    for change in version.changes:
        _line(card, change.label, f"{change.before} → {change.after}")
    return card


def _line(card: Card, name: str, text: str) -> None:
    line = QHBoxLayout()
    line.setSpacing(theme.GRID * 2)
    line.addWidget(label(name, "tablequiet", wrap=True), 2)
    line.addWidget(label(text, "table", wrap=True), 5)
    card.body.addLayout(line)


def _fill(place: QVBoxLayout, widgets: list[QWidget]) -> None:
    while (taken := place.takeAt(0)) is not None:
        former = taken.widget()
        if former is not None:
            former.hide()
            former.deleteLater()
    for widget in widgets:
        place.addWidget(widget)
