"""How long the window stands still while the desk syncs: the longest the event loop was held, in milliseconds.

The real desk, offscreen, in a process of its own against a real centre: a first download of so many documents with the
sync page open, then as many edits sent. A timer that is due every millisecond looks at how late it comes. Beside it
the same with nothing going on, which is what the machine itself takes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from app.domain import buckets
from app.domain.clock import system_clock
from app.domain.people import Role
from app.paths import DataFolder
from app.services.desk import Desk
from sync.client.session import sign_in
from sync.server import store
from tests.support.park import Park
from tests.support.server import PASSWORD, RunningServer

ROOT = Path(__file__).resolve().parents[2]
ENTERPRISES = 60
QUIET_S = 2.0


def measure(documents: int) -> dict[str, float]:
    """`longest_block_ms` and what it is of. RuntimeError where the desk does not report."""
    with tempfile.TemporaryDirectory(prefix="zhuqitong-bench-") as name:
        folder = Path(name)
        with RunningServer(folder / "centre") as server:
            park = Park(server)
            account, _ = park.account(Role.OFFICER)
            enterprises = [park.enterprise() for _ in range(ENTERPRISES)]
            park.assign(account, *enterprises)
            _fill(park, enterprises, documents)
            park.close()
            with Desk.open(DataFolder(folder / "desk")) as desk:
                sign_in(desk.store, server.url, account, PASSWORD, "bench")
            figures = _child(folder / "desk", documents)
    figures["longest_block_ms"] = max(figures["pull_block_ms"], figures["push_block_ms"])
    return figures


def _fill(park: Park, enterprises: list[str], documents: int) -> None:
    """Attachments of about 0.9 KB, spread over the enterprises."""
    for number, enterprise in enumerate(enterprises):
        bucket = buckets.of_enterprise(enterprise)

        def work(
            transaction: store.Transaction,
            number: int = number,
            enterprise: str = enterprise,
            bucket: str = bucket,
        ) -> None:
            for each in range(number, documents, len(enterprises)):
                id = f"{enterprise[:24]}{each:012d}"
                transaction.write(bucket, "attachment", id, _body(id, enterprise, each))

        store.write(park.database, work, system_clock(), (bucket,))


def _body(id: str, enterprise: str, number: int) -> dict[str, Any]:
    return {
        "id": id,
        "enterprise": enterprise,
        "purpose": "photo",
        "file_name": f"现场照片{number}.jpg",
        "media_type": "image/jpeg",
        "size": 100_000 + number,
        "sha256": f"{number:064x}",
        "caption": f"第 {number} 张：" + "变压器容量二期设备安装环保验收订单工人宿舍" * 9,
        "stored_at": "2026-11-22T02:26:31.120Z",
    }


def _child(folder: Path, documents: int) -> dict[str, float]:
    result = subprocess.run(
        [sys.executable, "-m", "tests.bench.blocks", str(folder), str(documents)],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if result.returncode != 0:
        raise RuntimeError(f"the desk ended with {result.returncode}: {result.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return figures


# In the child ------------------------------------------------------------------------------------------------------


def main(folder: Path, documents: int) -> None:
    """Open the desk, download, edit everything, send; print the figures."""
    from ui.application import DeskApplication, make_application

    app = make_application()
    desk = DeskApplication(folder)
    watch = _Watch(app)
    figures: dict[str, float] = {}
    desk.open()
    watch.until(lambda: desk.desk is not None and desk.window.current_page == "today")
    desk.window.go("syncing", "pending")
    # The download begins with the desk: what is measured is from here to its end.
    watch.begin()
    watch.until(lambda: desk.sync is not None and not desk.sync.running and len(desk.desk.store.held()) > 1)
    watch.until(lambda: not desk.runner.busy)
    figures["pull_block_ms"], figures["pull_s"] = watch.end()
    _edit(desk.desk, documents)
    watch.until(lambda: not desk.runner.busy and not desk.sync.running)
    watch.begin()
    desk.sync.run()
    watch.until(lambda: not desk.sync.running)
    watch.until(lambda: not desk.runner.busy)
    figures["push_block_ms"], figures["push_s"] = watch.end()
    began = time.perf_counter()
    watch.begin()
    watch.until(lambda: time.perf_counter() - began > QUIET_S)
    figures["idle_block_ms"], _ = watch.end()
    sent = desk.desk.store.select("SELECT count(*) FROM outbox WHERE state = 'confirmed'")[0][0]
    if sent != documents:
        raise RuntimeError(f"{sent} of {documents} edits were confirmed")
    desk.window.close()
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}), flush=True)


def _edit(desk: Desk, documents: int) -> None:
    """A new remark under every photo."""
    changes = [
        desk.change(
            "patch",
            document.bucket,
            "attachment",
            document.id,
            {"fields": {"caption": [document.body["caption"], f"改过：{document.body['caption']}"]}},
        )
        for document in desk.store.of_kind("attachment")[:documents]
    ]
    with desk.store.write():
        desk.make(*changes)


class _Watch:
    """Notes the longest pause between two turns of the event loop."""

    def __init__(self, app: Any) -> None:
        from PySide6.QtCore import QEventLoop, Qt, QTimer

        self._app = app
        self._flags = QEventLoop.ProcessEventsFlag.WaitForMoreEvents
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=1)
        self._timer.timeout.connect(self._turn)
        self._timer.start()
        self._last = self._begun = time.perf_counter()
        self._longest = 0.0

    def begin(self) -> None:
        self._last = self._begun = time.perf_counter()
        self._longest = 0.0

    def end(self) -> tuple[float, float]:
        """(longest pause in ms, seconds since the beginning)."""
        return self._longest * 1000, time.perf_counter() - self._begun

    def until(self, condition: Any) -> None:
        limit = time.perf_counter() + 300
        while not condition():
            if time.perf_counter() > limit:
                raise RuntimeError("the desk did not get there")
            self._app.processEvents(self._flags)

    def _turn(self) -> None:
        now = time.perf_counter()
        self._longest = max(self._longest, now - self._last)
        self._last = now


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
