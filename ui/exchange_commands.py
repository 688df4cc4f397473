"""`zhuqitong exchange`: the USB exchange without a window. Imports no Qt."""

from __future__ import annotations

import getpass
import json
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.command_line import FAILED, FINE, say
from app.errors import KnownError
from app.paths import DataFolder
from app.services.desk import Desk


def export(words: Namespace) -> int:
    """`zhuqitong exchange export`: everything that waits into one file."""
    from sync.client.exchange import export as write

    with _desk(words) as desk:
        desk.signed_in()
        made = write(desk, words.out, photos=not words.no_photos, tell=_told())
    if words.json:
        _print({**asdict(made), "path": str(made.path)})
    else:
        print(
            f"已写出第 {made.number} 个包：{made.path}（操作 {made.changes} 项，附件 {made.files} 个，"
            f"{made.bytes / 1e6:.1f} MB）。请交给中心处理，再把回执拿回来导入。"
        )
        if made.left:
            print(f"另有 {made.left} 个附件这次放不下或找不到文件，下次再带。")
    return FINE


def import_answers(words: Namespace) -> int:
    """`zhuqitong exchange import`: the centre's answers, in whatever order they come."""
    from sync.client.exchange_import import import_answer

    done: list[dict[str, Any]] = []
    failed: list[dict[str, str]] = []
    with _desk(words) as desk:
        desk.signed_in()
        for path in words.files:
            try:
                imported = import_answer(desk, path, tell=_told())
            except KnownError as error:
                failed.append({"file": path.name, "code": error.code, "text": error.text})
                say(error.text)
                continue
            done.append({"file": path.name, **asdict(imported)})
            if not words.json:
                print(f"{path.name}：{imported.outcome}")
    if words.json:
        _print({"imported": done, "failed": failed})
    return FAILED if failed else FINE


def enroll(words: Namespace) -> int:
    """`zhuqitong exchange enroll`: the first sign-in of a laptop that never sees the network."""
    from sync.client.enrolling import enroll as sign_in

    pin = sys.stdin.readline().strip() if words.pin_stdin else getpass.getpass("PIN：")
    with _desk(words) as desk:
        signed = sign_in(desk, words.file, pin, _told())
    if words.json:
        _print({"person": signed.person, "name": signed.name, "park": signed.park_name})
    else:
        print(f"已登录：{signed.name}（{signed.park_name}）。资料已读入，可以开始工作。")
    return FINE


def _desk(words: Namespace) -> Desk:
    return Desk.open(DataFolder(Path(words.data)))


def _told() -> Callable[[Any], None]:
    """Progress as a line that is written over, at a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda _progress: None
    return lambda progress: print(f"\r\033[K{progress.text}", end="", file=sys.stderr, flush=True)


def _print(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))
