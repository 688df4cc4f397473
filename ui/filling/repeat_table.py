"""A repeat on screen: rows as a table, one of them open; added, copied, removed with a way back."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from forms.definition import Question, Repeat
from ui import theme
from ui.filling.media import Media
from ui.filling.question_frame import QuestionFrame
from ui.filling.repeat_row import NUMBERS, STATE, RepeatRow, stretch
from ui.filling.rows import answerable
from ui.filling.scrolling import bring_into_view
from ui.filling.sections import is_shown
from ui.filling.session import FillingSession, Repaint, split_row
from ui.widgets.buttons import LinkButton
from ui.widgets.label import ElidedLabel, label

NARROWEST = 88
"""px at 100 % below which a column says nothing any more."""
COLUMNS = 4
"""So many answers of a row stand in its line."""
PLAIN_QUESTIONS = 3
PLAIN_ROWS = 12
"""Counted rows that ask as little as this, and are as few, all stand open: there is nothing to add or remove."""
SHORTCUT = "Ctrl ↵"


class RepeatTable(QWidget):
    """The rows of the repeat at `path`."""

    rearranged = Signal()
    """Rows or their questions have come or gone."""

    def __init__(
        self, session: FillingSession, media: Media, path: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.media = media
        self.path = path
        item = session.node(path).item
        assert isinstance(item, Repeat)
        self.repeat = item
        self.alterable = session.can_alter_rows(path)
        questions = [q for q in item.items if isinstance(q, Question) and is_shown(q)]
        asked = [q for q in questions if answerable(q)]
        self.plain = not self.alterable and len(asked) <= PLAIN_QUESTIONS
        self.columns = _columns(asked)
        self.rows: list[RepeatRow] = []
        self._troubled = False
        self._lay_out()
        self.refresh(None)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.title = label(self.repeat.label, "strong" if self.plain else "", wrap=True)
        column.addWidget(self.title)
        self.header = QFrame(self)
        self.header.setProperty("rowline", "true")
        line = QHBoxLayout(self.header)
        line.setContentsMargins(theme.GRID // 2, 0, 0, 0)
        line.setSpacing(theme.GRID * 3 // 2)
        self._headings: list[ElidedLabel] = []
        line.addSpacing(theme.current().px(24) + theme.GRID * 3 // 2)
        for question in self.columns:
            cell = ElidedLabel(question.label, "tablequiet")
            cell.setSizePolicy(cell.sizePolicy().Policy.Ignored, cell.sizePolicy().Policy.Preferred)
            if question.type in NUMBERS:
                cell.setAlignment(Qt.AlignmentFlag.AlignRight)
            line.addWidget(cell, stretch(question))
            self._headings.append(cell)
        self._room = QWidget(self.header)
        line.addWidget(self._room)
        self.header.setMinimumHeight(theme.current().size("row"))
        column.addWidget(self.header)
        self._column = QVBoxLayout()
        self._column.setSpacing(theme.GRID if self.plain else 0)
        column.addLayout(self._column)
        self._foot = QHBoxLayout()
        self._foot.setSpacing(theme.GRID)
        self.add_button = LinkButton("＋ 加一行", self.add)
        self.add_button.setAccessibleName(f"{self.repeat.label}：加一行")
        self.shortcut = label(SHORTCUT, "small")
        self.removed = label("", "small")
        self.undo_button = LinkButton("撤销", self.undo)
        self.undo_button.setAccessibleName("撤销删除")
        self._foot.addWidget(self.add_button)
        self._foot.addWidget(self.shortcut)
        self._foot.addStretch()
        self._foot.addWidget(self.removed)
        self._foot.addWidget(self.undo_button)
        column.addLayout(self._foot)
        self.shortcut.hide()

    # ------------------------------------------------------------ showing

    def refresh(self, repaint: Repaint | None) -> None:
        """Rows as they are now; with `repaint` only what it touches."""
        node = self.session.node(self.path)
        self.setVisible(node.relevant)
        if not node.relevant:
            return
        self.title.setText(node.label)
        self.title.setVisible(bool(node.label))
        paths = list(self.session.filling.rows(self.path))
        moved = self._match(paths)
        if moved:
            self.rearranged.emit()
        touched = {path for path in repaint.paths if path.startswith(self.path + "[")} if repaint else set()
        for number, row in enumerate(self.rows, 1):
            changed = repaint is None or moved or any(path.startswith(row.path + "/") for path in touched)
            row.refresh(repaint)
            if changed:
                row.show_line(number, self.alterable)
        self._show_troubles()
        self._show_frame()
        self._show_columns()

    def _match(self, paths: list[str]) -> bool:
        """As many rows as there are paths. True when rows have come or gone (what stands in the others moved)."""
        moved = len(paths) != len(self.rows)
        while len(self.rows) > len(paths):
            self._drop(self.rows.pop())
        plain = self.plain and len(paths) <= PLAIN_ROWS
        for path in paths[len(self.rows) :]:
            row = RepeatRow(self.session, self.media, path, None if plain else self.columns, self)
            row.rearranged.connect(self.rearranged)
            row.asked.connect(lambda wish, row=row: self._asked(row, wish))
            self.rows.append(row)
            self._column.addWidget(row)
            row.show()
        return moved

    def _drop(self, row: RepeatRow) -> None:
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _show_troubles(self) -> None:
        places = [trouble.path for trouble in self.session.troubles()]
        counts = [sum(path.startswith(row.path + "/") for path in places) for row in self.rows]
        self._troubled = any(counts)
        for row, count in zip(self.rows, counts, strict=True):
            row.show_troubles(count, self._troubled)

    def _show_frame(self) -> None:
        with_lines = any(row.line is not None for row in self.rows)
        self.header.setVisible(with_lines)
        if with_lines and self.rows[0].line is not None:
            line = self.rows[0].line
            width = 0
            if self.alterable:
                width = line.copy.sizeHint().width() + line.remove.sizeHint().width() + theme.GRID * 3 // 2
            if self._troubled:
                width += theme.current().px(STATE) + (theme.GRID * 3 // 2 if width else 0)
            self._room.setFixedWidth(width)
            self._room.setVisible(width > 0)
        self.add_button.setVisible(self.alterable)
        self.shortcut.setVisible(self.alterable and self.has_focus_inside())
        removed = self.session.removed.get(self.path)
        self.removed.setVisible(removed is not None)
        self.undo_button.setVisible(removed is not None)
        if removed is not None:
            told = f"：{removed.text}" if removed.text else ""
            self.removed.setText(f"已删除第 {removed.index + 1} 行{told[:24]}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_columns()

    def _show_columns(self) -> None:
        """As many columns as there is room for; the one that says what the row is about goes last."""
        room = self.width() - self._room.width() - theme.current().px(48)
        count = max(2, room // theme.current().px(NARROWEST))
        texts = [at for at, question in enumerate(self.columns) if question.type == "text"]
        first = texts[:1] + [at for at in range(len(self.columns)) if at not in texts[:1]]
        wanted = frozenset(first[:count])
        for index, heading in enumerate(self._headings):
            heading.setVisible(index in wanted)
        for row in self.rows:
            if row.line is not None:
                row.line.show_columns(wanted)

    def has_focus_inside(self) -> bool:
        focus = self.window().focusWidget() if self.window() else None
        return focus is not None and self.isAncestorOf(focus)

    # ------------------------------------------------------------ acting

    def add(self) -> None:
        """A fresh row, open, with the keyboard in it."""
        if not self.alterable or self.session.locked:
            return
        self.flush()
        path = self.session.add_row(self.path)
        self.open_row(split_row(path)[1])

    def copy(self, index: int) -> None:
        self._close_all()
        path = self.session.copy_row(self.rows[index].path)
        self.open_row(split_row(path)[1])

    def remove(self, index: int) -> None:
        """Take a row out. The line that says so has the way back."""
        self._close_all()
        self.session.remove_row(self.rows[index].path)
        self.undo_button.setFocus(Qt.FocusReason.OtherFocusReason)
        bring_into_view(self.undo_button)

    def _close_all(self) -> None:
        """Rows that are about to get other numbers stand closed: their questions are built anew when wanted."""
        if self.has_focus_inside():
            # What has the keyboard is about to go: Qt would look for the next best and scroll there.
            self.add_button.setFocus(Qt.FocusReason.OtherFocusReason)
        for row in self.rows:
            if row.line is not None:
                row.set_open(False)

    def undo(self) -> None:
        """撤销."""
        self._close_all()
        path = self.session.undo_removal(self.path)
        if path is not None:
            self.open_row(split_row(path)[1])

    def open_row(self, index: int) -> None:
        """Open one row, close the others, and go into it."""
        self.rows[index].set_open(True)
        self.rows[index].focus_first()
        for number, row in enumerate(self.rows):
            if row.line is not None and number != index:
                row.set_open(False)
        focus = self.window().focusWidget()
        if focus is not None and self.isAncestorOf(focus):
            bring_into_view(focus)

    def _asked(self, row: RepeatRow, wish: str) -> None:
        index = self.rows.index(row)
        if self.session.locked:
            return
        if wish == "open":
            if row.is_open:
                row.set_open(False)
                if row.line is not None:
                    row.line.setFocus(Qt.FocusReason.OtherFocusReason)
            else:
                self.open_row(index)
        elif wish == "copy":
            self.copy(index)
        elif wish == "remove" and self.alterable:
            self.remove(index)
        elif wish in ("up", "down"):
            target = index + (1 if wish == "down" else -1)
            line = self.rows[target].line if 0 <= target < len(self.rows) else None
            if line is not None:
                line.setFocus(Qt.FocusReason.OtherFocusReason)

    # ------------------------------------------------------------ as part of a panel

    def flush(self) -> None:
        for row in self.rows:
            row.flush()

    def all_frames(self) -> Iterator[QuestionFrame]:
        for row in self.rows:
            yield from row.all_frames()

    def tab_stops(self) -> list[QWidget]:
        rows = [stop for row in self.rows for stop in row.tab_stops()]
        return [*rows, self.add_button, self.undo_button]

    def open(self, path: str) -> QuestionFrame | None:
        """The frame of a question in one of the rows; the row is opened."""
        for index, row in enumerate(self.rows):
            if path.startswith(row.path + "/"):
                if not row.is_open:
                    self.open_row(index)
                return row.open(path)
        return None


def _columns(asked: list[Question]) -> list[Question]:
    """The questions whose answers tell one row from another: short ones first of all."""
    short = [q for q in asked if "multiline" not in q.appearance and q.type not in ("image", "file")]
    return short[:COLUMNS]
