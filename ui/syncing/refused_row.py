"""One refused change: what, why, putting it right and reporting it again, or giving it up with a second press."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui import theme
from ui.syncing.again_forms import AgainForm, Wrong
from ui.syncing.model import RefusedLine
from ui.widgets.buttons import Button, LinkButton
from ui.widgets.label import label
from ui.widgets.repolish import set_flag


class RefusedRow(QWidget):
    """Signals carry the line: `given_up`, `led_on` (to a page of its own), `resent(line, values)`.

    `make_form` gives the form to put it right in, None where it has a page of its own; asked when somebody wants it.
    """

    given_up = Signal(object)
    led_on = Signal(object)
    resent = Signal(object, object)

    def __init__(
        self, line: RefusedLine, make_form: Callable[[], AgainForm | None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.line = line
        self._sure = False
        self._make_form = make_form
        self.form: AgainForm | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.GRID // 2)
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
        self._column.addLayout(row)
        if line.content:
            self._column.addWidget(label(f"写的是：{line.content}", "small", wrap=True))
        self.panel = QWidget(self)
        self.panel.setMaximumWidth(theme.current().px(640))
        self._column.addWidget(self.panel)
        self.panel.hide()

    @property
    def busy(self) -> bool:
        """Somebody is writing here."""
        return self.panel.isVisible()

    def take_focus(self) -> None:
        first = self.again if self.line.again is not None else self.button
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _build(self, form: AgainForm) -> None:
        self.form = form
        column = QVBoxLayout(self.panel)
        column.setContentsMargins(0, 0, 0, theme.GRID)
        column.setSpacing(theme.GRID // 2)
        column.addWidget(form)
        form.sent.connect(self._send)
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
        if self.form is None:
            made = self._make_form()
            if made is None:
                self.led_on.emit(self.line)
                return
            self._build(made)
        self.panel.show()
        assert self.form is not None
        first = self.form.first()
        (first if first is not self.form else self.send).setFocus(Qt.FocusReason.OtherFocusReason)

    def _close(self) -> None:
        self.panel.hide()
        self.again.setFocus(Qt.FocusReason.OtherFocusReason)

    def _send(self) -> None:
        assert self.form is not None
        try:
            values = self.form.value()
        except Wrong as wrong:
            set_flag(wrong.field, "bad", True)
            self.problem.setText(wrong.text)
            self.problem.show()
            wrong.field.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.resent.emit(self.line, values)

    def _press(self) -> None:
        if not self._sure:
            self._sure = True
            self.button.set_text("再按一次放弃")
            return
        self.given_up.emit(self.line)
