"""Blobs of attachments that are not on this laptop, fetched from the centre one after the other in the background."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.errors import KnownError
from app.services import attachments
from app.services.attachments import AttachmentLine
from app.services.desk import Desk
from ui.errors import explain
from ui.work import Runner, Work

log = logging.getLogger(__name__)
BY_ITSELF_BYTES = 3_000_000
"""A picture up to this size is fetched without being asked for."""
ALONE = frozenset({"not_found", "damaged", "gone"})
"""What keeps back one file alone; after anything else there is no use in trying the next one now."""


@dataclass(frozen=True, slots=True)
class Fetching:
    """How far a blob is (bytes), or why it did not come (`error`, a sentence for the person)."""

    done: int = 0
    total: int = 0
    error: str = ""


class Fetcher(QObject):
    """`altered(id)`: an attachment began, went on, came or did not come. One is under way at a time."""

    altered = Signal(str)

    def __init__(self, desk: Desk, runner: Runner, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self._queue: dict[str, AttachmentLine] = {}
        self._states: dict[str, Fetching] = {}
        self._work: Work | None = None
        self._now: str | None = None
        self._shown: dict[str, AttachmentLine] = {}

    def state(self, id: str) -> Fetching | None:
        """None where nobody has asked for it, or it has come."""
        return self._states.get(id)

    def show(self, lines: Iterable[AttachmentLine]) -> None:
        """These are on screen: small pictures among them are fetched, what is off screen has to wait no longer."""
        self._shown = shown = {line.id: line for line in lines}
        for id in self._queue.keys() - shown.keys():
            del self._queue[id]
            self._states.pop(id, None)
        if self._now is not None and self._now not in shown and self._work is not None:
            self._work.stop()
        for line in shown.values():
            if by_itself(line) and line.id not in self._states:
                self._enqueue(line)
        self._next()

    def fetch(self, line: AttachmentLine) -> None:
        """Somebody asked for this one: it is the next."""
        self._queue.pop(line.id, None)
        self._queue = {line.id: line, **self._queue}
        self._states[line.id] = Fetching(0, line.size)
        self.altered.emit(line.id)
        self._next()

    def _enqueue(self, line: AttachmentLine) -> None:
        self._queue[line.id] = line
        self._states[line.id] = Fetching(0, line.size)
        self.altered.emit(line.id)

    def _next(self) -> None:
        if self._work is not None or not self._queue:
            return
        id = next(iter(self._queue))
        line = self._queue.pop(id)
        self._now = id
        self._work = self._runner.long(
            lambda work: _fetch(self._desk, line, work),
            then=lambda came: self._came(line, came),
            otherwise=lambda error: self._failed(line, error),
            progress=lambda done: self._tell(line, Fetching(done, line.size)),
            owner=self,
        )
        self._work.ended.connect(self._ended)

    def _tell(self, line: AttachmentLine, state: Fetching) -> None:
        self._states[line.id] = state
        self.altered.emit(line.id)

    def _came(self, line: AttachmentLine, came: bool) -> None:
        if came:
            self._states.pop(line.id, None)
            self.altered.emit(line.id)

    def _failed(self, line: AttachmentLine, error: BaseException) -> None:
        trouble = explain(error)
        self._tell(line, Fetching(0, line.size, trouble.text))
        if trouble.code not in ALONE:
            waiting, self._queue = self._queue, {}
            for other in waiting.values():
                self._tell(other, Fetching(0, other.size, trouble.text))

    def _ended(self) -> None:
        id, self._work, self._now = self._now, None, None
        state = self._states.get(id) if id is not None else None
        if id is not None and state is not None and not state.error:
            # Stopped on its way. What has come is kept; it goes on from there, now if it is on screen again.
            del self._states[id]
            if id in self._shown:
                self._enqueue(self._shown[id])
        self._next()


def by_itself(line: AttachmentLine) -> bool:
    """Whether it is fetched without being asked for."""
    return (
        line.path is None
        and line.stored
        and line.media_type.startswith("image/")
        and line.size <= BY_ITSELF_BYTES
    )


def fetch_missing(desk: Desk, visit: str, work: Work) -> None:
    """For a paper: what of the visit's is at the centre and not here. What does not come the paper names."""
    for line in attachments.of_visit(desk, visit):
        if line.path is None and line.stored and line.purpose != "file":
            try:
                _fetch(desk, line, work)
            except KnownError as known:
                log.info("attachment %s did not come: %s", line.id, known.code)
                if known.code not in ALONE:
                    return


def _fetch(desk: Desk, line: AttachmentLine, work: Work) -> bool:
    # Here and not at the top: pages are imported before anybody wants to speak to a centre.
    from sync.client.fetching import fetch_blob

    path = attachments.place(desk, line.sha256)
    if not path.exists():
        work.report(0)
        if not fetch_blob(desk.store.kv("session"), line.sha256, path, work.report, work.stopping):
            return False
    if not attachments.fetched(desk, line.id, path):
        raise KnownError("gone", "这个附件已不归您查看，没有保存在本机。")
    attachments.trim(desk)
    return True
