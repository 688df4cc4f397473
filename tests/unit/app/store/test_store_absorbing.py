"""What is taken in with few statements is what would be taken in one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain import buckets
from app.domain.changes import Change
from app.store import confirmed, outbox
from app.store.confirmed import GONE, ConfirmedPage, ConfirmedRow, ConfirmedVerdict
from app.store.database import Store, open_store
from tests.support import laptop
from tests.support.model_server import digest_of

ME = laptop.context()
E1, E2 = buckets.of_enterprise("e1"), buckets.of_enterprise("e2")


def row(rev: int, body: Any, bucket: str = E1, id: str = "e1") -> ConfirmedRow:
    return ConfirmedRow(bucket, "enterprise", id, rev, body)


def take(store: Store, start: int, to: int, *rows: ConfirmedRow, bucket: str = E1) -> confirmed.PageResult:
    return confirmed.absorb_page(
        store, [ConfirmedPage(bucket, start, to, True, rows=rows)], ME, sum_of=digest_of
    )


def judged(store: Store, made: Change, *rows: ConfirmedRow) -> None:
    confirmed.absorb_verdicts(store, [ConfirmedVerdict(made.mid, "applied", rows)], ME)


def edited(store: Store, value: int, old: int | None = None, bucket: str = E1) -> Change:
    made = laptop.patch("e1", "employees", old, value).model_copy(update={"bucket": bucket})
    outbox.make_changes(store, [made], ME)
    return made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "store.db")
    take(store, 0, 5, row(5, laptop.enterprise_body("e1")))
    take(store, 0, 0, bucket=E2)
    yield store
    store.close()


def employees(store: Store) -> Any:
    found = store.get("enterprise", "e1")
    return found and found.body.get("employees")


def test_a_page_that_repeats_what_a_verdict_brought_alters_nothing(store: Store) -> None:
    theirs = row(6, laptop.enterprise_body("e1", employees=30))
    judged(store, edited(store, 30), theirs)
    assert not take(store, 5, 6, theirs).altered
    assert take(store, 6, 7, row(7, laptop.enterprise_body("e1", employees=31))).altered
    assert employees(store) == 31


def test_a_revision_that_is_here_already_still_ends_what_was_only_seen(store: Store) -> None:
    """The centre took the change and found nothing to do: the revision is the old one, what was seen is not."""
    made = edited(store, 30)
    judged(store, made, row(5, laptop.enterprise_body("e1")))
    assert employees(store) is None
    assert store.select("SELECT count(*) FROM base") == [(0,)]


def test_what_is_read_again_from_the_start_is_taken_whatever_its_revision(store: Store) -> None:
    """A centre put back from a backup gives revisions out once more, with other bodies."""
    assert take(store, 0, 5, row(5, laptop.enterprise_body("e1", employees=7))).altered
    assert employees(store) == 7


@pytest.mark.parametrize("rows", [[row(6, None)], [row(6, GONE)]])
def test_a_verdict_that_takes_its_document_away_leaves_nothing(
    store: Store, rows: list[ConfirmedRow]
) -> None:
    judged(store, edited(store, 30), *rows)
    assert store.select("SELECT count(*) FROM base") == [(0,)]
    assert employees(store) is None
    assert store.get("enterprise", "e1") is None


def test_a_document_that_moves_in_one_batch_of_verdicts_ends_where_the_last_row_says(store: Store) -> None:
    body = laptop.enterprise_body("e1", employees=30)
    judged(store, edited(store, 30), row(6, body), row(7, GONE), row(7, body, E2))
    found = store.get("enterprise", "e1")
    assert found is not None
    assert (found.bucket, found.rev) == (E2, 7)
    judged(store, edited(store, 31, 30, E2), row(8, body, E1), row(8, GONE, E2))
    found = store.get("enterprise", "e1")
    assert found is not None
    assert (found.bucket, found.rev) == (E1, 8)
    assert store.select("SELECT count(*) FROM base") == [(0,)]


def test_choosing_a_batch_costs_the_batch_and_not_what_else_waits(tmp_path: Path) -> None:
    """Counted in SQLite's own steps, which no busy machine alters."""

    def steps(waiting: int) -> int:
        store = open_store(tmp_path / f"{waiting}.db")
        ids = [f"d{number:04}" for number in range(waiting)]
        take(store, 0, waiting, *(row(1, laptop.enterprise_body(id), id=id) for id in ids))
        made = [laptop.patch(id, "employees", None, 5).model_copy(update={"bucket": E1}) for id in ids]
        outbox.make_changes(store, made, ME)
        counted = 0

        def count() -> int:
            nonlocal counted
            counted += 1
            return 0

        with store.read() as connection:
            connection.set_progress_handler(count, 10)
            assert len(outbox.to_send(store, 10)) == 10
            connection.set_progress_handler(None, 10)
        store.close()
        return counted

    assert steps(800) <= 2 * steps(50)
