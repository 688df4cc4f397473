"""Documents inside a transaction: what a change function sees of them, and their confirmed counterparts."""

from __future__ import annotations

from typing import Any

from app.domain.documents import Body, Document
from app.store.database import COLUMNS, Transaction, document_of, to_json

ALL = "*"
"""In place of an id: every document of the kind in the bucket."""

Cell = tuple[str, str, str]
"""(kind, id or ALL, bucket): what a change looked at or wrote."""


class BucketView:
    """The visible documents of one bucket, as `app.domain.documents.Documents`; remembers what was looked at."""

    def __init__(self, transaction: Transaction, bucket: str) -> None:
        self._transaction = transaction
        self._bucket = bucket
        self.seen: set[Cell] = set()

    def get(self, kind: str, id: str) -> Document | None:
        self.seen.add((kind, id, self._bucket))
        found = visible(self._transaction, kind, id)
        return found if found is not None and found.bucket == self._bucket else None

    def of_kind(self, kind: str) -> list[Document]:
        self.seen.add((kind, ALL, self._bucket))
        rows = self._transaction.execute(
            f"SELECT {COLUMNS} FROM document WHERE kind = ? AND bucket = ? ORDER BY id", (kind, self._bucket)
        )
        return [document_of(row) for row in rows.fetchall()]


def visible(transaction: Transaction, kind: str, id: str) -> Document | None:
    row = transaction.execute(
        f"SELECT {COLUMNS} FROM document WHERE kind = ? AND id = ?", (kind, id)
    ).fetchone()
    return None if row is None else document_of(row)


def keep_base(transaction: Transaction, kind: str, id: str, bucket: str) -> None:
    """Before the first unconfirmed write to a document: put the confirmed one (or that there is none) aside."""
    copied = transaction.execute(
        "INSERT OR IGNORE INTO base SELECT kind, id, bucket, rev, body, generation FROM document"
        " WHERE kind = ? AND id = ?",
        (kind, id),
    )
    if copied.rowcount == 0:
        transaction.execute("INSERT OR IGNORE INTO base VALUES (?, ?, ?, 0, NULL, 0)", (kind, id, bucket))


def write_visible(transaction: Transaction, kind: str, id: str, bucket: str, body: Body | None) -> None:
    """Set what is seen of a document that has a base; its revision stays the confirmed one's."""
    if body is None:
        transaction.execute("DELETE FROM document WHERE kind = ? AND id = ?", (kind, id))
        return
    transaction.execute(
        "INSERT INTO document VALUES (?1, ?2, ?3,"
        " coalesce((SELECT rev FROM base WHERE kind = ?1 AND id = ?2), 0), ?4, 0)"
        " ON CONFLICT (kind, id) DO UPDATE SET bucket = excluded.bucket, body = excluded.body",
        (kind, id, bucket, to_json(body)),
    )


def reset_to_base(transaction: Transaction, kind: str, id: str) -> None:
    """What is seen becomes what is confirmed. Nothing to do where nothing was put aside."""
    row = transaction.execute(
        "SELECT bucket, rev, body, generation FROM base WHERE kind = ? AND id = ?", (kind, id)
    ).fetchone()
    if row is None:
        return
    if row[2] is None:
        transaction.execute("DELETE FROM document WHERE kind = ? AND id = ?", (kind, id))
    else:
        transaction.execute("INSERT OR REPLACE INTO document VALUES (?, ?, ?, ?, ?, ?)", (kind, id, *row))


def raw_visible(transaction: Transaction, kind: str, id: str) -> tuple[Any, ...] | None:
    """What is seen, for telling whether it altered."""
    row: tuple[Any, ...] | None = transaction.execute(
        "SELECT bucket, rev, body FROM document WHERE kind = ? AND id = ?", (kind, id)
    ).fetchone()
    return row
