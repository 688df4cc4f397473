"""A row of buttons, each with the key that presses it while the keyboard is in the list."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ui import theme
from ui.widgets.buttons import Button
from ui.widgets.flow import FlowLayout


class ActionRow(QWidget):
    """`chosen(action)`. The same offer again alters nothing, so that the focus stays."""

    chosen = Signal(str)

    def __init__(self, keys: dict[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = keys
        self._flow = FlowLayout(self, theme.GRID)
        self._offered: tuple[tuple[str, str], ...] = ()
        self.buttons: dict[str, Button] = {}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.buttons)

    def offer(self, actions: Sequence[tuple[str, str]], first: str = "") -> None:
        """Buttons for these (action, word); `first` is the one most likely wanted."""
        self.setVisible(bool(actions))
        if (*actions, (first, "")) == self._offered:
            return
        self._offered = (*actions, (first, ""))
        while (taken := self._flow.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.buttons = {}
        for action, word in actions:
            button = Button(word, partial(self.chosen.emit, action), primary=action == first, parent=self)
            if self._keys.get(action):
                button.setText(f"{word}  {self._keys[action]}")
            self._flow.addWidget(button)
            self.buttons[action] = button
        self.updateGeometry()

    def press(self, key: str) -> bool:
        """Choose the action with this key. False where there is none now."""
        for action, button in self.buttons.items():
            if self._keys.get(action) == key and button.isEnabled():
                self.chosen.emit(action)
                return True
        return False

    def set_busy(self, busy: bool) -> None:
        for button in self.buttons.values():
            button.setEnabled(not busy)
