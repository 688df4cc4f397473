"""`zhuqitong demo`, and the demo button of the sign-in page: a desk on a central server of its own.

Imports little: the button's server is only started when somebody presses it.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from app.command_line import say
from app.errors import KnownError


class DemoAtHand:
    """A demo that is made when it is asked for and ends with the program. `folder` is kept for the next time."""

    def __init__(self, folder: Path, account: str = "") -> None:
        """`account`: who signs in; the officer of the small demo where nobody is named."""
        self._folder = folder
        self._account = account
        self._server: Any = None

    def open(self) -> Path:
        """Start the server (making the park on the first run) and sign in; gives the desk's data folder.

        KnownError where the server cannot be started.
        """
        from ui.embedded import EmbeddedServer

        self._server = EmbeddedServer(self._folder / "server")
        kept = self._folder / "accounts.json"
        if not kept.exists():
            passwords = self._prepare()
            kept.write_text(json.dumps(passwords), encoding="utf-8")
            kept.chmod(0o600)
        passwords = json.loads(kept.read_text(encoding="utf-8"))
        say(f"演示中心已启动 {self._server.start()}，账号和口令在 {kept}")
        return self._sign_in(passwords)

    def _prepare(self) -> dict[str, str]:
        """Make the park; gives passwords by account."""
        from ui.embedded import DEMO_ROSTER, prepare

        say("正在准备演示中心：演示企业、账号和分配……")
        return prepare(self._server, DEMO_ROSTER).passwords

    def _sign_in(self, passwords: dict[str, str]) -> Path:
        from app.paths import DataFolder
        from app.services.desk import Desk
        from sync.client.session import sign_in
        from ui.embedded import OFFICER

        account = self._account or OFFICER.account
        if account not in passwords:
            raise KnownError("demo_account", f"演示里没有账号 {account}。可用的：{'、'.join(passwords)}。")
        data = DataFolder(self._folder / (f"desk-{account}" if self._account else "desk"))
        with Desk.open(data) as desk:
            session = desk.session
            if session is None or session.server != self._server.url:
                try:
                    sign_in(desk.store, self._server.url, account, passwords[account], "演示电脑")
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


class ParkAtHand(DemoAtHand):
    """The same with a whole made-up park and a year of work in it (`zhuqitong-server demo-data`)."""

    def __init__(self, folder: Path, account: str = "", more: Sequence[str] = ()) -> None:
        """`more`: options of `demo-data`."""
        super().__init__(folder, account)
        self._more = tuple(more)

    def _prepare(self) -> dict[str, str]:
        from ui.embedded import PEOPLE

        say("第一次打开，正在写演示园区一年的工作，约半分钟到一分钟……")
        # What was broken off in the middle is no park.
        shutil.rmtree(self._server.folder, ignore_errors=True)
        password = f"Zqt-{secrets.token_urlsafe(9)}"
        self._server.command(
            "demo-data", "--password-stdin", "--json", *self._more, stdin=f"{password}\n", progress=True
        )
        return {person.account: password for person in PEOPLE}


def demo_folder(data: Path) -> Path:
    """Where the demo of a data folder is kept: beside it, never in it."""
    return data.with_name(data.name + "-demo")


def run_demo(folder: Path, started: float, park: bool = False, account: str = "") -> int:
    """Open the desk on the demo, or on the whole `park` beside it."""
    from ui.application import run_desk

    with ParkAtHand(folder / "park", account) if park else DemoAtHand(folder, account) as demo:
        return run_desk(demo.open(), started)
