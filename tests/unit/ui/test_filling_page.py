"""The page of the real visit form: sections, saving, problems, rows, attachments, keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.errors import DISK_FULL, KnownError
from app.services import attachments, visits
from tests.support.desks import OFFICER, open_desk
from tests.support.filling import Desktop, desktop, mime_of, photo, press, type_into
from tests.support.pictures import wear
from ui.filling.page import FillingPage
from ui.filling.repeat_table import RepeatTable
from ui.filling.scrolling import bring_into_view
from ui.filling.session import FillingSession
from ui.notices import Notice
from ui.work import Runner

POSTS = "/operation/a11_vacancies"


@pytest.fixture
def at(qtbot: QtBot, tmp_path: Path) -> Iterator[Desktop]:
    wear()
    with desktop(qtbot, tmp_path) as made:
        yield made


def words(at: Desktop) -> dict[str, str]:
    return dict(at.page.list.words())


def table(at: Desktop, path: str) -> RepeatTable:
    panel = at.page.view.panel
    assert panel is not None
    return next(table for table in panel.findChildren(RepeatTable) if table.path == path)


def show(at: Desktop, label: str) -> None:
    at.bot.mouseClick(at.page.list.entry(label), Qt.MouseButton.LeftButton)


# ---------------------------------------------------------------- opening


def test_the_form_opens_at_its_first_section_with_the_visits_words(at: Desktop) -> None:
    assert at.page.head.title.text() == "三问三帮三建走访清单"
    assert at.page.head.remark.text() == f"{at.visit.enterprise_name} · 2026 年第四季度 · 2026.1 版"
    assert list(words(at)) == [
        "表头",
        "一问 企业运行",
        "二问 困难问题",
        "三问 发展建议",
        "一帮 融资",
        "二帮 解难",
        "三帮 谋划",
        "三建",
        "确认",
    ]
    assert at.page.view.title.text() == "表头"
    assert words(at)["一帮 融资"] == "未填"
    assert "本次为服务走访" in at.page.notice.text()


def test_a_visit_that_is_not_here_is_said_and_left(qtbot: QtBot, tmp_path: Path) -> None:
    desk, runner = open_desk(tmp_path, OFFICER), Runner()
    page = FillingPage(desk, runner, "nobody-knows")
    qtbot.addWidget(page)
    page.show()
    back: list[QAbstractButton] = []
    qtbot.waitUntil(
        lambda: bool(back.extend(b for b in page.findChildren(QAbstractButton) if b.text() == "返回") or back)
    )
    assert any("不在本机" in label.text() for label in page.findChildren(QLabel))
    with qtbot.waitSignal(page.closed):
        qtbot.mouseClick(back[0], Qt.MouseButton.LeftButton)
    page.close()
    runner.shutdown()
    desk.close()


# ---------------------------------------------------------------- saving


def test_saved_is_said_after_the_commit_and_a_fresh_start_finds_the_answer(at: Desktop) -> None:
    assert at.page.saved_line.text() == ""
    with at.bot.waitSignal(at.page.saved):
        at.write("/header/h5_person", "刘建国")
    assert at.page.saved_line.text() == "✓ 已保存在本机 10:26:31"
    assert at.stored().get("/header/h5_person") == "刘建国"


def test_what_is_typed_is_kept_though_the_window_is_closed_at_once(at: Desktop) -> None:
    type_into(at.bot, at.go_in("/header/h5_person"), "刘建国")
    at.page.close()
    at.bot.waitUntil(lambda: at.stored().get("/header/h5_person") == "刘建国")


def test_what_is_typed_is_kept_when_another_section_is_shown(at: Desktop) -> None:
    type_into(at.bot, at.go_in("/header/h5_person"), "刘建国")
    show(at, "确认")
    assert at.filling.get("/header/h5_person") == "刘建国"
    at.until_saved()
    opened = visits.open_filling(at.desk, at.visit.id)
    assert opened.filling.get("/header/h5_person") == "刘建国"
    assert opened.section == "/confirmation"


def test_what_is_no_answer_is_kept_as_it_was_typed(at: Desktop) -> None:
    at.write("/operation/a06_tax", "约八十六")
    at.until_saved()
    opened = visits.open_filling(at.desk, at.visit.id)
    assert opened.filling.get("/operation/a06_tax") is None
    session = FillingSession(opened.filling, {})
    session.take_back({**opened.typed, "/operation/gone": ("x", "y")})
    assert session.unreadable.keys() == {"/operation/a06_tax"}
    assert session.unreadable["/operation/a06_tax"].text == "约八十六"
    assert session.message("/operation/a06_tax")


def test_a_full_disk_is_said_and_the_answer_waits_on_screen(
    at: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Notice] = []
    at.page.said.connect(said.append)
    real = visits.save_draft

    def full(*_args: Any) -> Any:
        raise KnownError("disk_full", DISK_FULL)

    monkeypatch.setattr(visits, "save_draft", full)
    with at.bot.waitSignal(at.page.saver.failed):
        at.write("/header/h5_person", "刘建国")
    assert at.page.saved_line.text() == "▲ 还没有保存"
    assert said[0].text == DISK_FULL
    monkeypatch.setattr(visits, "save_draft", real)
    with at.bot.waitSignal(at.page.saved):
        at.bot.mouseClick(at.page.again, Qt.MouseButton.LeftButton)
    assert at.stored().get("/header/h5_person") == "刘建国"
    assert at.page.again.isHidden()


def test_letters_in_a_number_survive_going_to_another_section(at: Desktop) -> None:
    at.choose("/operation/a01_status", "正常")
    at.write("/operation/a05_revenue", "12a")
    show(at, "表头")
    assert words(at)["一问 企业运行"] == "1 处"
    show(at, "一问 企业运行")
    frame = at.frame("/operation/a05_revenue")
    assert frame.editor.line.text() == "12a"
    assert not frame.problem.text().startswith("▲ 本季营收")
    assert frame.problem.isVisible()


# ---------------------------------------------------------------- relevance, problems, finishing


def test_questions_come_and_go_with_the_answers_they_depend_on(at: Desktop) -> None:
    show(at, "一问 企业运行")
    assert at.frame("/operation/a03_output").isHidden()
    at.choose("/operation/a01_status", "停产")
    assert at.frame("/operation/a03_output").isVisible()
    assert at.frame("/operation/a02_reasons").isVisible()
    at.choose("/operation/a01_status", "满产")
    assert at.frame("/operation/a02_reasons").isHidden()
    at.write("/operation/a10_shortage", "8")
    assert table(at, POSTS).isVisible()
    at.write("/operation/a10_shortage", "0")
    assert table(at, POSTS).isHidden()


def test_what_has_the_focus_stays_at_its_height_when_questions_above_come(at: Desktop) -> None:
    show(at, "一问 企业运行")
    field = at.go_in("/operation/a13_receivable")
    view = at.page.view
    bring_into_view(field)
    before = field.mapTo(view, QPoint(0, 0)).y()
    at.page._at_work.answer("/operation/a01_status", "stopped")
    at.page.grab()
    assert field.hasFocus()
    assert abs(field.mapTo(view, QPoint(0, 0)).y() - before) <= 1


def test_a_wrong_answer_is_listed_and_leads_to_its_question(at: Desktop) -> None:
    at.choose("/operation/a01_status", "正常")
    assert at.page.problems.isHidden()
    at.write("/operation/a09_utilization", "184")
    at.bot.waitUntil(at.page.problems.isVisible)
    (line,) = at.page.problems.lines
    assert (line.trouble.label, line.trouble.message) == ("产能利用率", "应在 0 到 120 之间")
    show(at, "确认")
    at.bot.mouseClick(line, Qt.MouseButton.LeftButton)
    assert at.page.view.title.text() == "一问 企业运行"
    assert at.editor("/operation/a09_utilization").line.hasFocus()
    at.write("/operation/a09_utilization", "84")
    at.bot.waitUntil(at.page.problems.isHidden)


def test_finishing_says_what_is_missing_and_goes_to_the_first_place(at: Desktop) -> None:
    said: list[Notice] = []
    at.page.said.connect(said.append)
    finished: list[str] = []
    at.page.finished.connect(finished.append)
    show(at, "三建")
    at.bot.mouseClick(at.page.finish_button, Qt.MouseButton.LeftButton)
    assert finished == []
    first = at.page.problems.lines[0].trouble
    assert (first.path, first.missing) == ("/header/h7_informed", True)
    assert at.page.view.title.text() == "表头"
    assert QApplication.focusWidget() in at.editor("/header/h7_informed").chips
    assert said[-1].text == f"还有 {len(at.page._at_work.troubles())} 处要改，改好后再点完成。"
    assert at.frame("/header/h7_informed").problem.text() == "▲ 请先向企业说明服务告知"
    press(at.bot, Qt.Key.Key_1)
    at.bot.waitUntil(
        lambda: all(line.trouble.path != "/header/h7_informed" for line in at.page.problems.lines)
    )
    assert at.frame("/header/h7_informed").problem.isHidden()


def test_a_problem_in_a_closed_row_opens_the_row(at: Desktop) -> None:
    at.choose("/operation/a01_status", "正常")
    at.write("/operation/a10_shortage", "8")
    posts = table(at, POSTS)
    posts.add()
    at.write(f"{POSTS}[1]/a11_number", "九")
    posts.rows[0].set_open(False)
    show(at, "表头")
    at.page.jump(f"{POSTS}[1]/a11_number")
    assert table(at, POSTS).rows[0].is_open
    assert at.editor(f"{POSTS}[1]/a11_number").line.hasFocus()


# ---------------------------------------------------------------- rows


@pytest.fixture
def posts(at: Desktop) -> RepeatTable:
    at.choose("/operation/a01_status", "正常")
    at.write("/operation/a10_shortage", "8")
    made = table(at, POSTS)
    for post, number in (("窑炉工", "6"), ("质检员", "2")):
        at.bot.mouseClick(made.add_button, Qt.MouseButton.LeftButton)
        index = len(made.rows)
        at.write(f"{POSTS}[{index}]/a11_post", post)
        at.write(f"{POSTS}[{index}]/a11_number", number)
    return made


def cells(posts: RepeatTable) -> list[list[str]]:
    return [[cell.text() for cell in row.line.cells][:2] for row in posts.rows if row.line is not None]


def test_rows_are_added_and_stand_in_the_table(at: Desktop, posts: RepeatTable) -> None:
    assert cells(posts) == [["窑炉工", "6 人"], ["质检员", "2 人"]]
    assert [row.is_open for row in posts.rows] == [False, True]


def test_a_row_is_copied_right_below(at: Desktop, posts: RepeatTable) -> None:
    line = posts.rows[0].line
    assert line is not None
    at.bot.mouseClick(line.copy, Qt.MouseButton.LeftButton)
    assert cells(posts) == [["窑炉工", "6 人"], ["窑炉工", "6 人"], ["质检员", "2 人"]]
    assert [row.is_open for row in posts.rows] == [False, True, False]


def test_a_row_is_removed_and_put_back(at: Desktop, posts: RepeatTable) -> None:
    line = posts.rows[0].line
    assert line is not None
    at.bot.mouseClick(line.remove, Qt.MouseButton.LeftButton)
    assert cells(posts) == [["质检员", "2 人"]]
    assert posts.removed.text() == "已删除第 1 行：窑炉工 6"
    at.until_saved()
    assert len(at.stored().rows(POSTS)) == 1
    assert posts.undo_button.hasFocus()
    press(at.bot, Qt.Key.Key_Return)
    assert cells(posts) == [["窑炉工", "6 人"], ["质检员", "2 人"]]
    assert posts.removed.isHidden()
    at.until_saved()
    assert at.stored().get(f"{POSTS}[1]/a11_post") == "窑炉工"


def test_the_page_does_not_jump_when_rows_come_and_go(at: Desktop, posts: RepeatTable) -> None:
    def seen(widget: QWidget) -> bool:
        top = widget.mapTo(at.page.view, QPoint(0, 0)).y()
        return top >= 0 and top + widget.height() <= at.page.view.height()

    at.go_in(f"{POSTS}[1]/a11_when")
    press(at.bot, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert seen(at.editor(f"{POSTS}[3]/a11_post"))
    at.go_in(f"{POSTS}[3]/a11_post")
    posts.remove(2)
    assert posts.undo_button.hasFocus()
    assert seen(posts.undo_button)
    press(at.bot, Qt.Key.Key_Return)
    assert seen(at.editor(f"{POSTS}[3]/a11_post"))


def test_a_section_begins_at_its_top_wherever_the_keyboard_was(at: Desktop) -> None:
    at.go_in("/confirmation/z4_next_visit")
    at.page.show_section(at.page._at_work.sections[1])
    at.page.grab()
    assert at.page.view.title.mapTo(at.page.view, QPoint(0, 0)).y() >= 0


def test_tab_goes_through_new_rows_where_they_stand(at: Desktop, posts: RepeatTable) -> None:
    at.go_in(f"{POSTS}[2]/a11_when")
    seen = []
    for _ in range(2):
        press(at.bot, Qt.Key.Key_Tab)
        seen.append(QApplication.focusWidget())
    assert seen == [posts.add_button, at.editor("/operation/a12_electricity").line]


def test_rows_are_gone_through_by_keys(at: Desktop, posts: RepeatTable) -> None:
    posts.open_row(1)
    first, second = (row.line for row in posts.rows)
    assert first is not None
    assert second is not None
    second.setFocus()
    press(at.bot, Qt.Key.Key_Up)
    assert first.hasFocus()
    press(at.bot, Qt.Key.Key_Return)
    assert posts.rows[0].is_open
    assert at.editor(f"{POSTS}[1]/a11_post").line.hasFocus()
    first.setFocus()
    press(at.bot, Qt.Key.Key_Delete)
    assert cells(posts) == [["质检员", "2 人"]]


def test_ctrl_enter_adds_a_row_inside_a_table_and_finishes_elsewhere(at: Desktop, posts: RepeatTable) -> None:
    at.go_in(f"{POSTS}[2]/a11_when")
    assert posts.shortcut.isVisible()
    press(at.bot, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert len(posts.rows) == 3
    assert at.editor(f"{POSTS}[3]/a11_post").line.hasFocus()
    at.go_in("/operation/a12_electricity")
    assert posts.shortcut.isHidden()
    press(at.bot, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert len(posts.rows) == 3
    assert at.page._at_work.checked


def test_rows_that_the_form_counts_have_nothing_to_add_or_remove(at: Desktop) -> None:
    show(at, "二问 困难问题")
    followups = table(at, "/difficulties/b03_followups")
    assert len(followups.rows) == 3
    assert followups.add_button.isHidden()
    assert all(row.is_open and row.line is None for row in followups.rows)
    at.choose("/difficulties/b03_followups[2]/b03_state", "在办")
    assert at.filling.get("/difficulties/b03_followups[2]/b03_state") == "in_progress"


# ---------------------------------------------------------------- keys


def test_tab_goes_through_the_questions_in_their_order(at: Desktop) -> None:
    at.choose("/operation/a01_status", "正常")
    at.go_in("/operation/a01_status")
    wanted = [frame for frame in at.page.view.panel.all_frames() if frame.takes_answer and frame.isVisible()]
    seen = []
    for _ in range(80):
        widget = QApplication.focusWidget()
        frame = next((frame for frame in wanted if widget is not None and frame.isAncestorOf(widget)), None)
        if frame is None:
            break
        if frame not in seen:
            seen.append(frame)
        press(at.bot, Qt.Key.Key_Tab)
    assert [frame.path for frame in seen] == [frame.path for frame in wanted]


def test_alt_arrows_go_from_section_to_section(at: Desktop) -> None:
    at.go_in("/header/h5_person")
    press(at.bot, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert at.page.view.title.text() == "一问 企业运行"
    assert QApplication.focusWidget() in at.editor("/operation/a01_status").chips
    press(at.bot, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    at.bot.waitUntil(lambda: at.page.view.title.text() == "表头")
    press(at.bot, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert at.page.view.title.text() == "表头"


def test_arrow_keys_go_through_the_list_of_sections(at: Desktop) -> None:
    entry = at.page.list.entry("表头")
    entry.setFocus()
    press(at.bot, Qt.Key.Key_Down)
    press(at.bot, Qt.Key.Key_Down)
    assert at.page.view.title.text() == "二问 困难问题"
    assert at.page.list.entry("二问 困难问题").hasFocus()


# ---------------------------------------------------------------- attachments


def test_a_dropped_photo_is_kept_shown_and_taken_off(at: Desktop, tmp_path: Path) -> None:
    card = at.page.attachments
    mime = mime_of(photo(tmp_path / "pictures"))
    held = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(
        card.field, QDragEnterEvent(QPointF(20, 20), Qt.DropAction.CopyAction, mime, *held)
    )
    QApplication.sendEvent(card.field, QDropEvent(QPointF(20, 20), Qt.DropAction.CopyAction, mime, *held))
    at.bot.waitUntil(lambda: len(card.thumbnails) == 1)
    (line,) = attachments.of_visit(at.desk, at.visit.id)
    assert (line.file_name, line.purpose) == ("门头.png", "photo")
    remove = next(b for b in card.thumbnails[0].findChildren(QAbstractButton) if b.text() == "移去")
    at.bot.waitUntil(remove.isVisible)
    at.bot.mouseClick(remove, Qt.MouseButton.LeftButton)
    at.bot.waitUntil(lambda: card.thumbnails == [])
    assert attachments.of_visit(at.desk, at.visit.id) == []


def test_a_picture_pasted_while_typing_goes_to_the_visit(at: Desktop) -> None:
    image = QImage(64, 48, QImage.Format.Format_RGB32)
    image.fill(QColor("#336699"))
    QApplication.clipboard().setImage(image)
    at.go_in("/header/h5_person")
    press(at.bot, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    at.bot.waitUntil(lambda: len(at.page.attachments.thumbnails) == 1)
    assert at.editor("/header/h5_person").line.text() == ""


def test_text_is_pasted_as_text(at: Desktop) -> None:
    QApplication.clipboard().setText("刘建国")
    at.go_in("/header/h5_person")
    press(at.bot, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert at.editor("/header/h5_person").line.text() == "刘建国"
    assert at.page.attachments.thumbnails == []


def test_a_file_that_cannot_be_taken_is_said(at: Desktop, tmp_path: Path) -> None:
    empty = tmp_path / "空.png"
    empty.write_bytes(b"")
    with at.bot.waitSignal(at.page.said) as said:
        at.page.attachments.take(mime_of(empty))
    assert "空的" in said.args[0].text


def test_a_new_signature_takes_the_place_of_the_old_one(at: Desktop) -> None:
    path = "/confirmation/z3_signature"
    for start in (20, 60):
        editor = at.editor(path)
        editor.pad.begin(QPointF(start, 20), 0.5)
        editor.pad.go_on(QPointF(start + 90, 80), 0.7)
        editor.pad.end()
        editor.flush()
        at.until_saved()
    at.bot.waitUntil(lambda: len(attachments.of_visit(at.desk, at.visit.id)) == 1)
    (line,) = attachments.of_visit(at.desk, at.visit.id)
    assert line.id == at.stored().get(path)
    assert at.page.attachments.thumbnails == []


# ---------------------------------------------------------------- what helps


def test_open_issues_and_policies_come_out_when_wanted(at: Desktop) -> None:
    at.bot.waitUntil(lambda: len(at.page.asking.folds) == 3)
    fold = at.page.asking.folds[0]
    assert any(label.text() == "未结诉求 3 件" for label in fold.findChildren(QLabel))
    at.bot.waitUntil(fold.isVisible)
    at.bot.mouseClick(fold.link, Qt.MouseButton.LeftButton)
    shown = [label.text() for label in fold.findChildren(QLabel) if label.isVisible()]
    assert any("扩建项目环评报告表受理" in text for text in shown)


def test_the_checklist_is_printed_from_here(at: Desktop) -> None:
    with at.bot.waitSignal(at.page.go, timeout=30_000) as gone:
        at.bot.mouseClick(at.page.print_button, Qt.MouseButton.LeftButton)
    place, (path, pages) = gone.args
    assert place == "preview"
    assert path.read_bytes().startswith(b"%PDF")
    assert pages >= 1
