"""The form on screen, for tests: a real desk, runner and page, and hands that act as a person's do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QColor, QImage, QInputMethodEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.domain import buckets
from app.domain.visit import PublishedForm, Visit
from app.services import visits
from app.services.desk import Desk
from forms.definition import Form
from forms.filling import Filling
from forms.workbook import read_form_text
from tests.support.desks import NOW, PARK, Writing, officer_desk
from ui.filling.page import FillingPage
from ui.filling.question_frame import QuestionFrame
from ui.filling.questions import Editor
from ui.filling.repeat_table import RepeatTable
from ui.work import Runner

ROOM = 1366 - 168, 768 - 48 - 32
"""What the shell leaves to a page on a laptop of 1366×768."""


def form_of(*rows: str, choices: Sequence[str] = ()) -> Form:
    """A small form. A row is `type | name | label` and, in this order, `relevant | required | constraint | hint |
    appearance | repeat_count | choice_filter | calculation | default | unit | carry | constraint_message`."""
    columns = (
        "type | name | label | relevant | required | constraint | hint | appearance | repeat_count | choice_filter"
        " | calculation | default | unit | carry | constraint_message"
    )
    width = columns.count("|") + 1
    lines = ["| survey |", f"| | {columns} |"]
    for row in rows:
        cells = [cell.strip() for cell in row.split("|")]
        lines.append("| | " + " | ".join(cells + [""] * (width - len(cells))) + " |")
    if choices:
        lines += ["", "| choices |", "| | list_name | name | label | kind |"]
        for row in choices:
            cells = [cell.strip() for cell in row.split("|")]
            lines.append("| | " + " | ".join(cells + [""] * (4 - len(cells))) + " |")
    lines += [
        "",
        "| settings |",
        "| | form_id | form_title | version |",
        "| | visit_three | 小表单 | small |",
    ]
    reading = read_form_text("\n".join(lines) + "\n", name="small")
    assert reading.form is not None, reading.problems
    return reading.form


def filling_of(*rows: str, choices: Sequence[str] = ()) -> Filling:
    return Filling(form_of(*rows, choices=choices), now=lambda: NOW)


@dataclass
class Desktop:
    """A desk with one open visit, and the page on it."""

    bot: QtBot
    desk: Desk
    runner: Runner
    visit: Visit
    page: FillingPage

    @property
    def filling(self) -> Filling:
        return self.page._at_work.filling

    def frame(self, path: str) -> QuestionFrame:
        """The question on screen; its section and row are opened."""
        section = self.page._at_work.section_of(path)
        assert section is not None, path
        self.page.show_section(section)
        frame = self.page.view.open(path)
        assert frame is not None, path
        return frame

    def editor(self, path: str) -> Any:
        editor: Editor = self.frame(path).editor
        return editor

    def go_in(self, path: str) -> QWidget:
        """The keyboard stands in the question."""
        frame = self.frame(path)
        in_front(self.bot, self.page.window())
        frame.focus_here()
        widget = QApplication.focusWidget()
        assert widget is not None
        assert frame.isAncestorOf(widget), path
        return widget

    def write(self, path: str, text: str) -> None:
        """Type an answer and leave the field with Tab; Chinese through the input method."""
        type_into(self.bot, self.go_in(path), text)
        press(self.bot, Qt.Key.Key_Tab)

    def choose(self, path: str, *labels: str) -> None:
        """Click chips by their words."""
        for label in labels:
            editor = self.editor(path)
            chip = next(chip for chip in editor.chips if chip.text() == label)
            self.bot.mouseClick(chip, Qt.MouseButton.LeftButton)

    def until_saved(self) -> None:
        """Everything answered is committed."""
        self.page.view.flush()
        self.bot.waitUntil(lambda: not self.page.media.busy and self.page.saver.settled)

    def stored(self) -> Filling:
        """The filling as a fresh start would find it."""
        return visits.open_filling(self.desk, self.visit.id).filling


def fill_whole_visit(at: Desktop) -> None:
    """An officer's answers to the whole form: two difficulties, one solved on the spot and one to report."""
    at.write("/header/h5_person", "刘建国")
    at.write("/header/h5_phone", "13979900001")
    at.choose("/header/h7_informed", "是")
    operation = "/operation"
    at.choose(f"{operation}/a01_status", "正常")
    at.write(f"{operation}/a03_output", "2,480.00")
    at.write(f"{operation}/a04_output_growth", "7.4")
    at.choose(f"{operation}/a08_order_trend", "平")
    at.write(f"{operation}/a09_utilization", "84")
    at.write(f"{operation}/a10_employees", "136")
    at.write(f"{operation}/a10_shortage", "8")
    for index, (post, number, wage, when) in enumerate(
        (("窑炉工", "6", "6500", "12 月底"), ("质检员", "2", "5200", "随时")), 1
    ):
        row = add_row(at, f"{operation}/a11_vacancies", index)
        at.write(f"{row}/a11_post", post)
        at.write(f"{row}/a11_number", number)
        at.write(f"{row}/a11_wage", wage)
        at.write(f"{row}/a11_when", when)
    at.choose(f"{operation}/a15_safety", "良好")
    at.write(f"{operation}/a17_changes", "二期 3 条产线 12 月投产")
    _fill_difficulties(at)
    at.choose("/suggestions/c01_plans", "扩产", "引才")
    at.write("/suggestions/c02_investment", "3600")
    at.choose("/financing/d01_need", "无")
    at.choose("/planning/d06_delivery", "已送达")
    policy = add_row(at, "/planning/d06_policies", 1)
    at.write(f"{policy}/d06_policy", "首次入规")
    at.choose(f"{policy}/d06_fit", "符合")
    at.choose(f"{policy}/d06_known", "是")
    at.choose("/building/e01_card_posted", "是")
    at.choose("/building/e03_lists_told", "是")
    at.choose("/confirmation/z2_mode", "现场签字/盖章")
    for name in ("z2_signature", "z3_signature"):
        sign(at, f"/confirmation/{name}")


