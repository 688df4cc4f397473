"""How often an enterprise is visited: quarter, two months, month, week (domain.md §1, 05 and 07)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.visit import SOON_BY_CYCLE, Cycle, Due, VisitDue, cycle_of, period_of, visit_due

days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
cycles = st.sampled_from(Cycle)
LONG_AGO = date(2020, 1, 1)


@pytest.mark.parametrize(
    ("cycle", "day", "first", "last"),
    [
        (Cycle.QUARTER, date(2026, 11, 22), date(2026, 10, 1), date(2026, 12, 31)),
        (Cycle.TWO_MONTHS, date(2026, 12, 31), date(2026, 11, 1), date(2026, 12, 31)),
        (Cycle.TWO_MONTHS, date(2026, 2, 3), date(2026, 1, 1), date(2026, 2, 28)),
        (Cycle.MONTH, date(2024, 2, 10), date(2024, 2, 1), date(2024, 2, 29)),
        (Cycle.MONTH, date(2026, 12, 1), date(2026, 12, 1), date(2026, 12, 31)),
        (Cycle.WEEK, date(2026, 11, 22), date(2026, 11, 16), date(2026, 11, 22)),
        (Cycle.WEEK, date(2027, 1, 1), date(2026, 12, 28), date(2027, 1, 3)),
    ],
)
def test_periods(cycle: Cycle, day: date, first: date, last: date) -> None:
    assert period_of(day, cycle) == (first, last)


@pytest.mark.parametrize(
    ("cycle", "last_visit", "since", "today", "expected"),
    [
        (
            Cycle.WEEK,
            date(2026, 11, 15),
            LONG_AGO,
            date(2026, 11, 18),
            VisitDue(Due.LATER, date(2026, 11, 22), 4),
        ),
        (
            Cycle.WEEK,
            date(2026, 11, 15),
            LONG_AGO,
            date(2026, 11, 20),
            VisitDue(Due.SOON, date(2026, 11, 22), 2),
        ),
        (
            Cycle.WEEK,
            date(2026, 11, 8),
            LONG_AGO,
            date(2026, 11, 16),
            VisitDue(Due.OVERDUE, date(2026, 11, 15), -1),
        ),
        (
            Cycle.WEEK,
            None,
            date(2026, 11, 10),
            date(2026, 11, 16),
            VisitDue(Due.LATER, date(2026, 11, 22), 6),
        ),
        (
            Cycle.MONTH,
            date(2026, 11, 1),
            LONG_AGO,
            date(2026, 11, 30),
            VisitDue(Due.DONE, date(2026, 11, 30), 0),
        ),
        (
            Cycle.MONTH,
            date(2026, 9, 30),
            LONG_AGO,
            date(2026, 11, 3),
            VisitDue(Due.OVERDUE, date(2026, 10, 31), -3),
        ),
        (
            Cycle.TWO_MONTHS,
            date(2026, 9, 1),
            LONG_AGO,
            date(2026, 11, 3),
            VisitDue(Due.LATER, date(2026, 12, 31), 58),
        ),
    ],
)
def test_due_by_cycle(
    cycle: Cycle, last_visit: date | None, since: date, today: date, expected: VisitDue
) -> None:
    assert visit_due(last_visit, since, today, cycle) == expected


def test_a_cycle_nobody_knows_is_the_quarter() -> None:
    assert [cycle_of(text) for text in ("week", "quarter", "fortnight", "", None)] == [
        Cycle.WEEK,
        Cycle.QUARTER,
        Cycle.QUARTER,
        Cycle.QUARTER,
        Cycle.QUARTER,
    ]


@given(days, cycles)
def test_periods_follow_one_another_without_gap_or_overlap(day: date, cycle: Cycle) -> None:
    first, last = period_of(day, cycle)
    assert first <= day <= last
    assert period_of(first, cycle) == period_of(last, cycle) == (first, last)
    assert period_of(last + timedelta(days=1), cycle)[0] == last + timedelta(days=1)


@given(st.none() | days, days, days, cycles)
def test_the_words_agree_with_the_days(
    last_visit: date | None, since: date, today: date, cycle: Cycle
) -> None:
    due = visit_due(last_visit, since, today, cycle)
    assert due.days == (due.by - today).days
    assert (due.days < 0) == (due.due is Due.OVERDUE)
    assert (due.due is Due.SOON) <= (due.days <= SOON_BY_CYCLE[cycle])
    assert (due.due is Due.LATER) <= (due.days > SOON_BY_CYCLE[cycle])


@given(days, days, cycles)
def test_a_visit_settles_its_period_and_no_other(since: date, today: date, cycle: Cycle) -> None:
    last = period_of(today, cycle)[1]
    assert visit_due(today, since, last, cycle).due is Due.DONE
    assert visit_due(today, since, last + timedelta(days=1), cycle).due in (Due.LATER, Due.SOON)


@given(st.none() | days, days, days, cycles)
def test_a_later_visit_never_makes_it_more_urgent(
    last_visit: date | None, since: date, today: date, cycle: Cycle
) -> None:
    order = [Due.DONE, Due.LATER, Due.SOON, Due.OVERDUE]
    before = visit_due(last_visit, since, today, cycle).due
    after = visit_due(max(filter(None, (last_visit, today))), since, today, cycle).due
    assert order.index(after) <= order.index(before)
