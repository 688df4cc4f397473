"""`zhuqitong demo`: the desk, signed in as an officer, on a central server of its own with a demo roster."""

from __future__ import annotations

import json
from pathlib import Path

from app.command_line import say
from app.errors import KnownError
from app.paths import DataFolder
from app.services.desk import Desk
from ui.embedded import DEMO_ROSTER, OFFICER, EmbeddedServer, prepare


def run_demo(folder: Path, started: float) -> int:
    """Make the demo park on the first run, sign in, and open the desk. The second run opens what is there."""
    from ui.application import run_desk

    with EmbeddedServer(folder / "server") as server:
        desk_folder = open_demo(server, folder)
        return run_desk(desk_folder, started)


def open_demo(server: EmbeddedServer, folder: Path) -> Path:
    """Start the server (making the park on the first run) and sign the officer in; gives the desk's data folder."""
    from sync.client.session import sign_in

    kept = folder / "accounts.json"
    if not kept.exists():
        say("正在准备演示中心：演示企业、账号和分配……")
        park = prepare(server, DEMO_ROSTER)
        kept.write_text(json.dumps(park.passwords), encoding="utf-8")
        kept.chmod(0o600)
    passwords = json.loads(kept.read_text(encoding="utf-8"))
    say(f"演示中心已启动 {server.start()}，账号和口令在 {kept}")
    data = DataFolder(folder / "desk")
    with Desk.open(data) as desk:
        session = desk.session
        if session is None or session.server != server.url:
            try:
                sign_in(desk.store, server.url, OFFICER.account, passwords[OFFICER.account], "演示电脑")
            except KnownError as error:
                raise KnownError(error.code, f"演示中心登录没有成功：{error.text}") from error
    return data.root
