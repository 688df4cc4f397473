"""Sending the outbox: batches, verdicts, and finding the one change a centre cannot digest.

Requests follow one another, each after the answer to the one before. What may overlap is only this: while the centre works
on a batch, the verdicts on the one before are taken in. Where the power goes in between, both batches are sent again and get
the same verdicts.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from app.domain.changes import Context
from app.errors import KnownError
from app.store.confirmed import absorb_verdicts, mark_failure
from app.store.database import Store
from app.store.outbox import OutboxRow, counts, to_send
from sync.client.errors import Cut, ServerTrouble, TooLarge
from sync.client.reading import plain_verdict
from sync.client.terms import Beside, Progress, Tally, Wire, at_once
from sync.protocol.messages import (
    MAX_CHANGES,
    MAX_PUSH_BYTES,
    SERVER_NEWER,
    SERVER_OLDER,
    Push,
    Pushed,
    Verdict,
)

TROUBLES_TO_HALVE = 3
"""So many runs may end with the centre failing on a batch before the batch itself is taken to be the reason."""
ENVELOPE_BYTES = 10_000
_UNTIL_UPGRADED = (SERVER_OLDER, SERVER_NEWER)


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes that go together, and the message they go in."""

    rows: list[OutboxRow]
    message: Push


class Pusher:
    """One push of everything that can be sent."""

    def __init__(
        self,
        store: Store,
        wire: Wire,
        context: Callable[[], Context],
        device: str,
        epoch: str | None,
        tally: Tally,
        tell: Callable[[Progress], None],
        stop: Callable[[], bool],
        beside: Beside = at_once,
        batch: int = MAX_CHANGES,
    ) -> None:
        self._store = store
        self._wire = wire
        self._context = context
        self._device = device
        self._epoch = epoch
        self._tally = tally
        self._tell = tell
        self._stop = stop
        self._beside = beside
        self._batch = batch
        self._limit = batch

    def run(self) -> bool:
        """Send until nothing is left that can be sent now. True where verdicts came."""
        total = counts(self._store).pending
        done = 0
        batch = self._next()
        answering = self._begin(batch, done, total)
        while batch is not None:
            # While the centre works, the next batch is made ready.
            following = self._next(after=batch.rows[-1].seq)
            answer = self._answer(batch.rows, answering)
            if answer is None:
                following = None
            else:
                done += len(batch.rows)
                self._limit = min(self._batch, self._limit * 2)
                by_mid = {verdict.mid: verdict for verdict in answer.results}
                if not all(row.mid in by_mid and by_mid[row.mid].status != "retry" for row in batch.rows):
                    # What waits behind a change is only known when its verdict has been taken in.
                    following = None
                answering = self._begin(following, done, total)
                self._take_beside(batch.rows, by_mid, answering)
                if done >= total:
                    self._say(done, done)
            if following is None:
                following = self._next()
                answering = self._begin(following, done, total)
            batch = following
        if done:
            self._forget_troubles()
        return done > 0

    def _next(self, after: int = 0) -> Batch | None:
        """What can be sent now, ready for it; None where there is nothing, or where the run is to stop."""
        if self._stop():
            return None
        rows = to_send(self._store, self._limit, MAX_PUSH_BYTES - ENVELOPE_BYTES, self._tally.skip, after)
        if not rows:
            return None
        message = Push.of_texts(self._device, self._epoch, [row.text for row in rows])
        message.pack()
        return Batch(rows, message)

    def _begin(self, batch: Batch | None, done: int, total: int) -> Callable[[], Pushed]:
        """Say it and send a batch, where there is one."""
        if batch is None:
            return _nothing_asked
        self._say(done, max(total, done + len(batch.rows)))
        return self._send(batch)

    def _send(self, batch: Batch) -> Callable[[], Pushed]:
        """What comes back waits for the answer."""
        return self._beside(lambda: self._wire.push(batch.message))

    def _say(self, done: int, total: int) -> None:
        self._tell(Progress("push", done, total, f"正在发送，已发出 {done} 项，共 {total} 项"))

    def _answer(self, rows: list[OutboxRow], answering: Callable[[], Pushed]) -> Pushed | None:
        """The centre's answer; None where the batch is to be cut another way and tried again."""
        try:
            return answering()
        except TooLarge as error:
            self._divide(rows, error)
        except (ServerTrouble, Cut) as error:
            self._endure(rows, error)
        return None

    def _endure(self, rows: list[OutboxRow], error: KnownError) -> None:
        """The centre failed on a batch, or the connection broke on it. At first the run ends, to be tried again later;
        after the third time the batch is halved to find what it fails on. A centre that does not even answer whether
        it is well is not judged by that."""
        troubles = int(self._store.kv("push_troubles", 0)) + 1
        self._store.set_kv("push_troubles", troubles, "sync")
        if troubles < TROUBLES_TO_HALVE:
            raise error
        self._wire.health()
        self._divide(rows, error)

    def _divide(self, rows: list[OutboxRow], error: KnownError) -> None:
        if len(rows) > 1:
            self._limit = len(rows) // 2
            return
        mark_failure(self._store, rows[0].mid, {"code": error.code, "text": error.text})
        self._tally.skip.add(rows[0].seq)
        self._limit = self._batch

    def _forget_troubles(self) -> None:
        if not self._tally.skip and self._store.kv("push_troubles"):
            self._store.set_kv("push_troubles", None, "sync")

    def _take_beside(
        self, rows: list[OutboxRow], by_mid: dict[str, Verdict], answering: Callable[[], Pushed]
    ) -> None:
        """Take verdicts in while the next request may be on its way: it comes to its end before an error leaves."""
        try:
            self._take(rows, by_mid)
        except BaseException:
            with suppress(Exception):
                answering()
            raise

    def _take(self, rows: list[OutboxRow], by_mid: dict[str, Verdict]) -> None:
        """Absorb the verdicts; what has none, or is to be tried later, is left alone for this run."""
        context = self._context()
        verdicts: list[Verdict] = []
        for row in rows:
            verdict = by_mid.get(row.mid)
            if verdict is None or verdict.status == "retry":
                self._tally.skip.add(row.seq)
            # Where centre and laptop are of different ages, the change waits until the older one is upgraded.
            if verdict is not None and not (verdict.error and verdict.error.code in _UNTIL_UPGRADED):
                verdicts.append(verdict)
        absorb_verdicts(self._store, [plain_verdict(verdict, context.park) for verdict in verdicts], context)
        for verdict in verdicts:
            self._tally.sent += verdict.status != "retry"
            self._tally.refused += verdict.status == "refused"
            self._tally.conflicts += verdict.status == "conflict"


def _nothing_asked() -> Pushed:
    raise AssertionError("no request was begun")
