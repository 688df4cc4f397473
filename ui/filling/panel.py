"""The questions of one group or row on screen: frames in two columns, groups within, repeats as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from forms.definition import Group, Question, Repeat
from ui import theme
from ui.filling.columns_layout import ColumnsLayout
from ui.filling.media import Media
from ui.filling.question_frame import QuestionFrame
from ui.filling.sections import is_shown
from ui.filling.session import FillingSession, Repaint
from ui.widgets.label import label

if TYPE_CHECKING:
    from ui.filling.repeat_table import RepeatTable


class Panel(QWidget):
    """Built once for what stands in `paths`; afterwards only what changed is shown anew."""

    rearranged = Signal()
    """Rows or questions have come or gone: the Tab key wants a new order."""

    def __init__(
        self,
        session: FillingSession,
        media: Media,
        paths: Sequence[str],
        *,
        title: str = "",
        own: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """`own` is the group's path where it is one (its relevance hides the whole panel)."""
        super().__init__(parent)
        self.session = session
        self.own = own
        self.frames: dict[str, QuestionFrame] = {}
        self.panels: list[Panel] = []
        self.tables: list[RepeatTable] = []
        self._parts: list[QuestionFrame | Panel | RepeatTable] = []
        """All of them in the order of the form."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        if title:
            column.addWidget(label(title, "head", wrap=True))
        self._grid = ColumnsLayout(narrowest=theme.current().px(210))
        column.addLayout(self._grid)
        for path in paths:
            self._add(path, media)
        self.show_relevance()

    def _add(self, path: str, media: Media) -> None:
        item = self.session.node(path).item
        if isinstance(item, Question):
            if is_shown(item):
                frame = QuestionFrame(self.session, media, path, self)
                self.frames[path] = frame
                self._parts.append(frame)
                self._grid.add(frame, wide=frame.wide)
        elif isinstance(item, Repeat):
            # Imported here: the rows of tables hold panels again.
            from ui.filling.repeat_table import RepeatTable

            table = RepeatTable(self.session, media, path, self)
            self.tables.append(table)
            self._parts.append(table)
            table.rearranged.connect(self.rearranged)
            self._grid.add(table, wide=True)
        elif isinstance(item, Group):
            children = self.session.filling.children(path)
            panel = Panel(self.session, media, children, title=item.label, own=path, parent=self)
            self.panels.append(panel)
            self._parts.append(panel)
            panel.rearranged.connect(self.rearranged)
            self._grid.add(panel, wide=True)

    def show_relevance(self) -> None:
        if self.own:
            self.setVisible(self.session.node(self.own).relevant)

    def refresh(self, repaint: Repaint | None) -> None:
        """Show what changed; everything with None."""
        self.show_relevance()
        for path, frame in self.frames.items():
            if repaint is None or path in repaint.paths or frame.refers:
                frame.refresh()
        for panel in self.panels:
            panel.refresh(repaint)
        for table in self.tables:
            table.refresh(repaint)

    def _inner(self) -> Iterator[Panel | RepeatTable]:
        yield from self.panels
        yield from self.tables

    def flush(self) -> None:
        """Take what is typed and not yet said."""
        for frame in self.frames.values():
            frame.flush()
        for inner in self._inner():
            inner.flush()

    def all_frames(self) -> Iterator[QuestionFrame]:
        """The frames that stand on screen at present."""
        yield from self.frames.values()
        for inner in self._inner():
            yield from inner.all_frames()

    def tab_stops(self) -> list[QWidget]:
        return [stop for part in self._parts for stop in part.tab_stops()]

    def open(self, path: str) -> QuestionFrame | None:
        """The frame of a question, rows opened on the way; None where it is not here."""
        if path in self.frames:
            return self.frames[path]
        for inner in self._inner():
            found = inner.open(path)
            if found is not None:
                return found
        return None
