"""The sections at the left, each with how far it is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ui import theme
from ui.filling.sections import Section, Tally
from ui.widgets.label import ElidedLabel, label
from ui.widgets.repolish import repolish

TONES = {"problems": "bad", "done": "good"}
SPOKEN = {"done": "已填好", "empty": "未填", "none": "不用填"}


class _Entry(QPushButton):
    """A section's name and its state."""

    def __init__(self, section: Section, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.section = section
        self.setProperty("section", "true")
        self.setMinimumHeight(theme.current().size("row"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.name = ElidedLabel(section.label, "table")
        self.state = label("", "small")
        line = QHBoxLayout(self)
        line.setContentsMargins(theme.GRID, 0, theme.GRID, 0)
        line.addWidget(self.name, 1)
        line.addWidget(self.state)
        for inner in (self.name, self.state):
            inner.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_tally(self, tally: Tally, current: bool) -> None:
        """The name in accent and bold where it is the section on screen."""
        self.setChecked(current)
        self.state.setText(tally.word)
        for target, tone in (
            (self.state, TONES.get(tally.state, "small")),
            (self.name, "current" if current else "table"),
        ):
            if target.property("tone") != tone:
                target.setProperty("tone", tone)
                repolish(target)
        spoken = f"{tally.word}要改" if tally.state == "problems" else tally.word
        self.setAccessibleName(f"{self.section.label}，{SPOKEN.get(tally.state, spoken)}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # A button would move the focus by itself; the list decides.
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()
        else:
            super().keyPressEvent(event)


class SectionList(QFrame):
    """Arrow keys go through the sections; the page shows the one chosen."""

    chosen = Signal(object)
    """Section"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", "true")
        self.setObjectName("sections")
        self.setFixedWidth(theme.current().px(132) + theme.GRID * 7)
        self._entries: list[_Entry] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        self._column.setSpacing(0)
        self._column.addStretch(1)

    def show_sections(self, tallies: Sequence[tuple[Section, Tally]], current: Section | None) -> None:
        """Entries for the sections asked now; they are built anew only when other ones are asked."""
        if [entry.section for entry in self._entries] != [section for section, _ in tallies]:
            self._build([section for section, _ in tallies])
        for entry, (section, tally) in zip(self._entries, tallies, strict=True):
            entry.show_tally(tally, section == current)
            on = section == current
            entry.setFocusPolicy(Qt.FocusPolicy.StrongFocus if on else Qt.FocusPolicy.ClickFocus)

    def _build(self, sections: list[Section]) -> None:
        for entry in self._entries:
            self._column.removeWidget(entry)
            entry.hide()
            entry.deleteLater()
        self._entries = []
        for index, section in enumerate(sections):
            entry = _Entry(section, self)
            entry.clicked.connect(lambda _checked, section=section: self._clicked(section))
            self._entries.append(entry)
            self._column.insertWidget(index, entry)
            entry.show()

    def entry(self, label: str) -> QPushButton:
        """The entry with this name. KeyError where there is none."""
        for entry in self._entries:
            if entry.section.label == label:
                return entry
        raise KeyError(label)

    def words(self) -> list[tuple[str, str]]:
        """(section, state) as they stand there."""
        return [(entry.section.label, entry.state.text()) for entry in self._entries]

    def _clicked(self, section: Section) -> None:
        # A click on the present section must not take its mark away.
        for entry in self._entries:
            entry.setChecked(entry.section == section)
        self.chosen.emit(section)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        step = steps.get(Qt.Key(event.key()))
        here = next((at for at, entry in enumerate(self._entries) if entry.hasFocus()), None)
        if step is None or here is None or not 0 <= here + step < len(self._entries):
            super().keyPressEvent(event)
            return
        target = self._entries[here + step]
        self._clicked(target.section)
        target.setFocus(Qt.FocusReason.TabFocusReason)
