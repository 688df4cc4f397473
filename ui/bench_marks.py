"""Marks for the start-up benchmark: when the window was first painted, and when its first page had its data."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QAbstractItemView

TICKS = 100
"""Clock ticks a second in /proc; fixed on Linux for programs."""


class Marks(QObject):
    """Watches a DeskApplication's window. `done(figures)` gets seconds since the process started."""

    def __init__(self, desk: Any, started: float, done: Callable[[dict[str, float]], None]) -> None:
        super().__init__(desk)
        self._desk = desk
        self._started = started
        self._done = done
        self._before = process_age() - (time.perf_counter() - started)
        self._painted: float | None = None
        desk.window.installEventFilter(self)
        desk.window.page_changed.connect(self._page_shown)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._painted is None:
            self._painted = self._now()
        return super().eventFilter(watched, event)

    def _page_shown(self, _name: str) -> None:
        self._desk.window.page_changed.disconnect(self._page_shown)
        # The page has asked for its data and will put it into its list.
        self._watch = QTimer(self, interval=1)
        self._watch.timeout.connect(self._look)
        self._watch.start()

    def _look(self) -> None:
        lists = self._desk.window.page.findChildren(QAbstractItemView)
        if not any(view.model() is not None and view.model().rowCount() for view in lists):
            return
        self._watch.stop()
        self._done(
            {
                "python_s": round(self._before, 4),
                "first_paint_s": round(self._painted or 0.0, 4),
                "first_list_s": round(self._now(), 4),
            }
        )

    def _now(self) -> float:
        return self._before + time.perf_counter() - self._started


def process_age() -> float:
    """Seconds since this process was started, to a hundredth; 0 where the system does not tell (not Linux)."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        uptime = float(Path("/proc/uptime").read_text().split()[0])
    except OSError:
        return 0.0
    return max(0.0, uptime - int(fields[19]) / TICKS)
