"""What the page of 活动与目标 asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.services import activities, enterprises, opened
from app.services.desk import Desk
from app.services.issues import ActionForm
from ui.errors import known_text
from ui.page import Presenter
from ui.work import Runner


class ActivitiesPresenter(Presenter):
    """`loaded(view → lines)`, `page_ready(ActivityPage)`, `gone` where it is not here, `form_ready(form, part)`,
    `report_ready(title, facts)`, `companies(lines)`, `made(view, id)`, `done`, `failed(text)`, `fetching`, `busy(bool)`."""

    loaded = Signal(object)
    page_ready = Signal(object)
    gone = Signal()
    form_ready = Signal(object, str)
    report_ready = Signal(str, object)
    companies = Signal(object)
    made = Signal(str, str)
    done = Signal()
    issue_wanted = Signal(str)
    failed = Signal(str)
    fetching = Signal()
    busy = Signal(bool)

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QObject) -> None:
        super().__init__(desk, runner, parent)
        self._sync = sync

    def load(self) -> None:
        self.look_up("listing", activities.listing, self.desk, then=self.loaded.emit)

    def load_page(self, view: str, id: str) -> None:
        self.look_up(
            "page",
            activities.page,
            self.desk,
            view,
            id,
            then=self.page_ready.emit,
            otherwise=lambda _error: self.gone.emit(),
        )

    def ask_to_make(self, action: str) -> None:
        def ready(form: ActionForm) -> None:
            self.form_ready.emit(form, "")

        self.look_up("form", activities.form_to_make, self.desk, action, then=ready, otherwise=self._say)

    def ask_form(self, id: str, action: str, part: str) -> None:
        def ready(form: ActionForm) -> None:
            self.form_ready.emit(form, part)

        make: Callable[..., ActionForm] = activities.form_for
        args: tuple[str, ...] = (id, action, part)
        if action == "event.raised":
            make, args = activities.form_to_raise, (id, part)
        self.look_up("form", make, self.desk, *args, then=ready, otherwise=self._say)

    def read_report(self, group: str, part: str) -> None:
        def ready(found: tuple[str, Any]) -> None:
            self.report_ready.emit(*found)

        self.look_up(
            "report", activities.read_report, self.desk, group, part, then=ready, otherwise=self._say
        )

    def open_issue(self, event: str, part: str) -> None:
        self.look_up(
            "issue",
            activities.issue_of,
            self.desk,
            event,
            part,
            then=self.issue_wanted.emit,
            otherwise=self._say,
        )

    def list_companies(self, text: str) -> None:
        self.look_up("companies", enterprises.listing, self.desk, text, then=self.companies.emit)

    # ------------------------------------------------------------------ acts

    def make(self, view: str, action: str, values: Mapping[str, Any]) -> None:
        def made(id: str) -> None:
            self.made.emit(view, id)

        self._do(made, activities.make, action, dict(values))

    def act_on(self, id: str, action: str, values: Mapping[str, Any], part: str) -> None:
        if action == "event.raised":
            self._do(self._finished, activities.raise_item, id, part, dict(values))
        else:
            self._do(self._finished, activities.act, id, action, dict(values), part)

    def invite(self, event: str, chosen: Sequence[str]) -> None:
        self._do(self._finished, activities.invite, event, list(chosen))

    def fetch(self, event: str, part: str) -> None:
        """Ask for the data of the enterprise an item is about, and sync once."""

        def ask(desk: Desk) -> None:
            opened.open_bucket(desk, activities.enterprise_of(desk, event, part))

        def go(_none: None) -> None:
            self.fetching.emit()
            self._sync.run()

        self.act(ask, self.desk, then=go, otherwise=self._say)

    def _finished(self, _result: object) -> None:
        self.done.emit()

    def _do(self, then: Callable[[Any], None], function: Callable[..., Any], *args: Any) -> None:
        self.busy.emit(True)
        work = self.act(function, self.desk, *args, then=then, otherwise=self._say)
        work.ended.connect(lambda: self.busy.emit(False))

    def _say(self, error: BaseException) -> None:
        known = known_text(error)
        if known is not None:
            self.failed.emit(known[1])
