"""The application: routers, the log line of each request, and what an error looks like from outside."""

from __future__ import annotations

import gc
import logging
import secrets
import signal
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.changes.base import entered
from app.domain.clock import system_clock
from app.errors import KnownError
from sync.protocol.messages import ErrorBody
from sync.server import api, downloads, files, housekeeping, wire
from sync.server.database import known_at_center
from sync.server.description import describe
from sync.server.failures import WireError, error
from sync.server.settings import ServerSettings

logger = logging.getLogger("zhuqitong.server")
requests_log = logging.getLogger("zhuqitong.requests")
YOUNG_OBJECTS = 50_000
"""So many new objects before memory is looked through: a push of five hundred changes makes some thirty thousand."""
ROUTERS = (api.router, files.router, downloads.router)


@dataclass(frozen=True, slots=True)
class AppFactory:
    """Makes the application in each worker process. Picklable."""

    settings: ServerSettings

    def __call__(self) -> FastAPI:
        app = create_app(self.settings)
        entered()
        # What the program is made of stays: looking through it again and again was a quarter of a large push.
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG_OBJECTS)
        return app


def create_app(settings: ServerSettings) -> FastAPI:
    """The whole centre as an ASGI application. The tables must be of this program's shape (`migrate.upgrade`)."""
    center = api.Center(settings, system_clock)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with _end_waiting(center):
            async with housekeeping.running(center):
                yield
        center.database.close()

    app = FastAPI(
        title="驻企通中心",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        # An address with a slash too many is answered 404 like any other, not sent elsewhere.
        redirect_slashes=False,
    )
    app.state.center = center
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(_RequestLog)
    _errors(app)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    return app


def routes(app: FastAPI) -> list[Route]:
    """Everything that can be asked here, one entry per address and method."""
    every = [*app.routes, *(route for router in ROUTERS for route in router.routes)]
    return [route for route in every if isinstance(route, Route)]


class _end_waiting:
    """On a signal to end, long polls are answered at once instead of holding the process up."""

    def __init__(self, center: api.Center) -> None:
        self._center = center
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._before[number] = signal.signal(number, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._center.stopping = True
        before = self._before.get(number)
        if callable(before):
            before(number, frame)

    def __exit__(self, *_exception: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)


def _errors(app: FastAPI) -> None:
    @app.exception_handler(WireError)
    async def known(request: Request, failure: WireError) -> Response:
        return _answer(request.scope, failure)

    @app.exception_handler(KnownError)
    async def not_now(request: Request, failure: KnownError) -> Response:
        # Something the administrator can mend (disk full, database gone): the laptops come again later.
        logger.error("%s: %s", failure.code, failure.text)
        later = WireError(503, ErrorBody(code=failure.code, text=failure.text), retry_after=30)
        return _answer(request.scope, later)

    @app.exception_handler(OSError)
    async def disk(request: Request, failure: OSError) -> Response:
        known = known_at_center(failure)
        if known is None:
            raise failure
        return await not_now(request, known)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, failure: RequestValidationError) -> Response:
        where = ".".join(str(part) for part in failure.errors()[0]["loc"])
        wrong = error(422, "malformed", f"请求内容不完整或格式不对（{where}）。", field=where)
        return _answer(request.scope, wrong)

    @app.exception_handler(HTTPException)
    async def plain(request: Request, failure: HTTPException) -> Response:
        code, text = {
            404: ("not_found", "中心没有这个地址，请检查服务器地址和程序版本。"),
            405: ("method", "这个地址不支持这种请求。"),
        }.get(failure.status_code, ("http", "请求没有被接受。"))
        response = _answer(request.scope, error(failure.status_code, code, text))
        if failure.status_code == 405:
            response.headers["Allow"] = ", ".join(_methods(app, request.scope))
        return response


def _answer(scope: Scope, failure: WireError) -> Response:
    """The one shape. Where tus is spoken every answer names its version, whatever went wrong."""
    response = wire.failure_response(failure)
    if (scope["path"] + "/").startswith("/files/") and scope["method"] != "GET":
        response.headers["Tus-Resumable"] = files.TUS
    return response


def _methods(app: FastAPI, scope: Scope) -> list[str]:
    """All that can be done at an address: each of its methods is a route of its own."""
    methods: set[str] = set()
    for route in routes(app):
        if route.matches({**scope, "method": ""})[0] is not Match.NONE:
            methods |= route.methods or set()
    return sorted(methods)


def _unexpected(scope: Scope) -> Response:
    incident = secrets.token_hex(4)
    logger.exception("incident %s at %s %s", incident, scope["method"], scope["path"])
    text = f"中心处理请求时出错（事故号 {incident}），请稍后再试；一直不成功请把事故号告诉管理员。"
    return _answer(scope, error(500, "incident", text, incident=incident))


class _RequestLog:
    """One line a request: who, what, answer, bytes, time. The last net as well: a bug becomes a 500 of our shape."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        seen = {"status": 0, "bytes": 0}

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
            elif message["type"] == "http.response.body":
                seen["bytes"] += len(message.get("body", b""))
            await send(message)

        scope.setdefault("state", {})
        try:
            await self.app(scope, receive, watch)
        except Exception:
            if seen["status"]:
                logger.exception("the answer to %s %s broke off", scope["method"], scope["path"])
                raise
            await _unexpected(scope)(scope, receive, watch)
        finally:
            client = scope.get("client") or ("-", 0)
            account = _printable(str(scope["state"].get("account", "-")))
            requests_log.info(
                "%s %s %s %s %s %d %dB %.0fms",
                time.strftime("%Y-%m-%d %H:%M:%S"),
                client[0],
                account,
                scope["method"],
                _printable(scope["path"]),
                seen["status"],
                seen["bytes"],
                (time.perf_counter() - begun) * 1000,
            )


def _printable(text: str) -> str:
    """A line stays a line, whatever somebody puts into a path or an account name."""
    return "".join(character if character.isprintable() else "?" for character in text)[:200] or "-"
