"""One conflict: per field the original, mine and the centre's side by side, and what it shall be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.domain.conflict import Pick
from app.errors import KnownError
from app.services.conflicts import Choice
from ui import theme
from ui.syncing.marked import LONG, rich
from ui.syncing.model import ConflictField, ConflictLine
from ui.syncing.pick_row import PickRow
from ui.syncing.words import read_value
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.label import label
from ui.widgets.repolish import set_flag

SHARES = (3, 3, 6, 6, 5)
"""How 项目, 原来, 我改的, 中心的 and 采用 share the width."""


class ConflictCard(Card):
    """`decided(id, choices)` when somebody is sure of some fields. Ctrl+Enter anywhere in the card is that, too;
    `left(step, choice)` when the keyboard goes beyond its first or last field."""

    decided = Signal(str, object)
    left = Signal(int, str)

    def __init__(self, line: ConflictLine, parent: QWidget | None = None) -> None:
        super().__init__(line.title, line.remark, parent)
        self.line = line
        self.rows: dict[str, PickRow] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.GRID * 2)
        grid.setVerticalSpacing(0)
        for column, share in enumerate(SHARES):
            grid.setColumnStretch(column, share)
        heads = ("项目", "原来", f"{line.mine_word}改的", "中心的（现在用的）", "采用" if line.may else "")
        for column, head in enumerate(heads):
            word = label(head, "tablequiet")
            word.setContentsMargins(0, theme.GRID, 0, theme.GRID)
            grid.addWidget(word, 0, column)
        for number, field in enumerate(line.fields):
            self._add(grid, number * 2 + 1, field)
        self.body.addLayout(grid)
        self.body.addSpacing(theme.GRID)
        self.problem = label("", "bad", wrap=True)
        self.body.addWidget(self.problem)
        self.problem.hide()
        self.body.addLayout(self._foot())
        self._look()

    def _add(self, grid: QGridLayout, row: int, field: ConflictField) -> None:
        rule = QFrame()
        rule.setProperty("line", "true")
        grid.addWidget(rule, row, 0, 1, len(SHARES))
        grid.addWidget(label(field.word, "table", wrap=True), row + 1, 0)
        base = _text(field.base, rich(field.base, (field.mine, field.theirs), "s"), "tablequiet")
        grid.addWidget(base, row + 1, 1)
        # What each of the two did; without an original to tell by, where they differ.
        told = len(field.base) >= LONG
        mine = _text(field.mine, rich(field.mine, (field.base if told else field.theirs,), "u"))
        theirs = _text(field.theirs, rich(field.theirs, (field.base if told else field.mine,), "u"))
        grid.addWidget(_side(mine, field.mine_note), row + 1, 2)
        grid.addWidget(_side(theirs, field.theirs_note), row + 1, 3)
        if not self.line.may:
            return
        picks = PickRow(field.word, f"{self.line.mine_word}的", field.start, needed=field.needed)
        picks.changed.connect(self._look)
        picks.written.connect(lambda: self.sure.setFocus(Qt.FocusReason.TabFocusReason))
        picks.moved.connect(lambda step, pick, name=field.name: self._move(name, step, pick))
        self.rows[field.name] = picks
        grid.addWidget(picks, row + 1, 4)

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setSpacing(theme.GRID * 3 // 2)
        foot.addWidget(label(self.line.foot, "small", wrap=True), 1)
        mine = f"都用{self.line.mine_word}的"
        self.all_theirs = Button("都用中心的", lambda: self._all("theirs"))
        self.all_mine = Button(mine, lambda: self._all("mine"))
        self.sure = Button("确定这 0 项", self._decide, primary=True)
        for button in (self.all_theirs, self.all_mine, self.sure):
            foot.addWidget(button)
            if not self.line.may:
                button.hide()
        return foot

    # ------------------------------------------------------------------ choosing

    def _all(self, pick: str) -> None:
        for row in self.rows.values():
            row.choose(pick)
        self.sure.setFocus(Qt.FocusReason.TabFocusReason)

    def _chosen(self) -> list[str]:
        return [name for name, row in self.rows.items() if row.ready]

    def _look(self) -> None:
        chosen = self._chosen()
        count, cleared = len(chosen), sum(self.rows[name].clears for name in chosen)
        emptied = f"（清空 {cleared} 项）" if cleared else ""
        self.sure.set_text(f"确定这 {count} 项{emptied}" if count else "请先选")
        self.sure.setEnabled(count > 0)
        self.problem.hide()
        for row in self.rows.values():
            set_flag(row.field, "bad", False)

    def _decide(self) -> None:
        choices: dict[str, Choice] = {}
        fields = {field.name: field for field in self.line.fields}
        for name in self._chosen():
            row = self.rows[name]
            value: Any = None
            if row.pick == "other":
                try:
                    value = read_value(name, row.field.text(), like=fields[name].shown)
                except KnownError as error:
                    self._show_problem(row, error.text)
                    return
            choices[name] = Choice(Pick(row.pick), fields[name].shown, value)
        self.sure.setEnabled(False)
        self.decided.emit(self.line.id, choices)

    def _show_problem(self, row: PickRow, text: str) -> None:
        set_flag(row.field, "bad", True)
        self.problem.setText(text)
        self.problem.show()
        row.field.setFocus(Qt.FocusReason.OtherFocusReason)

    # ------------------------------------------------------------------ living on

    def picks(self) -> Mapping[str, tuple[object, tuple[str, str]]]:
        """Per field the centre's value that is shown, and what was chosen beside it."""
        shown = {field.name: field.shown for field in self.line.fields}
        return {name: (shown[name], row.state) for name, row in self.rows.items()}

    def restore(self, picks: Mapping[str, tuple[object, tuple[str, str]]]) -> None:
        """Take over what was chosen in the card before, except where the centre's value is another by now."""
        for field in self.line.fields:
            if field.name in picks and field.name in self.rows and picks[field.name][0] == field.shown:
                self.rows[field.name].restore(picks[field.name][1])

    def take_focus(self, pick: str = "mine", *, last: bool = False) -> None:
        """The keyboard at a choice of the first field, or of the last."""
        rows = list(self.rows.values())
        if rows:
            rows[-1 if last else 0].focus(pick)

    def _move(self, name: str, step: int, pick: str) -> None:
        names = list(self.rows)
        at = names.index(name) + step
        if 0 <= at < len(names):
            self.rows[names[at]].focus(pick)
        else:
            self.left.emit(step, pick)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.sure.isEnabled():
            self._decide()
            return
        super().keyPressEvent(event)


def _text(text: str, marked: str, tone: str = "table") -> QLabel:
    """A value; `marked` is the same as rich text where a difference is worth marking."""
    made = label(text, tone, wrap=True)
    if marked:
        made.setTextFormat(Qt.TextFormat.RichText)
        made.setText(marked)
        made.setAccessibleName(text)
    return made


def _side(value: QLabel, note: str) -> QWidget:
    side = QWidget()
    column = QVBoxLayout(side)
    column.setContentsMargins(0, theme.GRID // 2, 0, theme.GRID // 2)
    column.setSpacing(0)
    # Together in the middle, however high the row.
    column.addStretch(1)
    column.addWidget(value)
    if note:
        column.addWidget(label(note, "small", wrap=True))
    column.addStretch(1)
    return side
