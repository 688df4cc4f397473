"""Functions on dates and times. A date is days since 1970-01-01 when it is reckoned with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from forms.expressions.values import (
    CONTEXT,
    NAN,
    EvaluationError,
    Value,
    atom,
    date_of,
    day_fraction,
    instant_of,
    parse_time,
    to_string,
)

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_UNIX_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def local_now(run: Any) -> dt.datetime:
    """The clock's moment in the form's zone. A clock without a zone is taken to be in it already."""
    moment: dt.datetime = run.now()
    return moment.replace(tzinfo=run.zone) if moment.tzinfo is None else moment.astimezone(run.zone)


def _today(c: Any, _a: list[Value]) -> Value:
    return local_now(c.run).date()


def _now(c: Any, _a: list[Value]) -> Value:
    return local_now(c.run)


def _date(c: Any, a: list[Value]) -> Value:
    day = date_of(a[0], c.run.zone)
    return "" if day is None else day


def _date_time(c: Any, a: list[Value]) -> Value:
    instant = instant_of(a[0], c.run.zone)
    return "" if instant is None else instant


def _time(c: Any, a: list[Value]) -> Value:
    clock = _clock_of(a[0], c.run.zone)
    return "" if clock is None else clock


def _clock_of(value: Value, zone: dt.tzinfo) -> dt.time | None:
    value = atom(value)
    if isinstance(value, dt.time):
        return value
    if isinstance(value, str):
        if not value.strip():
            return None
        clock = parse_time(value)
        if clock is not None:
            return clock
    instant = instant_of(value, zone)
    return None if instant is None else instant.timetz()


def _decimal_date_time(c: Any, a: list[Value]) -> Value:
    """Days with their fraction since 1970-01-01 in UTC: the offset counts."""
    value = atom(a[0])
    if isinstance(value, Decimal):
        return value
    instant = instant_of(value, c.run.zone)
    if instant is None:
        return NAN
    past = instant - _UNIX_EPOCH
    seconds = Decimal(past.days * 86400 + past.seconds) + Decimal(past.microseconds) / 1000000
    return CONTEXT.divide(seconds, Decimal(86400))


def _decimal_time(c: Any, a: list[Value]) -> Value:
    """The part of the local day gone by: 06:00 is 0.25."""
    clock = _clock_of(a[0], c.run.zone)
    if clock is None:
        return NAN
    if clock.tzinfo is not None:
        offset = clock.utcoffset() or dt.timedelta()
        day = dt.datetime.combine(dt.date(2000, 1, 2), clock.replace(tzinfo=None)) - offset
        clock = day.replace(tzinfo=dt.UTC).astimezone(c.run.zone).time()
    return day_fraction(clock)


def _format_date(c: Any, a: list[Value]) -> Value:
    value = atom(a[0])
    if isinstance(value, dt.time) or (isinstance(value, str) and value.strip() and parse_time(value)):
        clock = _clock_of(value, c.run.zone)
        assert clock is not None
        return format_instant(dt.datetime.combine(dt.date(1970, 1, 1), clock), to_string(a[1]))
    instant = instant_of(value, c.run.zone)
    return "" if instant is None else format_instant(instant, to_string(a[1]))


def format_instant(moment: dt.datetime, pattern: str) -> str:
    """A date in words by ODK's escapes. EvaluationError for an escape that is none."""
    escapes: dict[str, Callable[[], str]] = {
        "Y": lambda: f"{moment.year:04d}",
        "y": lambda: f"{moment.year % 100:02d}",
        "m": lambda: f"{moment.month:02d}",
        "n": lambda: str(moment.month),
        "B": lambda: f"{moment.month} 月",
        "b": lambda: MONTHS[moment.month - 1],
        "d": lambda: f"{moment.day:02d}",
        "e": lambda: str(moment.day),
        "H": lambda: f"{moment.hour:02d}",
        "h": lambda: str(moment.hour),
        "M": lambda: f"{moment.minute:02d}",
        "S": lambda: f"{moment.second:02d}",
        "3": lambda: f"{moment.microsecond // 1000:03d}",
        "a": lambda: DAYS[moment.weekday()],
        "W": lambda: str(moment.isocalendar().week),
        "%": lambda: "%",
    }
    parts, rest = [], iter(pattern)
    for char in rest:
        if char != "%":
            parts.append(char)
            continue
        letter = next(rest, "")
        if letter not in escapes:
            raise EvaluationError(f"日期格式里不认识 %{letter}")
        parts.append(escapes[letter]())
    return "".join(parts)


Compute = Callable[[Any, list[Value]], Value]

TABLE: list[tuple[str, int, int, Compute]] = [
    ("today", 0, 0, _today),
    ("now", 0, 0, _now),
    ("date", 1, 1, _date),
    ("date-time", 1, 1, _date_time),
    ("time", 1, 1, _time),
    ("decimal-date-time", 1, 1, _decimal_date_time),
    ("decimal-time", 1, 1, _decimal_time),
    ("format-date", 2, 2, _format_date),
    ("format-date-time", 2, 2, _format_date),
]
