"""The section in the middle: its questions on one page that scrolls, and the way to the next one."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ui import theme
from ui.filling.media import Media
from ui.filling.panel import Panel
from ui.filling.question_frame import QuestionFrame
from ui.filling.repeat_table import RepeatTable
from ui.filling.scrolling import bring_into_view, lay_out_now
from ui.filling.sections import Section
from ui.filling.session import FillingSession, Repaint
from ui.widgets.buttons import Button
from ui.widgets.label import label

WIDEST = 880
"""Lines longer than this are hard to read, however wide the screen."""


class SectionView(QFrame):
    """Builds a section when it is shown and drops it when another is."""

    wanted = Signal(int)
    """-1: the section before; 1: the next one."""

    def __init__(self, session: FillingSession, media: Media, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.media = media
        self.section: Section | None = None
        self.panel: Panel | None = None
        self._stops: list[QWidget] = []
        self.setProperty("card", "true")
        self.setObjectName("section")
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = QWidget()
        content.setObjectName("content")
        row = QHBoxLayout(content)
        row.setContentsMargins(theme.GRID * 3, theme.GRID * 2, theme.GRID * 3, theme.GRID * 3)
        holder = QWidget(content)
        holder.setMaximumWidth(theme.current().px(WIDEST))
        row.addWidget(holder, 1)
        row.addStretch(0)
        self._column = QVBoxLayout(holder)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.GRID * 3 // 2)
        self.title = label("", "section", wrap=True)
        self._column.addWidget(self.title)
        self.before = Button("上一节  Alt ←", lambda: self.wanted.emit(-1))
        self.after = Button("下一节  Alt →", lambda: self.wanted.emit(1))
        foot = QHBoxLayout()
        foot.setSpacing(theme.GRID * 3 // 2)
        foot.setContentsMargins(0, theme.GRID, 0, 0)
        foot.addWidget(self.before)
        foot.addWidget(self.after)
        foot.addStretch()
        self._column.addLayout(foot)
        self._column.addStretch(1)
        self._area.setWidget(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.addWidget(self._area)

    def show_section(self, section: Section, *, first: bool, last: bool) -> None:
        """Build the section's questions. What was typed in the former one has been taken before."""
        if self.panel is not None:
            self.panel.flush()
            focus = self.window().focusWidget()
            if focus is not None and self.panel.isAncestorOf(focus):
                # What has the keyboard is about to go: Qt would look for the next best and scroll there.
                self.setFocus(Qt.FocusReason.OtherFocusReason)
            self._column.removeWidget(self.panel)
            self.panel.hide()
            self.panel.deleteLater()
        self.section = section
        paths = section.paths or tuple(self.session.filling.children(section.path))
        self.panel = Panel(self.session, self.media, paths)
        self.title.setText(section.label)
        self._column.insertWidget(1, self.panel)
        # Now, not with the next event: the keyboard may be wanted in it at once.
        self.panel.show()
        self._area.verticalScrollBar().setValue(0)
        self.panel.rearranged.connect(self._order_tabs)
        self.show_ends(first=first, last=last)
        self._order_tabs()

    def _order_tabs(self) -> None:
        """The Tab key goes by the form, whenever a widget was made (Qt goes by the order of making)."""
        if self.panel is None:
            return
        stops = [*self.panel.tab_stops(), self.before, self.after]
        if stops == self._stops:
            return
        self._stops = stops
        for first, second in pairwise(stops):
            QWidget.setTabOrder(first, second)

    def show_ends(self, *, first: bool, last: bool) -> None:
        self.before.setVisible(not first)
        self.after.setVisible(not last)

    def refresh(self, repaint: Repaint | None) -> None:
        """Show what changed; what has the focus stays where it is on the screen."""
        if self.panel is None:
            return
        focus = self.window().focusWidget()
        inside = focus is not None and self.panel.isAncestorOf(focus)
        before = self._height_of(focus) if inside and focus is not None else 0
        self.panel.refresh(repaint)
        self._order_tabs()
        if inside and focus is not None and focus.isVisible():
            lay_out_now()
            moved = self._height_of(focus) - before
            bar = self._area.verticalScrollBar()
            if moved:
                bar.setValue(bar.value() + moved)

    def _height_of(self, widget: QWidget) -> int:
        return widget.mapTo(self._area.viewport(), QPoint(0, 0)).y()

    def flush(self) -> None:
        if self.panel is not None:
            self.panel.flush()

    def open(self, path: str) -> QuestionFrame | None:
        """The frame of a question of this section, brought into view."""
        frame = self.panel.open(path) if self.panel is not None else None
        if frame is not None:
            bring_into_view(frame)
        return frame

    def first_question(self) -> QuestionFrame | None:
        """The first question that takes an answer."""
        if self.panel is None:
            return None
        return next((f for f in self.panel.all_frames() if f.takes_answer and f.isVisibleTo(self)), None)

    def table_with_focus(self) -> RepeatTable | None:
        """The innermost repeat the keyboard is in."""
        widget: QWidget | None = self.window().focusWidget()
        while widget is not None and widget is not self:
            if isinstance(widget, RepeatTable):
                return widget
            widget = widget.parentWidget()
        return None

    def show_focus(self) -> None:
        """The repeat the keyboard is in says how to add a row by keys."""
        if self.panel is not None:
            for table in self.panel.findChildren(RepeatTable):
                table.shortcut.setVisible(table.alterable and table.has_focus_inside())
