"""What the server has confirmed, taken in: verdicts (T2), pages (T3) with the sweep after a reset (T5).

Confirmed state goes into `base` where unconfirmed changes run over a document, else straight into `document`; the
changes concerned are then run again (`overlay.rebase`). Each function is one transaction: a crash anywhere leaves
either all of it or nothing, and doing it again does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal, NamedTuple

from app.domain.changes import Context
from app.domain.clock import to_text
from app.domain.documents import Body, Key
from app.store.database import Altered, Store, Transaction, select_many, to_json
from app.store.files import offer_again
from app.store.overlay import drop_touches, held_buckets, idle_bases, rebase
from app.store.view import Cell

GONE: Final = "gone"
"""In place of a body: the document is no longer in this bucket (it may have moved to another)."""

KEPT = timedelta(days=30)
"""How long confirmed changes are kept, to be offered again to a server restored from a backup."""

FAILURES_TO_QUARANTINE = 3

ANEW: Final = -1
"""In place of a cursor: read this bucket from 0 and sweep it, also where the centre has nothing in it (its head is 0)."""

DIFFERS: Final = "differs"
"""kv: the buckets found to differ from the centre's, until the centre has been told."""
MOST_DIFFERS = 50

Summer = Callable[[Iterable[tuple[str, str, int]]], str]
"""(kind, id, rev) of a bucket's live documents → their digest as the server writes it."""


@dataclass(frozen=True, slots=True)
class ConfirmedRow:
    """One document as the server has it in `bucket`: body None means deleted, GONE no longer in this bucket."""

    bucket: str
    kind: str
    id: str
    rev: int
    body: Body | Literal["gone"] | None

    @property
    def cell(self) -> Cell:
        return self.kind, self.id, self.bucket


@dataclass(frozen=True, slots=True)
class ConfirmedVerdict:
    """What became of one change. status: applied, conflict, refused, escrowed or retry; `error` as the server gave it."""

    mid: str
    status: str
    rows: Sequence[ConfirmedRow] = ()
    error: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ConfirmedPage:
    """One bucket's part of a page: rows after `start` up to `to`. `count` and `sum` describe the bucket when `done`,
    `floor` comes with the first page of several."""

    bucket: str
    start: int
    to: int
    done: bool
    reset: bool = False
    count: int | None = None
    sum: str | None = None
    rows: Sequence[ConfirmedRow] = field(default=())
    floor: int | None = None


@dataclass(frozen=True, slots=True)
class PageResult:
    """`mismatched`: buckets that differ from the server's and are now read again from 0. `stale`: the page was asked
    for before verdicts that have come since, nothing of it was taken."""

    altered: Altered
    mismatched: tuple[str, ...] = ()
    stale: bool = False


# ---------------------------------------------------------------- T2: verdicts


def absorb_verdicts(store: Store, verdicts: Sequence[ConfirmedVerdict], context: Context) -> Altered:
    """T2: close the outbox rows, take in the rows that came along, work out again what is seen.

    Rows of buckets not held here are dropped. A verdict that came before is harmless.
    """
    with store.joined("sync") as transaction:
        held = held_buckets(transaction)
        cells = _close(transaction, verdicts, context)
        rows = [row for verdict in verdicts for row in verdict.rows if row.bucket in held]
        cells |= _absorb(transaction, rows, idle=idle_bases(transaction, {cell[:2] for cell in cells}))
        _drop_old(transaction, context)
        _drop_handed_over(transaction, verdicts)
        _count_push(transaction)
        keys = {cell[:2] for cell in cells}
        keys |= rebase(transaction, cells, context, told=keys)
        return transaction.alter("documents", "outbox", keys=keys)


def _drop_handed_over(transaction: Transaction, verdicts: Sequence[ConfirmedVerdict]) -> None:
    """What is kept at the centre for somebody else, of a bucket that has gone from here already: its body too. What
    hands over a draft stays until the draft has gone (`purge.drop_stranded`)."""
    kept = [verdict.mid for verdict in verdicts if verdict.status == "escrowed"]
    gone = transaction.execute(
        "DELETE FROM outbox WHERE mid IN (SELECT value FROM json_each(?)) AND state = 'escrowed'"
        " AND bucket NOT IN (SELECT bucket FROM cursor)"
        " AND NOT EXISTS (SELECT 1 FROM draft f WHERE outbox.kind = 'visit' AND f.visit = outbox.id)",
        (to_json(kept),),
    )
    if gone.rowcount:
        transaction.execute("INSERT OR IGNORE INTO kv VALUES ('purge_left', '[]')")


