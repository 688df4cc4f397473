"""When a run is worth trying again: full jitter, so that the laptops of a park do not all come back at once."""

from __future__ import annotations

from collections.abc import Callable

SHORTEST_S = 1.0
LONGEST_S = 300.0


def wait_after(failures: int, asked: float | None, jitter: Callable[[], float]) -> float:
    """Seconds to wait after so many failures in a row: anything from 1 s to a ceiling that doubles up to 5 min.

    `asked`: what the centre wants (Retry-After), never less than that. `jitter` gives numbers from 0 to 1.
    """
    if asked is not None:
        return asked + jitter()
    if failures <= 0:
        return 0.0
    ceiling = LONGEST_S if failures >= 9 else min(LONGEST_S, SHORTEST_S * 2.0**failures)
    return SHORTEST_S + jitter() * (ceiling - SHORTEST_S)
