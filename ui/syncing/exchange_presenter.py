"""What 「U盘交换」 asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.errors import KnownError
from app.services.desk import Desk
from ui.errors import known_text
from ui.page import Presenter
from ui.syncing.exchange_model import look
from ui.work import Runner, Work


class ExchangePresenter(Presenter):
    """`loaded(ExchangeState)`; then of an export or import: `progressed(Progress)` and one of `exported(Exported)`,
    `imported((texts, problems))` or `refused(code, text)`."""

    loaded = Signal(object)
    progressed = Signal(object)
    exported = Signal(object)
    imported = Signal(object)
    refused = Signal(str, str)

    def __init__(self, desk: Desk, runner: Runner, parent: QObject) -> None:
        super().__init__(desk, runner, parent)
        self._work: Work | None = None

    @property
    def running(self) -> bool:
        return self._work is not None

    def load(self) -> None:
        self.look_up("exchange", look, self.desk, then=self.loaded.emit)

    def suggest(self, folder: Path) -> Path:
        """The name the next package will have."""
        from sync.client.exchange import default_name, next_number

        return folder / default_name(self.desk, next_number(self.desk.store))

    def export(self, path: Path, photos: bool) -> None:
        def job(work: Work) -> Any:
            from sync.client.exchange import export

            return export(self.desk, path, photos=photos, tell=work.report, stop=work.stopping)

        self._start(job, self.exported)

    def take(self, paths: Sequence[Path]) -> None:
        def job(work: Work) -> Any:
            return _take(self.desk, paths, work)

        self._start(job, self.imported)

    def stop(self) -> None:
        if self._work is not None:
            self._work.stop()

    def _start(self, job: Any, done: Any) -> None:
        self._work = self.runner.long(
            job,
            then=lambda result: self._finish(done, result),
            otherwise=self._failed,
            progress=self.progressed.emit,
            owner=self,
        )

    def _finish(self, done: Any, result: Any) -> None:
        self._work = None
        done.emit(result)

    def _failed(self, error: BaseException) -> None:
        self._work = None
        known = known_text(error)
        self.refused.emit(*(known or ("bug", "没有成功，原因见下方提示。")))


def _take(desk: Desk, paths: Sequence[Path], work: Work) -> tuple[list[str], list[str]]:
    """What each answer brought, and what is wrong with those that brought nothing."""
    from sync.client.exchange_import import import_answer

    texts: list[str] = []
    problems: list[str] = []
    for path in paths:
        try:
            done = import_answer(desk, path, tell=work.report, stop=work.stopping)
            texts.append(f"第 {done.number} 个包：{done.outcome}")
        except KnownError as error:
            if error.code == "stopped" and len(paths) == 1:
                raise
            problems.append(error.text)
    return texts, problems
