"""The demo's stage: its clock, its people, its chance, and the one way anything is done there: a change, by somebody, now.

A story is a generator: it acts, and yields the moment at which it wants to go on. `Stage.tell` wakes the stories in the order
of their moments, a month to a transaction, so that numbers, trails and deadlines come about as they do in a year of work.
"""

from __future__ import annotations

import heapq
import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from app.domain import buckets
from app.domain.changes import Change, Context, Refusal
from app.domain.clock import BEIJING, beijing_date, to_text
from app.domain.documents import Document
from app.domain.taxonomy import Dictionaries
from app.errors import KnownError
from sync.server import store, tables
from sync.server.applying import Applied, apply_change
from sync.server.database import Database
from sync.server.people import Caller
from sync.server.reference import Reference
from sync.server.store import Transaction, dump

T = TypeVar("T")
Story = Iterator[datetime]
_NAMESPACE = uuid.UUID("5a0c3f1e-52d7-5b66-9d4e-6f0e2c8a7b10")


class Luck(random.Random):
    """Chance with a seed of its own for every story, so that one story more alters no other."""

    def happens(self, share: float) -> bool:
        return self.random() < share

    def one_of(self, shares: Mapping[T, float]) -> T:
        """A key, as often as its share says."""
        return self.choices(list(shares), list(shares.values()))[0]

    def pick(self, items: Sequence[T]) -> T:
        return items[self.randrange(len(items))]


