"""登记诉求 outside a visit: the form, and photos to go with it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from app.services.issues import ActionForm
from ui import theme
from ui.issues.action_form import ActionFormWidget
from ui.widgets.buttons import LinkButton
from ui.widgets.card import Card
from ui.widgets.line_row import LineRow
from ui.widgets.scroll import Scroll


class RaisePanel(Card):
    """`wanted(args, files)` when it is complete, `dropped` when somebody thought better of it."""

    wanted = Signal(object, object)
    dropped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("登记诉求", " ", parent)
        self.files: list[Path] = []
        self.form = ActionFormWidget()
        self.form.submitted.connect(lambda _action, args: self.wanted.emit(args, list(self.files)))
        self.form.dropped.connect(self.dropped)
        self.add = LinkButton("添加照片或文件", self._choose)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        scroll = Scroll()
        scroll.body.setSpacing(theme.GRID)
        scroll.body.setContentsMargins(0, 0, theme.GRID // 2, 0)
        scroll.body.addWidget(self.form)
        scroll.body.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        scroll.body.addLayout(self._rows)
        scroll.body.addStretch(1)
        self.body.addWidget(scroll, 1)
        self.hide()

    def show_form(self, form: ActionForm) -> None:
        self.take_files([], afresh=True)
        self.form.show_form(form)
        self.show()
        self.form.focus_first()

    def take_files(self, files: Sequence[Path], *, afresh: bool = False) -> None:
        """Photos that shall go with it."""
        kept = [] if afresh else self.files
        self.files = list(dict.fromkeys([*kept, *files]))
        while (taken := self._rows.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for file in self.files:
            drop = (("移去", partial(self._drop, file)),)
            self._rows.addWidget(LineRow(file.name, "", drop))

    def _drop(self, file: Path) -> None:
        self.take_files([one for one in self.files if one != file], afresh=True)

    def _choose(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "选择照片或文件")
        self.take_files([Path(name) for name in names])
