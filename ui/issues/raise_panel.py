"""登记诉求 outside a visit: the form, and photos to go with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.services.issues import ActionForm
from ui import theme
from ui.issues.action_form import ActionFormWidget
from ui.widgets.card import Card
from ui.widgets.file_rows import FileRows
from ui.widgets.scroll import Scroll


class RaisePanel(Card):
    """`wanted(args, files)` when it is complete, `dropped` when somebody thought better of it."""

    wanted = Signal(object, object)
    dropped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("登记诉求", " ", parent)
        self.form = ActionFormWidget()
        self.form.submitted.connect(lambda _action, args: self.wanted.emit(args, list(self.files)))
        self.form.dropped.connect(self.dropped)
        self._chosen = FileRows()
        self.add = self._chosen.add
        scroll = Scroll()
        scroll.body.setSpacing(theme.GRID)
        scroll.body.setContentsMargins(0, 0, theme.GRID // 2, 0)
        scroll.body.addWidget(self.form)
        scroll.body.addWidget(self._chosen)
        scroll.body.addStretch(1)
        self.body.addWidget(scroll, 1)
        self.hide()

    @property
    def files(self) -> list[Path]:
        return self._chosen.files

    def show_form(self, form: ActionForm) -> None:
        self.take_files([], afresh=True)
        self.form.show_form(form)
        self.show()
        self.form.focus_first()

    def take_files(self, files: Sequence[Path], *, afresh: bool = False) -> None:
        """Photos that shall go with it."""
        self._chosen.take(files, afresh=afresh)
