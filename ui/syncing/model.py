"""Rows of 同步."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject

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


@dataclass(frozen=True, slots=True)
class ConflictField:
    """One field somebody else altered too."""

    field: str
    base: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class ConflictLine:
    """One document with fields that met."""

    id: str
    title: str
    remark: str
    fields: tuple[ConflictField, ...]


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


def conflict_model(parent: QObject | None = None) -> RowsModel:
    return RowsModel(
        (
            Column("项目", lambda field: field.field, width=120),
            Column("原来", lambda field: field.base, width=100, grow=1, quiet=True),
            Column("我改的", lambda field: field.mine, width=120, grow=1),
            Column("中心的（现在用的）", lambda field: field.theirs, width=140, grow=1),
        ),
        key=lambda field: field.field,
        parent=parent,
    )