def _fill_difficulties(at: Desktop) -> None:
    at.choose("/difficulties/b01_has", "有")
    told = (
        ("水电气讯要素", "扩容", "厂区扩容用电报装", "现有 800 千伏安不够", "年前送电", "急", "否", ""),
        (
            "用工人才",
            "招工",
            "春节前缺窑炉工六人",
            "本地难招",
            "帮助对接",
            "一般",
            "是",
            "当场联系了人社专员",
        ),
    )
    for index, (category, kind, title, what, wish, urgency, solved, how) in enumerate(told, 1):
        row = add_row(at, "/difficulties/b02_problems", index)
        at.write(f"{row}/b02_category", category)
        at.write(f"{row}/b02_subcategory", kind)
        at.write(f"{row}/b02_title", title)
        at.write(f"{row}/b02_description", what)
        at.write(f"{row}/b02_expectation", wish)
        at.choose(f"{row}/b02_urgency", urgency)
        at.choose(f"{row}/b02_solved_here", solved)
        if how:
            at.write(f"{row}/b02_solution", how)
    for row in at.filling.rows("/difficulties/b03_followups"):
        at.choose(f"{row}/b03_state", "在办")


def add_row(at: Desktop, repeat: str, number: int) -> str:
    """Press 加一行; the row has this number. Returns its path."""
    section = at.page._at_work.section_of(repeat)
    assert section is not None
    at.page.show_section(section)
    assert at.page.view.panel is not None
    table = next(made for made in at.page.view.panel.findChildren(RepeatTable) if made.path == repeat)
    at.bot.mouseClick(table.add_button, Qt.MouseButton.LeftButton)
    assert len(table.rows) == number
    return f"{repeat}[{number}]"


def sign(at: Desktop, path: str) -> None:
    """Draw a line by mouse and wait until it is kept."""
    editor = at.editor(path)
    left = Qt.MouseButton.LeftButton
    at.bot.mousePress(editor.pad, left, pos=QPoint(30, 90))
    for step in range(12):
        at.bot.mouseMove(editor.pad, QPoint(30 + 20 * step, 90 - 6 * (step % 5) * step % 70))
    at.bot.mouseRelease(editor.pad, left, pos=QPoint(280, 60))
    at.bot.waitUntil(lambda: at.filling.get(path) is not None)


