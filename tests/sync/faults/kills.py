"""kill -9 at every fault point a day passes: which there are, and a day for each number of points survived.

In the day numbered n every process of one kind dies at its n-th point, in every step; so as many days as the longest
process has points meet all of them.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.forking import Forker
from tests.support.postgres import Cluster
from tests.sync.faults.day import TARGETS, Day, Kill, Template, Told, make_template


@dataclass(frozen=True, slots=True)
class Quiet:
    """A day without a kill: what came of it, and how many points each process passed, by (step, target)."""

    template: Template
    told: Told
    points: dict[tuple[str, str], list[list[str]]]

    def most(self, target: str) -> int:
        return max(len(one) for (_, of), each in self.points.items() if of == target for one in each)

    def passed(self) -> Counter[str]:
        """How often each point was passed, by `target point`."""
        return Counter(
            f"{target} {name}" for (_, target), each in self.points.items() for one in each for name in one
        )


def quiet_day(forker: Forker, folder: Path, cluster: Cluster | None) -> Quiet:
    template = make_template(forker, folder / "template", cluster)
    (folder / "quiet").mkdir()
    day = Day(template, forker, folder / "quiet")
    return Quiet(template, day.tell(), day.points())


def days(quiet: Quiet, every: int = 1, first: int = 1) -> Iterator[Kill]:
    """The kills of all days, or of every `every`-th beginning with `first`."""
    for target in TARGETS:
        for hit in range(first, quiet.most(target) + 1, every):
            yield Kill(target, hit)


def tell(quiet: Quiet, forker: Forker, folder: Path, kill: Kill) -> int:
    """One day with kills, compared with the quiet one. Returns how many processes were killed."""
    place = folder / f"{kill.target}-{kill.hit}-{kill.step or 'all'}"
    place.mkdir()
    told = Day(quiet.template, forker, place, kill).tell()
    for noon, expected in zip(told.shape, quiet.told.shape, strict=True):
        for found, wanted in zip(noon, expected, strict=True):
            assert found == wanted, {"too much": found - wanted, "lost": wanted - found}
    shutil.rmtree(place)
    return told.kills
