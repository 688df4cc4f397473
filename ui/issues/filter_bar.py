"""What a list of issues is narrowed to besides its group: light, category, department, level, source, and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from app.services.desk import Desk
from app.services.issues import Filters
from ui import theme
from ui.issues.editors import combo
from ui.widgets.buttons import LinkButton
from ui.widgets.flow import FlowLayout

LIGHTS = (("red", "红"), ("yellow", "黄"), ("blue", "蓝"), ("green", "绿"), ("grey", "灰"))


class FilterBar(QWidget):
    """`altered` when somebody narrows the list or lets it be wide again."""

    altered = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        rules = desk.rules
        flow = FlowLayout(self, theme.GRID)
        self.text = QLineEdit(placeholderText="标题、企业、编号")
        self.text.setAccessibleName("筛选文字")
        self.text.setClearButtonEnabled(True)
        self.text.textChanged.connect(lambda _text: self.altered.emit())
        self.light = self._choice("灯", LIGHTS)
        self.category = self._choice("分类", [(one.code, one.name) for one in rules.taxonomy.items])
        self.department = self._choice("部门", [(one.id, one.name) for one in rules.departments])
        self.level = self._choice("级别", [(i["code"], i["name"]) for i in desk.dictionary("issue_levels")])
        self.source = self._choice("来源", [(i["code"], i["name"]) for i in desk.dictionary("issue_sources")])
        self.month = self._choice("销号月份", ())
        self.month.setMinimumContentsLength(8)
        self.supervised = self._box("督办中")
        self.for_meeting = self._box("上联席会")
        self.mine = self._box("我的")
        self.clear = LinkButton("清除筛选", self.reset)
        for widget in (
            self.text, self.light, self.category, self.department, self.level, self.source,
            self.month, self.supervised, self.for_meeting, self.mine, self.clear,
        ):  # fmt: skip
            flow.addWidget(widget)

    def _choice(self, word: str, choices: Sequence[tuple[str, str]]) -> QComboBox:
        made = combo(word)
        made.addItem(f"全部{word}", "")
        for code, name in choices:
            made.addItem(name, code)
        made.currentIndexChanged.connect(lambda _place: self.altered.emit())
        return made

    def _box(self, word: str) -> QCheckBox:
        made = QCheckBox(word)
        made.toggled.connect(lambda _on: self.altered.emit())
        return made

    def offer_months(self, months: Sequence[str]) -> None:
        """The months (`2026-11`) in which something was struck off, newest first; the chosen one stays chosen."""
        chosen = self.month.currentData()
        wanted = sorted({*months, *([chosen] if chosen else [])}, reverse=True)
        if [self.month.itemData(place) for place in range(1, self.month.count())] == wanted:
            return
        with QSignalBlocker(self.month):
            while self.month.count() > 1:
                self.month.removeItem(1)
            for month in wanted:
                self.month.addItem(f"{month[:4]}年{int(month[5:])}月", month)
            self.month.setCurrentIndex(max(0, self.month.findData(chosen)))

    def value(self) -> Filters:
        return Filters(
            light=self.light.currentData(),
            category=self.category.currentData(),
            department=self.department.currentData(),
            level=int(self.level.currentData() or 0),
            source=self.source.currentData(),
            supervised=self.supervised.isChecked(),
            for_meeting=self.for_meeting.isChecked(),
            mine=self.mine.isChecked(),
            closed_month=self.month.currentData(),
            text=self.text.text(),
        )

    @property
    def narrow(self) -> bool:
        """Whether anything is left out."""
        return replace(self.value(), text=self.text.text().strip()) != Filters()

    def reset(self) -> None:
        """Everything again."""
        for box in (self.supervised, self.for_meeting, self.mine):
            box.setChecked(False)
        for choice in (self.light, self.category, self.department, self.level, self.source, self.month):
            choice.setCurrentIndex(0)
        self.text.clear()