def _drop_old(transaction: Transaction, context: Context) -> None:
    """Forget changes confirmed long ago. Looks at every confirmed one, and so but once a day."""
    day = to_json(to_text(context.now)[:10])
    if transaction.execute("SELECT 1 FROM kv WHERE name = 'outbox_swept' AND value = ?", (day,)).fetchone():
        return
    transaction.execute("INSERT OR REPLACE INTO kv VALUES ('outbox_swept', ?)", (day,))
    transaction.execute(
        "DELETE FROM outbox WHERE state = 'confirmed' AND closed_at < ?", (to_text(context.now - KEPT),)
    )


_STATES = {"applied": "confirmed", "conflict": "confirmed", "refused": "refused", "escrowed": "escrowed"}


def _close(transaction: Transaction, verdicts: Sequence[ConfirmedVerdict], context: Context) -> set[Cell]:
    """Set the outbox rows' new states; gives the cells their changes had written, which they no longer do."""
    # The plus keeps SQLite from going through everything that waits instead of looking up these.
    found = transaction.execute(
        "SELECT mid, seq, attempts FROM outbox WHERE mid IN (SELECT value FROM json_each(?))"
        " AND +state IN ('pending', 'again', 'quarantined')",
        (to_json([verdict.mid for verdict in verdicts]),),
    )
    waiting = {mid: (seq, attempts) for mid, seq, attempts in found.fetchall()}
    closed_at = to_text(context.now)
    closed: list[tuple[str, str | None, str, int]] = []
    for verdict in verdicts:
        if verdict.mid not in waiting:
            continue
        seq, attempts = waiting.pop(verdict.mid)
        error = to_json(verdict.error) if verdict.error else None
        state = _STATES.get(verdict.status)
        if state is None:
            _failed(transaction, seq, attempts + 1, error)
        else:
            closed.append((state, error, closed_at, seq))
    transaction.executemany("UPDATE outbox SET state = ?, error = ?, closed_at = ? WHERE seq = ?", closed)
    return drop_touches(transaction, [seq for *_, seq in closed])


def _failed(transaction: Transaction, seq: int, attempts: int, error: str | None) -> None:
    transaction.execute(
        "UPDATE outbox SET attempts = ?1, error = ?2,"
        " state = CASE WHEN ?1 >= ?3 AND state = 'pending' THEN 'quarantined' ELSE state END WHERE seq = ?4",
        (attempts, error, FAILURES_TO_QUARANTINE, seq),
    )


def mark_failure(store: Store, mid: str, error: dict[str, Any]) -> bool:
    """The server failed on this change sent alone: count it. True where that puts it in quarantine."""
    with store.joined("sync") as transaction:
        row = transaction.execute("SELECT seq, attempts FROM outbox WHERE mid = ?", (mid,)).fetchone()
        if row is None:
            return False
        _failed(transaction, row[0], row[1] + 1, to_json(error))
        transaction.alter("outbox")
        found = transaction.execute("SELECT state FROM outbox WHERE seq = ?", (row[0],)).fetchone()
        return bool(found[0] == "quarantined")


def release_quarantined(store: Store, bucket: str | None = None) -> None:
    """Let the changes in quarantine (of one bucket) be tried again: the server was repaired, or the bucket goes."""
    with store.joined("sync") as transaction:
        released = transaction.execute(
            "UPDATE outbox SET state = 'pending', attempts = 0"
            " WHERE state = 'quarantined' AND bucket = coalesce(?, bucket)",
            (bucket,),
        )
        if released.rowcount:
            transaction.alter("outbox")


# ---------------------------------------------------------------- T3: pages


def push_mark(store: Store) -> int:
    """Counts the verdicts taken in. Ask before asking for a page, and give it to `absorb_page` with the page."""
    return int(store.kv("push_mark", 0))


def _count_push(transaction: Transaction) -> None:
    transaction.execute(
        "INSERT INTO kv VALUES ('push_mark', '1') ON CONFLICT (name) DO UPDATE SET value = value + 1"
    )


def absorb_page(
    store: Store,
    pages: Sequence[ConfirmedPage],
    context: Context,
    *,
    sum_of: Summer,
    mark: int | None = None,
    also: Callable[[], None] = lambda: None,
) -> PageResult:
    """T3: rows and cursors together, then what is seen worked out again; T5 where a bucket was read from 0.

    `mark` (`push_mark` before the page was asked for): where verdicts came since, the page is thrown away, as it
    would undo what was just confirmed. A page that does not join on to its cursor counts as mismatched. `also` runs
    inside the transaction (to keep the token that belongs to these cursors).
    """
    with store.joined("sync") as transaction:
        if mark is not None and mark != push_mark(store):
            return PageResult(Altered(), stale=True)
        cells = _touched_if_new(transaction, pages)
        mismatched: list[str] = []
        differs: list[dict[str, Any]] = []
        for page in pages:
            if not _take_cursor(transaction, page):
                mismatched.append(page.bucket)
                continue
            cells |= _absorb(transaction, page.rows)
            if page.done:
                cells |= _sweep(transaction, page.bucket)
                found = _difference(transaction, page, sum_of)
                if found is not None:
                    mismatched.append(page.bucket)
                    differs.append(found)
        for bucket in mismatched:
            transaction.execute("UPDATE cursor SET seq = ? WHERE bucket = ?", (ANEW, bucket))
        if differs:
            store.set_kv(DIFFERS, [*differs, *store.kv(DIFFERS, [])][:MOST_DIFFERS])
        _note_reading(store, pages)
        if not mismatched:
            also()
        keys = _rebase_page(transaction, cells, context)
        altered = transaction.alter(*(["documents"] if keys else []), keys=keys)
        return PageResult(altered, tuple(mismatched))


