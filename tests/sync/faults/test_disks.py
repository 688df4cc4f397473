"""Disks that are full, cannot be written or forget what was last written; databases that are locked or go away."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from app.domain import buckets
from app.domain.clock import system_clock, to_text
from app.errors import KnownError
from app.paths import DataFolder
from app.services import attachments
from app.services.desk import Desk
from app.store.drafts import draft, save_draft
from sync.client.engine import engine_for
from sync.server import database
from sync.server.database import Database
from sync.server.verify import verify
from tests.support import postgres
from tests.support.park import Park, patch
from tests.support.server import RunningServer
from tests.sync.faults.cuts import HAN, Talker, talker

pytestmark = pytest.mark.slow


@contextmanager
def disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of its own, of that size. Skips where this user may not mount one."""
    place = folder / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no disk of one's own can be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@contextmanager
def filled(place: Path, left: int = 0) -> Iterator[None]:
    """The disk full but for `left` bytes, then free again."""
    filler = place / "filler"
    handle = os.open(filler, os.O_WRONLY | os.O_CREAT)
    with suppress(OSError):
        while True:
            os.write(handle, bytes(4096))
    os.truncate(handle, max(0, os.fstat(handle).st_size - left))
    os.close(handle)
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def running(folder: Path, url: str | None = None) -> Iterator[Park]:
    with RunningServer(folder, url) as server:
        park = Park(server)
        try:
            yield park
        finally:
            park.close()


def fails(one: Talker) -> KnownError:
    with pytest.raises(KnownError) as caught:
        one.talk(one.park.server.url)
    assert HAN.search(caught.value.text)
    return caught.value


def check_sound(park: Park) -> None:
    report = verify(park.database, park.settings)
    assert report.ok, report.problems


# Full ------------------------------------------------------------------------------------------------------------


def test_the_centres_disk_is_full(tmp_path: Path) -> None:
    with (
        disk(tmp_path, 24) as place,
        running(place / "centre") as park,
        talker(park, tmp_path / "desk") as one,
    ):
        one.prepare()
        # More than what SQLite has left in its file and its log.
        bucket = buckets.of_enterprise(one.enterprise)
        long = {"fields": {"business_scope": [None, "甲" * 150_000]}}
        one.desk.make(one.desk.change("patch", bucket, "enterprise", one.enterprise, long))
        with filled(place):
            assert fails(one).code == "later"
            assert "center_disk_full" in park.server.log
            told = park.server.cli("backup", str(place / "full.backup"))
            assert told.returncode == 1
            assert HAN.search(told.stderr)
            assert "Traceback" not in told.stderr
            assert [path.name for path in place.glob("*backup*")] == []
        check_sound(park)
        one.through(park.server.url)
        assert engine_for(one.desk.store, one.desk.context, system_clock).run().error is None
        check_sound(park)
        held = one.desk.store.get("enterprise", one.enterprise)
        assert held is not None
        assert held.body["business_scope"] == "甲" * 150_000
        assert held.rev == 4


def test_the_centres_disk_is_full_while_a_photo_comes(tmp_path: Path) -> None:
    with (
        disk(tmp_path, 24) as place,
        running(place / "centre") as park,
        talker(park, tmp_path / "desk") as one,
    ):
        one.prepare()
        photo = b"\xff\xd8\xff" + bytes(range(256)) * 16_000
        attachments.add(one.desk, one.visit, photo, "大图.jpg")
        with filled(place, left=1_500_000):
            assert fails(one).code == "later"
        one.through(park.server.url)
        assert engine_for(one.desk.store, one.desk.context, system_clock).run().error is None
        stored = [each.body["stored_at"] for each in one.desk.store.of_kind("attachment")]
        assert len(stored) == 2
        assert all(stored)
        check_sound(park)


