"""In place of a form whose enterprise has gone to somebody else: what happened, and where the words are."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from ui import theme
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.label import label


class TakenAway(Card):
    """`text` says it in a sentence or two."""

    def __init__(self, text: str, leave: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__("这次走访已移交", parent=parent)
        self.body.setSpacing(theme.GRID * 3 // 2)
        self.text = label(text, wrap=True)
        self.body.addWidget(self.text)
        self.button = Button("返回", leave, primary=True)
        self.body.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addStretch(1)
