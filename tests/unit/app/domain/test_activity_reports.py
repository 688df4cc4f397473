"""Which reports are owed and when: every working day on site is reported once in each rhythm, on a working day."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.activity import RecruitGroup, Rhythm
from app.domain.activity_reports import Lamp, asked_of, is_running, owed_by, period_of, standings
from app.domain.work_calendar import WorkCalendar
from tests.support.activity_world import ActivityWorld

CALENDAR = WorkCalendar()
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


def group(starts_on: date, ends_on: date | None, *rhythms: Rhythm) -> RecruitGroup:
    return RecruitGroup(
        id="g", name="组", place="佛山", starts_on=starts_on.isoformat(), members=[{"person": "p", "name": "王"}],
        ends_on=ends_on.isoformat() if ends_on else None, head="p", heads=["p"], rhythms=list(rhythms),
    )  # fmt: skip


@given(DAYS, st.integers(0, 90), st.sampled_from(Rhythm))
def test_every_working_day_of_the_stay_is_in_one_report_due_within_it(
    since: date, length: int, rhythm: Rhythm
) -> None:
    until = since + timedelta(days=length)
    owed = list(owed_by(group(since, until, rhythm), until, CALENDAR))
    stay = [since + timedelta(days=step) for step in range(length + 1)]
    for day in stay:
        about = [one for one in owed if one.since <= day <= one.until]
        assert len(about) <= 1
        assert about or not CALENDAR.is_workday(day)[0]
    for one in owed:
        assert since <= one.since <= one.due <= one.until <= until
        assert CALENDAR.is_workday(one.due)[0]
        assert not any(
            CALENDAR.is_workday(one.due + timedelta(days=step))[0]
            for step in range(1, (one.until - one.due).days + 1)
        )
        assert one.first == period_of(rhythm, one.since)[0] == period_of(rhythm, one.until)[0]


@given(DAYS, st.integers(0, 60), st.integers(-5, 90))
def test_a_light_is_red_exactly_from_the_day_after(since: date, length: int, later: int) -> None:
    today = since + timedelta(days=later)
    for one in standings(group(since, since + timedelta(days=length), *Rhythm), [], today, CALENDAR):
        assert (one.lamp is Lamp.OVERDUE) == (today > one.owed.due)
        assert (one.lamp is Lamp.TODAY) == (today == one.owed.due)
        assert (one.late_by > 0) == (one.lamp is Lamp.OVERDUE)


def test_a_holiday_brings_the_report_forward_and_a_week_of_holidays_asks_for_none() -> None:
    # National Day 2026 is from Thursday the 1st; the week after is worked again.
    off = {date(2026, 10, day): False for day in range(1, 12)}
    calendar = WorkCalendar(off, frozenset({2026}))
    owed = list(
        owed_by(group(date(2026, 9, 28), date(2026, 10, 18), Rhythm.WEEKLY), date(2026, 10, 18), calendar)
    )
    assert [one.due for one in owed] == [date(2026, 9, 30), date(2026, 10, 16)]


def test_reports_filed_late_and_in_time_and_those_of_strangers() -> None:
    world = ActivityWorld()
    world.do("coordinator", "group.form")
    world.report("officer", "2026-11-09")
    today = date(2026, 11, 23)
    rows = {one.owed.first: one for one in standings(world.group, world.reports(), today, CALENDAR)
            if one.owed.rhythm is Rhythm.WEEKLY}  # fmt: skip
    assert rows[date(2026, 11, 9)].lamp is Lamp.FILED_LATE
    assert (rows[date(2026, 11, 16)].lamp, rows[date(2026, 11, 16)].late_by) == (Lamp.OVERDUE, 1)
    assert rows[date(2026, 11, 23)].lamp is Lamp.AHEAD
    assert next(iter(rows.values())).owed.first == date(2026, 11, 2)
    world.report("coordinator", "2026-11-23")
    forged = world.reports()[0].model_copy(update={"owner": "p-other", "starts_on": "2026-11-16"})
    after = {(one.owed.rhythm, one.owed.first): one.lamp
             for one in standings(world.group, [*world.reports(), forged], today, CALENDAR)}  # fmt: skip
    assert after[Rhythm.WEEKLY, date(2026, 11, 23)] is Lamp.FILED
    assert after[Rhythm.WEEKLY, date(2026, 11, 16)] is Lamp.OVERDUE


def test_a_new_head_is_asked_for_what_falls_due_since() -> None:
    one = group(date(2026, 11, 2), None, Rhythm.WEEKLY)
    one.head_since = "2026-11-20"
    asked = [s.owed.due for s in standings(one, [], date(2026, 11, 23), CALENDAR) if asked_of(one, "p", s)]
    assert asked == [date(2026, 11, 20), date(2026, 11, 27)]
    assert not any(asked_of(one, "q", s) for s in standings(one, [], date(2026, 11, 23), CALENDAR))


def test_a_stay_that_has_passed_is_over_without_anybodys_word() -> None:
    one = group(date(2026, 11, 2), date(2026, 11, 20), Rhythm.WEEKLY)
    assert is_running(one, date(2026, 11, 20))
    assert not is_running(one, date(2026, 11, 23))
