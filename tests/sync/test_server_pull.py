"""Pull against a real centre: everything one holds, nothing else, in pages from one snapshot."""

from __future__ import annotations

import tracemalloc

import sqlalchemy as sa

from app.domain import buckets
from app.domain.clock import system_clock
from app.domain.ids import new_id
from app.domain.people import Role
from sync.protocol import digest
from sync.protocol.messages import Pull, Pulled
from sync.server import pull, store, tables
from sync.server.people import Caller
from tests.support.park import Park, patch
from tests.support.server import Held, Laptop


def with_notes(park: Park, count: int, size: int = 10) -> tuple[Laptop, str]:
    """An officer with one enterprise in whose bucket stand `count` notes of `size` characters."""
    id = park.enterprise()
    bucket = buckets.of_enterprise(id)

    def work(transaction: store.Transaction) -> None:
        for number in range(count):
            note = f"n{number:06d}"
            transaction.write(bucket, "note", note, {"id": note, "text": "字" * size})

    store.write(park.database, work, system_clock(), (bucket,))
    return park.officer(id), bucket


def check_totals(held: Held) -> None:
    """Count and sum as sent describe what a laptop has got."""
    for bucket, (count, total) in held.totals.items():
        rows = [(key, rev) for key, (rev, _) in held.rows.items() if key[0] == bucket]
        expected = 0
        for (_, kind, id), rev in rows:
            expected = digest.add(expected, digest.row_sum(kind, id, rev))
        assert (count, total) == (len(rows), digest.sum_text(expected)), bucket


def test_an_officer_gets_reference_his_own_and_his_enterprises(park: Park) -> None:
    one, two = park.enterprise(), park.enterprise()
    officer = park.officer(one, two)
    held = officer.pull_all()
    expected = {"ref:XD", buckets.of_person(officer.person), *map(buckets.of_enterprise, (one, two))}
    assert set(held.cursors) == expected
    assert {body["id"] for body in held.of_kind("enterprise")} == {one, two}
    assert {"issue_taxonomy", "departments"} <= {body["id"] for body in held.of_kind("dictionary")}
    assert officer.person in {body["id"] for body in held.of_kind("person")}
    check_totals(held)


def test_nothing_new_is_answered_in_less_than_200_bytes(park: Park) -> None:
    officer = park.officer(*[park.enterprise() for _ in range(12)])
    held = officer.pull_all()
    answer = officer.post("/sync/pull", {"device": officer.device, "token": held.token})
    assert answer.json() == {"same": True, "token": held.token}
    assert len(answer.content) < 200
    assert Pulled.model_validate(answer.json()).same


def test_a_token_that_is_not_current_asks_for_cursors(park: Park) -> None:
    id = park.enterprise()
    officer = park.officer(id)
    held = officer.pull_all()
    officer.push(patch(id, employees=(None, 3)))
    answer = officer.post("/sync/pull", {"device": officer.device, "token": held.token})
    assert answer.json() == {"need": "cursors"}
    page = officer.pull(held.cursors)
    [part] = page["buckets"]
    assert (part["id"], part["from"]) == (buckets.of_enterprise(id), held.cursors[buckets.of_enterprise(id)])
    assert [row[3]["employees"] for row in part["rows"]] == [3]
    assert page["token"] != held.token


def test_pages_are_limited_by_rows_and_come_back_whole(park: Park) -> None:
    officer, bucket = with_notes(park, 250)
    held = officer.pull_all(rows=40)
    assert held.pages >= 7
    assert len(held.of_kind("note", bucket)) == 250
    check_totals(held)
    page = officer.pull({}, rows=40)
    assert page["more"] is True
    assert "token" not in page
    assert sum(len(part["rows"]) for part in page["buckets"]) == 40


def test_pages_are_limited_by_bytes_but_one_row_always_passes(park: Park) -> None:
    officer, bucket = with_notes(park, 30, size=2000)
    cursors = officer.pull_all().cursors | {bucket: 0}
    page = officer.pull(cursors, bytes=20_000)
    [part] = page["buckets"]
    assert 1 < len(part["rows"]) <= 5
    smallest = officer.pull(cursors, bytes=1000)
    assert [len(part["rows"]) for part in smallest["buckets"]] == [1]
    assert len(officer.pull_all(cursors, bytes=1000).of_kind("note")) == 30


def test_a_page_that_ends_with_the_last_row_says_done(park: Park) -> None:
    officer, bucket = with_notes(park, 10)
    held = officer.pull_all()
    whole = sum(1 for key in held.rows if key[0] == bucket)
    page = officer.pull(held.cursors | {bucket: 0}, rows=whole)
    assert page["more"] is False
    assert page["buckets"][0]["done"] is True


