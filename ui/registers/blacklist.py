"""失信查询: a name and why one asks; the centre answers with the next sync."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain.blacklist import TOLD_WORDS, BlacklistQuery, Told
from app.domain.clock import from_text
from app.services import registers_blacklist, words
from app.services.desk import Desk
from ui import theme
from ui.notices import Kind
from ui.page import Page
from ui.registers.tools import ToolPresenter
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState
from ui.widgets.line_row import LineRow
from ui.widgets.pill import Mark
from ui.widgets.scroll import Scroll
from ui.work import Runner

TONES = {Told.WAITING: "blue", Told.CLEAR: "green", Told.LISTED: "red"}


class BlacklistPage(Page):
    """The question above, the answers below; each can be put away once it was read."""

    name = "blacklist"

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QWidget | None = None) -> None:
        super().__init__("失信查询", "名单只在中心，每次查询都留有记录", "台账", parent)
        self.desk = desk
        self.presenter = ToolPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.done.connect(self._done)
        self.presenter.failed.connect(lambda text: self.tell(text, kind=Kind.WARNING))
        self._sync = sync
        sync.finished.connect(self._synced)
        self.asked = QLineEdit(placeholderText="企业全称或统一社会信用代码")
        self.asked.setAccessibleName("查哪家")
        self.why = QLineEdit(placeholderText="为什么查，例如：项目签约前核查")
        self.why.setAccessibleName("为什么查")
        self.why.returnPressed.connect(self._ask)
        self.ask_button = Button("查询", self._ask, primary=True)
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        line.addWidget(self.asked, 3)
        line.addWidget(self.why, 3)
        line.addWidget(self.ask_button)
        self.body.addLayout(line)
        self.card = Card("查询结果", "看过就可以收起，收起后本机不再保留")
        self.rows = QVBoxLayout()
        self.card.body.addLayout(self.rows)
        content = Scroll()
        content.body.addWidget(self.card)
        content.body.addStretch(1)
        self.body.addWidget(content, 1)

    def refresh(self) -> None:
        self.presenter.look_up(
            "asked", registers_blacklist.listing, self.desk, then=self.presenter.loaded.emit
        )

    def first_focus(self) -> QWidget | None:
        return self.asked

    def _ask(self) -> None:
        if len(self.asked.text().strip()) < 4 or len(self.why.text().strip()) < 2:
            self.tell("请写企业全称或信用代码，以及为什么查。", kind=Kind.WARNING)
            (self.asked if len(self.asked.text().strip()) < 4 else self.why).setFocus()
            return
        told = "已发给中心，同步后就有结果。"
        self.presenter.act(
            registers_blacklist.ask,
            self.desk,
            self.asked.text(),
            self.why.text(),
            then=lambda _id: self.presenter.done.emit(told),
            otherwise=self.presenter.fail,
        )

    def _forget(self, id: str) -> None:
        self.presenter.act(
            registers_blacklist.forget,
            self.desk,
            id,
            then=lambda _none: self.presenter.done.emit("已收起。"),
            otherwise=self.presenter.fail,
        )

    def _done(self, text: str) -> None:
        self.asked.clear()
        self.why.clear()
        self.tell(text, kind=Kind.GOOD)
        self.refresh()

    def _synced(self, _report: object) -> None:
        if self.isVisible():
            self.refresh()

    def _show(self, found: list[BlacklistQuery]) -> None:
        while (taken := self.rows.takeAt(0)) is not None:
            former = taken.widget()
            if former is not None:
                former.hide()
                former.deleteLater()
        if not found:
            self.rows.addWidget(EmptyState("还没有查过。写上企业全称或信用代码和原因，点「查询」。"))
        for one in found:
            told = "；".join(
                "，".join(part for part in (row.kind, row.reason, row.since) if part) for row in one.told
            )
            moment = words.moment_near(from_text(one.asked_at), self.desk.clock())
            self.rows.addWidget(
                LineRow(
                    f"{one.asked}　{told}" if told else one.asked,
                    f"{one.why}，{moment}",
                    (("收起", partial(self._forget, one.id)),),
                    mark=Mark(TONES[one.result], TOLD_WORDS[one.result]),
                )
            )
