"""R17, R18, R21, R22: money, credit, covenants, land yield (domain.md §9), from the facts of the registers' rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction
from typing import Any

from app.domain.documents import Body
from app.domain.figures.definition import Look, Measure, Unit, figure, mean, share
from app.domain.figures.rows import RECORD_ROW
from app.domain.figures.scope import OF_ENTERPRISES
from app.domain.record_steps import COVENANT, FINANCING, LAND_YIELD, POLICY_CLAIM

LINES = {"tax": 30, "investment": 400, "output": 500}
"""345 (domain.md §1, 70): 万元 a mu."""
RATIO_LINE = Fraction(3, 2)
SQUARE_METRES = Fraction("666.67")
GRADES = "ABCD"
RATED = (None, "rated")
_FEN = 1_000_000
"""Fen in 万元."""


def _entries(look: Look, ledger: str) -> list[Body]:
    rows = look.rows.of(RECORD_ROW)
    return [row for row in rows if row.get("ledger") == ledger and not row.get("withdrawn_at")]


def _facts(row: Body) -> Body:
    facts: Body = row.get("facts") or {}
    return facts


def _money(rows: Iterable[Body], name: str) -> int:
    return sum(_facts(row).get(name) or 0 for row in rows)


def _by(day: Any, last: date) -> bool:
    return isinstance(day, str) and day <= last.isoformat()


# ---------------------------------------------------------------- R17 政策兑现


def _claims(look: Look) -> list[Body]:
    """What is due by the end of the period; what does not fit is not."""
    return [
        row
        for row in _entries(look, POLICY_CLAIM)
        if _by(row.get("day"), look.period.last)
        and _facts(row).get("due_fen")
        and row.get("stage") != "unfit"
    ]


def _paid(look: Look) -> list[Body]:
    return [
        row
        for row in _claims(look)
        if _facts(row).get("paid_fen") and _by(_facts(row).get("paid_on"), look.period.last)
    ]


@figure("R17", Unit.PERCENT, RECORD_ROW, scopes=OF_ENTERPRISES)
def claims_paid(look: Look) -> Measure:
    claims, paid = _claims(look), _paid(look)
    return Measure(_money(paid, "paid_fen"), _money(claims, "due_fen"), paid, claims)


@figure("R17b", Unit.PERCENT, RECORD_ROW, scopes=OF_ENTERPRISES)
def enterprises_paid(look: Look) -> Measure:
    claims, paid = _claims(look), _paid(look)
    return Measure(_enterprises(paid), _enterprises(claims), paid, claims)


def _enterprises(rows: Iterable[Body]) -> int:
    return len({row["enterprise"] for row in rows})


@figure("R17c", Unit.MEAN, RECORD_ROW, scopes=OF_ENTERPRISES)
def days_to_money(look: Look) -> Measure:
    """Calendar days from 申报 to 到账."""
    rows = [
        row
        for row in _entries(look, POLICY_CLAIM)
        if look.day_in_period(_facts(row).get("received_on")) and _facts(row).get("declared_on")
    ]
    spans = [
        (date.fromisoformat(facts["received_on"]) - date.fromisoformat(facts["declared_on"])).days
        for facts in map(_facts, rows)
    ]
    return mean(rows, spans)


# ---------------------------------------------------------------- R18 融资


def _needs(look: Look) -> list[Body]:
    rows = _entries(look, FINANCING)
    return [row for row in rows if look.day_in_period(row.get("day")) and _facts(row).get("need_fen")]


@figure("R18", Unit.AMOUNT, RECORD_ROW, scopes=OF_ENTERPRISES)
def needed(look: Look) -> Measure:
    rows = _needs(look)
    return Measure(_money(rows, "need_fen"), None, rows, rows)


@figure("R18b", Unit.PERCENT, RECORD_ROW, scopes=OF_ENTERPRISES)
def granted(look: Look) -> Measure:
    """撮合率: those with a line of credit of those registered."""
    return share(_needs(look), lambda row: _facts(row).get("granted_fen"))


@figure("R18c", Unit.PERCENT, RECORD_ROW, scopes=OF_ENTERPRISES)
def lent(look: Look) -> Measure:
    """放款率: money lent by money needed."""
    rows = _needs(look)
    counted = [row for row in rows if _facts(row).get("lent_fen")]
    return Measure(_money(counted, "lent_fen"), _money(rows, "need_fen"), counted, rows)


# ---------------------------------------------------------------- R21 履约


def _latest(rows: Iterable[Body], key: Callable[[Body], Any], order: Callable[[Body], Any]) -> list[Body]:
    """The last of each key."""
    found: dict[Any, Body] = {}
    for row in sorted(rows, key=order):
        found[key(row)] = row
    return list(found.values())


def _covenants(look: Look, *, checked: bool) -> list[Body]:
    """The last entry of each agreement up to the end of the period; `checked`: the last check."""
    rows = [
        row
        for row in _entries(look, COVENANT)
        if _by(row.get("day"), look.period.last) and (not checked or _facts(row).get("checked_on"))
    ]
    return _latest(
        rows,
        lambda row: (row["enterprise"], _facts(row).get("signed_on")),
        lambda row: (row["day"], row.get("made_at") or "", row["id"]),
    )


def _number(value: Any) -> Fraction | None:
    try:
        return None if value in (None, "") or isinstance(value, bool) else Fraction(str(value))
    except ValueError:
        return None


@figure("R21", Unit.PERCENT, RECORD_ROW, scopes=OF_ENTERPRISES)
def kept(look: Look) -> Measure:
    """履约率: Σ min(actual ÷ promised, 1) × weight, of what was checked."""
    rows = _covenants(look, checked=True)
    reached = weights = Fraction(0)
    for term in (term for row in rows for term in _facts(row).get("terms") or ()):
        promised, actual = _number(term.get("promised")), _number(term.get("actual"))
        weight = _number(term.get("weight")) or Fraction(0)
        if term.get("assessed") and promised and actual is not None:
            reached += min(max(actual / promised, Fraction(0)), Fraction(1)) * weight
            weights += weight
    return Measure(reached, weights, rows, rows)


@figure("R21b", Unit.PERCENT, RECORD_ROW, scopes=OF_ENTERPRISES)
def promises_kept(look: Look) -> Measure:
    """政府承诺兑现率: the other side's promises count alike."""
    rows = _covenants(look, checked=False)
    due = [
        promise
        for row in rows
        for promise in _facts(row).get("promises") or ()
        if _by(promise.get("by"), look.period.last)
    ]
    done = sum(
        bool(one.get("done")) and (one.get("done_on") is None or _by(one["done_on"], look.period.last))
        for one in due
    )
    return Measure(done, len(due), rows, rows)


