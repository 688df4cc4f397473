"""The forms of one visit in a row: go from one to the other, add one, take one out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from ui import theme
from ui.widgets.buttons import LinkButton
from ui.widgets.chips import ChipRow


class FormsBar(QWidget):
    """`chosen(form id)`, `added(form id)`, `dropped(form id)`. The first form cannot be taken out."""

    chosen = Signal(str)
    added = Signal(str)
    dropped = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(theme.GRID)
        self.chips = ChipRow({}, parent=self)
        self._line.addWidget(self.chips, 1)
        self.drop_button = LinkButton("移去这张表", self._drop, quiet=True, parent=self)
        self.drop_button.setToolTip("只移去这次走访里刚加的表，写在里面的内容一并移去")
        self.add_button = LinkButton("加一张表", self._offer, parent=self)
        self.menu = QMenu(self)
        self._line.addWidget(self.drop_button)
        self._line.addWidget(self.add_button)
        self._shown: tuple[tuple[str, ...], str] = ((), "")
        self._sure = ""

    def show_forms(self, begun: Sequence[str], at_hand: str, titles: Mapping[str, str]) -> None:
        """The forms there are, the one on screen, and by `titles` all that may be added."""
        if (tuple(begun), at_hand) != self._shown:
            self._shown = tuple(begun), at_hand
            self._line.removeWidget(self.chips)
            self.chips.hide()
            self.chips.deleteLater()
            self.chips = ChipRow({form_id: titles.get(form_id, form_id) for form_id in begun}, parent=self)
            self.chips.select(at_hand)
            self.chips.chosen.connect(lambda keys: self.chosen.emit(keys[0]))
            self._line.insertWidget(0, self.chips, 1)
            self.chips.setVisible(len(begun) > 1)
        self._sure = ""
        self.drop_button.set_text("移去这张表")
        self.drop_button.setVisible(at_hand != begun[0])
        self.menu.clear()
        for form_id, title in titles.items():
            if form_id not in begun:
                self.menu.addAction(title).triggered.connect(
                    lambda _checked=False, form_id=form_id: self.added.emit(form_id)
                )
        self.add_button.setEnabled(not self.menu.isEmpty())

    def _offer(self) -> None:
        self.menu.popup(self.add_button.mapToGlobal(self.add_button.rect().bottomLeft()))

    def _drop(self) -> None:
        at_hand = self._shown[1]
        if self._sure != at_hand:
            # What was written in it goes with it: worth a second press, not a box.
            self._sure = at_hand
            self.drop_button.set_text("再按一次移去")
            return
        self.dropped.emit(at_hand)
