"""A failing history made small: steps taken out as long as the same thing still goes wrong."""

from __future__ import annotations

import time
import traceback
from collections.abc import Sequence

from tests.sync.machine.histories import Step
from tests.sync.machine.laptops import NONE
from tests.sync.machine.world import World


def replay(steps: Sequence[Step]) -> BaseException | None:
    """What goes wrong in these steps and the settling after them, if anything."""
    with World() as world:
        try:
            for name, drawn in steps:
                getattr(world, name)(**drawn)
            world.settle()
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            return error
    return None


def smaller(steps: Sequence[Step], seconds: float = 60.0) -> tuple[list[Step], BaseException | None]:
    """The least that could be found in this time, and how it fails. Works over step by step, then over the faults."""
    left = list(steps)
    error = replay(left)
    if error is None:
        return left, None
    where, end = _where(error), time.monotonic() + seconds
    moved = True
    while moved:
        moved = False
        for at in reversed(range(len(left))):
            for fewer in (left[:at] + left[at + 1 :], _plainer(left, at)):
                if fewer is None or time.monotonic() > end:
                    continue
                again = replay(fewer)
                if again is not None and _where(again) == where:
                    left, error, moved = fewer, again, True
                    break
    return left, error


def _plainer(steps: list[Step], at: int) -> list[Step] | None:
    if at >= len(steps):
        return None
    name, drawn = steps[at]
    fewer = {
        key: value for key, value in drawn.items() if key not in ("fault", "rows", "stop_after", "other")
    }
    if drawn.get("fault", NONE) == NONE and len(fewer) == len(drawn):
        return None
    return None if fewer == drawn else [*steps[:at], (name, fewer), *steps[at + 1 :]]


def _where(error: BaseException) -> tuple[str, str]:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return type(error).__name__, f"{last.filename}:{last.lineno}"


def as_lines(steps: Sequence[Step]) -> str:
    """Python that runs as it stands, on a World."""
    return "\n".join(
        f"world.{name}({', '.join(f'{key}={value!r}' for key, value in drawn.items())})"
        for name, drawn in steps
    )
