"""A middleman between laptop and centre who understands HTTP: passes on, repeats, or answers what he likes.

Where `support.proxy` breaks connections at a byte, this one hands every request to a function of the test and sends
whatever that gives back, byte for byte.
"""

from __future__ import annotations

import gzip
import http.client
import http.server
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "host", "content-length", "date"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came: `body` unpacked."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it goes out. `length`: what Content-Length says instead of the truth."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    length: int | None = None

    @property
    def json(self) -> Any:
        return json.loads(gzip.decompress(self.body) if self._packed else self.body)

    @property
    def _packed(self) -> bool:
        return self.headers.get("content-encoding") == "gzip"

    def saying(self, value: Any) -> Answer:
        """The same with another JSON value in it."""
        headers = {name: text for name, text in self.headers.items() if name != "content-encoding"}
        return replace(self, headers=headers, body=json.dumps(value).encode())


def page(status: int = 200, **headers: str) -> Answer:
    """What the sign-in page of a guest network, or a proxy in trouble, answers."""
    named = {"content-type": "text/html; charset=utf-8", **headers}
    return Answer(status, named, "<html><body>请先登录网络</body></html>".encode())


class Middleman:
    """`with Middleman(server.url) as middleman:`; let the client speak to `middleman.url`.

    `handle(asked, ask)` gives the answer; `ask()` passes the request on to the centre, as often as it is called.
    `seen` are the requests so far.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._upstream = (parts.hostname or "", parts.port)
        self.handle: Callable[[Asked, Callable[[], Answer]], Answer] = lambda _asked, ask: ask()
        self.seen: list[Asked] = []
        middleman = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _any(self) -> None:
                middleman._answer(self)

            do_GET = do_HEAD = do_POST = do_PATCH = do_DELETE = _any

            def log_message(self, format: str, *args: Any) -> None:
                return

        class Server(http.server.ThreadingHTTPServer):
            # Every thread is waited for in the end; a connection that idles is shut down by then.
            daemon_threads = False

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        raw = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        headers = {name.lower(): text for name, text in request.headers.items()}
        body = gzip.decompress(raw) if headers.get("content-encoding") == "gzip" else raw
        asked = Asked(request.command, request.path, headers, body)
        self.seen.append(asked)
        answer = self.handle(asked, lambda: self._ask(asked, raw))
        request.close_connection = True
        request.send_response_only(answer.status)
        for name, text in answer.headers.items():
            request.send_header(name, text)
        request.send_header("Connection", "close")
        if answer.status != 204 and asked.method != "HEAD":
            length = len(answer.body) if answer.length is None else answer.length
            request.send_header("Content-Length", str(length))
        request.end_headers()
        if asked.method != "HEAD":
            request.wfile.write(answer.body)

    def _ask(self, asked: Asked, raw: bytes) -> Answer:
        connection = http.client.HTTPConnection(*self._upstream, timeout=60)
        try:
            headers = {name: text for name, text in asked.headers.items() if name not in _HOP}
            connection.request(asked.method, asked.path, raw or None, headers)
            answer = connection.getresponse()
            kept = {name.lower(): text for name, text in answer.getheaders()}
            named = {name: text for name, text in kept.items() if name not in _HOP}
            return Answer(answer.status, named, answer.read())
        finally:
            connection.close()
