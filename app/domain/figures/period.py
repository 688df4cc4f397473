"""The stretch of time figures are worked out for: a month, a quarter or a year, in Beijing days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from app.domain.clock import BEIJING, to_text

_TEXT = re.compile(r"(?P<year>[12]\d{3})(?:Q(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2]))?")


class Span(StrEnum):
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


MONTHS = {Span.MONTH: 1, Span.QUARTER: 3, Span.YEAR: 12}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """`first` and `last` are Beijing days; `begin` and `end` the moments behind them as text (`clock.to_text`)."""

    first: date
    span: Span

    @classmethod
    def parse(cls, text: str) -> Period:
        """From `2026Q3`, `2026-10` or `2026`. Raises ValueError on anything else."""
        match = _TEXT.fullmatch(text.strip().upper())
        if match is None:
            raise ValueError(f"not a period: {text!r}")
        year = int(match["year"])
        if match["quarter"]:
            return cls(date(year, int(match["quarter"]) * 3 - 2, 1), Span.QUARTER)
        if match["month"]:
            return cls(date(year, int(match["month"]), 1), Span.MONTH)
        return cls(date(year, 1, 1), Span.YEAR)

    @classmethod
    def around(cls, day: date, span: Span) -> Period:
        """The one `day` lies in."""
        months = MONTHS[span]
        return cls(date(day.year, (day.month - 1) // months * months + 1, 1), span)

    def step(self, by: int) -> Period:
        """So many periods later; earlier where negative."""
        months = self.first.year * 12 + self.first.month - 1 + by * MONTHS[self.span]
        return Period(date(months // 12, months % 12 + 1, 1), self.span)

    @property
    def last(self) -> date:
        return self.step(1).first - timedelta(days=1)

    @property
    def begin(self) -> str:
        return _moment(self.first)

    @property
    def end(self) -> str:
        """The first moment after it."""
        return _moment(self.step(1).first)

    @property
    def text(self) -> str:
        """As `parse` reads it."""
        if self.span is Span.YEAR:
            return f"{self.first.year}"
        if self.span is Span.QUARTER:
            return f"{self.first.year}Q{(self.first.month + 2) // 3}"
        return f"{self.first:%Y-%m}"

    @property
    def words(self) -> str:
        """`2026年第3季度`, `2026年10月`, `2026年`."""
        year = f"{self.first.year}年"
        if self.span is Span.YEAR:
            return year
        if self.span is Span.QUARTER:
            return f"{year}第{(self.first.month + 2) // 3}季度"
        return f"{year}{self.first.month}月"


def _moment(day: date) -> str:
    return to_text(datetime.combine(day, time(), BEIJING).astimezone(UTC))