def in_front(bot: QtBot, window: QWidget) -> None:
    """The window has the keyboard."""
    if QApplication.activeWindow() is not window:
        window.activateWindow()
        bot.waitUntil(lambda: QApplication.activeWindow() is window)


def type_into(bot: QtBot, widget: QWidget, text: str) -> None:
    """Replace what stands in a field: keys for Latin text, the input method's commit for the rest."""
    bot.keyClick(widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    if not text:
        bot.keyClick(widget, Qt.Key.Key_Delete)
    elif text.isascii():
        bot.keyClicks(widget, text)
    else:
        event = QInputMethodEvent()
        event.setCommitString(text)
        QApplication.sendEvent(widget, event)


def press(bot: QtBot, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    """A key, to whatever has the keyboard."""
    held = Qt.KeyboardModifier.NoModifier
    for modifier in modifiers:
        held |= modifier
    bot.keyClick(QApplication.focusWidget(), key, held)


def publish(desk: Desk, source: str, version: str) -> None:
    """A further published form, as a download brings it."""
    writing = Writing()
    form = PublishedForm(
        id=f"visit_three@{version}",
        form_id="visit_three",
        version=version,
        title="小表单",
        source=source,
        published_at="2026-11-23T02:00:00.000Z",
    )
    writing.add(buckets.reference(PARK), PublishedForm.kind, form.id, form.to_body())
    writing.into(desk, (buckets.reference(PARK),))


@contextmanager
def desktop(
    bot: QtBot,
    folder: Path,
    *,
    enterprise: str = "ent-1",
    before: Callable[[Desk], None] | None = None,
    size: tuple[int, int] = ROOM,
) -> Iterator[Desktop]:
    """A page that has opened its form. Everything is closed in the end."""
    desk = officer_desk(folder)
    if before is not None:
        before(desk)
    visit = visits.start_visit(desk, enterprise)
    runner = Runner()
    page = FillingPage(desk, runner, visit.id)
    page.resize(*size)
    try:
        with bot.waitSignal(page.opened):
            page.show()
        in_front(bot, page)
        yield Desktop(bot, desk, runner, visit, page)
    finally:
        page.close()
        runner.shutdown()
        desk.close()
        # Now, not in the middle of the next test: a window that goes takes the keyboard with it.
        page.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def fill_some(at: Desktop) -> None:
    """Answers that make as much of the form appear as can appear at once."""
    session = at.page._at_work
    for path, value in (
        ("/operation/a01_status", "half"),
        ("/operation/a05_revenue", "12a"),
        ("/operation/a09_utilization", "184"),
        ("/operation/a10_shortage", "8"),
        ("/operation/a13_overdue", "8"),
        ("/difficulties/b01_has", "some"),
        ("/difficulties/b05_improper", "some"),
        ("/suggestions/c01_plans", ("expand", "relocate")),
        ("/financing/d01_need", "some"),
        ("/planning/d06_delivery", "delivered"),
        ("/confirmation/z2_mode", "on_spot"),
    ):
        session.answer(path, value)
    for repeat in (
        "/operation/a11_vacancies",
        "/difficulties/b02_problems",
        "/planning/d06_policies",
        "/solving/d05_promises",
    ):
        session.add_row(repeat)
    problem = "/difficulties/b02_problems[1]"
    for name, value in (
        ("category", "08"),
        ("subcategory", "0803"),
        ("title", "厂区扩容用电报装"),
        ("solved_here", "no"),
    ):
        session.answer(f"{problem}/b02_{name}", value)
    session.answer("/planning/d06_policies[1]/d06_policy", "P2026-01")


def photo(folder: Path, name: str = "门头.png") -> Path:
    folder.mkdir(exist_ok=True)
    image = QImage(320, 240, QImage.Format.Format_RGB32)
    image.fill(QColor("#7a5c3e"))
    assert image.save(str(folder / name))
    return folder / name


def mime_of(path: Path) -> QMimeData:
    """What a file manager hands over."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    return mime
