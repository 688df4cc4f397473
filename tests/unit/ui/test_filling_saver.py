"""The draft being written: one save at a time, the newest state next, 「已保存」 only after the commit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.errors import KnownError
from tests.support.desks import NOW
from ui.filling.saver import DraftSaver
from ui.work import Runner


class Disk:
    """Takes drafts on the writer's thread; can be held up, and can be full."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()
        self.began = threading.Event()
        self.full = False
        self.drafts: list[str] = []

    def write(self, draft: str) -> datetime:
        self.began.set()
        assert self.open.wait(20)
        if self.full:
            raise KnownError("disk_full", "磁盘空间不足。")
        self.drafts.append(draft)
        return NOW


class Bench(QObject):
    """A state that changes, its saver and a disk."""

    def __init__(self, bot: QtBot) -> None:
        super().__init__()
        self.bot = bot
        self.runner = Runner()
        self.disk = Disk()
        self.state = ""
        self.saver = DraftSaver(self.runner, lambda: self.state, self.disk.write, self)
        self.saved: list[int] = []
        """How many drafts were on disk each time 「已保存」 was said."""
        self.saver.saved.connect(lambda _moment: self.saved.append(len(self.disk.drafts)))

    def answer(self, state: str) -> None:
        self.state = state
        self.saver.touch()

    def settle(self) -> None:
        self.bot.waitUntil(lambda: self.saver.settled)


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = Bench(qtbot)
    yield made
    made.disk.open.set()
    made.runner.shutdown()


def test_what_is_answered_in_one_turn_is_one_draft(bench: Bench) -> None:
    for state in "abc":
        bench.answer(state)
    bench.settle()
    assert bench.disk.drafts == ["c"]
    assert bench.saved == [1]


def test_while_one_is_written_the_others_wait_and_only_the_newest_follows(bench: Bench) -> None:
    bench.disk.open.clear()
    bench.answer("a")
    bench.bot.waitUntil(bench.disk.began.is_set)
    for state in "bcd":
        bench.answer(state)
    assert bench.saved == []
    assert not bench.saver.settled
    bench.disk.open.set()
    bench.settle()
    assert bench.disk.drafts == ["a", "d"]
    assert bench.saved == [1, 2]


def test_a_failed_save_is_told_and_tried_again_with_the_next_answer(bench: Bench) -> None:
    bench.disk.full = True
    with bench.bot.waitSignal(bench.saver.failed) as told:
        bench.answer("a")
    assert told.args[0].code == "disk_full"
    assert bench.saved == []
    assert not bench.saver.settled
    bench.disk.full = False
    bench.answer("b")
    bench.settle()
    assert bench.disk.drafts == ["b"]


def test_a_failed_save_can_be_tried_again_as_it_is(bench: Bench) -> None:
    bench.disk.full = True
    with bench.bot.waitSignal(bench.saver.failed):
        bench.answer("a")
    bench.disk.full = False
    bench.saver.flush()
    bench.settle()
    assert bench.disk.drafts == ["a"]


def test_what_was_handed_over_is_written_even_when_the_page_is_gone(bench: Bench) -> None:
    bench.disk.open.clear()
    bench.answer("a")
    bench.bot.waitUntil(bench.disk.began.is_set)
    bench.answer("b")
    bench.saver.flush()
    bench.saver.deleteLater()
    bench.disk.open.set()
    bench.bot.waitUntil(lambda: bench.disk.drafts == ["a", "b"])


def test_after_stop_nothing_is_written_and_after_going_on_what_was_left_is(bench: Bench) -> None:
    bench.saver.stop()
    bench.answer("a")
    bench.saver.flush()
    assert bench.disk.drafts == []
    bench.saver.go_on()
    bench.answer("b")
    bench.settle()
    assert bench.disk.drafts == ["b"]
