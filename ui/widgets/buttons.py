"""Buttons in the style sheet's few kinds; a shortcut stands beside the word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QPushButton, QWidget

from ui import icons


class Button(QPushButton):
    """`shortcut` is shown and works anywhere in the button's window while the button can be pressed."""

    def __init__(
        self,
        text: str,
        act: Callable[[], Any] | None = None,
        *,
        primary: bool = False,
        shortcut: str = "",
        icon: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._shortcut = shortcut
        if primary:
            self.setProperty("primary", "true")
        self.set_text(text)
        if shortcut:
            self.setShortcut(QKeySequence(shortcut))
        if icon:
            self.setIcon(icons.icon(icon, "on-accent" if primary else "text"))
        if act is not None:
            self.clicked.connect(lambda _checked=False: act())
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_text(self, text: str) -> None:
        """The word, with the shortcut after it. Setting the text must not lose the shortcut."""
        self.setAccessibleName(text)
        self.setText(f"{text}  {shortcut_text(self._shortcut)}" if self._shortcut else text)
        if self._shortcut:
            self.setShortcut(QKeySequence(self._shortcut))

    def keyPressEvent(self, event: Any) -> None:
        # Enter presses what has the focus, as everywhere else in the program.
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)


class LinkButton(Button):
    """A word one can click inside a line; `quiet` for what is seldom wanted."""

    def __init__(
        self,
        text: str,
        act: Callable[[], Any] | None = None,
        *,
        quiet: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, act, parent=parent)
        self.setProperty("link", "quiet" if quiet else "true")


def shortcut_text(shortcut: str) -> str:
    """`Ctrl+K` as people write it: `Ctrl K`, `Alt ←`."""
    return shortcut.replace("Return", "↵").replace("Left", "←").replace("Right", "→").replace("+", " ")
