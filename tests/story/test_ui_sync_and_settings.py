"""同步 and 设置: what waits, what was turned down, what met; looks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain import buckets
from app.services import visits
from app.store.confirmed import ConfirmedPage, ConfirmedRow, ConfirmedVerdict, absorb_page, absorb_verdicts
from app.store.outbox import discarded, pending
from tests.support.desks import officer_desk
from tests.support.pictures import picture, wear
from tests.support.windows import Person, window_of
from ui import theme


@pytest.fixture
def officer(tmp_path: Path, qtbot: QtBot) -> Iterator[Person]:
    with window_of(officer_desk(tmp_path / "desk"), qtbot) as person:
        yield person


def test_what_was_done_waits_and_what_was_turned_down_is_given_up_on_the_second_press(
    officer: Person,
) -> None:
    desk = officer.window.desk
    visits.start_visit(desk, "ent-4")
    page = officer.open("syncing")
    assert [line.what for line in page.parts["pending"].model.rows] == ["开始走访"]
    assert officer.reads("萍乡市稻花里食品有限公司")
    picture(officer.window, "syncing-pending")
    (row,) = pending(desk.store)
    error = {"code": "not_assigned", "text": "这家企业已经移交给别人，走访没有登记。"}
    absorb_verdicts(desk.store, [ConfirmedVerdict(row.change.mid, "refused", error=error)], desk.context())
    officer.until(lambda: officer.reads("未被接受 1"))
    officer.settle()
    assert officer.reads("▲ 需要处理 1 项")
    officer.press("▲ 需要处理 1 项")
    officer.until(lambda: officer.reads("这家企业已经移交给别人"))
    assert officer.reads("开始走访「萍乡市稻花里食品有限公司」")
    picture(officer.window, "syncing-refused")
    officer.press("放弃")
    assert len(pending(desk.store)) == 1
    officer.press("再按一次放弃")
    officer.until(lambda: pending(desk.store) == [])
    officer.settle()
    assert len(discarded(desk.store)) == 1
    assert officer.reads("没有未被接受的")
    assert not officer.window.foot.attention.isVisible()


def test_both_sides_of_a_conflict_stand_side_by_side(officer: Person) -> None:
    desk = officer.window.desk
    bucket = buckets.of_enterprise("ent-0")
    body = {
        "id": "conflict-1",
        "target_kind": "enterprise",
        "target_id": "ent-0",
        "fields": {"employees": {"base": 128, "theirs": 131, "mine": 136}},
        "author": "p-wang",
        "author_name": "王敏",
        "at": "2026-11-20T09:40:00.000Z",
        "offline_at": "2026-11-20T07:02:00.000Z",
        "state": "open",
    }
    held = desk.store.held()[bucket]
    profile = desk.store.get("enterprise", "ent-0")
    assert profile is not None
    rows = [
        ConfirmedRow(bucket, "enterprise", "ent-0", 2, {**profile.body, "employees": 131}),
        ConfirmedRow(bucket, "conflict", "conflict-1", 1, body),
    ]
    absorb_page(
        desk.store,
        [ConfirmedPage(bucket, held, held + 1, done=False, rows=rows)],
        desk.context(),
        sum_of=lambda _: "",
    )
    page = officer.open("syncing")
    officer.until(lambda: officer.reads("不一致 1"))
    page.views.choose("conflicts")
    for words in ("128 人", "136 人", "131 人", "从业人数", "萍乡市鹿鸣坡工业陶瓷有限公司 · 企业档案"):
        assert officer.reads(words), words
    picture(officer.window, "syncing-conflict")


def test_a_run_without_a_centre_ends_offline_and_is_kept_in_the_history(officer: Person) -> None:
    page = officer.open("syncing")
    officer.key(Qt.Key.Key_F5)
    officer.until(lambda: officer.window.sync.online is False, 60_000)
    officer.settle()
    assert officer.reads("离线")
    assert officer.reads("连不上中心")
    page.views.choose("history")
    officer.until(lambda: page.parts["history"].model.rowCount() == 1)
    assert page.parts["history"].model.rows[0].word == "没有完成"
    picture(officer.window, "syncing-history")


def test_signing_out_waits_for_what_is_not_sent(officer: Person) -> None:
    officer.expects_trouble = True  # type: ignore[attr-defined]
    visits.start_visit(officer.window.desk, "ent-4")
    officer.open("settings")
    officer.press("退出登录")
    officer.until(lambda: officer.reads("还有 1 项没有发送到中心"))
    assert officer.window.current_page == "settings"


def test_font_and_scheme_change_at_once_and_are_told(officer: Person) -> None:
    told: list[object] = []
    officer.window.settings_changed.connect(told.append)
    officer.open("settings")
    picture(officer.window, "settings")
    officer.press("150%")
    officer.press("深色")
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    assert theme.current() == theme.Theme(theme.DARK, 150)
    assert app.font().pixelSize() == 21
    assert [(each.scheme, each.scale) for each in told] == [("system", 150), ("dark", 150)]  # type: ignore[attr-defined]
    assert officer.window.foot.height() == theme.current().size("foot")
    wear()
