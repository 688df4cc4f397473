"""Random histories of one laptop and a centre: after every step what is seen = confirmed + unconfirmed changes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.domain import buckets
from app.domain.changes import Change, Refusal
from app.domain.people import Actor, Role
from app.store import confirmed, outbox
from app.store.confirmed import ConfirmedPage, ConfirmedRow, ConfirmedVerdict
from app.store.database import Store, open_store
from app.store.handing_over import still_here
from app.store.purge import finish_purges, purge
from sync.protocol.messages import Pull, Verdict
from tests.support import laptop
from tests.support.laptop_model import LaptopModel
from tests.support.model_server import ModelServer, digest_of

ENTERPRISES = ("e1", "e2")
DIRECTORY = buckets.directory(laptop.PARK)
BUCKETS = (buckets.of_enterprise("e1"), buckets.of_enterprise("e2"), DIRECTORY)
# Officer and coordinator in one person: all moves from one chair.
ME = Actor("p-me", "王联络", frozenset({Role.OFFICER, Role.COORDINATOR}))
OTHER = Actor("p-other", "李协调", frozenset({Role.OFFICER, Role.COORDINATOR}))
FIELDS = ("name", "address", "employees")
FAULTS = st.sampled_from((None, None, None, "before_commit", "after_commit"))


class Crash(Exception):
    """The process ends here."""


def row_home(kind: str, bucket: str) -> str:
    return DIRECTORY if kind.endswith("_row") else bucket


def rows_of(verdict: Verdict) -> list[ConfirmedRow]:
    return [
        ConfirmedRow(row_home(kind, verdict.bucket), kind, id, rev, body)
        for kind, id, rev, body in verdict.rows
    ]


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="histories-"))
        self.context = laptop.context(ME)
        self.server = ModelServer(laptop.context(ME, official=True))
        self.model = LaptopModel()
        self.armed: str | None = None
        self.minutes = 0
        self.visits = 0
        self.store: Store = open_store(self.folder / "store.db", fault=self.fault)

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    def fault(self, point: str) -> None:
        if point == self.armed:
            self.armed = None
            raise Crash(point)

    def step(self, fault: str | None, act: Callable[[], Any], then: Callable[[], None]) -> None:
        """One transaction with a crash before or after its commit; the model follows what was committed."""
        self.armed = fault
        try:
            act()
        except Refusal:
            self.armed = None
            return
        except Crash:
            self.store.close()
            self.store = open_store(self.folder / "store.db", fault=self.fault)
            if fault == "before_commit":
                return
        self.armed = None
        then()

    def pending(self) -> list[Change]:
        return [
            row.change
            for row in outbox.pending(self.store)
            if row.state in ("pending", "quarantined", "again")
        ]

    def next_minute(self) -> int:
        self.minutes += 1
        return self.minutes

    @initialize()
    def fill(self) -> None:
        self.server.members = set(BUCKETS)
        for id in ENTERPRISES:
            self.server.write(buckets.of_enterprise(id), "enterprise", id, laptop.enterprise_body(id))
            self.server.write(DIRECTORY, "enterprise_row", id, {"id": id})
            for number in range(3):
                self.at_the_centre(laptop.start_visit(id, f"first-{id}-{number}"), ME)
                self.at_the_centre(laptop.submit_visit(id, f"first-{id}-{number}", issues=1), ME)
        while self.take_page(50, None):
            pass

    # ---- what the person does

    def make(self, fault: str | None, *changes: Change) -> None:
        before = len(self.pending())
        self.step(fault, lambda: outbox.make_changes(self.store, changes, self.context), lambda: None)
        assert len(self.pending()) in range(before, before + len(changes) + 1)

    @rule(id=st.sampled_from(ENTERPRISES), field=st.sampled_from(FIELDS), to=st.integers(0, 3), fault=FAULTS)
    def edit(self, id: str, field: str, to: int, fault: str | None) -> None:
        seen = self.store.get("enterprise", id)
        if seen is not None:
            new = to if field == "employees" else f"值{to}"
            self.make(fault, laptop.patch(id, field, seen.body.get(field), new, self.next_minute()))

    @rule(id=st.sampled_from(ENTERPRISES), fault=FAULTS)
    def start(self, id: str, fault: str | None) -> None:
        self.visits += 1
        self.make(fault, laptop.start_visit(id, f"v{self.visits}", self.next_minute()))

    @rule(data=st.data(), issues=st.integers(0, 2), cancel=st.booleans(), fault=FAULTS)
    def finish(self, data: st.DataObject, issues: int, cancel: bool, fault: str | None) -> None:
        seen = self.store.of_kind("visit")
        if not seen:
            return
        visit = data.draw(st.sampled_from([document.id for document in seen]))
        enterprise = next(document.body["enterprise"] for document in seen if document.id == visit)
        minutes = self.next_minute()
        made = (
            laptop.cancel_visit(enterprise, visit, minutes)
            if cancel
            else laptop.submit_visit(enterprise, visit, issues, minutes)
        )
        self.make(fault, made)

    def issue_change(self, data: st.DataObject, documents: list[Any]) -> Change | None:
        if not documents:
            return None
        issue = data.draw(st.sampled_from(documents))
        name, args = data.draw(
            st.sampled_from(
                [
                    ("issue.accept", {"category": "Q01", "level": 2}),
                    ("issue.return", {"reason": "请写清楚"}),
                    ("issue.resubmit", {"title": "补正"}),
                ]
            )
        )
        if name == "issue.accept":
            args = {**args, "category": self.context.dictionaries.taxonomy.items[0].code}
        return laptop.change(name, issue.bucket, "issue", issue.id, args, self.next_minute())

    @rule(data=st.data(), fault=FAULTS)
    def move_issue_on(self, data: st.DataObject, fault: str | None) -> None:
        made = self.issue_change(data, self.store.of_kind("issue"))
        if made is not None:
            self.make(fault, made)

    # ---- what happens at the centre

    def server_issues(self) -> list[Any]:
        return [
            issue for id in ENTERPRISES for issue in self.server.of_kind(buckets.of_enterprise(id), "issue")
        ]

    def at_the_centre(self, change: Change, actor: Actor = OTHER) -> None:
        mine, members = self.server.context, self.server.members
        self.server.context, self.server.members = laptop.context(actor, official=True), set(BUCKETS)
        self.server.decide(change)
        self.server.context, self.server.members = mine, members

    @rule(id=st.sampled_from(ENTERPRISES), field=st.sampled_from(FIELDS), to=st.integers(0, 3))
    def somebody_edits(self, id: str, field: str, to: int) -> None:
        seen = self.server.get(buckets.of_enterprise(id), "enterprise", id)
        assert seen is not None
        new = to if field == "employees" else f"值{to}"
        self.at_the_centre(laptop.patch(id, field, seen.body.get(field), new, self.next_minute()))

    @rule(id=st.sampled_from(ENTERPRISES), finish=st.booleans())
    def my_other_laptop_visits(self, id: str, finish: bool) -> None:
        self.visits += 1
        self.at_the_centre(laptop.start_visit(id, f"v{self.visits}", self.next_minute()), ME)
        if finish:
            self.at_the_centre(laptop.submit_visit(id, f"v{self.visits}", 1, self.next_minute()), ME)

    @rule(data=st.data())
    def somebody_moves_an_issue_on(self, data: st.DataObject) -> None:
        made = self.issue_change(data, self.server_issues())
        if made is not None:
            self.at_the_centre(made)

    @rule(data=st.data(), delete=st.booleans())
    def somebody_moves_or_deletes_an_issue(self, data: st.DataObject, delete: bool) -> None:
        issues = self.server_issues()
        if issues:
            issue = data.draw(st.sampled_from(issues))
            other = next(bucket for bucket in BUCKETS[:2] if bucket != issue.bucket)
            if delete:
                self.server.write(issue.bucket, "issue", issue.id, None)
            else:
                self.server.move(issue.bucket, other, "issue", issue.id)

    @rule(bucket=st.sampled_from(BUCKETS))
    def membership(self, bucket: str) -> None:
        # Taken away more rarely than given back, or nothing ever happens in a bucket.
        self.server.members = (
            set(BUCKETS) if len(self.server.members) < len(BUCKETS) else {*BUCKETS} - {bucket}
        )

    # ---- sync, a message at a time

    @rule(count=st.integers(1, 4), lost=st.booleans(), fault=FAULTS)
    def push(self, count: int, lost: bool, fault: str | None) -> None:
        verdicts = [self.server.decide(row.change) for row in outbox.to_send(self.store, count)]
        if lost or not verdicts:
            return
        plain = [
            ConfirmedVerdict(
                verdict.mid, verdict.status, rows_of(verdict), verdict.error and verdict.error.model_dump()
            )
            for verdict in verdicts
        ]
        self.step(
            fault,
            lambda: confirmed.absorb_verdicts(self.store, plain, self.context),
            lambda: [self.model.rows(verdict.rows) for verdict in plain] and None,
        )

    @rule(rows=st.integers(1, 6), fault=FAULTS)
    def pull(self, rows: int, fault: str | None) -> None:
        self.take_page(rows, fault)

    def take_page(self, rows: int, fault: str | None) -> bool:
        """One page; False when nothing is left to receive."""
        answer = self.server.pull(Pull(device="device-0001", cursors=self.store.held(), rows=rows))
        for bucket in answer.revoked:
            if not still_here(self.store, bucket):
                self.step(
                    fault,
                    lambda bucket=bucket: purge(self.store, bucket, self.context),
                    lambda bucket=bucket: self.model.purge(bucket),
                )
        pages = [
            ConfirmedPage(
                page.id,
                page.from_,
                page.to,
                page.done,
                page.reset,
                page.count,
                page.sum,
                [ConfirmedRow(page.id, *row) for row in page.rows],
            )
            for page in answer.buckets
        ]
        results: list[confirmed.PageResult] = []
        self.step(
            fault,
            lambda: results.append(confirmed.absorb_page(self.store, pages, self.context, sum_of=digest_of)),
            lambda: [self.model.page(page) for page in pages] and None,
        )
        for result in results:
            for bucket in result.mismatched:
                self.model.cursors[bucket] = confirmed.ANEW
        return answer.more or bool(results and results[0].mismatched)

    @precondition(lambda self: self.model.cursors)
    @rule(fault=FAULTS)
    def read_again_from_the_start(self, fault: str | None) -> None:
        def zero() -> None:
            self.model.cursors = dict.fromkeys(self.model.cursors, confirmed.ANEW)

        with_outbox = [row.change.mid for row in outbox.pending(self.store)]
        # What was confirmed is known to this centre: offering it again must change nothing.
        self.step(fault, lambda: confirmed.forget_cursors(self.store), zero)
        assert set(with_outbox) <= {row.change.mid for row in outbox.pending(self.store)}

    # ---- what must be true

    @invariant()
    def seen_is_confirmed_with_changes_over_it(self) -> None:
        if not hasattr(self, "store"):
            return
        running = [
            row.change for row in outbox.pending(self.store) if row.state in ("pending", "quarantined")
        ]
        expected = self.model.visible(running, self.context)
        seen = {
            (kind, id): self.store.get(kind, id)
            for kind, id in self.store.select("SELECT kind, id FROM document")
        }
        assert seen == expected
        assert self.store.held() == self.model.cursors

    @invariant()
    def base_stands_for_what_is_written_over_and_nothing_else(self) -> None:
        base = set(self.store.select("SELECT kind, id FROM base"))
        wrote = set(self.store.select("SELECT DISTINCT kind, id FROM outbox_touch WHERE wrote = 1"))
        assert base == wrote

    @rule(rows=st.sampled_from((3, 500)))
    def everything_settles(self, rows: int) -> None:
        """Pushed until empty and pulled to the end, laptop and centre agree."""
        for _ in range(200):
            if not outbox.to_send(self.store, 1):
                break
            self.push(500, False, None)
        for _ in range(200):
            more = self.take_page(rows, None)
            if not more and self.store.held().keys() == self.server.members:
                break
        assert not self.pending()
        assert finish_purges(self.store)
        seen = {(d.kind, d.id): d for bucket in self.store.held() for d in self.store.in_bucket(bucket)}
        theirs = {
            (kind, id): self.server.get(bucket, kind, id)
            for bucket in self.server.members
            for kind, id in self.server.buckets.get(bucket, {})
            if self.server.get(bucket, kind, id)
        }
        assert seen == theirs
        assert self.store.select("SELECT count(*) FROM document") == [(len(theirs),)]


Histories.TestCase.settings = settings(stateful_step_count=40)
TestHistories = Histories.TestCase
