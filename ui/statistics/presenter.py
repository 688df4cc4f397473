"""What the page of 统计 asks for."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.domain.figures import Period, Scope
from app.exports.figures import write_figures, write_reports
from app.services import figures_page
from app.services.desk import Desk
from app.services.figures_page import StatisticsPage
from app.services.figures_reports import reports
from ui.errors import known_text
from ui.page import Presenter
from ui.work import Runner


class StatisticsPresenter(Presenter):
    """`loaded(StatisticsPage)`, `exported(path)`, `failed(text)`."""

    loaded = Signal(object)
    exported = Signal(object)
    failed = Signal(str)

    def __init__(self, desk: Desk, runner: Runner, parent: QObject) -> None:
        super().__init__(desk, runner, parent)

    def load(self, period: Period, scope: Scope | None) -> None:
        """An older answer is dropped: whoever steps quickly sees the last period only."""
        self.look_up(
            "page",
            figures_page.page,
            self.desk,
            period,
            scope,
            then=self.loaded.emit,
            otherwise=self._say,
        )

    def export(self, path: Path, shown: StatisticsPage) -> None:
        self.runner.long(
            lambda _work: write_figures(path, shown),
            then=self.exported.emit,
            otherwise=self._say,
            owner=self,
        )

    def export_reports(self, path: Path, period: Period, scope: Scope | None) -> None:
        desk = self.desk
        self.runner.long(
            lambda _work: write_reports(path, reports(desk, period, scope)),
            then=self.exported.emit,
            otherwise=self._say,
            owner=self,
        )

    def _say(self, error: BaseException) -> None:
        known = known_text(error)
        if known is not None:
            self.failed.emit(known[1])
