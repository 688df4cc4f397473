"""The head of a page: title, a quiet remark, and the actions at the right."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui import theme
from ui.widgets.buttons import Button
from ui.widgets.label import ElidedLabel


class PageHead(QWidget):
    """`crumb` (word, way back) stands before the title of a page that was opened from another."""

    def __init__(
        self,
        title: str,
        remark: str = "",
        crumb: tuple[str, Callable[[], None]] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(theme.GRID * 3 // 2)
        self._crumb: Button | None = None
        if crumb is not None:
            back = Button(f"{crumb[0]} ›", crumb[1])
            back.setProperty("crumb", "true")
            back.setToolTip("返回（Esc）")
            self._crumb = back
            self._line.addWidget(back)
        self.title = ElidedLabel(title, "title")
        self.remark = ElidedLabel(remark, "quiet")
        self._line.addWidget(self.title)
        self._line.addWidget(self.remark, 1, Qt.AlignmentFlag.AlignVCenter)
        self._line.addStretch(0)
        self.setMinimumHeight(theme.current().size("control"))

    def set_crumb(self, word: str) -> None:
        """Name the page one came from, where this page has a way back."""
        if self._crumb is not None:
            self._crumb.set_text(f"{word} ›")

    def set_title(self, text: str) -> None:
        self.title.setText(text)

    def set_remark(self, text: str) -> None:
        self.remark.setText(text)
        self.remark.setVisible(bool(text))

    def add(self, widget: QWidget) -> None:
        """A button or another small thing at the right."""
        self._line.addWidget(widget)
