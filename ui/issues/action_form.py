"""The form of any move: built from the data of `app.services.issues.ActionForm`."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.services.issues import ActionForm, FieldKind
from ui import theme
from ui.issues.editors import EDITORS, Editor
from ui.widgets.buttons import Button
from ui.widgets.label import label


class ActionFormWidget(QWidget):
    """`submitted(action, args)` when everything asked for is there; `dropped` when somebody thought better of it."""

    submitted = Signal(str, object)
    dropped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form: ActionForm | None = None
        self.editors: dict[str, Editor] = {}
        self._quiet = False
        self.note = label("", "tablequiet", wrap=True)
        self._fields = QWidget()
        self._layout = self._new_layout()
        self.problem = label("", "bad", wrap=True)
        self.submit = Button("", self._submit, primary=True, shortcut="Ctrl+Return")
        self.drop = Button("不做了", self.dropped.emit)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GRID)
        buttons.addWidget(self.submit)
        buttons.addWidget(self.drop)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.GRID // 2, 0, theme.GRID // 2)
        column.setSpacing(theme.GRID)
        column.addWidget(self.note)
        column.addWidget(self._fields)
        column.addWidget(self.problem)
        column.addLayout(buttons)
        self.hide()

    def _new_layout(self) -> QFormLayout:
        made = QFormLayout(self._fields)
        made.setContentsMargins(0, 0, 0, 0)
        made.setHorizontalSpacing(theme.GRID * 3 // 2)
        made.setVerticalSpacing(theme.GRID)
        made.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        made.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        made.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        return made

    def show_form(self, form: ActionForm, *, droppable: bool = True) -> None:
        """Ask for what this form asks, with its defaults, and take the keyboard."""
        self._clear()
        self.form = form
        self.note.setText(form.note)
        self.note.setVisible(bool(form.note))
        for field in form.fields:
            editor = EDITORS[field.kind](field)
            editor.altered.connect(lambda name=field.name: self._altered(name))
            self.editors[field.name] = editor
            # A box to tick says its own word.
            self._layout.addRow(
                label("" if field.kind is FieldKind.YES else field.label, "tablequiet"), editor
            )
        self._quiet = True
        for field in form.fields:
            editor = self.editors[field.name]
            if field.by:
                editor.offer(field.choices_for(self.values()))
            if field.default is not None:
                editor.put(field.default)
        self._quiet = False
        self.submit.set_text(form.word)
        self.submit.setEnabled(True)
        self.drop.setVisible(droppable)
        self._complain("")
        self._ask()
        self.show()

    def focus_first(self) -> None:
        """The keyboard to the first thing that is asked and not answered, else to the button."""
        values = self.values()
        for field in self.form.fields if self.form is not None else ():
            if field.asked(values) and not values[field.name]:
                self.editors[field.name].target.setFocus(Qt.FocusReason.OtherFocusReason)
                return
        self.submit.setFocus(Qt.FocusReason.OtherFocusReason)

    def values(self) -> dict[str, Any]:
        return {name: editor.value() for name, editor in self.editors.items()}

    def put(self, name: str, value: Any) -> None:
        """Answer one field as a person would."""
        self.editors[name].put(value)
        self._altered(name)

    def set_busy(self, busy: bool) -> None:
        self.submit.setEnabled(not busy)

    def _altered(self, name: str) -> None:
        if self._quiet or self.form is None:
            return
        field = self.editors[name].field
        values = self.values()
        self._quiet = True
        for other in self.form.fields:
            if other.by == name:
                self.editors[other.name].offer(other.choices_for(values))
                self._take_over(other.name)
        for target, value in field.sets.get(str(values[name]), {}).items():
            self._fill(target, value)
        self._quiet = False
        self._complain("")
        self._ask()

    def _take_over(self, name: str) -> None:
        """The choices of a field have been replaced: what its first one suggests holds."""
        editor = self.editors[name]
        for target, value in editor.field.sets.get(str(editor.value()), {}).items():
            self._fill(target, value)

    def _fill(self, name: str, value: Any) -> None:
        editor = self.editors.get(name)
        if editor is None or self.form is None:
            return
        editor.put(value)
        values = self.values()
        for other in self.form.fields:
            if other.by == name:
                self.editors[other.name].offer(other.choices_for(values))

    def _ask(self) -> None:
        """Show what is asked for now, and nothing else."""
        values = self.values()
        for name, editor in self.editors.items():
            self._layout.setRowVisible(editor, editor.field.asked(values))
            editor.mark_bad(False)
            if name in values and editor.field.by and not editor.field.choices_for(values):
                editor.setEnabled(False)
            else:
                editor.setEnabled(True)

    def _submit(self) -> None:
        if self.form is None or not self.submit.isEnabled():
            return
        values = self.values()
        problems = self.form.problems(values)
        for name, editor in self.editors.items():
            editor.mark_bad(name in problems)
        if problems:
            name = next(iter(problems))
            self._complain(problems[name])
            self.editors[name].target.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self._complain("")
        self.submitted.emit(self.form.action, self.form.args(values))

    def _complain(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def _clear(self) -> None:
        while self._layout.rowCount():
            self._layout.removeRow(0)
        self.editors = {}
        self.form = None

    def close_form(self) -> None:
        """Ask for nothing any more."""
        self.hide()
        self._clear()
