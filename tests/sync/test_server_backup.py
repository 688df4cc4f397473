"""`zhuqitong-server backup` and `restore`: a whole snapshot while serving, and back, on either database."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import sqlite3
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.domain.ids import new_id
from sync.server import tables
from sync.server.backup import MARK, TRAILER
from sync.server.blobs import file_key
from sync.server.database import Database
from sync.server.settings import ServerSettings
from tests.support.commands import check_failure, done, run, told
from tests.support.keeping import Kept, kept_center
from tests.support.park import patch
from tests.support.server import RunningServer

BOTH = ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])]


@pytest.fixture(scope="module", params=BOTH)
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    database = None
    if request.param == "postgres":
        database = request.getfixturevalue("cluster").new_database()
    with kept_center(tmp_path_factory.mktemp("kept"), database) as kept:
        yield kept


@pytest.fixture(params=BOTH)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> RunningServer:
    """Somewhere nothing is yet."""
    database = None
    if request.param == "postgres":
        database = request.getfixturevalue("cluster").new_database()
    return RunningServer(tmp_path / "place", database)


@pytest.fixture
def made(kept: Kept, tmp_path: Path) -> Path:
    """A backup of the centre as it is."""
    path = tmp_path / "center.backup"
    done(kept.park.server, "backup", str(path))
    return path


def content(server: RunningServer) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the epoch."""
    settings = ServerSettings.of(str(server.data_dir), server.database)
    database = Database(settings)
    try:
        with database.reading() as connection:
            found = {
                table.name: sorted(tuple(row) for row in connection.execute(sa.select(table)))
                for table in tables.metadata.sorted_tables
                if table.name != "upload"
            }
    finally:
        database.close()
    found["meta"] = [row for row in found["meta"] if row[0] != "epoch"]
    return found


def epoch(server: RunningServer) -> str:
    return str(told(server, "status")["epoch"])


def check_same(kept: Kept, place: RunningServer) -> None:
    assert content(place) == content(kept.park.server)
    path = ServerSettings.of(str(place.data_dir), place.database).files / file_key(kept.sha256)
    assert path.read_bytes() == kept.photo
    assert told(place, "verify")["ok"] is True


# There and back ------------------------------------------------------------------------------------------------------


def test_a_backup_goes_back_into_either_database(kept: Kept, made: Path, place: RunningServer) -> None:
    report = told(place, "restore", str(made))
    assert (report["park"], report["files"]) == ("XD", 1)
    check_same(kept, place)
    assert report["epoch"] == epoch(place) != epoch(kept.park.server)


def test_what_the_command_tells(kept: Kept, tmp_path: Path) -> None:
    path = tmp_path / "told.backup"
    report = told(kept.park.server, "backup", str(path))
    assert report["bytes"] == path.stat().st_size
    assert report["rows"] == sum(map(len, content(kept.park.server).values())) + 1
    assert (report["files"], report["missing"]) == (1, [])
    assert report["epoch"] == epoch(kept.park.server)
    assert path.stat().st_mode & 0o077 == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["told.backup"]


def test_a_laptop_goes_on_with_a_restored_centre(kept: Kept, made: Path, place: RunningServer) -> None:
    done(place, "restore", str(made))
    place.start()
    try:
        laptop = place.sign_in(kept.officer.who["account"])
        assert laptop.get(f"/files/{kept.sha256}").content == kept.photo
        enterprise = laptop.pull_all().of_kind("enterprise")[0]["id"]
        assert laptop.push(patch(enterprise, employees=(30, 31)))[0]["status"] == "applied"
        # Whoever talks of the life before is told so: that is what makes him offer again what was lost.
        message = {"device": kept.officer.device, "epoch": kept.officer.who["epoch"], "cursors": {}}
        laptop.headers = kept.officer.headers
        answer = laptop.post("/sync/pull", {"proto": 1, "schema": 1, **message})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "epoch")
    finally:
        place.stop()


@pytest.mark.slow
def test_a_backup_is_one_moment_while_others_write(kept: Kept, tmp_path: Path, place: RunningServer) -> None:
    """Somebody writes all the while; what comes back has no document without its bucket's count and sum."""
    ended, written = threading.Event(), threading.Event()

    def write() -> None:
        while not ended.is_set():
            id = new_id()
            kept.park.write(kept.bucket, "note", id, {"id": id, "text": "字" * 400})
            written.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        written.wait(30)
        files = [tmp_path / f"{number}.backup" for number in range(3)]
        for path in files:
            written.clear()
            done(kept.park.server, "backup", str(path))
            assert written.wait(30), "a backup must not stop those who write"
    finally:
        ended.set()
        writer.join()
    notes = []
    for path in files:
        done(place, "restore", str(path), "--force")
        assert told(place, "verify")["problems"] == []
        found = content(place)["document"]
        notes.append(len([row for row in found if row[1] == "note"]))
    assert 0 < notes[0] < notes[1] < notes[2]


# What is refused -----------------------------------------------------------------------------------------------------


def test_a_backup_does_not_write_over_anything(kept: Kept, made: Path, tmp_path: Path) -> None:
    before = made.read_bytes()
    check_failure(run(kept.park.server, "backup", str(made)), "换一个文件名")
    assert made.read_bytes() == before
    check_failure(run(kept.park.server, "backup", str(tmp_path / "none" / "x")), "没有文件夹")


def test_a_place_in_use_is_not_touched_without_force(kept: Kept, made: Path, place: RunningServer) -> None:
    done(place, "init")
    before = content(place), epoch(place)
    check_failure(run(place, "restore", str(made)), "--force")
    assert (content(place), epoch(place)) == before
    done(place, "restore", str(made), "--force")
    check_same(kept, place)


