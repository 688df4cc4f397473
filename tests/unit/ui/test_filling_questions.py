"""Each type of question, answered with the keys, clicks and input method a person uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QDate, QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QCalendarWidget, QWidget
from pytestqt.qtbot import QtBot

from forms.filling import Filling
from forms.question_types import TYPES
from tests.support.desks import NOW, officer_desk
from tests.support.filling import form_of, press, type_into
from tests.support.pictures import wear
from ui.filling.media import Media
from ui.filling.panel import Panel
from ui.filling.question_frame import QuestionFrame
from ui.filling.questions import REGISTRY, editor_class
from ui.filling.questions.combo import ComboEditor
from ui.filling.sections import is_shown
from ui.filling.session import FillingSession, Repaint
from ui.work import Runner

REASONS = ("reason | a | 订单", "reason | b | 资金", "reason | c | 用工", "reason | d | 原料")


class Sheet:
    """A small form on screen."""

    def __init__(
        self, bot: QtBot, media: Media, rows: Sequence[str], choices: Sequence[str], previous: Any
    ) -> None:
        self.bot = bot
        self.filling = Filling(form_of(*rows, choices=choices), now=lambda: NOW)
        self.session = FillingSession(self.filling, previous)
        self.panel = Panel(self.session, media, self.filling.children(""))
        self.session.changed.connect(self.panel.refresh)
        self.panel.resize(640, 480)
        bot.addWidget(self.panel)
        with bot.waitActive(self.panel):
            self.panel.show()
            self.panel.activateWindow()

    def frame(self, path: str) -> QuestionFrame:
        return self.panel.frames[path]

    def editor(self, path: str) -> Any:
        return self.frame(path).editor

    def go_in(self, path: str) -> QWidget:
        self.frame(path).focus_here()
        widget = QApplication.focusWidget()
        assert widget is not None
        return widget

    def write(self, path: str, text: str) -> None:
        type_into(self.bot, self.go_in(path), text)
        self.frame(path).flush()


@pytest.fixture
def sheet(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[..., Sheet]]:
    wear()
    desk = officer_desk(tmp_path)
    runner = Runner()
    media = Media(desk, runner, "visit-0")

    def make(*rows: str, choices: Sequence[str] = (), previous: Any = None) -> Sheet:
        return Sheet(qtbot, media, rows, choices, previous or {})

    yield make
    runner.shutdown()
    desk.close()


# ---------------------------------------------------------------- registry


def test_every_type_that_is_asked_has_a_widget() -> None:
    asked = {name for name, kind in TYPES.items() if kind.asked and kind.supported}
    assert asked <= {name for name, _ in REGISTRY}


def test_long_lists_are_searched_and_short_ones_stand_open() -> None:
    form = form_of(
        "select_one few | a | 甲",
        "select_one many | b | 乙",
        "select_one few | c | 丙 | | | | | minimal",
        choices=[f"few | {n} | 第{n}" for n in range(4)] + [f"many | {n} | 第{n}" for n in range(40)],
    )
    kinds = [editor_class(form, question, 0) for question in form.questions]
    assert [kind is ComboEditor for kind in kinds] == [False, True, True]


# ---------------------------------------------------------------- typed


def test_chinese_text_comes_through_the_input_method(sheet: Callable[..., Sheet]) -> None:
    page = sheet("text | name | 受访人")
    page.write("/name", "刘建国")
    assert page.filling.get("/name") == "刘建国"


def test_text_is_taken_when_typing_pauses(sheet: Callable[..., Sheet]) -> None:
    page = sheet("text | name | 受访人")
    type_into(page.bot, page.go_in("/name"), "abc")
    assert page.filling.get("/name") is None
    page.bot.waitUntil(lambda: page.filling.get("/name") == "abc")
    assert page.editor("/name").line.hasFocus()


def test_text_is_taken_when_the_focus_leaves(sheet: Callable[..., Sheet]) -> None:
    page = sheet("text | name | 受访人", "text | post | 职务")
    type_into(page.bot, page.go_in("/name"), "abc")
    press(page.bot, Qt.Key.Key_Tab)
    assert page.filling.get("/name") == "abc"
    assert page.editor("/post").line.hasFocus()


def test_several_lines_keep_their_lines(sheet: Callable[..., Sheet]) -> None:
    page = sheet("text | why | 说明 | | | | | multiline")
    field = page.go_in("/why")
    type_into(page.bot, field, "第一行")
    press(page.bot, Qt.Key.Key_Return)
    page.bot.keyClicks(field, "2nd")
    page.frame("/why").flush()
    assert page.filling.get("/why") == "第一行\n2nd"


def test_emptying_a_field_takes_the_answer_back(sheet: Callable[..., Sheet]) -> None:
    page = sheet("text | name | 受访人")
    page.write("/name", "abc")
    page.write("/name", "")
    assert page.filling.get("/name") is None


@pytest.mark.parametrize(
    ("typed", "given"),
    [("2480.50", "2480.50"), ("2,480.5", "2480.5"), ("２４８０。５", "2480.5"), (" -7.4 ", "-7.4")],
)
def test_numbers_as_people_type_them(sheet: Callable[..., Sheet], typed: str, given: str) -> None:
    page = sheet("decimal | output | 本季产值 | | | | | | | | | | 万元")
    page.write("/output", typed)
    assert page.filling.get("/output") == Decimal(given)
    assert isinstance(page.filling.get("/output"), Decimal)


def test_a_number_is_grouped_at_rest_and_plain_while_edited(sheet: Callable[..., Sheet]) -> None:
    page = sheet("decimal | output | 本季产值 | | | | | | | | | | 万元", "text | other | 其他")
    page.write("/output", "2480.00")
    press(page.bot, Qt.Key.Key_Tab)
    line = page.editor("/output").line
    assert line.text() == "2,480.00"
    page.go_in("/output")
    assert line.text() == "2480.00"
    assert page.filling.get("/output") == Decimal("2480.00")


def test_letters_in_a_number_stay_in_the_field_with_the_message(sheet: Callable[..., Sheet]) -> None:
    page = sheet("integer | people | 从业人数 | | yes | . < 200", "text | other | 其他")
    page.write("/people", "136")
    page.write("/people", "136人左右")
    press(page.bot, Qt.Key.Key_Tab)
    frame = page.frame("/people")
    assert frame.editor.line.text() == "136人左右"
    assert frame.problem.text().startswith("▲ ")
    assert frame.editor.line.property("bad") == "true"
    assert page.filling.get("/people") == 136

    page.write("/people", "137")
    assert page.filling.get("/people") == 137
    assert frame.problem.isHidden()
    assert frame.editor.line.property("bad") == "false"


def test_a_wrong_number_says_so_beside_the_question(sheet: Callable[..., Sheet]) -> None:
    page = sheet(
        "integer | use | 产能利用率 | | | . >= 0 and . <= 120 | | | | | | | % | | 应在 0 到 120 之间",
    )
    page.write("/use", "184")
    assert page.frame("/use").problem.text() == "▲ 应在 0 到 120 之间"
    assert page.filling.get("/use") == 184


def test_typing_is_not_disturbed_by_its_own_answer(sheet: Callable[..., Sheet]) -> None:
    page = sheet("decimal | a | 甲", "calculate | b | | | | | | | | | ${a} * 2")
    field = page.go_in("/a")
    page.bot.keyClicks(field, "2.")
    page.frame("/a").flush()
    page.bot.keyClicks(field, "50")
    page.frame("/a").flush()
    assert field.text() == "2.50"
    assert field.cursorPosition() == 4
    assert page.filling.get("/a") == Decimal("2.50")


# ---------------------------------------------------------------- dates


@pytest.mark.parametrize("typed", ["2026-12-31", "2026/12/31", "20261231", "2026.12.31", "2026年12月31日"])
def test_days_as_people_type_them(sheet: Callable[..., Sheet], typed: str) -> None:
    page = sheet("date | day | 期限", "text | other | 其他")
    page.write("/day", typed)
    assert page.filling.get("/day") == date(2026, 12, 31)
    press(page.bot, Qt.Key.Key_Tab)
    assert page.editor("/day").line.text() == "2026-12-31"


def test_a_day_that_is_none_stays_with_its_message(sheet: Callable[..., Sheet]) -> None:
    page = sheet("date | day | 期限")
    page.write("/day", "2026-02-30")
    assert page.filling.get("/day") is None
    assert page.session.unreadable["/day"].text == "2026-02-30"
    assert page.frame("/day").problem.isVisible()


def test_arrow_keys_go_by_days(sheet: Callable[..., Sheet]) -> None:
    page = sheet("date | day | 期限")
    page.write("/day", "2026-12-31")
    press(page.bot, Qt.Key.Key_Up)
    assert page.filling.get("/day") == date(2027, 1, 1)
    press(page.bot, Qt.Key.Key_Down)
    press(page.bot, Qt.Key.Key_Down)
    assert page.filling.get("/day") == date(2026, 12, 30)


def test_a_day_is_picked_from_the_calendar(sheet: Callable[..., Sheet]) -> None:
    page = sheet("date | day | 期限")
    page.write("/day", "2026-12-31")
    press(page.bot, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    calendar = QApplication.activePopupWidget().findChild(QCalendarWidget)
    assert calendar.selectedDate() == QDate(2026, 12, 31)
    calendar.setSelectedDate(QDate(2026, 12, 24))
    page.bot.keyClick(calendar.focusWidget() or calendar, Qt.Key.Key_Return)
    assert page.filling.get("/day") == date(2026, 12, 24)
    assert QApplication.activePopupWidget() is None
    assert page.editor("/day").line.hasFocus()


# ---------------------------------------------------------------- chips


def test_one_of_a_few_is_clicked(sheet: Callable[..., Sheet]) -> None:
    page = sheet("select_one reason | why | 原因", choices=REASONS)
    chips = page.editor("/why").chips
    page.bot.mouseClick(chips[1], Qt.MouseButton.LeftButton)
    assert page.filling.get("/why") == "b"
    page.bot.mouseClick(chips[2], Qt.MouseButton.LeftButton)
    assert page.filling.get("/why") == "c"
    assert [chip.isChecked() for chip in chips] == [False, False, True, False]


def test_a_second_click_takes_an_answer_back_only_where_none_is_needed(sheet: Callable[..., Sheet]) -> None:
    page = sheet("select_one reason | why | 原因", "select_one reason | must | 必答 | | yes", choices=REASONS)
    for path, kept in (("/why", None), ("/must", "a")):
        chip = page.editor(path).chips[0]
        page.bot.mouseClick(chip, Qt.MouseButton.LeftButton)
        page.bot.mouseClick(chip, Qt.MouseButton.LeftButton)
        assert page.filling.get(path) == kept
        assert chip.isChecked() is (kept is not None)


def test_digits_choose_arrows_walk_space_chooses_delete_clears(sheet: Callable[..., Sheet]) -> None:
    page = sheet("select_one reason | why | 原因", choices=REASONS)
    page.go_in("/why")
    press(page.bot, Qt.Key.Key_3)
    assert page.filling.get("/why") == "c"
    press(page.bot, Qt.Key.Key_Right)
    press(page.bot, Qt.Key.Key_Right)
    assert page.filling.get("/why") == "c"
    press(page.bot, Qt.Key.Key_Space)
    assert page.filling.get("/why") == "a"
    press(page.bot, Qt.Key.Key_Delete)
    assert page.filling.get("/why") is None


def test_tab_enters_a_question_at_what_is_chosen_and_leaves_it_whole(sheet: Callable[..., Sheet]) -> None:
    page = sheet("text | before | 前", "select_one reason | why | 原因", "text | after | 后", choices=REASONS)
    page.go_in("/why")
    press(page.bot, Qt.Key.Key_3)
    page.go_in("/before")
    press(page.bot, Qt.Key.Key_Tab)
    assert page.editor("/why").chips[2].hasFocus()
    press(page.bot, Qt.Key.Key_Tab)
    assert page.editor("/after").line.hasFocus()


def test_any_of_them_stay_in_the_order_of_the_list(sheet: Callable[..., Sheet]) -> None:
    page = sheet("select_multiple reason | why | 原因", choices=REASONS)
    page.go_in("/why")
    for key in (Qt.Key.Key_4, Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_1):
        press(page.bot, key)
    assert page.filling.get("/why") == ("b", "d")


def test_chips_keep_their_width_when_chosen(sheet: Callable[..., Sheet]) -> None:
    page = sheet("select_one reason | why | 原因", choices=REASONS)
    chips = page.editor("/why").chips
    before = [chip.geometry() for chip in chips]
    page.bot.mouseClick(chips[0], Qt.MouseButton.LeftButton)
    page.panel.grab()
    assert [chip.geometry() for chip in chips] == before


def test_choices_follow_the_answer_they_depend_on(sheet: Callable[..., Sheet]) -> None:
    page = sheet(
        "select_one kind | kind | 一级",
        "select_one item | item | 二级 | | | | | | | kind = ${kind}",
        choices=(
            "kind | x | 用工",
            "kind | y | 用地",
            "item | x1 | 招工 | x",
            "item | x2 | 培训 | x",
            "item | y1 | 红线图 | y",
        ),
    )
    assert page.editor("/item").chips == []
    page.go_in("/kind")
    press(page.bot, Qt.Key.Key_1)
    assert [chip.text() for chip in page.editor("/item").chips] == ["招工", "培训"]
    press(page.bot, Qt.Key.Key_2)
    assert [chip.text() for chip in page.editor("/item").chips] == ["红线图"]
    assert page.editor("/kind").chips[1].hasFocus()


def test_ranks_are_given_by_clicking_one_after_another(sheet: Callable[..., Sheet]) -> None:
    page = sheet("rank reason | order | 先后", choices=REASONS)
    page.go_in("/order")
    for key in (Qt.Key.Key_3, Qt.Key.Key_1, Qt.Key.Key_2):
        press(page.bot, key)
    assert page.filling.get("/order") == ("c", "a", "b")
    assert page.editor("/order").chips[2].text() == "1. 用工"


def test_an_acknowledgement(sheet: Callable[..., Sheet]) -> None:
    page = sheet("acknowledge | ok | 已告知")
    page.go_in("/ok")
    press(page.bot, Qt.Key.Key_Space)
    assert page.filling.get("/ok") == "OK"
    press(page.bot, Qt.Key.Key_Space)
    assert page.filling.get("/ok") is None


# ---------------------------------------------------------------- lists


MANY = [f"many | {n:02d} | 第{n:02d}项" for n in range(1, 31)]


def test_a_long_list_is_searched_by_a_part_of_a_word(sheet: Callable[..., Sheet]) -> None:
    page = sheet("select_one many | item | 项目", "text | other | 其他", choices=MANY)
    type_into(page.bot, page.editor("/item").line, "17")
    page.frame("/item").flush()
    assert page.filling.get("/item") == "17"
    assert page.editor("/item").line.text() == "第17项"


def test_what_is_not_in_the_list_stays_with_a_message(sheet: Callable[..., Sheet]) -> None:
    page = sheet("select_one many | item | 项目", choices=MANY)
    type_into(page.bot, page.editor("/item").line, "没有的")
    page.frame("/item").flush()
    assert page.filling.get("/item") is None
    assert page.editor("/item").line.text() == "没有的"
    assert page.frame("/item").problem.text() == "▲ 列表里没有这一项，请从列表里选。"


def test_a_list_is_picked_from_and_emptied(sheet: Callable[..., Sheet]) -> None:
    page = sheet("select_one many | item | 项目", choices=MANY)
    page.go_in("/item")
    box = page.editor("/item").box
    press(page.bot, Qt.Key.Key_Down)
    assert box.view().isVisible()
    page.bot.keyClick(box.view(), Qt.Key.Key_Down)
    page.bot.keyClick(box.view(), Qt.Key.Key_Return)
    chosen = page.filling.get("/item")
    assert chosen in {f"{n:02d}" for n in range(1, 31)}
    type_into(page.bot, page.editor("/item").line, "")
    page.frame("/item").flush()
    assert page.filling.get("/item") is None


# ---------------------------------------------------------------- words around


def test_required_hint_unit_and_words_that_hold_answers(sheet: Callable[..., Sheet]) -> None:
    page = sheet(
        "integer | people | 人数 | | yes | | 含劳务派遣 | | | | | | 人",
        "note | told | 共 ${people} 人",
    )
    frame = page.frame("/people")
    assert "*" in frame.label.text()
    assert frame.hint.text() == "含劳务派遣"
    page.write("/people", "136")
    assert page.frame("/told").label.text() == "共 136 人"


def test_markup_in_a_label_is_text(sheet: Callable[..., Sheet]) -> None:
    page = sheet("text | a | 产值<100万 & 其他")
    assert page.frame("/a").label.text() == "产值&lt;100万 &amp; 其他"


def test_a_question_comes_and_goes_without_taking_the_focus(sheet: Callable[..., Sheet]) -> None:
    page = sheet(
        "text | why | 原因 | ${has} = 'yes'",
        "select_one yn | has | 有没有",
        choices=("yn | yes | 有", "yn | no | 无"),
    )
    assert page.frame("/why").isHidden()
    page.go_in("/has")
    press(page.bot, Qt.Key.Key_1)
    assert page.frame("/why").isVisible()
    assert page.editor("/has").chips[0].hasFocus()
    press(page.bot, Qt.Key.Key_2)
    assert page.frame("/why").isHidden()
    assert page.editor("/has").chips[1].hasFocus()


def test_only_what_changed_is_painted_anew(
    sheet: Callable[..., Sheet], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = sheet("text | a | 甲", "text | b | 乙", "text | c | 丙 | ${a} != ''")
    painted: list[str] = []
    refresh = QuestionFrame.refresh

    def watched(frame: QuestionFrame, node: Any = None) -> None:
        painted.append(frame.path)
        refresh(frame, node)

    monkeypatch.setattr(QuestionFrame, "refresh", watched)
    page.write("/a", "x")
    assert "/a" in painted
    assert "/c" in painted
    assert "/b" not in painted
    page.panel.refresh(Repaint(frozenset()))
    assert "/b" not in painted


def test_last_visits_answer_is_greyed_and_taken_with_one_click(sheet: Callable[..., Sheet]) -> None:
    page = sheet(
        "integer | people | 人数",
        "select_one reason | why | 原因",
        choices=REASONS,
        previous={"/people": 136, "/why": "b"},
    )
    frame = page.frame("/people")
    assert frame.editor.line.placeholderText() == "136"
    assert page.frame("/why").before.text() == "上次 资金"
    page.bot.mouseClick(frame.carry, Qt.MouseButton.LeftButton)
    assert page.filling.get("/people") == 136
    assert frame.carry.isHidden()
    page.write("/people", "140")
    assert frame.before.text() == "上次 136"
    page.bot.mouseClick(page.frame("/why").carry, Qt.MouseButton.LeftButton)
    assert page.filling.get("/why") == "b"
    assert page.frame("/why").before.isHidden()


def test_short_questions_stand_in_pairs_and_level(sheet: Callable[..., Sheet]) -> None:
    page = sheet(
        "decimal | a | 甲 | | | | 说明在下面",
        "decimal | b | 乙",
        "text | c | 丙",
        "decimal | d | 丁 | ${a} > 5",
        "decimal | e | 戊",
    )
    page.panel.grab()

    def at(path: str) -> QPoint:
        return page.editor(path).mapTo(page.panel, QPoint(0, 0))

    assert at("/a").y() == at("/b").y()
    assert at("/a").x() < at("/b").x()
    assert at("/c").y() > at("/a").y()
    assert at("/e").x() == at("/a").x()
    page.write("/a", "6")
    page.panel.grab()
    assert at("/d").x() == at("/a").x()
    assert at("/e").x() == at("/b").x()
    page.panel.resize(320, 900)
    page.panel.grab()
    assert at("/a").x() == at("/b").x()


# ---------------------------------------------------------------- pictures


def some_picture(color: str = "#336699") -> QImage:
    picture = QImage(640, 480, QImage.Format.Format_RGB32)
    picture.fill(QColor(color))
    return picture


def test_a_signature_is_drawn_taken_back_and_kept_as_png(sheet: Callable[..., Sheet], tmp_path: Path) -> None:
    page = sheet("image | sign | 签字 | | | | | signature")
    editor = page.editor("/sign")
    for start in (20, 120):
        page.bot.mousePress(editor.pad, Qt.MouseButton.LeftButton, pos=QPoint(start, 40))
        for step in range(1, 10):
            page.bot.mouseMove(editor.pad, QPoint(start + 6 * step, 40 + 3 * step))
        page.bot.mouseRelease(editor.pad, Qt.MouseButton.LeftButton, pos=QPoint(start + 60, 70))
    assert len(editor.pad.strokes) == 2
    page.bot.mouseClick(editor.undo, Qt.MouseButton.LeftButton)
    assert len(editor.pad.strokes) == 1

    editor.flush()
    page.bot.waitUntil(lambda: page.filling.get("/sign") is not None)
    seen: list[QImage | None] = []
    editor.subject.media.picture(page.filling.get("/sign"), some_picture().size(), seen.append, page.panel)
    page.bot.waitUntil(lambda: bool(seen))
    picture = seen[0]
    assert picture is not None
    colours = {
        QColor(picture.pixel(x, y)).lightness()
        for x in range(0, picture.width(), 3)
        for y in range(0, picture.height(), 3)
    }
    assert min(colours) < 100 < max(colours)

    page.bot.mouseClick(editor.clear, Qt.MouseButton.LeftButton)
    editor.flush()
    assert page.filling.get("/sign") is None


def test_a_signature_is_entered_when_the_pen_rests(sheet: Callable[..., Sheet]) -> None:
    page = sheet("image | sign | 签字 | | | | | signature")
    pad = page.editor("/sign").pad
    page.bot.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    page.bot.mouseMove(pad, QPoint(80, 60))
    page.bot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(80, 60))
    page.bot.waitUntil(lambda: page.filling.get("/sign") is not None)


def test_a_picture_is_pasted_as_an_answer(sheet: Callable[..., Sheet]) -> None:
    page = sheet("image | photo | 照片")
    QApplication.clipboard().setImage(some_picture())
    page.go_in("/photo")
    press(page.bot, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    page.bot.waitUntil(lambda: page.filling.get("/photo") is not None)
    page.bot.waitUntil(page.editor("/photo").picture.isVisible)
    page.bot.mouseClick(page.editor("/photo").clear, Qt.MouseButton.LeftButton)
    assert page.filling.get("/photo") is None


def test_every_asked_type_stands_on_screen(sheet: Callable[..., Sheet]) -> None:
    lists = {"select_one", "select_multiple", "rank"}
    rows = []
    for name, kind in TYPES.items():
        if kind.asked and kind.supported and not kind.takes_file:
            rows.append(f"{name} reason | {name} | {name}" if name in lists else f"{name} | {name} | {name}")
    page = sheet(*rows, choices=REASONS)
    shown = {question.name for question in page.filling.form.questions if is_shown(question)}
    assert {frame.question.name for frame in page.panel.all_frames()} == shown
    assert len(shown) == len(rows)
    page.panel.grab()
