"""What 设置 asks for."""

from __future__ import annotations

from PySide6.QtCore import Signal

from app.errors import KnownError
from app.services.desk import Desk
from app.store.outbox import counts
from ui.page import Presenter


class SettingsPresenter(Presenter):
    """`left()` after signing out."""

    left = Signal()

    def sign_out(self) -> None:
        self.act(sign_out, self.desk, then=lambda _none: self.left.emit())


def sign_out(desk: Desk) -> None:
    """Forget the key to the centre; the data stays, and with it whose it is: nobody else can sign in to it.

    KnownError while there is something the centre has not got yet.
    """
    waiting = counts(desk.store)
    if waiting.pending or waiting.files:
        number = waiting.pending + waiting.files
        raise KnownError(
            "unsent", f"还有 {number} 项没有发送到中心，现在退出会交不上去。请先同步（F5），再退出登录。"
        )
    session = desk.signed_in().model_dump(mode="json")
    desk.store.set_kv("session", {**session, "token": "", "exchange_key": None})
