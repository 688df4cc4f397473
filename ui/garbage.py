"""Garbage is collected on the window's thread only.

Python collects reference cycles on whichever thread happens to allocate. A worker that so takes a dead widget apart
deletes it outside of the window's thread, and Qt crashes. While there are workers, the automatic collection is off
and a timer does the same work by the same thresholds where it is safe.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 1000

_keepers = 0


class Keeper(QObject):
    """Keeps the collection to the thread it was made on until `release`. There may be several."""

    def __init__(self, parent: QObject | None = None) -> None:
        global _keepers
        super().__init__(parent)
        _keepers += 1
        gc.disable()
        self._released = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(collect)
        self._timer.start(EVERY_MS)

    def release(self) -> None:
        """The workers are gone: automatic collection again, once no other keeper needs it off."""
        global _keepers
        if self._released:
            return
        self._released = True
        self._timer.stop()
        _keepers -= 1
        if _keepers == 0:
            gc.enable()


def collect() -> None:
    """Collect the oldest generation that is due, as the interpreter would have."""
    for generation in (2, 1, 0):
        if gc.get_count()[generation] > gc.get_threshold()[generation]:
            gc.collect(generation)
            return
