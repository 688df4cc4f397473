"""What 同步 asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal

from app.domain.clock import from_text
from app.services import conflicts, refused, words
from app.services.desk import Desk
from app.store.history import sync_history
from app.store.outbox import OutboxRow, discard, pending
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
    written_text,
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
        conflicts=tuple(_conflict(desk, found) for found in conflicts.listing(desk)),
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
    return RefusedLine(
        row.seq,
        change_word(row.change),
        subject_of_change(desk, row.change),
        reason,
        made,
        refused.again(desk, row),
    )


def _conflict(desk: Desk, found: conflicts.OpenConflict) -> ConflictLine:
    title = " · ".join(
        part
        for part in (subject(desk, found.target_kind, found.target_id), kind_word(found.target_kind))
        if part
    )
    who = "您" if found.own else found.author_name
    made = words.moment(found.made)
    does = "请选用哪一份。" if found.may else "由联络员或协调员选用哪一份。"
    parts = []
    if found.merged:
        parts.append(f"其余 {found.merged} 项改动没有冲突，已经合在一起。")
    if found.settled:
        parts.append(f"另有 {found.settled} 项已经选定。")
    return ConflictLine(
        id=found.id,
        title=title,
        remark=f"{who} {made} 改过，在这之前中心已有人改过。两份都还在，{does}",
        mine_word="我" if found.own else found.author_name,
        may=found.may,
        fields=tuple(_conflict_field(met, f"{made} {found.author_name}") for met in found.fields),
        foot="".join(parts),
    )


def _conflict_field(met: conflicts.MetField, mine_note: str) -> ConflictField:
    theirs_note = " ".join(
        part for part in (words.moment(met.theirs_at) if met.theirs_at else "", met.theirs_by) if part
    )
    if met.unset is not None:
        unset = value_text(met.name, met.unset)
        theirs_note = f"选定「{unset}」时，这里已又改过，所以没有写入。请再选一次。"
    return ConflictField(
        name=met.name,
        word=field_word(met.name),
        base=value_text(met.name, met.base),
        mine=value_text(met.name, met.mine),
        mine_note=mine_note,
        theirs=value_text(met.name, met.theirs),
        theirs_note=theirs_note,
        shown=met.theirs,
        start=written_text(met.name, met.unset if met.unset is not None else met.mine),
    )


class SyncingPresenter(Presenter):
    """`loaded(State)`, `discarded(RefusedLine)`, `resolved(count)`; `again(RefusedLine)` and `reopened(visit)` after 改后重报."""

    loaded = Signal(object)
    discarded = Signal(object)
    resolved = Signal(int)
    again = Signal(object)
    reopened = Signal(str)

    def load(self) -> None:
        self.look_up("state", look, self.desk, then=self.loaded.emit)

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
