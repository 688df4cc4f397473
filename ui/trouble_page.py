"""The program cannot begin: one calm sentence in the middle, and the incident where it is a bug."""

from __future__ import annotations

from PySide6.QtWidgets import QPlainTextEdit, QWidget

from ui import theme
from ui.errors import Trouble
from ui.page import Page
from ui.widgets.card import Card
from ui.widgets.label import label


class TroublePage(Page):
    """Shows a `Trouble` at the start."""

    def __init__(self, trouble: Trouble, parent: QWidget | None = None) -> None:
        super().__init__("驻企通没有打开", parent=parent)
        card = Card()
        card.body.setSpacing(theme.GRID)
        card.body.addWidget(label(trouble.text, wrap=True))
        if trouble.incident:
            card.body.addWidget(QPlainTextEdit(trouble.incident, readOnly=True))
        self.body.addWidget(card)
        self.body.addStretch(1)
