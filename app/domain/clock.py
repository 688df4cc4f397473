"""Time as the work knows it: kept in UTC, read in Beijing time (domain.md §10, 4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

Clock = Callable[[], datetime]
"""Hands in the present moment, aware, in UTC. Nothing below asks the system clock itself."""

BEIJING = timezone(timedelta(hours=8), "CST")


def system_clock() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


def beijing_date(moment: datetime) -> date:
    """The calendar day of a moment as people here read it."""
    return moment.astimezone(BEIJING).date()


def to_text(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds: `2026-11-22T02:26:31.120Z`. Sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """The moment behind `to_text`. Raises ValueError on anything else, and on a time without an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time without offset: {text!r}")
    return moment.astimezone(UTC)


def quarter_of(day: date) -> tuple[date, date]:
    """First and last day of the quarter `day` lies in."""
    first_month = 3 * ((day.month - 1) // 3) + 1
    first = date(day.year, first_month, 1)
    if first_month == 10:
        following = date(day.year + 1, 1, 1)
    else:
        following = date(day.year, first_month + 3, 1)
    return first, following - timedelta(days=1)