@pytest.mark.postgres
def test_postgres_has_no_room_left(tmp_path: Path, cluster: postgres.Cluster) -> None:
    """The tables on a small disk, the log of PostgreSQL elsewhere: an INSERT finds no room."""
    with disk(cluster.root, 32) as place:
        os.chown(place, postgres.NOBODY, postgres.NOBODY)
        admin = f"host={cluster.root} user=postgres dbname=postgres"
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
            connection.execute("CREATE DATABASE small TABLESPACE small")
        try:
            url = f"postgresql://postgres@/small?host={cluster.root}"
            with running(tmp_path / "centre", url) as park, talker(park, tmp_path / "desk") as one:
                one.prepare()
                bucket = buckets.of_enterprise(one.enterprise)
                noise = "".join(chr(0x4E00 + (number * 7919) % 20_000) for number in range(300_000))
                long = {"fields": {"business_scope": [None, noise]}}
                one.desk.make(one.desk.change("patch", bucket, "enterprise", one.enterprise, long))
                with filled(place):
                    assert fails(one).code == "later"
                    assert "center_disk_full" in park.server.log
                one.through(park.server.url)
                assert engine_for(one.desk.store, one.desk.context, system_clock).run().error is None
                check_sound(park)
        finally:
            with psycopg.connect(admin, autocommit=True) as connection:
                connection.execute("DROP DATABASE small WITH (FORCE)")
                connection.execute("DROP TABLESPACE small")


def type_on(one: Talker) -> None:
    for _ in range(50):
        state = {"/a": "二" * 30_000}
        save_draft(one.desk.store, one.visit, "visit_three", state, to_text(system_clock()))


def test_the_laptops_disk_is_full_while_somebody_types_and_syncs(tmp_path: Path) -> None:
    with (
        disk(tmp_path, 16) as place,
        running(tmp_path / "centre") as park,
        talker(park, place / "desk") as one,
    ):
        store = one.desk.store
        save_draft(store, one.visit, "visit_three", {"/a": "一"}, to_text(system_clock()))
        one.prepare()
        with filled(place):
            with pytest.raises(KnownError) as full:
                type_on(one)
            assert full.value.code == "disk_full"
            assert HAN.search(full.value.text)
            kept = draft(store, one.visit)
            assert kept is not None
            assert kept.state["/a"] in ("一", "二" * 30_000)
            with suppress(KnownError):
                one.talk(park.server.url)
            with pytest.raises(KnownError) as full:
                attachments.add(one.desk, one.visit, bytes(range(256)) * 40_000, "大图.bin")
            assert full.value.code == "disk_full"
            assert list(one.desk.folder.attachments.rglob("*.part")) == []
        save_draft(store, one.visit, "visit_three", {"/a": "三"}, to_text(system_clock()))
        one.recover()
        kept = draft(store, one.visit)
        assert kept is not None
        assert kept.state == {"/a": "三"}


# Read only -------------------------------------------------------------------------------------------------------


def test_a_centre_on_a_disk_that_cannot_be_written(tmp_path: Path) -> None:
    with (
        disk(tmp_path, 24) as place,
        running(place / "centre") as park,
        talker(park, tmp_path / "desk") as one,
    ):
        one.prepare()
        park.server.kill()
        park.close()
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        try:
            told = park.server.cli("serve", "--port", "0")
            assert told.returncode == 1
            assert HAN.search(told.stderr)
            assert "Traceback" not in told.stderr
            assert fails(one).code == "offline"
            backup = park.server.cli("backup", str(place / "x.backup"))
            assert backup.returncode == 1
            assert HAN.search(backup.stderr)
            assert "Traceback" not in backup.stderr
        finally:
            subprocess.run(["mount", "-o", "remount,rw", str(place)], check=True)
        park.server.start()
        one.recover()
        check_sound(park)


@pytest.mark.postgres
def test_a_database_that_only_reads(tmp_path: Path, cluster: postgres.Cluster) -> None:
    """What a standby is after somebody pointed the centre at it."""
    url = cluster.new_database()
    with running(tmp_path / "centre", url) as park, talker(park, tmp_path / "desk") as one:
        one.prepare()
        name = url.partition("@/")[2].partition("?")[0]
        setting = f'ALTER DATABASE "{name}" SET default_transaction_read_only = '
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(setting + "on")
        park.server.stop()
        told = park.server.cli("assign", "--person", one.account, "没有")
        assert told.returncode == 1
        assert "Traceback" not in told.stderr
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(setting + "off")
        park.server.start()
        one.recover()


