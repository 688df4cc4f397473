"""The rules of tests/conftest.py, shown on small tests that break each of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[2] / "conftest.py"

OFFENDERS = """
import logging, os, subprocess, sys, threading
import pytest

def test_log_error():
    logging.getLogger("app.somewhere").error("the disk burns")

@pytest.mark.expects_log_errors
def test_log_error_marked():
    logging.getLogger("app.somewhere").error("as planned")

def test_log_error_wanted(expects_log_errors):
    logging.getLogger("app.somewhere").error("as planned")
    assert [record.getMessage() for record in expects_log_errors] == ["as planned"]

def test_log_warning():
    logging.getLogger("app.somewhere").warning("a warning is not an error")

stop = threading.Event()

def test_thread_left():
    threading.Thread(target=stop.wait, name="straggler").start()

def test_thread_ending():
    threading.Thread(target=threading.Event().wait, args=(0.1,)).start()

def test_process_left(request):
    request.config.left = subprocess.Popen(
        [sys.executable, "-c", "input('left-alive')"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )

def test_after_the_leftovers(request):
    stop.set()
    assert request.config.left.wait() != 0
    request.config.left.stdin.close()

def test_qt_warning(qapp):
    from PySide6.QtCore import qWarning
    qWarning("a layout is unhappy")

def test_qt_harmless_warning(qapp):
    from PySide6.QtCore import qWarning
    qWarning("This plugin does not support propagateSizeHints()")

def test_window_left(qapp):
    from PySide6.QtWidgets import QWidget
    qapp.kept = QWidget()
    qapp.kept.setWindowTitle("forgotten")
    qapp.kept.show()

def test_pool_job_ending(qapp):
    from PySide6.QtCore import QThreadPool
    QThreadPool.globalInstance().start(lambda: threading.Event().wait(0.1))

def test_warning():
    import warnings
    warnings.warn("old", DeprecationWarning)

def test_home():
    home = os.environ["HOME"]
    assert "zhuqitong-tests-" in home and os.path.expanduser("~") == home
    assert os.environ["XDG_DATA_HOME"].startswith(home)
    assert os.environ["QT_QPA_PLATFORM"]
"""


def test_what_is_left_behind_fails_the_test(pytester: pytest.Pytester) -> None:
    text = CONFTEST.read_text(encoding="utf-8")
    # The stragglers never end by themselves: no need to wait for them as long as for honest tests.
    shorter = text.replace("LEFTOVERS_MAY_TAKE_S = 5.0", "LEFTOVERS_MAY_TAKE_S = 1.0")
    assert shorter != text
    pytester.makeconftest(shorter)
    pytester.makepyfile(test_offenders=OFFENDERS)
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers")

    result = pytester.runpytest_subprocess("-rfE", "-p", "no:cacheprovider")

    for line in (
        "*the disk burns*",
        "*thread still running: <Thread(straggler*",
        "*process still running: * -c input('left-alive')*",
        "*a layout is unhappy*",
        "*window still open: *forgotten*",
        "*DeprecationWarning: old*",
    ):
        result.stdout.fnmatch_lines([line])
    broken = re.findall(r"^(?:FAILED|ERROR) test_offenders\.py::(\w+)", result.stdout.str(), re.MULTILINE)
    assert sorted(broken) == [
        "test_log_error",
        "test_process_left",
        "test_qt_warning",
        "test_thread_left",
        "test_warning",
        "test_window_left",
    ]
