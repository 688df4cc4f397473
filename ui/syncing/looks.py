"""What the parts of 同步 show, looked up in the store as plain rows."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain import buckets
from app.domain.clock import from_text
from app.domain.enterprise import Enterprise
from app.services import conflicts, refused, words
from app.services.desk import Desk
from app.store.history import SyncReport, last_complete, sync_history
from app.store.outbox import OutboxRow
from app.store.waiting import WaitingFile, turned_down, waiting, waiting_behind
from ui.syncing.model import ConflictField, ConflictLine, QueueLine, RefusedLine, RunLine
from ui.syncing.words import (
    STATE_WORDS,
    can_write,
    change_word,
    content_text,
    duration_text,
    field_word,
    kind_word,
    report_text,
    size_text,
    subject,
    subject_of_change,
    value_text,
    written_text,
)

MOST_ROWS = 200
"""Rows shown of a list: nobody reads more, and making them would be felt."""


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits to be sent: the first MOST_ROWS lines of it, enterprise by enterprise. `changes` and `files` count all,
    `bytes` are those of the files; `ever`: there has been a sync on this laptop."""

    lines: tuple[QueueLine, ...]
    changes: int
    enterprises: int
    files: int
    bytes: int
    ever: bool


def queue(desk: Desk) -> Queue:
    found = waiting(desk.store, MOST_ROWS)
    behind = waiting_behind(desk.store)
    names: dict[str, str] = {}

    def name(bucket: str) -> str:
        if bucket not in names:
            names[bucket] = _enterprise(desk, bucket)
        return names[bucket]

    lines = [_queued(desk, row, name(row.change.bucket), row.seq in behind) for row in found.rows]
    lines += [_file_line(blob, name(blob.file.bucket)) for blob in found.blobs]
    lines.sort(key=lambda line: (line.enterprise, line.seq == 0))
    return Queue(
        tuple(lines[:MOST_ROWS]),
        found.changes,
        found.buckets,
        found.files,
        found.bytes,
        last_complete(desk.store) is not None,
    )


def _enterprise(desk: Desk, bucket: str) -> str:
    if buckets.kind_of(bucket) != buckets.ENTERPRISE:
        return "其他"
    return subject(desk, Enterprise.kind, buckets.subject_of(bucket)) or "不在本机的企业"


def _queued(desk: Desk, row: OutboxRow, enterprise: str, behind: bool) -> QueueLine:
    about = subject_of_change(desk, row.change)
    what = change_word(row.change)
    if about and about != enterprise:
        what = f"{what}「{about}」"
    state = "behind" if behind else row.state
    return QueueLine(
        f"c{row.seq}",
        row.seq,
        enterprise,
        what,
        "",
        words.moment_near(from_text(row.made_at), desk.clock()),
        state,
        STATE_WORDS.get(state, "等待发送"),
        str((row.error or {}).get("text", "")) if state == "quarantined" else "",
    )


def _file_line(blob: WaitingFile, enterprise: str) -> QueueLine:
    file = blob.file
    state = "upload"
    if blob.row_first:
        state = "row_first"
    elif file.error or file.location:
        state = "failed" if file.error else "begun"
    return QueueLine(
        f"f{file.attachment}",
        0,
        enterprise,
        f"上传附件「{blob.file_name}」",
        size_text(file.size),
        "",
        state,
        STATE_WORDS[state],
        file.error or "",
    )


def refused_lines(desk: Desk) -> tuple[RefusedLine, ...]:
    return tuple(_refused(desk, row) for row in turned_down(desk.store))


def conflict_lines(desk: Desk) -> tuple[ConflictLine, ...]:
    return tuple(_conflict(desk, found) for found in conflicts.listing(desk))


def runs(desk: Desk) -> tuple[RunLine, ...]:
    history = sync_history(desk.store)
    return tuple(_run(desk, run, len(history) - place) for place, run in enumerate(history))


def _run(desk: Desk, run: SyncReport, number: int) -> RunLine:
    return RunLine(
        number,
        words.moment_near(run.ended, desk.clock()),
        duration_text((run.ended - run.started).total_seconds()),
        run.sent,
        run.received,
        run.files_sent,
        run.refused,
        run.conflicts,
        "green" if run.error is None else "yellow",
        "完成" if run.error is None else "没有完成",
        run.error.text if run.error else "",
    )


def last_text(desk: Desk) -> str:
    """The last run that came to its end, for beside the title; empty before the first."""
    reached = last_complete(desk.store)
    return f"上次 {words.moment_near(reached.ended, desk.clock())}，{report_text(reached)}" if reached else ""


def _refused(desk: Desk, row: OutboxRow) -> RefusedLine:
    reason = str((row.error or {}).get("text") or "中心没有说明原因，请联系管理员。")
    made = words.moment_near(from_text(row.made_at), desk.clock())
    return RefusedLine(
        row.seq,
        change_word(row.change),
        subject_of_change(desk, row.change),
        reason,
        made,
        content_text(desk, row.change),
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
    writable = all(can_write(value) for value in (met.base, met.mine, met.theirs))
    return ConflictField(
        name=met.name,
        word=field_word(met.name),
        base=value_text(met.name, met.base),
        mine=value_text(met.name, met.mine),
        mine_note=mine_note,
        theirs=value_text(met.name, met.theirs),
        theirs_note=theirs_note,
        shown=met.theirs,
        start=written_text(met.name, met.unset if met.unset is not None else met.mine) if writable else None,
        needed=met.needed,
    )
