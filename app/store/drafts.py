"""Drafts: a form being filled, kept as it is typed. A draft is the laptop's own; the finished visit is a change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from app.store.database import Store, to_json


@dataclass(frozen=True, slots=True)
class Draft:
    """A half-filled form. `state` is what the form gave to be kept, `saved_at` UTC text (`clock.to_text`)."""

    visit: str
    form_key: str
    state: dict[str, Any]
    saved_at: str


def save_draft(store: Store, visit: str, form_key: str, state: dict[str, Any], at: str) -> None:
    """Keep the draft of a visit in place of its last one; on the disk when this returns."""
    with store.joined() as transaction:
        transaction.execute(
            "INSERT OR REPLACE INTO draft VALUES (?, ?, ?, ?)", (visit, form_key, to_json(state), at)
        )
        transaction.alter("drafts")


def draft(store: Store, visit: str) -> Draft | None:
    rows = store.select("SELECT visit, form_key, state, saved_at FROM draft WHERE visit = ?", (visit,))
    return _draft(rows[0]) if rows else None


def drafts(store: Store) -> list[Draft]:
    """All drafts, the one saved last first."""
    rows = store.select("SELECT visit, form_key, state, saved_at FROM draft ORDER BY saved_at DESC, visit")
    return [_draft(row) for row in rows]


def drop_draft(store: Store, visit: str) -> None:
    """Let the draft go. Inside `Store.write` it goes with that transaction."""
    with store.joined() as transaction:
        transaction.execute("DELETE FROM draft WHERE visit = ?", (visit,))
        transaction.alter("drafts")


def _draft(row: tuple[Any, ...]) -> Draft:
    visit, form_key, state, saved_at = row
    return Draft(visit, form_key, json.loads(state), saved_at)
