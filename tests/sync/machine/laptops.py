"""A laptop of the machine: a real store in a file, the real engine, and a wire that can be cut anywhere."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import requests
from requests.adapters import BaseAdapter

from app.dictionaries import builtin_rules
from app.domain.changes import Change, Context
from app.domain.people import Actor
from app.domain.work_calendar import WorkCalendar
from app.errors import KnownError
from app.store.database import Store, open_store
from app.store.history import SyncReport
from app.store.outbox import make_changes
from sync.client.engine import Engine
from sync.client.errors import (
    Cut,
    EpochChanged,
    Later,
    Rejected,
    Revoked,
    ServerTrouble,
    SignInNeeded,
    TooLarge,
)
from sync.client.transport import Transport
from sync.protocol.messages import Pull, Pulled, Push, Pushed
from tests.sync.machine.center import PARK, Center, ServerDied, WireError

T = TypeVar("T")


class Crash(BaseException):
    """The laptop's process ends here, as if killed."""


class Fault(NamedTuple):
    """What goes wrong in a step, and at which request or commit of it (from 1)."""

    kind: str = "none"
    n: int = 1


NONE = Fault()
CLIENT_POINTS = {
    "crash_begin": "before_begin",
    "crash_before": "before_commit",
    "crash_after": "after_commit",
}
SERVER_POINTS = {
    "server_applied": "applied",
    "server_documents": "before_documents",
    "server_flushed": "flushed",
    "server_before": "before_commit",
    "server_after": "after_commit",
}


