"""That no row is skipped, put to a checker that is seen to notice skipped rows where they are.

A reader follows its cursor while eight writers commit. Over the real write path and the real pull it has every row in
the end. Over two small doubles it has not: one takes seq from a sequence of PostgreSQL, one reads rows and then the
head in READ COMMITTED. Were the checker blind, these would not fail.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
import requests

from app.domain import buckets
from app.domain.clock import system_clock
from sync.server import store
from tests.support.park import Park, patch
from tests.support.postgres import Cluster
from tests.support.server import Laptop, RunningServer

WRITERS = 8
AT_MOST = 400
"""Rounds of each writer after which a double that has lost nothing is given up on."""
pytestmark = [pytest.mark.postgres, pytest.mark.slow]

Write = Callable[[int, str], None]
"""(writer, id): one row, committed when it returns."""
Read = Callable[[int], tuple[set[str], int]]
"""cursor → (ids of the rows after it, the next cursor)."""


def follow(write: Write, read: Read, rounds: int, until_lost: bool = False) -> set[str]:
    """Eight writers, and a reader that follows until all is quiet. Returns the ids that never came by.

    With `until_lost` the writers go on, `rounds` at most, until a row that is committed has been passed over.
    """
    stop, errors = threading.Event(), list[BaseException]()
    written = [set[str]() for _ in range(WRITERS)]

    def work(writer: int) -> None:
        try:
            for number in range(rounds):
                if stop.is_set():
                    return
                id = f"w{writer}-{number}"
                write(writer, id)
                written[writer].add(id)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    seen, cursor = set[str](), 0
    while any(thread.is_alive() for thread in threads):
        # What was committed before this question and is not in its answer was passed over for ever.
        before = set[str]().union(*(one.copy() for one in written))
        rows, cursor = read(cursor)
        seen |= rows
        if until_lost and before - seen:
            stop.set()
    for thread in threads:
        thread.join()
    assert errors == []
    while True:
        rows, later = read(cursor)
        seen |= rows
        if later == cursor:
            return set[str]().union(*written) - seen
        cursor = later


@contextmanager
def table(cluster: Cluster) -> Iterator[Callable[[], psycopg.Connection]]:
    """A table as the server's, without its lock. Gives a way to connections, closed in the end."""
    url = cluster.new_database()
    opened: list[psycopg.Connection] = []

    def connect() -> psycopg.Connection:
        opened.append(psycopg.connect(url))
        return opened[-1]

    with connect() as connection:
        connection.execute(
            "CREATE TABLE document (bucket text, id text, seq bigint, PRIMARY KEY (bucket, id))"
        )
        connection.execute("CREATE TABLE bucket (id text PRIMARY KEY, head bigint)")
        connection.execute("INSERT INTO bucket VALUES ('b', 0)")
        connection.execute("CREATE SEQUENCE seq")
    try:
        yield connect
    finally:
        for connection in opened:
            connection.close()


def test_a_sequence_in_the_place_of_the_counter_loses_rows(cluster: Cluster) -> None:
    with table(cluster) as connect:
        connections = [connect() for _ in range(WRITERS)]
        reader = connect()

        def write(writer: int, id: str) -> None:
            with connections[writer].transaction():
                connections[writer].execute("INSERT INTO document VALUES ('b', %s, nextval('seq'))", (id,))
                # Whatever a change does after it took its number.
                connections[writer].execute("SELECT count(*) FROM document WHERE bucket = 'b'")

        def read(cursor: int) -> tuple[set[str], int]:
            with reader.transaction():
                rows = reader.execute("SELECT id, seq FROM document WHERE seq > %s", (cursor,)).fetchall()
            return {id for id, _ in rows}, max([cursor, *(seq for _, seq in rows)])

        assert follow(write, read, AT_MOST, until_lost=True)


def counted(connection: psycopg.Connection, id: str) -> None:
    """The write path as it is: lock the bucket's row, write, move the head."""
    with connection.transaction():
        [(head,)] = connection.execute("SELECT head FROM bucket WHERE id = 'b' FOR UPDATE").fetchall()
        connection.execute("INSERT INTO document VALUES ('b', %s, %s)", (id, head + 1))
        connection.execute("UPDATE bucket SET head = %s WHERE id = 'b'", (head + 1,))


