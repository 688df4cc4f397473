"""What the page of 诉求 asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.services import attachments, issues, opened
from app.services.desk import Desk
from app.services.issues import IssueLine, IssuePage
from ui.page import Presenter
from ui.work import Runner


@dataclass(frozen=True, slots=True)
class Opened:
    """One issue opened: its page, or None while its enterprise is still to be fetched."""

    id: str
    page: IssuePage | None


@dataclass(frozen=True, slots=True)
class Assignment:
    """What the dispatch form says."""

    category: str
    subcategory: str | None
    level: int
    department: str
    handler: str | None
    handler_name: str | None
    limit_days: int
    requirement: str | None


class IssuesPresenter(Presenter):
    """`loaded(lines)`, `opened(Opened)`, `photos(issue, lines)`, `done(text)` after an act, `fetching(id)` while an enterprise is asked for."""

    loaded = Signal(object)
    opened = Signal(object)
    photos = Signal(str, object)
    done = Signal(str)
    acted = Signal(bool)
    fetching = Signal(str)
    suggested = Signal(object)
    due_known = Signal(str)
    handlers_known = Signal(object)

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QObject) -> None:
        super().__init__(desk, runner, parent)
        self._sync = sync
        self._asked: set[str] = set()

    def load(self) -> None:
        self.look_up("listing", issues.listing, self.desk, then=self.loaded.emit)

    def open(self, line: IssueLine) -> None:
        """Look an issue up; where its enterprise is not held, ask for it with the next sync, now."""

        def show(page: IssuePage | None) -> None:
            if page is None and line.enterprise not in self._asked:
                self._asked.add(line.enterprise)
                self.fetch(line)
            self.opened.emit(Opened(line.id, page))
            if page is not None:
                self._load_photos(page)

        self.look_up("page", issues.page, self.desk, line.id, then=show)

    def _load_photos(self, page: IssuePage) -> None:
        id = page.issue.id
        self.look_up(
            "photos",
            attachments.photos_of,
            self.desk,
            page.issue.visit,
            then=lambda lines: self.photos.emit(id, lines),
        )

    def fetch(self, line: IssueLine) -> None:
        """Ask for the issue's enterprise and sync."""

        def ask(_new: bool) -> None:
            self.fetching.emit(line.id)
            self._sync.run()

        self.act(opened.open_bucket, self.desk, line.enterprise, then=ask)

    def suggest(self, subcategory: str | None) -> None:
        self.look_up("suggestion", issues.suggestion, self.desk, subcategory, then=self.suggested.emit)

    def compute_due(self, days: int, accepted_at: str | None) -> None:
        def say(found: Any) -> None:
            self.due_known.emit(found[1])

        self.look_up("due", issues.deadline, self.desk, days, accepted_at, then=say)

    def list_handlers(self, department: str) -> None:
        self.look_up("handlers", issues.handlers, self.desk, department, then=self.handlers_known.emit)

    def accept(self, id: str, form: Assignment) -> None:
        self._do(
            "已受理，下一步选承办部门交办。", issues.accept, id, form.category, form.subcategory, form.level
        )

    def assign(self, id: str, form: Assignment) -> None:
        self._do(f"已交办，期限 {form.limit_days} 个工作日。", _assign, id, form)

    def accept_and_assign(self, id: str, form: Assignment) -> None:
        self._do(f"已受理并交办，期限 {form.limit_days} 个工作日。", _accept_and_assign, id, form)

    def send_back(self, id: str, reason: str) -> None:
        self._do("已退回补正，联络员同步后会看到原因。", issues.send_back, id, reason)

    def resubmit(self, id: str, title: str, description: str, expectation: str) -> None:
        self._do("已补正上报。", issues.resubmit, id, title, description, expectation)

    def _do(self, text: str, function: Any, *args: Any) -> None:
        work = self.act(function, self.desk, *args, then=lambda _none: self.done.emit(text))
        self.acted.emit(True)
        work.ended.connect(lambda: self.acted.emit(False))


def _assign(desk: Desk, id: str, form: Assignment) -> None:
    issues.assign(
        desk, id, form.department, form.limit_days, form.handler, form.handler_name, form.requirement
    )


def _accept_and_assign(desk: Desk, id: str, form: Assignment) -> None:
    issues.accept(desk, id, form.category, form.subcategory, form.level)
    _assign(desk, id, form)
