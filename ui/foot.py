"""The strip at the foot, which always tells the truth: online or not, last sync, what waits, what needs somebody, how
far this laptop's clock is off; while a run is under way how far it is, with a way to stop it."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QWidget

from ui import icons, theme
from ui.widgets.buttons import LinkButton
from ui.widgets.label import ElidedLabel
from ui.widgets.repolish import set_flag

CLOCK_TOLERANCE_S = 120
STATES = {True: "在线", False: "离线", None: "尚未连接"}


class Foot(QFrame):
    """`clicked(part)` names the part of the sync page that tells more; `stopped` when somebody stops the run."""

    clicked = Signal(str)
    stopped = Signal()

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
        self.clock = self._button("", "history")
        set_flag(self.clock, "attention", True)
        for button in (self.state, self.last, self.pending, self.attention, self.clock):
            line.addWidget(button)
        self.activity = ElidedLabel("", "small")
        self.activity.setAlignment(Qt.AlignmentFlag.AlignRight)
        line.addWidget(self.activity, 1)
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName("同步的进度")
        line.addWidget(self.bar)
        self.bar.hide()
        self.stop_button = LinkButton("停止", self.stopped.emit)
        self.stop_button.setToolTip("停止这次同步。已经发出和收到的都保留")
        line.addWidget(self.stop_button)
        self.stop_button.hide()
        self._online: bool | None = None
        self._next_at: float | None = None
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self._say_state)
        self.set_online(None)
        self.set_last("")
        self.set_counts(0, 0)
        self.set_clock(0)

    def set_online(self, online: bool | None, why: str = "") -> None:
        """None: nobody has asked the centre yet. `why` tells more where it is not online."""
        self._online = online
        self.state.setToolTip(why or "打开「同步」查看")
        self._say_state()
        self.redraw()

    def set_next(self, seconds: float | None) -> None:
        """When it is tried again by itself; None where that is not worth saying, or not going to be."""
        self._next_at = None if seconds is None else time.monotonic() + seconds
        self._say_state()

    def set_last(self, text: str) -> None:
        self.last.setText(f"上次同步 {text}" if text else "还没有同步过")

    def set_counts(self, pending: int, attention: int) -> None:
        self.pending.setText(f"待发送 {pending:,} 项" if pending else "没有待发送")
        self.attention.setText(f"▲ 需要处理 {attention:,} 项")
        self.attention.setVisible(attention > 0)
        set_flag(self.attention, "attention", attention > 0)

    def set_clock(self, offset: float) -> None:
        """`offset`: seconds this laptop is ahead of the centre. Up to two minutes nothing is said."""
        text = clock_text(offset)
        self.clock.setText(f"▲ {text}" if text else "")
        self.clock.setToolTip("请校准本机时间。期限按中心的时间算，不受影响；您写下的时刻会记错")
        self.clock.setVisible(bool(text))

    def set_activity(self, text: str, done: int = 0, total: int | None = None) -> None:
        """What is going on just now, at the right; empty when nothing is. `total`: how far it goes, where known."""
        self.activity.setText(text)
        self.stop_button.setVisible(bool(text))
        self.bar.setVisible(bool(text) and bool(total))
        if total:
            self.bar.setRange(0, total)
            self.bar.setValue(min(done, total))
        if text:
            self.set_next(None)

    def redraw(self) -> None:
        """Tint the icon anew after a change of theme."""
        look = theme.current()
        size = look.size("icon")
        self.bar.setFixedWidth(look.px(120))
        self.state.setIconSize(QSize(size, size))
        self.state.setIcon(
            icons.icon("online" if self._online else "offline", "green" if self._online else "quiet")
        )

    def _say_state(self) -> None:
        left = None if self._next_at is None else math.ceil(self._next_at - time.monotonic())
        soon = f" · {_until(left)}再试" if left is not None and left > 0 and not self._online else ""
        self.state.setText(f"{STATES[self._online]}{soon}")
        if soon and not self._tick.isActive():
            self._tick.start()
        elif not soon:
            self._tick.stop()

    def _button(self, text: str, part: str) -> QPushButton:
        made = QPushButton(text, self)
        made.setProperty("foot", "true")
        made.setCursor(Qt.CursorShape.PointingHandCursor)
        made.setToolTip("打开「同步」查看")
        made.clicked.connect(lambda: self.clicked.emit(part))
        return made


def _until(seconds: int) -> str:
    return f"{seconds} 秒后" if seconds < 120 else f"{round(seconds / 60)} 分钟后"


def clock_text(offset: float) -> str:
    """`本机时钟快 12 分钟`, from two minutes on; empty below. `offset`: seconds the laptop is ahead."""
    minutes = round(abs(offset) / 60)
    if abs(offset) <= CLOCK_TOLERANCE_S:
        return ""
    way = "快" if offset > 0 else "慢"
    if minutes < 120:
        return f"本机时钟{way} {minutes} 分钟"
    hours = round(minutes / 60)
    return f"本机时钟{way} {hours} 小时" if hours < 48 else f"本机时钟{way} {round(hours / 24)} 天"
