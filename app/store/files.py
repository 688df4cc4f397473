"""Blobs of attachments: which lie on this laptop, and which of them the centre still has to get."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from app.store.database import Altered, Store, Transaction

ROW_OF_FILE = "kind IN ('attachment', 'department_attachment') AND id = f.attachment"
"""The row of `pending_file f`: an attachment, or the twin of one that a department added (`app.domain.departments`)."""


@dataclass(frozen=True, slots=True)
class PendingFile:
    """A blob on this disk. Its attachment row is an ordinary change; the blob is sent once that is confirmed.

    `location` is where an upload that was begun goes on; `error` the last reason (Chinese) it did not.
    """

    sha256: str
    size: int
    path: str
    attachment: str
    bucket: str
    location: str | None = None
    attempts: int = 0
    error: str | None = None


def add_file(store: Store, transaction: Transaction, file: PendingFile) -> None:
    """Enter a blob whose file is already safe on the disk."""
    transaction.execute(
        "INSERT OR REPLACE INTO pending_file"
        " (attachment, sha256, size, path, bucket, attempts, stored) VALUES (?, ?, ?, ?, ?, 0, 0)",
        (file.attachment, file.sha256, file.size, _kept_path(store, file.path), file.bucket),
    )
    transaction.alter("files")


def pending_files(store: Store) -> list[PendingFile]:
    """The blobs the centre does not have yet, the oldest first; those that failed before after the others."""
    rows = store.select(
        "SELECT sha256, size, path, attachment, bucket, location, attempts, error FROM pending_file"
        " WHERE stored = 0 ORDER BY attempts, attachment"
    )
    return [PendingFile(row[0], row[1], str(full_path(store, row[2])), *row[3:]) for row in rows]


def files_to_send(store: Store) -> list[PendingFile]:
    """The pending blobs whose attachment row the centre has confirmed."""
    confirmed = {
        id
        for (id,) in store.select(
            "SELECT f.attachment FROM pending_file f WHERE f.stored = 0 AND ("
            f" EXISTS (SELECT 1 FROM base WHERE {ROW_OF_FILE} AND body IS NOT NULL)"
            f" OR EXISTS (SELECT 1 FROM document WHERE {ROW_OF_FILE} AND rev > 0))"
        )
    }
    return [file for file in pending_files(store) if file.attachment in confirmed]


def settle_stored(store: Store) -> None:
    """What the confirmed rows say to be stored is: the answer to the last piece was lost, or `offer_again` asked."""
    stored = store.select(
        "SELECT f.sha256, f.attachment FROM pending_file f"
        " LEFT JOIN base b ON b.kind IN ('attachment', 'department_attachment') AND b.id = f.attachment"
        " LEFT JOIN document d ON d.kind IN ('attachment', 'department_attachment') AND d.id = f.attachment"
        " WHERE f.stored = 0 AND json_extract(coalesce(b.body, d.body), '$.stored_at') IS NOT NULL"
        " AND json_extract(coalesce(b.body, d.body), '$.sha256') = f.sha256"
    )
    for sha256, attachment in stored:
        mark_stored(store, sha256, attachment)


def offer_again(transaction: Transaction) -> None:
    """The centre was put back from a backup and may lack any blob: its rows will tell which."""
    transaction.execute("UPDATE pending_file SET stored = 0, location = NULL, attempts = 0, error = NULL")
    transaction.alter("files")


def set_location(store: Store, attachment: str, location: str | None) -> None:
    """Remember where an upload goes on after an interruption."""
    with store.joined() as transaction:
        transaction.execute(
            "UPDATE pending_file SET location = ? WHERE attachment = ?", (location, attachment)
        )


def mark_failed(store: Store, attachment: str, error: str) -> None:
    """Count a failed upload and keep its reason; the blob stays in the queue."""
    with store.joined() as transaction:
        transaction.execute(
            "UPDATE pending_file SET attempts = attempts + 1, error = ? WHERE attachment = ?",
            (error, attachment),
        )
        transaction.alter("files")


def mark_stored(store: Store, sha256: str, attachment: str | None = None) -> Altered:
    """The centre has the blob: of one attachment, or of all with this SHA-256. The file stays here for its owner."""
    with store.joined() as transaction:
        transaction.execute(
            "UPDATE pending_file SET stored = 1, location = NULL, error = NULL"
            " WHERE sha256 = ? AND attachment = coalesce(?, attachment)",
            (sha256, attachment),
        )
        return transaction.alter("files")


def _kept_path(store: Store, path: str) -> str:
    """Relative to the data folder where it lies in it, so that the folder may be carried elsewhere."""
    folder = store.path.parent.resolve()
    full = Path(path).resolve()
    return str(full.relative_to(folder)) if full.is_relative_to(folder) else str(full)


def full_path(store: Store, kept: str) -> Path:
    return Path(os.path.join(store.path.parent.resolve(), kept))
