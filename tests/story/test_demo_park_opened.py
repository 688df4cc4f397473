"""`zhuqitong demo --park`: the whole park is made once, kept, and opened as whoever one likes."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import KnownError
from app.paths import DataFolder
from app.services import overview
from app.services.desk import Desk
from tests.support.commands import told
from tests.support.server import RunningServer
from ui.demo import ParkAtHand
from ui.main import main

pytestmark = pytest.mark.slow
SHORT = ("--days", "75")


def test_the_park_is_made_once_and_opened_by_anybody_of_it(tmp_path: Path) -> None:
    # What was left of a first try that was broken off is no park, and does not stand in the way.
    (tmp_path / "server").mkdir(parents=True)
    (tmp_path / "server" / "center.db").write_bytes(b"")
    with ParkAtHand(tmp_path, "chenjing", SHORT) as demo:
        folder = demo.open()
        assert main(["--data", str(folder), "sync"]) == 0
        with Desk.open(DataFolder(folder)) as desk:
            assert desk.signed_in().name == "陈静"
            assert overview.counts(desk).today > 0
    made = told(RunningServer(tmp_path / "server"), "status")["documents"]
    with ParkAtHand(tmp_path, "wangmin", SHORT) as demo:
        mine = demo.open()
        assert mine != folder
        assert main(["--data", str(mine), "sync"]) == 0
        with Desk.open(DataFolder(mine)) as desk:
            assert 1 <= len(desk.store.of_kind("enterprise")) <= 3
    assert told(RunningServer(tmp_path / "server"), "status")["documents"] == made
    with ParkAtHand(tmp_path, "nobody", SHORT) as demo, pytest.raises(KnownError, match="没有账号 nobody"):
        demo.open()
