"""What changes are going to touch, looked up before any lock is held.

A guess, and only a guess: a bucket that was forgotten costs beginning again, a document a query of its own. For the
changes that make up an officer's evening it is read off the change. All others are rehearsed: run on a snapshot, in
memory, and thrown away.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from app.domain import buckets
from app.domain.changes import Change, Context, Refusal
from app.domain.enterprise import Enterprise
from app.domain.ids import derived_id
from app.domain.issue import Issue, IssueEvent
from app.domain.people import Person
from app.domain.projections import ENTERPRISE_FIELDS, ENTERPRISE_ROW, ISSUE_ROW, VISIT_ROW
from app.domain.visit import Attachment, Record
from sync.server.applying import PLAIN, apply_change
from sync.server.store import Key, Transaction

logger = logging.getLogger("zhuqitong.push")


@dataclass(slots=True)
class Reach:
    """Buckets to lock and documents to read, besides the changes' own."""

    buckets: set[str] = field(default_factory=set)
    keys: set[Key] = field(default_factory=set)


def reach(
    connection: Connection,
    changes: Sequence[Change],
    context: Callable[[Transaction], Context],
    park: str,
    now: datetime,
) -> Reach:
    """What these changes, in this order, will probably touch, as of the connection's snapshot."""
    found = Reach()
    unclear: set[str] = set()
    for change in changes:
        if not _read_off(change, park, found):
            unclear.add(change.bucket)
    if unclear:
        # What one of them does may hang on what another one did in the same bucket.
        rehearsal = _Rehearsal(connection, now)
        rehearsal.play((change for change in changes if change.bucket in unclear), context(rehearsal))
        found.buckets |= rehearsal.touched
        found.keys |= rehearsal.looked_at
    return found


class _Rehearsal(Transaction):
    """Locks nothing, counts nothing, is never written."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        super().__init__(connection, now)
        self.touched: set[str] = set()

    def play(self, changes: Iterable[Change], context: Context) -> None:
        for change in changes:
            try:
                with self.savepoint():
                    apply_change(self, change, context)
            except Refusal:
                continue
            except Exception:
                # A bug: it shows again, with an incident number, when the change is taken for good.
                logger.debug("rehearsing %s (%s) failed", change.mid, change.name, exc_info=True)

    def need(self, buckets: Iterable[str]) -> None:
        self.touched.update(buckets)

    def official_number(self, name: str, park: str) -> str:
        return f"{park}-{name}"

    @property
    def looked_at(self) -> set[Key]:
        return {(bucket, kind, id) for (bucket, kind), rows in self._rows.items() for id in rows}


def _read_off(change: Change, park: str, found: Reach) -> bool:
    """Add what the change itself says. False where it does not say enough."""
    kind, id = change.doc
    directory = buckets.directory(park)
    if change.name == "visit.submit":
        _of_visit(change, directory, found)
        return True
    if change.name == "visit.start":
        _add(found, change.bucket, Enterprise.kind, buckets.subject_of(change.bucket))
        return True
    if change.name not in ("put", "patch"):
        return change.name == "visit.cancel"
    fields = change.args.get("fields")
    if not isinstance(fields, dict) or buckets.kind_of(change.bucket) == buckets.DEPARTMENT:
        return False
    if kind == Enterprise.kind:
        if change.name == "put" or not ENTERPRISE_FIELDS.isdisjoint(fields):
            found.buckets.add(directory)
            _add(found, directory, ENTERPRISE_ROW, id)
        return True
    if kind == Attachment.kind:
        return change.name == "put" and "issue" not in fields
    return kind == Person.kind


def _of_visit(change: Change, directory: str, found: Reach) -> None:
    enterprise = buckets.subject_of(change.bucket)
    found.buckets.add(directory)
    _add(found, directory, ENTERPRISE_ROW, enterprise)
    _add(found, directory, VISIT_ROW, change.doc[1])
    _add(found, change.bucket, Enterprise.kind, enterprise)
    _add(found, change.bucket, Record.kind, change.args.get("record"))
    more = change.args.get("more")
    for form in more if isinstance(more, list) else ():
        _add(found, change.bucket, Record.kind, form.get("record") if isinstance(form, dict) else None)
    issues = change.args.get("issues")
    for issue in issues if isinstance(issues, list) else ():
        id = issue.get("id") if isinstance(issue, dict) else None
        if isinstance(id, str):
            _add(found, directory, ISSUE_ROW, id)
            _add(found, change.bucket, Issue.kind, id)
            _add(found, change.bucket, IssueEvent.kind, derived_id(change.mid, id))


def _add(found: Reach, bucket: str, kind: str, id: Any) -> None:
    """Ids come from args nobody has validated yet: what is none is left to the change's function to refuse."""
    if isinstance(id, str) and PLAIN.fullmatch(id):
        found.keys.add((bucket, kind, id))
