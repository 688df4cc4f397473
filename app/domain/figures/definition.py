"""What a figure is: numerator and denominator counted from rows, under a fixed definition (domain.md §9, 口径纪律)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction

from app.domain.clock import beijing_date, from_text, to_text
from app.domain.documents import Body
from app.domain.figures.period import Period
from app.domain.figures.rows import Rows
from app.domain.figures.scope import EVERYWHERE, PARK, Scope, Whose
from app.domain.issue import Stop
from app.domain.issue_clock import stopped
from app.domain.work_calendar import WorkCalendar

NOTHING = "—"
"""What is shown where there is nothing to divide by."""


class Unit(StrEnum):
    """`percent`: 100 n/d. `mean`: n/d. `count`: n itself, `denominator` (if any) says out of how many. `amount`: n fen,
    shown in 万元. `area`: n thousandths of a mu, shown in 亩."""

    PERCENT = "percent"
    MEAN = "mean"
    COUNT = "count"
    AMOUNT = "amount"
    AREA = "area"


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure counted: `counted` are the rows of the numerator, `among` those of the denominator, or the same."""

    numerator: int | Fraction
    denominator: int | Fraction | None
    counted: Sequence[Body] = ()
    among: Sequence[Body] = ()


def share(among: Iterable[Body], holds: Callable[[Body], object]) -> Measure:
    """How many of some rows hold."""
    rows = list(among)
    counted = [row for row in rows if holds(row)]
    return Measure(len(counted), len(rows), counted, rows)


def count(counted: Iterable[Body]) -> Measure:
    """How many there are."""
    rows = list(counted)
    return Measure(len(rows), None, rows, rows)


def mean(rows: Sequence[Body], values: Sequence[int | Fraction]) -> Measure:
    """Σ values ÷ how many; a row for each value."""
    return Measure(sum(values), len(values), rows, rows)


def median(rows: Sequence[Body], values: Sequence[int | Fraction]) -> Measure:
    """The middle value; of an even number the two middle ones, so that numerator ÷ denominator is exact."""
    order = sorted(values)
    if not order:
        return Measure(0, 0)
    middle = len(order) // 2
    two = len(order) % 2 == 0
    return Measure(order[middle] + (order[middle - 1] if two else 0), 2 if two else 1, rows, rows)


class Days:
    """Counts working days; remembers which days are."""

    def __init__(self, calendar: WorkCalendar) -> None:
        self._calendar = calendar
        self._known: dict[date, bool] = {}

    def is_workday(self, day: date) -> bool:
        if day not in self._known:
            self._known[day] = self._calendar.is_workday(day)[0]
        return self._known[day]

    def between(self, since: str, until: str, stops: Sequence[Body] = ()) -> int:
        """Working days after the Beijing day of a moment up to and with that of another, those in a stop left out."""
        first, last = beijing_date(from_text(since)), beijing_date(from_text(until))
        taken_out = [Stop.model_validate(stop) for stop in stops]
        days = (first + timedelta(days=step) for step in range(1, (last - first).days + 1))
        return sum(self.is_workday(day) and not stopped(taken_out, day) for day in days)


@dataclass(frozen=True, slots=True)
class Look:
    """What a figure is worked out from: the rows of its scope, the period, the moment, the calendar in force."""

    rows: Rows
    period: Period
    now: datetime
    days: Days
    scope: Scope = PARK
    everything: Rows = field(default_factory=Rows)
    """The rows of all scopes: for what has no enterprise."""
    _moments: tuple[str, str] = field(init=False, repr=False)
    _days: tuple[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Asked for every row of a park: worked out once.
        period = self.period
        object.__setattr__(self, "_moments", (period.begin, period.end))
        object.__setattr__(self, "_days", (period.first.isoformat(), period.last.isoformat()))

    @property
    def now_text(self) -> str:
        return to_text(self.now)

    @property
    def today(self) -> date:
        return beijing_date(self.now)

    def in_period(self, moment: object) -> bool:
        """Whether a moment (UTC text) lies in the period; no moment does not."""
        return isinstance(moment, str) and self._moments[0] <= moment < self._moments[1]

    def day_in_period(self, day: object) -> bool:
        """Whether a Beijing day (`YYYY-MM-DD`) lies in the period."""
        return isinstance(day, str) and self._days[0] <= day <= self._days[1]


Function = Callable[[Look], Measure]


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure of the registry. `reads`: the kinds of rows it is counted from. `standing`: it says how things are at the
    moment and does not hang on the period. Its names and words stand in `resources/figures/definitions.json`."""

    id: str
    unit: Unit
    reads: frozenset[str]
    scopes: frozenset[Whose]
    function: Function
    standing: bool = False
    list_of: str = ""
    """The kind of row its list is made of."""


REGISTRY: dict[str, Definition] = {}


def figure(
    id: str,
    unit: Unit,
    *reads: str,
    scopes: frozenset[Whose] = EVERYWHERE,
    standing: bool = False,
    list_of: str = "",
) -> Callable[[Function], Function]:
    """Enter a function as a figure."""

    def enter(function: Function) -> Function:
        if id in REGISTRY:
            raise ValueError(f"two figures named {id}")
        kind = list_of or reads[0]
        REGISTRY[id] = Definition(id, unit, frozenset(reads), scopes, function, standing, kind)
        return function

    return enter


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure worked out."""

    definition: Definition
    measure: Measure
    period: Period
    scope: Scope

    @property
    def id(self) -> str:
        return self.definition.id

    @property
    def exact(self) -> Fraction | None:
        """What is shown, unrounded; None where there is nothing to divide by."""
        n, d = self.measure.numerator, self.measure.denominator
        unit = self.definition.unit
        if unit in (Unit.PERCENT, Unit.MEAN):
            return Fraction(n) / Fraction(d) * (100 if unit is Unit.PERCENT else 1) if d else None
        return Fraction(n) / {Unit.COUNT: 1, Unit.AMOUNT: 1_000_000, Unit.AREA: 1000}[unit]

    @property
    def value(self) -> str:
        """As it is shown: two decimals, half up; whole for a count; `NOTHING` where there is nothing to divide by."""
        exact = self.exact
        if exact is None:
            return NOTHING
        return str(exact) if self.definition.unit is Unit.COUNT and exact.denominator == 1 else rounded(exact)


def rounded(value: Fraction) -> str:
    """Two decimals, half up, from the exact number: 68/73 of a hundred is `93.15`."""
    hundredths = (abs(value) * 200 + 1) // 2
    text = str(Decimal(hundredths).scaleb(-2).quantize(Decimal("0.01"), ROUND_HALF_UP))
    return f"-{text}" if value < 0 and hundredths else text


def work_out(
    rows: Rows, period: Period, scope: Scope, now: datetime, calendar: WorkCalendar, days: Days | None = None
) -> list[Figure]:
    """Every figure that means something in this scope, in the order of the registry."""
    look = Look(rows.within(scope), period, now, days or Days(calendar), scope, rows)
    return [
        Figure(definition, definition.function(look), period, scope)
        for definition in REGISTRY.values()
        if scope.whose in definition.scopes
    ]
