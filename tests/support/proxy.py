"""A bad network on one port: passes TCP on to a server, and cuts, or answers in its place."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_PAGE = b"<html><body>Please sign in</body></html>"
PORTAL = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s" % (
    len(_PAGE),
    _PAGE,
)
BAD_GATEWAY = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>"
)


class Proxy:
    """`with Proxy(server.url) as proxy:` and let the client speak to `proxy.url`.

    `cut_answer_after`: bytes of the next answers that get through before the connection is broken (each connection
    counts by itself). `cut_question_after`: the same for what the client sends. `answer`: said at once to whoever
    connects, instead of asking the server. `passed`: bytes of answers passed on so far. `at_most`: bytes that are
    passed on at a time, however many come. All may be set at any time.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port
        self._upstream = (parts.hostname, parts.port)
        self.cut_answer_after: int | None = None
        self.cut_question_after: int | None = None
        self.answer: bytes | None = None
        self.passed = 0
        self.at_most = 65536
        self._cut: list[int | None] = [None, None]
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._closing = False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        # Closing does not wake a thread in accept; a last caller does.
        with contextlib.suppress(OSError):
            socket.create_connection(self._listener.getsockname()).close()
        self._listener.close()
        with self._lock:
            for one in self._open:
                _break(one)
        for thread in list(self._threads):
            thread.join()

    def cut_once(self, after: int, *, answers: bool) -> None:
        """Break the connection that carries the byte numbered `after` (from 0, of all connections together from now
        on) just before it, in the direction told. Whatever comes then gets through again."""
        with self._lock:
            self._cut = [None, None]
            self._cut[answers] = after

    @property
    def cut_is_due(self) -> bool:
        """Whether what `cut_once` asked for has not happened yet."""
        with self._lock:
            return self._cut != [None, None]

    def _before_cut(self, data: bytes, answers: bool) -> tuple[bytes, bool]:
        """What of the data still gets through, and whether the connection is to be broken then."""
        with self._lock:
            left = self._cut[answers]
            if left is None:
                return data, False
            if left >= len(data):
                self._cut[answers] = left - len(data)
                return data, False
            self._cut[answers] = None
            return data[:left], True

    def _spawn(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments)  # type: ignore[arg-type]
        with self._lock:
            self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing:
            try:
                client, _ = self._listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError:
                return
            if self._closing:
                client.close()
                return
            self._spawn(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with self._lock:
            self._open.append(client)
        if self.answer is not None:
            with contextlib.suppress(OSError):
                client.recv(65536)
                client.sendall(self.answer)
                client.shutdown(socket.SHUT_WR)
                while client.recv(65536):
                    pass
            _break(client)
            return
        try:
            server = socket.create_connection(self._upstream)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            _break(client)
            return
        with self._lock:
            self._open.append(server)
        self._spawn(self._pump, client, server, self.cut_question_after, False)
        self._pump(server, client, self.cut_answer_after, True)

    def _pump(self, source: socket.socket, target: socket.socket, left: int | None, answers: bool) -> None:
        """Pass on until the source ends or `left` bytes are through, then break both."""
        with contextlib.suppress(OSError):
            while data := source.recv(self.at_most):
                part, cut = self._before_cut(data if left is None else data[:left], answers)
                target.sendall(part)
                if answers:
                    self.passed += len(part)
                if cut:
                    break
                if left is not None:
                    left -= len(part)
                    if left <= 0:
                        break
        _break(source)
        _break(target)


def _break(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
