"""How far something long is: a sentence, a bar, and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from ui import theme
from ui.widgets.buttons import LinkButton
from ui.widgets.label import ElidedLabel


class ProgressLine(QWidget):
    """`total` None shows that something moves without saying how far it is."""

    def __init__(self, stop: Callable[[], None] | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ElidedLabel("", "tablequiet")
        self._bar = QProgressBar(textVisible=False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        line = QHBoxLayout()
        line.addWidget(self._text, 1)
        self.stop_button = LinkButton("停止", stop)
        if stop is None:
            self.stop_button.hide()
        line.addWidget(self.stop_button)
        column.addLayout(line)
        column.addWidget(self._bar)

    @property
    def text(self) -> str:
        return self._text.text()

    def show_progress(self, text: str, done: int = 0, total: int | None = None) -> None:
        self._text.setText(text)
        self._bar.setAccessibleName(text)
        if total:
            self._bar.setRange(0, total)
            self._bar.setValue(min(done, total))
        else:
            self._bar.setRange(0, 0)
        self.show()
