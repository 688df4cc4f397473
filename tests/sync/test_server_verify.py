"""`zhuqitong-server verify`: a sound centre is called sound, and each kind of damage is found and named."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from app.domain import buckets
from app.domain.clock import system_clock
from sync.server import store, tables
from sync.server.blobs import file_key
from sync.server.verify import fingerprint
from tests.support.commands import run
from tests.support.keeping import Kept, kept_center
from tests.support.park import Park
from tests.support.server import RunningServer


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])],
)
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    database = None
    if request.param == "postgres":
        database = request.getfixturevalue("cluster").new_database()
    with kept_center(tmp_path_factory.mktemp("kept"), database) as kept:
        yield kept


def verified(server: RunningServer) -> tuple[int, dict[str, Any]]:
    ended = run(server, "verify", "--json")
    return ended.returncode, json.loads(ended.stdout)


def test_a_sound_centre(kept: Kept) -> None:
    code, report = verified(kept.park.server)
    assert report["problems"] == []
    assert (code, report["ok"]) == (0, True)
    assert report["files"] == 1
    # The rows of enterprises, issue and visit; the issue and its three events at the department; the officers' assignments.
    assert report["projections"] == 2 + 1 + 1 + (1 + 3) + 2
    assert report["members"] == 1
    with kept.park.database.reading() as connection:
        for name, table in (("documents", tables.document), ("buckets", tables.bucket)):
            assert report[name] == connection.scalar(sa.select(sa.func.count()).select_from(table))
    assert "全部一致" in run(kept.park.server, "verify").stdout


@contextmanager
def rows_put_back(park: Park, *altered: sa.Table) -> Iterator[None]:
    """Afterwards these tables are as before."""
    with park.database.reading() as connection:
        before = {
            table: [dict(row) for row in connection.execute(sa.select(table)).mappings()] for table in altered
        }
    try:
        yield
    finally:
        with park.database.writing() as connection:
            for table, rows in before.items():
                connection.execute(sa.delete(table))
                if rows:
                    connection.execute(sa.insert(table), rows)


@dataclass(frozen=True)
class Plant:
    """A damage: what is done to the tables, and the codes that must be told, with the bucket where there is one."""

    name: str
    codes: set[str]
    do: Callable[[Kept, sa.Connection], Any]
    bucket: Callable[[Kept], str] | None = None


_d, _b, _m, _s = tables.document, tables.bucket, tables.member, tables.stored_file


def _one(kind: str, id: str) -> sa.ColumnElement[bool]:
    return sa.and_(_d.c.kind == kind, _d.c.id == id)


def _body(kind: str, named: Callable[[Kept], str], **fields: Any) -> Callable[[Kept, sa.Connection], Any]:
    """Another body under the same rev: what no honest writer does."""

    def do(kept: Kept, connection: sa.Connection) -> None:
        where = _one(kind, named(kept))
        body = {**json.loads(connection.scalars(sa.select(_d.c.body).where(where)).one()), **fields}
        connection.execute(sa.update(_d).where(where).values(body=json.dumps(body)))

    return do


def _alter(kind: str, named: Callable[[Kept], str], **values: Any) -> Callable[[Kept, sa.Connection], Any]:
    return lambda kept, connection: connection.execute(
        sa.update(_d).where(_one(kind, named(kept))).values(**values)
    )


def _drop(kind: str, named: Callable[[Kept], str]) -> Callable[[Kept, sa.Connection], Any]:
    return lambda kept, connection: connection.execute(sa.delete(_d).where(_one(kind, named(kept))))


def _surplus(kept: Kept, connection: sa.Connection) -> None:
    """A projection nobody stands behind, entered with all the honours of its bucket."""
    bucket = buckets.directory("XD")
    transaction = store.Transaction(connection, system_clock())
    transaction.lock([bucket], store.always)
    transaction.write(bucket, "issue_row", "nobody", {"id": "nobody"})
    transaction.finish()


PLANTS = [
    # A visit has its light row, which then stands alone.
    Plant("a document lost", {"count", "sum", "projection_surplus"}, _drop("visit", lambda kept: kept.visit)),
    Plant(
        "a document's rev altered",
        {"sum"},
        _alter("visit", lambda kept: kept.visit, rev=7),
        lambda k: k.bucket,
    ),
    Plant("a seq above the head", {"head"}, _alter("visit", lambda kept: kept.visit, seq=10_000)),
    Plant(
        "a count that is off",
        {"count"},
        lambda kept, c: c.execute(sa.update(_b).where(_b.c.id == kept.bucket).values(count=_b.c.count + 1)),
    ),
    Plant(
        "a sum that is off",
        {"sum"},
        lambda kept, c: c.execute(sa.update(_b).where(_b.c.id == kept.bucket).values(sum=5)),
    ),
    Plant(
        "a head put back",
        {"head"},
        lambda kept, c: c.execute(sa.update(_b).where(_b.c.id == kept.bucket).values(head=1)),
    ),
    Plant(
        "a bucket's row lost",
        {"bucket_missing"},
        lambda kept, c: c.execute(sa.delete(_b).where(_b.c.id == kept.bucket)),
    ),
    Plant(
        "a body that is no JSON",
        {"body", "projection_surplus"},
        _alter("visit", lambda kept: kept.visit, body='{"id":'),
    ),
    Plant(
        "a body that is no object",
        {"body", "projection_surplus"},
        _alter("visit", lambda kept: kept.visit, body="[1]"),
    ),
    Plant(
        "a deleted one with a body",
        {"body", "count", "sum", "projection_surplus"},
        _alter("visit", lambda kept: kept.visit, deleted=True),
    ),
    Plant(
        "an assignment without what it needs",
        {"body", "member_surplus", "projection_surplus"},
        _alter("assignment", lambda kept: kept.assignment, body='{"id":"x"}'),
    ),
    Plant("a member lost", {"member_missing"}, lambda _kept, c: c.execute(sa.delete(_m)), lambda k: k.bucket),
    Plant(
        "a member too many",
        {"member_surplus"},
        lambda kept, c: c.execute(
            sa.insert(_m).values(bucket=kept.other_bucket, person=kept.person, role="officer")
        ),
        lambda k: k.other_bucket,
    ),
    Plant(
        "a light row out of date",
        {"projection_differs"},
        _body("enterprise_row", lambda kept: kept.enterprise, name="旧名称"),
    ),
    Plant(
        "a light row lost",
        {"projection_missing", "count", "sum"},
        _drop("issue_row", lambda kept: kept.issue),
    ),
    Plant(
        "an issue its department does not see as it is",
        {"projection_differs"},
        _body("department_issue", lambda kept: kept.issue, title="别的"),
    ),
    Plant(
        "an officer's own assignment out of date",
        {"projection_differs"},
        _body("own_assignment", lambda kept: kept.assignment, until="2020-01-01"),
    ),
    Plant("a light row of nothing", {"projection_surplus"}, _surplus),
    Plant("a file's entry lost", {"stored_missing"}, lambda _kept, c: c.execute(sa.delete(_s))),
    Plant(
        "a file's entry for other bytes",
        {"stored_differs", "blob_missing"},
        lambda _kept, c: c.execute(sa.update(_s).values(sha256="0" * 64)),
    ),
    Plant(
        "a file's length",
        {"blob_damaged"},
        lambda _kept, c: c.execute(sa.update(_s).values(size=_s.c.size + 1)),
    ),
]


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_each_kind_of_damage_is_found(kept: Kept, plant: Plant) -> None:
    with rows_put_back(kept.park, _d, _b, _m, _s):
        with kept.park.database.writing() as connection:
            plant.do(kept, connection)
        code, report = verified(kept.park.server)
        told = run(kept.park.server, "verify").stdout
    assert {problem["code"] for problem in report["problems"]} == plant.codes
    assert (code, report["ok"]) == (1, False)
    assert "不一致" in told
    assert all(problem["text"] in told for problem in report["problems"])
    if plant.bucket is not None:
        assert {problem["bucket"] for problem in report["problems"]} == {plant.bucket(kept)}
    assert verified(kept.park.server)[0] == 0


@pytest.mark.parametrize("how", ["gone", "cut", "altered"])
def test_a_file_that_is_not_what_it_was(kept: Kept, how: str) -> None:
    path = kept.park.settings.files / file_key(kept.sha256)
    data = path.read_bytes()
    try:
        if how == "gone":
            path.unlink()
        else:
            path.write_bytes(data[:-1] if how == "cut" else bytes([data[0] ^ 1]) + data[1:])
        code, report = verified(kept.park.server)
    finally:
        path.write_bytes(data)
    assert code == 1
    [problem] = report["problems"]
    assert problem["code"] == ("blob_missing" if how == "gone" else "blob_damaged")
    assert problem["id"] == kept.sha256 == hashlib.sha256(data).hexdigest()


def test_pages_of_the_file_that_are_damaged(kept: Kept) -> None:
    """An index that lacks entries is seen by SQLite itself, not by our own counting."""
    server = kept.park.server
    if server.database is not None:
        pytest.skip("SQLite's own file")
    copy = RunningServer(server.data_dir.parent / "copy")
    copy.data_dir.mkdir()
    with (
        sqlite3.connect(server.data_dir / "center.db") as source,
        sqlite3.connect(copy.data_dir / "center.db") as target,
    ):
        source.backup(target)
        target.execute("PRAGMA writable_schema = ON")
        target.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, '(person)', '(role)') WHERE name = 'ix_member_person'"
        )
    source.close()
    target.close()
    os.symlink(server.data_dir / "files", copy.data_dir / "files")
    code, report = verified(copy)
    assert code == 1
    assert {problem["code"] for problem in report["problems"]} == {"database"}


def test_equal_values_have_equal_fingerprints() -> None:
    assert fingerprint({"a": 1, "b": None}) == fingerprint({"a": 1.0})
    assert fingerprint({"a": 100}) == fingerprint({"a": 1e2})
    assert fingerprint({"a": "é"}) == fingerprint({"a": "é"})
    different = [{"a": 1}, {"a": "1"}, {"a": True}, {"a": 1.5}, {"a": [1]}, {"a": {}}, {}, {"a": 0}]
    assert len({fingerprint(value) for value in different}) == len(different)
