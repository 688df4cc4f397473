"""Writing what follows from documents anew: `zhuqitong-server verify --mend`.

A centre that is older than a kind of rows holds visits, plans or enterprises without them: the projections are made when a
document is written, and nobody wrote these since. Here they are made from the documents as they stand, through the one
writer, so that counts, sums and sequence numbers follow and laptops get them with their next sync. Documents of people's own
hand are not touched; what an enterprise says of who looks after it follows from its assignments and is a change of the centre.
Rows without a source are left to be looked at: only a fault makes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain import buckets
from app.domain.changes.assignments import PEOPLE, both
from app.domain.enterprise import Enterprise
from app.domain.ids import new_id
from app.domain.people import Assignment
from app.domain.projections import projections
from sync.server import store
from sync.server.database import Database
from sync.server.jobs import run_change
from sync.server.reference import Reference, facts
from sync.server.store import Key, Transaction
from sync.server.verify import follow_up

CHUNK = 100
"""Documents in one transaction: their buckets are locked meanwhile, and laptops wait."""


@dataclass(frozen=True, slots=True)
class Mended:
    """`rows` that were missing or wrong, `enterprises` that did not say who looks after them."""

    rows: int
    enterprises: int


def mend(database: Database, reference: Reference, now: datetime) -> Mended:
    """Write what is missing or differs. May run beside the serving processes: everything is read again under its lock."""
    with database.reading() as connection:
        park = facts(connection).park
        wrong = follow_up(connection, park)
    enterprises = sum(_people(database, reference, bucket, now) for bucket in wrong.people)
    # What a row says of who looks after its enterprise is right by now and was counted with it.
    rows = 0
    for start in range(0, len(wrong.sources), CHUNK):
        rows += _rows(database, park, wrong.sources[start : start + CHUNK], now)
    return Mended(rows, enterprises)


def _people(database: Database, reference: Reference, bucket: str, now: datetime) -> bool:
    id, mid = buckets.subject_of(bucket), new_id()

    def work(transaction: Transaction) -> bool:
        if transaction.get(bucket, Enterprise.kind, id) is None:
            return False
        return run_change(transaction, reference, PEOPLE, bucket, (Enterprise.kind, id), {}, mid).altered

    return store.write(database, work, now, (bucket,))


def _rows(database: Database, park: str, sources: Sequence[Key], now: datetime) -> int:
    def work(transaction: Transaction) -> int:
        written = 0
        for bucket, kind, id in sources:
            document = transaction.get(bucket, kind, id)
            if document is None:
                continue
            writes = list(projections(None, kind, id, document.body, park))
            if kind == Assignment.kind:
                writes.append(both(Assignment.of(document))[1])
            for write in writes:
                written += transaction.write(str(write.bucket), write.kind, write.id, write.body)
        return written

    return store.write(database, work, now, {bucket for bucket, _, _ in sources})
