"""What the parts of 同步 show, looked up in the store as plain rows."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.clock import from_text
from app.services import conflicts, refused, words
from app.services.desk import Desk
from app.store.history import sync_history
from app.store.outbox import OutboxRow, counts, pending
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
class Queue:
    """What waits to be sent; `ever`: there has been a sync on this laptop."""

    lines: tuple[QueueLine, ...]
    files: int
    ever: bool


def queue(desk: Desk) -> Queue:
    rows = [row for row in pending(desk.store) if row.state != "refused"]
    return Queue(
        tuple(_queued(desk, row) for row in rows),
        counts(desk.store).files,
        any(run.error is None for run in sync_history(desk.store)),
    )


def refused_lines(desk: Desk) -> tuple[RefusedLine, ...]:
    return tuple(_refused(desk, row) for row in pending(desk.store) if row.state == "refused")


def conflict_lines(desk: Desk) -> tuple[ConflictLine, ...]:
    return tuple(_conflict(desk, found) for found in conflicts.listing(desk))


def runs(desk: Desk) -> tuple[RunLine, ...]:
    history = sync_history(desk.store)
    return tuple(
        RunLine(
            len(history) - place,
            words.moment_near(run.ended, desk.clock()),
            report_text(run),
            "green" if run.error is None else "yellow",
            "完成" if run.error is None else "没有完成",
        )
        for place, run in enumerate(history)
    )


def last_text(desk: Desk) -> str:
    """The last run that came to its end, for beside the title; empty before the first."""
    reached = next((run for run in sync_history(desk.store) if run.error is None), None)
    return f"上次 {words.moment_near(reached.ended, desk.clock())}，{report_text(reached)}" if reached else ""


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
