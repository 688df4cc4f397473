"""入企登记: who came to which enterprise and why; a form for the next one, the list, and the hint to come together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateEdit,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from app.domain.entry import NATURE_NAMES, EntryNature
from app.printing.models import SERVICE_NOTICE
from app.services import enterprises, entries
from app.services.desk import Desk
from app.services.entries import RATING_WORDS, EntryLine
from ui import theme
from ui.errors import explain
from ui.notices import Kind
from ui.page import Page, Presenter
from ui.visits.model import entry_model
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState
from ui.widgets.label import label
from ui.widgets.scroll import Scroll
from ui.widgets.table import Table
from ui.work import Runner


class EntriesPresenter(Presenter):
    """`loaded(lines, [(id, name)])`, `hinted(text)`, `done(text)`, `failed(error)`."""

    loaded = Signal(object, object)
    hinted = Signal(str)
    done = Signal(str)
    failed = Signal(object)

    def load(self) -> None:
        def look(desk: Desk) -> tuple[list[EntryLine], list[tuple[str, str]]]:
            held = [line for line in enterprises.listing(desk) if line.held]
            return entries.listing(desk), [(line.id, line.name) for line in held]

        self.look_up("entries", look, self.desk, then=lambda found: self.loaded.emit(*found))

    def hint(self, enterprise: str, day: date) -> None:
        self.look_up("hint", entries.crowd_hint, self.desk, enterprise, day, then=self.hinted.emit)

    def note(self, enterprise: str, fields: dict[str, Any]) -> None:
        def work() -> None:
            entries.note(self.desk, enterprise, **fields)

        self._do(work, "已登记。")

    def leave(self, id: str, left: str) -> None:
        self._do(lambda: entries.leave(self.desk, id, left), f"已记下离开时间 {left}。")

    def rate(self, id: str, rating: int) -> None:
        told = f"已记下企业评价：{RATING_WORDS[rating]}。"
        self._do(lambda: entries.rate(self.desk, id, rating), told)

    def withdraw(self, id: str, reason: str) -> None:
        self._do(lambda: entries.withdraw(self.desk, id, reason), "已撤销，原因留有记录。")

    def _do(self, work: Callable[[], None], told: str) -> None:
        self.act(work, then=lambda _none: self.done.emit(told), otherwise=self.failed.emit)


class EntriesPage(Page):
    """What the form asks is what §2.11 asks: no result, no place, no photo."""

    name = "entries"

    def __init__(
        self, desk: Desk, runner: Runner, enterprise: str | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(
            "入企登记", f"联络员走访：{SERVICE_NOTICE}。这里只登记谁来过、为什么来", "走访", parent
        )
        self._desk = desk
        self._wanted = enterprise
        self.presenter = EntriesPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.hinted.connect(self._show_hint)
        self.presenter.done.connect(self._done)
        self.presenter.failed.connect(self._failed)
        scroll = Scroll()
        scroll.body.addWidget(self._form())
        self.model = entry_model(self)
        self.table = Table(self.model, sortable=True)
        self.table.setAccessibleName("入企登记")
        self.table.picked.connect(lambda _line: self._offer())
        self.empty = EmptyState("还没有登记。有部门或别的单位到企业来，在上面登记一次，重复打扰就看得出来。")
        card = Card("已登记的")
        card.body.addWidget(self.table, 1)
        card.body.addWidget(self.empty)
        self.detail = label("", "small", wrap=True)
        card.body.addWidget(self.detail)
        card.body.addLayout(self._actions())
        scroll.body.addWidget(card, 1)
        self.body.addWidget(scroll, 1)

    # ------------------------------------------------------------ building

    def _form(self) -> Card:
        card = Card("登记一次入企")
        self.enterprise = QComboBox()
        self.day = QDateEdit()
        self.day.setDisplayFormat("yyyy-MM-dd")
        self.day.setCalendarPopup(True)
        today = self._desk.today
        self.day.setDate(QDate(today.year, today.month, today.day))
        self.day.setMaximumDate(QDate(today.year, today.month, today.day))
        self.entered, self.left = QLineEdit(), QLineEdit()
        for time in (self.entered, self.left):
            time.setPlaceholderText("09:30")
            time.setMaxLength(5)
        self.organisation, self.reason = QLineEdit(), QLineEdit()
        self.basis, self.certificates, self.makeup = QLineEdit(), QLineEdit(), QLineEdit()
        self.basis.setPlaceholderText("检查必填：文号或通知书编号")
        self.certificates.setPlaceholderText("检查时的执法证件号")
        self.makeup.setPlaceholderText("补录以前的，或检查没扫码的，写原因")
        self.people = QSpinBox()
        self.people.setRange(1, 200)
        self.nature = QComboBox()
        for nature, word in NATURE_NAMES.items():
            self.nature.addItem(word, str(nature))
        self.code = QCheckBox("已扫营商码")
        self.nature.currentIndexChanged.connect(lambda _at: self._adapt())
        self.enterprise.currentIndexChanged.connect(lambda _at: self._ask_hint())
        self.day.dateChanged.connect(lambda _day: self._ask_hint())
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.GRID)
        grid.setVerticalSpacing(theme.GRID)
        rows: tuple[tuple[tuple[str, QWidget], ...], ...] = (
            (("企业", self.enterprise), ("日期", self.day), ("进入", self.entered), ("离开", self.left)),
            (("单位", self.organisation), ("人数", self.people), ("性质", self.nature), ("", self.code)),
            (
                ("事由", self.reason),
                ("依据", self.basis),
                ("证件号", self.certificates),
                ("说明", self.makeup),
            ),
        )
        for row, fields in enumerate(rows):
            for column, (word, field) in enumerate(fields):
                grid.addWidget(label(word, "tablequiet"), row, column * 2)
                grid.addWidget(field, row, column * 2 + 1)
                field.setAccessibleName(word or "已扫营商码")
        for column, share in ((1, 4), (3, 2), (5, 2), (7, 3)):
            grid.setColumnStretch(column, share)
        card.body.addLayout(grid)
        self.hint = label("", "bad", wrap=True)
        self.hint.hide()
        line = QHBoxLayout()
        line.setContentsMargins(0, theme.GRID, 0, 0)
        self.save_button = Button("登记", self._note, primary=True, shortcut="Ctrl+Return")
        line.addWidget(self.hint, 1)
        line.addStretch(0)
        line.addWidget(self.save_button, 0, Qt.AlignmentFlag.AlignRight)
        card.body.addLayout(line)
        return card

    def _actions(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setContentsMargins(0, theme.GRID, 0, 0)
        line.setSpacing(theme.GRID)
        self.left_at = QLineEdit()
        self.left_at.setPlaceholderText("离开时间")
        self.left_at.setAccessibleName("离开时间")
        self.left_at.setMaxLength(5)
        self.left_at.setMaximumWidth(theme.current().px(90))
        self.leave_button = Button("记下离开", self._leave)
        self.rating = QComboBox()
        self.rating.setAccessibleName("企业评价")
        for rating, word in reversed(RATING_WORDS.items()):
            self.rating.addItem(word, rating)
        self.rate_button = Button("记下评价", self._rate)
        self.why = QLineEdit()
        self.why.setPlaceholderText("写错了的，写一句原因")
        self.why.setAccessibleName("撤销的原因")
        self.withdraw_button = Button("撤销", self._withdraw)
        self.acting = (
            self.left_at,
            self.leave_button,
            self.rating,
            self.rate_button,
            self.why,
            self.withdraw_button,
        )
        for widget in self.acting:
            line.addWidget(widget, 1 if widget is self.why else 0)
        return line

    # ------------------------------------------------------------ showing

    def refresh(self) -> None:
        self.presenter.load()

    def first_focus(self) -> QWidget | None:
        return self.organisation

    def _show(self, lines: list[EntryLine], held: list[tuple[str, str]]) -> None:
        known = [self.enterprise.itemData(at) for at in range(self.enterprise.count())]
        if known != [id for id, _ in held]:
            chosen = self._wanted or self.enterprise.currentData()
            self.enterprise.blockSignals(True)
            self.enterprise.clear()
            for id, name in held:
                self.enterprise.addItem(name, id)
            self.enterprise.setCurrentIndex(max(0, self.enterprise.findData(chosen)))
            self.enterprise.blockSignals(False)
        self.save_button.setEnabled(bool(held))
        self.model.set_rows(lines)
        self.table.set_shown(bool(lines))
        self.table.choose_first()
        self.empty.setVisible(not lines)
        self._adapt()
        self._ask_hint()
        self._offer()

    def _adapt(self) -> None:
        inspecting = self.nature.currentData() == EntryNature.INSPECTION
        self.certificates.setEnabled(inspecting)

    def _ask_hint(self) -> None:
        enterprise = self.enterprise.currentData()
        if enterprise:
            self.presenter.hint(enterprise, self._day())

    def _show_hint(self, text: str) -> None:
        self.hint.setText(f"▲ {text}")
        self.hint.setVisible(bool(text))

    def _day(self) -> date:
        picked = self.day.date()
        return date(picked.year(), picked.month(), picked.day())

    def _offer(self) -> None:
        line = self.table.current
        for widget in self.acting:
            widget.setVisible(line is not None and not line.withdrawn)
        self.detail.setVisible(line is not None)
        if line is None:
            return
        entry = line.entry
        told = [f"登记人 {entry.noted_by_name}", "已扫码" if entry.code_seen else "没有扫码"]
        if entry.basis:
            told.append(f"依据 {entry.basis}")
        if entry.makeup_reason:
            told.append(f"说明：{entry.makeup_reason}")
        if entry.rating is not None:
            told.append(f"企业评价：{RATING_WORDS[entry.rating]}")
        if entry.withdrawn_reason:
            told.append(f"撤销原因：{entry.withdrawn_reason}")
        self.detail.setText("；".join(told))
        self.rate_button.setVisible(not line.withdrawn and entry.rating is None)
        self.rating.setVisible(not line.withdrawn and entry.rating is None)
        self.leave_button.setVisible(not line.withdrawn and entry.left is None)
        self.left_at.setVisible(not line.withdrawn and entry.left is None)

    # ------------------------------------------------------------ acting

    def _note(self) -> None:
        fields: dict[str, Any] = {
            "day": self._day().isoformat(),
            "organisation": self.organisation.text().strip(),
            "people": self.people.value(),
            "reason": self.reason.text().strip(),
            "nature": self.nature.currentData(),
            "code_seen": self.code.isChecked(),
        }
        texts = {
            "entered": self.entered,
            "left": self.left,
            "basis": self.basis,
            "certificates": self.certificates,
            "makeup_reason": self.makeup,
        }
        fields |= {name: field.text().strip() for name, field in texts.items() if field.text().strip()}
        for name, word, field in (
            ("organisation", "来的是哪个单位", self.organisation),
            ("reason", "为什么来", self.reason),
        ):
            if not fields[name]:
                self.tell(f"请写明{word}。", kind=Kind.WARNING)
                field.setFocus()
                return
        self.presenter.note(self.enterprise.currentData(), fields)

    def _leave(self) -> None:
        if self.table.current is not None:
            self.presenter.leave(self.table.current.id, self.left_at.text().strip())

    def _rate(self) -> None:
        if self.table.current is not None:
            self.presenter.rate(self.table.current.id, self.rating.currentData())

    def _withdraw(self) -> None:
        if self.table.current is None:
            return
        if not self.why.text().strip():
            self.tell("请写一句撤销的原因，会留有记录。", kind=Kind.WARNING)
            self.why.setFocus()
            return
        self.presenter.withdraw(self.table.current.id, self.why.text())

    def _done(self, text: str) -> None:
        if text == "已登记。":
            for field in (self.organisation, self.reason, self.entered, self.left, self.basis):
                field.clear()
            self.certificates.clear()
            self.makeup.clear()
        self.left_at.clear()
        self.why.clear()
        self.tell(text, kind=Kind.GOOD)
        self.refresh()

    def _failed(self, error: BaseException) -> None:
        self.tell(explain(error).text, kind=Kind.WARNING)
        fields = {"makeup_reason": self.makeup, "basis": self.basis, "day": self.day, "entered": self.entered}
        field = fields.get(getattr(error, "field", None) or "")
        if field is not None:
            field.setFocus()
