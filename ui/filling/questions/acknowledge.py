"""One thing to be confirmed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from forms.filling import Node
from ui.filling.questions.chip import Chip
from ui.filling.questions.editor import Editor, Subject

OK = "OK"
"""What the form language keeps for a confirmed acknowledgement."""


class AcknowledgeEditor(Editor):
    """acknowledge."""

    compact = True

    def __init__(self, subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(subject, parent)
        self.chip = Chip("已确认", many=True, parent=self)
        self.chip.clicked.connect(lambda checked: self.answered.emit(OK if checked else None))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.chip)
        row.addStretch()
        self.setFocusProxy(self.chip)

    def show_node(self, node: Node) -> None:
        self.chip.setChecked(node.value not in (None, ""))
        self.chip.setEnabled(not node.read_only)

    def focus_widget(self) -> QWidget:
        return self.chip

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        if event.key() == Qt.Key.Key_1:
            self.chip.click()
        else:
            super().keyPressEvent(event)
