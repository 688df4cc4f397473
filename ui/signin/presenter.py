"""Signing in and the first download."""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.services.desk import Desk
from ui.errors import known_text
from ui.page import Presenter
from ui.syncing.controller import OFFLINE_CODES, SyncController
from ui.work import Runner

GO_ON = "网络接通后点「接着下载」，从断开的地方继续。"


class SignInPresenter(Presenter):
    """`refused(text)` where signing in failed; then `downloading`, `progressed(Progress)`, and at the end either
    `finished` or `interrupted(text)`."""

    refused = Signal(str)
    welcomed = Signal(str)
    progressed = Signal(object)
    finished = Signal()
    interrupted = Signal(str)

    def __init__(self, desk: Desk, runner: Runner, parent: QObject) -> None:
        super().__init__(desk, runner, parent)
        self._sync = SyncController(desk, runner, self)
        self._sync.progress.connect(self.progressed)
        self._sync.finished.connect(self._downloaded)
        self._stopped = False

    def sign_in(self, address: str, account: str, password: str) -> None:
        """Ask the centre; the download follows by itself."""
        self.runner.long(
            lambda _work: _ask(self.desk, address, account, password),
            then=self._welcome,
            otherwise=self._refuse,
            owner=self,
        )

    def enroll(self, path: Path, pin: str) -> None:
        """Sign in with an enrolment file: nothing is asked of the network, the documents are in the file."""
        self.runner.long(
            lambda work: _enroll(self.desk, path, pin, work.report),
            then=lambda _signed: self.finished.emit(),
            otherwise=self._refuse,
            owner=self,
        )

    def download(self) -> None:
        """Fetch what this person is to have; what came before is not fetched again."""
        self._stopped = False
        self._sync.run()

    def stop(self) -> None:
        self._stopped = True
        self._sync.stop()

    def _welcome(self, signed_in: Any) -> None:
        self.welcomed.emit(signed_in.name)
        self.download()

    def _refuse(self, error: BaseException) -> None:
        known = known_text(error)
        self.refused.emit(known[1] if known else "登录没有成功，原因见下方提示。")

    def _downloaded(self, report: Any) -> None:
        if self._stopped:
            self.interrupted.emit("已停止。已经下载的部分保留在本机，继续时从这里接着下载。")
        elif report is None:
            self.interrupted.emit("下载没有完成，原因见下方提示。可以再试一次。")
        elif report.error is not None:
            again = GO_ON if report.error.code in OFFLINE_CODES else ""
            self.interrupted.emit(f"{report.error.text}{again}")
        else:
            self.finished.emit()


def _enroll(desk: Desk, path: Path, pin: str, tell: Callable[[Any], None]) -> Any:
    from sync.client.enrolling import enroll

    return enroll(desk, path, pin, tell)


def _ask(desk: Desk, address: str, account: str, password: str) -> Any:
    # Imported here: requests takes a moment, and nobody waits for it before the first paint.
    from sync.client.session import sign_in

    return sign_in(desk.store, address, account, password, platform.node() or "笔记本电脑")
