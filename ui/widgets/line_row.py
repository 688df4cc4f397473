"""One line of a short list: text, a quiet remark, and the word that leads on."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from ui import theme
from ui.widgets.buttons import LinkButton
from ui.widgets.label import ElidedLabel
from ui.widgets.pill import Mark, Pill


class LineRow(QFrame):
    """A row with a line below it. `actions` are (word, what it does), the last one outermost."""

    def __init__(
        self,
        text: str,
        remark: str = "",
        actions: tuple[tuple[str, Callable[[], None]], ...] = (),
        *,
        mark: Mark | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("rowline", "true")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.GRID * 3 // 2)
        if mark is not None:
            line.addWidget(Pill(mark))
        line.addWidget(ElidedLabel(text, "table"), 3)
        if remark:
            line.addWidget(ElidedLabel(remark, "tablequiet"), 2)
        self.links = []
        for word, act in actions:
            link = LinkButton(word, act)
            link.setAccessibleName(f"{word}：{text}")
            self.links.append(link)
            line.addWidget(link)
        self.setMinimumHeight(theme.current().size("row"))
