"""The shell: what it may import before the first paint, its icons, syncing by itself, and how it ends."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from app.services import visits
from tests.support.desks import officer_desk
from tests.support.pictures import picture, wear
from ui import icons
from ui.errors import Trouble
from ui.main_window import PLACES, MainWindow
from ui.syncing.controller import SyncController
from ui.work import Runner

HEAVY = (
    "pydantic",
    "requests",
    "reportlab",
    "sqlite_utils",
    "pypinyin",
    "PySide6.QtPdf",
    "app.services",
    "app.store",
)


def test_nothing_heavy_is_imported_before_the_first_paint() -> None:
    code = f"import sys, ui.main_window; print([name for name in {HEAVY!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_every_place_has_an_icon_in_both_schemes(qtbot: QtBot) -> None:
    for scheme in ("light", "dark"):
        wear(scheme)
        for place in PLACES.values():
            drawn = icons.pixmap(place.icon, "accent", 18)
            assert drawn.size() == QSize(18, 18)
            assert not drawn.toImage().allGray()
    wear()


def test_a_store_that_cannot_be_opened_is_said_calmly(qtbot: QtBot) -> None:
    wear()
    runner = Runner()
    window = MainWindow(runner)
    qtbot.addWidget(window)
    window.show()
    window.show_trouble(Trouble("store_newer", "数据是新版本的驻企通写的，请升级后再打开。"))
    assert window.current_page == "trouble"
    assert not window.navigation.isVisible()
    picture(window, "trouble")
    window.close()
    runner.shutdown()


def test_it_syncs_by_itself_and_waits_longer_while_there_is_no_centre(qtbot: QtBot, tmp_path: Path) -> None:
    runner = Runner()
    with officer_desk(tmp_path / "desk") as desk:
        sync = SyncController(desk, runner)
        # So long that it does not come back by itself while it is looked at.
        sync.jitter = lambda: 100.0
        told: list[object] = []
        sync.online_changed.connect(told.append)
        with qtbot.waitSignal(sync.finished, timeout=60_000):
            sync.begin()
        assert sync.online is False
        assert told == [False]
        first = sync._timer.interval()
        assert sync._timer.isActive()
        assert first == 101_000
        with qtbot.waitSignal(sync.finished, timeout=60_000):
            sync.run()
        assert sync._timer.interval() == 301_000
        # What the centre asks for comes before that: never sooner.
        sync._plan(reached=False, asked=1800.0)
        assert sync._timer.interval() == 1_900_000
        # What is done meanwhile waits in the outbox: offline, it does not make the laptop try at once.
        visits.start_visit(desk, "ent-4")
        sync.end()
        assert not sync._timer.isActive()
        runner.shutdown()


def test_closing_the_window_leaves_no_thread(qtbot: QtBot, tmp_path: Path) -> None:
    before = set(threading.enumerate())
    wear()
    runner = Runner()
    desk = officer_desk(tmp_path / "desk")
    window = MainWindow(runner)
    qtbot.addWidget(window)
    sync = SyncController(desk, runner, window)

    def leave() -> None:
        runner.shutdown()
        desk.close()

    window.closing.connect(leave)
    window.show()
    window.show_desk(desk, sync)
    sync.begin()
    # In the middle of a run and of looking things up.
    window.close()
    assert {thread for thread in threading.enumerate() if thread.is_alive()} <= before