# Locked ----------------------------------------------------------------------------------------------------------


def test_a_push_waits_for_another_programs_lock(tmp_path: Path) -> None:
    with running(tmp_path / "centre") as park:
        id = park.enterprise()
        officer = park.officer(id)
        answers: list[str] = []
        with closing(sqlite3.connect(tmp_path / "centre" / "center.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            pushing = threading.Thread(
                target=lambda: answers.append(officer.push(patch(id, employees=(None, 5)))[0]["status"])
            )
            pushing.start()
            # Reading goes on meanwhile, as often as one likes.
            for _ in range(3):
                assert officer.pull_all().of_kind("enterprise")[0].get("employees") is None
            assert answers == []
            other.execute("ROLLBACK")
            pushing.join()
        assert answers == ["applied"]


def test_a_lock_that_is_never_given_back_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with running(tmp_path / "centre") as park:
        with closing(sqlite3.connect(tmp_path / "centre" / "center.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(KnownError) as busy:
                park.write("e:x", "note", "n", {"id": "n"})
        assert busy.value.code == "database_busy"
        park.write("e:x", "note", "n", {"id": "n"})


# Gone ------------------------------------------------------------------------------------------------------------


@pytest.mark.postgres
def test_postgres_is_restarted_in_the_middle(tmp_path: Path) -> None:
    if (reason := postgres.missing()) is not None:
        pytest.skip(reason)
    with postgres.Cluster(fsync=True) as cluster:
        url = cluster.new_database()
        with running(tmp_path / "centre", url) as park, talker(park, tmp_path / "desk") as one:
            assert one.try_through(park.server.url) is None
            one.prepare()
            cluster.stop()
            assert fails(one).code == "later"
            assert "database_unreachable" in park.server.log
            cluster.start()
            one.recover()
            # Restarted between two requests: the pool notices its dead connections by itself.
            one.prepare()
            cluster.stop()
            cluster.start()
            one.recover()
            check_sound(park)


class CommitCutter:
    """Stands between the centre and PostgreSQL's socket; breaks the connection around a COMMIT when told to.

    `cut`: "before" the COMMIT reaches PostgreSQL, or "after" it was done and before anybody hears of it.
    """

    def __init__(self, upstream: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="zhuqitong-cut-"))
        self.cut: str | None = None
        self.cuts = 0
        self._upstream = upstream / ".s.PGSQL.5432"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.folder / ".s.PGSQL.5432"))
        self._listener.listen()
        self._threads = [threading.Thread(target=self._accept)]
        self._open: list[socket.socket] = []
        self._closing = False
        self._threads[0].start()

    def close(self) -> None:
        self._closing = True
        with suppress(OSError), socket.socket(socket.AF_UNIX) as last:
            last.connect(str(self.folder / ".s.PGSQL.5432"))
        for one in self._open:
            _break(one)
        for thread in self._threads:
            thread.join()
        self._listener.close()
        shutil.rmtree(self.folder)

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            if self._closing:
                client.close()
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._upstream))
            self._open += [client, server]
            done = threading.Event()
            for arguments in ((client, server, done, True), (server, client, done, False)):
                self._threads.append(threading.Thread(target=self._pump, args=arguments))
                self._threads[-1].start()

    def _pump(
        self, source: socket.socket, target: socket.socket, committing: threading.Event, asks: bool
    ) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if asks and self.cut is not None and b"COMMIT" in data:
                    if self.cut == "before":
                        break
                    committing.set()
                elif not asks and committing.is_set():
                    break
                target.sendall(data)
            else:
                _break(source)
                _break(target)
                return
            self.cut = None
            self.cuts += 1
        _break(source)
        _break(target)


