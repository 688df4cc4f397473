"""Rows of 同步."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject

from app.services.refused import Again
from ui.widgets.pill import Mark
from ui.widgets.rows import Column, RowsModel


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One change, or one blob (`seq` 0, `attachment` its row's id), waiting to be sent. `state` is the outbox row's, or
    `behind` where it waits for one the centre fails on, `row_first` and `upload` of blobs; `reason` the centre's."""

    key: str
    seq: int
    enterprise: str
    what: str
    size: str
    made: str
    state: str
    state_word: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """One change the centre turned down, with the reason; `content` is what somebody wrote in it."""

    seq: int
    what: str
    about: str
    reason: str
    made: str
    content: str = ""
    again: Again | None = None


@dataclass(frozen=True, slots=True)
class ConflictField:
    """One field somebody else altered too. `shown` is the centre's value itself, `start` what 另写 begins with (None
    where it cannot be written in a line), `needed`: it must not be empty."""

    name: str
    word: str
    base: str
    mine: str
    mine_note: str
    theirs: str
    theirs_note: str
    shown: object
    start: str | None
    needed: bool = False


@dataclass(frozen=True, slots=True)
class ConflictLine:
    """One document with fields that met. `mine_word` is 我, or the name of whose change it was."""

    id: str
    title: str
    remark: str
    mine_word: str
    may: bool
    fields: tuple[ConflictField, ...]
    foot: str


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run of the sync; `trouble` is what ended it early and what to do about it."""

    id: int
    when: str
    took: str
    sent: int
    received: int
    files: int
    refused: int
    conflicts: int
    tone: str
    word: str
    trouble: str = ""


_TONES = {"quarantined": "yellow", "behind": "yellow", "failed": "yellow", "escrowed": "blue"}


def queue_model(parent: QObject | None = None) -> RowsModel:
    return RowsModel(
        (
            Column("企业", lambda line: line.enterprise, width=180, grow=2),
            Column("做了什么", lambda line: line.what, width=180, grow=3),
            Column("大小", lambda line: line.size, width=76, quiet=True, right=True, drop=2),
            Column("时间", lambda line: line.made, width=116, quiet=True, drop=1),
            Column(
                "在等什么",
                lambda line: line.state_word,
                width=172,
                mark=lambda line: Mark(_TONES.get(line.state, "grey"), line.state_word),
            ),
        ),
        key=lambda line: line.key,
        parent=parent,
    )


def _some(number: int) -> str:
    """A count where nothing is the usual: nothing is not worth a figure."""
    return f"{number:,}" if number else ""


def run_model(parent: QObject | None = None) -> RowsModel:
    return RowsModel(
        (
            Column("时间", lambda line: line.when, width=126),
            Column("结果", lambda line: line.word, width=104, mark=lambda line: Mark(line.tone, line.word)),
            Column("发出", lambda line: f"{line.sent:,}", width=60, right=True),
            Column("收到", lambda line: f"{line.received:,}", width=64, right=True),
            Column("附件", lambda line: _some(line.files), width=52, right=True, drop=3),
            Column("未被接受", lambda line: _some(line.refused), width=76, right=True, drop=2),
            Column("不一致", lambda line: _some(line.conflicts), width=64, right=True, drop=2),
            Column("用时", lambda line: line.took, width=92, quiet=True, right=True, drop=1),
            Column("说明", lambda line: line.trouble, width=160, grow=1, quiet=True),
        ),
        key=lambda line: line.id,
        parent=parent,
    )
