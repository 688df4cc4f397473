"""A line of text with an action, in the place of modal boxes. Newest wins; what is serious stays until closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from ui import theme
from ui.errors import Trouble
from ui.widgets.buttons import LinkButton
from ui.widgets.label import label
from ui.widgets.repolish import repolish

SECONDS_SHOWN = 10


class Kind(StrEnum):
    PLAIN = "plain"
    GOOD = "good"
    WARNING = "warning"
    BUG = "bug"


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence; `action` is the word of its button (撤销, 打开 …) and `act` what it does."""

    text: str
    kind: Kind = Kind.PLAIN
    action: str = ""
    act: Callable[[], None] | None = None
    detail: str = ""
    """The incident of a bug: shown below the line, can be copied."""
    code: str = ""
    """The code of the known error it tells of."""

    @classmethod
    def of(cls, trouble: Trouble) -> Notice:
        if trouble.incident is None:
            return cls(trouble.text, Kind.WARNING, code=trouble.code)
        return cls(trouble.text, Kind.BUG, detail=trouble.incident)


class NoticeBar(QFrame):
    """Shows the newest notice. Plain and good ones go away by themselves, warnings and bugs stay until closed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice: Notice | None = None
        self._text = label("", wrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setAccessibleName("提示")
        self._action = LinkButton("", self._act)
        self._copy = LinkButton("复制说明", self._copy_detail)
        self._close = LinkButton("知道了", self.clear, quiet=True)
        self._detail = QPlainTextEdit()
        self._detail.setReadOnly(True)
        self._detail.setMaximumHeight(theme.current().px(140))
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        line.addWidget(self._text, 1)
        for button in (self._action, self._copy, self._close):
            line.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID * 2, theme.GRID // 2, theme.GRID * 2, theme.GRID // 2)
        column.setSpacing(theme.GRID // 2)
        column.addLayout(line)
        column.addWidget(self._detail)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.clear)
        self.hide()

    def show_notice(self, notice: Notice) -> None:
        """Show it now; a bug already on screen is not covered by something lesser."""
        if self.notice is not None and self.notice.kind is Kind.BUG and notice.kind is not Kind.BUG:
            return
        self.notice = notice
        self.setProperty("notice", notice.kind.value)
        repolish(self)
        self._text.setText(notice.text)
        self._action.set_text(notice.action)
        self._action.setVisible(bool(notice.action))
        self._copy.set_text("复制说明")
        self._copy.setVisible(bool(notice.detail))
        self._detail.setPlainText(notice.detail)
        self._detail.setVisible(bool(notice.detail))
        self.show()
        self._timer.stop()
        if notice.kind in (Kind.PLAIN, Kind.GOOD):
            self._timer.start(SECONDS_SHOWN * 1000)

    def over(self, code: str) -> None:
        """What a notice of this code tells is over."""
        if self.notice is not None and self.notice.code == code:
            self.clear()

    def clear(self) -> None:
        self._timer.stop()
        self.notice = None
        self.hide()

    def _act(self) -> None:
        notice = self.notice
        self.clear()
        if notice is not None and notice.act is not None:
            notice.act()

    def _copy_detail(self) -> None:
        if self.notice is not None:
            QGuiApplication.clipboard().setText(self.notice.detail)
            self._copy.set_text("已复制")
