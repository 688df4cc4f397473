"""我的 / 中心的 / 另写 of one field, with the field to write in. At first nothing is chosen."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ui import theme
from ui.widgets.buttons import Button

CHOSEN = "● "


class _Chip(Button):
    def __init__(self, word: str, about: str, parent: QWidget) -> None:
        super().__init__(word, parent=parent)
        self._word = word
        self.setCheckable(True)
        self.setProperty("chip", "true")
        self.setAccessibleName(f"{about}：{word}")

    def show_checked(self, checked: bool) -> None:
        self.setChecked(checked)
        # Not by colour alone.
        self.setText(f"{CHOSEN}{self._word}" if checked else self._word)


class PickRow(QWidget):
    """`changed` after a person chose, took it back, or wrote. Left and right move between the three."""

    changed = Signal()
    written = Signal()
    """Enter in the field to write in."""

    def __init__(self, about: str, mine_word: str, start: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.GRID // 2, 0, theme.GRID // 2)
        column.setSpacing(theme.GRID // 2)
        row = QHBoxLayout()
        row.setSpacing(theme.GRID // 2)
        self.chips: dict[str, _Chip] = {}
        for pick, word in (("mine", mine_word), ("theirs", "中心的"), ("other", "另写")):
            chip = self.chips[pick] = _Chip(word, about, self)
            chip.clicked.connect(lambda checked, pick=pick: self._clicked(pick, checked))
            row.addWidget(chip)
        row.addStretch(1)
        column.addLayout(row)
        self.field = QLineEdit(start)
        self.field.setAccessibleName(f"{about}：另写的内容")
        self.field.setPlaceholderText("写上应当是什么")
        column.addWidget(self.field)
        self.field.hide()
        self.field.textChanged.connect(lambda _text: self.changed.emit())
        self.field.returnPressed.connect(self.written.emit)

    @property
    def pick(self) -> str:
        """`mine`, `theirs`, `other`, or empty."""
        return next((pick for pick, chip in self.chips.items() if chip.isChecked()), "")

    def choose(self, pick: str) -> None:
        """Without asking for the keyboard."""
        for name, chip in self.chips.items():
            chip.show_checked(name == pick)
        self.field.setVisible(pick == "other")
        self.changed.emit()

    @property
    def state(self) -> tuple[str, str]:
        """What was chosen and written so far, for a row that takes this one's place."""
        return self.pick, self.field.text()

    def restore(self, state: tuple[str, str]) -> None:
        self.field.setText(state[1])
        self.choose(state[0])

    def _clicked(self, pick: str, checked: bool) -> None:
        self.choose(pick if checked else "")
        if self.pick == "other":
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)
            self.field.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps: dict[Any, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        chips = list(self.chips.values())
        focused = next((index for index, chip in enumerate(chips) if chip.hasFocus()), None)
        step = steps.get(Qt.Key(event.key()))
        if step is None or focused is None:
            super().keyPressEvent(event)
            return
        chips[(focused + step) % len(chips)].setFocus(Qt.FocusReason.TabFocusReason)
