"""The runner: nothing long and nothing that touches the store runs on the window's thread.

Three lanes: `write` is one thread, so that writes come in the order they were asked for; `read` is a small pool;
`long` is for what takes seconds (printing, sync) and lets reads go first. Results come back as calls on the window's
thread. Work whose owner (a QObject) is gone by then is finished quietly. Exceptions go to the caller's `otherwise`; a
bug, and what nobody takes, goes to `Runner.troubled`.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal

from ui.errors import Stopped, Trouble, explain, known_text
from ui.garbage import Keeper

READERS = 2
LONG = 2
READS_FIRST_S = 1.0
"""So long at most what takes seconds lets what somebody wants to look at go first."""

Then = Callable[[Any], None]
Otherwise = Callable[[BaseException], None]


class Work(QObject):
    """One piece of work under way. Lives on the window's thread; `report` and `stopping` are for the worker's."""

    progressed = Signal(object)
    """The newest value reported; values reported faster than they are shown are left out."""
    ended = Signal()
    """Done, failed or stopped; always the last thing."""

    def __init__(
        self, runner: Runner, then: Then | None, otherwise: Otherwise | None, owner: QObject | None
    ) -> None:
        super().__init__(runner)
        # Weak: a finished work that held the runner's last reference would delete its own parent while being deleted.
        self._runner = weakref.ref(runner)
        self._then = then
        self._otherwise = otherwise
        self._owner = owner
        self._stop = threading.Event()
        self._latest: deque[Any] = deque(maxlen=1)
        self._owned = owner is not None

    def report(self, value: Any) -> None:
        """Say how far the work is. Any thread."""
        self._latest.append(value)
        runner = self._runner()
        if runner is not None:
            runner._post(self, None)

    def stopping(self) -> bool:
        """Whether somebody asked to stop. Any thread."""
        return self._stop.is_set()

    def check(self) -> None:
        """Raise Stopped where somebody asked to stop. For the worker."""
        if self._stop.is_set():
            raise Stopped

    def stop(self) -> None:
        """Ask the work to stop at its next opportunity; where it has not begun it never will."""
        self._stop.set()

    def _let_go(self) -> None:
        """Nothing is called any more: hold nobody."""
        self._then = self._otherwise = self._owner = None

    @property
    def wanted(self) -> bool:
        """False once the owner has been destroyed: nobody waits for the result."""
        return not self._owned or (self._owner is not None and shiboken6.isValid(self._owner))


class Runner(QObject):
    """Runs work on the three lanes. `shutdown` ends every thread it made."""

    troubled = Signal(object)
    """A `Trouble` to be shown: any bug, and known errors nobody took."""
    _arrived = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes = {
            "write": ThreadPoolExecutor(1, "write"),
            "read": ThreadPoolExecutor(READERS, "read"),
            "long": ThreadPoolExecutor(LONG, "long"),
        }
        self._inbox: deque[tuple[Work, Future[Any] | None]] = deque()
        self._running: set[Work] = set()
        self._closed = False
        self._reads: set[Work] = set()
        self._reads_shown = threading.Condition()
        self._garbage = Keeper(self)
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def read(
        self,
        function: Callable[..., Any],
        *args: Any,
        then: Then | None = None,
        otherwise: Otherwise | None = None,
        owner: QObject | None = None,
    ) -> Work:
        """Look something up. `then(result)` on the window's thread."""
        return self._start("read", lambda _work: function(*args), then, otherwise, owner)

    def write(
        self,
        function: Callable[..., Any],
        *args: Any,
        then: Then | None = None,
        otherwise: Otherwise | None = None,
        owner: QObject | None = None,
    ) -> Work:
        """Alter something; writes run one after another in the order of the calls."""
        return self._start("write", lambda _work: function(*args), then, otherwise, owner)

    def long(
        self,
        job: Callable[[Work], Any],
        *,
        then: Then | None = None,
        otherwise: Otherwise | None = None,
        progress: Then | None = None,
        owner: QObject | None = None,
    ) -> Work:
        """Something that takes seconds. `job` gets its Work to report progress to and to ask whether to stop."""
        return self._start("long", job, then, otherwise, owner, progress)

    @property
    def busy(self) -> bool:
        return bool(self._running)

    def shutdown(self) -> None:
        """Stop what runs, wait for it, end all threads. Writes already asked for are finished, results dropped."""
        if self._closed:
            return
        self._closed = True
        with self._reads_shown:
            self._reads_shown.notify_all()
        for work in self._running:
            work.stop()
        self._lanes["read"].shutdown(wait=True, cancel_futures=True)
        self._lanes["long"].shutdown(wait=True, cancel_futures=True)
        self._lanes["write"].shutdown(wait=True, cancel_futures=False)
        self._inbox.clear()
        self._running.clear()
        self._garbage.release()

    def _start(
        self,
        lane: str,
        job: Callable[[Work], Any],
        then: Then | None,
        otherwise: Otherwise | None,
        owner: QObject | None,
        progress: Then | None = None,
    ) -> Work:
        work = Work(self, then, otherwise, owner)
        if progress is not None:
            work.progressed.connect(progress)
        if self._closed:
            # The window is closing: a late timer's wish is nobody's any more.
            return work
        self._running.add(work)

        def run() -> Any:
            # A write is never left out: somebody did something and it must be kept.
            if lane == "long":
                with self._reads_shown:
                    self._reads_shown.wait_for(lambda: not self._reads or self._closed, READS_FIRST_S)
            if lane != "write":
                work.check()
            return job(work)

        if lane == "read":
            with self._reads_shown:
                self._reads.add(work)
        future = self._lanes[lane].submit(run)
        future.add_done_callback(lambda done: self._post(work, done))
        return work

    def _post(self, work: Work, done: Future[Any] | None) -> None:
        if self._closed:
            return
        self._inbox.append((work, done))
        self._arrived.emit()

    def _deliver(self) -> None:
        while self._inbox and not self._closed:
            work, done = self._inbox.popleft()
            if done is None:
                if work in self._running and work._latest and work.wanted:
                    work.progressed.emit(work._latest.pop())
                continue
            self._finish(work, done)

    def _finish(self, work: Work, done: Future[Any]) -> None:
        self._running.discard(work)
        error = None if done.cancelled() else done.exception()
        try:
            if done.cancelled() or isinstance(error, Stopped):
                pass
            elif error is None:
                if work._then is not None and work.wanted:
                    work._then(done.result())
            else:
                self._failed(work, error)
        finally:
            with self._reads_shown:
                self._reads.discard(work)
                self._reads_shown.notify_all()
            work.ended.emit()
            work._let_go()
            work.deleteLater()

    def _failed(self, work: Work, error: BaseException) -> None:
        taken = work._otherwise is not None and work.wanted
        if not taken or known_text(error) is None:
            self.troubled.emit(explain(error))
        if taken and work._otherwise is not None:
            work._otherwise(error)


__all__ = ["Runner", "Stopped", "Trouble", "Work"]
