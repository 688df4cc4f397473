"""One widget for each kind of field a form can have. Each has `value()`, `put(value)` and says `altered`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from PySide6.QtCore import QDate, QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDateEdit,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.services.issues import Choice, Field, FieldKind
from ui import theme
from ui.widgets.buttons import LinkButton
from ui.widgets.flow import FlowLayout
from ui.widgets.repolish import set_flag

LONG_HEIGHT = 72
"""Of a field for several lines at 100 %."""
FEW = 8
"""Up to so many choices are shown as boxes to tick; more are picked from a list."""


class Editor(QWidget):
    """A field on screen; `altered` when a person has changed it."""

    altered = Signal()

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.line = QVBoxLayout(self)
        self.line.setContentsMargins(0, 0, 0, 0)
        self.line.setSpacing(theme.GRID // 2)

    @property
    def target(self) -> QWidget:
        """What gets the keyboard."""
        raise NotImplementedError

    def value(self) -> Any:
        raise NotImplementedError

    def put(self, value: Any) -> None:
        """Show a value without saying so."""
        raise NotImplementedError

    def offer(self, choices: Sequence[Choice]) -> None:
        """Other choices, where the field has any."""

    def mark_bad(self, bad: bool) -> None:
        set_flag(self.target, "bad", bad)

    def take(self, widget: QWidget) -> None:
        widget.setAccessibleName(self.field.label)
        self.line.addWidget(widget)
        self.setFocusProxy(widget)


class TextEditor(Editor):
    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.edit = QLineEdit(placeholderText=field.hint)
        if field.most:
            self.edit.setMaxLength(field.most)
        self.edit.textEdited.connect(lambda _text: self.altered.emit())
        self.take(self.edit)

    @property
    def target(self) -> QWidget:
        return self.edit

    def value(self) -> str:
        return self.edit.text().strip()

    def put(self, value: Any) -> None:
        self.edit.setText(str(value or ""))


class LongEditor(Editor):
    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.edit = QPlainTextEdit(placeholderText=field.hint, tabChangesFocus=True)
        self.edit.textChanged.connect(self._changed)
        self.take(self.edit)
        self._height = LONG_HEIGHT
        self._fit()

    def be_high(self, height: int) -> None:
        """For whole pages of text: px at 100 %."""
        self._height = height
        self._fit()

    @property
    def target(self) -> QWidget:
        return self.edit

    def value(self) -> str:
        text = self.edit.toPlainText().strip()
        return text[: self.field.most] if self.field.most else text

    def put(self, value: Any) -> None:
        with QSignalBlocker(self.edit):
            self.edit.setPlainText(str(value or ""))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_height"):
            self._fit()

    def _fit(self) -> None:
        self.edit.setFixedHeight(theme.current().px(self._height))
        self.updateGeometry()

    def _changed(self) -> None:
        self.altered.emit()


class ChoiceEditor(Editor):
    """A list to drop down. Where nothing need be said, or nothing was said yet, the first entry is the hint."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.combo = combo(field.label)
        self.combo.currentIndexChanged.connect(lambda _place: self.altered.emit())
        self.take(self.combo)
        self.offer(field.choices)

    @property
    def target(self) -> QWidget:
        return self.combo

    def offer(self, choices: Sequence[Choice]) -> None:
        kept = self.value()
        with QSignalBlocker(self.combo):
            self.combo.clear()
            if not self.field.required or self.field.default in (None, ""):
                self.combo.addItem(self.field.hint or "请选择", None)
            for choice in choices:
                self.combo.addItem(choice.name, choice.code)
        self.put(kept)

    def value(self) -> str | None:
        found = self.combo.currentData()
        return str(found) if found is not None else None

    def put(self, value: Any) -> None:
        with QSignalBlocker(self.combo):
            self.combo.setCurrentIndex(max(0, self.combo.findData(value)))


