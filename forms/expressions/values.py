"""What expressions compute with, and how one kind becomes another.

An expression's value is a string, a number, a truth, a date, a time, an instant, or a list of nodes. Numbers
are Decimal throughout (no float for money); a number that is not finite is Decimal's NaN or Infinity. The
conversions are those of ODK's engine: an empty string is NaN, not 0; a date is its days since 1970-01-01.
"""

from __future__ import annotations

import datetime as dt
import decimal
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

CONTEXT = decimal.Context(prec=34, rounding=decimal.ROUND_HALF_EVEN, Emin=-400, Emax=308, traps=[])
_SNAP = decimal.Context(prec=28, rounding=decimal.ROUND_HALF_EVEN, Emin=-400, Emax=308, traps=[])
NAN = Decimal("NaN")
ZERO = Decimal(0)
ONE = Decimal(1)
EPOCH = dt.date(1970, 1, 1)
SHANGHAI = dt.timezone(dt.timedelta(hours=8))
"""China's one zone; it has had no summer time since 1991."""

_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)$")
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})$")
_INSTANT = re.compile(
    r"(\d{4}-\d{1,2}-\d{1,2})T(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$"
)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$")


class Seen(Protocol):
    """A node as expressions see it."""

    @property
    def seen(self) -> Atom: ...


Atom = str | Decimal | bool | dt.date | dt.time | dt.datetime
Value = Atom | Sequence[Seen]


class Truth(str):
    """The text "true" or "false" that a calculation left as its answer: text to all who look at it, but a
    condition that asks it gets the truth it stands for, not "is there any text"."""

    __slots__ = ()


class EvaluationError(Exception):
    """A computation that has no answer; the text (Chinese) says why."""


def atom(value: Value) -> Atom:
    """The value itself, or the first node's; an empty list is an empty string."""
    if isinstance(value, list | tuple):
        return value[0].seen if value else ""
    return value  # type: ignore[return-value]


def is_missing(value: Value) -> bool:
    """Whether there is nothing: an empty text, no nodes, or what came of reckoning with them (NaN)."""
    value = atom(value)
    return value == "" or (isinstance(value, Decimal) and value.is_nan())


def to_number(value: Value) -> Decimal:
    value = atom(value)
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool | Truth):
        return ONE if to_boolean(value) else ZERO
    if isinstance(value, str):
        text = value.strip()
        return Decimal(text) if _NUMBER.match(text) else NAN
    if isinstance(value, dt.datetime):
        return Decimal((value.date() - EPOCH).days)
    if isinstance(value, dt.date):
        return Decimal((value - EPOCH).days)
    return day_fraction(value)


def to_string(value: Value) -> str:
    value = atom(value)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, dt.time):
        return value.isoformat(timespec="milliseconds")
    return value.isoformat()


def to_boolean(value: Value) -> bool:
    """A number is true unless 0 or NaN; a string unless empty; a list of nodes by its first node."""
    value = atom(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, Decimal):
        return not (value.is_nan() or value == 0)
    if isinstance(value, Truth):
        return value == "true"
    if isinstance(value, str):
        return bool(value)
    return True


def number_text(number: Decimal) -> str:
    """The number in figures, without exponent: 12.50 is "12.5", a third is "0.3333333333333333"."""
    if not number.is_finite():
        return "NaN" if number.is_nan() else ("Infinity" if number > 0 else "-Infinity")
    if number == 0:
        return "0"
    if len(number.as_tuple().digits) > 17 and number != number.to_integral_value():
        number = Decimal(repr(float(number))) if abs(number) < Decimal("1e17") else _SNAP.plus(number)
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def snap(number: Decimal) -> Decimal:
    """Without the last figures, where a division left its remainder: 1 div 3 * 3 is 1."""
    return _SNAP.plus(number) if number else number  # a zero keeps its sign


def equal(left: Value, right: Value) -> bool:
    """XPath's `=`: truths if either is one, else numbers if either is one, else texts."""
    a, b = atom(left), atom(right)
    if isinstance(a, bool) or isinstance(b, bool):
        return to_boolean(a) == to_boolean(b)
    if isinstance(a, Decimal) or isinstance(b, Decimal):
        x, y = to_number(a), to_number(b)
        return not x.is_nan() and not y.is_nan() and snap(x) == snap(y)
    return to_string(a) == to_string(b)


