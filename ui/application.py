"""Putting the desk together: Qt first, the window shown, then the store opened behind it."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from ui import errors, theme
from ui.language import speak_chinese
from ui.main_window import MainWindow
from ui.work import Runner

SWITCH_S = 0.001


def make_application() -> QApplication:
    """The one QApplication, speaking Chinese."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    speak_chinese(app)
    # While a run works the window gets its turn after a millisecond in the place of five for each thread before it.
    sys.setswitchinterval(SWITCH_S)
    return app


class DeskApplication(QObject):
    """One window on one data folder, from opening the store to closing it.

    `demo`, where given, is what the sign-in page's demo button does: it gives back the demo desk's data folder.
    """

    def __init__(self, folder: Path, demo: Callable[[], Path] | None = None) -> None:
        super().__init__()
        self.runner = Runner(self)
        self.window = MainWindow(self.runner, self._settings(folder))
        self.window.closing.connect(self._leave)
        self.window.signed_out.connect(self._sign_in)
        self.window.settings_changed.connect(self._keep_settings)
        self._folder = folder
        self._demo = demo
        self._restore_hook = errors.install(self.window.show_notice_of)
        self.desk: Any = None
        self.sync: Any = None

    @staticmethod
    def _settings(folder: Path) -> Any:
        from app.settings import load

        return load(folder / "settings.json")

    def open(self) -> None:
        """Show the window at once; the store is opened by the runner and the desk follows."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        settings = self.window.settings
        theme.apply(app, theme.Theme(theme.resolve(settings.scheme, app), settings.scale))
        self.window.show()
        QTimer.singleShot(0, self, self._open_store)

    def _open_store(self) -> None:
        self.runner.write(open_desk, self._folder, then=self._opened, otherwise=self._not_opened, owner=self)

    def _not_opened(self, error: BaseException) -> None:
        self.window.show_trouble(errors.explain(error))

    def _opened(self, desk: Any) -> None:
        self.desk = desk
        if desk.session is None:
            self._sign_in()
        else:
            self._go_to_work()

    def _sign_in(self) -> None:
        from app.store.seal import sealed

        self._end_sync()
        if sealed(self.desk.store) is not None:
            self.window.show_sealed(self._ask_who)
        else:
            self._ask_who()

    def _ask_who(self) -> None:
        self.window.show_sign_in(self.desk, self._go_to_work, self._start_demo if self._demo else None)

    def _go_to_work(self) -> None:
        from ui.syncing.controller import SyncController

        self._end_sync()
        self.sync = SyncController(self.desk, self.runner, self)
        self.window.show_desk(self.desk, self.sync)
        self.sync.finished.connect(self._tidy)
        self.sync.begin()

    def _tidy(self, _report: Any) -> None:
        from app.services import registers, reviews
        from app.services.visits import tidy_drafts

        self.runner.write(tidy_drafts, self.desk, owner=self)
        self.runner.write(registers.tidy, self.desk, owner=self)
        self.runner.write(reviews.tidy, self.desk, owner=self)

    def _start_demo(self) -> None:
        assert self._demo is not None
        demo = self._demo
        self.runner.long(lambda _work: demo(), then=self._change_folder, owner=self)

    def _change_folder(self, folder: Path) -> None:
        """Go on with another data folder: the demo's."""
        self._end_sync()
        if self.desk is not None:
            self.desk.close()
            self.desk = None
        self._folder = folder
        self._open_store()

    def _keep_settings(self, settings: Any) -> None:
        from app.settings import save

        self.runner.write(save, self._folder / "settings.json", settings, owner=self)

    def _end_sync(self) -> None:
        if self.sync is not None:
            self.sync.end()
            self.sync.deleteLater()
            self.sync = None

    def _leave(self) -> None:
        # The window has closed: what was asked to be written is written before the store is.
        self._end_sync()
        self.runner.shutdown()
        if self.desk is not None:
            self.desk.close()
            self.desk = None
        self._restore_hook()


def open_desk(folder: Path) -> Any:
    """The desk of a data folder. KnownError where disk or store refuse."""
    from app.logs import log_to
    from app.paths import DataFolder
    from app.services.desk import Desk

    desk = Desk.open(DataFolder(folder))
    log_to(desk.folder.logs)
    return desk


def run_desk(folder: Path, started: float, demo: Callable[[], Path] | None = None) -> int:
    """The desk until its window is closed. `started`: `time.perf_counter()` when the program began."""
    app = make_application()
    desk = DeskApplication(folder, demo)
    if os.environ.get("ZHUQITONG_BENCH"):
        _measure(desk, started)
    desk.open()
    return int(app.exec())


def _measure(desk: DeskApplication, started: float) -> None:
    """For `tests/bench`: print when the first paint and the first list were there, then leave.

    `python_s` is what passed between the process's start and this program's first line.
    """
    from ui.bench_marks import Marks

    Marks(desk, started, lambda figures: _report(desk, figures))


def _report(desk: DeskApplication, figures: dict[str, float]) -> None:
    print(json.dumps({**figures, "reported_at": time.time()}), flush=True)
    desk.window.close()
