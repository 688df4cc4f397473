"""与上次相比: the answers that are others than in the last record of this form."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.services import words
from app.services.visit_changes import Difference
from ui import theme
from ui.widgets.card import Card
from ui.widgets.label import label

MOST = 12


class ChangesCard(Card):
    """Hidden where there is no last time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("与上次相比", " ", parent)
        self._shown: tuple[str, tuple[Difference, ...]] | None = None
        self._lines = QVBoxLayout()
        self._lines.setSpacing(theme.GRID // 2)
        self.body.addLayout(self._lines)
        self.hide()

    def show_changes(self, last_day: str, changes: Sequence[Difference]) -> None:
        """`last_day` empty: the form was never filled here before."""
        if (last_day, tuple(changes)) == self._shown:
            return
        self._shown = last_day, tuple(changes)
        while (taken := self._lines.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.set_note(words.day_of_text(last_day) if last_day else "")
        texts = [change.text for change in changes[:MOST]]
        if len(changes) > MOST:
            texts.append(f"另有 {len(changes) - MOST} 处不同")
        for text in texts or ["填过的都和上次一样"]:
            self._lines.addWidget(label(text, "small", wrap=True))
        self.setVisible(bool(last_day))
