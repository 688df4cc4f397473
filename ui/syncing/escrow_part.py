"""代管: what former colleagues left in one's enterprises, to be taken over or put aside."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.services import escrow, opened
from app.services.desk import Desk
from ui.errors import explain
from ui.notices import Kind
from ui.page import Presenter
from ui.syncing import escrow_model
from ui.syncing.escrow_card import EscrowCard
from ui.syncing.escrow_model import DraftText, EscrowCardLine
from ui.syncing.part import Part, clear
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState
from ui.widgets.scroll import Scroll
from ui.work import Runner

NONE = "没有代管的内容。企业换了联络员，前一位没报上来的改动和没写完的走访，会列在这里等您接收。"
MOST_CARDS = 20


class EscrowPresenter(Presenter):
    """`loaded(cards)`; `taken(visit or "")`, `given_up`, `failed(id, text)` after an act; `drafted(id, DraftText)`."""

    loaded = Signal(object)
    taken = Signal(str)
    given_up = Signal()
    failed = Signal(str, str)
    drafted = Signal(str, object)
    wanted = Signal()

    def __init__(self, desk: Desk, runner: Runner, parent: QObject) -> None:
        super().__init__(desk, runner, parent)

    def load(self) -> None:
        self.look_up("escrow", escrow_model.lines, self.desk, then=self.loaded.emit)

    def take(self, id: str) -> None:
        self.act(
            escrow.take,
            self.desk,
            id,
            then=lambda visit: self.taken.emit(visit or ""),
            otherwise=lambda error: self._fail(id, error),
        )

    def give_up(self, id: str, reason: str, mids: tuple[str, ...] | None) -> None:
        self.act(
            escrow.discard,
            self.desk,
            id,
            reason,
            mids,
            then=lambda _nothing: self.given_up.emit(),
            otherwise=lambda error: self._fail(id, error),
        )

    def read(self, id: str, mid: str) -> None:
        self.look_up(
            "draft",
            escrow_model.read,
            self.desk,
            id,
            mid,
            then=lambda draft: self.drafted.emit(id, draft),
            otherwise=lambda error: self._fail(id, error),
        )

    def fetch(self, enterprise: str) -> None:
        self.act(opened.open_bucket, self.desk, enterprise, then=lambda _new: self.wanted.emit())

    def _fail(self, id: str, error: BaseException) -> None:
        self.failed.emit(id, explain(error).text)


class EscrowPart(Part):
    """A card nothing happened to stays, with the reason somebody is writing in it."""

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QWidget | None = None) -> None:
        super().__init__(desk, runner, sync, parent)
        self.presenter = EscrowPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.taken.connect(self._taken)
        self.presenter.given_up.connect(self._given_up)
        self.presenter.failed.connect(self._failed)
        self.presenter.drafted.connect(self._drafted)
        self.presenter.wanted.connect(sync.run)
        self.cards: list[EscrowCard] = []
        self._shown: tuple[EscrowCardLine, ...] | None = None
        scroll = Scroll()
        self._column = scroll.body
        self.body.addWidget(scroll)

    def refresh(self) -> None:
        self.presenter.load()

    def take_focus(self) -> bool:
        if self.cards:
            self.cards[0].take_focus()
        return bool(self.cards)

    def _show(self, lines: tuple[EscrowCardLine, ...]) -> None:
        self.counted.emit(len(lines))
        if lines == self._shown:
            return
        self._shown = lines
        had_focus = any(card.isAncestorOf(self.focusWidget() or self) for card in self.cards)
        former = {card.line: card for card in self.cards}
        self.cards = [former.get(line) or self._card(line) for line in lines[:MOST_CARDS]]
        clear(self._column, keep=tuple(self.cards))
        for card in self.cards:
            self._column.addWidget(card)
        if not lines:
            empty = Card()
            empty.body.addWidget(EmptyState(NONE))
            self._column.addWidget(empty)
        self._column.addStretch(1)
        if had_focus and not self.take_focus():
            self.keep_focus()

    def _card(self, line: EscrowCardLine) -> EscrowCard:
        card = EscrowCard(line)
        card.taken.connect(self.presenter.take)
        card.given_up.connect(self.presenter.give_up)
        card.read.connect(self.presenter.read)
        card.fetched.connect(self.presenter.fetch)
        return card

    def _taken(self, visit: str) -> None:
        self.keep_focus()
        if visit:
            self.tell("已接收。可以从他填到的地方接着填，下次同步送到中心。", kind=Kind.GOOD)
            self.go.emit("filling", visit)
            return
        self.tell(
            "已接收，下次同步送到中心。和现在的内容不一致的，会列在「不一致」里请您选。", kind=Kind.GOOD
        )
        self.refresh()

    def _given_up(self) -> None:
        self.tell("已放弃。内容和原因都留有记录。", kind=Kind.GOOD)
        self.refresh()

    def _failed(self, id: str, text: str) -> None:
        for card in self.cards:
            if card.line.id == id:
                card.allow()
        self.tell(text, kind=Kind.WARNING)

    def _drafted(self, id: str, draft: DraftText) -> None:
        for card in self.cards:
            if card.line.id == id:
                card.show_draft(draft)
