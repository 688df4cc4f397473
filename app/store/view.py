"""Documents inside a transaction: what a change function sees of them, and their confirmed counterparts."""

from __future__ import annotations

from collections.abc import Iterable

from app.domain.documents import Body, Document, Key
from app.store.database import COLUMNS, Transaction, by_kind, document_of, select_many, to_json

ALL = "*"
"""In place of an id: every document of the kind in the bucket."""

Cell = tuple[str, str, str]
"""(kind, id or ALL, bucket): what a change looked at or wrote."""

Raw = tuple[str, int, str]
"""(bucket, rev, body as text): what is seen of a document, for telling whether it altered."""


class BucketView:
    """The visible documents of one bucket, as `app.domain.documents.Documents`; remembers what was looked at."""

    def __init__(self, transaction: Transaction, bucket: str) -> None:
        self._transaction = transaction
        self._bucket = bucket
        self.seen: set[Cell] = set()
        self.found: dict[Key, Document | None] = {}
        """What `get` found, wherever it is."""

    def get(self, kind: str, id: str) -> Document | None:
        key = (kind, id)
        self.seen.add((kind, id, self._bucket))
        if key not in self.found:
            self.found[key] = visible(self._transaction, kind, id)
        found = self.found[key]
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


def keep_base(transaction: Transaction, kind: str, id: str, bucket: str, *, there: bool) -> None:
    """Before the first unconfirmed write to a document: put the confirmed one aside, or that none is `there`."""
    if there:
        transaction.execute(
            "INSERT OR IGNORE INTO base SELECT kind, id, bucket, rev, body, generation FROM document"
            " WHERE kind = ? AND id = ?",
            (kind, id),
        )
    else:
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


def reset_to_base(transaction: Transaction, keys: Iterable[Key]) -> None:
    """What is seen becomes what is confirmed. Nothing to do where nothing was put aside."""
    for kind, ids in by_kind(keys):
        these = "WHERE kind = ?1 AND id IN (SELECT value FROM json_each(?2))"
        transaction.execute(
            "INSERT INTO document SELECT kind, id, bucket, rev, body, generation FROM base"
            f" {these} AND body IS NOT NULL ON CONFLICT (kind, id) DO UPDATE SET bucket = excluded.bucket,"
            " rev = excluded.rev, body = excluded.body, generation = excluded.generation",
            (kind, ids),
        )
        transaction.execute(
            f"DELETE FROM document WHERE kind = ?1 AND id IN (SELECT id FROM base {these} AND body IS NULL)",
            (kind, ids),
        )


def raw_visible(transaction: Transaction, keys: Iterable[Key]) -> dict[Key, Raw]:
    """What is seen of those that are there."""
    rows = select_many(transaction.connection, "kind, id, bucket, rev, body", "document", keys)
    return {(kind, id): (bucket, rev, body) for kind, id, bucket, rev, body in rows}