class Stage:
    """One telling. `since` and `until` are moments; nothing happens after `until`."""

    def __init__(self, seed: int, park: str, since: datetime, until: datetime) -> None:
        self.seed, self.park = seed, park
        self.since, self.until = since, until
        self.now = since
        self.done: Counter[str] = Counter()
        """How often each change was made."""
        self.refused: list[str] = []
        """What a story wanted and the rules turned down: the story ends there."""
        self._queue: list[tuple[datetime, int, str, Story]] = []
        self._told = 0
        self._changes = 0
        self._files: list[dict[str, Any]] = []
        self._transaction: Transaction | None = None
        self._reference: Reference
        self.known: Dictionaries

    # ---- chance, ids, time

    def luck(self, *names: object) -> Luck:
        return Luck(f"{self.seed}/{'/'.join(map(str, names))}")

    def id(self, *names: object) -> str:
        """The same for the same seed and last day."""
        day = beijing_date(self.until).isoformat()
        return str(uuid.uuid5(_NAMESPACE, "/".join(map(str, (self.seed, day, *names)))))

    @property
    def days(self) -> int:
        """How long the story is."""
        return (beijing_date(self.until) - beijing_date(self.since)).days

    def of_year(self, count: int) -> int:
        """So many in a year: how many in this story."""
        return max(1, round(count * self.days / 365))

    @property
    def today(self) -> date:
        return beijing_date(self.now)

    def moment(self, day: date, luck: Luck, first: int = 9, last: int = 17) -> datetime:
        """Some time of a day, between two full hours in Beijing."""
        minutes = luck.randrange((last - first) * 60)
        return datetime.combine(day, time(first), BEIJING) + timedelta(
            minutes=minutes, seconds=luck.randrange(60)
        )

    def workday(self, day: date) -> date:
        """The day itself, or the next on which people work."""
        return day if self.known.calendar.is_workday(day)[0] else self.after(day, 1)

    def after(self, day: date, workdays: int) -> date:
        return self.known.calendar.nth_workday_after(day, workdays)[0]

    def before(self, day: date, workdays: int) -> date:
        """So many working days back; 0 is the day itself, or the last one before it on which people worked."""
        while not self.known.calendar.is_workday(day)[0] or workdays > 0:
            workdays -= self.known.calendar.is_workday(day)[0]
            day -= timedelta(days=1)
        return day

    def later(self, luck: Luck, least: int, most: int) -> datetime:
        """So many working days on; 0 is later today, or on the next working day where the day is over."""
        days = luck.randint(least, most)
        if days == 0:
            later = self.now + timedelta(minutes=luck.randint(20, 120))
            if later.astimezone(BEIJING).hour < 18 and self.workday(self.today) == self.today:
                return later
            days = 1
        return self.moment(self.after(self.today, days), luck)

    # ---- stories

    def begin(self, moment: datetime, name: str, story: Story) -> None:
        """Let a story act for the first time at that moment (now, where it is past)."""
        self._told += 1
        heapq.heappush(self._queue, (max(moment, self.now), self._told, name, story))

    def tell(
        self,
        database: Database,
        reference: Reference,
        locked: Sequence[str],
        first: Callable[[Transaction], None],
        said: Callable[[date], None],
    ) -> None:
        """Everything up to `until`. `first` is done at the beginning of the first transaction. Raises KnownError."""
        self._reference = reference
        while (self._queue and self._queue[0][0] <= self.until) or first is not _nothing:
            month = self.now.astimezone(BEIJING).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
            end = min((month + timedelta(days=32)).replace(day=1), self.until + timedelta(microseconds=1))
            self._month(database, locked, first, end)
            first = _nothing
            said(self.today)
            self.now = max(self.now, end)

    def _month(
        self,
        database: Database,
        locked: Sequence[str],
        first: Callable[[Transaction], None],
        end: datetime,
    ) -> None:
        attempts = 0

        def work(transaction: Transaction) -> None:
            nonlocal attempts
            attempts += 1
            if attempts > 1:
                # A story cannot be told twice, and nobody else should be at work here.
                raise KnownError(
                    "demo_busy", "中心正在被别的程序使用，演示数据没有做完。请停下服务，换一个空文件夹重做。"
                )
            self._transaction = transaction
            transaction.at(self.now)
            self.known = self._reference.dictionaries(transaction.connection, self.park)
            first(transaction)
            while self._queue and self._queue[0][0] < end:
                self._wake()
            if self._files:
                transaction.connection.execute(sa.insert(tables.stored_file), self._files)
                self._files = []

        store.write(database, work, self.now, locked)
        self._transaction = None

    def _wake(self) -> None:
        moment, _, name, story = heapq.heappop(self._queue)
        self.now = max(self.now, moment)
        try:
            following = next(story, None)
        except Refusal as refusal:
            self.refused.append(f"{self.today} {name}: {refusal.code}: {refusal.text}")
            return
        if following is not None:
            self.begin(following, name, story)

    # ---- acting and looking

    @property
    def transaction(self) -> Transaction:
        assert self._transaction is not None, "outside of the telling"
        return self._transaction

    def do(self, who: Caller, name: str, bucket: str, kind: str, id: str, /, **args: Any) -> Applied:
        """Somebody makes a change, now. Raises Refusal, with nothing altered."""
        transaction = self.transaction
        transaction.at(self.now)
        self._changes += 1
        mid = self.id("change", self._changes)
        change = Change(mid=mid, name=name, bucket=bucket, doc=(kind, id), args=args, at=to_text(self.now))
        context: Context = self._reference.context(transaction, who, self.park, self.known)
        with transaction.savepoint():
            applied = apply_change(transaction, change, context)
        if applied.altered:
            transaction.log(
                mid=mid,
                bucket=bucket,
                person=who.person,
                device=who.device,
                name=name,
                status="conflict" if applied.conflicts else "applied",
                body=dump(change.to_wire()),
                result=dump({"keys": applied.keys, "conflicts": applied.conflicts}),
            )
        self.done[name] += 1
        return applied

    def put(self, who: Caller, bucket: str, kind: str, id: str, body: Mapping[str, Any]) -> None:
        """A document made by hand."""
        self.do(
            who,
            "put",
            bucket,
            kind,
            id,
            fields={name: [None, value] for name, value in {"id": id, **body}.items()},
        )

    def patch(self, who: Caller, bucket: str, kind: str, id: str, /, **to: Any) -> None:
        """Fields as they shall be; nothing where they are so."""
        body = self.body(bucket, kind, id)
        fields = {name: [body.get(name), value] for name, value in to.items() if body.get(name) != value}
        if fields:
            self.do(who, "patch", bucket, kind, id, fields=fields)

    def body(self, bucket: str, kind: str, id: str) -> dict[str, Any]:
        found = self.transaction.get(bucket, kind, id)
        return dict(found.body) if found is not None else {}

    def of_kind(self, bucket: str, kind: str) -> list[Document]:
        return self.transaction.of_kind(bucket, kind)

    def stored(self, bucket: str, attachment: str, sha256: str, size: int) -> None:
        """The bytes of an attachment are here already: its row will say so."""
        moment = to_text(self.now)
        self.transaction.stored_files[bucket, attachment] = (sha256, moment)
        self._files.append(
            {"bucket": bucket, "attachment": attachment, "sha256": sha256, "size": size, "stored_at": moment}
        )

    @property
    def directory(self) -> str:
        return buckets.directory(self.park)


def _nothing(_: Transaction) -> None:
    """What is done at the beginning of a month but the first."""
