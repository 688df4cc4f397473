"""Figures with their words: names, what is counted, the definition's version (`resources/figures/definitions.json`)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.domain.clock import BEIJING
from app.domain.figures.definition import NOTHING, Figure
from app.domain.figures.period import Period


class FigureText(BaseModel):
    """The words of one definition: its name, what its numerator and denominator count, what the period means for it."""

    model_config = ConfigDict(extra="allow", frozen=True)
    code: str
    group: str
    name: str
    numerator: str
    denominator: str
    unit: str
    period: str
    version: str


@dataclass(frozen=True, slots=True)
class Texts:
    """All of them by code; `groups`: code → heading, in the order of the page."""

    of: Mapping[str, FigureText]
    groups: Mapping[str, str]
    version: str

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> Texts:
        """From the parsed file. Raises pydantic.ValidationError, KeyError where it is not of that shape."""
        texts = [FigureText.model_validate(item) for item in content["items"]]
        groups = {group["code"]: group["name"] for group in content["groups"]}
        return cls({text.code: text for text in texts}, groups, content["version"])

    def in_order(self, figures: Iterable[Figure]) -> list[Figure]:
        """As the words stand in the file: group by group."""
        place = {code: number for number, code in enumerate(self.of)}
        return sorted(figures, key=lambda figure: place[figure.id])


def as_json(figures: Iterable[Figure], texts: Texts) -> dict[str, Any]:
    """`{"figures": [{id, name, numerator, denominator, value, unit, scope, period, definition}]}`.

    `value` is text as it is shown; `denominator` null where a figure is a plain number; `definition` the version of the
    definition's words.
    """
    return {
        "figures": [
            {
                "id": figure.id,
                "name": texts.of[figure.id].name,
                "numerator": plain(figure.measure.numerator),
                "denominator": plain(figure.measure.denominator),
                "value": figure.value,
                "unit": texts.of[figure.id].unit,
                "scope": figure.scope.text,
                "period": figure.period.text,
                "definition": texts.of[figure.id].version,
            }
            for figure in texts.in_order(figures)
        ]
    }


def plain(number: int | Fraction | None) -> int | float | None:
    """A number for JSON and workbooks."""
    if number is None:
        return None
    return int(number) if number == int(number) else float(number)


def shown(figure: Figure, texts: Texts) -> str:
    """`96.00 %`, `25 件`, 「—」."""
    if figure.value == NOTHING:
        return NOTHING
    return f"{figure.value} {texts.of[figure.id].unit}"


def fraction(figure: Figure) -> str:
    """`24 / 25`; money in 万元, land in 亩; empty where there is no denominator."""
    denominator = figure.measure.denominator
    if denominator is None:
        return ""
    return f"{_part(figure, figure.measure.numerator)} / {_part(figure, denominator)}"


MONEY = frozenset({"R17", "R18c", "R20e", "R20f"})
"""Shares of money: their parts are fen."""
LAND = frozenset({"R24b"})


def _part(figure: Figure, number: int | Fraction) -> str:
    scale = 1_000_000 if figure.id in MONEY else 1000 if figure.id in LAND else 1
    value = Fraction(number) / scale
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.2f}"


def note(period: Period, texts: Texts, now: datetime) -> str:
    """What stands with every table of figures (domain.md §9): period, version of the definitions, when it was made."""
    made = now.astimezone(BEIJING)
    return f"统计期：{period.words} · 口径版本：{texts.version} · 生成时间：{made:%Y-%m-%d %H:%M}"


def as_lines(figures: Sequence[Figure], texts: Texts, now: datetime) -> list[str]:
    """A table for a terminal."""
    lines: list[str] = []
    group = ""
    for figure in texts.in_order(figures):
        text = texts.of[figure.id]
        if text.group != group:
            group = text.group
            lines += ["", texts.groups[group]] if lines else [texts.groups[group]]
        lines.append(
            f"  {_padded(figure.id, 16)}{_padded(text.name, 24)}{_padded(shown(figure, texts), 18)}"
            f"{fraction(figure)}".rstrip()
        )
    return [*lines, "", note(figures[0].period, texts, now)] if figures else lines


def _padded(text: str, columns: int) -> str:
    """Chinese characters are two columns wide."""
    wide = sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
    return text + " " * max(1, columns - wide)
