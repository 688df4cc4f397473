"""Photos and files chosen to go with something that is being written: added, shown by name, taken off again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from ui.widgets.buttons import LinkButton
from ui.widgets.line_row import LineRow


class FileRows(QWidget):
    """`files` are those that shall go along."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.files: list[Path] = []
        self.add = LinkButton("添加照片或文件", self._choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        column.addLayout(self._rows)

    def take(self, files: Sequence[Path], *, afresh: bool = False) -> None:
        """These too, or with `afresh` these alone."""
        kept = [] if afresh else self.files
        self.files = list(dict.fromkeys([*kept, *files]))
        while (taken := self._rows.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for file in self.files:
            self._rows.addWidget(LineRow(file.name, "", (("移去", partial(self._drop, file)),)))

    def _drop(self, file: Path) -> None:
        self.take([one for one in self.files if one != file], afresh=True)

    def _choose(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "选择照片或文件")
        self.take([Path(name) for name in names])
