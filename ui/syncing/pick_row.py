"""我的 / 中心的 / 另写 of one field, with the field to write in. At first nothing is chosen."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui import theme
from ui.syncing.long_edit import LongEdit, value_edit
from ui.widgets.buttons import Button
from ui.widgets.label import label

CHOSEN = "● "
_KEYS: dict[Any, str] = {Qt.Key.Key_1: "mine", Qt.Key.Key_2: "theirs", Qt.Key.Key_3: "other"}
_STEPS: dict[Any, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_ROWS: dict[Any, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class _Chip(Button):
    def __init__(self, word: str, about: str, parent: QWidget) -> None:
        super().__init__(word, parent=parent)
        self._word = word
        self.setCheckable(True)
        self.setProperty("chip", "true")
        self.setAccessibleName(f"{about}：{word}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _STEPS or key in _ROWS or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            # A button would press itself, or hand the focus to whatever comes next: both are the row's and card's to say.
            event.ignore()
            return
        super().keyPressEvent(event)

    def show_checked(self, checked: bool) -> None:
        self.setChecked(checked)
        # Not by colour alone.
        self.setText(f"{CHOSEN}{self._word}" if checked else self._word)


class PickRow(QWidget):
    """`changed` after a person chose, took it back, or wrote. `start` None: nothing can be written here.

    Left and right move between the choices, up and down between fields (`moved(step, choice)`), 1 2 3 choose.
    """

    changed = Signal()
    moved = Signal(int, str)
    written = Signal()
    """Enter in the field to write in."""

    def __init__(
        self, about: str, mine_word: str, start: str | None, *, needed: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.needed = needed
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.GRID // 2, 0, theme.GRID // 2)
        column.setSpacing(theme.GRID // 2)
        row = QHBoxLayout()
        row.setSpacing(theme.GRID // 2)
        self.chips: dict[str, _Chip] = {}
        words = {"mine": mine_word, "theirs": "中心的", "other": "另写"}
        for pick, word in words.items():
            if pick == "other" and start is None:
                continue
            chip = self.chips[pick] = _Chip(word, about, self)
            chip.clicked.connect(lambda checked, pick=pick: self._clicked(pick, checked))
            row.addWidget(chip)
        row.addStretch(1)
        column.addLayout(row)
        self.field = value_edit(start or "", f"{about}：另写的内容")
        self.field.setPlaceholderText("写上应当是什么" if needed else "留空就是清空这一项")
        column.addWidget(self.field)
        self.field.hide()
        self.note = label("", "small", wrap=True)
        column.addWidget(self.note)
        self.note.hide()
        self.field.textChanged.connect(lambda *_text: self._look())
        self.field.returnPressed.connect(self.written.emit)

    @property
    def pick(self) -> str:
        """`mine`, `theirs`, `other`, or empty."""
        return next((pick for pick, chip in self.chips.items() if chip.isChecked()), "")

    @property
    def clears(self) -> bool:
        """Whether the field shall be empty: 另写 with nothing in it."""
        return self.pick == "other" and not self.field.text().strip()

    @property
    def ready(self) -> bool:
        """Whether what is chosen can be set."""
        return bool(self.pick) and not (self.clears and self.needed)

    def choose(self, pick: str) -> None:
        """Without asking for the keyboard."""
        for name, chip in self.chips.items():
            chip.show_checked(name == pick)
        self.field.setVisible(pick == "other")
        self._look()

    def focus(self, pick: str) -> None:
        """The keyboard at one of the choices."""
        chip = self.chips.get(pick) or self.chips["theirs"]
        chip.setFocus(Qt.FocusReason.TabFocusReason)

    @property
    def state(self) -> tuple[str, str]:
        """What was chosen and written so far, for a row that takes this one's place."""
        return self.pick, self.field.text()

    def restore(self, state: tuple[str, str]) -> None:
        self.field.setText(state[1])
        self.choose(state[0] if state[0] in self.chips else "")

    def _look(self) -> None:
        self.note.setText("不能留空，请写上内容。" if self.needed else "这一项将清空。")
        self.note.setVisible(self.clears)
        self.changed.emit()

    def _clicked(self, pick: str, checked: bool) -> None:
        self.choose(pick if checked else "")
        if self.pick == "other":
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)
            self.field.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        names = list(self.chips)
        at = next((index for index, name in enumerate(names) if self.chips[name].hasFocus()), None)
        if at is None:
            if key in _ROWS and self.field.hasFocus() and not isinstance(self.field, LongEdit):
                self.moved.emit(_ROWS[key], "other")
                return
            super().keyPressEvent(event)
        elif key in _STEPS:
            self.focus(names[(at + _STEPS[key]) % len(names)])
        elif key in _ROWS:
            self.moved.emit(_ROWS[key], names[at])
        elif key in _KEYS and _KEYS[key] in self.chips:
            self.chips[_KEYS[key]].setFocus(Qt.FocusReason.TabFocusReason)
            self._clicked(_KEYS[key], checked=True)
        else:
            super().keyPressEvent(event)
