"""What the pages of 项目 ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.domain.projections import PROJECT_ROW
from app.errors import KnownError
from app.services import opened, projects
from app.services.desk import Desk
from app.services.issues import ActionForm
from app.services.projects import ProjectPage
from ui.errors import known_text
from ui.page import Presenter
from ui.work import Runner


class ListPresenter(Presenter):
    """`loaded(list of ProjectLine)`, `form_ready(form)` of a new project, `opened_one(id)`, `failed(text)`."""

    loaded = Signal(object)
    form_ready = Signal(object)
    opened_one = Signal(str)
    failed = Signal(str)

    def load(self) -> None:
        self.look_up("listing", projects.listing, self.desk, then=self.loaded.emit)

    def ask_form(self, enterprise: str | None = None) -> None:
        self.look_up(
            "form",
            projects.form_to_open,
            self.desk,
            enterprise,
            then=self.form_ready.emit,
            otherwise=self._say,
        )

    def open_project(self, enterprise: str, values: Mapping[str, Any]) -> None:
        self.act(
            projects.open_project,
            self.desk,
            enterprise,
            dict(values),
            then=self.opened_one.emit,
            otherwise=self._say,
        )

    def _say(self, error: BaseException) -> None:
        known = known_text(error)
        if known is not None:
            self.failed.emit(known[1])


class OnePresenter(Presenter):
    """One project: `loaded(ProjectPage)`, `missing(text)` where it is not here, `form_ready(form, part)`, `done(text)` after
    an act, `draft_ready(id)` of a weekly report, `failed(text)`, `fetching`, `busy(bool)`."""

    loaded = Signal(object)
    missing = Signal(str)
    form_ready = Signal(object, str)
    done = Signal(str)
    draft_ready = Signal(str)
    failed = Signal(str)
    fetching = Signal()
    busy = Signal(bool)

    def __init__(self, desk: Desk, runner: Runner, sync: Any, project: str, parent: QObject) -> None:
        super().__init__(desk, runner, parent)
        self.project = project
        self._sync = sync

    def load(self) -> None:
        def absent(error: BaseException) -> None:
            known = known_text(error)
            if known is not None:
                self.missing.emit(known[1])

        self.look_up("page", projects.page, self.desk, self.project, then=self.loaded.emit, otherwise=absent)

    def ask_form(self, page: ProjectPage, action: str, part: str = "") -> None:
        def ready(form: ActionForm) -> None:
            self.form_ready.emit(form, part)

        self.look_up(
            "form",
            projects.form_for,
            self.desk,
            page.project,
            action,
            part,
            then=ready,
            otherwise=self._say,
        )

    def move(self, action: str, values: Mapping[str, Any], part: str = "") -> None:
        text = f"{projects.action_word(action)}：已记下。"
        self._do(projects.act, action, dict(values), part, then=lambda _none: self.done.emit(text))

    def start_report(self) -> None:
        self._do(projects.start_report, then=self.draft_ready.emit)

    def fetch(self) -> None:
        """Ask for the enterprise's data and sync once."""

        def ask(desk: Desk) -> None:
            row = desk.store.get(PROJECT_ROW, self.project)
            if row is None:
                raise KnownError("missing", "这个项目在中心已不存在，可能随企业移走了。请按 F5 同步后再看。")
            opened.open_bucket(desk, str(row.body["enterprise"]))

        def go(_none: None) -> None:
            self.fetching.emit()
            self._sync.run()

        self.act(ask, self.desk, then=go, otherwise=self._say)

    def _do(self, function: Callable[..., Any], *args: Any, then: Callable[[Any], None]) -> None:
        work = self.act(function, self.desk, self.project, *args, then=then, otherwise=self._say)
        self.busy.emit(True)
        work.ended.connect(lambda: self.busy.emit(False))

    def _say(self, error: BaseException) -> None:
        known = known_text(error)
        if known is not None:
            self.failed.emit(known[1])
