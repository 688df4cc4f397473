"""What every part of 同步 is: a count for its chip, a look again, and two ways to speak to the shell.

A new part is a class here and a line in `parts.py`.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.services.desk import Desk
from ui.notices import Notice
from ui.work import Runner


class Part(QWidget):
    """`counted(number)` after every look: how many wait here. `go(place, target)` and `said(Notice)` as of a page.

    `refresh` is called when the page is shown and whenever the store has altered beneath it, for parts that are not on
    top too, as their count is.
    """

    counted = Signal(int)
    go = Signal(str, object)
    said = Signal(object)

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk, self.runner, self.sync = desk, runner, sync
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)

    def refresh(self) -> None:
        """Look everything up again and say `counted`."""
        raise NotImplementedError

    def take_focus(self) -> bool:
        """The keyboard at the first thing to do here; False where there is none."""
        return False

    def tell(self, text: str, **options: Any) -> None:
        """Show a line of text to the person."""
        self.said.emit(Notice(text, **options))

    def keep_focus(self) -> None:
        """What had the keyboard goes with the next look: the keyboard must not go with it."""
        page = self.parentWidget()
        while page is not None and not hasattr(page, "run_button"):
            page = page.parentWidget()
        if page is not None:
            page.run_button.setFocus(Qt.FocusReason.OtherFocusReason)


def clear(layout: QVBoxLayout, keep: tuple[QObject, ...] = ()) -> None:
    """Take everything out of a column; what is not kept is let go."""
    while (taken := layout.takeAt(0)) is not None:
        widget = taken.widget()
        if widget is not None and widget not in keep:
            widget.setParent(None)
            widget.deleteLater()
