"""The schemas changes are written in, and how a change of an older one is brought up to today's.

A laptop that was away for months still has changes of the program it had then. They are kept and sent as they were
made; whoever runs them (the laptop on its own copy, the centre for good) brings them up first. The centre does so for
twelve months after a schema was followed by the next one; later than that a change is refused and its body kept.

What needs a new schema: a new change name, a field people may newly edit, new or altered args. Then: a row below, with
a step for every name whose args or name altered. Rows are never altered or taken away. What does not need one: fields
of documents that only change functions write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Args = dict[str, Any]
Step = Callable[[Args], tuple[str, Args]]
"""args of a change of the schema before → its name and args in this one. Bucket and document stay what they are.

Raises KeyError, TypeError or ValueError where the args are not what that schema says they are.
"""


@dataclass(frozen=True, slots=True)
class Schema:
    """`since`: the Beijing day of its first program. `steps`: by the change's name in the schema before."""

    number: int
    since: date
    steps: Mapping[str, Step] = field(default_factory=dict)


SCHEMAS: Sequence[Schema] = (Schema(1, date(2026, 11, 1)),)
"""All there ever were, 1, 2, 3 …; the last is the one this program writes."""


def newest() -> int:
    """The schema this program writes."""
    return SCHEMAS[-1].number


def taken_until(number: int) -> date | None:
    """The last Beijing day on which changes of a schema are taken; None for the newest, which has no end yet."""
    if number >= newest():
        return None
    followed = SCHEMAS[number].since
    try:
        return followed.replace(year=followed.year + 1)
    except ValueError:  # followed on 29 February
        return date(followed.year + 1, 3, 1)


def brought_up(number: int, name: str, args: Args) -> tuple[str, Args]:
    """Name and args as the newest schema has them. Raises what a Step raises."""
    for schema in SCHEMAS[number:]:
        step = schema.steps.get(name)
        if step is not None:
            name, args = step(args)
    return name, args
