"""The quarterly rule (domain.md §1, 07) and the quarters it rests on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.clock import quarter_of
from app.domain.visit import SOON_DAYS, Due, VisitDue, visit_due

LONG_AGO = date(2020, 1, 1)


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 3, 31), date(2026, 1, 1), date(2026, 3, 31)),
        (date(2024, 5, 5), date(2024, 4, 1), date(2024, 6, 30)),
        (date(2026, 9, 30), date(2026, 7, 1), date(2026, 9, 30)),
        (date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_quarters(day: date, first: date, last: date) -> None:
    assert quarter_of(day) == (first, last)


@pytest.mark.parametrize(
    ("last_visit", "since", "today", "expected"),
    [
        # Visited in this quarter, on its first or its present day.
        (date(2026, 10, 1), LONG_AGO, date(2026, 11, 22), VisitDue(Due.DONE, date(2026, 12, 31), 39)),
        (date(2026, 11, 22), LONG_AGO, date(2026, 11, 22), VisitDue(Due.DONE, date(2026, 12, 31), 39)),
        # Visited in the quarter before: due by the end of this one.
        (date(2026, 9, 30), LONG_AGO, date(2026, 11, 22), VisitDue(Due.LATER, date(2026, 12, 31), 39)),
        (date(2026, 7, 1), LONG_AGO, date(2026, 12, 16), VisitDue(Due.LATER, date(2026, 12, 31), 15)),
        (date(2026, 7, 1), LONG_AGO, date(2026, 12, 17), VisitDue(Due.SOON, date(2026, 12, 31), 14)),
        (date(2026, 7, 1), LONG_AGO, date(2026, 12, 31), VisitDue(Due.SOON, date(2026, 12, 31), 0)),
        # Not visited in the quarter before although it was his.
        (date(2026, 6, 30), LONG_AGO, date(2026, 10, 9), VisitDue(Due.OVERDUE, date(2026, 9, 30), -9)),
        (None, LONG_AGO, date(2026, 10, 1), VisitDue(Due.OVERDUE, date(2026, 9, 30), -1)),
        (None, date(2026, 7, 1), date(2026, 10, 1), VisitDue(Due.OVERDUE, date(2026, 9, 30), -1)),
        # It was not his for the whole of the quarter before.
        (None, date(2026, 7, 2), date(2026, 10, 1), VisitDue(Due.LATER, date(2026, 12, 31), 91)),
        (None, date(2026, 12, 20), date(2026, 12, 20), VisitDue(Due.SOON, date(2026, 12, 31), 11)),
        # Across the turn of the year.
        (date(2025, 12, 31), LONG_AGO, date(2026, 1, 1), VisitDue(Due.LATER, date(2026, 3, 31), 89)),
    ],
)
def test_due(last_visit: date | None, since: date, today: date, expected: VisitDue) -> None:
    assert visit_due(last_visit, since, today) == expected


days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@given(st.none() | days, days, days)
def test_the_words_agree_with_the_days(last_visit: date | None, since: date, today: date) -> None:
    due = visit_due(last_visit, since, today)
    assert due.days == (due.by - today).days
    assert (due.days < 0) == (due.due is Due.OVERDUE)
    if due.due is Due.SOON:
        assert due.days <= SOON_DAYS
    if due.due is Due.LATER:
        assert due.days > SOON_DAYS


@given(days, days)
def test_a_visit_today_settles_it_until_the_quarter_ends(since: date, today: date) -> None:
    last = quarter_of(today)[1]
    assert visit_due(today, since, last).due is Due.DONE
    assert visit_due(today, since, last + timedelta(days=1)).due is not Due.DONE
