"""Defects planted on purpose, one spot each: a machine that does not find them proves nothing by finding nothing.

`PLANTED` maps a name to a function that puts the defect in through pytest's monkeypatch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.domain.changes import Outcome, Write, base
from app.domain.changes.fields import Fields
from app.store import confirmed, handing_over, overlay, purge
from sync.client import engine, pushing
from sync.server import access, applying, escrow, pull, push, store
from tests.sync.machine import world

Plant = Callable[[pytest.MonkeyPatch], None]
PLANTED: dict[str, Plant] = {}


def planted(function: Plant) -> Plant:
    PLANTED[function.__name__] = function
    return function


# ---------------------------------------------------------------- the centre


@planted
def a_repeated_change_is_done_again(patch: pytest.MonkeyPatch) -> None:
    """No dedupe by mid: the log takes the later verdict."""
    flush = store.Transaction.flush

    def forget_the_first(self: Any) -> None:
        for mid in self._log:
            self.connection.exec_driver_sql("DELETE FROM change WHERE mid = ?", (mid,))
        flush(self)

    patch.setattr(push, "_known", lambda *_: {})
    patch.setattr(store.Transaction, "flush", forget_the_first)


@planted
def the_last_writer_wins(patch: pytest.MonkeyPatch) -> None:
    def overwrite(documents: Any, change: Any, _context: Any) -> Outcome:
        document = base.need(documents, *change.doc)
        fields = Fields.validate_python(change.args.get("fields"))
        body = {**document.body, **{name: to for name, (_, to) in fields.items()}}
        return Outcome((Write(*change.doc, body),))

    registered = base.entered()["patch"]
    patch.setitem(base.REGISTER, "patch", base.Registered("patch", registered.roles, overwrite))


@planted
def a_conflict_is_dropped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(applying, "_conflict_documents", lambda *_: [])


@planted
def what_comes_too_late_is_only_logged(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(escrow, "keep_change", lambda *_: None)


@planted
def rows_are_read_before_the_head(patch: pytest.MonkeyPatch) -> None:
    """No snapshot: what was committed between the two is skipped for ever."""
    text = pull._Part.text

    def with_the_head_of_now(part: Any) -> str:
        if part.done:
            row = (
                world.ground()
                .center.raw.execute(
                    "SELECT head, floor, count, sum FROM bucket WHERE id = ?", (part.bucket.id,)
                )
                .fetchone()
            )
            if row is not None:
                part.bucket = access.HeldBucket(part.bucket.id, *row)
                part.to = part.bucket.head
        return text(part)

    patch.setattr(pull._Part, "text", with_the_head_of_now)


@planted
def deletions_are_not_sent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pull, "_ROWS", pull._ROWS.where(~pull.tables.document.c.deleted))


@planted
def whoever_held_a_bucket_keeps_it(patch: pytest.MonkeyPatch) -> None:
    """Memberships are only ever added."""
    grant = store.Transaction.grant

    def add(self: Any, bucket: str, person: str, role: str, member: bool) -> None:
        if member:
            grant(self, bucket, person, role, member)

    patch.setattr(store.Transaction, "grant", add)


@planted
def an_epoch_is_not_asked_for(patch: pytest.MonkeyPatch) -> None:
    """A restored centre takes cursors of its former life."""
    patch.setattr(push, "check_epoch", lambda *_: None)
    patch.setattr(pull, "check_epoch", lambda *_: None)


# ---------------------------------------------------------------- the laptop


@planted
def the_cursor_is_written_before_the_rows(patch: pytest.MonkeyPatch) -> None:
    absorb, take = engine.absorb_page, confirmed._take_cursor

    def in_two_steps(store: Any, pages: Any, context: Any, **options: Any) -> Any:
        with store.write() as transaction:
            joined = {page.bucket: take(transaction, page) for page in pages}
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(confirmed, "_take_cursor", lambda _transaction, page: joined[page.bucket])
            return absorb(store, pages, context, **options)

    patch.setattr(engine, "absorb_page", in_two_steps)


@planted
def no_base_is_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(overlay, "keep_base", lambda *_, **__: None)


@planted
def a_change_is_closed_when_it_is_sent(patch: pytest.MonkeyPatch) -> None:
    send = pushing.Pusher._send

    def close_first(self: Any, batch: Any) -> Any:
        with self._store.write() as transaction:
            for row in batch.rows:
                transaction.execute("DELETE FROM outbox WHERE seq = ?", (row.seq,))
        return send(self, batch)

    patch.setattr(pushing.Pusher, "_send", close_first)


@planted
def a_stale_page_is_taken(patch: pytest.MonkeyPatch) -> None:
    absorb = engine.absorb_page

    def unmarked(*arguments: Any, mark: int, **options: Any) -> Any:
        return absorb(*arguments, **options)

    patch.setattr(engine, "absorb_page", unmarked)


@planted
def rows_of_a_push_are_taken_for_any_bucket(patch: pytest.MonkeyPatch) -> None:
    class Everything(set[str]):
        def __contains__(self, _bucket: object) -> bool:
            return True

    patch.setattr(confirmed, "held_buckets", lambda _transaction: Everything())


@planted
def a_purge_goes_by_what_a_change_was_stamped_with(patch: pytest.MonkeyPatch) -> None:
    def stamped(transaction: Any, bucket: str) -> Any:
        return transaction.execute("SELECT seq, state FROM outbox WHERE bucket = ?", (bucket,)).fetchall()

    patch.setattr(purge, "outbox_of", stamped)
    patch.setattr(handing_over, "outbox_of", stamped)


@planted
def a_purge_does_not_wait_for_what_is_unsent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(purge, "still_here", lambda *_: 0)
    patch.setattr(engine, "still_here", lambda *_: 0)
    patch.setattr(engine, "queue_drafts", lambda *_: 0)


@planted
def a_new_epoch_offers_nothing_again(patch: pytest.MonkeyPatch) -> None:
    forget = engine.forget_cursors

    def and_leave_it(store: Any) -> None:
        forget(store)
        with store.joined() as transaction:
            transaction.execute("UPDATE outbox SET state = 'confirmed' WHERE state = 'again'")

    patch.setattr(engine, "forget_cursors", and_leave_it)


@planted
def a_sweep_takes_what_is_pending(patch: pytest.MonkeyPatch) -> None:
    sweep = confirmed._sweep

    def thorough(transaction: Any, bucket: str) -> Any:
        cells = sweep(transaction, bucket)
        gone = transaction.execute(
            "DELETE FROM document WHERE bucket = ? AND rev = 0 RETURNING kind, id", (bucket,)
        ).fetchall()
        for kind, id in gone:
            transaction.execute("DELETE FROM base WHERE kind = ? AND id = ?", (kind, id))
            transaction.execute("DELETE FROM outbox WHERE kind = ? AND id = ?", (kind, id))
            transaction.execute("DELETE FROM outbox_touch WHERE kind = ? AND id = ?", (kind, id))
        return cells

    patch.setattr(confirmed, "_sweep", thorough)


@planted
def nothing_is_swept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(confirmed, "_sweep", lambda *_: set())
    patch.setattr(confirmed, "_difference", lambda *_: None)


@planted
def a_refused_change_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    """The reason why is told once and the words are gone."""
    absorb = pushing.absorb_verdicts

    def and_drop(store: Any, *arguments: Any) -> Any:
        altered = absorb(store, *arguments)
        with store.write() as transaction:
            transaction.execute("DELETE FROM outbox WHERE state = 'refused'")
        return altered

    patch.setattr(pushing, "absorb_verdicts", and_drop)


@planted
def changes_run_again_in_any_order(patch: pytest.MonkeyPatch) -> None:
    again = overlay._run_again
    patch.setattr(
        overlay,
        "_run_again",
        lambda transaction, seqs, context: again(transaction, sorted(seqs, reverse=True), context),
    )
