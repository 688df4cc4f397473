"""Working days (domain.md §3.5): the day after receipt is the first, the last one ends at 17:30 Beijing time.

Three sources, the first that knows a day wins: the table the server publishes, the holidays known to the
`chinesecalendar` package, and Monday to Friday. An answer resting on the last is *provisional* (暂定).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from app.domain.clock import BEIJING, beijing_date

END_OF_DAY = time(17, 30)
_FARTHEST = 3660


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment work is due, and whether a year without a published calendar was counted in."""

    at: datetime
    provisional: bool


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """`days` says for single dates whether people work; it is the server's table (`ref:` bucket). `years`: those it knows
    whole, so that a day it does not name is an ordinary one."""

    days: Mapping[date, bool] = field(default_factory=dict)
    years: frozenset[int] = frozenset()

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> WorkCalendar:
        """From the dictionary `work_calendar`: `{"years": [2027], "days": [{"date": "2027-02-06", "works": true, "name"}]}`.

        Raises ValueError (KeyError, TypeError) where it is not of that shape.
        """
        days = {date.fromisoformat(day["date"]): bool(day["works"]) for day in content.get("days", [])}
        return cls(days, frozenset(int(year) for year in content.get("years", [])))

    def is_workday(self, day: date) -> tuple[bool, bool]:
        """(people work on that day, the answer is provisional)."""
        if day in self.days:
            return self.days[day], False
        if day.year in self.years:
            return day.weekday() < 5, False
        known = _known_to_package(day)
        if known is not None:
            return known, False
        return day.weekday() < 5, True

    def nth_workday_after(self, day: date, n: int) -> tuple[date, bool]:
        """The n-th working day after `day` (which itself does not count). n ≥ 1, else ValueError."""
        if n < 1:
            raise ValueError(f"n must be at least 1, not {n}")
        provisional = False
        for step in range(1, _FARTHEST):
            candidate = day + timedelta(days=step)
            works, guess = self.is_workday(candidate)
            provisional = provisional or guess
            n -= works
            if n == 0:
                return candidate, provisional
        raise ValueError("no such working day within ten years")

    def deadline(self, received: datetime, days: int) -> Deadline:
        """When something received at that moment is due, given a limit in working days."""
        day, provisional = self.nth_workday_after(beijing_date(received), days)
        return Deadline(datetime.combine(day, END_OF_DAY, BEIJING).astimezone(UTC), provisional)

    def workdays_left(self, now: datetime, due: datetime) -> int:
        """Working days from tomorrow up to the due day; 0 on the due day; negative by the working days overdue."""
        today, last = beijing_date(now), beijing_date(due)
        low, high = (today, last) if today <= last else (last, today)
        count = sum(
            self.is_workday(low + timedelta(days=step))[0] for step in range(1, (high - low).days + 1)
        )
        if today <= last:
            return -1 if today == last and now > due else count
        return -max(count, 1)


def _known_to_package(day: date) -> bool | None:
    # Imported here: it builds its tables on import and is not needed for the first paint.
    import chinese_calendar

    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None