def test_somebody_elses_database_is_never_touched(made: Path, tmp_path: Path) -> None:
    place = RunningServer(tmp_path / "place")
    place.data_dir.mkdir()
    with sqlite3.connect(place.data_dir / "center.db") as connection:
        connection.execute("CREATE TABLE accounts (x)")
    connection.close()
    check_failure(run(place, "restore", str(made), "--force"), "不是驻企通")


def test_a_damaged_database_is_set_aside(kept: Kept, made: Path, tmp_path: Path) -> None:
    place = RunningServer(tmp_path / "place")
    place.data_dir.mkdir()
    damaged = b"%PDF-1.7 not a database" * 300
    (place.data_dir / "center.db").write_bytes(damaged)
    check_failure(run(place, "restore", str(made)), "备份恢复")
    done(place, "restore", str(made), "--force")
    check_same(kept, place)
    assert (place.data_dir / "center.db.damaged-1").read_bytes() == damaged


@pytest.mark.parametrize("cut", ["empty", "one_byte", "half", "trailer", "nothing_but_the_trailer"])
def test_a_cut_off_backup(made: Path, tmp_path: Path, cut: str) -> None:
    data = made.read_bytes()
    made.write_bytes(
        {
            "empty": b"",
            "one_byte": data[:-1],
            "half": data[: len(data) // 2],
            "trailer": data[:-TRAILER],
            "nothing_but_the_trailer": data[-TRAILER:],
        }[cut]
    )
    check_untouched(made, tmp_path)


def test_every_altered_byte_is_noticed(made: Path, tmp_path: Path) -> None:
    data = made.read_bytes()
    body = len(data) - TRAILER
    for at in (0, 100, 512, body // 3, body // 2, body - 1, body, body + len(MARK), len(data) - 1):
        made.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        check_untouched(made, tmp_path)


def check_untouched(made: Path, folder: Path) -> None:
    place = RunningServer(folder / "place")
    check_failure(run(place, "restore", str(made)), "没有恢复任何内容")
    assert not place.data_dir.exists()


def test_files_that_are_no_backups(tmp_path: Path) -> None:
    place = RunningServer(tmp_path / "place")
    other = tmp_path / "x.tar"
    with tarfile.open(other, "w") as archive:
        archive.add(__file__, "backup.json")
    check_failure(run(place, "restore", str(other)), "没有恢复任何内容")
    check_failure(run(place, "restore", str(tmp_path / "none")), "读不出来")
    check_failure(run(place, "restore", str(tmp_path)), "读不出来")


@pytest.mark.parametrize("newer", [{"schema": "9999"}, {"format": 2}])
def test_a_backup_of_a_newer_program(made: Path, tmp_path: Path, newer: dict[str, Any]) -> None:
    altered = tmp_path / "newer.backup"
    rewrite(made, altered, newer)
    place = RunningServer(tmp_path / "place")
    check_failure(run(place, "restore", str(altered)), "升级")
    assert not place.data_dir.exists()


def rewrite(source: Path, target: Path, about: dict[str, Any]) -> None:
    """The same backup under another `backup.json`, with its checksum in order."""
    with tarfile.open(source) as archive, tarfile.open(target, "w") as into:
        for entry in archive.getmembers():
            file = archive.extractfile(entry)
            assert file is not None
            data = file.read()
            if entry.name == "backup.json":
                data = json.dumps({**json.loads(data), **about}).encode()
                entry.size = len(data)
            into.addfile(entry, io.BytesIO(data))
    data = target.read_bytes()
    target.write_bytes(data + MARK + hashlib.sha256(data).hexdigest().encode() + b"\n")


def test_a_missing_file_is_named_and_the_rest_is_kept(kept: Kept, tmp_path: Path) -> None:
    blob = kept.park.settings.files / file_key(kept.sha256)
    path, hidden = tmp_path / "without.backup", blob.with_suffix(".hidden")
    os.replace(blob, hidden)
    try:
        ended = run(kept.park.server, "backup", str(path))
    finally:
        os.replace(hidden, blob)
    assert ended.returncode == 1
    assert kept.sha256 in ended.stdout
    place = RunningServer(tmp_path / "place")
    assert told(place, "restore", str(path))["files"] == 0
    assert content(place) == content(kept.park.server)
    assert {problem["code"] for problem in json.loads(run(place, "verify", "--json").stdout)["problems"]} == {
        "blob_missing"
    }


# Power cuts ----------------------------------------------------------------------------------------------------------


def test_a_power_cut_while_backing_up_leaves_no_backup(kept: Kept, tmp_path: Path) -> None:
    path = tmp_path / "cut.backup"
    ended = died(kept.park.server, "backup_written:1", "backup", str(path))
    assert ended.returncode == -signal.SIGKILL
    assert not path.exists()


@pytest.mark.slow
@pytest.mark.parametrize("point", ["restore_files", "restore_before_commit"])
def test_a_power_cut_while_restoring_leaves_the_old_centre(
    kept: Kept, made: Path, place: RunningServer, point: str
) -> None:
    done(place, "init")
    before = content(place), epoch(place)
    ended = died(place, f"{point}:1", "restore", str(made), "--force")
    assert ended.returncode == -signal.SIGKILL
    assert (content(place), epoch(place)) == before
    assert told(place, "verify")["ok"] is True
    done(place, "restore", str(made), "--force")
    check_same(kept, place)


def died(server: RunningServer, point: str, *words: str) -> subprocess.CompletedProcess[str]:
    return server.cli(*words, environment={"ZHUQITONG_FAULT": point})
