"""The runner: order of writes, results on the window's thread, errors, stopping, and no thread left behind."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from app.domain.changes.base import Refusal
from app.errors import KnownError
from ui.errors import Trouble
from ui.work import Runner, Work


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[Runner]:
    made = Runner()
    yield made
    made.shutdown()


def test_writes_come_one_after_another_in_the_order_asked_for(runner: Runner, qtbot: QtBot) -> None:
    order: list[int] = []
    gate = threading.Event()
    within: list[int] = []

    def write(number: int) -> int:
        if number == 0:
            assert gate.wait(10)
        within.append(threading.get_ident())
        order.append(number)
        return number

    results: list[int] = []
    for number in range(20):
        runner.write(write, number, then=results.append)
    gate.set()
    qtbot.waitUntil(lambda: len(results) == 20)
    assert order == results == list(range(20))
    assert set(within) != {threading.get_ident()}
    assert len(set(within)) == 1


def test_results_arrive_on_the_windows_thread(runner: Runner, qtbot: QtBot) -> None:
    seen: list[tuple[int, int]] = []
    runner.read(threading.get_ident, then=lambda worker: seen.append((worker, threading.get_ident())))
    qtbot.waitUntil(lambda: bool(seen))
    worker, arrived = seen[0]
    assert worker != threading.get_ident()
    assert arrived == threading.get_ident()


def test_a_read_does_not_wait_for_a_long_write(runner: Runner, qtbot: QtBot) -> None:
    gate = threading.Event()
    runner.write(gate.wait, 10)
    seen: list[str] = []
    runner.read(lambda: "read", then=seen.append)
    qtbot.waitUntil(lambda: seen == ["read"])
    gate.set()


@pytest.mark.parametrize(
    "error",
    [KnownError("disk_full", "磁盘空间不足。"), Refusal("state", "现在不能受理。"), OSError(28, "no space")],
)
def test_what_a_person_can_act_on_goes_to_the_one_who_asked(
    runner: Runner, qtbot: QtBot, error: Exception
) -> None:
    def fail() -> None:
        raise error

    taken: list[BaseException] = []
    shown: list[Trouble] = []
    runner.troubled.connect(shown.append)
    runner.write(fail, otherwise=taken.append)
    qtbot.waitUntil(lambda: taken == [error])
    assert shown == []


def test_a_known_error_nobody_takes_is_shown_calmly(runner: Runner, qtbot: QtBot) -> None:
    def fail() -> None:
        raise KnownError("not_held", "这家企业的资料不在本机。")

    shown: list[Trouble] = []
    runner.troubled.connect(shown.append)
    runner.read(fail)
    qtbot.waitUntil(lambda: bool(shown))
    assert shown == [Trouble("not_held", "这家企业的资料不在本机。")]
    assert not shown[0].is_bug


def test_a_bug_is_logged_and_shown_even_where_somebody_takes_errors(
    runner: Runner, qtbot: QtBot, expects_log_errors: list[object]
) -> None:
    taken: list[BaseException] = []
    shown: list[Trouble] = []
    runner.troubled.connect(shown.append)
    runner.write(lambda: {}["missing"], otherwise=taken.append)
    qtbot.waitUntil(lambda: bool(taken) and bool(shown))
    assert isinstance(taken[0], KeyError)
    assert shown[0].is_bug
    assert shown[0].incident is not None
    assert "KeyError" in shown[0].incident
    assert "事件编号" in shown[0].incident
    assert len(expects_log_errors) == 1


def test_work_whose_owner_is_gone_ends_quietly(runner: Runner, qtbot: QtBot) -> None:
    import shiboken6

    owner = QObject()
    gate = threading.Event()
    seen: list[object] = []
    work = runner.read(gate.wait, 10, then=seen.append, owner=owner)
    shiboken6.delete(owner)
    with qtbot.waitSignal(work.ended):
        gate.set()
    assert seen == []


def test_long_work_tells_how_far_it_is_and_can_be_stopped(runner: Runner, qtbot: QtBot) -> None:
    told: list[int] = []
    seen: list[object] = []

    def job(work: Work) -> str:
        number = 0
        while True:
            number += 1
            work.report(number)
            work.check()

    work = runner.long(job, then=seen.append, progress=told.append)
    qtbot.waitUntil(lambda: len(told) >= 3)
    assert told == sorted(told)
    with qtbot.waitSignal(work.ended):
        work.stop()
    assert seen == []
    assert not runner.busy


def test_shutdown_finishes_writes_stops_the_rest_and_leaves_no_thread(qtbot: QtBot) -> None:
    before = set(threading.enumerate())
    runner = Runner()
    written: list[int] = []
    begun = threading.Event()

    def endless(work: Work) -> None:
        begun.set()
        while not work.stopping():
            work.report(0)

    runner.long(endless)
    gate = threading.Event()
    runner.write(gate.wait, 10)
    for number in range(5):
        runner.write(written.append, number)
    assert begun.wait(10)
    threading.Timer(0, gate.set).start()
    runner.shutdown()
    assert written == [0, 1, 2, 3, 4]
    assert {thread for thread in threading.enumerate() if thread.is_alive()} <= before
    runner.read(written.append, 9)
    runner.shutdown()
    assert written == [0, 1, 2, 3, 4]


def test_what_takes_seconds_begins_when_what_is_looked_at_is_shown(runner: Runner, qtbot: QtBot) -> None:
    order: list[str] = []
    gate = threading.Event()
    runner.read(gate.wait, 10, then=lambda _: order.append("shown"))
    work = runner.long(lambda _work: order.append("long"))
    gate.set()
    with qtbot.waitSignal(work.ended):
        pass
    assert order == ["shown", "long"]


class Asker(QObject):
    """Holds the runner, as presenters do, and is held by the work it asked for."""

    finished = Signal(object)

    def __init__(self, runner: Runner) -> None:
        super().__init__()
        self.runner = runner
        self.work: Work | None = None

    def ask(self) -> None:
        self.work = self.runner.long(lambda _work: 1, then=self.done, owner=self)
        self.work.ended.connect(self.end)

    def done(self, result: object) -> None:
        self.work = None
        self.finished.emit(result)

    def end(self) -> None:
        self.work = None


@pytest.mark.slow
def test_a_runner_let_go_together_with_finished_work_does_not_take_the_program_along(qtbot: QtBot) -> None:
    # The last work is deleted after everybody else has let go of the runner: it must not be the one to delete it.
    for _ in range(3):
        runner = Runner()
        asker = Asker(runner)
        for _ in range(3):
            with qtbot.waitSignal(asker.finished):
                asker.ask()
        runner.shutdown()
        del runner, asker
        gc.collect()
