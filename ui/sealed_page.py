"""本机已被停用: the office has revoked this laptop and nothing is on it any more. What happened, and what to do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from ui import theme
from ui.page import Page
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.label import label

WHAT = (
    "管理员已停用这台电脑，通常是因为它报失，或者换了人用。本机的企业资料、走访、照片和打印件都已清空。",
    "已经报到中心的内容都在中心。停用以前还没有发出的内容，随本机数据一起清空了，不能找回。",
    "如果是误停用，或者电脑已经找回：请联系管理员，在中心允许这台电脑重新登录，然后点下面的按钮。"
    "登录后编号会换新的，资料重新下载。没有管理员允许，登录会被拒绝。",
)


class SealedPage(Page):
    """Nothing else can be opened from here."""

    name = "sealed"

    def __init__(self, sign_in: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__("本机已被停用", parent=parent)
        card = Card()
        card.setMaximumWidth(theme.current().px(760))
        card.body.setSpacing(theme.GRID * 3 // 2)
        for text in WHAT:
            card.body.addWidget(label(text, wrap=True))
        self.button = Button("管理员已允许，重新登录", sign_in)
        card.body.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(card)
        self.body.addStretch(1)

    def first_focus(self) -> QWidget | None:
        return self.button
