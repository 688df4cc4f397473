"""亩均效益 (345+1.5): four lines, gaps, scores and grades by a scheme that is data (domain.md §2.6, §5 (j)).

A scheme never changes under its version: what was graded by one is always shown with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.domain.record_facts import number

SQUARE_METRES_PER_MU = Decimal("666.67")
_CENT = Decimal("0.01")
METRICS = ("tax", "added", "energy", "emission", "labour", "research", "power")
"""亩均税收, 亩均增加值, 单位能耗增加值, 单位排放增加值, 全员劳动生产率, R&D/主营, 单位用电税收."""


class Share(BaseModel):
    """A grade and the share of all it goes to, from the best down, in percent."""

    model_config = ConfigDict(frozen=True)
    grade: str
    percent: Decimal = Field(ge=0, le=100)


class Scheme(BaseModel):
    """One version of how land is judged. `base`: what a value is measured by: the mean, the highest, or `bases`."""

    model_config = ConfigDict(extra="allow", frozen=True)
    id: str
    title: str
    lines: dict[Literal["tax", "investment", "output", "ratio"], Decimal]
    above: dict[str, Decimal]
    below: dict[str, Decimal]
    """Weight by metric, for enterprises above and below the scale; each adds up to 100."""
    base: Literal["mean", "highest", "given"] = "mean"
    bases: dict[str, Decimal] = {}
    cap: Decimal = Field(default=Decimal("1.5"), gt=0)
    """A single value counts up to so many times its weight."""
    shares: list[Share]

    @model_validator(mode="after")
    def _whole(self) -> Scheme:
        for weights in (self.above, self.below):
            if sum(weights.values()) != 100 or not set(weights) <= set(METRICS):
                raise ValueError("the weights of a scheme add up to 100")
        if sum(share.percent for share in self.shares) != 100:
            raise ValueError("the shares of the grades add up to 100")
        if self.base == "given" and not {*self.above, *self.below} <= {
            name for name, value in self.bases.items() if value > 0
        }:
            raise ValueError("a scheme with given bases names each of them")
        return self


@dataclass(frozen=True, slots=True)
class Against:
    """One of the four lines: the value, whether it is reached, what is missing (in the line's own whole)."""

    name: str
    value: Decimal | None
    line: Decimal
    met: bool | None
    gap: Decimal | None


def against_lines(facts: Mapping[str, Any], scheme: Scheme) -> tuple[Against, ...]:
    """The four lines of an entry's facts: 税收 30, 投资 400, 产出 500 万元/亩, 容积率 1.5. The gap is what the whole land
    lacks: 万元, and square metres of floor. Without land nothing is worked out."""
    area = number(facts.get("area"))
    found = []
    for name, key in (
        ("tax", "tax"),
        ("investment", "investment"),
        ("output", "output"),
        ("ratio", "floor_area"),
    ):
        line, whole = scheme.lines[name], number(facts.get(key))  # type: ignore[index]
        if area is None or area <= 0 or whole is None:
            found.append(Against(name, None, line, None, None))
            continue
        land = area * SQUARE_METRES_PER_MU if name == "ratio" else area
        value = whole / land
        found.append(Against(name, value, line, value >= line, max(Decimal(0), line * land - whole)))
    return tuple(found)


def metrics(facts: Mapping[str, Any]) -> dict[str, Decimal | None]:
    """The values that are scored; negative ones and those without a divisor are None and count nothing. No emission
    at all is told apart: `emission` is then absent."""
    have = {name: number(facts.get(name)) for name in (
        "area", "tax", "added_value", "energy", "emission", "employees", "research", "main_revenue", "electricity"
    )}  # fmt: skip
    found = {
        "tax": _over(have["tax"], have["area"]),
        "added": _over(have["added_value"], have["area"]),
        "energy": _over(have["added_value"], have["energy"]),
        "emission": _over(have["added_value"], have["emission"]),
        "labour": _over(have["added_value"], have["employees"]),
        "research": _over(have["research"], have["main_revenue"]),
        "power": _over(have["tax"], have["electricity"]),
    }
    if have["emission"] == 0:
        del found["emission"]
    return found


def _over(value: Decimal | None, by: Decimal | None) -> Decimal | None:
    return value / by if value is not None and value > 0 and by is not None and by > 0 else None


@dataclass(frozen=True, slots=True)
class Graded:
    """One enterprise's score (two decimals) and grade in a batch; `place` from 1, the same for the same score."""

    id: str
    score: Decimal
    grade: str
    place: int


def grade(entries: Mapping[str, Mapping[str, Any]], scheme: Scheme) -> list[Graded]:
    """Score and grade the entries (id → facts) of one year together, the best first. Who does not take part
    (X14: in building, new, public, moved, bankrupt) or has no land is left out."""
    taking = {
        id: facts
        for id, facts in entries.items()
        if facts.get("rated", "rated") == "rated" and (number(facts.get("area")) or 0) > 0
    }
    values = {id: metrics(facts) for id, facts in taking.items()}
    scores: dict[str, Decimal] = {}
    for kind, weights in (("above", scheme.above), ("below", scheme.below)):
        group = {id: values[id] for id, facts in taking.items() if _kind(facts) == kind}
        scores |= _scores(group, weights, scheme)
    ranked = sorted(scores, key=lambda id: (-scores[id], id))
    grades = _grades(ranked, scores, scheme.shares)
    first = {
        score: place for place, score in reversed(list(enumerate((scores[id] for id in ranked), start=1)))
    }
    return [Graded(id, scores[id], grades[id], first[scores[id]]) for id in ranked]


def _kind(facts: Mapping[str, Any]) -> str:
    return "above" if facts.get("above_scale") == "above" else "below"


def _scores(
    group: Mapping[str, Mapping[str, Decimal | None]], weights: Mapping[str, Decimal], scheme: Scheme
) -> dict[str, Decimal]:
    parts: dict[str, dict[str, Decimal]] = {id: {} for id in group}
    for metric, weight in weights.items():
        there = {id: value for id, one in group.items() if (value := one.get(metric)) is not None}
        base = _base(list(there.values()), metric, scheme)
        for id, one in group.items():
            if metric not in one:
                continue
            value = there.get(id)
            times = min(value / base, scheme.cap) if value is not None and base else Decimal(0)
            parts[id][metric] = times * weight
        # 无排放企业按该项平均分: those without any emission have the mean of those who were scored.
        scored = [one[metric] for one in parts.values() if metric in one]
        mean = sum(scored, Decimal(0)) / len(scored) if scored else weight
        for one in parts.values():
            one.setdefault(metric, mean)
    return {id: sum(one.values(), Decimal(0)).quantize(_CENT, ROUND_HALF_UP) for id, one in parts.items()}


def _base(values: Sequence[Decimal], metric: str, scheme: Scheme) -> Decimal | None:
    if scheme.base == "given":
        return scheme.bases.get(metric)
    if not values:
        return None
    return max(values) if scheme.base == "highest" else sum(values, Decimal(0)) / len(values)


def _grades(ranked: Sequence[str], scores: Mapping[str, Decimal], shares: Sequence[Share]) -> dict[str, str]:
    """By place: the first share of all gets the first grade …, a place belonging where its middle lies, so that four
    enterprises have a first one too. The same score never gets two grades: the better one."""
    found: dict[str, str] = {}
    ends, total = [], Decimal(0)
    for share in shares:
        total += share.percent
        ends.append((total, share.grade))
    before: tuple[Decimal, str] | None = None
    for place, id in enumerate(ranked, start=1):
        part = (Decimal(place) - Decimal("0.5")) * 100 / len(ranked)
        name = next((grade for end, grade in ends if part <= end), ends[-1][1])
        if before is not None and before[0] == scores[id]:
            name = before[1]
        found[id] = name
        before = (scores[id], name)
    return found
