"""`zhuqitong demo`, and the demo button of the sign-in page: a desk on a central server of its own.

Imports little: the button's server is only started when somebody presses it.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Any

from app.command_line import say
from app.errors import KnownError


class DemoAtHand:
    """A demo that is made when it is asked for and ends with the program. `folder` is kept for the next time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: Any = None

    def open(self) -> Path:
        """Start the server (making the park on the first run) and sign the officer in; gives the desk's data folder.

        KnownError where the server cannot be started.
        """
        from ui.embedded import DEMO_ROSTER, EmbeddedServer, prepare

        self._server = EmbeddedServer(self._folder / "server")
        kept = self._folder / "accounts.json"
        if not kept.exists():
            say("正在准备演示中心：演示企业、账号和分配……")
            park = prepare(self._server, DEMO_ROSTER)
            kept.write_text(json.dumps(park.passwords), encoding="utf-8")
            kept.chmod(0o600)
        passwords = json.loads(kept.read_text(encoding="utf-8"))
        say(f"演示中心已启动 {self._server.start()}，账号和口令在 {kept}")
        return self._sign_in(passwords)

    def _sign_in(self, passwords: dict[str, str]) -> Path:
        from app.paths import DataFolder
        from app.services.desk import Desk
        from sync.client.session import sign_in
        from ui.embedded import OFFICER

        data = DataFolder(self._folder / "desk")
        with Desk.open(data) as desk:
            session = desk.session
            if session is None or session.server != self._server.url:
                try:
                    sign_in(
                        desk.store, self._server.url, OFFICER.account, passwords[OFFICER.account], "演示电脑"
                    )
                except KnownError as error:
                    raise KnownError(error.code, f"演示中心登录没有成功：{error.text}") from error
        return data.root

    def __enter__(self) -> DemoAtHand:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.stop()


def demo_folder(data: Path) -> Path:
    """Where the demo of a data folder is kept: beside it, never in it."""
    return data.with_name(data.name + "-demo")


def run_demo(folder: Path, started: float) -> int:
    """Open the desk on the demo."""
    from ui.application import run_desk

    with DemoAtHand(folder) as demo:
        return run_desk(demo.open(), started)
