"""Packages, answers, the wire, colleagues and reassignments in any order: everything converges and nothing is lost.

One officer's laptop with its real store against the centre's real functions. After every step the confirmed documents
must not have gone back, and whatever is confirmed must be in sight; in the end both sides agree to the last document.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from app.domain import buckets
from app.domain.clock import system_clock
from app.domain.ids import new_id
from app.domain.people import Role
from app.errors import KnownError
from sync.client.errors import Cut
from sync.server import accounts, jobs, tables
from tests.support.exchanging import DirectWire, Laptop, Office, cut_at
from tests.support.park import patch

EXAMPLES = 4000 if os.environ.get("ZHUQITONG_HYPOTHESIS") == "long" else 200
FIELDS = ("employees", "address")
CUTS = ("before push", "after push", "before pull", "after pull", "after upload")

number = st.integers(0, 5)
STEPS = st.one_of(
    st.tuples(st.just("edit"), number, number),
    st.tuples(st.just("colleague"), number, number),
    st.tuples(st.just("photo"), number),
    st.tuples(st.just("export"), st.booleans()),
    st.tuples(st.just("answer"), number, st.booleans()),
    st.tuples(st.just("import"), number),
    st.tuples(st.just("import"), st.just(0)),
    st.tuples(st.just("wire")),
    st.tuples(st.just("cut wire"), st.sampled_from(CUTS), st.integers(0, 2)),
    st.tuples(st.just("damaged"), number, st.integers(0, 10_000)),
    st.tuples(st.just("end"), number),
    st.tuples(st.just("grant"), number),
    st.tuples(st.just("epoch")),
)


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory where there is one: hundreds of stores, and no power cut to fear."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path_factory.mktemp("orders")
        return
    folder = Path(tempfile.mkdtemp(prefix="zhuqitong-", dir="/dev/shm"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def office(memory: Path) -> Iterator[Office]:
    with pytest.MonkeyPatch.context() as patched:
        # What a password costs is no part of this.
        patched.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        with Office(memory / "centre") as office:
            _let_go_of_forms(office)
            yield office


def _let_go_of_forms(office: Office) -> None:
    """Every history begins with a download: of what it is about, not of a megabyte of forms and dictionaries."""
    ref = buckets.reference("XD")
    for kind, id in office.documents([ref]):
        office.park.write(ref, kind, id, None)


class History:
    """One run: a laptop, a colleague, and what lies on the stick."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.office = office
        self.stick = folder / "stick"
        self.stick.mkdir(parents=True)
        self.enterprises = [office.park.enterprise(employees=1), office.park.enterprise(employees=2)]
        self.laptop: Laptop = office.officer(folder / "desk", *self.enterprises)
        account, person = office.park.account(Role.OFFICER)
        office.park.assign(account, *self.enterprises)
        with office.database.writing() as connection:
            device = accounts.enroll_device(connection, person, "同事", system_clock())
        self.colleague = office.caller(person, device)
        self.made: set[str] = set()
        self.packages: list[Path] = []
        self.answers: list[Path] = []
        self.count = 0
        self.revs: dict[tuple[str, str, str], int] = {}
        self.laptop.sync()

    # ---- steps

    def step(self, words: tuple[Any, ...]) -> None:
        before, states = self.laptop.confirmed(), self.laptop.states()
        epoch = self.laptop.desk.signed_in().epoch
        getattr(self, "do_" + words[0].replace(" ", "_"))(*words[1:])
        self.note_revisions()
        if epoch == self.laptop.desk.signed_in().epoch:
            self.check(words, before, states)

    def check(self, words: Any, before: dict[Any, Any], states: dict[str, str]) -> None:
        after = self.laptop.confirmed()
        for key in before.keys() & after.keys():
            assert after[key][0] >= before[key][0], f"{words}: {key} went back"
        held = self.laptop.desk.store.held()
        for mid, state in self.laptop.states().items():
            if state == "confirmed" and states.get(mid) in ("pending", "again"):
                self.in_sight(words, mid, after, held)

    def in_sight(self, words: Any, mid: str, after: dict[Any, Any], held: dict[str, int]) -> None:
        """What a change that is confirmed now has altered is here as the centre had it then, or newer."""
        for key, rev in self.altered(mid):
            # A photo that arrives moves its row on within the very step.
            if held.get(key[0]) and key[1] != "attachment":
                assert key in after, f"{words}: {key} of a confirmed change is not here"
                assert after[key][0] >= rev, f"{words}: {key} of a confirmed change is older than it"

    def altered(self, mid: str) -> list[tuple[Any, int]]:
        """What a change altered, with the revision the centre gave it, as far as it still stands there."""
        table, document = tables.change, tables.document
        with self.office.database.reading() as connection:
            result = json.loads(
                connection.scalar(sa.select(table.c.result).where(table.c.mid == mid)) or "{}"
            )
            found = []
            for bucket, kind, id in result.get("keys", []):
                row = connection.execute(
                    sa.select(document.c.rev, document.c.deleted).where(
                        document.c.bucket == bucket, document.c.kind == kind, document.c.id == id
                    )
                ).one()
                if not row.deleted:
                    found.append(((bucket, kind, id), self.revs.get((mid, kind, id), 0)))
        return found

    def note_revisions(self) -> None:
        """The revision each of this officer's changes left behind; the first look after it is early enough."""
        table, document = tables.change, tables.document
        with self.office.database.reading() as connection:
            rows = connection.execute(
                sa.select(table.c.mid, table.c.result).where(table.c.person == self.laptop.person)
            )
            for mid, result in rows.all():
                for bucket, kind, id in json.loads(result).get("keys", []):
                    if (mid, kind, id) in self.revs:
                        continue
                    query = sa.select(document.c.rev).where(
                        document.c.bucket == bucket, document.c.kind == kind, document.c.id == id
                    )
                    self.revs[mid, kind, id] = connection.scalar(query) or 0

    def do_edit(self, which: int, value: int) -> None:
        enterprise = self.enterprises[which % 2]
        if self.laptop.sees(enterprise, "name") is None:
            return
        self.count += 1
        field = FIELDS[value % 2]
        value_ = self.count if field == "employees" else f"地址{self.count}"
        mid = self.laptop.edit(enterprise, field, value_)
        if mid in self.laptop.states():
            self.made.add(mid)

    def do_colleague(self, which: int, value: int) -> None:
        enterprise = self.enterprises[which % 2]
        body = self.office.documents([buckets.of_enterprise(enterprise)])["enterprise", enterprise][1]
        field = FIELDS[value % 2]
        self.count += 1
        new = self.count if field == "employees" else f"同事{self.count}"
        (done,) = self.office.push(self.colleague, patch(enterprise, **{field: (body.get(field), new)}))
        assert done["status"] == "applied"

    def do_photo(self, which: int) -> None:
        enterprise = self.enterprises[which % 2]
        if self.laptop.sees(enterprise, "name") is not None:
            self.count += 1
            self.laptop.photo(enterprise, f"照片{self.count}{new_id()}".encode())

    def do_export(self, photos: bool) -> None:
        self.packages.append(self.laptop.export(self.stick, photos=photos).path)

    def do_answer(self, which: int, photos: bool) -> None:
        if self.packages:
            summary = self.office.answer(
                self.packages[-1 - which % len(self.packages)], self.stick, photos=photos
            )
            assert summary.answer is not None
            self.answers.append(summary.answer)

    def do_import(self, which: int) -> None:
        if self.answers:
            self.take(self.answers[-1 - which % len(self.answers)])

    def take(self, path: Path) -> None:
        try:
            done = self.laptop.take(path)
            event("again" if done.again else "taken")
        except KnownError as known:
            if known.code not in ("epoch", "package_unknown"):
                raise

    def do_wire(self) -> None:
        report = self.laptop.sync()
        assert report.error is None, report.error

    def do_cut_wire(self, point: str, after: int) -> None:
        report = self.laptop.sync(DirectWire(self.laptop, cut_at(point, after), rows=2))
        assert report.error is None or isinstance(report.error, Cut), report.error

    def do_damaged(self, which: int, where: int) -> None:
        files = [*self.packages, *self.answers]
        if not files:
            return
        file = files[which % len(files)]
        content = bytearray(file.read_bytes())
        if where % 3 == 0:
            del content[where % len(content) :]
        else:
            content[where % len(content)] ^= 1 << (where % 8)
        spoilt = self.stick / "坏的.zqx"
        spoilt.write_bytes(content)
        before = self.laptop.confirmed(), self.laptop.states(), self.office.log(self.laptop.person)
        take: Any = (
            self.laptop.take if file in self.answers else lambda it: self.office.answer(it, self.stick)
        )
        with pytest.raises(KnownError) as told:
            take(spoilt)
        assert told.value.code.startswith(("package_", "not_a_package"))
        assert before == (self.laptop.confirmed(), self.laptop.states(), self.office.log(self.laptop.person))

    def do_end(self, which: int) -> None:
        enterprise = self.enterprises[which % 2]
        if self.assigned(enterprise):
            self.office.end(self.laptop.account, enterprise)

    def do_grant(self, which: int) -> None:
        self.office.park.assign(self.laptop.account, self.enterprises[which % 2])

    def assigned(self, enterprise: str) -> bool:
        member = tables.member
        with self.office.database.reading() as connection:
            query = sa.select(member.c.person).where(
                member.c.bucket == buckets.of_enterprise(enterprise), member.c.person == self.laptop.person
            )
            return connection.scalar(query) is not None

    def do_epoch(self) -> None:
        jobs.renew_epoch(self.office.database)

    # ---- the end

    def settle(self, by_stick: bool) -> None:
        for turn in range(6):
            if by_stick:
                self.do_export(True)
                self.do_answer(0, False)
                self.take(self.answers[-1])
            else:
                self.do_wire()
            if self.settled():
                event(f"settled after {turn + 1}")
                return
        raise AssertionError(f"not settled: {self.laptop.states()}")

    def settled(self) -> bool:
        if any(state in ("pending", "again", "quarantined") for state in self.laptop.states().values()):
            return False
        store = self.laptop.desk.store
        held = [bucket for bucket in store.held() if not bucket.startswith("ref:")]
        theirs = self.office.documents(held)
        ours = {key[1:]: value for key, value in self.laptop.confirmed().items() if key[0] in held}
        return ours == theirs and not store.select("SELECT 1 FROM pending_file WHERE stored = 0")

    def nothing_is_lost(self) -> None:
        log = self.office.log(self.laptop.person)
        for mid in self.made:
            assert mid in log, "a change never reached the centre"
        here = self.laptop.states()
        for mid in self.made & here.keys():
            expected = {"applied": "confirmed", "conflict": "confirmed"}.get(log[mid], log[mid])
            assert here[mid] == expected
        for enterprise in self.enterprises:
            bucket = buckets.of_enterprise(enterprise)
            assert (bucket in self.laptop.desk.store.held()) == self.assigned(enterprise)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=4, max_size=22), by_stick=st.booleans())
def test_any_order_converges(
    office: Office, memory: Path, steps: list[tuple[Any, ...]], by_stick: bool
) -> None:
    folder = memory / new_id()
    history = History(office, folder)
    try:
        for words in steps:
            history.step(words)
        history.settle(by_stick)
        history.nothing_is_lost()
    finally:
        history.laptop.close()
        shutil.rmtree(folder)
