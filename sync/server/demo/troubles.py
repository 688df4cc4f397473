"""What enterprises say is difficult, drawn from the words of `resources/demo`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sync.server.demo import odds
from sync.server.demo.ground import Ground
from sync.server.demo.stage import Luck


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an enterprise says: words, class, whether it was solved there."""

    code: str
    title: str
    description: str
    expectation: str
    answer: str
    urgency: str
    solution: str

    @property
    def row(self) -> dict[str, Any]:
        """As it is written into the form."""
        here = {"b02_solution": self.solution} if self.solution else {}
        return {
            "b02_category": self.code[:2], "b02_subcategory": self.code, "b02_title": self.title,
            "b02_description": self.description, "b02_expectation": self.expectation, "b02_urgency": self.urgency,
            "b02_solved_here": "yes" if self.solution else "no", **here,
        }  # fmt: skip

    @property
    def raising(self) -> dict[str, Any]:
        """As args of `issue.raise`."""
        return {
            "title": self.title, "category": self.code[:2], "subcategory": self.code, "description": self.description,
            "expectation": self.expectation, "urgency": self.urgency, "solved_on_spot": bool(self.solution),
            "solution": self.solution or None,
        }  # fmt: skip


def trouble(ground: Ground, luck: Luck, solved: float = odds.SOLVED_THERE, code: str = "") -> Trouble:
    """`code`: of this class; of any where none is named."""
    kinds = [one for one in ground.words["problems"] if code in ("", one["code"])]
    kind = luck.choices(kinds, [one["weight"] for one in kinds])[0]
    return Trouble(
        code=kind["code"],
        title=luck.pick(kind["titles"]),
        description=kind["description"],
        expectation=kind["expectation"],
        answer=kind["answer"],
        urgency=luck.one_of({"normal": 0.75, "urgent": 0.2, "critical": 0.05}),
        solution=kind["solution"] if kind["spot"] and luck.happens(solved) else "",
    )
