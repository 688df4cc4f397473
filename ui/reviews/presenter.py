"""What the pages of 评审 ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.domain.projections import REVIEW_ROW
from app.errors import KnownError
from app.services import opened, reviews
from app.services.desk import Desk
from app.services.issues import ActionForm
from app.services.reviews import ReviewPage
from ui.errors import known_text
from ui.page import Presenter
from ui.work import Runner


class ListPresenter(Presenter):
    """`loaded(list of ReviewLine)`, `form_ready(form)` of a new review, `opened_one(id)`, `failed(text)`."""

    loaded = Signal(object)
    form_ready = Signal(object)
    opened_one = Signal(str)
    failed = Signal(str)

    def load(self) -> None:
        self.look_up("listing", reviews.listing, self.desk, then=self.loaded.emit)

    def ask_form(self, enterprise: str | None = None) -> None:
        ready = self.form_ready.emit
        self.look_up("form", reviews.form_to_open, self.desk, enterprise, then=ready, otherwise=self._say)

    def open_review(self, enterprise: str, values: Mapping[str, Any]) -> None:
        self.act(
            reviews.open_review,
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
    """One review: `loaded(ReviewPage)`, `missing(text)` where it is not here, `form_ready(form, part)`, `filling(draft)`, `done(text)`
    after an act, `failed(text)`, `fetching`, `busy(bool)`."""

    loaded = Signal(object)
    missing = Signal(str)
    form_ready = Signal(object, str)
    filling = Signal(str)
    done = Signal(str)
    failed = Signal(str)
    fetching = Signal()
    busy = Signal(bool)

    def __init__(self, desk: Desk, runner: Runner, sync: Any, review: str, parent: QObject) -> None:
        super().__init__(desk, runner, parent)
        self.review = review
        self._sync = sync

    def load(self) -> None:
        def absent(error: BaseException) -> None:
            known = known_text(error)
            if known is not None:
                self.missing.emit(known[1])

        self.look_up("page", reviews.page, self.desk, self.review, then=self.loaded.emit, otherwise=absent)

    def ask_form(self, page: ReviewPage, action: str, part: str = "") -> None:
        def ready(form: ActionForm) -> None:
            self.form_ready.emit(form, part)

        self.look_up(
            "form",
            reviews.form_for,
            self.desk,
            page.review,
            action,
            part,
            then=ready,
            otherwise=self._say,
        )

    def move(self, action: str, values: Mapping[str, Any], part: str = "") -> None:
        word = reviews.action_word(action)
        self._do(
            lambda _made: self.done.emit(f"{word}：已记下。"),
            reviews.act,
            self.review,
            action,
            dict(values),
            part,
        )

    def fill(self) -> None:
        """Begin the sheet or go on with it."""
        self._do(self.filling.emit, reviews.start, self.review)

    def fetch(self) -> None:
        """Ask for the enterprise's data and sync once."""

        def ask(desk: Desk) -> None:
            row = desk.store.get(REVIEW_ROW, self.review)
            if row is None:
                raise KnownError("missing", "这次评审在中心已不存在，可能随企业移走了。请按 F5 同步后再看。")
            opened.open_bucket(desk, str(row.body["enterprise"]))

        def go(_none: None) -> None:
            self.fetching.emit()
            self._sync.run()

        self.act(ask, self.desk, then=go, otherwise=self._say)

    def _do(self, then: Callable[[Any], None], function: Callable[..., Any], *args: Any) -> None:
        work = self.act(function, self.desk, *args, then=then, otherwise=self._say)
        self.busy.emit(True)
        work.ended.connect(lambda: self.busy.emit(False))

    def _say(self, error: BaseException) -> None:
        known = known_text(error)
        if known is not None:
            self.failed.emit(known[1])
