"""What one may do with an issue: a button a move with its letter, and the form of the one that was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.services.issues import ActionForm
from ui import theme
from ui.issues.action_form import ActionFormWidget
from ui.issues.letters import LETTERS
from ui.widgets.buttons import Button
from ui.widgets.flow import FlowLayout


class ActionArea(QWidget):
    """`chosen(action)` when a button was pressed, `wanted(action, args)` when its form is complete, `opened(bool)` when a
    form came or went."""

    chosen = Signal(str)
    wanted = Signal(str, object)
    opened = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: dict[str, Button] = {}
        self._busy = False
        self.row = QWidget()
        self._flow = FlowLayout(self.row, theme.GRID)
        self.form = ActionFormWidget()
        self.form.submitted.connect(self.wanted)
        self.form.dropped.connect(self.close_form)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        column.addWidget(self.row)
        column.addWidget(self.form)

    @property
    def offered(self) -> tuple[str, ...]:
        """The moves that have a button now."""
        return tuple(self._buttons)

    def offer(self, moves: Sequence[tuple[str, str]], first: str = "") -> None:
        """Buttons for these (action, word); `first` is the one that is most likely wanted."""
        while (taken := self._flow.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._buttons = {}
        for action, word in moves:
            button = Button(word, partial(self._press, action), primary=action == first, parent=self.row)
            letter = LETTERS.get(action, "")
            if letter:
                button.setText(f"{word}  {letter}")
            button.setEnabled(not self._busy)
            self._flow.addWidget(button)
            self._buttons[action] = button
        self.row.setVisible(bool(moves) and self.form.form is None)
        self.row.updateGeometry()

    def press_letter(self, letter: str) -> bool:
        """Choose the move with this letter. False where there is none."""
        if self.form.form is not None or self._busy:
            return False
        for action in self._buttons:
            if LETTERS.get(action) == letter:
                self._press(action)
                return True
        return False

    def open_form(self, form: ActionForm) -> None:
        """Ask for what a move needs."""
        self.row.hide()
        self.form.show_form(form)
        self.opened.emit(True)
        self.form.focus_first()

    def close_form(self) -> None:
        """Back to the buttons."""
        was_open = self.form.form is not None
        self.form.close_form()
        self.row.setVisible(bool(self._buttons))
        if was_open:
            self.opened.emit(False)

    def focus_first(self) -> None:
        """The keyboard to the form that is open, else to the first button."""
        if self.form.form is not None:
            self.form.focus_first()
        elif self._buttons:
            next(iter(self._buttons.values())).setFocus(Qt.FocusReason.TabFocusReason)

    def set_busy(self, busy: bool) -> None:
        self._busy = busy
        self.form.set_busy(busy)
        for button in self._buttons.values():
            button.setEnabled(not busy)

    def _press(self, action: str) -> None:
        self.chosen.emit(action)
