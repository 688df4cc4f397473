"""What scoring sheets come to: points by weight, mean or trimmed mean, vetoes, the conclusion's line (domain.md §5 (b)).

Decimal throughout; every stated score has two decimals, half rounded up, as the form itself rounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from app.domain.record import by_name
from app.domain.review_scheme import Method, ReviewScheme

BANDS = frozenset(map(Decimal, (1, 4, 7, 10)))
"""评分锚点 10/7/4/1 折算 (domain.md §5 (b))."""
DECLINED = "decline"
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Scored:
    """One sheet: its total, points by look, the names of the vetoes it hits; `open` are the looks without a band."""

    total: Decimal
    points: dict[str, Decimal]
    vetoes: tuple[str, ...]
    open: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PanelResult:
    """All sheets of a review together."""

    count: int
    mean: Decimal
    trimmed: Decimal
    score: Decimal
    vetoes: tuple[str, ...]
    conclusion: str
    conclusion_name: str


def rounded(value: Decimal) -> Decimal:
    """Two decimals, half up."""
    return value.quantize(_CENT, ROUND_HALF_UP)


def scored(scheme: ReviewScheme, values: Mapping[str, Any]) -> Scored:
    """A sheet's answers (path → value) by a scheme: Σ weight × band / 10. Bands other than 10, 7, 4, 1 count as not given."""
    said = by_name(dict(values))
    points: dict[str, Decimal] = {}
    for look in scheme.looks:
        band = _band(said.get(look.band))
        if band is not None:
            points[look.key] = rounded(look.weight * band / 10)
    return Scored(
        total=rounded(sum(points.values(), Decimal(0))),
        points=points,
        vetoes=tuple(
            look.veto_name or look.name for look in scheme.looks if look.veto and said.get(look.veto) == "yes"
        ),
        open=tuple(look.name for look in scheme.looks if look.key not in points),
    )


def _band(value: Any) -> Decimal | None:
    try:
        band = Decimal(str(value))
    except InvalidOperation:
        return None
    return band if band in BANDS else None


def panel(scheme: ReviewScheme, totals: Sequence[Decimal], vetoes: Sequence[Sequence[str]]) -> PanelResult:
    """The result of a panel. One veto of one reviewer decides, whatever the score. ValueError for too few sheets."""
    count = len(totals)
    if count < scheme.least:
        raise ValueError(f"{count} sheets, {scheme.least} wanted")
    whole = sum(totals, Decimal(0))
    mean = rounded(whole / count)
    trimmed = rounded((whole - max(totals) - min(totals)) / (count - 2))
    score = trimmed if scheme.method is Method.TRIMMED else mean
    hit = tuple(dict.fromkeys(name for names in vetoes for name in names))
    line = None if hit else next((one for one in scheme.lines if score >= one.least), None)
    return PanelResult(
        count=count,
        mean=mean,
        trimmed=trimmed,
        score=score,
        vetoes=hit,
        conclusion=line.key if line else DECLINED,
        conclusion_name=line.name if line else scheme.declined,
    )
