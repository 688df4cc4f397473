"""One refused change: what, why, putting it right and reporting it again, or giving it up with a second press."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.errors import KnownError
from app.services.refused import FieldsAgain, IssueAgain, VisitAgain
from ui import theme
from ui.issues.resubmit_form import ResubmitForm
from ui.syncing.model import RefusedLine
from ui.syncing.words import field_word, read_value, value_text, written_text
from ui.widgets.buttons import Button, LinkButton
from ui.widgets.label import label
from ui.widgets.repolish import set_flag


class RefusedRow(QWidget):
    """Signals carry the line: `given_up`, `filled_on` (a visit), `issue_again(line, words)`, `fields_again(line, values)`."""

    given_up = Signal(object)
    filled_on = Signal(object)
    issue_again = Signal(object, object)
    fields_again = Signal(object, object)

    def __init__(self, line: RefusedLine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = line
        self._sure = False
        self._fields: dict[str, QLineEdit] = {}
        self._issue: ResubmitForm | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        row = QHBoxLayout()
        row.setSpacing(theme.GRID * 2)
        what = f"{line.what}「{line.about}」" if line.about else line.what
        row.addWidget(label(what, "table", wrap=True), 2)
        row.addWidget(label(f"{line.reason}（{line.made}）", "tablequiet", wrap=True), 4)
        if line.again is not None:
            self.again = LinkButton("改后重报", self._again)
            row.addWidget(self.again)
        self.button = LinkButton("放弃", self._press, quiet=True)
        row.addWidget(self.button)
        column.addLayout(row)
        self.form = QWidget(self)
        self.form.setMaximumWidth(theme.current().px(640))
        column.addWidget(self.form)
        self.form.hide()
        self._build()

    @property
    def busy(self) -> bool:
        """Somebody is writing here."""
        return self.form.isVisible()

    def _build(self) -> None:
        column = QVBoxLayout(self.form)
        column.setContentsMargins(0, 0, 0, theme.GRID)
        column.setSpacing(theme.GRID // 2)
        again = self.line.again
        if isinstance(again, FieldsAgain):
            for name, value in again.values.items():
                column.addWidget(
                    label(
                        f"{field_word(name)}（现在是 {value_text(name, again.present[name])}）", "tablequiet"
                    )
                )
                field = self._fields[name] = QLineEdit(written_text(name, value))
                field.setAccessibleName(field_word(name))
                field.returnPressed.connect(self._send)
                column.addWidget(field)
        elif isinstance(again, IssueAgain):
            self._issue = ResubmitForm()
            self._issue.show_issue(again.issue)
            column.addWidget(self._issue)
        else:
            return
        self.problem = label("", "bad", wrap=True)
        column.addWidget(self.problem)
        self.problem.hide()
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GRID)
        self.send = Button("重新上报", self._send, primary=True)
        buttons.addWidget(self.send)
        buttons.addWidget(Button("先不改", self._close))
        buttons.addStretch(1)
        column.addLayout(buttons)

    def _again(self) -> None:
        if isinstance(self.line.again, VisitAgain):
            self.filled_on.emit(self.line)
            return
        self.form.show()
        first = self._issue.title if self._issue is not None else next(iter(self._fields.values()))
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _close(self) -> None:
        self.form.hide()
        self.again.setFocus(Qt.FocusReason.OtherFocusReason)

    def _send(self) -> None:
        if self._issue is not None:
            words = self._issue.value()
            if not words[0]:
                self._show_problem(self._issue.title, "请写上标题。")
                return
            self.issue_again.emit(self.line, words)
            return
        values: dict[str, Any] = {}
        for name, field in self._fields.items():
            try:
                values[name] = read_value(name, field.text())
            except KnownError as error:
                self._show_problem(field, error.text)
                return
        self.fields_again.emit(self.line, values)

    def _show_problem(self, field: QLineEdit, text: str) -> None:
        set_flag(field, "bad", True)
        self.problem.setText(text)
        self.problem.show()
        field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _press(self) -> None:
        if not self._sure:
            self._sure = True
            self.button.set_text("再按一次放弃")
            return
        self.given_up.emit(self.line)