class ManyEditor(Editor):
    """Boxes to tick where there are few; else a list to add from, with what was added as words to take off again."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self._chosen: list[str] = []
        self._names = {choice.code: choice.name for choice in field.choices}
        self.boxes: dict[str, QCheckBox] = {}
        self._area = QWidget()
        self._flow = FlowLayout(self._area, theme.GRID)
        self.combo: QComboBox | None = None
        if len(field.choices) <= FEW:
            self._tick_boxes()
        else:
            self.combo = combo(field.label)
            self.combo.addItem(field.hint or "添加", None)
            for choice in field.choices:
                self.combo.addItem(choice.name, choice.code)
            self.combo.activated.connect(self._add)
            self.take(self.combo)
            self._area.hide()
        self.line.addWidget(self._area)

    def _tick_boxes(self) -> None:
        for code, name in self._names.items():
            box = QCheckBox(name)
            box.clicked.connect(lambda on, code=code: self._set(code, on))
            self._flow.addWidget(box)
            self.boxes[code] = box

    @property
    def target(self) -> QWidget:
        return self.combo if self.combo is not None else next(iter(self.boxes.values()), self._area)

    def mark_bad(self, bad: bool) -> None:
        set_flag(self.target, "bad", bad)

    def value(self) -> list[str]:
        return list(self._chosen)

    def put(self, value: Any) -> None:
        self._chosen = [code for code in value or [] if code in self._names]
        self._show()

    def offer(self, choices: Sequence[Choice]) -> None:
        """Only of a list to add from: boxes are few and of a form that is made anew each time."""
        if self.combo is None:
            return
        self._names = {choice.code: choice.name for choice in choices}
        self.combo.clear()
        self.combo.addItem(self.field.hint or "添加", None)
        for choice in choices:
            self.combo.addItem(choice.name, choice.code)
        self.put(self._chosen)

    def _add(self, _place: int) -> None:
        assert self.combo is not None
        code = self.combo.currentData()
        self.combo.setCurrentIndex(0)
        if code is not None:
            self._set(code, True)

    def _set(self, code: str, on: bool) -> None:
        self._chosen = [one for one in self._chosen if one != code] + ([code] if on else [])
        self._show()
        self.altered.emit()

    def _show(self) -> None:
        for code, box in self.boxes.items():
            box.setChecked(code in self._chosen)
        if self.boxes:
            return
        while (taken := self._flow.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for code in self._chosen:
            link = LinkButton(f"{self._names[code]} ×", partial(self._set, code, False), parent=self._area)
            link.setAccessibleName(f"去掉{self._names[code]}")
            self._flow.addWidget(link)
        self._area.setVisible(bool(self._chosen))
        self._area.updateGeometry()


class NumberEditor(Editor):
    """Where nothing need be said, the figure below the least one says nothing: 0 is an answer where it may be given."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        least = field.least if field.required else field.least - 1
        suffix = f" {field.hint}" if field.hint else ""
        self.spin = QSpinBox(minimum=least, maximum=field.most or 250, suffix=suffix)
        if not field.required:
            self.spin.setSpecialValueText("不填")
            self.spin.setValue(least)
        self.spin.lineEdit().setTextMargins(theme.GRID, 0, 0, 0)
        self.spin.valueChanged.connect(lambda _value: self.altered.emit())
        self.take(self.spin)

    @property
    def target(self) -> QWidget:
        return self.spin

    def value(self) -> int | None:
        nothing = not self.field.required and self.spin.value() == self.spin.minimum()
        return None if nothing else self.spin.value()

    def put(self, value: Any) -> None:
        with QSignalBlocker(self.spin):
            self.spin.setValue(self.spin.minimum() if value is None else int(value))


class DateEditor(Editor):
    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.edit = QDateEdit()
        self.edit.setCalendarPopup(True)
        self.edit.setDisplayFormat("yyyy年M月d日")
        self.edit.dateChanged.connect(lambda _day: self.altered.emit())
        self.take(self.edit)

    @property
    def target(self) -> QWidget:
        return self.edit

    def value(self) -> str:
        return date(self.edit.date().year(), self.edit.date().month(), self.edit.date().day()).isoformat()

    def put(self, value: Any) -> None:
        day = date.fromisoformat(value)
        with QSignalBlocker(self.edit):
            self.edit.setDate(QDate(day.year, day.month, day.day))


class YesEditor(Editor):
    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.box = QCheckBox(field.label)
        self.box.clicked.connect(lambda _on: self.altered.emit())
        self.take(self.box)

    @property
    def target(self) -> QWidget:
        return self.box

    def value(self) -> bool:
        return self.box.isChecked()

    def put(self, value: Any) -> None:
        self.box.setChecked(bool(value))


class DecideEditor(Editor):
    """是 or 否; neither to begin with."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        row = QHBoxLayout()
        row.setSpacing(theme.GRID * 2)
        self.group = QButtonGroup(self)
        self.buttons: dict[str, QRadioButton] = {}
        for code, word in (("yes", "是"), ("no", "否")):
            button = QRadioButton(word)
            button.setAccessibleName(f"{field.label}：{word}")
            button.clicked.connect(lambda _on: self.altered.emit())
            self.group.addButton(button)
            row.addWidget(button)
            self.buttons[code] = button
        row.addStretch(1)
        self.line.addLayout(row)
        self.setFocusProxy(self.buttons["yes"])

    @property
    def target(self) -> QWidget:
        return self.buttons["yes"]

    def value(self) -> str | None:
        return next((code for code, button in self.buttons.items() if button.isChecked()), None)

    def put(self, value: Any) -> None:
        self.group.setExclusive(False)
        for code, button in self.buttons.items():
            button.setChecked(code == value)
        self.group.setExclusive(True)


EDITORS: dict[FieldKind, type[Editor]] = {
    FieldKind.TEXT: TextEditor,
    FieldKind.LONG: LongEditor,
    FieldKind.CHOICE: ChoiceEditor,
    FieldKind.MANY: ManyEditor,
    FieldKind.NUMBER: NumberEditor,
    FieldKind.DATE: DateEditor,
    FieldKind.YES: YesEditor,
    FieldKind.DECIDE: DecideEditor,
}


class _Still(QObject):
    """The wheel moves the page, not what was chosen in a list it happens to pass."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def combo(name: str) -> QComboBox:
    """A list to drop down that does not ask for the width of its longest entry."""
    made = QComboBox()
    made.setAccessibleName(name)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(6)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.installEventFilter(_Still(made))
    return made
