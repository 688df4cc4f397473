"""Rows of 同步."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject

from app.services.refused import Again
from ui.widgets.pill import Mark
from ui.widgets.rows import Column, RowsModel


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One change waiting to be sent."""

    seq: int
    what: str
    about: str
    made: str
    state: str
    state_word: str


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """One change the centre turned down, with the reason."""

    seq: int
    what: str
    about: str
    reason: str
    made: str
    again: Again | None = None


@dataclass(frozen=True, slots=True)
class ConflictField:
    """One field somebody else altered too. `shown` is the centre's value itself, `start` what 另写 begins with."""

    name: str
    word: str
    base: str
    mine: str
    mine_note: str
    theirs: str
    theirs_note: str
    shown: object
    start: str


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
    """One run of the sync."""

    id: int
    when: str
    text: str
    tone: str
    word: str


_TONES = {"pending": "grey", "again": "grey", "quarantined": "yellow", "escrowed": "blue", "refused": "red"}


def queue_model(parent: QObject | None = None) -> RowsModel:
    return RowsModel(
        (
            Column("操作", lambda line: line.what, width=120),
            Column("内容", lambda line: line.about, width=200, grow=3),
            Column("时间", lambda line: line.made, width=120, quiet=True, drop=1),
            Column(
                "状态",
                lambda line: line.state_word,
                width=150,
                mark=lambda line: Mark(_TONES.get(line.state, "grey"), line.state_word),
            ),
        ),
        key=lambda line: line.seq,
        parent=parent,
    )


def run_model(parent: QObject | None = None) -> RowsModel:
    return RowsModel(
        (
            Column("时间", lambda line: line.when, width=130),
            Column("结果", lambda line: line.word, width=104, mark=lambda line: Mark(line.tone, line.word)),
            Column("说明", lambda line: line.text, width=240, grow=1, quiet=True),
        ),
        key=lambda line: line.id,
        parent=parent,
    )
