"""What the pages of 企业 ask for."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from app.errors import KnownError
from app.services import enterprises, issues, opened, visits
from app.services.desk import Desk
from app.services.enterprises import EnterprisePage
from app.services.issues import IssueLine
from ui.page import Presenter
from ui.work import Runner


class ListPresenter(Presenter):
    """`loaded(list of EnterpriseLine, whether anything is held at all)`."""

    loaded = Signal(object, int)

    def load(self, text: str, filters: Sequence[str]) -> None:
        def look(desk: Desk) -> tuple[list[enterprises.EnterpriseLine], int]:
            return enterprises.listing(desk, text, filters), len(enterprises.listing(desk))

        self.look_up("listing", look, self.desk, then=lambda found: self.loaded.emit(*found))


class OnePresenter(Presenter):
    """`loaded(EnterprisePage, its IssueLines)`, `missing(text)` where the enterprise is not on this laptop yet, `gone(text)`
    where it no longer is as somebody else looks after it."""

    loaded = Signal(object, object)
    missing = Signal(str)
    gone = Signal(str)
    wanted = Signal()
    started = Signal(str)

    def __init__(self, desk: Desk, runner: Runner, enterprise: str, parent: QObject) -> None:
        super().__init__(desk, runner, parent)
        self.enterprise = enterprise

    def load(self) -> None:
        def look(desk: Desk) -> tuple[EnterprisePage, list[IssueLine]]:
            page = enterprises.page(desk, self.enterprise)
            return page, [line for line in issues.listing(desk) if line.enterprise == self.enterprise]

        self.look_up(
            "page", look, self.desk, then=lambda found: self.loaded.emit(*found), otherwise=self._not_there
        )

    def used(self) -> None:
        """It is looked at: of those opened on demand it is the last to be let go of."""
        self.act(opened.used, self.desk, self.enterprise, then=lambda _nothing: None)

    def fetch(self) -> None:
        """Ask for the enterprise's data with the next sync."""
        self.act(opened.open_bucket, self.desk, self.enterprise, then=lambda _new: self.wanted.emit())

    def start_visit(self, form_id: str) -> None:
        self.act(
            visits.start_visit,
            self.desk,
            self.enterprise,
            form_id,
            then=lambda visit: self.started.emit(visit.id),
        )

    def _not_there(self, error: BaseException) -> None:
        if isinstance(error, KnownError):
            (self.gone if error.code == "gone" else self.missing).emit(error.text)
