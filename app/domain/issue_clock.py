"""The clock of a limit in working days: an issue's, a case's step's (domain.md §2.3, §3.5, §7.2, §8).

The limit runs in working days from the day after `clock_from`; days inside a stop (挂账) do not count; an approved extension
adds its days. Everything follows from the issue and the calendar, so it can be worked out anew when a calendar arrives.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from app.domain.clock import BEIJING, beijing_date, from_text, to_text
from app.domain.issue import Stop
from app.domain.work_calendar import END_OF_DAY, Deadline, WorkCalendar

FARTHEST = 3660


class Clocked(Protocol):
    """What has a limit in working days: an issue, a step of a case."""

    clock_from: str | None
    limit_days: int | None
    extension_days: int
    stops: list[Stop]
    due_at: str | None
    due_provisional: bool


def stopped(stops: list[Stop], day: date) -> bool:
    """Whether a Beijing day lies in a stop: after the day it began, up to the day it ended."""
    text = day.isoformat()
    return any(stop.since < text and (stop.until is None or text <= stop.until) for stop in stops)


def due(issue: Clocked, calendar: WorkCalendar) -> Deadline | None:
    """When the issue is due. None before acceptance and without a limit, and while it is stopped."""
    if (
        issue.clock_from is None
        or issue.limit_days is None
        or any(stop.until is None for stop in issue.stops)
    ):
        return None
    first = beijing_date(from_text(issue.clock_from))
    wanted = issue.limit_days + issue.extension_days
    provisional = False
    for step in range(1, FARTHEST):
        day = first + timedelta(days=step)
        works, guess = calendar.is_workday(day)
        provisional = provisional or guess
        wanted -= works and not stopped(issue.stops, day)
        if wanted == 0:
            return Deadline(datetime.combine(day, END_OF_DAY, BEIJING).astimezone(UTC), provisional)
    raise ValueError("no such working day within ten years")


def set_due(issue: Clocked, calendar: WorkCalendar) -> None:
    """Write the deadline into the issue. While it is stopped the old one stays in sight but lights do not look at it."""
    if any(stop.until is None for stop in issue.stops):
        return
    deadline = due(issue, calendar)
    issue.due_at = to_text(deadline.at) if deadline else None
    issue.due_provisional = bool(deadline and deadline.provisional)


def end_stops(issue: Clocked, now: datetime) -> None:
    """A stop that is still open ends today: the limit runs on, or the issue has come to its end."""
    today = beijing_date(now).isoformat()
    issue.stops = [
        stop if stop.until is not None else stop.model_copy(update={"until": today}) for stop in issue.stops
    ]


def used_days(issue: Clocked, calendar: WorkCalendar, until: date) -> int:
    """Working days that have run since `clock_from` up to and with `until`, stops left out."""
    if issue.clock_from is None:
        return 0
    first = beijing_date(from_text(issue.clock_from))
    days = (first + timedelta(days=step) for step in range(1, (until - first).days + 1))
    return sum(calendar.is_workday(day)[0] and not stopped(issue.stops, day) for day in days)


def overdue_days(issue: Clocked, calendar: WorkCalendar, now: datetime) -> int:
    """Working days past the deadline, 0 where it is not over. The evening of the due day already counts as 1."""
    if issue.due_at is None or any(stop.until is None for stop in issue.stops):
        return 0
    return max(0, -calendar.workdays_left(now, from_text(issue.due_at)))


def workdays_since(calendar: WorkCalendar, since: datetime, now: datetime) -> int:
    """Working days after the day of `since` up to and with today."""
    first, today = beijing_date(since), beijing_date(now)
    days = (first + timedelta(days=step) for step in range(1, (today - first).days + 1))
    return sum(calendar.is_workday(day)[0] for day in days)
