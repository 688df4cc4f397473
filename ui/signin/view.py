"""First run: server address, account, password; then the first download with progress, and done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ui import theme
from ui.page import Page
from ui.signin.enroll_card import EnrollCard
from ui.signin.presenter import SignInPresenter
from ui.widgets.buttons import Button, LinkButton
from ui.widgets.card import Card
from ui.widgets.label import label
from ui.widgets.progress_line import ProgressLine
from ui.widgets.repolish import set_flag
from ui.widgets.scroll import Scroll
from ui.work import Runner

NOTICE = "本程序不处理涉密信息。标有“绝密”“机密”“秘密”的内容一律不得录入、拍照或作为附件。"


class SignInPage(Page):
    """`signed_in` after the first download."""

    name = "sign_in"
    signed_in = Signal()

    def __init__(
        self,
        desk: Any,
        runner: Runner,
        settings: Any,
        demo: Callable[[], None] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(" ", parent=parent)
        self.head.hide()
        self._demo = demo
        self.presenter = SignInPresenter(desk, runner, self)
        self.presenter.refused.connect(self._refused)
        self.presenter.welcomed.connect(self._welcomed)
        self.presenter.progressed.connect(self._progressed)
        self.presenter.interrupted.connect(self._interrupted)
        self.presenter.finished.connect(self.signed_in)
        self._asking = self._ask_card()
        self._downloading = self._download_card()
        self._downloading.hide()
        self.enroll_card = EnrollCard()
        self.enroll_card.hide()
        self.enroll_card.given.connect(self.presenter.enroll)
        self.enroll_card.back.connect(lambda: self._turn(self._asking, self.address))
        session = desk.session
        self.address.setText(session.server if session else settings.last_server)
        self.account.setText(session.account if session else settings.last_account)
        # Wrapped text asks for its height in plain layouts only: no stack, no alignment, but stretches around it.
        sheet = QWidget()
        column = QVBoxLayout(sheet)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID * 2)
        for widget in (self._asking, self.enroll_card, self._downloading, label(NOTICE, "small", wrap=True)):
            column.addWidget(widget)
        sheet.setFixedWidth(theme.current().size("sheet"))
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(sheet)
        middle.addStretch(1)
        scroll = Scroll()
        scroll.body.addStretch(2)
        scroll.body.addLayout(middle)
        scroll.body.addStretch(3)
        self.body.addWidget(scroll, 1)

    # ------------------------------------------------------------------ the two steps

    def _ask_card(self) -> QWidget:
        card = Card("登录驻企通")
        card.body.setSpacing(theme.GRID // 2)
        intro = "第一次使用要连上园区的中心服务器，登录后把您负责的企业下载到本机。以后没有网络也能用。"
        card.body.addWidget(label(intro, "tablequiet", wrap=True))
        card.body.addSpacing(theme.GRID)
        self.address = QLineEdit(placeholderText="例如 https://zqt.example.gov.cn")
        self.account = QLineEdit(placeholderText="管理员给您的账号")
        self.password = QLineEdit(echoMode=QLineEdit.EchoMode.Password, placeholderText="口令")
        for word, field in (("中心地址", self.address), ("账号", self.account), ("口令", self.password)):
            name = label(word, "tablequiet")
            name.setBuddy(field)
            field.setAccessibleName(word)
            field.setInputMethodHints(
                Qt.InputMethodHint.ImhPreferLatin | Qt.InputMethodHint.ImhNoAutoUppercase
            )
            field.returnPressed.connect(self._sign_in)
            field.textEdited.connect(lambda _text: self._complain("", None))
            card.body.addWidget(name)
            card.body.addWidget(field)
            card.body.addSpacing(theme.GRID)
        self.problem = label("", "bad", wrap=True)
        self.problem.hide()
        card.body.addWidget(self.problem)
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        self.button = Button("登录", self._sign_in, primary=True)
        line.addWidget(self.button)
        line.addStretch(1)
        if self._demo is not None:
            line.addWidget(LinkButton("没有中心？先用演示数据看看", self._demo))
        card.body.addLayout(line)
        offline = LinkButton("没有网络？用登记文件登录", self._to_enroll)
        card.body.addWidget(offline, 0, Qt.AlignmentFlag.AlignLeft)
        return card

    def _download_card(self) -> QWidget:
        card = Card("第一次下载")
        card.body.setSpacing(theme.GRID)
        self.welcome = label("", wrap=True)
        self.progress = ProgressLine(self.presenter.stop)
        self.again_text = label("", wrap=True)
        self.again = Button("接着下载", self._download, primary=True)
        self.enter = Button("先进去看已下载的", self.signed_in.emit)
        self.again_line = QWidget()
        line = QHBoxLayout(self.again_line)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.again)
        line.addWidget(self.enter)
        line.addStretch(1)
        for widget in (self.welcome, self.progress, self.again_text, self.again_line):
            card.body.addWidget(widget)
        return card

    def first_focus(self) -> QWidget | None:
        for field in (self.address, self.account, self.password):
            if not field.text():
                return field
        return self.password

    # ------------------------------------------------------------------ signing in

    def _sign_in(self) -> None:
        if not self.button.isEnabled():
            return
        for field, problem in (
            (self.address, "请填写中心地址，可以问管理员要。"),
            (self.account, "请填写账号。"),
            (self.password, "请填写口令。"),
        ):
            if not field.text().strip():
                self._complain(problem, field)
                field.setFocus(Qt.FocusReason.OtherFocusReason)
                return
        self._complain("", None)
        self._busy(True)
        self.presenter.sign_in(self.address.text().strip(), self.account.text().strip(), self.password.text())

    def _to_enroll(self) -> None:
        self._turn(self.enroll_card, self.enroll_card.choose)

    def _turn(self, card: QWidget, focus: QWidget) -> None:
        card.show()
        focus.setFocus(Qt.FocusReason.OtherFocusReason)
        for other in (self._asking, self.enroll_card):
            other.setVisible(other is card)

    def _refused(self, text: str) -> None:
        if self.enroll_card.isVisible():
            self.enroll_card.complain(text)
            return
        self._busy(False)
        self._complain(text, None)
        self.password.selectAll()
        self.password.setFocus(Qt.FocusReason.OtherFocusReason)

    def _complain(self, text: str, field: QLineEdit | None) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
        for each in (self.address, self.account, self.password):
            set_flag(each, "bad", each is field)

    def _busy(self, busy: bool) -> None:
        self.button.setEnabled(not busy)
        self.button.set_text("正在登录……" if busy else "登录")
        for field in (self.address, self.account, self.password):
            field.setReadOnly(busy)

    # ------------------------------------------------------------------ the download

    def _welcomed(self, name: str) -> None:
        self.password.clear()
        self._busy(False)
        self.welcome.setText(f"{name}，您好。正在把您要用的资料下载到本机，只有第一次要等。")
        self._asking.hide()
        self._downloading.show()
        self._show_running()

    def _download(self) -> None:
        self._show_running()
        self.presenter.download()

    def _show_running(self) -> None:
        self.again_text.hide()
        self.again_line.hide()
        self.progress.show_progress("正在连接中心……")
        self.progress.stop_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _progressed(self, progress: Any) -> None:
        self.progress.show_progress(progress.text, progress.done, progress.total)

    def _interrupted(self, text: str) -> None:
        self.progress.hide()
        self.again_text.setText(text)
        self.again_text.show()
        self.again_line.show()
        self.again.setFocus(Qt.FocusReason.OtherFocusReason)
