"""Dead widgets are taken apart on the window's thread, whichever thread allocates."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ui import garbage
from ui.work import Runner


class Dead(QWidget):
    """A widget nobody has any more, in a cycle with itself."""

    gone_on: list[str] = []

    def __init__(self) -> None:
        super().__init__()
        self.itself = self
        weakref.finalize(self, lambda: Dead.gone_on.append(threading.current_thread().name))


def allocate() -> int:
    """Enough to set off the automatic collection many times over."""
    return len([[number] for number in range(200_000)])


@pytest.mark.usefixtures("qapp")
def test_a_worker_never_collects_widgets(qtbot: QtBot) -> None:
    Dead.gone_on.clear()
    runner = Runner()
    done: list[int] = []
    Dead()
    runner.read(allocate, then=done.append)
    qtbot.waitUntil(lambda: bool(done))
    assert Dead.gone_on == []
    garbage.collect()
    gc.collect()
    assert Dead.gone_on == ["MainThread"]
    runner.shutdown()


def test_automatic_collection_comes_back_with_the_last_runner(qtbot: QtBot) -> None:
    first, second = Runner(), Runner()
    assert not gc.isenabled()
    first.shutdown()
    assert not gc.isenabled()
    second.shutdown()
    second.shutdown()
    assert gc.isenabled()


def test_the_timer_collects_what_is_due(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "EVERY_MS", 1)
    runner = Runner()
    Dead.gone_on.clear()
    Dead()
    # What is let go again does not count: these stay.
    kept = [[number] for number in range(2 * gc.get_threshold()[0])]
    qtbot.waitUntil(lambda: Dead.gone_on == ["MainThread"])
    assert kept
    runner.shutdown()
