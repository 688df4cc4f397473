"""The centre in this process: the server's own code over one SQLite file that every history begins anew."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import sqlalchemy as sa

from app.domain import buckets
from app.domain.changes import schemas
from app.domain.clock import to_text
from app.domain.documents import Body
from app.domain.people import Role
from app.paths import resources
from sync.server import accounts, api, faults, jobs, migrate, pull, store, tables
from sync.server.asgi import create_app
from sync.server.failures import WireError
from sync.server.people import Caller
from sync.server.reference import Reference
from sync.server.settings import ServerSettings
from sync.server.store import Transaction

PARK = "XD"
__all__ = ["PARK", "Center", "ServerDied", "WireError"]


class ServerDied(BaseException):
    """The serving process ends here, as if killed: no code of its own runs any more."""


class Center:
    """Push, pull and upload one level below HTTP, and what an administrator does. `reset` begins a history."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self.settings = ServerSettings.of(str(folder), None).ensure()
        self._clock = clock
        self.api = api.Center(self.settings, self._now)
        migrate.upgrade(self.api.database)
        jobs.set_up(self.api.database, PARK, "湘东产业园")
        jobs.publish_dictionaries(
            self.api.database, self.api.reference, resources() / "dictionaries", self._clock()
        )
        self.app = create_app(self.settings)
        self.app.state.center.database.close()
        self.app.state.center = self.api
        self.address = "http://127.0.0.1"
        assert self.settings.sqlite_file is not None
        # Looks only; also what the file is copied over with, as SQLite's own backup does it.
        self.raw = sqlite3.connect(self.settings.sqlite_file, isolation_level=None)
        self._fresh = sqlite3.connect(":memory:", isolation_level=None)
        self._kept: sqlite3.Connection | None = None
        self.schemas = schemas.SCHEMAS
        self._fault: tuple[str, int] | None = None
        self.died = False
        self.between: Callable[[], None] | None = None

    def _now(self) -> datetime:
        return self._clock()

    def close(self) -> None:
        for connection in (self.raw, self._fresh, self._kept):
            if connection is not None:
                connection.close()
        self.api.database.close()

    # ---- lives of the database

    def freeze(self) -> None:
        """What is there now is what every history begins with."""
        self.raw.backup(self._fresh)

    def reset(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._fresh.backup(self.raw)
        self._fault, self.died = None, False
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        for folder in self.settings.files.iterdir():
            shutil.rmtree(folder)
        self.settings.ensure()

    def keep(self) -> None:
        """A backup: a copy of the file. Blobs are never altered, they need none here."""
        if self._kept is None:
            self._kept = sqlite3.connect(":memory:", isolation_level=None)
        self.raw.backup(self._kept)

    def put_back(self) -> bool:
        """The copy in place of the present, with a new epoch, as `restore` and `init --new-epoch` do it."""
        if self._kept is None:
            return False
        self._kept.backup(self.raw)
        jobs.renew_epoch(self.api.database)
        self.restart()
        return True

    def restart(self) -> None:
        """What a process keeps in memory is gone."""
        self.api.reference = Reference()

    @property
    def epoch(self) -> str:
        (value,) = self.raw.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
        return str(value)

    # ---- the power switch

    def arm(self, point: str, count: int) -> None:
        self._fault, self.died = (point, count), False

    def disarm(self) -> None:
        self._fault = None

    def _pass(self, name: str) -> None:
        if self._fault is None or self._fault[0] != name:
            return
        left = self._fault[1] - 1
        self._fault = (name, left) if left else None
        if not left:
            self.died = True
            raise ServerDied(name)

    @contextmanager
    def _alive(self) -> Any:
        """The server's code runs inside: its fault points are ours, its program knows its own schemas."""
        point, known = faults.point, schemas.SCHEMAS
        faults.point, schemas.SCHEMAS = self._pass, self.schemas
        try:
            yield
        except ServerDied:
            self.restart()
            raise
        finally:
            faults.point, schemas.SCHEMAS = point, known

    # ---- requests

    def caller(self, token: str) -> Caller:
        return accounts.caller_of(self.api.database, f"Bearer {token}", self._clock())

    def push(self, token: str, body: bytes) -> bytes:
        with self._alive():
            return api._push(self.api, self.caller(token), body, False).body

    def pull(self, token: str, body: bytes) -> bytes:
        fill = pull._fill

        def fill_slowly(*arguments: Any) -> None:
            fill(*arguments)
            between, self.between = self.between, None
            if between is not None:
                between()

        pull._fill = fill_slowly
        try:
            with self._alive():
                return api._pull(self.api, self.caller(token), body, False).body
        finally:
            pull._fill, self.between = fill, None

    def http(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        """One request into the application itself (uploads and downloads): status, headers, body."""
        body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
        parts = urlsplit(request.url or "")
        headers = [(name.lower().encode(), str(value).encode()) for name, value in request.headers.items()]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": request.method,
            "scheme": "http", "path": parts.path, "raw_path": parts.path.encode(), "root_path": "",
            "query_string": parts.query.encode(), "headers": headers, "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }  # fmt: skip
        with self._alive():
            return asyncio.run(_ask(self.app, scope, body))

    # ---- what the centre does by itself

    def run(self, *steps: tuple[str, str, tuple[str, str], Body, str]) -> None:
        """Changes of the centre's own hand, in one transaction: (name, bucket, doc, args, mid)."""

        def work(transaction: Transaction) -> None:
            for name, bucket, doc, args, mid in steps:
                jobs.run_change(transaction, self.api.reference, name, bucket, doc, args, mid)

        with self._alive():
            store.write(self.api.database, work, self._clock(), {step[1] for step in steps})

    def write(self, *rows: tuple[str, str, str, Body | None]) -> None:
        """Documents of the centre's own choosing, as a job of a later version may write them: (bucket, kind, id, body)."""

        def work(transaction: Transaction) -> None:
            for bucket, kind, id, body in rows:
                transaction.write(bucket, kind, id, body)

        with self._alive():
            store.write(self.api.database, work, self._clock(), {row[0] for row in rows})

    def add_person(self, person: str, name: str, roles: tuple[Role, ...], device: str, token: str) -> None:
        """An account with a device that is signed in. The password is never asked for here, so it has no hash."""
        moment = to_text(self._clock())
        with self.api.database.writing() as connection:
            connection.execute(
                sa.insert(tables.account).values(
                    person=person,
                    account=person,
                    name=name,
                    roles=" ".join(role.value for role in roles),
                    department=None,
                    password="-",
                    active=True,
                    failures=0,
                    locked_until=None,
                    created_at=moment,
                )
            )
            connection.execute(
                sa.insert(tables.device).values(
                    person=person, id=device, name=device, want="[]", created_at=moment, seen_at=moment
                )
            )
            connection.execute(
                sa.insert(tables.token).values(
                    digest=accounts._digest(token), person=person, device=device, created_at=moment
                )
            )

    def forget_deletions(self, bucket: str) -> None:
        """The floor up to the head: an older cursor begins anew. (An administrator's statement; no command has it.)"""
        self.raw.execute("BEGIN IMMEDIATE")
        self.raw.execute("UPDATE bucket SET floor = head WHERE id = ?", (bucket,))
        self.raw.execute("DELETE FROM document WHERE bucket = ? AND deleted", (bucket,))
        self.raw.execute("COMMIT")

    def enterprise(self, id: str, mid: str, **fields: Any) -> None:
        bucket = buckets.of_enterprise(id)
        body = {"id": id, "credit_code": "91360300MA35XXXX0X", "name": f"萍乡{id}制造有限公司", **fields}
        pairs = {name: [None, value] for name, value in body.items()}
        self.run(("put", bucket, ("enterprise", id), {"fields": pairs}, mid))


async def _ask(app: Any, scope: dict[str, Any], body: bytes) -> tuple[int, dict[str, str], bytes]:
    said: list[dict[str, Any]] = []
    asked = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        return next(asked, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        said.append(message)

    await app(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in said[0]["headers"]}
    return said[0]["status"], headers, b"".join(message.get("body", b"") for message in said[1:])
