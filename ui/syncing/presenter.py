"""What the built-in parts of 同步 ask for and do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal

from app.services import conflicts, refused
from app.store.outbox import discard
from app.store.waiting import retry, take_back
from ui.page import Presenter
from ui.syncing import looks
from ui.syncing.model import QueueLine, RefusedLine


class SyncingPresenter(Presenter):
    """`loaded(rows)` after a look. After an act: `discarded(seq, what)`, `taken_back`, `retried`, `resolved(count)`,
    `again(RefusedLine)`, `led_on(place, target)`."""

    loaded = Signal(object)
    discarded = Signal(int, str)
    taken_back = Signal()
    retried = Signal()
    resolved = Signal(int)
    again = Signal(object)
    led_on = Signal(str, object)

    def load_queue(self) -> None:
        self.look_up("queue", looks.queue, self.desk, then=self.loaded.emit)

    def load_conflicts(self) -> None:
        self.look_up("conflicts", looks.conflict_lines, self.desk, then=self.loaded.emit)

    def load_refused(self) -> None:
        self.look_up("refused", looks.refused_lines, self.desk, then=self.loaded.emit)

    def load_runs(self) -> None:
        self.look_up("runs", looks.runs, self.desk, then=self.loaded.emit)

    def load_last(self) -> None:
        self.look_up("last", looks.last_text, self.desk, then=self.loaded.emit)

    def discard(self, seq: int, what: str) -> None:
        """放弃: take a change out of the queue; what it said is kept on record."""
        self.act(
            lambda: discard(self.desk.store, seq, self.desk.context()),
            then=lambda _altered: self.discarded.emit(seq, what),
        )

    def take_back(self, seq: int) -> None:
        """撤销 of it."""
        self.act(
            lambda: take_back(self.desk.store, seq, self.desk.context()),
            then=lambda _altered: self.taken_back.emit(),
        )

    def retry(self, line: QueueLine) -> None:
        """重试 of what the centre failed on."""
        self.act(retry, self.desk.store, line.seq, then=lambda _altered: self.retried.emit())

    def resolve(self, id: str, choices: dict[str, conflicts.Choice]) -> None:
        """Set what was chosen for these fields of a conflict."""
        self.act(
            conflicts.resolve,
            self.desk,
            id,
            choices,
            then=lambda _nothing: self.resolved.emit(len(choices)),
        )

    def resend(self, line: RefusedLine, values: Mapping[str, Any]) -> None:
        """改后重报 with what was written."""
        self.act(refused.resend, self.desk, line.seq, values, then=lambda _nothing: self.again.emit(line))

    def go_on(self, line: RefusedLine) -> None:
        """改后重报 of what is put right on a page of its own."""
        self.act(refused.go_on, self.desk, line.seq, then=lambda found: self.led_on.emit(*found))
