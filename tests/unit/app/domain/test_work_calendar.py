"""Working days: the regression dates of domain.md §3.5, the three sources, deadlines and days left."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.clock import BEIJING
from app.domain.work_calendar import WorkCalendar

CALENDAR = WorkCalendar()


def beijing(year: int, month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=BEIJING).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "n", "expected"),
    [
        (date(2026, 2, 12), 5, date(2026, 2, 26)),
        (date(2026, 2, 13), 1, date(2026, 2, 14)),  # a Saturday worked in exchange
        (date(2026, 2, 14), 5, date(2026, 2, 28)),
        (date(2026, 4, 30), 5, date(2026, 5, 11)),
        (date(2026, 9, 30), 3, date(2026, 10, 10)),
    ],
)
def test_regression_dates(start: date, n: int, expected: date) -> None:
    assert CALENDAR.nth_workday_after(start, n) == (expected, False)


@pytest.mark.parametrize("n", [0, -1])
def test_n_begins_at_one(n: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        CALENDAR.nth_workday_after(date(2026, 3, 2), n)


def test_a_year_without_a_published_calendar_is_provisional() -> None:
    assert CALENDAR.nth_workday_after(date(2040, 3, 1), 2) == (date(2040, 3, 5), True)
    assert CALENDAR.nth_workday_after(date(2026, 12, 31), 1) == (date(2027, 1, 1), True)


def test_the_published_table_comes_first() -> None:
    table = WorkCalendar({date(2027, 1, 1): False, date(2027, 1, 2): True, date(2026, 3, 4): False})
    assert table.nth_workday_after(date(2026, 12, 31), 1) == (date(2027, 1, 2), False)
    assert table.nth_workday_after(date(2026, 3, 3), 1) == (date(2026, 3, 5), False)


def test_nobody_ever_works() -> None:
    never = WorkCalendar({date(2026, 1, 1) + timedelta(days=n): False for n in range(3700)})
    with pytest.raises(ValueError, match="ten years"):
        never.nth_workday_after(date(2026, 1, 1), 1)


@pytest.mark.parametrize(
    ("received", "day"),
    [
        (beijing(2026, 2, 12, 9), (2026, 2, 26)),
        (beijing(2026, 2, 12, 23, 59), (2026, 2, 26)),
        # 00:30 in Beijing is still the evening before in UTC: the Beijing day counts.
        (beijing(2026, 2, 13, 0, 30), (2026, 2, 27)),
    ],
)
def test_the_last_day_ends_at_half_past_five(received: datetime, day: tuple[int, int, int]) -> None:
    deadline = CALENDAR.deadline(received, 5)
    assert deadline.at == beijing(*day, 17, 30)
    assert deadline.at.tzinfo is UTC
    assert not deadline.provisional


DUE = beijing(2026, 2, 26, 17, 30)


@pytest.mark.parametrize(
    ("now", "left"),
    [
        (beijing(2026, 2, 12), 5),
        (beijing(2026, 2, 14), 3),
        (beijing(2026, 2, 20), 3),
        (beijing(2026, 2, 25, 20), 1),
        (beijing(2026, 2, 26, 17, 30), 0),
        (beijing(2026, 2, 26, 17, 31), -1),
        (beijing(2026, 2, 27, 8), -1),
        (beijing(2026, 2, 28, 8), -2),
        (beijing(2026, 3, 1, 8), -2),
        (beijing(2026, 3, 2, 8), -3),
    ],
)
def test_days_left(now: datetime, left: int) -> None:
    assert CALENDAR.workdays_left(now, DUE) == left


moments = st.datetimes(datetime(2024, 1, 1), datetime(2026, 9, 1), timezones=st.just(UTC))


@given(moments, st.integers(1, 60))
def test_a_new_deadline_leaves_exactly_its_limit(received: datetime, days: int) -> None:
    deadline = CALENDAR.deadline(received, days)
    assert CALENDAR.workdays_left(received, deadline.at) == days
    assert CALENDAR.workdays_left(deadline.at, deadline.at) == 0
    assert CALENDAR.workdays_left(deadline.at + timedelta(minutes=1), deadline.at) < 0


@given(st.dates(date(2024, 1, 1), date(2026, 9, 1)), st.integers(1, 30))
def test_counting_on_is_counting_through(day: date, n: int) -> None:
    first, _ = CALENDAR.nth_workday_after(day, n)
    assert CALENDAR.nth_workday_after(day, n + 1) == CALENDAR.nth_workday_after(first, 1)
    assert CALENDAR.is_workday(first)[0]
