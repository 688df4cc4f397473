"""The draft, always being written: one save under way at a time, the newest state next, typing never waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from ui.work import Runner

RETRY_S = 15
"""After a failed save (a full disk) another is tried so often, besides at every new answer."""


class DraftSaver(QObject):
    """`touch()` after every alteration; `saved` comes after the commit, never before."""

    saved = Signal(object)
    """datetime"""
    failed = Signal(object)
    """The exception; what was answered is still on screen and is tried again."""

    def __init__(
        self,
        runner: Runner,
        snapshot: Callable[[], Any],
        write: Callable[[Any], datetime],
        parent: QObject | None = None,
    ) -> None:
        """`snapshot` is called on the window's thread and gives plain values, `write` on the writer's."""
        super().__init__(parent)
        self._runner = runner
        self._snapshot = snapshot
        self._write = write
        self._dirty = False
        self._under_way = 0
        self._stopped = False
        # Answers that come in one turn of the event loop (a copied row) are one save.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.flush)
        self._retry = QTimer(self, singleShot=True, interval=RETRY_S * 1000)
        self._retry.timeout.connect(self.flush)

    @property
    def settled(self) -> bool:
        """Whether everything answered so far is on disk."""
        return not self._dirty and not self._under_way

    def touch(self) -> None:
        """Something was altered."""
        if self._stopped:
            return
        self._dirty = True
        if not self._under_way:
            self._soon.start()

    def flush(self) -> None:
        """Hand the newest state to the writer now. What is handed over is written even when this object is gone."""
        self._soon.stop()
        self._retry.stop()
        if self._stopped or not self._dirty:
            return
        self._dirty = False
        self._under_way += 1
        self._runner.write(
            self._write, self._snapshot(), then=self._then, otherwise=self._otherwise, owner=self
        )

    def stop(self) -> None:
        """No more saves: the visit is being finished and its draft dropped."""
        self._stopped = True
        self._soon.stop()
        self._retry.stop()

    def go_on(self) -> None:
        """After `stop`, when the visit could not be finished."""
        self._stopped = False
        if self._dirty:
            self.touch()

    def _then(self, moment: datetime) -> None:
        self._under_way -= 1
        self.saved.emit(moment)
        if self._dirty and not self._under_way:
            self.flush()

    def _otherwise(self, error: BaseException) -> None:
        self._under_way -= 1
        self._dirty = True
        self.failed.emit(error)
        if not self._stopped:
            self._retry.start()
