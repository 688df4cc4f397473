"""A row of chips: one of several views, or several filters at once, each with its count."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from ui import theme
from ui.widgets.flow import FlowLayout


class ChipRow(QWidget):
    """`chosen(keys)` after a person changed the choice. With `single` exactly one chip is on."""

    chosen = Signal(tuple)

    def __init__(
        self, words: Mapping[str, str], *, single: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._single = single
        self._words = dict(words)
        self._chips: dict[str, QPushButton] = {}
        self._flow = FlowLayout(self, theme.GRID)
        for key, word in words.items():
            chip = QPushButton(word, self)
            chip.setCheckable(True)
            chip.setProperty("chip", "true")
            chip.setCursor(Qt.CursorShape.PointingHandCursor)
            chip.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            chip.clicked.connect(lambda _checked, key=key: self._clicked(key))
            self._flow.addWidget(chip)
            self._chips[key] = chip
        if single and self._chips:
            next(iter(self._chips.values())).setChecked(True)

    def keys(self) -> tuple[str, ...]:
        """The chips that are on."""
        return tuple(key for key, chip in self._chips.items() if chip.isChecked())

    @property
    def key(self) -> str:
        """The one chip that is on (`single`)."""
        return self.keys()[0]

    @property
    def all_keys(self) -> tuple[str, ...]:
        return tuple(self._chips)

    def chip(self, key: str) -> QPushButton:
        return self._chips[key]

    def choose(self, key: str) -> None:
        """Turn one chip on as if a person had."""
        if key in self._chips and not self._chips[key].isChecked():
            self._chips[key].setChecked(True)
            self._clicked(key)

    def select(self, key: str) -> None:
        """Turn one chip on without saying so (`single`)."""
        for other, chip in self._chips.items():
            chip.setChecked(other == key)

    def set_counts(self, counts: Mapping[str, int]) -> None:
        for key, count in counts.items():
            if key in self._chips:
                self._chips[key].setText(f"{self._words[key]} {count}")
        self._flow.invalidate()

    def _clicked(self, key: str) -> None:
        if self._single:
            for other, chip in self._chips.items():
                chip.setChecked(other == key)
        self.chosen.emit(self.keys())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = steps.get(Qt.Key(event.key()))
        chips = list(self._chips.values())
        focused = next((index for index, chip in enumerate(chips) if chip.hasFocus()), None)
        if step is None or focused is None:
            super().keyPressEvent(event)
            return
        chips[(focused + step) % len(chips)].setFocus(Qt.FocusReason.TabFocusReason)