def reading(store: Store) -> dict[str, int]:
    """The buckets whose reading from 0 has not come to its end, each with the floor it had when that began."""
    return dict(store.kv(_READING, {}))


def _note_reading(store: Store, pages: Sequence[ConfirmedPage]) -> None:
    before = reading(store)
    here = {page.bucket for page in pages}
    after = {bucket: floor for bucket, floor in before.items() if bucket not in here}
    for page in pages:
        floor = page.floor if page.start == 0 else before.get(page.bucket)
        if floor is not None and not page.done:
            after[page.bucket] = floor
    if after != before:
        store.set_kv(_READING, after or None, "sync")


_READING: Final = "reading"


def _rebase_page(transaction: Transaction, cells: set[Cell], context: Context) -> set[Key]:
    keys = {cell[:2] for cell in cells}
    if transaction.execute("SELECT 1 FROM outbox_touch LIMIT 1").fetchone() is None:
        return keys
    return keys | rebase(transaction, cells, context)


def _touched_if_new(transaction: Transaction, pages: Sequence[ConfirmedPage]) -> set[Cell]:
    """Everything unconfirmed changes touch, where a bucket is new here: they may have projections to put into it."""
    held = held_buckets(transaction)
    if all(page.bucket in held for page in pages):
        return set()
    return set(transaction.execute("SELECT DISTINCT kind, id, bucket FROM outbox_touch").fetchall())


def _take_cursor(transaction: Transaction, page: ConfirmedPage) -> bool:
    """Move the bucket's cursor; a bucket read from 0 begins a new generation of rows. False: it does not join on."""
    row = transaction.execute("SELECT seq FROM cursor WHERE bucket = ?", (page.bucket,)).fetchone()
    if page.start == 0:
        transaction.execute(
            "INSERT INTO cursor VALUES (?, ?, 1) ON CONFLICT (bucket)"
            " DO UPDATE SET seq = excluded.seq, generation = generation + 1",
            (page.bucket, page.to),
        )
        return True
    if row is None or row[0] != page.start:
        return False
    transaction.execute("UPDATE cursor SET seq = ? WHERE bucket = ?", (page.to, page.bucket))
    return True


def _absorb(
    transaction: Transaction, rows: Sequence[ConfirmedRow], idle: frozenset[Key] = frozenset()
) -> set[Cell]:
    """Set confirmed documents. Gives the cells altered, old place and new. `idle`: documents no change runs over any
    more; what is confirmed of them is what is seen."""
    places = _confirmed_places(transaction, {(row.kind, row.id) for row in rows})
    generations = dict(
        transaction.execute(
            "SELECT bucket, generation FROM cursor WHERE bucket IN (SELECT value FROM json_each(?))",
            (to_json(list({row.bucket for row in rows})),),
        ).fetchall()
    )
    cells: set[Cell] = set()
    into_base: list[tuple[object, ...]] = []
    seen: list[tuple[object, ...]] = []
    settled: list[Key] = []

    def write() -> None:
        transaction.executemany("INSERT OR REPLACE INTO base VALUES (?, ?, ?, ?, ?, ?)", into_base)
        transaction.executemany("DELETE FROM base WHERE kind = ? AND id = ?", settled)
        transaction.executemany(_SET_DOCUMENT, seen)
        into_base.clear()
        settled.clear()
        seen.clear()

    for row in rows:
        key = (row.kind, row.id)
        place = places.get(key, _NOWHERE)
        if isinstance(row.body, dict):
            settles = place.in_base and key in idle
            there = place.in_base and not settles
            now = _Place(row.bucket, row.rev, generations.get(row.bucket, 0), there)
            if now == place:
                # It came with a verdict before: a revision has one body.
                continue
            (into_base if there else seen).append(
                (*key, now.bucket, now.rev, to_json(row.body), now.generation)
            )
            if settles:
                settled.append(key)
            places[key] = now
        elif place.bucket == row.bucket:
            # Set first what came before it on the same page, so that the order of rows holds.
            write()
            _remove(transaction, *key, in_base=place.in_base)
            places[key] = _NOWHERE._replace(in_base=place.in_base)
        cells.add(row.cell)
        if place.bucket is not None:
            cells.add((*key, place.bucket))
    write()
    # A blob goes with its row: it is sent to the bucket the row is in now, and purged with that one.
    transaction.executemany(
        "UPDATE pending_file SET bucket = ?1, location = NULL WHERE attachment = ?2 AND bucket <> ?1",
        [(row.bucket, row.id) for row in rows if row.kind == "attachment" and isinstance(row.body, dict)],
    )
    return cells


