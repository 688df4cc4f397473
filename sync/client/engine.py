"""The steps of a run: push until the outbox is empty, pull until nothing is left, then the blobs of attachments.

The engine has no thread, socket or clock of its own: transport, clock and jitter are handed in. It keeps no "syncing"
mark anywhere: whatever breaks, wherever, the next run simply begins again (sync/README.md §5).
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.domain.changes import Context
from app.domain.clock import Clock
from app.errors import KnownError
from app.store.confirmed import DIFFERS, absorb_page, forget_cursors, push_mark, reading, release_quarantined
from app.store.database import Store
from app.store.files import PendingFile, files_to_send, mark_failed, mark_stored, set_location, settle_stored
from app.store.handing_over import files_to_hand_over, queue_drafts, queue_stranded, still_here
from app.store.history import SyncReport, record_sync
from app.store.outbox import to_send
from app.store.purge import drop_stranded, finish_purges, purge
from app.store.seal import seal
from sync.client.errors import (
    EpochChanged,
    Later,
    NoNetwork,
    NotOurServer,
    Rejected,
    Revoked,
    ServerTrouble,
    TooLarge,
)
from sync.client.pushing import Pusher
from sync.client.reading import plain_page
from sync.client.terms import Beside, Tally, Wire, at_once, in_thread, never, quiet
from sync.client.terms import Progress as Progress
from sync.client.waiting import wait_after
from sync.protocol import digest
from sync.protocol.messages import MAX_CHANGES, Pull, Pulled

log = logging.getLogger(__name__)

MOST_ROUNDS = 10
"""Push and pull take turns while there is something new; this often at most in one run."""
MOST_MISMATCHES = 3
CLOCK_STEP_S = 10


class Engine:
    """Syncs one store with its centre. One run at a time; runs may be on any thread."""

    def __init__(
        self,
        store: Store,
        transport: Wire,
        context: Callable[[], Context],
        device: str,
        clock: Clock,
        jitter: Callable[[], float] = random.random,
        beside: Beside = at_once,
        batch: int = MAX_CHANGES,
    ) -> None:
        self._store = store
        self._wire = transport
        self._beside = beside
        self._batch = batch
        self._context = context
        self._device = device
        self._clock = clock
        self._jitter = jitter
        self._tell: Callable[[Progress], None] = quiet
        self._stop: Callable[[], bool] = never
        self._tally = Tally()
        self._failures = 0
        self._asked_to_wait: float | None = None

    @property
    def wait(self) -> float:
        """Seconds after which another run is worth trying: 0 after a good one, else full jitter between 1 s and 5 min,
        or what the centre asked for."""
        return wait_after(self._failures, self._asked_to_wait, self._jitter)

    def run(
        self, progress: Callable[[Progress], None] = quiet, stop: Callable[[], bool] = never
    ) -> SyncReport:
        """One run. What keeps it from its end is in the report, not raised; `stop` is asked between steps."""
        started = self._clock()
        self._tell, self._stop, self._tally = progress, stop, Tally()
        error: KnownError | None = None
        self._asked_to_wait = None
        try:
            finish_purges(self._store)
            self._rounds()
            self._failures = 0
        except KnownError as known:
            error = known
            self._failures += 1
            if isinstance(known, Later):
                self._asked_to_wait = known.seconds
            if isinstance(known, Revoked):
                seal(self._store, self._clock())
        return self._report(started, error)

    def _report(self, started: Any, error: KnownError | None) -> SyncReport:
        tally = self._tally
        report = SyncReport(
            started,
            self._clock(),
            tally.sent,
            tally.received,
            tally.refused,
            tally.conflicts,
            tally.files_sent,
            error,
        )
        try:
            record_sync(self._store, report)
        except KnownError as known:
            # A full disk, most likely the same that ended the run: the report itself still gets through.
            log.warning("the history of syncs could not be written: %s", known.code)
        return report

    def _rounds(self) -> None:
        for _ in range(MOST_ROUNDS):
            if self._stop():
                return
            try:
                pushed = self._push()
                self._pull(idle=not pushed and not self._tally.files_sent)
                if not self._send_files() and not self._sendable():
                    return
            except EpochChanged as changed:
                self._begin_epoch(changed.epoch)

    def _sendable(self) -> bool:
        return bool(to_send(self._store, 1, skip=self._tally.skip))

    def _epoch(self) -> str | None:
        session = self._store.kv("session") or {}
        epoch = session.get("epoch")
        return str(epoch) if epoch else None

    def _begin_epoch(self, epoch: str | None) -> None:
        """The centre was restored from a backup: cursors forgotten, data kept, changes of the last 30 days offered
        again. Raises EpochChanged where it does not even say its new epoch."""
        epoch = epoch or self._wire.health().get("epoch")
        if not epoch or epoch == self._epoch():
            raise EpochChanged(None)
        with self._store.write("sync"):
            forget_cursors(self._store)
            self._store.set_kv("session", {**(self._store.kv("session") or {}), "epoch": epoch})

    # ---- push

    def _push(self) -> bool:
        """Everything that can be sent. True where something was."""
        pusher = Pusher(
            self._store,
            self._wire,
            self._context,
            self._device,
            self._epoch(),
            self._tally,
            self._tell,
            self._stop,
            self._beside,
            self._batch,
        )
        return pusher.run()

    # ---- pull

    def _pull(self, *, idle: bool) -> None:
        store = self._store
        want = store.kv("want")
        # In another order it is the same list: what was looked at last stands first in it.
        new_want = want if sorted(want or ()) != sorted(store.kv("want_sent") or ()) else None
        differs = store.kv(DIFFERS)
        token = store.kv("token")
        if idle and token and new_want is None and not differs:
            answer = self._wire.pull(Pull(device=self._device, epoch=self._epoch(), token=token))
            if answer.same:
                return
        while not self._stop():
            # Whoever takes in verdicts between here and there makes the page stale: it is thrown away then.
            mark = push_mark(store)
            cursors, unfinished = store.held(), reading(store)
            answer = self._wire.pull(
                Pull(
                    device=self._device,
                    epoch=self._epoch(),
                    cursors=cursors,
                    reading=unfinished,
                    want=new_want,
                    differs=store.kv(DIFFERS),
                )
            )
            if new_want is not None:
                store.set_kv("want_sent", new_want, "sync")
                new_want = None
            if store.kv(DIFFERS):
                store.set_kv(DIFFERS, None, "sync")
            if answer.same or not self._take(answer, mark, (cursors, unfinished)):
                self._hand_over_stranded()
                return

    def _take(self, answer: Pulled, mark: int, place: tuple[dict[str, int], dict[str, int]]) -> bool:
        """Absorb one page, asked for at `place` (cursors, unfinished readings). True where more is to be asked for."""
        store, tally = self._store, self._tally
        if answer.need is not None or (answer.epoch is None and not answer.same):
            raise NotOurServer("中心")
        kept_back = self._let_go(answer.revoked)
        if answer.revoked and push_mark(store) != mark:
            return True
        complete = not answer.more and not kept_back

        def keep_token() -> None:
            if complete and answer.token:
                store.set_kv("token", answer.token)

        pages = [plain_page(page) for page in answer.buckets]
        result = absorb_page(store, pages, self._context(), sum_of=sum_of, mark=mark, also=keep_token)
        if result.stale:
            return True
        tally.received += sum(len(page.rows) for page in pages)
        self._tell_received(answer)
        if result.mismatched:
            tally.mismatches += 1
            log.warning(
                "buckets differ from the centre's and are read again: %s", ", ".join(result.mismatched)
            )
            if tally.mismatches >= MOST_MISMATCHES:
                raise KnownError(
                    "mismatch", "本机和中心的数据核对不上，已停止接收。请稍后再同步；一直这样请联系管理员。"
                )
        if answer.more and not result.mismatched and (store.held(), reading(store)) == place:
            raise KnownError(
                "no_progress", "中心的回应不完整，已停止接收。请稍后再同步；一直这样请联系管理员。"
            )
        return answer.more or bool(result.mismatched)

    def _tell_received(self, answer: Pulled) -> None:
        tally, done = self._tally, self._tally.received
        if not done:
            return
        if not answer.more:
            self._tell(Progress("pull", done, done, f"接收完成，共 {done:,} 条"))
            return
        # What the first page said holds for the whole run, so that the bar does not jump back and forth.
        if tally.expected is None and answer.left is not None:
            tally.expected = done + answer.left
        if tally.expected is None:
            self._tell(Progress("pull", done, None, f"正在接收，已收到 {done:,} 条"))
            return
        total = max(tally.expected, done)
        self._tell(Progress("pull", done, total, f"正在接收，已收到 {done:,} / {total:,} 条"))

    def _let_go(self, revoked: Iterable[str]) -> list[str]:
        """Purge the buckets that are no longer this person's; what he did in them goes to the centre first. Gives the
        buckets that had to stay for now."""
        kept_back = []
        for bucket in revoked:
            queue_drafts(self._store, bucket)
            if still_here(self._store, bucket):
                release_quarantined(self._store, bucket)
                self._push()
            without = self._hand_over_files(bucket)
            if purge(self._store, bucket, self._context(), without=without) is None:
                kept_back.append(bucket)
        finish_purges(self._store)
        return kept_back

    def _hand_over_stranded(self) -> None:
        """Unfinished visits that the centre moved out of sight: their words follow them."""
        if queue_stranded(self._store):
            self._push()
        drop_stranded(self._store, self._context())
        finish_purges(self._store)

    def _hand_over_files(self, bucket: str) -> set[str]:
        """Blobs follow the words. Gives the attachments whose blobs the centre will never have: it says so, or they
        are no longer on this disk. What only failed for now keeps the bucket here."""
        lost = set()
        files = files_to_hand_over(self._store, bucket)
        for number, file in enumerate(files, 1):
            if self._stop():
                break
            text = f"正在移交附件，第 {number} 个，共 {len(files)} 个"
            try:
                self._send_file(file, 0, file.size, text)
            except (Rejected, TooLarge, FileNotFoundError) as error:
                if not (isinstance(error, Rejected) and error.status == 409):
                    log.warning("the blob of attachment %s cannot be handed over: %s", file.attachment, error)
                    lost.add(file.attachment)
            except (ServerTrouble, OSError) as error:
                mark_failed(
                    self._store, file.attachment, getattr(error, "text", "附件文件读不出来，请检查磁盘。")
                )
        return lost

    # ---- files

    def _send_files(self) -> bool:
        """Blobs whose attachment row is confirmed. True where one was sent."""
        settle_stored(self._store)
        files = files_to_send(self._store)
        total = sum(file.size for file in files)
        done = 0
        sent_before = self._tally.files_sent
        for number, file in enumerate(files, 1):
            if self._stop():
                break
            text = f"正在上传附件，第 {number} 个，共 {len(files)} 个"
            self._tell(Progress("files", done, total, text))
            with self._file_fails_alone(file):
                self._send_file(file, done, total, text)
            done += file.size
        return self._tally.files_sent > sent_before

    def _send_file(self, file: PendingFile, done: int, total: int, text: str) -> None:
        finished = self._wire.upload(
            Path(file.path),
            file.sha256,
            file.bucket,
            file.attachment,
            file.location,
            begun=lambda location: set_location(self._store, file.attachment, location),
            progress=lambda sent: self._tell(Progress("files", done + sent, total, text)),
            stop=self._stop,
        )
        if finished:
            mark_stored(self._store, file.sha256, file.attachment)
            self._tally.files_sent += 1

    @contextmanager
    def _file_fails_alone(self, file: PendingFile) -> Iterator[None]:
        """A blob that cannot be sent keeps its reason and does not hold up the others."""
        try:
            yield
        except (Rejected, TooLarge, ServerTrouble) as known:
            # 409: another upload of it is under way, or ours is further than we thought. Everything else the centre
            # has given up or knows no more: begun afresh next time.
            if not (isinstance(known, Rejected) and known.status == 409):
                set_location(self._store, file.attachment, None)
            mark_failed(self._store, file.attachment, known.text)
        except FileNotFoundError:
            mark_failed(self._store, file.attachment, "附件文件已不在本机，无法上传。请重新添加这个附件。")
        except OSError as error:
            mark_failed(self._store, file.attachment, f"附件文件读不出来（{error.strerror}），请检查磁盘。")


def sum_of(rows: Iterable[tuple[str, str, int]]) -> str:
    """A bucket's order-free digest, as the centre writes it."""
    total = 0
    for kind, id, rev in rows:
        total = digest.add(total, digest.row_sum(kind, id, rev))
    return digest.sum_text(total)


