"""Questions below each other: short ones two in a line, the others over the whole width."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class ColumnsLayout(QLayout):
    """Two columns while each keeps at least `narrowest` px, else one. Hidden items take no room, so that what
    follows moves up without anything being built anew (and the focus stays where it is)."""

    def __init__(
        self, parent: QWidget | None = None, *, narrowest: int, across: int = 20, down: int = 16
    ) -> None:
        super().__init__(parent)
        self._items: list[tuple[QLayoutItem, bool]] = []
        self._wide_next = True
        self._narrowest = narrowest
        self._across = across
        self._down = down
        self._heights: dict[int, int] = {}
        self.setContentsMargins(0, 0, 0, 0)

    def add(self, widget: QWidget, *, wide: bool) -> None:
        """Append a question; `wide` takes the whole line."""
        self._wide_next = wide
        self.addWidget(widget)
        self._wide_next = True

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append((item, self._wide_next))
        self.invalidate()

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index][0] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index)[0] if 0 <= index < len(self._items) else None

    def invalidate(self) -> None:
        self._heights.clear()
        super().invalidate()

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if width not in self._heights:
            self._heights[width] = self._place(QRect(0, 0, width, 0), move=False)
        return self._heights[width]

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, move=True)

    def sizeHint(self) -> QSize:
        width = max((item.sizeHint().width() for item, _ in self._items if not item.isEmpty()), default=0)
        return QSize(max(width, self._narrowest), self.heightForWidth(max(width, self._narrowest)))

    def minimumSize(self) -> QSize:
        width = max((item.minimumSize().width() for item, _ in self._items if not item.isEmpty()), default=0)
        return QSize(width, 0)

    def _lines(self, width: int) -> list[list[tuple[QLayoutItem, int]]]:
        """Items with their widths, line by line."""
        half = (width - self._across) // 2
        two = half >= self._narrowest
        lines: list[list[tuple[QLayoutItem, int]]] = []
        waiting = False
        for item, wide in self._items:
            if item.isEmpty():
                continue
            if wide or not two:
                lines.append([(item, width)])
                waiting = False
            elif waiting:
                lines[-1].append((item, half))
                waiting = False
            else:
                lines.append([(item, half)])
                waiting = True
        return lines

    def _place(self, rect: QRect, *, move: bool) -> int:
        y = rect.y()
        for line in self._lines(rect.width()):
            x, height = rect.x(), 0
            for item, width in line:
                own = _height(item, width)
                height = max(height, own)
                if move:
                    item.setGeometry(QRect(x, y, width, own))
                x += width + self._across
            y += height + self._down
        return max(0, y - self._down - rect.y())


def _height(item: QLayoutItem, width: int) -> int:
    if item.hasHeightForWidth():
        return max(item.heightForWidth(width), item.minimumSize().height())
    return item.sizeHint().height()
