"""The store's tables and how older stores come up to them (sqlite-utils migrations).

Imported only where a store is new or old: sqlite-utils costs 0.2 s, and most openings have nothing to migrate.
The outbox is never rewritten by a migration: what somebody did stays as he did it.
No foreign and no unique keys between synced tables: a partial state is legal on a laptop (sync/README.md).
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlite_utils import Database, Migrations

from app.store.version import VERSION

migrations = Migrations("store")


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a store up to VERSION inside the transaction the caller has begun."""
    database = Database(connection, execute_plugins=False)
    migrations.apply(database)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _table(
    database: Database, name: str, columns: dict[str, Any], pk: str | tuple[str, ...], optional: set[str]
) -> Any:
    required = {column for column in columns if column not in optional and column != pk}
    database.table(name).create(columns, pk=pk, not_null=required, strict=True)
    return database.table(name)


@migrations()
def m001_first_tables(database: Database) -> None:
    """Documents with their confirmed counterparts, the outbox, cursors, and what is the laptop's own."""
    body = {"kind": str, "id": str, "bucket": str, "rev": int, "body": str, "generation": int}
    document = _table(database, "document", body, ("kind", "id"), set())
    document.create_index(["kind", "bucket"])
    document.create_index(["bucket"])
    # What the server confirmed of a document that unconfirmed changes run over; body NULL: nothing there.
    base = _table(database, "base", body, ("kind", "id"), {"body"})
    base.create_index(["bucket"])

    # AUTOINCREMENT: a closed change's number must never come back, order is what the outbox is for.
    database.execute(
        """CREATE TABLE outbox (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, mid TEXT NOT NULL, bucket TEXT NOT NULL, kind TEXT NOT NULL,
            id TEXT NOT NULL, change TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
            error TEXT, made_at TEXT NOT NULL, closed_at TEXT) STRICT"""
    )
    database.table("outbox").create_index(["mid"], unique=True)
    database.table("outbox").create_index(["state", "seq"])
    # What an unconfirmed change looked at (wrote 0) and wrote (1) when it last ran; id `*`: all of the kind there.
    touch = {"seq": int, "kind": str, "id": str, "bucket": str, "wrote": int}
    touches = _table(database, "outbox_touch", touch, ("seq", "kind", "id", "bucket"), set())
    touches.create_index(["kind", "id", "bucket"])
    touches.create_index(["kind", "bucket"])

    _table(
        database,
        "discarded",
        {"seq": int, "change": str, "state": str, "error": str, "discarded_at": str},
        "seq",
        {"error"},
    )
    _table(database, "cursor", {"bucket": str, "seq": int, "generation": int}, "bucket", set())
    _table(database, "kv", {"name": str, "value": str}, "name", set())
    _table(database, "draft", {"visit": str, "form_key": str, "state": str, "saved_at": str}, "visit", set())
    files = _table(
        database,
        "pending_file",
        {
            "attachment": str,
            "sha256": str,
            "size": int,
            "path": str,
            "bucket": str,
            "location": str,
            "attempts": int,
            "error": str,
            "stored": int,
        },
        "attachment",
        {"location", "error"},
    )
    files.create_index(["sha256"])
    _table(
        database,
        "sync_history",
        {
            "id": int,
            "started": str,
            "ended": str,
            "sent": int,
            "received": int,
            "refused": int,
            "conflicts": int,
            "files_sent": int,
            "error_code": str,
            "error_text": str,
        },
        "id",
        {"error_code", "error_text"},
    )
