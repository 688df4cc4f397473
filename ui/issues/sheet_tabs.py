"""Quiet words in a line, one of which is chosen: the views of one thing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ui import theme
from ui.widgets.buttons import LinkButton
from ui.widgets.flow import FlowLayout
from ui.widgets.repolish import repolish


class SheetTabs(QWidget):
    """`chosen(key)` when a person takes another view."""

    chosen = Signal(str)

    def __init__(self, words: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = dict(words)
        self.key = next(iter(words))
        # At a large scale they take a second line; in one they would push the panel wider than its place.
        line = FlowLayout(self, theme.GRID)
        self._tabs: dict[str, LinkButton] = {}
        for key, word in words.items():
            tab = LinkButton(word, partial(self._press, key), quiet=True)
            line.addWidget(tab)
            self._tabs[key] = tab
        self.select(self.key)

    def select(self, key: str) -> None:
        """Take a view without saying so."""
        self.key = key
        for other, tab in self._tabs.items():
            # Never by colour alone: the chosen one is underlined as well.
            tab.setProperty("link", "true" if other == key else "quiet")
            font = tab.font()
            font.setUnderline(other == key)
            tab.setFont(font)
            tab.setAccessibleName(f"{self._words[other]}（正在看）" if other == key else self._words[other])
            repolish(tab)

    def _press(self, key: str) -> None:
        self.select(key)
        self.chosen.emit(key)
