"""The coordinator's form: classification, level, department, handler, limit with its deadline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLineEdit, QSpinBox, QWidget

from app.domain.issue import Issue
from app.domain.taxonomy import Dictionaries
from app.services.issues import Choice, Field, FieldKind, Suggestion
from ui import theme
from ui.issues.editors import ManyEditor
from ui.issues.presenter import Assignment
from ui.widgets.label import label

LEVELS = {1: "1 即办", 2: "2 单部门", 3: "3 跨部门", 4: "4 重大"}


@dataclass(frozen=True, slots=True)
class Mode:
    """Which parts of the form are wanted: classification while accepting, department while assigning."""

    accepting: bool
    assigning: bool


class DispatchForm(QWidget):
    """`classified(subcategory)` when another was chosen, `department_chosen(id)`, `limit_changed(days)`."""

    classified = Signal(object)
    department_chosen = Signal(str)
    limit_changed = Signal(int)

    def __init__(self, rules: Dictionaries, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rules = rules
        self._quiet = False
        self.mode = Mode(True, True)
        self.category = _combo("分类")
        self.subcategory = _combo("小类")
        self.level = _combo("级别")
        for level, word in LEVELS.items():
            self.level.addItem(word, level)
        self.department = _combo("承办部门")
        self._fill_lists()
        self.joint = ManyEditor(
            Field(
                "joint",
                "协办",
                FieldKind.MANY,
                hint="可以不选",
                choices=_departments(rules),
            )
        )
        self.handler = _combo("承办人")
        self.limit = QSpinBox(minimum=1, maximum=250, suffix=" 个工作日")
        self.limit.setAccessibleName("办理时限")
        self.limit.lineEdit().setTextMargins(theme.GRID, 0, 0, 0)
        self.limit.setFixedWidth(theme.current().px(124))
        self.due = label("", "small", wrap=True)
        self.requirement = QLineEdit(placeholderText="可以不填")
        self.requirement.setAccessibleName("交办要求")
        self._lay_out()
        self.category.currentIndexChanged.connect(self._category_changed)
        self.subcategory.currentIndexChanged.connect(self._subcategory_changed)
        self.department.currentIndexChanged.connect(self._department_changed)
        self.limit.valueChanged.connect(self._limit_changed)

    def _lay_out(self) -> None:
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, theme.GRID // 2, 0, theme.GRID // 2)
        self._form.setHorizontalSpacing(theme.GRID * 3 // 2)
        self._form.setVerticalSpacing(theme.GRID)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        line.addWidget(self.limit)
        line.addWidget(self.due, 1)
        self._limit_line = line
        rows: tuple[tuple[str, QWidget | QHBoxLayout], ...] = (
            ("分类", self.category),
            ("小类", self.subcategory),
            ("级别", self.level),
            ("主办", self.department),
            ("承办人", self.handler),
            ("协办", self.joint),
            ("时限", line),
            ("要求", self.requirement),
        )
        for word, part in rows:
            self._form.addRow(label(word, "tablequiet"), part)

    def set_rules(self, rules: Dictionaries) -> None:
        """The dictionaries in force: another version may have come since the form was made."""
        if rules is self._rules:
            return
        self._rules = rules
        self._quiet = True
        self._fill_lists()
        self.joint.offer(_departments(rules))
        self._quiet = False

    def _fill_lists(self) -> None:
        self.category.clear()
        for item in self._rules.taxonomy.items:
            self.category.addItem(f"{item.code} {item.name}", item.code)
        self.department.clear()
        self.department.addItem("请选择承办部门", "")
        for department in self._rules.departments:
            self.department.addItem(department.name, department.id)

    def show_issue(self, issue: Issue, mode: Mode) -> None:
        """Fill the form from what the issue says already."""
        self.mode = mode
        self._quiet = True
        # A classification that is out of use is to be chosen anew, never taken for another one.
        self.category.setCurrentIndex(self.category.findData(issue.category))
        self._fill_subcategories()
        _choose(self.subcategory, issue.subcategory or "")
        _choose(self.level, issue.level or 2)
        self._quiet = False
        for field in (self.category, self.subcategory, self.level):
            self._form.setRowVisible(field, mode.accepting)
        for part in (self.department, self.handler, self.joint, self.requirement):
            self._form.setRowVisible(part, mode.assigning)
        self._form.setRowVisible(self._limit_line, mode.assigning)
        self.requirement.clear()
        self.joint.put(issue.joint)
        self.due.setText("")
        self.classified.emit(self.subcategory.currentData() or None)

    def suggest(self, suggestion: Suggestion) -> None:
        """Take over what the classification suggests."""
        self._quiet = True
        if self.mode.accepting:
            _choose(self.level, suggestion.level)
        _choose(self.department, suggestion.department)
        self.limit.setValue(suggestion.limit_days)
        self._quiet = False
        self.department_chosen.emit(self.department.currentData())
        self.limit_changed.emit(self.limit.value())

    def set_handlers(self, people: Sequence[tuple[str, str]]) -> None:
        self.handler.clear()
        self.handler.addItem("由部门确定", "")
        for person, name in people:
            self.handler.addItem(name, person)
        self.handler.setEnabled(bool(people))

    def set_due(self, text: str) -> None:
        self.due.setText(f"至 {text}" if text else "")

    def value(self) -> Assignment:
        handler = self.handler.currentData() or None
        return Assignment(
            category=self.category.currentData() or "",
            subcategory=self.subcategory.currentData() or None,
            level=int(self.level.currentData()),
            department=self.department.currentData(),
            joint=tuple(self.joint.value()),
            handler=handler,
            handler_name=self.handler.currentText() if handler else None,
            limit_days=self.limit.value(),
            requirement=self.requirement.text().strip() or None,
        )

    def _fill_subcategories(self) -> None:
        self.subcategory.clear()
        category = self._rules.taxonomy.category(self.category.currentData() or "")
        for item in category.subcategories if category else ():
            self.subcategory.addItem(item.name, item.code)

    def _category_changed(self) -> None:
        if not self._quiet:
            self._quiet = True
            self._fill_subcategories()
            self._quiet = False
            self._subcategory_changed()

    def _subcategory_changed(self) -> None:
        if not self._quiet:
            self.classified.emit(self.subcategory.currentData() or None)

    def _department_changed(self) -> None:
        if not self._quiet:
            self.department_chosen.emit(self.department.currentData())

    def _limit_changed(self, days: int) -> None:
        if not self._quiet:
            self.limit_changed.emit(days)


def _departments(rules: Dictionaries) -> tuple[Choice, ...]:
    return tuple(Choice(one.id, one.name) for one in rules.departments)


def _combo(name: str) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(6)
    return made


def _choose(combo: QComboBox, data: object) -> None:
    place = combo.findData(data)
    combo.setCurrentIndex(max(0, place))
