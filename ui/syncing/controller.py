"""When to sync: at the start, after work was done, from time to time, and when somebody asks.

The engine does the steps and has no threads; this runs it on the runner's long lane, one run at a time. After a run
that did not reach the centre it waits as `sync.client.waiting` says: longer and longer, or as long as the centre asks.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from sync.client.waiting import wait_after
from ui.work import Runner, Work

USUAL_PAUSE_S = 60
AFTER_WORK_S = 3
OFFLINE_CODES = frozenset({"offline", "later", "not_our_server", "captive_portal"})


class SyncController(QObject):
    """Signals come on the window's thread. `finished` carries the engine's SyncReport, or None after an exception."""

    started = Signal()
    progress = Signal(object)
    finished = Signal(object)
    online_changed = Signal(object)
    _outbox_altered = Signal()

    def __init__(self, desk: Any, runner: Runner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self._work: Work | None = None
        self._again = False
        self._failures = 0
        self.jitter: Callable[[], float] = random.random
        self._online: bool | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.run)
        self._outbox_altered.connect(self._soon, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe: Any = None

    @property
    def online(self) -> bool | None:
        """Whether the last run reached the centre; None before the first."""
        return self._online

    @property
    def running(self) -> bool:
        return self._work is not None

    @property
    def seconds_to_next(self) -> float | None:
        """Until the next run by itself; None where none is planned."""
        left = self._timer.remainingTime()
        return left / 1000 if left >= 0 else None

    def begin(self) -> None:
        """Sync now and then from time to time, and soon after anything enters the outbox."""
        if self._unsubscribe is None:
            self._unsubscribe = self._desk.store.subscribe(self._altered)
        self.run()

    def end(self) -> None:
        """No more runs; one under way is asked to stop."""
        self._timer.stop()
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self.stop()

    def run(self) -> None:
        """Sync now. While a run is under way another follows it."""
        self._timer.stop()
        if self._work is not None:
            self._again = True
            return
        self._again = False
        self._work = self._runner.long(
            self._job, then=self._done, otherwise=self._failed, progress=self.progress.emit, owner=self
        )
        self._work.ended.connect(self._ended)
        self.started.emit()

    def stop(self) -> None:
        """Ask the run under way to stop after its present step. What has come and gone stays."""
        self._again = False
        if self._work is not None:
            self._work.stop()

    def _job(self, work: Work) -> Any:
        from sync.client.engine import engine_for

        return engine_for(self._desk.store, self._desk.context, self._desk.clock).run(
            work.report, work.stopping
        )

    def _done(self, report: Any) -> None:
        self._work = None
        self._set_online(report.error is None or report.error.code not in OFFLINE_CODES)
        self._plan(reached=report.error is None, asked=getattr(report.error, "seconds", None))
        self.finished.emit(report)

    def _failed(self, error: BaseException) -> None:
        self._work = None
        if getattr(error, "code", "") in OFFLINE_CODES:
            self._set_online(False)
        self._plan(reached=False)
        self.finished.emit(None)

    def _ended(self) -> None:
        # A run that was stopped before it began ends without a result.
        if self._work is not None and self.sender() in (self._work, None):
            self._work = None
            self.finished.emit(None)

    def _set_online(self, online: bool) -> None:
        if online != self._online:
            self._online = online
            self.online_changed.emit(online)

    def _plan(self, *, reached: bool, asked: float | None = None) -> None:
        """`asked`: how many seconds the centre wants to be left alone."""
        self._failures = 0 if reached else self._failures + 1
        if self._unsubscribe is None:
            return
        if self._again:
            self._timer.start(0)
            return
        if reached:
            # Spread out, so that the laptops of a park do not all come back in the same second.
            pause = USUAL_PAUSE_S * (0.8 + 0.4 * self.jitter())
        else:
            pause = wait_after(self._failures, asked, self.jitter)
        self._timer.start(math.ceil(pause * 1000))

    def _altered(self, altered: Any) -> None:
        # On the thread that committed: only say so.
        if "outbox" in altered.topics and altered.origin != "sync":
            self._outbox_altered.emit()

    def _soon(self) -> None:
        if self._online and self._work is None:
            self._timer.start(AFTER_WORK_S * 1000)
