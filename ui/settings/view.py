"""设置: looks, who and where, the data folder, signing out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.services.desk import Desk
from ui import theme
from ui.errors import program_version
from ui.page import Page
from ui.settings.presenter import SettingsPresenter
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.chips import ChipRow
from ui.widgets.facts import Facts
from ui.widgets.label import label
from ui.widgets.scroll import Scroll
from ui.work import Runner

if TYPE_CHECKING:
    from ui.main_window import MainWindow

SCHEMES = {theme.SYSTEM: "跟随系统", theme.LIGHT: "浅色", theme.DARK: "深色"}
SHORTCUTS = (
    ("Ctrl K", "搜索企业、诉求、走访"),
    ("Alt 1 … Alt 6", "打开左边的页面"),
    ("F5", "立即同步"),
    ("Esc", "返回上一页"),
    ("回车", "打开选中的一行"),
    ("空格", "勾选一行"),
    ("Ctrl N", "开始走访"),
    ("Ctrl P", "打印"),
)


class SettingsPage(Page):
    """Every change takes effect at once."""

    name = "settings"

    def __init__(self, desk: Desk, runner: Runner, window: MainWindow, parent: QWidget | None = None) -> None:
        super().__init__("设置", parent=parent)
        self.desk = desk
        self._window = window
        self.presenter = SettingsPresenter(desk, runner, self)
        self.presenter.left.connect(window.sign_out)
        scroll = Scroll()
        columns = QHBoxLayout()
        columns.setSpacing(theme.GRID * 2)
        columns.addWidget(self._left(), 1)
        columns.addWidget(self._keys_card(), 1, Qt.AlignmentFlag.AlignTop)
        scroll.body.addLayout(columns)
        scroll.body.addStretch(1)
        self.body.addWidget(scroll, 1)

    def _left(self) -> QWidget:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID * 2)
        column.addWidget(self._looks_card())
        column.addWidget(self._account_card())
        column.addWidget(self._data_card())
        column.addStretch(1)
        return part

    def _looks_card(self) -> Card:
        settings = self._window.settings
        card = Card("显示")
        card.body.setSpacing(theme.GRID)
        self.scales = ChipRow({str(scale): f"{scale}%" for scale in theme.SCALES})
        nearest = min(theme.SCALES, key=lambda scale: abs(scale - settings.scale))
        self.scales.select(str(nearest))
        self.scales.chosen.connect(lambda keys: self._wear(scale=int(keys[0])))
        self.schemes = ChipRow(SCHEMES)
        self.schemes.select(settings.scheme)
        self.schemes.chosen.connect(lambda keys: self._wear(scheme=keys[0]))
        for word, chips in (("字号", self.scales), ("明暗", self.schemes)):
            card.body.addWidget(label(word, "tablequiet"))
            card.body.addWidget(chips)
        return card

    def _account_card(self) -> Card:
        card = Card("登录")
        card.body.setSpacing(theme.GRID * 3 // 2)
        self.account = Facts()
        card.body.addWidget(self.account)
        self.sign_out_button = Button("退出登录", self.presenter.sign_out)
        note = label("退出后，本机的资料仍在；再次登录要能连上中心。", "small", wrap=True)
        card.body.addWidget(note)
        card.body.addWidget(self.sign_out_button, 0, Qt.AlignmentFlag.AlignLeft)
        return card

    def _data_card(self) -> Card:
        card = Card("本机")
        card.body.setSpacing(theme.GRID * 3 // 2)
        self.facts = Facts()
        card.body.addWidget(self.facts)
        card.body.addWidget(Button("打开数据文件夹", self._open_folder), 0, Qt.AlignmentFlag.AlignLeft)
        return card

    def _keys_card(self) -> Card:
        card = Card("键盘")
        keys = Facts()
        keys.set_facts(SHORTCUTS)
        card.body.addWidget(keys)
        return card

    def refresh(self) -> None:
        session = self.desk.signed_in()
        self.account.set_facts(
            (
                ("姓名", session.name),
                ("账号", session.account),
                ("园区", session.park_name),
                ("中心地址", session.server),
            )
        )
        self.facts.set_facts(
            (
                ("数据文件夹", str(self.desk.folder.root)),
                ("本机编号", session.device),
                ("程序版本", program_version()),
            )
        )

    def first_focus(self) -> QWidget | None:
        return self.scales.chip(self.scales.key)

    def _wear(self, **changes: object) -> None:
        self._window.wear(self._window.settings.altered(**changes))

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.desk.folder.root)))
