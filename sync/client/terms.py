"""What the steps of a run share: the wire they speak through, what they tell, and what they count."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
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


Beside = Callable[[Callable[[], Pushed]], Callable[[], Pushed]]
"""Begins a request and gives what waits for its answer (or raises what kept it from coming)."""


def at_once(request: Callable[[], Pushed]) -> Callable[[], Pushed]:
    """The request is over before anything else is done: one thread, the same every time."""
    answer: Future[Pushed] = Future()
    try:
        answer.set_result(request())
    except Exception as error:
        answer.set_exception(error)
    return answer.result


def in_thread(request: Callable[[], Pushed]) -> Callable[[], Pushed]:
    """The request is on its way while other things are done. Whoever begins one has to wait for its end."""
    answer: Future[Pushed] = Future()

    def work() -> None:
        try:
            answer.set_result(request())
        except BaseException as error:
            answer.set_exception(error)

    thread = threading.Thread(target=work, name="push")
    thread.start()

    def wait() -> Pushed:
        thread.join()
        return answer.result()

    return wait


def quiet(_progress: Progress) -> None:
    """For runs nobody looks at."""


def never() -> bool:
    return False
