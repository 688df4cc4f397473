"""What the steps of a run share: the wire they speak through, what they tell, and what they count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sync.protocol.messages import Pull, Pulled, Push, Pushed


class Wire(Protocol):
    """What the engine needs of `Transport`."""

    def health(self) -> dict[str, Any]: ...
    def push(self, message: Push) -> Pushed: ...
    def pull(self, message: Pull) -> Pulled: ...
    def upload(
        self,
        path: Path,
        sha256: str,
        bucket: str,
        attachment: str,
        location: str | None = None,
        begun: Callable[[str], None] = ...,
        progress: Callable[[int], None] = ...,
        stop: Callable[[], bool] = ...,
    ) -> bool: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is. stage: push (changes), pull (documents) or files (bytes); `total` None where it is not known."""

    stage: str
    done: int
    total: int | None
    text: str


@dataclass
class Tally:
    """What a run has done so far."""

    sent: int = 0
    received: int = 0
    refused: int = 0
    conflicts: int = 0
    files_sent: int = 0
    skip: set[int] = field(default_factory=set)
    """Outbox rows that are not tried again in this run."""
    mismatches: int = 0
    expected: int | None = None
    """How many documents the pull is going to bring in all, as the centre's first page said."""


def quiet(_progress: Progress) -> None:
    """For runs nobody looks at."""


def never() -> bool:
    return False
