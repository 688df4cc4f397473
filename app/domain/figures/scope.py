"""Whose figures: of the whole park or of a part of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Whose(StrEnum):
    """`officer` is seen by himself and by the leader of his team only (domain.md §2.12)."""

    PARK = "park"
    OFFICER = "officer"
    ENTERPRISE = "enterprise"
    INDUSTRY = "industry"
    DEPARTMENT = "department"
    CATEGORY = "category"


EVERYWHERE = frozenset(Whose)
OF_ENTERPRISES = frozenset({Whose.PARK, Whose.OFFICER, Whose.ENTERPRISE, Whose.INDUSTRY})
"""Where a figure of enterprises means something: a department or a class of issues has none of its own."""


@dataclass(frozen=True, slots=True)
class Scope:
    """`id`: a person, an enterprise, a department, a category or subcategory of issues, the beginning of a GB/T 4754 code
    (an industry, for 产业链); "" for the park."""

    whose: Whose
    id: str = ""

    @classmethod
    def parse(cls, text: str) -> Scope:
        """From `park` or `officer:<id>`, `enterprise:<id>`, `industry:<code>`, `department:<code>`, `category:<code>`.

        Raises ValueError on anything else.
        """
        name, _, id = text.strip().partition(":")
        if name not in set(Whose) or (name == Whose.PARK) != (not id):
            raise ValueError(f"not a scope: {text!r}")
        return cls(Whose(name), id)

    @property
    def text(self) -> str:
        """As `parse` reads it."""
        return f"{self.whose}:{self.id}" if self.id else str(self.whose)


PARK = Scope(Whose.PARK)