def _break(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@pytest.mark.postgres
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_connection_lost_at_the_commit(tmp_path: Path, cluster: postgres.Cluster, moment: str) -> None:
    """Nobody knows whether it was committed. The change is offered again and is there once."""
    cutter = CommitCutter(cluster.root)
    try:
        url = cluster.new_database()
        through = url.replace(str(cluster.root), str(cutter.folder))
        with running(tmp_path / "centre", through) as park, talker(park, tmp_path / "desk") as one:
            for _ in range(3):
                one.prepare()
                cutter.cut = moment
                assert fails(one).code in ("later", "server_trouble", "file")
                assert cutter.cut is None
                one.recover()
            assert cutter.cuts == 3
            check_sound(park)
            park.server.stop()
    finally:
        cutter.close()


# Forgetful -------------------------------------------------------------------------------------------------------


def test_a_centre_whose_log_was_cut_short(tmp_path: Path) -> None:
    """A disk that lied about fsync: the last commits are gone. What is there is sound; told that it begins a new
    epoch, the centre gets from the laptops what it lost."""
    with running(tmp_path / "centre") as park, talker(park, tmp_path / "desk") as one:
        for _ in range(3):
            assert one.try_through(park.server.url) is None
        log = tmp_path / "centre" / "center.db-wal"
        # Read before the last one closes it and so brings the log into the file.
        park.server.kill()
        whole, main = log.read_bytes(), (tmp_path / "centre" / "center.db").read_bytes()
        park.close()
        assert len(whole) > 100_000
        for part in (0.9, 0.7, 0.5):
            for ending in ("-wal", "-shm"):
                (tmp_path / "centre" / f"center.db{ending}").unlink(missing_ok=True)
            (tmp_path / "centre" / "center.db").write_bytes(main)
            log.write_bytes(whole[: int(len(whole) * part)])
            opened = Database(park.settings)
            report = verify(opened, park.settings)
            opened.close()
            assert {problem.code for problem in report.problems} <= {"blob_unknown"}, report.problems
        park.server.command("init", "--new-epoch")
        park.server.start()
        one.through(park.server.url)
        notes = len(one.desk.store.of_kind("note"))
        report_of_run = engine_for(one.desk.store, one.desk.context, system_clock).run()
        if report_of_run.error is not None:
            assert report_of_run.error.code == "sign_in"
            one.signs_in = True
            one.talk(park.server.url)
            one.signs_in = False
            assert engine_for(one.desk.store, one.desk.context, system_clock).run().error is None
        held = one.desk.store.get("enterprise", one.enterprise)
        assert held is not None
        assert held.body["employees"] == one.round
        photos = one.desk.store.of_kind("attachment")
        assert len(photos) == one.round
        assert all(photo.body["stored_at"] for photo in photos)
        # Notes are written by the centre alone here: what it forgot of those nobody can give back.
        assert len(one.desk.store.of_kind("note")) <= notes
        check_sound(park)


def test_a_laptop_whose_log_was_cut_short(tmp_path: Path) -> None:
    """The laptop forgets its last commits, confirmed ones among them: it has them again from the centre."""
    with running(tmp_path / "centre") as park, talker(park, tmp_path / "desk") as one:
        for _ in range(2):
            assert one.try_through(park.server.url) is None
        folder = one.desk.folder.root
        whole = (folder / "store.db-wal").read_bytes()
        for number, part in enumerate((0.95, 0.8, 0.6, 0.4)):
            again = tmp_path / f"again-{number}"
            shutil.copytree(folder, again)
            (again / "store.db-shm").unlink(missing_ok=True)
            (again / "store.db-wal").write_bytes(whole[: int(len(whole) * part)])
            with Desk.open(DataFolder(again)) as desk:
                report = engine_for(desk.store, desk.context, system_clock).run()
                assert report.error is None, report.error
                assert desk.store.select("PRAGMA integrity_check") == [("ok",)]
                held = desk.store.get("enterprise", one.enterprise)
                assert held is not None
                assert held.body["employees"] == one.round
                assert desk.store.select("SELECT count(*) FROM outbox WHERE state = 'pending'") == [(0,)]
                assert len(desk.store.of_kind("attachment")) == one.round