class Wire:
    """What the engine speaks through: messages as bytes, one level below HTTP, with one fault a step."""

    def __init__(self, laptop: Laptop, center: Center) -> None:
        self.laptop = laptop
        self.center = center
        self.rows = 2000
        self.count = 0
        self.fault = NONE
        self.meanwhile: Callable[[str], None] | None = None
        self.may_see: Callable[[Laptop], set[str]] = lambda _laptop: set()
        self.heard: Callable[[Laptop, Any, Any, set[str]], None] = lambda *_: None
        self.sent: list[bytes] = []

    def begin(self, fault: Fault, rows: int, meanwhile: Callable[[str], None] | None = None) -> None:
        self.count, self.fault, self.rows, self.meanwhile = 0, fault, rows, meanwhile

    def health(self) -> dict[str, Any]:
        return {"status": "ok", "park": PARK, "epoch": self.center.epoch}

    def push(self, message: Push) -> Pushed:
        body = message.model_dump_json(by_alias=True, exclude_none=True).encode()
        self.sent.append(body)
        return self._request(
            "push",
            message,
            lambda: Pushed.model_validate_json(self.center.push(self.laptop.token, body)),
        )

    def pull(self, message: Pull) -> Pulled:
        message = message.model_copy(update={"rows": self.rows})
        body = message.model_dump_json(by_alias=True, exclude_none=True).encode()
        return self._request(
            "pull",
            message,
            lambda: Pulled.model_validate_json(self.center.pull(self.laptop.token, body)),
        )

    def again(self, body: bytes) -> None:
        """A request of before, delivered once more: a proxy's doing. Nobody reads the answer."""
        self.begin(NONE, 2000)
        message = Push.model_validate_json(body)
        with suppress(EpochChanged):
            self._request(
                "push", message, lambda: Pushed.model_validate_json(self.center.push(self.laptop.token, body))
            )

    def upload(
        self,
        path: Path,
        sha256: str,
        bucket: str,
        attachment: str,
        location: str | None = None,
        begun: Callable[[str], None] = lambda _location: None,
        progress: Callable[[int], None] = lambda _bytes: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> bool:
        """The transport's own, by way of the application: what is sent goes through `_request` as well."""
        with Transport(self.center.address, self.laptop.token) as transport:
            transport._session.mount(self.center.address, _Application(self))
            return transport.upload(path, sha256, bucket, attachment, location, begun, progress, stop)

    # ---- one request

    def _request(self, kind: str, message: Any, serve: Callable[[], T]) -> T:
        self.count += 1
        fault = self.fault if self.fault.n == self.count else NONE
        if fault.kind == "lost_request":
            raise Cut
        if fault.kind in SERVER_POINTS:
            self.center.arm(SERVER_POINTS[fault.kind], 1)
        if fault.kind == "between" and self.meanwhile is not None:
            meanwhile = self.meanwhile
            self.center.between = lambda: meanwhile("between")
        answer = self._served(message, serve)
        if fault.kind == "repeated":
            self._served(message, serve)
        if fault.kind == "lost_reply":
            raise Cut
        if self.meanwhile is not None and fault.kind == "meanwhile":
            self.meanwhile(kind)
        return answer

    def _served(self, message: Any, serve: Callable[[], T]) -> T:
        allowed = self.may_see(self.laptop)
        try:
            answer = serve()
        except ServerDied:
            self.heard(self.laptop, message, None, allowed)
            raise Cut from None
        except WireError as error:
            self.heard(self.laptop, message, None, allowed)
            raise _as_transport_says(error) from error
        finally:
            self.center.disarm()
        self.heard(self.laptop, message, answer, allowed)
        return answer


class _Application(BaseAdapter):
    """Requests that go into the centre's application instead of onto a network."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        try:
            status, headers, body = self._wire._request(
                request.method or "", None, lambda: self._wire.center.http(request)
            )
        except Cut as cut:
            raise requests.ConnectionError("cut") from cut
        response = requests.Response()
        response.status_code = status
        response.headers.update(headers)
        response.raw = io.BytesIO(body)
        response.request, response.url = request, request.url or ""
        return response

    def close(self) -> None:
        pass


def _as_transport_says(error: WireError) -> KnownError:
    """The client's error behind an answer, as `Transport._refused` reads it."""
    told = error.body
    if error.status == 409 and told.code == "epoch":
        return EpochChanged(told.params.get("epoch"))
    if error.status in (429, 503):
        return Later(error.retry_after)
    if error.status == 401:
        return SignInNeeded()
    if error.status == 403:
        return Revoked(told.text)
    if error.status == 413:
        return TooLarge()
    if error.status >= 500:
        return ServerTrouble(error.status, told.text)
    return Rejected(told.code, told.text, error.status)


class Laptop:
    """Somebody's machine. `skew` is how wrong its clock is."""

    def __init__(
        self,
        number: int,
        actor: Actor,
        folder: Path,
        center: Center,
        clock: Callable[[], datetime],
        skew: timedelta,
    ) -> None:
        self.number = number
        self.actor = actor
        self.folder = folder
        self.device = f"device-{number:04d}"
        self.token = f"token-{number}"
        self._clock = clock
        self._skew = skew
        self._armed: tuple[str, int] | None = None
        self.wire = Wire(self, center)
        self.store: Store
        self.engine: Engine

    @property
    def path(self) -> Path:
        return self.folder / "store.db"

    def open(self) -> None:
        self.store = open_store(self.path, fault=self._point)
        # Small batches, so that one is at the centre while the verdicts on another are not taken in yet.
        self.engine = Engine(
            self.store, self.wire, self.context, self.device, self.clock, jitter=lambda: 0.5, batch=2
        )

    def close(self) -> None:
        self.store.close()

    def clock(self) -> datetime:
        return self._clock() + self._skew

    def context(self) -> Context:
        return Context(
            now=self.clock(),
            actor=self.actor,
            device=self.device,
            park=PARK,
            calendar=_CALENDAR,
            dictionaries=builtin_rules(),
            number=lambda _kind, local: local,
        )

    # ---- the power switch

    def _point(self, name: str) -> None:
        if self._armed is None or self._armed[0] != name:
            return
        left = self._armed[1] - 1
        self._armed = (name, left) if left else None
        if not left:
            raise Crash(name)

    def with_fault(self, fault: Fault, act: Callable[[], T]) -> T | None:
        """Do something in which the power may fail. None where it did; the laptop is on again then."""
        if fault.kind in CLIENT_POINTS:
            self._armed = (CLIENT_POINTS[fault.kind], fault.n)
        try:
            return act()
        except Crash:
            self.restart()
            return None
        finally:
            self._armed = None

    def restart(self) -> None:
        self._armed = None
        self.store.close()
        self.open()

    # ---- acts

    def make(self, fault: Fault, *changes: Change, **options: Any) -> None:
        """T1. Raises Refusal where the rules say no here already."""
        self.with_fault(fault, lambda: make_changes(self.store, changes, self.context(), **options))

    def sync(
        self, fault: Fault, rows: int, meanwhile: Callable[[str], None] | None, stop_after: int
    ) -> SyncReport | None:
        """A run; `stop_after` steps the person presses 停止 (0: never)."""
        self.wire.begin(fault, rows, meanwhile)
        asked = iter(range(1, 10**6))
        stop = (lambda: next(asked) >= stop_after) if stop_after else (lambda: False)
        return self.with_fault(fault, lambda: self.engine.run(stop=stop))

    def attach(self, data: bytes) -> tuple[str, Path]:
        """A file in the data folder, as the service leaves it."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.folder / "files" / sha256
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return sha256, path


_CALENDAR = WorkCalendar()
