"""本机停用: the office has revoked this laptop, lost or not. Everything goes from it at once, sent or not.

One transaction empties every table; then the blobs and papers go, the log is emptied and the file is written anew, so
that no byte of a name is left in it. What a crash or a reader kept from ending is ended at the next opening.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.domain.clock import from_text, to_text
from app.store.database import Store, to_json

SEALED = "sealed"
"""kv: `at`, `device` (its id, which is not used again), `server` (its address), `wiped` once nothing is left."""
FOLDERS = ("attachments", "papers")
"""What lies beside the store and speaks of enterprises (`app.paths.DataFolder`). The log does not."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """When this laptop was put out of use, under which id, and at which centre."""

    at: datetime
    device: str
    server: str


def sealed(store: Store) -> Sealed | None:
    """None for a laptop in use."""
    kept = store.kv(SEALED)
    return Sealed(from_text(kept["at"]), kept["device"], kept["server"]) if kept else None


def seal(store: Store, now: datetime) -> None:
    """Empty the store, for good. Pending changes, drafts and photos cannot leave any more and go with the rest."""
    with store.joined("sync") as transaction:
        before: dict[str, Any] = store.kv(SEALED) or {}
        session: dict[str, Any] = store.kv("session") or {}
        keys = set(transaction.execute("SELECT kind, id FROM document").fetchall())
        for table in _tables(store):
            transaction.execute(f'DELETE FROM "{table}"')
        told = {
            "at": before.get("at") or to_text(now),
            "device": session.get("device") or before.get("device") or "",
            "server": session.get("server") or before.get("server") or "",
            "wiped": False,
        }
        transaction.execute("INSERT INTO kv VALUES (?, ?)", (SEALED, to_json(told)))
        transaction.alter("documents", "outbox", "drafts", "files", "kv", keys=keys)
    finish_seal(store)


def _tables(store: Store) -> Iterator[str]:
    """Every table of ours; what SQLite and the migrations keep for themselves tells nothing. A table with an index of
    its own (full text) is emptied through itself."""
    rows = store.select("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    virtual = [name for name, sql in rows if sql and sql.upper().startswith("CREATE VIRTUAL")]
    for name, _ in rows:
        shadow = any(name.startswith(f"{owner}_") for owner in virtual)
        if not (name.startswith(("sqlite_", "_sqlite_utils")) or shadow):
            yield name


def finish_seal(store: Store) -> bool:
    """Blobs, papers, free pages and the log. True when nothing is left, or the laptop is in use."""
    kept = store.kv(SEALED)
    if not kept or kept["wiped"]:
        return True
    folder = store.path.parent
    for name in FOLDERS:
        for path in list((folder / name).glob("*")):
            _remove(path)
    gone = not any(any((folder / name).glob("*")) for name in FOLDERS)
    if not (store.vacuum() and gone):
        return False
    store.set_kv(SEALED, {**kept, "wiped": True}, "sync")
    return True


def _remove(path: Path) -> None:
    """A file somebody has open (a paper in a viewer, on Windows) stays until the next time."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        return
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
