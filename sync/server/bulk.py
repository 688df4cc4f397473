"""Many rows with one statement: what a push of five hundred changes reads and writes.

SQLAlchemy's own lists of parameters cost more here than the databases do (PostgreSQL plans a list of five hundred pairs
for 25 ms and finds them in one). So whole lists go over as single values: as JSON on SQLite, which then executes row by
row without a network, and as arrays on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from pydantic_core import to_json
from sqlalchemy.engine import Connection

Key = tuple[str, str, str]
"""(bucket, kind, id)"""

_DOCUMENT = {
    "bucket": "text",
    "kind": "text",
    "id": "text",
    "rev": "bigint",
    "seq": "bigint",
    "deleted": "boolean",
    "body": "text",
}
_CHANGE = dict.fromkeys(
    ("mid", "bucket", "person", "device", "name", "received_at", "status", "body", "result"), "text"
)
CHANGE_COLUMNS = tuple(_CHANGE)
_REPLACED = ", ".join(f"{name} = excluded.{name}" for name in ("rev", "seq", "deleted", "body"))


def upsert_documents(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows of `document`: bucket, kind, id, rev, seq, deleted, body; no key twice."""
    _insert(
        connection, "document", _DOCUMENT, rows, f" ON CONFLICT (bucket, kind, id) DO UPDATE SET {_REPLACED}"
    )


def insert_changes(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows of `change`, in the order of CHANGE_COLUMNS. Raises IntegrityError for a mid that is there."""
    _insert(connection, "change", _CHANGE, rows, "")


def _insert(
    connection: Connection, table: str, columns: dict[str, str], rows: Sequence[tuple[Any, ...]], ending: str
) -> None:
    if not rows:
        return
    names = ", ".join(columns)
    if _is_sqlite(connection):
        marks = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({marks}){ending}", list(rows))
    else:
        connection.exec_driver_sql(
            f"INSERT INTO {table} ({names}) SELECT * FROM {_arrays(columns.values())}{ending}", _columns(rows)
        )


def move_heads(connection: Connection, rows: Sequence[tuple[int, int, int, str]]) -> None:
    """Set head, count and sum of buckets: rows of (head, count, sum, id)."""
    if not rows:
        return
    if _is_sqlite(connection):
        connection.exec_driver_sql("UPDATE bucket SET head = ?, count = ?, sum = ? WHERE id = ?", list(rows))
    else:
        connection.exec_driver_sql(
            "UPDATE bucket SET head = n.head, count = n.count, sum = n.sum"
            f" FROM {_arrays(('bigint', 'bigint', 'bigint', 'text'))} AS n (head, count, sum, id)"
            " WHERE bucket.id = n.id",
            _columns(rows),
        )


def documents_of(connection: Connection, keys: Collection[Key]) -> Iterator[tuple[str, str, str, int, str]]:
    """(bucket, kind, id, rev, body) of those that are there."""
    return _matching(connection, "document", ("bucket", "kind", "id"), ("rev", "body"), list(keys))


def stored_files(
    connection: Connection, attachments: Collection[tuple[str, str]]
) -> Iterator[tuple[str, str, str, str]]:
    """(bucket, attachment, sha256, stored_at) of those (bucket, attachment) whose bytes are here."""
    columns = ("sha256", "stored_at")
    return _matching(connection, "stored_file", ("bucket", "attachment"), columns, list(attachments))


def changes_of(connection: Connection, mids: Sequence[str]) -> Iterator[tuple[str, str, str, str, str]]:
    """(mid, person, bucket, status, result) of those that are in the log."""
    columns = ("person", "bucket", "status", "result")
    return _matching(connection, "change", ("mid",), columns, [(mid,) for mid in mids])


def _matching(
    connection: Connection,
    table: str,
    key: Sequence[str],
    columns: Sequence[str],
    wanted: Sequence[tuple[str, ...]],
) -> Iterator[Any]:
    if not wanted:
        return
    names = ", ".join(f"d.{name}" for name in (*key, *columns))
    if _is_sqlite(connection):
        # CROSS: the list is gone through and each row looked up, never the other way round.
        on = " AND ".join(f"d.{name} = json_extract(k.value, '$[{at}]')" for at, name in enumerate(key))
        query = f"SELECT {names} FROM json_each(?) AS k CROSS JOIN {table} AS d ON {on}"
        yield from connection.exec_driver_sql(query, (to_json(wanted).decode(),))
    else:
        on = " AND ".join(f"d.{name} = k.{name}" for name in key)
        query = f"SELECT {names} FROM {_arrays(['text'] * len(key))} AS k ({', '.join(key)}) JOIN {table} AS d ON {on}"
        yield from connection.exec_driver_sql(query, _columns(wanted))


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _arrays(types: Iterable[str]) -> str:
    # %b: binary, twelve times as fast as arrays as text.
    return f"unnest({', '.join(f'%b::{type_}[]' for type_ in types)})"


def _columns(rows: Sequence[tuple[Any, ...]]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))
