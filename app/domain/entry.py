"""入企登记 (扫码入企, domain.md §2.11): who came to an enterprise, why and on what basis; and how often is too often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar

from app.domain.documents import DocumentModel


class EntryNature(StrEnum):
    """性质. A visit of an officer is a service; an inspection is only written down here, never judged."""

    SERVICE = "service"
    INSPECTION = "inspection"
    EMERGENCY = "emergency"


NATURE_NAMES = {
    EntryNature.SERVICE: "服务",
    EntryNature.INSPECTION: "检查",
    EntryNature.EMERGENCY: "应急",
}

MAKEUP_DAYS = 10
"""补录: so many calendar days after it an entry may still be written down (深府规〔2025〕6 号)."""


class Entry(DocumentModel):
    """One coming of somebody to an enterprise (`e:` bucket). `day` is a Beijing day; `entered` and `left` are `HH:MM`.

    Without any result, place or score: whether somebody came, not what he found.
    """

    kind: ClassVar[str] = "entry"
    id: str
    enterprise: str
    enterprise_name: str
    day: str
    entered: str | None = None
    left: str | None = None
    organisation: str
    people: int
    certificates: str | None = None
    """Numbers of the law enforcement certificates, where it is an inspection."""
    reason: str
    basis: str | None = None
    nature: EntryNature = EntryNature.SERVICE
    code_seen: bool = False
    """营商码: whether it was scanned (亮码、扫码)."""
    makeup_reason: str | None = None
    """Why it was not written down on the day, or not scanned."""
    rating: int | None = None
    """The enterprise's own word on it, 1 (不满意) to 5 (非常满意)."""
    rating_note: str | None = None
    noted_by: str
    noted_by_name: str
    noted_at: str
    withdrawn_at: str | None = None
    withdrawn_reason: str | None = None


CROWDED_DAYS = 7
CROWDED_MOST = 2
"""【默】 More than so many comings within so many days ask for 合并入企 (domain.md §2.11)."""


@dataclass(frozen=True, slots=True)
class Coming:
    """Somebody was (or will be) at an enterprise on a day: `who` is a person with what he did, or an organisation."""

    day: date
    who: str
    what: str


def crowded(
    comings: Sequence[Coming], day: date, days: int = CROWDED_DAYS, most: int = CROWDED_MOST
) -> tuple[Coming, ...]:
    """The comings that one more on `day` would crowd: those of the fullest `days` in a row that hold `day`, oldest
    first; empty where with that one more there are no more than `most`."""
    best: list[Coming] = []
    for back in range(days):
        first = day - timedelta(days=back)
        last = first + timedelta(days=days - 1)
        within = [coming for coming in comings if first <= coming.day <= last]
        if len(within) > len(best):
            best = within
    if len(best) + 1 <= most:
        return ()
    return tuple(sorted(best, key=lambda coming: coming.day))
