"""不一致: a card for each document with fields that two people altered."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from app.services.desk import Desk
from ui.notices import Kind
from ui.syncing.conflict_card import ConflictCard
from ui.syncing.model import ConflictLine
from ui.syncing.part import Part, clear
from ui.syncing.presenter import SyncingPresenter
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState
from ui.widgets.label import label
from ui.widgets.scroll import Scroll
from ui.work import Runner

NONE = "没有不一致的地方。两个人改了同一项时，两份都会并排列在这里。"
KEYS = "键盘：↑ ↓ 换一项，1 2 3 选用哪一份，Ctrl 回车确定这一处，接着到下一处。"
MOST_CARDS = 20
"""Cards made at once: more would be felt, and nobody sees them. The next come as these are settled."""


class ConflictsPart(Part):
    """A card nothing happened to stays, with whatever somebody is writing in it."""

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QWidget | None = None) -> None:
        super().__init__(desk, runner, sync, parent)
        self.presenter = SyncingPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.resolved.connect(self._resolved)
        self.cards: list[ConflictCard] = []
        self._shown: tuple[ConflictLine, ...] | None = None
        self.hint = label("", "small", wrap=True)
        self.body.addWidget(self.hint)
        self.hint.hide()
        scroll = Scroll()
        self._column = scroll.body
        self.body.addWidget(scroll, 1)

    def refresh(self) -> None:
        self.presenter.load_conflicts()

    def take_focus(self) -> bool:
        chosen = next((card for card in self.cards if card.line.may), None)
        if chosen is not None:
            chosen.take_focus()
        return chosen is not None

    def _show(self, lines: tuple[ConflictLine, ...]) -> None:
        self.counted.emit(len(lines))
        if lines == self._shown:
            return
        self._shown = lines
        former = {card.line.id: card for card in self.cards}
        had_focus = any(card.isAncestorOf(self.focusWidget() or self) for card in self.cards)
        kept = [
            former.pop(line.id) if line.id in former and former[line.id].line == line else self._card(line)
            for line in lines[:MOST_CARDS]
        ]
        for card in kept:
            if card.line.id in former:
                card.restore(former[card.line.id].picks())
        self.cards = kept
        clear(self._column, keep=tuple(kept))
        for card in kept:
            self._column.addWidget(card)
        if not kept:
            empty = Card()
            empty.body.addWidget(EmptyState(NONE))
            self._column.addWidget(empty)
        self._column.addStretch(1)
        self._say(len(lines))
        lost = had_focus and not any(card.isAncestorOf(self.focusWidget() or self) for card in kept)
        # What had the keyboard is gone: it goes on with the next choice.
        if lost and not self.take_focus():
            self.keep_focus()

    def _say(self, count: int) -> None:
        more = f"共 {count} 处，先列出 {MOST_CARDS} 处，选定后接着列出其余的。" if count > MOST_CARDS else ""
        keys = KEYS if any(card.line.may for card in self.cards) else ""
        self.hint.setText(f"{more}{keys}")
        self.hint.setVisible(bool(more or keys))

    def _card(self, line: ConflictLine) -> ConflictCard:
        card = ConflictCard(line)
        card.decided.connect(self.presenter.resolve)
        card.left.connect(lambda step, pick: self._beyond(card, step, pick))
        return card

    def _beyond(self, card: ConflictCard, step: int, pick: str) -> None:
        """The next card that has something to choose, in this direction."""
        at = self.cards.index(card) + step
        while 0 <= at < len(self.cards):
            if self.cards[at].rows:
                self.cards[at].take_focus(pick, last=step < 0)
                return
            at += step

    def _resolved(self, count: int) -> None:
        self.tell(f"已按您的选择改好 {count} 项，下次同步送到中心。", kind=Kind.GOOD)
        self.refresh()
