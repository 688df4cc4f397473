"""The parts of 同步, in the order of their chips."""

from __future__ import annotations

from dataclasses import dataclass

from ui.syncing.conflicts_part import ConflictsPart
from ui.syncing.escrow_part import EscrowPart
from ui.syncing.exchange_part import ExchangePart
from ui.syncing.history_part import HistoryPart
from ui.syncing.part import Part
from ui.syncing.queue_part import QueuePart
from ui.syncing.refused_part import RefusedPart


@dataclass(frozen=True, slots=True)
class PartKind:
    """`key` is what the page is asked for (`show_target`), `word` stands on the chip. `attention`: what is counted here
    wants somebody, and `show_target("attention")` turns to the first such part with something in it; `counted`: the
    chip shows how many."""

    key: str
    word: str
    make: type[Part]
    attention: bool = False
    counted: bool = True


PARTS: tuple[PartKind, ...] = (
    PartKind("pending", "待发送", QueuePart),
    PartKind("conflicts", "不一致", ConflictsPart, attention=True),
    PartKind("refused", "未被接受", RefusedPart, attention=True),
    PartKind("escrow", "代管", EscrowPart, attention=True),
    PartKind("exchange", "U盘交换", ExchangePart),
    PartKind("history", "历史", HistoryPart, counted=False),
)
