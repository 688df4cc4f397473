"""What every test lives under: no display, a home of its own, and nothing left behind.

A test fails when it leaves an ERROR record in the log, a warning from Qt, a thread, a window or a process.
`filterwarnings = error` in pyproject.toml does the same for Python's warnings.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

pytest_plugins = ["pytester"]

LEFTOVERS_MAY_TAKE_S = 5.0
"""How long threads and processes that are already ending may take to end."""

HARMLESS_QT_WARNINGS = (
    # The offscreen platform has no window manager to tell sizes to, no order of windows to change, and no keyboard
    # or mouse that an open list or calendar could take for itself.
    r"^This plugin does not support ((propagateSizeHints|raise|lower)\(\)|grabbing the (keyboard|mouse))",
    # Containers have no keymap files; offscreen keys never go through them.
    r"^xkbcommon: ",
)

hypothesis.settings.register_profile(
    "quick",
    max_examples=60,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    print_blob=True,
)
hypothesis.settings.register_profile("long", hypothesis.settings.get_profile("quick"), max_examples=5000)


# ---------------------------------------------------------------- surroundings


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "expects_log_errors: ERROR records in the log belong to what this test shows"
    )
    hypothesis.settings.load_profile(os.environ.get("ZHUQITONG_HYPOTHESIS", "quick"))
    home = Path(tempfile.mkdtemp(prefix="zhuqitong-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    # PICTURES is a wish to the tests themselves: where to leave the pictures they take.
    for name in [
        name for name in os.environ if name.startswith("ZHUQITONG_") and not name.endswith("_PICTURES")
    ]:
        del os.environ[name]
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["HOME"] = str(home)
    for variable, folder in {
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_CACHE_HOME": "cache",
        "XDG_STATE_HOME": "state",
        "XDG_RUNTIME_DIR": "run",
        "LOCALAPPDATA": "local",
        "APPDATA": "roaming",
    }.items():
        (home / folder).mkdir(mode=0o700)
        os.environ[variable] = str(home / folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("qt_log_level_fail") is None:
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))
        item.add_marker(pytest.mark.qt_log_ignore(*HARMLESS_QT_WARNINGS))
    # What is quick to know comes first.
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)


# ---------------------------------------------------------------- the log


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def _all_logs_lead_to_the_root() -> None:
    """A test that starts a centre in this process leaves its set-up of the log, which keeps errors from everybody else."""
    for name in ("zhuqitong", "zhuqitong.requests", "uvicorn", "alembic"):
        one = logging.getLogger(name)
        one.propagate = True
        one.handlers.clear()


@pytest.fixture(autouse=True)
def _errors_in_the_log_fail(request: pytest.FixtureRequest) -> Iterator[list[logging.LogRecord]]:
    _all_logs_lead_to_the_root()
    handler = _Errors()
    root = logging.getLogger()
    root.addHandler(handler)
    yield handler.records
    root.removeHandler(handler)
    expected = (
        request.node.get_closest_marker("expects_log_errors") or "expects_log_errors" in request.fixturenames
    )
    if handler.records and not expected:
        told = "\n".join(
            f"{record.levelname} {record.name}: {record.getMessage()}" for record in handler.records
        )
        pytest.fail(f"errors in the log:\n{told}", pytrace=False)


@pytest.fixture
def expects_log_errors(_errors_in_the_log_fail: list[logging.LogRecord]) -> list[logging.LogRecord]:
    """The ERROR and CRITICAL records so far: for a test whose subject they are."""
    return _errors_in_the_log_fail


# ---------------------------------------------------------------- leftovers


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    threads, processes = _threads(), _children()
    yield
    _check_leftovers(threads, processes)


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_left_in_the_end() -> Iterator[None]:
    threads, processes = _threads(), _children()
    yield
    _check_leftovers(threads, processes)


def _check_leftovers(threads: set[threading.Thread], processes: dict[int, str]) -> None:
    deadline = time.monotonic() + LEFTOVERS_MAY_TAKE_S
    problems = []
    for thread in _threads() - threads:
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            problems.append(f"thread still running: {thread!r}")
    left = _end_of_children(processes, deadline)
    for pid, command in left.items():
        problems.append(f"process still running: {pid} {command}")
        os.kill(pid, signal.SIGKILL)
    problems.extend(_qt_leftovers(deadline))
    if problems:
        pytest.fail("left behind by the test:\n" + "\n".join(problems), pytrace=False)


def _threads() -> set[threading.Thread]:
    # A thread of Qt's that once ran Python stays in the list for ever as a dummy: those are looked at in
    # _qt_leftovers.
    return {thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)}


def _qt_leftovers(deadline: float) -> list[str]:
    problems = []
    core = sys.modules.get("PySide6.QtCore")
    if core is not None and core.QCoreApplication.instance() is not None:
        pool = core.QThreadPool.globalInstance()
        if not pool.waitForDone(max(1, int((deadline - time.monotonic()) * 1000))):
            problems.append(f"{pool.activeThreadCount()} jobs still running in Qt's global thread pool")
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is not None and isinstance(widgets.QApplication.instance(), widgets.QApplication):
        for window in widgets.QApplication.topLevelWidgets():
            if window.isVisible():
                problems.append(f"window still open: {window!r} {window.windowTitle()!r}")
                window.close()
    return problems


def _end_of_children(before: dict[int, str], deadline: float) -> dict[int, str]:
    """The new child processes that do not end by themselves in time."""
    pause = threading.Event()
    while True:
        left = {pid: command for pid, command in _children().items() if pid not in before}
        if not left or time.monotonic() > deadline:
            return left
        pause.wait(0.05)


def _children() -> dict[int, str]:
    """Process id and command of this process's living descendants; empty where there is no /proc."""
    commands: dict[int, str] = {}
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The name in parentheses may hold anything, blanks and parentheses too.
            state, parent = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except (OSError, ValueError):
            continue  # it ended while we looked
        # Ended, only not yet asked for its exit code. Python's own resource tracker stays by design.
        if state == "Z" or "multiprocessing.resource_tracker" in command:
            continue
        pid = int(folder.name)
        commands[pid], parents[pid] = command, int(parent)
    found: dict[int, str] = {}
    ring = {os.getpid()}
    while ring:
        ring = {pid for pid, parent in parents.items() if parent in ring}
        found.update({pid: commands[pid] for pid in ring})
    return found
