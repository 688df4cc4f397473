"""Somebody at a desk: goes to a page, chooses an issue, makes a move, fills its form, syncs. By clicks and keys alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QSpinBox, QWidget

from app.domain.issue import Issue
from app.services import issues
from ui.issues.action_form import ActionFormWidget
from ui.issues.editors import ChoiceEditor, DecideEditor, Editor, ManyEditor, NumberEditor, YesEditor
from ui.main_window import MainWindow
from ui.navigation import NavigationItem
from ui.tour.hand import Hand, Lost
from ui.widgets.chips import ChipRow

QUIET_LOOKS = 8


class Seat:
    """One person at one main window in which a desk is open."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.hand = Hand(window)
        self._chosen = ""

    @property
    def page(self) -> Any:
        return self.window.page

    @property
    def desk(self) -> Any:
        return self.window.desk

    # ------------------------------------------------------------------ going about

    def until(self, condition: Callable[[], object], what: str) -> None:
        self.hand.until(condition, what)

    def settle(self) -> None:
        """Wait until nothing is being looked up or written, and what was found is on screen."""
        quiet = [0]

        def still() -> bool:
            quiet[0] = quiet[0] + 1 if self.window.settled else 0
            # Several looks in a row: a result may ask for the next thing.
            return quiet[0] > QUIET_LOOKS

        self.until(still, "画面稳定")

    def open(self, name: str) -> Any:
        """Click a page in the navigation."""
        for item in self.hand.all(NavigationItem):
            if item.place.name == name:
                self.hand.click(item)
                self.until(lambda: self.window.current_page == name, item.place.word)
                self.settle()
                return self.page
        raise Lost(f"导航里没有 {name}")

    def sync(self) -> Any:
        """F5, and wait for its end. Gives the engine's report; Lost where it did not go through."""
        self.settle()
        sync: Any = self.window.sync
        self.until(lambda: not sync.running, "上一次同步结束")
        reports: list[Any] = []
        sync.finished.connect(reports.append)
        self.hand.key(Qt.Key.Key_F5)
        self.hand.until(lambda: reports, "同步结束", 120)
        sync.finished.disconnect(reports.append)
        self.settle()
        if reports[0] is None or reports[0].error is not None:
            raise Lost(f"同步没有成功：{reports[0] and reports[0].error}")
        return reports[0]

    # ------------------------------------------------------------------ what waits

    def waiting(self) -> dict[str, int]:
        """今日, 等我办的诉求: word → how many, as it stands there after a sync."""
        self.sync()
        today = self.open("today").today
        return {row.word: row.count for row in today.work}

    def take_up(self, word: str, title: str) -> None:
        """今日 → 去办 of one kind of work → the issue with this title, with its details here."""
        self.open("today")
        self.hand.press(f"去办：{word}")
        self.until(lambda: self.window.current_page == "issues", "诉求")
        self.settle()
        self.choose(title)

    def choose(self, title: str) -> None:
        """Click the issue in the list; where its enterprise is not on this laptop, wait until it is fetched."""
        page = self.page
        self.hand.row(page.table, title)

        def here() -> bool:
            shown = page.panel.page
            return shown is not None and shown.issue.title == title

        self.hand.until(here, f"「{title}」的资料", 90)
        self.settle()
        self._chosen = page.panel.page.issue.id

    def chip(self, word: str) -> None:
        """Click one of the chips above the list: `已结束`."""
        row: ChipRow = self.page.groups
        for key in row.all_keys:
            if row.chip(key).text().split()[0] == word:
                self.hand.click(row.chip(key))
                self.settle()
                return
        raise Lost(f"没有「{word}」")

    @property
    def issue(self) -> Issue:
        """The issue that was chosen last, as it stands in the store now."""
        found = issues.page(self.desk, self._chosen)
        if found is None:
            raise Lost("诉求不在本机")
        return found.issue

    # ------------------------------------------------------------------ moves

    def move(self, word: str, *, look: Callable[[], object] | None = None, **values: Any) -> Issue:
        """Press a move's button, answer what it asks, hand it in with Ctrl+Enter. `look` sees the filled-in form."""
        area, before = self.page.panel.area, self.issue
        self.hand.press(word, area)
        self.settle()
        if area.form.form is not None:
            self.fill(area.form, values)
            if look is not None:
                self.settle()
                look()
            self.submit(area.form)
        self.until(lambda: area.form.form is None, f"「{word}」办好")
        self.settle()
        if self.issue == before:
            raise Lost(f"「{word}」没有办成")
        return self.issue

    def fill(self, form: ActionFormWidget, values: dict[str, Any]) -> None:
        """Answer fields by name: words for lists and boxes, text, figures; True ticks a box."""
        self.until(lambda: form.form is not None and form.isVisible(), "表单")
        for name, value in values.items():
            self._answer(form.editors[name], value)

    def submit(self, form: ActionFormWidget) -> None:
        form.submit.setFocus(Qt.FocusReason.TabFocusReason)
        self.hand.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    def _answer(self, editor: Editor, value: Any) -> None:
        self.hand.show(editor)
        if isinstance(editor, ChoiceEditor):
            self.pick(editor.combo, str(value))
        elif isinstance(editor, ManyEditor):
            for word in value:
                self.add(editor, word)
        elif isinstance(editor, DecideEditor):
            self.hand.click(editor.buttons["yes" if value else "no"])
        elif isinstance(editor, YesEditor):
            self._tick(editor.box, bool(value))
        elif isinstance(editor, NumberEditor):
            self.count(editor.spin, int(value))
        else:
            self.hand.write(editor.target, str(value))

    def add(self, editor: ManyEditor, word: str) -> None:
        """Tick a box with this word, or add it from the list."""
        if editor.combo is not None:
            self.pick(editor.combo, word)
        else:
            self._tick(next(box for box in editor.boxes.values() if box.text() == word), True)

    def _tick(self, box: QCheckBox, on: bool) -> None:
        if box.isChecked() is not on:
            box.setFocus(Qt.FocusReason.TabFocusReason)
            QTest.keyClick(box, Qt.Key.Key_Space)

    def count(self, spin: QSpinBox, value: int) -> None:
        """Type a number over what stands there."""
        spin.setFocus(Qt.FocusReason.TabFocusReason)
        spin.selectAll()
        QTest.keyClicks(spin, str(value))
        QTest.keyClick(spin, Qt.Key.Key_Tab)

    def pick(self, combo: QComboBox, word: str) -> None:
        """Drop a list down and choose the entry with this word, or the first that begins or ends with it."""
        rules = (Qt.MatchFlag.MatchExactly, Qt.MatchFlag.MatchStartsWith, Qt.MatchFlag.MatchEndsWith)
        place = next((found for rule in rules if (found := combo.findText(word, rule)) >= 0), -1)
        if place < 0:
            raise Lost(f"列表里没有「{word}」")
        self.hand.show(combo)
        combo.setFocus(Qt.FocusReason.TabFocusReason)
        combo.showPopup()
        view = combo.view()
        self.until(view.isVisible, f"列表「{combo.accessibleName()}」")
        view.setCurrentIndex(combo.model().index(place, combo.modelColumn()))
        QTest.keyClick(view, Qt.Key.Key_Return)
        self.until(lambda: not view.isVisible(), "列表收起")

    def write(self, field: QWidget, text: str) -> None:
        self.hand.write(field, text)
