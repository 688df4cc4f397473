"""登记企业: an enterprise entered by hand, with those that may be the same shown while it is typed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.services.enterprises_entry import Alike
from app.services.enterprises_forms import enter_form
from ui.issues.action_form import ActionFormWidget
from ui.page import later
from ui.widgets.buttons import LinkButton
from ui.widgets.card import Card
from ui.widgets.label import label

WAIT_MS = 200


class EnterCard(Card):
    """`asked(name, code)` while somebody types, `entered(args)`, `opened(id)` of one that is there already."""

    asked = Signal(str, str)
    entered = Signal(object)
    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("登记企业", parent=parent)
        self.form = ActionFormWidget()
        self.form.submitted.connect(lambda _action, args: self.entered.emit(args))
        self.form.dropped.connect(self.hide)
        self._wait = later(self, WAIT_MS, self._ask)
        self._alike = QVBoxLayout()
        self._alike.setSpacing(0)
        self.body.addWidget(self.form)
        self.body.addLayout(self._alike)

    def begin(self) -> None:
        """Show the form, empty, and take the keyboard."""
        self.offer(())
        self.show()
        self.form.show_form(enter_form())
        for name in ("name", "code"):
            self.form.editors[name].altered.connect(self._wait.start)
        self.form.focus_first()

    def offer(self, found: Sequence[Alike]) -> None:
        """What on this laptop may be the same enterprise."""
        while (taken := self._alike.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.setParent(None)
                widget.deleteLater()
        if not found:
            return
        same = any(one.by_code for one in found)
        head = "这个信用代码已有档案，请直接打开：" if same else "名称相近的已有这些，是同一家就直接打开："
        self._alike.addWidget(label(head, "small", wrap=True))
        for one in found[:5]:
            link = LinkButton(f"打开 {one.name}　{one.credit_code}")
            link.setAccessibleName(f"打开 {one.name}")
            link.clicked.connect(partial(self._open, one.id))
            self._alike.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)

    def _open(self, id: str, _checked: bool = False) -> None:
        self.hide()
        self.opened.emit(id)

    def _ask(self) -> None:
        if self.form.form is not None:
            values = self.form.values()
            self.asked.emit(values["name"], values["code"])
