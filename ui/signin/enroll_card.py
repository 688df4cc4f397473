"""The first sign-in of a laptop that never sees the network: an enrolment file and its PIN."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from ui import theme
from ui.widgets.buttons import Button, LinkButton
from ui.widgets.card import Card
from ui.widgets.label import label

ABOUT = (
    "这台电脑连不上中心的，请管理员制作一个登记文件（.zqx），用U盘拿来。"
    "文件里有您负责的企业和要用的表，PIN 由管理员另外交给您。"
)


class EnrollCard(Card):
    """`given(path, pin)` when both are there; `back` to sign in with an account."""

    given = Signal(object, str)
    back = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("用登记文件登录", parent=parent)
        self.body.setSpacing(theme.GRID // 2)
        self.body.addWidget(label(ABOUT, "tablequiet", wrap=True))
        self.body.addSpacing(theme.GRID)
        self.file = QLineEdit(placeholderText="登记文件的位置")
        self.choose = Button("选择……", self._choose)
        self.pin = QLineEdit(placeholderText="例如 abcd-efgh-2345")
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.GRID)
        line.addWidget(self.file, 1)
        line.addWidget(self.choose)
        for word, field, shown in (("登记文件", self.file, row), ("PIN", self.pin, self.pin)):
            name = label(word, "tablequiet")
            name.setBuddy(field)
            field.setAccessibleName(word)
            field.returnPressed.connect(self._go)
            self.body.addWidget(name)
            self.body.addWidget(shown)
            self.body.addSpacing(theme.GRID)
        self.problem = label("", "bad", wrap=True)
        self.problem.hide()
        self.body.addWidget(self.problem)
        foot = QHBoxLayout()
        self.button = Button("登录", self._go, primary=True)
        foot.addWidget(self.button)
        foot.addStretch(1)
        foot.addWidget(LinkButton("用账号登录", self.back.emit))
        self.body.addLayout(foot)

    def complain(self, text: str) -> None:
        self.busy(False)
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
        if text:
            self.pin.selectAll()
            self.pin.setFocus(Qt.FocusReason.OtherFocusReason)

    def busy(self, busy: bool) -> None:
        self.button.setEnabled(not busy)
        self.button.set_text("正在读入……" if busy else "登录")
        self.choose.setEnabled(not busy)
        for field in (self.file, self.pin):
            field.setReadOnly(busy)

    def _choose(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "选择登记文件", "", "驻企通登记文件 (*.zqx)")
        if name:
            self.file.setText(name)
            self.pin.setFocus(Qt.FocusReason.OtherFocusReason)

    def _go(self) -> None:
        if not self.button.isEnabled():
            return
        if not self.file.text().strip() or not self.pin.text().strip():
            self.complain("请选择登记文件，并填写管理员给您的 PIN。")
            return
        self.complain("")
        self.busy(True)
        self.given.emit(Path(self.file.text().strip()), self.pin.text())
