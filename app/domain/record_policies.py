"""Policies and whom they fit: conditions are data, compared with what is known of an enterprise (domain.md §2.9).

A policy (dictionary `policies`) may have `conditions`: `{"field", "test", "value", "text"}`. What is not known of an
enterprise neither fits nor fails: somebody has to ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.domain.record_facts import number

TESTS = frozenset({"is", "in", "starts", "has", "at_least", "at_most"})


class Condition(BaseModel):
    """One condition. `is`, `in`, `starts` (one of the beginnings), `has` (one of them is among what is known),
    `at_least`, `at_most`."""

    model_config = ConfigDict(extra="allow", frozen=True)
    field: str = Field(min_length=1)
    test: str
    value: Any
    text: str = Field(min_length=1)


class Policy(BaseModel):
    """A policy of the catalogue. Without conditions it fits everybody it is offered to."""

    model_config = ConfigDict(extra="allow", frozen=True)
    id: str
    title: str
    document_number: str = ""
    department: str = ""
    summary: str = ""
    window: str = ""
    review_number: str = ""
    until: str | None = None
    """The last day it is in force; None: not said."""
    conditions: list[Condition] = []


class Fit(StrEnum):
    FITS = "fits"
    OPEN = "open"
    NOT = "not"


FIT_WORDS = {Fit.FITS: "符合", Fit.OPEN: "待核", Fit.NOT: "不符"}


@dataclass(frozen=True, slots=True)
class Match:
    """How a policy fits an enterprise: the texts of the conditions met, not known, not met."""

    fit: Fit
    met: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Why, in one line."""
        if self.fit is Fit.NOT:
            return f"不符：{'、'.join(self.unmet)}"
        if self.fit is Fit.OPEN:
            return f"还要核实：{'、'.join(self.unknown)}"
        return "、".join(self.met) or "没有限定条件"


def match(policy: Policy, known: Mapping[str, Any], today: date) -> Match:
    """Compare a policy's conditions with what is known of an enterprise (see `known_of`)."""
    if policy.until and policy.until < today.isoformat():
        return Match(Fit.NOT, unmet=("政策已到期",))
    met: list[str] = []
    unknown: list[str] = []
    unmet: list[str] = []
    for one in policy.conditions:
        holds = _holds(one, known.get(one.field))
        (unknown if holds is None else met if holds else unmet).append(one.text)
    fit = Fit.NOT if unmet else Fit.OPEN if unknown else Fit.FITS
    return Match(fit, tuple(met), tuple(unknown), tuple(unmet))


def _holds(condition: Condition, value: Any) -> bool | None:
    """None: it cannot be told, as the value is not known or the test is one this program has not got."""
    if value in (None, "") or condition.test not in TESTS:
        return None
    wanted = condition.value
    several: Sequence[Any] = wanted if isinstance(wanted, list) else [wanted]
    if condition.test == "is":
        return bool(value == wanted)
    if condition.test == "in":
        return value in several
    if condition.test == "starts":
        return str(value).startswith(tuple(str(one) for one in several))
    if condition.test == "has":
        return any(one in value for one in several) if isinstance(value, list | tuple) else None
    have, limit = number(value), number(wanted)
    if have is None or limit is None:
        return None
    return have >= limit if condition.test == "at_least" else have <= limit


def known_of(enterprise: Mapping[str, Any], tags: Sequence[str] | None, today: date) -> dict[str, Any]:
    """What conditions may ask of an enterprise's body: its fields, `tags` (codes that hold today; None: not known),
    `age_years` since its registration."""
    known = dict(enterprise)
    known["tags"] = None if tags is None else list(tags)
    registered = str(enterprise.get("registered_on") or "")
    try:
        begun = date.fromisoformat(registered)
    except ValueError:
        return known
    known["age_years"] = today.year - begun.year - ((today.month, today.day) < (begun.month, begun.day))
    return known
