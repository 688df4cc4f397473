"""The form on screen, for tests: a real desk, runner and page, and hands that act as a person's do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QInputMethodEvent
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
        in_front(self.bot, self.page)
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
