"""Which reports a group on site owes and when (domain.md §1, 36 75 79: every week, every half month).

A period is a week from Monday or a half month from the 1st and the 16th, cut to the days the group is there. Its report is
due at the end of its last working day 【默】; a period without a working day asks for none.
"""

from __future__ import annotations

import calendar as months
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.domain.activity import PARK_OWNED, GroupReport, GroupState, RecruitGroup, Rhythm
from app.domain.clock import beijing_date, from_text
from app.domain.work_calendar import WorkCalendar

HEAD_START = 3
"""Working days before a report is due on which it is asked for 【默】."""


class Lamp(StrEnum):
    """How a report stands. `SOON`: it may be written now; `AHEAD`: its time has not come."""

    FILED = "filed"
    FILED_LATE = "filed_late"
    AHEAD = "ahead"
    SOON = "soon"
    TODAY = "today"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Owed:
    """One report a group owes: `first` names the period, `since`–`until` are the days it is about."""

    group: str
    rhythm: Rhythm
    first: date
    since: date
    until: date
    due: date


@dataclass(frozen=True, slots=True)
class Standing:
    """An owed report as it stands today."""

    owed: Owed
    lamp: Lamp
    report: GroupReport | None
    late_by: int = 0
    """Working days overdue."""


def period_of(rhythm: Rhythm, day: date) -> tuple[date, date]:
    """First and last day of the week or half month a day is in."""
    if rhythm is Rhythm.WEEKLY:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if day.day <= 15:
        return day.replace(day=1), day.replace(day=15)
    return day.replace(day=16), day.replace(day=months.monthrange(day.year, day.month)[1])


def owed_by(group: RecruitGroup, until: date, calendar: WorkCalendar) -> Iterator[Owed]:
    """Every report of the periods that began up to and with `until`, a rhythm after the other, the oldest first."""
    since = date.fromisoformat(group.starts_on)
    last = date.fromisoformat(group.ends_on) if group.ends_on else until
    for rhythm in group.rhythms:
        first, end = period_of(rhythm, since)
        while first <= min(until, last):
            owed = owed_for(group, rhythm, first, calendar)
            if owed is not None:
                yield owed
            first, end = period_of(rhythm, end + timedelta(days=1))


def owed_for(group: RecruitGroup, rhythm: Rhythm, day: date, calendar: WorkCalendar) -> Owed | None:
    """The report of the period a day is in; None where the group owes none of it."""
    first, end = period_of(rhythm, day)
    since = max(first, date.fromisoformat(group.starts_on))
    until = min(end, date.fromisoformat(group.ends_on)) if group.ends_on else end
    due = _last_workday(since, until, calendar)
    return Owed(group.id, rhythm, first, since, until, due) if due is not None else None


def _last_workday(since: date, until: date, calendar: WorkCalendar) -> date | None:
    day = until
    while day >= since:
        if calendar.is_workday(day)[0]:
            return day
        day -= timedelta(days=1)
    return None


def standings(
    group: RecruitGroup, reports: Iterable[GroupReport], today: date, calendar: WorkCalendar
) -> list[Standing]:
    """How every report owed up to today stands, those that lack first, the oldest of them on top."""
    filed = {
        (one.rhythm, one.starts_on): one
        for one in sorted(reports, key=lambda one: one.first_filed_at, reverse=True)
        if counts(group, one)
    }
    found = [
        _standing(owed, filed.get((owed.rhythm, owed.first.isoformat())), today, calendar)
        for owed in owed_by(group, today, calendar)
    ]
    lacking = sorted((one for one in found if one.report is None), key=lambda one: one.owed.due)
    there = sorted(
        (one for one in found if one.report is not None), key=lambda one: one.owed.due, reverse=True
    )
    return lacking + there


def counts(group: RecruitGroup, report: GroupReport) -> bool:
    """Whether a report is this group's own: written by one of its heads, or kept by the coordinators."""
    return report.group == group.id and (report.owner == PARK_OWNED or report.owner in group.heads)


def _standing(owed: Owed, report: GroupReport | None, today: date, calendar: WorkCalendar) -> Standing:
    if report is not None:
        late = beijing_date(from_text(report.first_filed_at)) > owed.due
        return Standing(owed, Lamp.FILED_LATE if late else Lamp.FILED, report)
    if today > owed.due:
        days = (owed.due + timedelta(days=step) for step in range(1, (today - owed.due).days + 1))
        return Standing(owed, Lamp.OVERDUE, None, max(1, sum(calendar.is_workday(day)[0] for day in days)))
    if today == owed.due:
        return Standing(owed, Lamp.TODAY, None)
    days = (today + timedelta(days=step) for step in range(1, (owed.due - today).days + 1))
    near = sum(calendar.is_workday(day)[0] for day in days) <= HEAD_START
    return Standing(owed, Lamp.SOON if near else Lamp.AHEAD, None)


def asked_of(group: RecruitGroup, person: str, standing: Standing) -> bool:
    """Whether this person should write it: the head, of what fell due since he is head."""
    if group.head != person or standing.report is not None:
        return False
    return group.head_since is None or standing.owed.due.isoformat() >= group.head_since


def is_running(group: RecruitGroup, today: date) -> bool:
    """Whether the group is (still) there, or on its way: an end that has passed ends it without anybody's word."""
    return group.state is GroupState.RUNNING and (group.ends_on is None or group.ends_on >= today.isoformat())
