"""The strip at the foot, which always tells the truth: online or not, last sync, what waits, what needs somebody."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from ui import icons, theme
from ui.widgets.label import ElidedLabel
from ui.widgets.repolish import set_flag


class Foot(QFrame):
    """`clicked(part)` names the part of the sync page that tells more."""

    clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("foot")
        line = QHBoxLayout(self)
        line.setContentsMargins(theme.GRID, 0, theme.GRID * 2, 0)
        line.setSpacing(theme.GRID)
        self.state = self._button("", "history")
        self.last = self._button("", "history")
        self.pending = self._button("", "pending")
        self.attention = self._button("", "attention")
        for button in (self.state, self.last, self.pending, self.attention):
            line.addWidget(button)
        self.activity = ElidedLabel("", "small")
        self.activity.setAlignment(Qt.AlignmentFlag.AlignRight)
        line.addWidget(self.activity, 1)
        self._online: bool | None = None
        self.set_online(None)
        self.set_last("")
        self.set_counts(0, 0)

    def set_online(self, online: bool | None, why: str = "") -> None:
        """None: nobody has asked the centre yet. `why` tells more where it is not online."""
        self._online = online
        words = {True: "在线", False: "离线", None: "尚未连接"}
        self.state.setText(words[online])
        self.state.setToolTip(why or "打开「同步」查看")
        self.redraw()

    def set_last(self, text: str) -> None:
        self.last.setText(f"上次同步 {text}" if text else "还没有同步过")

    def set_counts(self, pending: int, attention: int) -> None:
        self.pending.setText(f"待发送 {pending} 项" if pending else "没有待发送")
        self.attention.setText(f"▲ 需要处理 {attention} 项")
        self.attention.setVisible(attention > 0)
        set_flag(self.attention, "attention", attention > 0)

    def set_activity(self, text: str) -> None:
        """What is going on just now, at the right; empty when nothing is."""
        self.activity.setText(text)

    def redraw(self) -> None:
        """Tint the icon anew after a change of theme."""
        size = theme.current().size("icon")
        self.state.setIconSize(QSize(size, size))
        self.state.setIcon(
            icons.icon("online" if self._online else "offline", "green" if self._online else "quiet")
        )

    def _button(self, text: str, part: str) -> QPushButton:
        made = QPushButton(text, self)
        made.setProperty("foot", "true")
        made.setCursor(Qt.CursorShape.PointingHandCursor)
        made.setToolTip("打开「同步」查看")
        made.clicked.connect(lambda: self.clicked.emit(part))
        return made
