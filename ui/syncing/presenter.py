"""What 同步 asks for."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal

from app.domain.clock import from_text
from app.services import words
from app.services.desk import Desk
from app.store.history import sync_history
from app.store.outbox import CONFLICT, OutboxRow, discard, pending
from ui.page import Presenter
from ui.syncing.model import ConflictField, ConflictLine, QueueLine, RefusedLine, RunLine
from ui.syncing.words import (
    STATE_WORDS,
    change_word,
    field_word,
    kind_word,
    report_text,
    subject,
    subject_of_change,
    value_text,
)


@dataclass(frozen=True, slots=True)
class State:
    """Everything the page shows."""

    queue: tuple[QueueLine, ...]
    files: int
    refused: tuple[RefusedLine, ...]
    conflicts: tuple[ConflictLine, ...]
    runs: tuple[RunLine, ...]
    last: str


def look(desk: Desk) -> State:
    """The state of sync on this laptop."""
    from app.store.outbox import counts

    rows = pending(desk.store)
    history = sync_history(desk.store)
    reached = next((run for run in history if run.error is None), None)
    last = f"上次 {words.moment_near(reached.ended, desk.clock())}，{report_text(reached)}" if reached else ""
    return State(
        queue=tuple(_queued(desk, row) for row in rows if row.state != "refused"),
        files=counts(desk.store).files,
        refused=tuple(_refused(desk, row) for row in rows if row.state == "refused"),
        conflicts=_conflicts(desk),
        runs=tuple(
            RunLine(
                len(history) - place,
                words.moment_near(run.ended, desk.clock()),
                report_text(run),
                "green" if run.error is None else "yellow",
                "完成" if run.error is None else "没有完成",
            )
            for place, run in enumerate(history)
        ),
        last=last,
    )


def _queued(desk: Desk, row: OutboxRow) -> QueueLine:
    return QueueLine(
        row.seq,
        change_word(row.change),
        subject_of_change(desk, row.change),
        words.moment_near(from_text(row.made_at), desk.clock()),
        row.state,
        STATE_WORDS.get(row.state, "等待发送"),
    )


def _refused(desk: Desk, row: OutboxRow) -> RefusedLine:
    reason = str((row.error or {}).get("text") or "中心没有说明原因，请联系管理员。")
    made = words.moment_near(from_text(row.made_at), desk.clock())
    return RefusedLine(row.seq, change_word(row.change), subject_of_change(desk, row.change), reason, made)


def _conflicts(desk: Desk) -> tuple[ConflictLine, ...]:
    lines = []
    for document in desk.store.of_kind(CONFLICT):
        body = document.body
        if body.get("state", "open") != "open":
            continue
        kind, target = str(body["target_kind"]), str(body["target_id"])
        made = from_text(str(body.get("offline_at") or body["at"]))
        fields = tuple(
            ConflictField(
                field_word(name),
                value_text(name, values.get("base")),
                value_text(name, values.get("mine")),
                value_text(name, values.get("theirs")),
            )
            for name, values in body["fields"].items()
        )
        title = " · ".join(part for part in (subject(desk, kind, target), kind_word(kind)) if part)
        remark = (
            f"{body.get('author_name', '')} {words.moment(made)} 改过，在这之前中心已有人改过。两份都还在。"
        )
        lines.append(ConflictLine(document.id, title, remark, fields))
    return tuple(lines)


class SyncingPresenter(Presenter):
    """`loaded(State)`, `discarded(RefusedLine)`."""

    loaded = Signal(object)
    discarded = Signal(object)

    def load(self) -> None:
        self.look_up("state", look, self.desk, then=self.loaded.emit)

    def discard(self, line: RefusedLine) -> None:
        """放弃: take a refused change out of the queue; what it said is kept on record."""
        self.act(
            lambda: discard(self.desk.store, line.seq, self.desk.context()),
            then=lambda _altered: self.discarded.emit(line),
        )
