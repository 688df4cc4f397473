"""A hand on a window: clicks, keys, what an input method commits. It waits for conditions, never for time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QEventLoop, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QLineEdit,
    QScrollArea,
    QWidget,
)

Found = TypeVar("Found", bound=QWidget)
PATIENCE_S = 30.0


class Lost(Exception):
    """Something a person would see on screen is not there."""


class Hand:
    """Acts on one top-level window."""

    def __init__(self, window: QWidget) -> None:
        self.window = window

    def until(self, condition: Callable[[], object], what: str, seconds: float = PATIENCE_S) -> None:
        """Let the program work until `condition` holds. Lost where it does not in time."""
        if condition():
            return
        loop = QEventLoop()
        deadline = time.monotonic() + seconds
        timer = QTimer(interval=5)

        def look() -> None:
            if condition() or time.monotonic() > deadline:
                loop.quit()

        timer.timeout.connect(look)
        timer.start()
        loop.exec()
        timer.stop()
        if not condition():
            raise Lost(f"没有等到：{what}")

    def all(self, kind: type[Found], within: QObject | None = None) -> list[Found]:
        """The visible widgets of a kind."""
        return [widget for widget in (within or self.window).findChildren(kind) if widget.isVisible()]

    def button(self, text: str, within: QObject | None = None) -> QAbstractButton:
        """The visible, enabled button with this word. Lost where there is none."""
        for button in self.all(QAbstractButton, within):
            if text in (button.accessibleName(), button.text()) and button.isEnabled():
                return button
        words = "、".join(
            button.text() or button.accessibleName() for button in self.all(QAbstractButton, within)
        )
        raise Lost(f"没有按钮「{text}」，只有：{words}")

    def press(self, text: str, within: QObject | None = None) -> None:
        """Click a button by its word."""

        def there() -> bool:
            try:
                self.button(text, within)
            except Lost:
                return False
            return True

        self.until(there, f"按钮「{text}」")
        self.click(self.button(text, within))

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Bring it into view and click it."""
        self.show(widget)
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at or QPoint())

    def show(self, widget: QWidget) -> None:
        """Scroll whatever it lies in until it can be seen."""
        above = widget.parentWidget()
        while above is not None:
            if isinstance(above, QScrollArea):
                above.ensureWidgetVisible(widget)
            above = above.parentWidget()

    def write(self, widget: QWidget, text: str) -> None:
        """Click into a field, empty it, and give it a text as an input method does."""
        self.click(widget)
        widget.setFocus(Qt.FocusReason.MouseFocusReason)
        QTest.keyClick(widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClick(widget, Qt.Key.Key_Delete)
        if text.isascii() and isinstance(widget, QLineEdit):
            QTest.keyClicks(widget, text)
            return
        event = QInputMethodEvent()
        event.setCommitString(text)
        QApplication.sendEvent(widget, event)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is."""
        self.window.activateWindow()
        self.until(self.window.isActiveWindow, "窗口在前面")
        QTest.keyClick(self.window.focusWidget() or self.window, key, modifiers)

    def row(self, view: QAbstractItemView, text: str) -> None:
        """Choose the row of a table that shows a text, by clicking it."""
        model = view.model()

        def place() -> tuple[int, int] | None:
            cells = (
                (row, column) for row in range(model.rowCount()) for column in range(model.columnCount())
            )
            return next((cell for cell in cells if text in str(model.index(*cell).data() or "")), None)

        self.until(lambda: place() is not None, f"表里的「{text}」")
        found = place()
        assert found is not None
        # On the words themselves: before them may be a box to tick.
        where = view.visualRect(model.index(*found)).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where)