def equal_sets(left: Value, right: Value) -> bool:
    """`=` where a list of several nodes is equal when any of them is (XPath 1.0 §3.4)."""
    if isinstance(left, list | tuple) and len(left) > 1:
        return any(equal_sets(node.seen, right) for node in left)
    if isinstance(right, list | tuple) and len(right) > 1:
        return any(equal(left, node.seen) for node in right)
    return equal(left, right)


def less(left: Value, right: Value, or_equal: bool) -> bool:
    x, y = to_number(left), to_number(right)
    if x.is_nan() or y.is_nan():
        return False
    x, y = snap(x), snap(y)
    return x <= y if or_equal else x < y


# Dates and times


def parse_date(text: str) -> dt.date | None:
    match = _DATE.match(text.strip())
    if not match:
        return None
    try:
        return dt.date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def parse_instant(text: str, zone: dt.tzinfo) -> dt.datetime | None:
    """An ISO instant; without an offset it is in `zone`. The answer stands in `zone`."""
    match = _INSTANT.match(text.strip())
    if not match:
        return None
    day = parse_date(match[1])
    clock = _clock(match[2], match[3], match[4], match[5])
    offset = _offset(match[6], zone)
    if day is None or clock is None or offset is None:
        return None
    try:
        return dt.datetime.combine(day, clock, offset).astimezone(zone)
    except (ValueError, OverflowError):
        return None


def parse_time(text: str) -> dt.time | None:
    match = _TIME.match(text.strip())
    if not match:
        return None
    clock = _clock(match[1], match[2], match[3], match[4])
    if clock is None or not match[5]:
        return clock
    offset = _offset(match[5], dt.UTC)
    return None if offset is None else clock.replace(tzinfo=offset)


def _clock(hour: str, minute: str, second: str | None, fraction: str | None) -> dt.time | None:
    try:
        return dt.time(int(hour), int(minute), int(second or 0), int((fraction or "0")[:6].ljust(6, "0")))
    except ValueError:
        return None


def _offset(text: str | None, zone: dt.tzinfo) -> dt.tzinfo | None:
    if not text:
        return zone
    if text == "Z":
        return dt.UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    if minutes >= 24 * 60:
        return None
    return dt.timezone(dt.timedelta(minutes=-minutes if text[0] == "-" else minutes))


def day_fraction(clock: dt.time) -> Decimal:
    """The part of the day gone by at a time of day: 06:00 is 0.25."""
    seconds = (
        Decimal(clock.hour * 3600 + clock.minute * 60 + clock.second) + Decimal(clock.microsecond) / 1000000
    )
    return CONTEXT.divide(seconds, Decimal(86400))


def date_of(value: Value, zone: dt.tzinfo) -> dt.date | None:
    """A date from a date, an instant, days since 1970, or text; None for nothing. EvaluationError if it is none."""
    instant = instant_of(value, zone)
    return None if instant is None else instant.date()


def instant_of(value: Value, zone: dt.tzinfo) -> dt.datetime | None:
    """An instant in `zone`; a date is its midnight. None for nothing. EvaluationError for anything else."""
    value = atom(value)
    if isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time(), zone)
    if isinstance(value, Decimal):
        return _instant_of_days(value, zone)
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        day = parse_date(text)
        if day is not None:
            return dt.datetime.combine(day, dt.time(), zone)
        instant = parse_instant(text, zone)
        if instant is not None:
            return instant
        if _NUMBER.match(text):
            return _instant_of_days(Decimal(text), zone)
    raise EvaluationError(f"“{to_string(value)}”不是日期")


def _instant_of_days(days: Decimal, zone: dt.tzinfo) -> dt.datetime | None:
    if not days.is_finite():
        return None
    try:
        whole = int(days // 1)
        rest = days - whole
        if days < 0 and rest:
            whole, rest = whole - 1, rest + 1
        day = EPOCH + dt.timedelta(days=whole)
        midnight = dt.datetime.combine(day, dt.time(), zone)
        if not rest:
            return midnight
        # A part of a day counts from 1970 in UTC, as ODK's engine has it.
        instant = dt.datetime.combine(day, dt.time(), dt.UTC) + dt.timedelta(seconds=float(rest * 86400))
        return instant.astimezone(zone)
    except (OverflowError, ValueError):
        raise EvaluationError(f"{number_text(days)} 天超出了日期的范围") from None
