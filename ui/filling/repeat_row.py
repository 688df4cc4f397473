"""One row of a repeat: a line that says what stands in it, and its questions below when it is open."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from forms.definition import Question
from ui import theme
from ui.filling.answers import shown
from ui.filling.media import Media
from ui.filling.panel import Panel
from ui.filling.question_frame import SHAPE, QuestionFrame
from ui.filling.session import FillingSession, Repaint
from ui.widgets.buttons import LinkButton
from ui.widgets.label import ElidedLabel, label
from ui.widgets.repolish import set_flag

STATE = 44
"""px at 100 % for how many places of a row are to be put right."""
NUMBERS = frozenset({"integer", "decimal", "range"})


def stretch(question: Question) -> int:
    """How much of the line a column takes."""
    if question.type in NUMBERS:
        return 2
    return 4 if question.type == "text" else 3


class RowLine(QFrame):
    """The line of a row. Enter or a click opens it, arrow keys go to the next line."""

    asked = Signal(str)
    """`open`, `copy`, `remove`, `up` or `down`."""

    def __init__(self, columns: Sequence[Question], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.columns = columns
        self.setProperty("rowline", "true")
        self.setProperty("repeatrow", "true")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumHeight(theme.current().size("row"))
        self.number = label("", "tablequiet")
        self.number.setFixedWidth(theme.current().px(24))
        self.cells = [ElidedLabel("", "table") for _ in columns]
        self.state = label("", "bad")
        self.state.setFixedWidth(theme.current().px(STATE))
        self.state.hide()
        self.copy = LinkButton("复制", lambda: self.asked.emit("copy"), quiet=True)
        self.remove = LinkButton("删除", lambda: self.asked.emit("remove"), quiet=True)
        line = QHBoxLayout(self)
        line.setContentsMargins(theme.GRID // 2, 0, 0, 0)
        line.setSpacing(theme.GRID * 3 // 2)
        line.addWidget(self.number)
        for question, cell in zip(columns, self.cells, strict=True):
            if question.type in NUMBERS:
                cell.setAlignment(Qt.AlignmentFlag.AlignRight)
            cell.setSizePolicy(cell.sizePolicy().Policy.Ignored, cell.sizePolicy().Policy.Preferred)
            line.addWidget(cell, stretch(question))
        line.addWidget(self.state)
        line.addWidget(self.copy)
        line.addWidget(self.remove)

    def show_columns(self, wanted: Collection[int]) -> None:
        for index, cell in enumerate(self.cells):
            cell.setVisible(index in wanted)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        wishes = {
            Qt.Key.Key_Return: "open",
            Qt.Key.Key_Enter: "open",
            Qt.Key.Key_Space: "open",
            Qt.Key.Key_Delete: "remove",
            Qt.Key.Key_Up: "up",
            Qt.Key.Key_Down: "down",
        }
        wish = wishes.get(Qt.Key(event.key()))
        if wish is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        else:
            self.asked.emit(wish)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.asked.emit("open")


class RepeatRow(QWidget):
    """A line with a panel below it. Without `columns` there is no line: the panel always stands open."""

    asked = Signal(str)
    rearranged = Signal()
    """Questions have come or gone."""

    def __init__(
        self,
        session: FillingSession,
        media: Media,
        path: str,
        columns: Sequence[Question] | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.media = media
        self.path = path
        self.panel: Panel | None = None
        self.line: RowLine | None = None
        self._body = QFrame(self)
        self._body.setProperty("repeatbody", "true" if columns is not None else "plain")
        self._inner = QVBoxLayout(self._body)
        pad = theme.GRID * 2 if columns is not None else 0
        self._inner.setContentsMargins(
            pad, theme.GRID, theme.GRID if columns is not None else 0, theme.GRID * 2
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        if columns is not None:
            self.line = RowLine(columns, self)
            self.line.asked.connect(self.asked)
            column.addWidget(self.line)
        column.addWidget(self._body)
        self._body.hide()
        if columns is None:
            self.set_open(True)

    @property
    def is_open(self) -> bool:
        return self.panel is not None

    def set_open(self, wanted: bool) -> None:
        """Build or drop the questions below the line."""
        if wanted and self.panel is None:
            self.panel = Panel(
                self.session, self.media, self.session.filling.children(self.path), parent=self._body
            )
            self._inner.addWidget(self.panel)
            self.panel.rearranged.connect(self.rearranged)
            self._body.show()
            self.panel.show()
            self.rearranged.emit()
        elif not wanted and self.panel is not None:
            self.panel.flush()
            self._inner.removeWidget(self.panel)
            self.panel.hide()
            self.panel.deleteLater()
            self.panel = None
            self._body.hide()
            self.rearranged.emit()
        if self.line is not None:
            set_flag(self.line, "open", wanted)

    def show_line(self, number: int, alterable: bool) -> None:
        """Bring the line up to date."""
        if self.line is None:
            return
        filling = self.session.filling
        self.line.number.setText(str(number))
        words = []
        for question, cell in zip(self.line.columns, self.line.cells, strict=True):
            node = filling.node(f"{self.path}/{question.name}")
            kept = self.session.unreadable.get(f"{self.path}/{question.name}")
            text = kept.text if kept else shown(filling.form, question, node.value, node.choices)
            text = text if node.relevant else ""
            if text and question.unit and question.type in NUMBERS:
                text = f"{text} {question.unit}"
            cell.setText(text)
            words.append(text)
        self.line.copy.setVisible(alterable)
        self.line.remove.setVisible(alterable)
        for button, word in ((self.line.copy, "复制"), (self.line.remove, "删除")):
            button.setAccessibleName(f"{word}第 {number} 行")
        self.line.setAccessibleName(f"第 {number} 行 {' '.join(word for word in words if word)}")

    def show_troubles(self, count: int, among: bool) -> None:
        """How many places of this row are to be put right; `among` where any row has some, so that columns align."""
        if self.line is not None:
            self.line.state.setText(f"{SHAPE}{count} 处" if count else "")
            self.line.state.setVisible(among)

    def refresh(self, repaint: Repaint | None) -> None:
        if self.panel is not None:
            self.panel.refresh(repaint)

    def flush(self) -> None:
        if self.panel is not None:
            self.panel.flush()

    def all_frames(self) -> Iterator[QuestionFrame]:
        if self.panel is not None:
            yield from self.panel.all_frames()

    def tab_stops(self) -> list[QWidget]:
        line: list[QWidget] = [self.line, self.line.copy, self.line.remove] if self.line is not None else []
        return [*line, *(self.panel.tab_stops() if self.panel is not None else ())]

    def open(self, path: str) -> QuestionFrame | None:
        return self.panel.open(path) if self.panel is not None else None

    def focus_first(self) -> None:
        """Into the first question that can be answered, else onto the line."""
        for frame in self.all_frames():
            if frame.isVisibleTo(self) and frame.takes_answer:
                frame.focus_here()
                return
        if self.line is not None:
            self.line.setFocus(Qt.FocusReason.OtherFocusReason)
