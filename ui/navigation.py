"""The navigation at the left: pages with icon, word and count; Alt+1 … Alt+9."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ui import icons, theme
from ui.widgets.label import label


@dataclass(frozen=True, slots=True)
class Place:
    """One page the navigation offers. `second` pages stand below the line."""

    name: str
    word: str
    icon: str
    second: bool = False


class NavigationItem(QPushButton):
    """One entry, with its count at the right."""

    def __init__(self, place: Place, key: str, parent: QWidget | None = None) -> None:
        super().__init__(place.word, parent)
        self.setCheckable(True)
        self.place = place
        self.setProperty("nav", "true")
        self.setToolTip(f"{place.word}（{key.replace('+', ' ')}）")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._count = label("", "small")
        self._count.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, theme.GRID * 3 // 2, 0)
        line.addStretch(1)
        line.addWidget(self._count)
        self.toggled.connect(self.redraw)
        self.redraw()

    def set_count(self, count: int) -> None:
        self._count.setText(str(count) if count else "")
        self.setAccessibleName(f"{self.place.word} {count}" if count else self.place.word)

    @property
    def count(self) -> str:
        return self._count.text()

    def redraw(self) -> None:
        """Tint the icon anew: chosen or not, and after a change of theme."""
        size = theme.current().size("icon")
        self.setIconSize(QSize(size, size))
        self.setIcon(icons.icon(self.place.icon, "accent" if self.isChecked() else "quiet"))


class Navigation(QFrame):
    """`chosen(name)` when a person picks a page, by click, arrow and Enter, or Alt and a figure."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("side")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        self._column.setSpacing(0)
        self._items: dict[str, NavigationItem] = {}
        self._shortcuts: list[QShortcut] = []
        self.resize_to_theme()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._items)

    def item(self, name: str) -> NavigationItem:
        return self._items[name]

    def set_places(self, places: Sequence[Place]) -> None:
        """Offer these pages, in this order."""
        self._clear()
        lined = False
        for number, place in enumerate(places, start=1):
            if place.second and not lined:
                self._column.addSpacing(theme.GRID)
                line = QFrame()
                line.setObjectName("sideline")
                self._column.addWidget(line)
                self._column.addSpacing(theme.GRID)
                lined = True
            key = f"Alt+{number}"
            item = NavigationItem(place, key, self)
            item.clicked.connect(lambda _checked, name=place.name: self._clicked(name))
            self._column.addWidget(item)
            self._items[place.name] = item
            shortcut = QShortcut(QKeySequence(key), self.window())
            shortcut.activated.connect(lambda name=place.name: self._clicked(name))
            self._shortcuts.append(shortcut)
        self._column.addStretch(1)

    def show_current(self, name: str) -> None:
        for other, item in self._items.items():
            item.setChecked(other == name)

    def set_counts(self, counts: dict[str, int]) -> None:
        for name, count in counts.items():
            if name in self._items:
                self._items[name].set_count(count)

    def resize_to_theme(self) -> None:
        self.setFixedWidth(theme.current().size("side") + theme.GRID * 2)
        for item in self._items.values():
            item.redraw()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        items = list(self._items.values())
        focused = next((place for place, item in enumerate(items) if item.hasFocus()), None)
        step = steps.get(Qt.Key(event.key()))
        if focused is not None and step is not None:
            items[(focused + step) % len(items)].setFocus(Qt.FocusReason.TabFocusReason)
        elif focused is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._clicked(items[focused].place.name)
        else:
            super().keyPressEvent(event)

    def _clicked(self, name: str) -> None:
        self.show_current(name)
        self.chosen.emit(name)

    def _clear(self) -> None:
        for shortcut in self._shortcuts:
            shortcut.setEnabled(False)
            shortcut.deleteLater()
        self._shortcuts.clear()
        self._items.clear()
        while (taken := self._column.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()
