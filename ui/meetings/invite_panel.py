"""Choosing enterprises of the park to invite: looked for by name, ticked, invited together."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.services.enterprises import EnterpriseLine
from ui import theme
from ui.meetings.model import invite_model
from ui.page import later
from ui.widgets.buttons import Button
from ui.widgets.empty import EmptyState
from ui.widgets.label import label
from ui.widgets.table import Table

WAIT_MS = 120
MOST_ROWS = 200
"""More than that nobody reads through: a part of the name is quicker."""


class InvitePanel(QWidget):
    """`looked_for(text)`, `wanted(ids)` when somebody is to be invited, `dropped`."""

    looked_for = Signal(str)
    wanted = Signal(object)
    dropped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._invited: frozenset[str] = frozenset()
        self.text = QLineEdit(placeholderText="名称、信用代码、地址")
        self.text.setAccessibleName("查找要邀请的企业")
        self._wait = later(self, WAIT_MS, lambda: self.looked_for.emit(self.text.text()))
        self.text.textEdited.connect(lambda _text: self._wait.start())
        self.model = invite_model(self)
        self.model.ticked_changed.connect(self._count)
        self.table = Table(self.model)
        self.table.setAccessibleName("可邀请的企业")
        self.table.opened.connect(lambda line: self.model.tick([line.id], line.id not in self.model.ticked))
        self.empty = EmptyState("没有找到。换一个短些的词。")
        self.button = Button("邀请", self._invite, primary=True, shortcut="Ctrl+Return")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        column.addWidget(label("空格勾选，可以换词再勾，最后一起邀请。", "tablequiet", wrap=True))
        column.addWidget(self.text)
        column.addWidget(self.table, 1)
        column.addWidget(self.empty)
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        line.addWidget(self.button)
        line.addWidget(Button("不做了", self.dropped.emit))
        line.addStretch(1)
        column.addLayout(line)
        self.hide()

    def begin(self, invited: Collection[str]) -> None:
        """Ask for enterprises besides those invited already."""
        self._invited = frozenset(invited)
        self.text.clear()
        self.model.tick(self.model.ticked, False)
        self._count()
        self.show()
        self.looked_for.emit("")
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_lines(self, lines: Sequence[EnterpriseLine]) -> None:
        self.model.set_rows([line for line in lines if line.id not in self._invited][:MOST_ROWS])
        self.table.choose_first()
        there = self.model.rowCount() > 0
        self.table.set_shown(there)
        self.empty.setVisible(not there)

    def _count(self) -> None:
        count = len(self.model.ticked)
        self.button.set_text(f"邀请 {count} 家" if count else "邀请")
        self.button.setEnabled(count > 0)

    def _invite(self) -> None:
        if self.model.ticked:
            self.wanted.emit(sorted(str(id) for id in self.model.ticked))