def engine_for(store: Store, context: Callable[[], Context], clock: Clock) -> EngineAtHand:
    """The engine for the session kept in the store. KnownError("not_signed_in") where there is none."""
    return EngineAtHand(store, context, clock)


class EngineAtHand:
    """An Engine with a connection of its own for each run."""

    def __init__(self, store: Store, context: Callable[[], Context], clock: Clock) -> None:
        session = store.kv("session")
        if not session:
            raise KnownError("not_signed_in", "还没有登录。请先填写中心地址、账号和口令登录一次。")
        self._session = session
        self._store = store
        self._context = context
        self._clock = clock

    def run(
        self, progress: Callable[[Progress], None] = quiet, stop: Callable[[], bool] = never
    ) -> SyncReport:
        """`Engine.run` against the session's centre."""
        if not self._session["server"]:
            now = self._clock()
            return SyncReport(now, now, error=NoNetwork())
        from sync.client.transport import Transport

        with Transport(self._session["server"], self._session["token"]) as transport:
            engine = Engine(
                self._store,
                transport,
                self._context,
                self._session["device"],
                self._clock,
                beside=in_thread,
            )
            report = engine.run(progress, stop)
            keep_offset(self._store, transport.offset)
            return report


def keep_offset(store: Store, offset: float | None) -> None:
    """Remember by how many seconds this laptop's clock is ahead of the centre's (kv `clock_offset`), for the strip at
    the foot. Moves of a few seconds are the network's and are not written."""
    if offset is None or abs(offset - float(store.kv("clock_offset", 0))) < CLOCK_STEP_S:
        return
    try:
        store.set_kv("clock_offset", round(offset), "sync")
    except KnownError as known:
        log.warning("the clock's offset could not be written: %s", known.code)
