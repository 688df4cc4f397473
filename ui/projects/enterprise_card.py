"""The projects of one enterprise, on its page."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.services.projects import ProjectLine
from ui.projects.model import short_model
from ui.widgets.buttons import LinkButton
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState
from ui.widgets.table import Table


class ProjectsCard(Card):
    """`opened(id)` of a project, `wanted` when a new one shall be registered; `may_open`: this person may do that."""

    opened = Signal(str)
    wanted = Signal()

    def __init__(self, *, may_open: bool, parent: QWidget | None = None) -> None:
        super().__init__("项目", " ", parent)
        self.model = short_model(self)
        self.table = Table(self.model)
        self.table.setAccessibleName("项目")
        self.table.horizontalHeader().hide()
        self.table.fit(6)
        self.table.opened.connect(lambda line: self.opened.emit(line.id))
        self.empty = EmptyState("没有在建项目。")
        self.link = LinkButton("登记项目", self.wanted.emit)
        self.body.addWidget(self.table)
        self.body.addWidget(self.empty)
        self.body.addWidget(self.link, 0, Qt.AlignmentFlag.AlignLeft)
        self.link.setVisible(may_open)

    def show_lines(self, lines: Sequence[ProjectLine]) -> None:
        self.model.set_rows(lines)
        self.table.set_shown(bool(lines))
        self.empty.setVisible(not lines)
