"""Stores and databases of every earlier version under today's program: nothing is lost, and they sync."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.domain.clock import system_clock
from app.paths import DataFolder
from app.services.desk import Desk
from app.store import outbox
from app.store.drafts import drafts
from app.store.files import pending_files
from sync.client.engine import engine_for
from sync.server import migrate, tables
from sync.server.database import Database
from sync.server.migrations import HEAD
from sync.server.settings import ServerSettings
from tests.support import recorded
from tests.support.keep_store import TODAY

DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
each_day = pytest.mark.parametrize("day", recorded.DAYS)
each_database = pytest.mark.parametrize("kind", DATABASES)
pytestmark = pytest.mark.slow


def database(kind: str, request: pytest.FixtureRequest) -> str | None:
    url: str | None = request.getfixturevalue("cluster").new_database() if kind == "postgres" else None
    return url


def test_todays_versions_are_kept() -> None:
    told = "a version is new: run `python -m tests.support.keep_store` and commit what it writes"
    assert TODAY in recorded.DAYS, told


@each_day
def test_an_old_store_opens_with_everything_in_it(day: str, tmp_path: Path) -> None:
    kept = recorded.tables_of(day, "laptop")
    with recorded.laptop(day, tmp_path / "desk") as store:
        for row in kept["document"]:
            found = store.get(row["kind"], row["id"])
            assert found is not None
            assert (found.bucket, found.rev, found.body) == (
                row["bucket"],
                row["rev"],
                json.loads(row["body"]),
            )
        assert store.held() == {row["bucket"]: row["seq"] for row in kept["cursor"]}
        here = {row["mid"]: row for row in rows_of(store, "outbox")}
        for row in kept["outbox"]:
            assert here[row["mid"]].items() >= row.items(), "the outbox is never touched by a migration"
        assert {(one.visit, one.form_key, one.saved_at) for one in drafts(store)} == {
            (row["visit"], row["form_key"], row["saved_at"]) for row in kept["draft"]
        }
        assert [one.state for one in drafts(store)] == [json.loads(row["state"]) for row in kept["draft"]]
        waiting = {row["attachment"] for row in kept["pending_file"] if not row["stored"]}
        assert {file.attachment for file in pending_files(store)} == waiting
        for row in kept["kv"]:
            assert store.kv(row["name"]) == json.loads(row["value"])


def rows_of(store: Any, table: str) -> list[dict[str, Any]]:
    with store.read() as connection:
        found = connection.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@each_database
@each_day
def test_an_old_centre_is_brought_up_with_everything_in_it(
    day: str, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kept = recorded.tables_of(day, "centre")
    with recorded.centre(day, tmp_path / "centre", database(kind, request)) as server:
        opened = Database(ServerSettings.of(str(server.data_dir), server.database))
        try:
            with opened.reading() as connection:
                assert migrate.revision(connection) == HEAD
                for table in (tables.document, tables.change, tables.member, tables.bucket, tables.account):
                    here = {
                        tuple(str(value) for value in row)
                        for row in connection.execute(
                            sa.select(*(table.c[name] for name in kept[table.name][0]))
                        )
                    }
                    truths = {column.name for column in table.columns if isinstance(column.type, sa.Boolean)}
                    there = {
                        tuple(str(bool(value) if name in truths else value) for name, value in row.items())
                        for row in kept[table.name]
                    }
                    assert here == there, table.name
        finally:
            opened.close()
        server.command("verify", "--mend")


@each_database
@each_day
def test_an_old_laptop_with_work_on_it_is_upgraded_and_syncs(
    day: str, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kept = recorded.tables_of(day, "laptop")
    unsent = [row["mid"] for row in kept["outbox"] if row["state"] == "pending"]
    refused = [row["mid"] for row in kept["outbox"] if row["state"] == "refused"]
    assert unsent
    assert refused
    with recorded.centre(day, tmp_path / "centre", database(kind, request)) as server:
        with recorded.laptop(day, tmp_path / "desk") as store:
            store.set_kv("session", {**store.kv("session"), "server": server.url})
        with Desk.open(DataFolder(tmp_path / "desk")) as desk:
            report = engine_for(desk.store, desk.context, system_clock).run()
            assert (report.error, report.sent, report.refused) == (None, len(unsent), 0)
            # Cursors held: only what this very run did has come.
            assert report.received < len(kept["document"])
            assert [row.change.mid for row in outbox.pending(desk.store)] == refused
            assert pending_files(desk.store) == []
            photos = desk.store.of_kind("attachment")
            assert len(photos) == 2
            assert all(photo.body["stored_at"] for photo in photos)
            assert len(drafts(desk.store)) == len(kept["draft"])
            hologram = desk.store.get("hologram", "h1")
            assert hologram is not None
            assert hologram.body == {"id": "h1", "later": "一种后来才有的记录"}
            assert any(one.body.get("later") == {"x": [1]} for one in desk.store.of_kind("enterprise"))
        opened = Database(ServerSettings.of(str(server.data_dir), server.database))
        try:
            with opened.reading() as connection:
                query = sa.select(tables.change.c.status).where(tables.change.c.mid.in_(unsent))
                assert set(connection.scalars(query)) == {"applied"}
        finally:
            opened.close()
        server.command("verify", "--mend")
