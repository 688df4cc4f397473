"""What can be asked of the centre, over HTTP. Each answer is made by a function of its own room; nothing is decided here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Request, Response

from app.domain.clock import Clock
from sync.protocol.messages import (
    MAX_CHANGES,
    MAX_PUSH_BYTES,
    WAIT_SECONDS,
    Health,
    Pull,
    Pulled,
    Push,
    Pushed,
    SignedIn,
    SignIn,
)
from sync.server import accounts, wire
from sync.server.blobs import Blobs
from sync.server.database import Database
from sync.server.failures import error
from sync.server.people import Caller
from sync.server.pull import current_token, pull
from sync.server.push import push
from sync.server.reference import Reference, facts
from sync.server.settings import ServerSettings

T = TypeVar("T")
WAIT_LOOK_SECONDS = 1.0
"""How often a waiting request looks at the heads."""
MAX_SIGN_IN_BYTES = 10_000
MAX_PULL_BYTES = 2_000_000


class Center:
    """What the requests of one process share: the database, limits on its threads, and the sign of an end."""

    def __init__(self, settings: ServerSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.database = Database(settings)
        self.blobs = Blobs.of(settings)
        self.reference = Reference()
        # SQLite has one writer: who waits for it should not hold a thread that a reader could use.
        self.writers = CapacityLimiter(2 if settings.is_sqlite else 8)
        self.readers = CapacityLimiter(8)
        self.sign_ins = CapacityLimiter(2)
        self.stopping = False

    async def caller(self, request: Request) -> Caller:
        """Who is asking: before anything of the body is read. Also kept for the log line."""
        header = request.headers.get("authorization")
        caller = await self.read(accounts.caller_of, self.database, header, self.clock())
        request.state.account = caller.account
        return caller

    async def read(self, work: Callable[..., T], *arguments: Any) -> T:
        return await to_thread.run_sync(partial(work, *arguments), limiter=self.readers)

    async def write(self, work: Callable[..., T], *arguments: Any) -> T:
        return await to_thread.run_sync(partial(work, *arguments), limiter=self.writers)


def center_of(request: Request) -> Center:
    center = request.app.state.center
    assert isinstance(center, Center)
    return center


router = APIRouter()


def _body_of(model: type) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": reference}}}}


@router.get("/healthz")
async def healthz(request: Request) -> Health:
    """Whether the centre can answer: it looks into its database."""
    center = center_of(request)
    known = await center.read(_facts, center.database)
    return Health(park=known.park, park_name=known.park_name, epoch=known.epoch)


def _facts(database: Database) -> Any:
    with database.reading() as connection:
        return facts(connection)


@router.post("/auth/token", responses={200: {"model": SignedIn}}, openapi_extra=_body_of(SignIn))
async def sign_in(request: Request) -> Response:
    """Account and password for a bearer token that belongs to this person on this device."""
    center = center_of(request)
    message = wire.validate(SignIn, wire.parse_json(await wire.read_body(request, MAX_SIGN_IN_BYTES)))
    request.state.account = message.account
    work = partial(accounts.sign_in, center.database, message, center.clock())
    signed_in = await to_thread.run_sync(work, limiter=center.sign_ins)
    return wire.json_response(signed_in.model_dump_json(), False)


@router.post("/sync/push", responses={200: {"model": Pushed}}, openapi_extra=_body_of(Push))
async def sync_push(request: Request) -> Response:
    """Changes in the order they were made, one verdict for each."""
    center = center_of(request)
    caller = await center.caller(request)
    body = await wire.read_body(request)
    packed = wire.wants_gzip(request)
    return await center.write(_push, center, caller, body, packed)


def _push(center: Center, caller: Caller, body: bytes, packed: bool) -> Response:
    text = pushed(center.database, center.reference, caller, body, center.clock())
    return wire.json_response(text, packed)


def pushed(database: Database, reference: Reference, caller: Caller, body: bytes, now: datetime) -> str:
    """The answer to a push, however its bytes came here (over HTTP, in a package of the USB exchange)."""
    message = wire.parse_json(body)
    wire.check_proto(message)
    changes = message.get("changes")
    if not isinstance(changes, list):
        raise error(422, "malformed", "请求内容不完整或格式不对（changes）。", field="changes")
    # One change alone may be larger than a batch should be: there is nothing to halve.
    if len(changes) > MAX_CHANGES or (len(body) > MAX_PUSH_BYTES and len(changes) > 1):
        raise wire.too_large()
    wire.validate(Push, {**message, "changes": []})
    _same_device(caller, message.get("device"))
    return push(database, reference, caller, message, now)


@router.post("/sync/pull", responses={200: {"model": Pulled}}, openapi_extra=_body_of(Pull))
async def sync_pull(request: Request) -> Response:
    """What has moved in the buckets one holds."""
    center = center_of(request)
    caller = await center.caller(request)
    body = await wire.read_body(request, MAX_PULL_BYTES)
    return await center.read(_pull, center, caller, body, wire.wants_gzip(request))


def _pull(center: Center, caller: Caller, body: bytes, packed: bool) -> Response:
    return wire.json_response(pulled(center.database, caller, body, center.clock()), packed)


def pulled(database: Database, caller: Caller, body: bytes, now: datetime) -> str:
    """The answer to a pull, however its bytes came here."""
    message = wire.validate(Pull, wire.parse_json(body))
    _same_device(caller, message.device)
    return pull(database, caller, message, now)


def _same_device(caller: Caller, device: Any) -> None:
    if device != caller.device:
        raise error(401, "other_device", "登录信息属于另一台设备，请在本机重新登录。")


@router.get("/sync/wait", responses={200: {"model": Pulled}})
async def sync_wait(
    request: Request,
    token: str = "",
    seconds: Annotated[int, Query(ge=0, le=WAIT_SECONDS)] = WAIT_SECONDS,
) -> Response:
    """Answers `need: cursors` as soon as the heads differ from `token`, `same` after 25 seconds, or the fewer asked for.

    Nothing is kept between two looks: any worker can answer, and a waiting request holds no thread.
    """
    center = center_of(request)
    caller = await center.caller(request)
    end = time.monotonic() + seconds
    while True:
        if await center.read(current_token, center.database, caller) != token:
            return wire.json_response('{"need":"cursors"}', False)
        if time.monotonic() >= end or center.stopping or await request.is_disconnected():
            return wire.json_response(
                Pulled(same=True, token=token).model_dump_json(exclude_defaults=True), False
            )
        await asyncio.sleep(max(0.0, min(WAIT_LOOK_SECONDS, end - time.monotonic())))