def test_a_deleted_document_is_told_to_those_who_may_have_it(park: Park) -> None:
    officer, bucket = with_notes(park, 3)
    held = officer.pull_all()
    park.write(bucket, "note", "n000001", None)
    [part] = officer.pull(held.cursors)["buckets"]
    assert part["rows"] == [["note", "n000001", 2, None]]
    fresh = officer.pull_all()
    assert ("note", "n000001") not in {key[1:] for key in fresh.rows}
    [from_start] = [part for part in officer.pull()["buckets"] if part["id"] == bucket]
    assert all(row[3] is not None for row in from_start["rows"])
    check_totals(fresh)
    park.write(bucket, "note", "n000001", {"id": "n000001", "text": "又来"})
    again = officer.pull_all(held.cursors)
    assert again.rows[bucket, "note", "n000001"] == (3, {"id": "n000001", "text": "又来"})


def test_a_cursor_ahead_of_the_head_starts_again(park: Park) -> None:
    officer, bucket = with_notes(park, 3)
    held = officer.pull_all()
    [part] = officer.pull(held.cursors | {bucket: 10_000})["buckets"]
    assert (part["reset"], part["from"], part["done"]) == (True, 0, True)
    assert len([row for row in part["rows"] if row[0] == "note"]) == 3


def test_a_cursor_from_before_the_known_deletions_starts_again(park: Park) -> None:
    officer, bucket = with_notes(park, 8)
    held = officer.pull_all()
    with park.database.writing() as connection:
        connection.execute(sa.update(tables.bucket).where(tables.bucket.c.id == bucket).values(floor=5))
    assert "buckets" not in officer.pull(held.cursors) or not officer.pull(held.cursors)["buckets"]
    [part] = officer.pull(held.cursors | {bucket: 4})["buckets"]
    assert (part["reset"], part["from"]) == (True, 0)
    [part] = officer.pull(held.cursors | {bucket: 5})["buckets"]
    assert "reset" not in part


def test_a_bucket_read_again_from_0_is_sent_whatever_the_token_says(park: Park) -> None:
    officer, bucket = with_notes(park, 3)
    held = officer.pull_all()
    page = officer.pull(held.cursors | {bucket: 0}, token=held.token)
    assert [part["id"] for part in page["buckets"]] == [bucket]


def test_a_coordinator_holds_the_directory_and_opens_enterprises_on_demand(park: Park) -> None:
    id = park.enterprise(name="萍乡某某陶瓷厂")
    bucket = buckets.of_enterprise(id)
    coordinator = park.coordinator()
    held = coordinator.pull_all()
    assert set(held.cursors) == {"ref:XD", "dir:XD", "m:XD", buckets.of_person(coordinator.person)}
    assert id in {body["id"] for body in held.of_kind("enterprise_row")}
    opened = coordinator.pull_all(held.cursors, want=[bucket, "u:somebody", "e:nothing"])
    assert set(opened.cursors) - set(held.cursors) == {bucket}
    # It is remembered for this device, and for this device only.
    assert bucket in coordinator.pull_all(opened.cursors).cursors
    account = coordinator.who["account"]
    assert bucket not in park.server.sign_in(account).pull_all().cursors
    closed = coordinator.pull_all(opened.cursors, want=[])
    assert closed.revoked == [bucket]


def test_an_empty_bucket_shows_up_once(park: Park) -> None:
    officer = park.officer()
    own = buckets.of_person(officer.person)
    page = officer.pull()
    [part] = [part for part in page["buckets"] if part["id"] == own]
    assert (part["to"], part["done"], part["count"]) == (0, True, 0)
    held = officer.pull_all()
    assert officer.pull(held.cursors, token=held.token) == {"same": True, "token": held.token}


def test_every_page_is_of_the_protocols_shape(park: Park) -> None:
    officer, _ = with_notes(park, 5)
    page = officer.pull(rows=8)
    parsed = Pulled.model_validate(page)
    assert parsed.more
    assert parsed.epoch == officer.who["epoch"]


def test_memory_of_a_pull_does_not_grow_with_the_bucket(park: Park) -> None:
    """3000 notes of 6 KB are 18 MB; a page of 200 KB needs a small part of that."""
    officer, bucket = with_notes(park, 3000, size=2000)
    caller = Caller(officer.person, "", "", frozenset({Role.OFFICER}), None, officer.device)
    message = Pull(device=officer.device, cursors={bucket: 0}, bytes=200_000)
    pull.pull(park.database, caller, message, system_clock())
    tracemalloc.start()
    try:
        pull.pull(park.database, caller, message, system_clock())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000


def test_a_note_that_was_never_there_is_not_deleted(park: Park) -> None:
    officer, bucket = with_notes(park, 1)
    before = officer.pull_all().cursors
    park.write(bucket, "note", new_id(), None)
    assert officer.pull_all().cursors == before
