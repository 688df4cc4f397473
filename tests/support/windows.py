"""The real main window on a real desk, and a person's eyes and hands on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.services.desk import Desk
from tests.support.pictures import wear
from ui.errors import Trouble
from ui.main_window import MainWindow
from ui.syncing.controller import SyncController
from ui.widgets.pill import Pill
from ui.widgets.rows import RowsModel
from ui.widgets.table import Table
from ui.work import Runner


class Person:
    """Somebody at the window. Waits for conditions, never for time."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window = window
        self.qtbot = qtbot
        self.troubles: list[Trouble] = []
        window.runner.troubled.connect(self.troubles.append)

    def until(self, condition: Callable[[], object], milliseconds: int = 20_000) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=milliseconds)

    def settle(self) -> None:
        """Until nothing is being looked up or written."""
        quiet = [0]

        def still() -> bool:
            quiet[0] = 0 if self.window.runner.busy else quiet[0] + 1
            return quiet[0] > 12

        self.qtbot.waitUntil(still, timeout=30_000)

    def open(self, name: str) -> Any:
        self.window.open_page(name)
        self.until(lambda: self.window.current_page == name)
        self.settle()
        # A part shown before it has its place is a window of its own for a moment, and takes the focus away.
        assert self.window.isActiveWindow()
        return self.window.page

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is."""
        self.qtbot.keyClick(self.window.focusWidget() or self.window, key, modifier)

    def press(self, word: str) -> None:
        """Click the visible, enabled button with this word."""
        self.until(lambda: self._button(word) is not None)
        button = self._button(word)
        assert button is not None
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def can_press(self, word: str) -> bool:
        return self._button(word) is not None

    def _button(self, word: str) -> QAbstractButton | None:
        for button in self.window.findChildren(QAbstractButton):
            if button.isVisible() and button.isEnabled() and word in (button.accessibleName(), button.text()):
                return button
        return None

    def write(self, field: QWidget, text: str) -> None:
        """Type into a field: what the keyboard has as keys, all else as an input method commits it."""
        field.setFocus(Qt.FocusReason.MouseFocusReason)
        if text.isascii():
            self.qtbot.keyClicks(field, text)
            return
        event = QInputMethodEvent()
        event.setCommitString(text)
        QApplication.sendEvent(field, event)

    def texts(self) -> list[str]:
        """Everything that can be read in the window now."""
        found = [self.window.windowTitle()]
        for widget in self.window.findChildren(QWidget):
            if not widget.isVisible():
                continue
            if isinstance(widget, QLabel | QAbstractButton):
                found.append(widget.text())
            elif isinstance(widget, QLineEdit):
                found += [widget.text(), widget.placeholderText()]
            elif isinstance(widget, Pill) and widget.mark is not None:
                found.append(widget.mark.word)
            elif isinstance(widget, Table):
                model = widget.model()
                assert isinstance(model, RowsModel)
                found += [column.title for column in model.columns]
                found += [column.text(row) for row in model.rows for column in model.columns]
        return found

    def reads(self, part: str) -> bool:
        """Whether this can be read somewhere in the window."""
        return any(part in text for text in self.texts())


ALLOWED = re.compile(
    r"https?://\S*|\b(Ctrl|Alt|Shift|Esc|PDF|kVA|PC|F5|USB|F\d|K|N|P)\b|[A-Z0-9]{2,}(-[A-Za-z0-9]+)+|\b[0-9A-Z]{15,18}\b"
)
"""What is written in Latin letters in Chinese too: keys, units, codes, addresses."""


def english(texts: list[str], allowed: tuple[str, ...] = ()) -> list[str]:
    """Texts with an English word in them."""
    found = []
    for text in texts:
        rest = ALLOWED.sub("", text)
        for word in allowed:
            rest = rest.replace(word, "")
        if re.search(r"[A-Za-z]{2,}", rest):
            found.append(text)
    return found


@contextmanager
def window_of(desk: Desk, qtbot: QtBot) -> Iterator[Person]:
    """The desk in its window, not syncing by itself; closed and every thread ended in the end."""
    wear()
    runner = Runner()
    window = MainWindow(runner)
    qtbot.addWidget(window)
    sync = SyncController(desk, runner, window)
    window.show()
    person = Person(window, qtbot)
    try:
        window.show_desk(desk, sync)
        person.settle()
        yield person
        assert person.troubles == [] or getattr(person, "expects_trouble", False), person.troubles
    finally:
        window.close()
        runner.shutdown()
        desk.close()