_SET_DOCUMENT = (
    "INSERT INTO document VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET bucket = excluded.bucket,"
    " rev = excluded.rev, body = excluded.body, generation = excluded.generation"
)


class _Place(NamedTuple):
    """Where the confirmed document is (`bucket` None: nowhere), and whether it stands in base."""

    bucket: str | None
    rev: int
    generation: int
    in_base: bool


_NOWHERE = _Place(None, 0, 0, in_base=False)


def _confirmed_places(transaction: Transaction, keys: set[Key]) -> dict[Key, _Place]:
    columns = "kind, id, CASE WHEN body IS NOT NULL THEN bucket END, rev, generation"
    return {
        (kind, id): _Place(bucket, rev, generation, in_base=table == "base")
        for table in ("document", "base")
        for kind, id, bucket, rev, generation in select_many(transaction.connection, columns, table, keys)
    }


def _remove(transaction: Transaction, kind: str, id: str, *, in_base: bool) -> None:
    if in_base:
        transaction.execute("UPDATE base SET body = NULL, rev = 0 WHERE kind = ? AND id = ?", (kind, id))
    else:
        transaction.execute("DELETE FROM document WHERE kind = ? AND id = ?", (kind, id))


def _sweep(transaction: Transaction, bucket: str) -> set[Cell]:
    """T5: what a bucket held before it was read from 0, and what did not come again, is not there any more."""
    old = " WHERE bucket = ?1 AND generation <> (SELECT generation FROM cursor WHERE bucket = ?1)"
    found = transaction.execute(f"SELECT kind, id FROM base {old} AND body IS NOT NULL", (bucket,)).fetchall()
    transaction.execute(f"UPDATE base SET body = NULL, rev = 0 {old} AND body IS NOT NULL", (bucket,))
    found += transaction.execute(
        f"DELETE FROM document {old} AND NOT EXISTS"
        " (SELECT 1 FROM base WHERE base.kind = document.kind AND base.id = document.id) RETURNING kind, id",
        (bucket,),
    ).fetchall()
    return {(kind, id, bucket) for kind, id in found}


def _difference(transaction: Transaction, page: ConfirmedPage, sum_of: Summer) -> dict[str, Any] | None:
    """What this laptop has of a bucket that was read to its end, where the centre has something else."""
    if page.count is None and page.sum is None:
        return None
    confirmed = (
        "(SELECT kind, id, rev FROM document d WHERE bucket = ?1"
        " AND NOT EXISTS (SELECT 1 FROM base WHERE base.kind = d.kind AND base.id = d.id)"
        " UNION ALL SELECT kind, id, rev FROM base WHERE bucket = ?1 AND body IS NOT NULL)"
    )
    # Not fetched as a whole: a bucket may hold more rows than there should be in memory.
    total = sum_of(transaction.execute(f"SELECT * FROM {confirmed}", (page.bucket,)))
    (count,) = transaction.execute(f"SELECT count(*) FROM {confirmed}", (page.bucket,)).fetchone()
    if page.count in (None, count) and page.sum in (None, total):
        return None
    return {"bucket": page.bucket, "seq": page.to, "count": count, "sum": total}


# ---------------------------------------------------------------- a new epoch


def forget_cursors(store: Store) -> None:
    """The server was put back from a backup: read every bucket again from 0, keeping what is here until it is read,
    and offer again what was confirmed in the last 30 days, what is kept for others, and what was turned down: the
    centre may know nothing of it any more, and its log lets exactly the lost ones apply. Blobs whose rows then say
    that they are not stored go up again."""
    with store.joined("sync") as transaction:
        transaction.execute("UPDATE cursor SET seq = ?", (ANEW,))
        transaction.execute("DELETE FROM kv WHERE name IN ('token', 'want_sent')")
        transaction.execute(
            "UPDATE outbox SET state = 'again', error = NULL, closed_at = NULL"
            " WHERE state IN ('confirmed', 'escrowed', 'refused')"
        )
        offer_again(transaction)
        transaction.alter("outbox", "kv")
