"""Starting the centre: migrate when behind, bind, serve, say so in one line, end cleanly."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from types import FrameType

import uvicorn
from uvicorn.supervisors import Multiprocess

from app.errors import KnownError
from sync.server import blob_place, migrate
from sync.server.asgi import AppFactory
from sync.server.blobs import Blobs
from sync.server.database import Database
from sync.server.reference import facts
from sync.server.settings import ServerSettings

logger = logging.getLogger("zhuqitong.server")


def prepare(settings: ServerSettings) -> ServerSettings:
    """Bring the tables up to date, see that the centre is set up and where its attachments lie. Raises KnownError."""
    database = Database(settings)
    try:
        settings.check_initialised()
        migrate.upgrade(database)
        with database.reading() as connection:
            facts(connection)
        return blob_place.settled(database, settings)
    finally:
        database.close()


def serve(settings: ServerSettings, host: str, port: int, workers: int, *, while_stdin: bool = False) -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit code. Raises KnownError where it cannot begin.

    `while_stdin`: the end of standard input ends it too, so that it never outlives the program that started it.
    """
    if while_stdin:
        threading.Thread(target=_end_with_stdin, name="stdin", daemon=True).start()
    settings = prepare(settings)
    _look_at_blobs(settings)
    bound = _bind(host, port)
    config = uvicorn.Config(
        AppFactory(settings.ensure()),
        factory=True,
        workers=workers,
        access_log=False,
        log_config=LOG_CONFIG,
        server_header=False,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=30,
        # On a busy machine a worker takes longer than the 5 s of uvicorn to load; it would be killed and begun again for ever.
        timeout_worker_healthcheck=60,
        lifespan="on",
    )
    # uvicorn raises the signal once more after its own clean end; for us that end is a success.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _already_ended)
    address = _address(host, bound)
    if workers > 1:
        bound.listen(2048)
        _say(address)
        Multiprocess(config, [bound]).run()
        return 0
    server = _Server(config, address)
    server.run([bound])
    return 0 if server.started else 1


def _look_at_blobs(settings: ServerSettings) -> None:
    """Settings that cannot be keep it from starting (KnownError); a store that is down for now does not: only
    attachments have to wait for it."""
    log_to_stderr()
    blobs = Blobs.of(settings)
    try:
        blobs.check()
    except KnownError as known:
        logger.warning("%s: %s", known.code, known.text)


class _Server(uvicorn.Server):
    """Says its line when it accepts connections, not before."""

    def __init__(self, config: uvicorn.Config, address: str) -> None:
        super().__init__(config)
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            _say(self._address)


def _end_with_stdin() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _say(address: str) -> None:
    print(f"驻企通中心已启动 {address}", flush=True)


def _already_ended(_number: int, _frame: FrameType | None) -> None:
    """Nothing left to do."""


def _bind(host: str, port: int) -> socket.socket:
    bound: socket.socket | None = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        # With the protocol named: else asyncio does not see TCP and leaves Nagle on, 40 ms to every small answer.
        bound = socket.socket(family, kind, protocol)
        if sys.platform != "win32":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except (OSError, OverflowError) as error:
        if bound is not None:
            bound.close()
        raise KnownError(
            "bind",
            f"不能在 {host} 的 {port} 端口上启动：地址不对，或端口被别的程序占用。请用 --host、--port 换一个。",
        ) from error
    bound.set_inheritable(True)
    return bound


def _address(host: str, bound: socket.socket) -> str:
    port = bound.getsockname()[1]
    shown = "127.0.0.1" if host in ("0.0.0.0", "", "::") else host
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


LOG_CONFIG = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "%(message)s"},
        "full": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
    },
    "handlers": {
        "plain": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stderr"},
        "full": {"class": "logging.StreamHandler", "formatter": "full", "stream": "ext://sys.stderr"},
    },
    "loggers": {
        "zhuqitong.requests": {"handlers": ["plain"], "level": "INFO", "propagate": False},
        "zhuqitong": {"handlers": ["full"], "level": "INFO", "propagate": False},
        "uvicorn": {"handlers": ["full"], "level": "WARNING", "propagate": False},
        "alembic": {"handlers": ["full"], "level": "WARNING", "propagate": False},
    },
}
"""Requests one line each, everything else with time and level; all on stderr. Workers set it up for themselves."""


def log_to_stderr() -> None:
    import logging.config

    logging.config.dictConfig(LOG_CONFIG)
