"""这次走访: kind, who went along, which of the 六包 it was about; kept with every alteration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from app.domain.visit import VISIT_KIND_NAMES, Visit
from ui import theme
from ui.widgets.card import Card
from ui.widgets.chips import ChipRow
from ui.widgets.label import label

_PERSON = re.compile(r"\s*([^（(]+?)\s*(?:[（(]\s*([^）)]*?)\s*[）)])?\s*")


class VisitCard(Card):
    """`described(fields)` after something was altered, as `visit.describe` takes it."""

    described = Signal(object)

    def __init__(self, visit: Visit, six: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__("这次走访", "", parent)
        self.kind = QComboBox()
        self.kind.setAccessibleName("走访类型")
        self.kind.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.kind.addItem("未选", None)
        for code, word in VISIT_KIND_NAMES.items():
            self.kind.addItem(word, str(code))
        self.kind.setCurrentIndex(max(0, self.kind.findData(visit.visit_kind)))
        self.kind.activated.connect(lambda _at: self._tell(visit_kind=self.kind.currentData()))
        self.people = QLineEdit("、".join(one.text for one in visit.companions))
        self.people.setAccessibleName("同去的人")
        self.people.setPlaceholderText("姓名（单位职务），用顿号隔开")
        self.people.editingFinished.connect(self._tell_people)
        self.purpose = QLineEdit(visit.purpose or "")
        self.purpose.setAccessibleName("事由")
        self.purpose.setMaxLength(200)
        self.purpose.editingFinished.connect(self._tell_purpose)
        self._told = {"companions": companions_of(self.people.text()), "purpose": visit.purpose}
        self.six = ChipRow(six, single=False)
        for key in visit.six:
            if key in six:
                self.six.chip(key).setChecked(True)
        self.six.chosen.connect(lambda keys: self._tell(six=list(keys)))
        fields = (("类型", self.kind), ("事由", self.purpose), ("同去的人", self.people), ("六包", self.six))
        for word, field in fields:
            self.body.addWidget(label(word, "small"))
            self.body.addWidget(field)
            self.body.addSpacing(theme.GRID // 2)

    def _tell_people(self) -> None:
        self._tell_new("companions", companions_of(self.people.text()))

    def _tell_purpose(self) -> None:
        self._tell_new("purpose", self.purpose.text().strip() or None)

    def _tell_new(self, name: str, value: Any) -> None:
        if self._told[name] != value:
            self._told[name] = value
            self._tell(**{name: value})

    def _tell(self, **fields: Any) -> None:
        self.described.emit(fields)

    def flush(self) -> None:
        """What stands in a field the focus is still in."""
        self._tell_people()
        self._tell_purpose()


def companions_of(text: str) -> list[dict[str, str]]:
    """`周组长（园区副主任）、李工` as people with their duties."""
    found = []
    for part in re.split(r"[、，,；;]", text):
        match = _PERSON.fullmatch(part)
        if match is not None and match[1].strip():
            one = {"name": match[1].strip()[:40]}
            found.append({**one, "duty": match[2][:60]} if match[2] else one)
    return found
