"""What the pages of 走访 ask for."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from app.domain.visit import Due
from app.printing.models import Printed
from app.services import attachments, enterprises, papers, visits
from app.services.desk import Desk
from app.services.visits import VisitLine
from ui.fetching import fetch_missing
from ui.page import Presenter
from ui.work import Runner, Work

_DUE_ORDER = {Due.OVERDUE: 0, Due.SOON: 1, Due.LATER: 2, Due.DONE: 3}


def _urgency(line: enterprises.EnterpriseLine) -> tuple[int, int, str]:
    if line.due is None:
        return len(_DUE_ORDER), 0, line.name
    return _DUE_ORDER[line.due.due], line.due.days, line.name


class VisitsPresenter(Presenter):
    """`loaded(list of VisitLine)`, `photos(visit, lines)`, `printed(Printed)`, `cancelled(VisitLine)`."""

    loaded = Signal(object)
    photos = Signal(str, object)
    printed = Signal(object)
    cancelled = Signal(object)
    failed = Signal(str)

    def load(self) -> None:
        self.look_up("listing", visits.listing, self.desk, then=self.loaded.emit)

    def load_photos(self, visit: str) -> None:
        self.look_up(
            "photos",
            attachments.photos_of,
            self.desk,
            visit,
            then=lambda lines: self.photos.emit(visit, lines),
        )

    def print_record(self, visit: str) -> Work:
        def job(work: Work) -> Printed:
            fetch_missing(self.desk, visit, work)
            return papers.print_record(self.desk, visit)

        return self.runner.long(
            job,
            then=self.printed.emit,
            owner=self,
        )

    def cancel(self, line: VisitLine) -> None:
        self.act(visits.cancel_visit, self.desk, line.id, then=lambda _none: self.cancelled.emit(line))


class PreparePresenter(Presenter):
    """`loaded(list of EnterpriseLine)`, `progressed(done, total)`, `printed(Printed)`, `ended()`."""

    loaded = Signal(object)
    progressed = Signal(int, int)
    printed = Signal(object)
    ended = Signal()

    def __init__(self, desk: Desk, runner: Runner, parent: QObject) -> None:
        super().__init__(desk, runner, parent)
        self._work: Work | None = None

    def load(self) -> None:
        def look(desk: Desk) -> list[enterprises.EnterpriseLine]:
            own = {enterprise.id for enterprise, _ in enterprises.mine(desk)}
            lines = [line for line in enterprises.listing(desk) if line.held and line.id in own]
            return sorted(lines, key=_urgency)

        self.look_up("listing", look, self.desk, then=self.loaded.emit)

    def print_checklists(self, chosen: Sequence[str]) -> None:
        """One PDF for all of them; can be stopped between two enterprises."""

        def job(work: Work) -> Printed:
            def tell(done: int, total: int) -> None:
                work.check()
                work.report((done, total))

            return papers.print_checklists(self.desk, chosen, progress=tell)

        self._work = self.runner.long(
            job, then=self.printed.emit, progress=lambda pair: self.progressed.emit(*pair), owner=self
        )
        self._work.ended.connect(self.ended)

    def stop(self) -> None:
        if self._work is not None:
            self._work.stop()
