"""What the built-in parts of 同步 ask for and do."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal

from app.services import conflicts, refused
from app.store.outbox import discard
from ui.page import Presenter
from ui.syncing import looks
from ui.syncing.model import RefusedLine


class SyncingPresenter(Presenter):
    """`loaded(rows)` after a look; `done(text)`-like signals after an act."""

    loaded = Signal(object)
    discarded = Signal(object)
    resolved = Signal(int)
    again = Signal(object)
    reopened = Signal(str)

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

    def discard(self, line: RefusedLine) -> None:
        """放弃: take a refused change out of the queue; what it said is kept on record."""
        self.act(
            lambda: discard(self.desk.store, line.seq, self.desk.context()),
            then=lambda _altered: self.discarded.emit(line),
        )

    def resolve(self, id: str, choices: dict[str, conflicts.Choice]) -> None:
        """Set what was chosen for these fields of a conflict."""
        self.act(
            conflicts.resolve,
            self.desk,
            id,
            choices,
            then=lambda _nothing: self.resolved.emit(len(choices)),
        )

    def resend_fields(self, line: RefusedLine, values: dict[str, Any]) -> None:
        """改后重报 of field edits."""
        self.act(
            refused.resend_fields, self.desk, line.seq, values, then=lambda _nothing: self.again.emit(line)
        )

    def resend_issue(self, line: RefusedLine, title: str, description: str, expectation: str) -> None:
        """改后重报 of a returned issue."""
        self.act(
            refused.resend_issue,
            self.desk,
            line.seq,
            title,
            description,
            expectation,
            then=lambda _nothing: self.again.emit(line),
        )

    def reopen_visit(self, line: RefusedLine) -> None:
        """改后重报 of a visit: to be filled on."""
        self.act(refused.reopen_visit, self.desk, line.seq, then=self.reopened.emit)
