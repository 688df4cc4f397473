"""What the pages of 代办 ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.domain.projections import CASE_ROW
from app.errors import KnownError
from app.services import cases, opened
from app.services.cases import CasePage
from app.services.desk import Desk
from app.services.issues import ActionForm
from ui.errors import known_text
from ui.page import Presenter
from ui.work import Runner, Work


class ListPresenter(Presenter):
    """`loaded(list of CaseLine)`, `form_ready(form)` of a new case, `opened_one(id)`, `failed(text)`."""

    loaded = Signal(object)
    form_ready = Signal(object)
    opened_one = Signal(str)
    failed = Signal(str)

    def load(self) -> None:
        self.look_up("listing", cases.listing, self.desk, then=self.loaded.emit)

    def ask_form(self, enterprise: str | None = None) -> None:
        self.look_up(
            "form", cases.form_to_open, self.desk, enterprise, then=self.form_ready.emit, otherwise=self._say
        )

    def open_case(self, enterprise: str, values: Mapping[str, Any]) -> None:
        self.act(
            cases.open_case,
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
    """One case: `loaded(CasePage)`, `missing(text)` where it is not here, `form_ready(form, step)`, `done(text)` after an
    act, `failed(text)`, `printed(Printed)`, `fetching`, `busy(bool)`."""

    loaded = Signal(object)
    missing = Signal(str)
    form_ready = Signal(object, str)
    done = Signal(str)
    failed = Signal(str)
    printed = Signal(object)
    fetching = Signal()
    busy = Signal(bool)

    def __init__(self, desk: Desk, runner: Runner, sync: Any, case: str, parent: QObject) -> None:
        super().__init__(desk, runner, parent)
        self.case = case
        self._sync = sync

    def load(self) -> None:
        def absent(error: BaseException) -> None:
            known = known_text(error)
            if known is not None:
                self.missing.emit(known[1])

        self.look_up("page", cases.page, self.desk, self.case, then=self.loaded.emit, otherwise=absent)

    def ask_form(self, page: CasePage, action: str, step: str = "") -> None:
        def ready(form: ActionForm) -> None:
            self.form_ready.emit(form, step)

        self.look_up(
            "form",
            cases.form_for,
            self.desk,
            page.case,
            action,
            step or None,
            then=ready,
            otherwise=self._say,
        )

    def move(self, action: str, values: Mapping[str, Any], step: str = "") -> None:
        word = cases.action_word(action)
        self._do(f"{word}：已记下。", cases.act, self.case, action, dict(values), step or None)

    def add_files(self, files: Sequence[Path], purpose: str, step: str = "") -> None:
        text = f"已添加 {len(files)} 个文件。"
        self._do(text, cases.add_files, self.case, list(files), purpose, step or None)

    def fetch(self) -> None:
        """Ask for the enterprise's data and sync once."""

        def ask(desk: Desk) -> None:
            row = desk.store.get(CASE_ROW, self.case)
            if row is None:
                raise KnownError("missing", "这件代办在中心已不存在，可能随企业移走了。请按 F5 同步后再看。")
            opened.open_bucket(desk, str(row.body["enterprise"]))

        def go(_none: None) -> None:
            self.fetching.emit()
            self._sync.run()

        self.act(ask, self.desk, then=go, otherwise=self._say)

    def print_paper(self, kind: str | None = None) -> None:
        def job(_work: Work) -> Any:
            return cases.print_paper(self.desk, self.case, kind)

        self._busy_while(self.runner.long(job, then=self.printed.emit, otherwise=self._say, owner=self))

    def _do(self, text: str, function: Callable[..., Any], *args: Any) -> None:
        work = self.act(
            function, self.desk, *args, then=lambda _made: self.done.emit(text), otherwise=self._say
        )
        self._busy_while(work)

    def _busy_while(self, work: Work) -> None:
        self.busy.emit(True)
        work.ended.connect(lambda: self.busy.emit(False))

    def _say(self, error: BaseException) -> None:
        known = known_text(error)
        if known is not None:
            self.failed.emit(known[1])
