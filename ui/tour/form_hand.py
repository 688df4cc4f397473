"""A hand on the filling page: answers a question the way its widget wants it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QWidget

from ui.filling.page import FillingPage
from ui.filling.question_frame import QuestionFrame
from ui.filling.questions.chips import ChipsEditor
from ui.filling.questions.signature import SignatureEditor
from ui.filling.repeat_table import RepeatTable
from ui.tour.hand import Hand, Lost


class FormHand:
    """Fills in one FillingPage."""

    def __init__(self, hand: Hand, page: QWidget) -> None:
        if not isinstance(page, FillingPage):
            raise Lost("走访表没有打开")
        self.hand = hand
        self.page = page
        hand.until(lambda: page.session is not None, "表单打开")

    def section(self, label: str) -> None:
        """Choose a section in the list at the left."""
        assert self.page.session is not None
        section = next((each for each in self.page.session.sections if each.label == label), None)
        if section is None:
            raise Lost(f"没有「{label}」这一节")
        self.page.list.chosen.emit(section)
        self.hand.until(lambda: self.page.view.section == section, f"「{label}」打开")

    def answer(self, path: str, *values: str) -> None:
        """Give an answer: chips by their words, a list by its word, anything else as typed."""
        frame = self.frame(path)
        editor = frame.editor
        if isinstance(editor, ChipsEditor):
            for word in values:
                self.hand.click(self.hand.button(word, editor))
        elif isinstance(editor.focus_widget(), QComboBox):
            self._choose(editor.focus_widget(), values[0])
        else:
            self.hand.write(editor.focus_widget(), values[0])
            QTest.keyClick(editor.focus_widget(), Qt.Key.Key_Tab)

    def _choose(self, box: QWidget, word: str) -> None:
        assert isinstance(box, QComboBox)
        index = box.findText(word)
        if index < 0:
            raise Lost(f"列表里没有「{word}」")
        self.hand.click(box)
        box.hidePopup()
        box.setFocus(Qt.FocusReason.OtherFocusReason)
        line = box.lineEdit()
        assert line is not None
        self.hand.write(line, word)
        QTest.keyClick(line, Qt.Key.Key_Return)
        completer = box.completer()
        popup = completer.popup() if completer is not None else None
        if popup is not None:
            popup.hide()

    def sign(self, path: str) -> None:
        """Draw a signature with the mouse and wait until it is the answer."""
        frame = self.frame(path)
        editor = frame.editor
        assert isinstance(editor, SignatureEditor)
        pad = editor.pad
        for points in (
            ((30, 30), (60, 70), (95, 25), (120, 75)),
            ((140, 45), (175, 40), (170, 80), (210, 50)),
        ):
            first, *others = (QPoint(x, y) for x, y in points)
            QTest.mousePress(pad, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, first)
            for point in others:
                QTest.mouseMove(pad, point)
            QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, others[-1])
        assert self.page.session is not None
        session = self.page.session
        self.hand.until(lambda: session.filling.get(path) is not None, "签名存好")

    def add_row(self, repeat: str) -> str:
        """Press 加一行 of a repeat; the new row's path."""
        assert self.page.session is not None
        before = len(self.page.session.filling.rows(repeat))
        section = self.page.session.section_of(repeat)
        assert section is not None
        self.page.show_section(section)
        found: list[RepeatTable] = []

        def there() -> bool:
            found[:] = [table for table in self.hand.all(RepeatTable, self.page) if table.path == repeat]
            return bool(found)

        self.hand.until(there, f"表格 {repeat}")
        table = found[0]
        self.hand.click(table.add_button)
        rows = self.page.session.filling.rows
        self.hand.until(lambda: len(rows(repeat)) == before + 1, "新的一行")
        return str(rows(repeat)[-1])

    def frame(self, path: str) -> QuestionFrame:
        """The question on screen, in whatever section it is."""
        self.page.jump(path)
        found: list[QuestionFrame] = []

        def there() -> bool:
            found[:] = [each for each in self.hand.all(QuestionFrame, self.page) if each.path == path]
            return bool(found)

        self.hand.until(there, f"题目 {path}")
        return found[0]

    def saved(self) -> None:
        """Wait until every answer given so far is committed."""
        self.page.flush()
        self.hand.until(lambda: self.page.saver.settled, "草稿保存")
