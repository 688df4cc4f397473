"""What 今日 asks for."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.services import overview, visit_lists, visits
from app.services.desk import Desk
from ui.page import Presenter
from ui.work import Runner


class TodayPresenter(Presenter):
    """`loaded(Today)`; `started(visit id)` when a visit has been opened; `printed(Printed)`."""

    loaded = Signal(object)
    started = Signal(str)
    printed = Signal(object)

    def __init__(self, desk: Desk, runner: Runner, parent: QObject) -> None:
        super().__init__(desk, runner, parent)

    def load(self) -> None:
        self.look_up("today", overview.today, self.desk, then=self.loaded.emit)

    def start_visit(self, enterprise: str) -> None:
        self.act(visits.start_visit, self.desk, enterprise, then=lambda visit: self.started.emit(visit.id))

    def print_week(self) -> None:
        self.runner.long(lambda _work: visit_lists.print_week(self.desk), then=self.printed.emit, owner=self)

    def print_route(self) -> None:
        self.runner.long(lambda _work: visit_lists.print_route(self.desk), then=self.printed.emit, owner=self)
