"""The reviews of one enterprise, on its page."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.domain.people import Role
from app.services import reviews
from app.services.desk import Desk
from app.services.reviews import ReviewLine
from ui.page import Presenter
from ui.reviews.model import short_model
from ui.widgets.buttons import LinkButton
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState
from ui.widgets.table import Table
from ui.work import Runner


class ReviewsCard(Card):
    """`opened(id)` of a review, `wanted` when a new one shall be begun. It looks its lines up itself: `load()`."""

    opened = Signal(str)
    wanted = Signal()

    def __init__(self, desk: Desk, runner: Runner, enterprise: str, parent: QWidget | None = None) -> None:
        super().__init__("评审", " ", parent)
        self.enterprise = enterprise
        self.presenter = Presenter(desk, runner, self)
        self.model = short_model(self)
        self.table = Table(self.model)
        self.table.setAccessibleName("评审")
        self.table.horizontalHeader().hide()
        self.table.fit(6)
        self.table.opened.connect(lambda line: self.opened.emit(line.id))
        self.empty = EmptyState("没有评审。")
        self.link = LinkButton("发起评审", self.wanted.emit)
        self.body.addWidget(self.table)
        self.body.addWidget(self.empty)
        self.body.addWidget(self.link, 0, Qt.AlignmentFlag.AlignLeft)
        self.link.setVisible(Role.COORDINATOR in desk.signed_in().actor.roles)

    def load(self) -> None:
        """Look the reviews up again."""
        desk = self.presenter.desk
        self.presenter.look_up("reviews", reviews.of_enterprise, desk, self.enterprise, then=self._show)

    def _show(self, lines: list[ReviewLine]) -> None:
        self.model.set_rows(lines)
        self.table.set_shown(bool(lines))
        self.empty.setVisible(not lines)
