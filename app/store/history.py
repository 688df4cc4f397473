"""The history of syncs on this laptop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.clock import from_text, to_text
from app.errors import KnownError
from app.store.database import Store, Transaction

KEPT_RUNS = 200


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one run of the sync did. Counts are of changes and documents; `error` is what ended it early, if anything."""

    started: datetime
    ended: datetime
    sent: int = 0
    received: int = 0
    refused: int = 0
    conflicts: int = 0
    files_sent: int = 0
    error: KnownError | None = None


def record_sync(store: Store, report: SyncReport) -> None:
    """Add a run to the history; the last KEPT_RUNS are kept. Runs in which nothing moved and that ended alike become
    one entry with the times of the last one: asking every minute must not push out what happened."""
    error = report.error
    moved = report.sent or report.received or report.files_sent
    with store.joined("sync") as transaction:
        transaction.alter("kv")
        if not moved and _same_as_last(transaction, error.code if error else None):
            transaction.execute(
                "UPDATE sync_history SET started = ?, ended = ? WHERE id = (SELECT max(id) FROM sync_history)",
                (to_text(report.started), to_text(report.ended)),
            )
            return
        transaction.execute(
            "INSERT INTO sync_history (started, ended, sent, received, refused, conflicts, files_sent,"
            " error_code, error_text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                to_text(report.started),
                to_text(report.ended),
                report.sent,
                report.received,
                report.refused,
                report.conflicts,
                report.files_sent,
                error.code if error else None,
                error.text if error else None,
            ),
        )
        transaction.execute(
            "DELETE FROM sync_history WHERE id <= (SELECT max(id) FROM sync_history) - ?", (KEPT_RUNS,)
        )


def _same_as_last(transaction: Transaction, code: str | None) -> bool:
    last = transaction.execute(
        "SELECT sent + received + files_sent, error_code FROM sync_history ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return last is not None and last == (0, code)


_RUN = "SELECT started, ended, sent, received, refused, conflicts, files_sent, error_code, error_text FROM sync_history"


def sync_history(store: Store, limit: int = KEPT_RUNS) -> list[SyncReport]:
    """The runs so far, the latest first."""
    return [_report(row) for row in store.select(f"{_RUN} ORDER BY id DESC LIMIT ?", (limit,))]


def last_complete(store: Store) -> SyncReport | None:
    """The last run that came to its end; None where there was none."""
    rows = store.select(f"{_RUN} WHERE error_code IS NULL ORDER BY id DESC LIMIT 1")
    return _report(rows[0]) if rows else None


def _report(row: tuple[Any, ...]) -> SyncReport:
    started, ended, sent, received, refused, conflicts, files_sent, code, text = row
    error = KnownError(code, text) if code else None
    return SyncReport(
        from_text(started), from_text(ended), sent, received, refused, conflicts, files_sent, error
    )
