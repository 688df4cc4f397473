"""Many at once, and the power cut: nothing is skipped, nothing done twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import event

from app.domain import buckets
from app.domain.clock import system_clock
from app.domain.ids import new_id
from app.errors import KnownError
from sync.protocol import digest
from sync.server import store
from tests.support.park import Park, change, issue, patch, start_visit, submit_visit
from tests.support.server import Held, Laptop, RunningServer


def check_whole(held: Held) -> None:
    """Count and sum of every bucket describe what arrived: no row was skipped."""
    for bucket, (count, total) in held.totals.items():
        revs = [(key[1], key[2], rev) for key, (rev, _) in held.rows.items() if key[0] == bucket]
        expected = 0
        for kind, id, rev in revs:
            expected = digest.add(expected, digest.row_sum(kind, id, rev))
        assert (count, total) == (len(revs), digest.sum_text(expected)), bucket


class Writers:
    """Threads that write notes into shared buckets through the one writer while a laptop reads on."""

    def __init__(self, park: Park, writers: int, rounds: int) -> None:
        self.park = park
        self.enterprises = [park.enterprise() for _ in range(3)]
        self.buckets = [buckets.of_enterprise(id) for id in self.enterprises]
        self.rounds = rounds
        self.errors: list[BaseException] = []
        self.threads = [threading.Thread(target=self._run, args=(number,)) for number in range(writers)]

    def _run(self, writer: int) -> None:
        try:
            for number in range(self.rounds):
                # In both orders, and growing: what would deadlock if locks were taken as they come.
                order = self.buckets if (writer + number) % 2 else self.buckets[::-1]
                id = f"w{writer}-{number}"

                def work(transaction: store.Transaction, order: list[str] = order, id: str = id) -> None:
                    for bucket in order:
                        transaction.write(bucket, "note", id, {"id": id, "text": "字" * 40})

                store.write(self.park.database, work, system_clock(), order[:1])
        except BaseException as error:
            self.errors.append(error)
            raise

    def check(self, laptop: Laptop) -> None:
        """Read on while they write; then everything must be there."""
        held = laptop.pull_all()
        for thread in self.threads:
            thread.start()
        while any(thread.is_alive() for thread in self.threads):
            page = laptop.pull(held.cursors, rows=50)
            held.absorb(page)
            if not page.get("more"):
                check_whole(held)
        for thread in self.threads:
            thread.join()
        assert self.errors == []
        more = laptop.pull_all(held.cursors)
        held.rows.update(more.rows)
        held.totals.update(more.totals)
        check_whole(held)
        expected = len(self.threads) * self.rounds
        for bucket in self.buckets:
            assert len(held.of_kind("note", bucket)) == expected


def test_four_writers_none_skipped(park: Park) -> None:
    writers = Writers(park, 4, 15)
    writers.check(park.officer(*writers.enterprises))


@pytest.mark.slow
def test_eight_writers_none_skipped(park: Park) -> None:
    writers = Writers(park, 8, 100)
    writers.check(park.officer(*writers.enterprises))


@pytest.mark.slow
def test_eight_officers_push_at_once(park: Park) -> None:
    """Visits with issues: every one takes numbers, the directory's lock and its own bucket's."""
    officers = [(id, park.officer(id)) for id in (park.enterprise() for _ in range(8))]
    verdicts: list[str] = []

    def work(id: str, officer: Laptop) -> None:
        for _ in range(6):
            visit = new_id()
            answers = officer.push(start_visit(id, visit), submit_visit(id, visit, issue("一"), issue("二")))
            verdicts.extend(answer["status"] for answer in answers)

    threads = [threading.Thread(target=work, args=pair) for pair in officers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdicts == ["applied"] * 96
    numbers: list[str] = []
    for id, officer in officers:
        held = officer.pull_all()
        check_whole(held)
        assert len(held.of_kind("visit", buckets.of_enterprise(id))) == 6
        numbers += [body["number"] for body in held.of_kind("issue")]
    assert len(set(numbers)) == len(numbers) == 96


def test_the_same_push_twice_at_once_is_done_once(park: Park) -> None:
    id = park.enterprise()
    officer = park.officer(id)
    edits = [patch(id, mid=new_id(), employees=(n or None, n + 1)) for n in range(20)]
    edits.append(patch(new_id(), employees=(None, 1)))
    answers: list[list[dict[str, object]]] = []
    threads = [threading.Thread(target=lambda: answers.append(officer.push(*edits))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [[verdict["status"] for verdict in answer] for answer in answers] == [
        ["applied"] * 20 + ["escrowed"]
    ] * 5
    [(rev, body)] = [row for key, row in officer.pull_all().rows.items() if key[1] == "enterprise"]
    assert body["employees"] == 20
    assert rev == 22  # made, assigned, twenty edits


@pytest.fixture
def own_park(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Park]:
    """A centre that this test may kill, on either database."""
    database = request.getfixturevalue("cluster").new_database() if request.param == "postgres" else None
    with RunningServer(tmp_path, database) as server:
        park = Park(server)
        yield park
        park.close()


ON_BOTH = pytest.mark.parametrize(
    "own_park", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@pytest.mark.slow
@ON_BOTH
@pytest.mark.parametrize(
    "point", ["applied:2", "before_documents:1", "flushed:1", "before_commit:1", "after_commit:1"]
)
def test_a_push_into_a_centre_that_dies_is_done_once(own_park: Park, point: str) -> None:
    id, visit = own_park.enterprise(), new_id()
    officer = own_park.officer(id)
    own_park.server.stop()
    own_park.server.environment = {"ZHUQITONG_FAULT": point}
    own_park.server.start()
    changes = start_visit(id, visit), submit_visit(id, visit, issue()), patch(id, employees=(None, 9))
    with pytest.raises(requests.ConnectionError):
        officer.push(*changes)
    assert own_park.server.wait_for_death() == -9
    own_park.server.environment = {}
    own_park.server.start()
    before = officer.pull_all()
    assert len(before.of_kind("visit")) == (1 if point == "after_commit:1" else 0)
    assert [verdict["status"] for verdict in officer.push(*changes)] == ["applied"] * 3
    held = officer.pull_all()
    check_whole(held)
    assert len(held.of_kind("visit")) == len(held.of_kind("issue")) == len(held.of_kind("record")) == 1
    assert held.of_kind("issue")[0]["number"].endswith("-001")
    assert held.of_kind("enterprise")[0]["employees"] == 9


def test_a_reassignment_while_somebody_pushes_never_mixes(park: Park) -> None:
    """Each change of an officer is either applied before he lost the bucket or escrowed after it."""
    id = park.enterprise()
    officer, coordinator = park.officer(), park.coordinator()
    bucket, doc = buckets.of_enterprise(id), ("assignment", new_id())
    coordinator.push(change("assignment.grant", bucket, doc, {"person": officer.person, "person_name": "刘"}))
    statuses: list[str] = []

    def work() -> None:
        for number in range(15):
            [verdict] = officer.push(patch(id, employees=(number or None, number + 1)))
            statuses.append(verdict["status"])

    pushing = threading.Thread(target=work)
    pushing.start()
    coordinator.push(change("assignment.end", bucket, doc))
    pushing.join()
    applied = statuses.count("applied")
    assert statuses == ["applied"] * applied + ["escrowed"] * (15 - applied)
    [body] = coordinator.pull_all(want=[bucket]).of_kind("enterprise")
    assert body.get("employees", 0) == applied


@pytest.mark.slow
@pytest.mark.parametrize("own_park", ["sqlite"], indirect=True)
def test_a_full_disk_is_said_and_passes(own_park: Park) -> None:
    """SQLite is held to the pages it has: its answer is that of a full disk. Nothing is half done, later it goes on."""
    id = own_park.enterprise()
    officer = own_park.officer(id)
    large = patch(id, business_scope=(None, "甲" * 300_000))
    with pytest.raises(KnownError) as full, full_disk(own_park):
        own_park.write(buckets.of_enterprise(id), "note", "n", {"id": "n", "text": "甲" * 300_000})
    assert full.value.code == "center_disk_full"
    assert "管理员" in full.value.text
    held = officer.pull_all()
    check_whole(held)
    assert held.of_kind("note") == []
    assert officer.push(large)[0]["status"] == "applied"


@contextmanager
def full_disk(park: Park) -> Iterator[None]:
    def limit(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA max_page_count=1")

    park.database.close()
    event.listen(park.database.engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(park.database.engine, "connect", limit)
        park.database.close()
