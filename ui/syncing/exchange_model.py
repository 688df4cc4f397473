"""What 「U盘交换」 shows, looked up as plain rows."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject

from app.domain.clock import from_text
from app.errors import KnownError
from app.services import words
from app.services.desk import Desk
from app.store.outbox import counts
from ui.widgets.pill import Mark
from ui.widgets.rows import Column, RowsModel


@dataclass(frozen=True, slots=True)
class PackageLine:
    """One package made here."""

    id: str
    number: int
    made: str
    content: str
    tone: str
    word: str
    told: str


@dataclass(frozen=True, slots=True)
class ExchangeState:
    """`text` says what waits and for what; `trouble` why nothing can be exchanged, empty where it can."""

    lines: tuple[PackageLine, ...]
    open: int
    text: str
    trouble: str


def look(desk: Desk) -> ExchangeState:
    # Imported here: the library behind it takes a moment, and most days nobody turns to this part.
    from sync.client.exchange import packages, waiting_for_answer

    made = packages(desk.store)
    latest = max((item.number for item in made if item.answered_at), default=-1)
    lines = []
    for item in made:
        parts = [f"操作 {item.changes} 项", *([f"附件 {item.files} 个"] if item.files else [])]
        if item.answered_at:
            tone, word = "green", "已收回执"
            told = f"{words.moment_near(from_text(item.answered_at), desk.clock())} {item.outcome}"
        elif item.number < latest:
            # A later one was answered: everything of this one was in that, too.
            tone, word, told = "grey", "不用等了", item.outcome or "后面的包已经有回执，这一个不用再等。"
        else:
            tone, word, told = "yellow", "等回执", item.outcome or item.file
        when = words.moment_near(from_text(item.made_at), desk.clock())
        lines.append(PackageLine(item.id, item.number, when, "，".join(parts), tone, word, told))
    return ExchangeState(
        tuple(lines),
        sum(line.word == "等回执" for line in lines),
        _text(desk, waiting_for_answer(desk.store)),
        _trouble(desk),
    )


def _text(desk: Desk, carried: int) -> str:
    now = counts(desk.store)
    waiting = now.pending + now.files
    if not waiting:
        return "没有等待发送的内容。也可以导出一个空包，用它取回中心的新资料。"
    text = f"等待发送：操作 {now.pending} 项，附件 {now.files} 个"
    return f"{text}；其中 {carried} 项操作已经在导出的包里，正等回执。" if carried else f"{text}。"


def _trouble(desk: Desk) -> str:
    from sync.client.exchange import exchange_key

    try:
        exchange_key(desk.signed_in())
    except KnownError as error:
        return error.text
    return ""


def package_model(parent: QObject | None = None) -> RowsModel:
    return RowsModel(
        (
            Column("编号", lambda line: str(line.number), width=52, right=True),
            Column("导出时间", lambda line: line.made, width=120, drop=2),
            Column("内容", lambda line: line.content, width=170, drop=1),
            Column("回执", lambda line: line.word, width=110, mark=lambda line: Mark(line.tone, line.word)),
            Column("说明", lambda line: line.told, width=220, grow=1, quiet=True),
        ),
        key=lambda line: line.id,
        parent=parent,
    )