@pytest.mark.parametrize("snapshot", [False, True])
def test_rows_and_then_the_head_loses_rows_without_a_snapshot(cluster: Cluster, snapshot: bool) -> None:
    """The same writers twice: READ COMMITTED passes rows over, REPEATABLE READ none."""
    with table(cluster) as connect:
        connections = [connect() for _ in range(WRITERS)]
        reader = connect()
        if snapshot:
            reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

        def read(cursor: int) -> tuple[set[str], int]:
            with reader.transaction():
                rows = reader.execute("SELECT id FROM document WHERE seq > %s", (cursor,)).fetchall()
                [(head,)] = reader.execute("SELECT head FROM bucket WHERE id = 'b'").fetchall()
            return {id for (id,) in rows}, head

        lost = follow(
            lambda writer, id: counted(connections[writer], id),
            read,
            60 if snapshot else AT_MOST,
            until_lost=not snapshot,
        )
        assert bool(lost) is not snapshot


def reading(laptop: Laptop, bucket: str, kind: str) -> Read:
    """The real pull, over HTTP, in small pages."""

    def read(cursor: int) -> tuple[set[str], int]:
        page = laptop.pull({bucket: cursor} if cursor else {}, rows=20)
        parts = [part for part in page.get("buckets", ()) if part["id"] == bucket]
        rows = {row[1] for part in parts for row in part["rows"] if row[0] == kind}
        return rows, parts[0]["to"] if parts else cursor

    return read


def test_the_real_write_path_and_the_real_pull_lose_none(cluster: Cluster, tmp_path: Path) -> None:
    with RunningServer(tmp_path, cluster.new_database(), workers=2) as server:
        # It says its address before its processes have imported what they need.
        assert requests.get(f"{server.url}/healthz", timeout=250).ok
        park = Park(server)
        try:
            enterprise = park.enterprise()
            bucket = buckets.of_enterprise(enterprise)
            laptop = park.officer(enterprise)

            def write(_writer: int, id: str) -> None:
                def work(transaction: store.Transaction) -> None:
                    transaction.write(bucket, "note", id, {"id": id})

                store.write(park.database, work, system_clock(), (bucket,))

            assert follow(write, reading(laptop, bucket, "note"), 40) == set()
        finally:
            park.close()


def test_eight_officers_push_into_two_processes_and_none_is_skipped(cluster: Cluster, tmp_path: Path) -> None:
    """Every writer speaks HTTP to a centre of two worker processes; each edit is an attachment's row of its own."""
    with RunningServer(tmp_path, cluster.new_database(), workers=2) as server:
        # It says its address before its processes have imported what they need.
        assert requests.get(f"{server.url}/healthz", timeout=250).ok
        park = Park(server)
        try:
            enterprise = park.enterprise()
            bucket = buckets.of_enterprise(enterprise)
            officers = [park.officer(enterprise) for _ in range(WRITERS)]
            reader = park.officer(enterprise)
            number = count(1)

            def write(writer: int, id: str) -> None:
                fields = {"id": [None, id], "enterprise": [None, enterprise], "purpose": [None, "photo"]}
                fields |= {
                    "file_name": [None, "a.jpg"],
                    "media_type": [None, "image/jpeg"],
                    "size": [None, 1],
                }
                change = patch(enterprise) | {"name": "put", "doc": ["attachment", id]}
                change["args"] = {"fields": {**fields, "sha256": [None, f"{next(number):064x}"]}}
                [verdict] = officers[writer].push(change)
                assert verdict["status"] == "applied", verdict

            assert follow(write, reading(reader, bucket, "attachment"), 12) == set()
            assert len(_workers(server)) == 2
        finally:
            park.close()


def _workers(server: RunningServer) -> set[int]:
    """The processes that accept: children of the one that was started, the resource tracker aside."""
    assert server.process is not None
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            command = (path.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == server.process.pid and b"resource_tracker" not in command:
            found.add(int(path.parent.name))
    return found
