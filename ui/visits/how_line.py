"""方式、类型、事由 of a planned visit: altered here, carried into the visit when it begins."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain.visit import METHOD_NAMES, VISIT_KIND_NAMES
from app.services.visit_plans import PlanLine
from ui import theme
from ui.widgets.label import label

MOST = 200


class HowLine(QWidget):
    """`described(plan id, fields)` as `visit_plan.describe` takes them, after something was altered."""

    described = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line: PlanLine | None = None
        self.method = _choice("方式", {str(code): word for code, word in METHOD_NAMES.items()})
        self.kind = _choice("走访类型", {str(code): word for code, word in VISIT_KIND_NAMES.items()})
        self.purpose = QLineEdit(placeholderText="事由：去做什么，可以不填")
        self.purpose.setAccessibleName("事由")
        self.purpose.setMaxLength(MOST)
        self.method.activated.connect(lambda _at: self._tell(method=self.method.currentData()))
        self.kind.activated.connect(lambda _at: self._tell(visit_kind=self.kind.currentData()))
        self.purpose.editingFinished.connect(self._tell_purpose)
        choices = QHBoxLayout()
        choices.setSpacing(theme.GRID)
        for word, field in (("方式", self.method), ("类型", self.kind)):
            choices.addWidget(label(word, "small"))
            choices.addWidget(field, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        column.addLayout(choices)
        column.addWidget(self.purpose)

    def show_plan(self, line: PlanLine) -> None:
        """Show another plan; what somebody is typing about the same one stays."""
        typing = self.line is not None and self.line.id == line.id and self.purpose.hasFocus()
        self.line = line
        self.method.setCurrentIndex(self.method.findData(line.method))
        self.kind.setCurrentIndex(self.kind.findData(line.visit_kind))
        if not typing:
            self.purpose.setText(line.purpose)

    def _tell_purpose(self) -> None:
        text = self.purpose.text().strip()
        if self.line is not None and text != self.line.purpose:
            self._tell(purpose=text or None)

    def _tell(self, **fields: str | None) -> None:
        if self.line is not None:
            self.described.emit(self.line.id, fields)


def _choice(name: str, words: Mapping[str, str]) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    for code, word in words.items():
        made.addItem(word, code)
    return made
