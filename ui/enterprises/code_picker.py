"""A code looked up: typed by part of its name, its beginning or initials, picked from the few that fit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.services.enterprises_forms import Code
from ui import theme
from ui.page import later
from ui.widgets.buttons import LinkButton
from ui.widgets.label import label

WAIT_MS = 120


class CodePicker(QWidget):
    """`asked(text)` while somebody types, `picked(code)` when one is chosen (Enter takes the first)."""

    asked = Signal(str)
    picked = Signal(str)

    def __init__(self, name: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.found: tuple[Code, ...] = ()
        self.edit = QLineEdit(placeholderText=hint)
        self.edit.setAccessibleName(name)
        self.edit.setClearButtonEnabled(True)
        self._wait = later(self, WAIT_MS, lambda: self.asked.emit(self.edit.text()))
        self.edit.textChanged.connect(lambda _text: self._wait.start())
        self.edit.returnPressed.connect(self._first)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        head = QHBoxLayout()
        head.addWidget(label(name, "tablequiet"))
        head.addWidget(self.edit, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        column.addLayout(head)
        column.addLayout(self._rows)

    def offer(self, found: Sequence[Code]) -> None:
        """What fits what is typed."""
        self.found = tuple(found)
        while (taken := self._rows.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.setParent(None)
                widget.deleteLater()
        for code in found:
            link = LinkButton(f"{code.text}　{code.place}" if code.place else code.text)
            link.setAccessibleName(code.text)
            link.clicked.connect(partial(self._pick, code))
            self._rows.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)
        if not found and self.edit.text().strip():
            self._rows.addWidget(
                label("没有找到。换一个短些的词，或直接输入代码的前几位。", "small", wrap=True)
            )

    def clear(self) -> None:
        self.edit.clear()
        self.offer(())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.edit.text():
            self.clear()
            return
        super().keyPressEvent(event)

    def _first(self) -> None:
        if self.found:
            self._pick(self.found[0])

    def _pick(self, code: Code, _checked: bool = False) -> None:
        self.clear()
        self.picked.emit(code.code)
