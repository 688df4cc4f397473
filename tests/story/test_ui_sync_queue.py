"""待发送 and the strip at the foot: what waits and for what, what the centre fails on, the clock, the next try."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.errors import KnownError
from app.services import attachments, visits
from app.store.confirmed import ConfirmedVerdict, absorb_verdicts
from app.store.history import SyncReport, record_sync
from app.store.outbox import discarded, pending
from app.store.waiting import take_back
from sync.client.terms import Progress
from tests.support.desks import NOW, officer_desk
from tests.support.pictures import picture
from tests.support.windows import Person, english, window_of


@pytest.fixture
def officer(tmp_path: Path, qtbot: QtBot) -> Iterator[Person]:
    with window_of(officer_desk(tmp_path / "desk"), qtbot) as person:
        yield person


def edit(desk: Any, enterprise: str, **fields: Any) -> None:
    document = desk.store.get("enterprise", enterprise)
    pairs = {name: [document.body.get(name), value] for name, value in fields.items()}
    desk.make(desk.change("patch", document.bucket, "enterprise", enterprise, {"fields": pairs}))


def fail(desk: Any, enterprise: str) -> None:
    """The centre fails on the first change of this enterprise until it is put aside."""
    row = next(row for row in pending(desk.store) if row.change.doc[1] == enterprise)
    error = {"code": "incident", "text": "中心处理这一条时出错（事故号 1a2b3c4d）。"}
    for _ in range(3):
        absorb_verdicts(desk.store, [ConfirmedVerdict(row.change.mid, "retry", error=error)], desk.context())


def lines(officer: Person) -> list[tuple[str, str, str, str]]:
    rows = officer.window.page.parts["pending"].model.rows
    return [(line.enterprise[-6:], line.what, line.size, line.state_word) for line in rows]


def test_the_queue_says_per_enterprise_what_waits_and_for_what(officer: Person) -> None:
    desk = officer.window.desk
    edit(desk, "ent-1", employees=70)
    visit = visits.start_visit(desk, "ent-4")
    attachments.add(desk, visit.id, b"%PDF" + bytes(2_100_000), "平面图.pdf", "file")
    edit(desk, "ent-1", address="新址")
    page = officer.open("syncing")
    assert officer.reads("等待发送：2 家企业，4 项，附件 1 个，2.1 MB。")
    assert officer.reads("待发送 5"), "on its chip"
    found = lines(officer)
    assert [line[0] for line in found] == sorted(line[0] for line in found), "enterprise by enterprise"
    assert (found[-1][1], found[-1][2], found[-1][3]) == (
        "上传附件「平面图.pdf」",
        "2.1 MB",
        "等它的登记先发出",
    )
    assert {line[3] for line in found[:-1]} == {"等待发送"}
    assert english(officer.texts(), ("MB", ".pdf")) == []
    picture(officer.window, "syncing-queue")
    officer.key(Qt.Key.Key_F5)
    officer.until(lambda: officer.window.sync.online is False, 60_000)
    officer.settle()
    assert {line[3] for line in lines(officer)[:-1]} == {"等连上中心"}
    assert page.parts["pending"].model.rowCount() == 5


def test_what_the_centre_fails_on_is_tried_again_or_given_up_and_taken_back(officer: Person) -> None:
    desk = officer.window.desk
    edit(desk, "ent-1", employees=70)
    edit(desk, "ent-1", address="新址")
    edit(desk, "ent-2", employees=71)
    fail(desk, "ent-1")
    page = officer.open("syncing")
    part = page.parts["pending"]
    states = {line.state for line in part.model.rows}
    assert states == {"quarantined", "behind", "pending"}
    stuck = next(line for line in part.model.rows if line.state == "quarantined")
    part.table.choose(stuck.key)
    assert officer.reads("事故号 1a2b3c4d")
    picture(officer.window, "syncing-quarantined")
    part.table.choose(next(line.key for line in part.model.rows if line.state == "behind"))
    assert officer.reads("要等那一项先处理")
    assert not officer.can_press("重试")
    part.table.choose(stuck.key)
    officer.press("重试")
    officer.until(lambda: all(row.state == "pending" for row in pending(desk.store)))
    officer.until(lambda: not officer.window.sync.running, 60_000)
    fail(desk, "ent-1")
    officer.until(lambda: any(line.state == "quarantined" for line in part.model.rows))
    part.table.choose(stuck.key)
    officer.press("放弃")
    officer.press("再按一次放弃")
    officer.until(lambda: len(discarded(desk.store)) == 1)
    officer.settle()
    seen = desk.store.get("enterprise", "ent-1").body
    assert (seen["employees"], seen["address"]) == (77, "新址")
    officer.press("撤销")
    officer.until(lambda: discarded(desk.store) == [])
    officer.settle()
    assert desk.store.get("enterprise", "ent-1").body["employees"] == 70
    assert [row.state for row in pending(desk.store)] == ["quarantined", "pending", "pending"]
    with pytest.raises(KnownError, match="不能撤销"):
        take_back(desk.store, stuck.seq, desk.context())


def test_only_the_first_of_many_are_shown_and_all_are_counted(tmp_path: Path, qtbot: QtBot) -> None:
    desk = officer_desk(tmp_path / "desk")
    for number in range(230):
        edit(desk, "ent-1", employees=1000 + number)
    with window_of(desk, qtbot) as officer:
        page = officer.open("syncing")
        assert page.parts["pending"].model.rowCount() == 200
        assert officer.reads("先列出 200 项，发出后接着列出其余 30 项")
        assert officer.reads("待发送 230 项")


def test_the_history_tells_how_long_and_what_to_do(officer: Person) -> None:
    desk = officer.window.desk
    record_sync(
        desk.store,
        SyncReport(
            NOW - timedelta(seconds=200), NOW, sent=6, received=1234, refused=1, conflicts=2, files_sent=3
        ),
    )
    trouble = KnownError("certificate", "无法确认中心的安全证书，没有发送任何内容。请检查本机日期是否正确。")
    record_sync(desk.store, SyncReport(NOW, NOW, error=trouble))
    page = officer.open("syncing")
    page.views.choose("history")
    officer.until(lambda: page.parts["history"].model.rowCount() == 2)
    last, first = page.parts["history"].model.rows
    assert (first.took, first.sent, first.received, first.files, first.refused, first.conflicts) == (
        "3 分 20 秒",
        6,
        1234,
        3,
        1,
        2,
    )
    page.parts["history"].take_focus()
    assert officer.reads("请检查本机日期是否正确")
    assert last.took == "不到 1 秒"
    picture(officer.window, "syncing-history-runs")


def test_the_foot_tells_the_clock_the_next_try_and_how_far_a_run_is(officer: Person) -> None:
    desk, foot = officer.window.desk, officer.window.foot
    assert not foot.clock.isVisible()
    desk.store.set_kv("clock_offset", 720)
    officer.window.refresh()
    officer.until(lambda: officer.reads("本机时钟快 12 分钟"))
    foot.set_online(False, "连不上中心")
    foot.set_next(24.0)
    assert officer.reads("离线 · 24 秒后再试")
    picture(officer.window, "foot-offline")
    officer.window._sync_progress(Progress("pull", 1200, 9800, "正在接收，已收到 1,200 / 9,800 条"))
    assert (foot.bar.isVisible(), foot.bar.value(), foot.bar.maximum()) == (True, 1200, 9800)
    assert officer.reads("离线")
    assert not officer.reads("秒后再试")
    picture(officer.window, "foot-running")
    stops: list[int] = []
    officer.window.sync.stop = lambda: stops.append(1)
    officer.press("停止")
    assert stops == [1]
    foot.set_activity("")
    assert not officer.can_press("停止")
