"""A line of text in the place of modal boxes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from ui.errors import Trouble
from ui.notices import Kind, Notice, NoticeBar


def button(bar: NoticeBar, name: str) -> QPushButton:
    return next(b for b in bar.findChildren(QPushButton) if b.accessibleName() == name)


def test_an_action_is_done_once_and_the_line_goes(qtbot: QtBot) -> None:
    bar = NoticeBar()
    qtbot.addWidget(bar)
    done: list[int] = []
    bar.show_notice(Notice("删去一行。", action="撤销", act=lambda: done.append(1)))
    qtbot.mouseClick(button(bar, "撤销"), Qt.MouseButton.LeftButton)
    assert done == [1]
    assert not bar.isVisible()
    assert bar.notice is None


def test_a_bug_is_not_covered_by_something_lesser_and_can_be_copied(qtbot: QtBot) -> None:
    bar = NoticeBar()
    qtbot.addWidget(bar)
    bar.show_notice(Notice.of(Trouble("bug", "程序出错。", "事件编号 1234")))
    bar.show_notice(Notice("已保存。", Kind.GOOD))
    assert bar.notice is not None
    assert bar.notice.kind is Kind.BUG
    qtbot.mouseClick(button(bar, "复制说明"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "事件编号 1234"
    qtbot.mouseClick(button(bar, "知道了"), Qt.MouseButton.LeftButton)
    bar.show_notice(Notice("已保存。", Kind.GOOD))
    assert bar.notice is not None
    assert bar.notice.text == "已保存。"


def test_a_known_trouble_is_a_warning_without_an_incident(qtbot: QtBot) -> None:
    notice = Notice.of(Trouble("disk_full", "磁盘空间不足。"))
    assert (notice.kind, notice.detail) == (Kind.WARNING, "")


def test_a_line_about_the_connection_goes_when_it_is_back(qtbot: QtBot) -> None:
    bar = NoticeBar()
    qtbot.addWidget(bar)
    bar.show_notice(Notice.of(Trouble("offline", "连不上中心。")))
    bar.over("disk_full")
    assert bar.notice is not None
    bar.over("offline")
    assert bar.notice is None