# ---------------------------------------------------------------- R22 亩均


def _measured(look: Look) -> list[Body]:
    """The last measurement of each enterprise that takes part: of the year the period ends in, or of the one before."""
    year = look.period.last.year
    rows = [
        row
        for row in _entries(look, LAND_YIELD)
        if _year(row) in (year, year - 1) and _facts(row).get("rated") in RATED
    ]
    return _latest(
        rows, lambda row: row["enterprise"], lambda row: (_year(row), row.get("day") or "", row["id"])
    )


def _year(row: Body) -> int:
    found = _number(_facts(row).get("year"))
    return int(found) if found is not None else 0


def gap(facts: Body, line: str) -> Fraction | None:
    """What an enterprise lacks of a line, in 万元 over its whole land; None where it cannot be said."""
    area, value = _number(facts.get("area")), _number(facts.get(line))
    return None if not area or value is None else max(Fraction(0), LINES[line] * area - value)


def below_ratio(facts: Body) -> bool | None:
    """Whether the floor area ratio is under its line; None where it cannot be said."""
    area, floor = _number(facts.get("area")), _number(facts.get("floor_area"))
    return None if not area or floor is None else floor / (area * SQUARE_METRES) < RATIO_LINE


def _reaches(row: Body) -> bool:
    facts = _facts(row)
    return all(gap(facts, line) == 0 for line in LINES) and below_ratio(facts) is False


@figure("R22", Unit.COUNT, RECORD_ROW, scopes=OF_ENTERPRISES)
def reaching(look: Look) -> Measure:
    """达标家数: all four lines."""
    return share(_measured(look), _reaches)


def _gap_of(line: str) -> None:
    @figure(f"R22.{line}", Unit.AMOUNT, RECORD_ROW, scopes=OF_ENTERPRISES)
    def lacking(look: Look) -> Measure:
        rows = _measured(look)
        gaps = [gap(_facts(row), line) or Fraction(0) for row in rows]
        short = [row for row, one in zip(rows, gaps, strict=True) if one]
        return Measure(round(sum(gaps, Fraction(0)) * _FEN), None, short, rows)


for _line in LINES:
    _gap_of(_line)


@figure("R22.ratio", Unit.COUNT, RECORD_ROW, scopes=OF_ENTERPRISES)
def below(look: Look) -> Measure:
    return share(_measured(look), lambda row: below_ratio(_facts(row)))


def _grade_of(grade: str) -> None:
    @figure(f"R22.{grade}", Unit.COUNT, RECORD_ROW, scopes=OF_ENTERPRISES)
    def graded(look: Look) -> Measure:
        rows = [row for row in _measured(look) if _facts(row).get("grade")]
        return share(rows, lambda row: _facts(row)["grade"] == grade)


for _grade in GRADES:
    _grade_of(_grade)
