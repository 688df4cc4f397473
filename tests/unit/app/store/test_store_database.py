"""Opening, transactions, snapshots, listeners, and what goes wrong with files and disks."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import KnownError
from app.store import version
from app.store.database import Altered, Store, open_store
from app.store.drafts import draft, drafts, drop_draft, save_draft
from app.store.outbox import make_changes, pending
from tests.support import laptop

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "store.db")
    yield store
    store.close()


def put_enterprise(id: str) -> laptop.Change:
    fields = {name: [None, value] for name, value in laptop.enterprise_body(id).items()}
    return laptop.change("put", f"e:{id}", "enterprise", id, {"fields": fields})


def test_a_new_store_is_durable_strict_and_empty(store: Store) -> None:
    with store.write() as transaction:
        assert transaction.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert transaction.execute("PRAGMA synchronous").fetchone() == (2,)
        assert transaction.execute("PRAGMA secure_delete").fetchone() == (1,)
        assert transaction.execute("PRAGMA foreign_keys").fetchone() == (0,)
    own = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%sqlite%'"
    tables = dict(store.select(own))
    assert {"document", "base", "outbox", "cursor", "kv", "draft", "pending_file"} <= tables.keys()
    assert all(sql.rstrip().endswith("STRICT") for sql in tables.values())
    assert store.held() == {}
    assert store.get("enterprise", "e1") is None


def test_opening_an_up_to_date_store_imports_nothing_heavy(tmp_path: Path) -> None:
    open_store(tmp_path / "store.db").close()
    script = (
        "import sys; from pathlib import Path; from app.store.database import open_store;"
        f"open_store(Path({str(tmp_path / 'store.db')!r})).close();"
        "print([name for name in ('sqlite_utils', 'requests', 'reportlab') if name in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


def test_what_is_kept_comes_back_with_the_next_opening(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.db")
    store.set_kv("session", {"name": "王联络", "roles": ["officer"]})
    save_draft(
        store, "v1", "visit_three@1", {"filling": {"/a": "已填"}, "section": "/a"}, "2026-11-22T04:00:00.000Z"
    )
    store.close()
    store.close()
    again = open_store(tmp_path / "store.db")
    assert again.kv("session") == {"name": "王联络", "roles": ["officer"]}
    kept = draft(again, "v1")
    assert kept is not None
    assert kept.state == {"filling": {"/a": "已填"}, "section": "/a"}
    assert [one.visit for one in drafts(again)] == ["v1"]
    with again.write():
        drop_draft(again, "v1")
        again.set_kv("session", None)
    assert draft(again, "v1") is None
    assert again.kv("session", "nobody") == "nobody"
    again.close()
    with pytest.raises(RuntimeError, match="closed"):
        again.kv("session")


def test_a_write_is_whole_or_nothing_and_not_re_entrant(store: Store) -> None:
    def write_and_fail() -> None:
        with store.write():
            store.set_kv("a", 1)
            assert store.kv("a") == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert store.kv("a") is None
    with store.write(), pytest.raises(RuntimeError, match="already open"), store.write():
        pass
    with store.read(), pytest.raises(RuntimeError, match="already open"), store.write():
        pass
    with store.write() as outer:
        store.set_kv("a", 1)

        def join_and_fail() -> None:
            with store.joined() as inner:
                assert inner is outer
                store.set_kv("b", 2)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            join_and_fail()
        store.set_kv("c", 3)
    assert [store.kv(name) for name in "abc"] == [1, None, 3]


def test_a_snapshot_stands_still_while_others_write(store: Store) -> None:
    store.set_kv("a", 1)
    with store.read():
        writer = threading.Thread(target=store.set_kv, args=("a", 2))
        writer.start()
        writer.join()
        assert store.kv("a") == 1
    assert store.kv("a") == 2


def test_writers_of_many_threads_wait_for_each_other(store: Store) -> None:
    def count() -> None:
        for _ in range(20):
            with store.write():
                store.set_kv("n", store.kv("n", 0) + 1)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.kv("n") == 80


def test_listeners_hear_of_commits_alone_and_may_write_themselves(store: Store) -> None:
    heard: list[Altered] = []

    def listen(altered: Altered) -> None:
        heard.append(altered)
        if altered.origin == "screen":
            store.set_kv("seen", True)

    end = store.subscribe(listen)

    def write_and_fail() -> None:
        with store.write("screen"):
            store.set_kv("a", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert heard == []
    make_changes(store, [put_enterprise("e1")], laptop.context(laptop.ADMIN), origin="screen")
    assert heard == [
        Altered(frozenset({("enterprise", "e1")}), frozenset({"documents", "outbox"}), "screen"),
        Altered(frozenset(), frozenset({"kv"}), ""),
    ]
    end()
    store.set_kv("a", 2)
    assert len(heard) == 2


def test_a_listeners_bug_does_not_look_like_a_failed_write(
    store: Store, expects_log_errors: list[object]
) -> None:
    store.subscribe(lambda _altered: 1 / 0)  # type: ignore[arg-type, return-value]
    store.set_kv("a", 1)
    assert store.kv("a") == 1
    assert len(expects_log_errors) == 1


# ---------------------------------------------------------------- files and disks that refuse


def refused(path: Path) -> KnownError:
    with pytest.raises(KnownError) as caught:
        open_store(path)
    return caught.value


def test_a_store_of_a_newer_version_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    open_store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {version.VERSION + 1}")
    connection.close()
    before = path.read_bytes()
    error = refused(path)
    assert error.code == "store_newer"
    assert "新版" in error.text
    assert path.read_bytes() == before


def read_all(path: Path) -> None:
    store = open_store(path)
    try:
        for number in range(50):
            store.kv(f"name-{number}")
    finally:
        store.close()


@pytest.mark.parametrize("damage", ["foreign", "middle", "short"])
def test_a_damaged_file_is_said_to_be_one_and_kept(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "store.db"
    store = open_store(path)
    for number in range(50):
        store.set_kv(f"name-{number}", "x" * 2000)
    store.close()
    whole = path.read_bytes()
    if damage == "foreign":
        path.write_bytes("这不是数据库".encode() * 500)
    elif damage == "middle":
        path.write_bytes(whole[:100] + os.urandom(len(whole) - 100))
    else:
        path.write_bytes(whole[: len(whole) // 2])
    kept = path.read_bytes()
    with pytest.raises(KnownError) as caught:
        read_all(path)
    assert caught.value.code == "store_damaged"
    assert "另存" in caught.value.text
    assert path.read_bytes()[100:] == kept[100:]


def test_a_log_cut_short_loses_the_last_commits_at_most(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = open_store(path)
    keeper = sqlite3.connect(path)
    keeper.execute("SELECT 1 FROM kv").fetchall()
    for number in range(10):
        store.set_kv("n", number)
    log = path.with_name("store.db-wal").read_bytes()
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "store.db").write_bytes(path.read_bytes())
    (copy / "store.db-wal").write_bytes(log[: len(log) - 1000])
    keeper.close()
    store.close()
    again = open_store(copy / "store.db")
    assert again.kv("n") == 8
    again.set_kv("n", 99)
    assert again.kv("n") == 99
    again.close()


def test_a_full_disk_loses_nothing_that_was_there(store: Store) -> None:
    for number in range(30):
        save_draft(store, f"v{number}", "form@1", {"text": "x" * 3000}, "2026-11-22T04:00:00.000Z")
    make_changes(store, [put_enterprise("e1")], laptop.context(laptop.ADMIN))
    with store.write() as transaction:
        (pages,) = transaction.execute("PRAGMA page_count").fetchone()
        transaction.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(KnownError) as caught:
        save_draft(store, "v-new", "form@1", {"text": "y" * 100_000}, "2026-11-22T04:00:00.000Z")
    assert caught.value.code == "disk_full"
    assert "清理" in caught.value.text
    many = [put_enterprise(f"big{number}") for number in range(100)]
    with pytest.raises(KnownError) as caught:
        make_changes(store, many, laptop.context(laptop.ADMIN))
    assert caught.value.code == "disk_full"
    assert len(drafts(store)) == 30
    assert [row.change.doc for row in pending(store)] == [("enterprise", "e1")]
    with store.write() as transaction:
        transaction.execute("PRAGMA max_page_count = 1073741823")
    save_draft(store, "v-new", "form@1", {"text": "y" * 100_000}, "2026-11-22T04:00:00.000Z")
    assert len(drafts(store)) == 31


def test_a_disk_that_fails_at_the_commit_is_known_and_leaves_no_half(tmp_path: Path) -> None:
    full = [False]

    def fault(point: str) -> None:
        if full[0] and point == "before_commit":
            raise sqlite3.OperationalError("database or disk is full")

    store = open_store(tmp_path / "store.db", fault=fault)
    full[0] = True
    with pytest.raises(KnownError) as caught:
        store.set_kv("a", 1)
    assert caught.value.code == "disk_full"
    full[0] = False
    assert store.kv("a") is None
    store.set_kv("a", 2)
    store.close()


OPEN = """
import os, sys
from pathlib import Path
from app.errors import KnownError
from app.store.database import open_store
import app.store.schema
if os.geteuid() == 0:
    # Root may write everywhere: where the tests run as root, somebody without rights opens the store.
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    open_store(Path(sys.argv[1])).close()
except KnownError as error:
    print(error.code)
"""


def open_as_nobody(path: Path) -> str:
    told = subprocess.run(
        [sys.executable, "-c", OPEN, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return told.stdout.strip()


@pytest.mark.parametrize("existing", [True, False])
def test_a_folder_one_cannot_write_to_is_said_at_the_opening(tmp_path: Path, existing: bool) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    if existing:
        open_store(folder / "store.db").close()
    for above in (folder, *folder.parents):
        if above.is_relative_to(tmp_path.parents[1]):
            above.chmod(0o755)
    folder.chmod(0o555)
    try:
        assert open_as_nobody(folder / "store.db") == "read_only"
    finally:
        folder.chmod(0o755)


def test_a_store_held_by_another_program_is_said_to_be_busy(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.store.database.BUSY_MS", 50)
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(KnownError) as caught:
        store.set_kv("a", 1)
    assert caught.value.code == "store_busy"
    assert refused(tmp_path / "store.db").code == "store_busy"
    other.execute("ROLLBACK")
    other.close()
    store.set_kv("a", 1)
