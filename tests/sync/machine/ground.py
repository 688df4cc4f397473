"""What every history begins from: people, enterprises, a centre and stores that are set up once and copied."""

from __future__ import annotations

import json
import os
import tempfile
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from app.domain import buckets
from app.domain.changes import schemas
from app.domain.escrow import DRAFT
from app.domain.people import Actor, Role
from sync.client.session import set_want
from tests.sync.machine.center import Center
from tests.sync.machine.laptops import Laptop

BEGIN = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
WANG = Actor("p-wang", "王联络", frozenset({Role.OFFICER}))
ZHAO = Actor("p-zhao", "赵联络", frozenset({Role.OFFICER}))
LI = Actor("p-li", "李协调", frozenset({Role.COORDINATOR}))
PEOPLE = (WANG, ZHAO, LI)
SKEWS = (timedelta(days=-3), timedelta(0), timedelta(days=2))
"""How wrong the laptops' clocks are: nothing may hang on them."""
ENTERPRISES = ("e1", "e2")
E = tuple(buckets.of_enterprise(id) for id in ENTERPRISES)
ASSIGNED = ((0, 0), (0, 1), (1, 1))
"""(laptop, enterprise) at the beginning: the second enterprise has two officers."""
FIELDS = ("address", "business_scope", "employees")
T = TypeVar("T")


class OldProgram:
    """A schema of before: a field was set by `field.set {field, from, to}`, today it is a patch."""

    SCHEMAS = (
        schemas.Schema(1, date(2026, 11, 1)),
        schemas.Schema(
            2,
            date(2026, 11, 20),
            {"field.set": lambda args: ("patch", {"fields": {args["field"]: [args["from"], args["to"]]}})},
        ),
    )
    NEXT = (*SCHEMAS, schemas.Schema(3, date(2026, 11, 21)))


class Ground:
    """What all histories of a process share: the migrated database, and stores that have synced once."""

    def __init__(self) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="machine-", dir=_fast_folder())
        self.folder = Path(self._home.name)
        self.now = BEGIN
        self.center = Center(self.folder / "center", lambda: self.now)
        self.known_schemas = schemas.SCHEMAS
        schemas.SCHEMAS = self.center.schemas = OldProgram.SCHEMAS
        self._fill()
        self.center.freeze()
        self.templates = [self._first_sync(number) for number in range(len(PEOPLE))]
        self.center.freeze()
        schemas.SCHEMAS = self.known_schemas

    def _fill(self) -> None:
        for number, actor in enumerate(PEOPLE):
            self.center.add_person(
                actor.person, actor.name, tuple(actor.roles), f"device-{number:04d}", f"token-{number}"
            )
        for number, id in enumerate(ENTERPRISES):
            secret = {"later_field": {"mark": mark_of(E[number])}, "address": f"{id}旧址", "employees": 10}
            self.center.enterprise(id, _id(900 + number), **secret)
        for number, (laptop, enterprise) in enumerate(ASSIGNED):
            self.center.run(grant(PEOPLE[laptop], enterprise, _id(910 + number)))

    def _first_sync(self, number: int) -> Path:
        folder = self.folder / f"template-{number}"
        folder.mkdir()
        laptop = Laptop(number, PEOPLE[number], folder, self.center, lambda: self.now, SKEWS[number])
        laptop.open()
        laptop.store.set_kv("session", {"epoch": self.center.epoch})
        if number == 2:
            set_want(laptop.store, E[:1])
        report = laptop.engine.run()
        assert report.error is None, report.error
        laptop.store.checkpoint()
        laptop.close()
        return laptop.path

    def close(self) -> None:
        self.center.close()
        self._home.cleanup()


_ground: Ground | None = None


def ground() -> Ground:
    """Made once a process; `let_go` takes it away."""
    global _ground
    if _ground is None:
        _ground = Ground()
    return _ground


def let_go() -> None:
    global _ground
    if _ground is not None:
        _ground.close()
        _ground = None


def _fast_folder() -> str | None:
    """Memory, where there is some: SQLite waits for the disk at every commit."""
    memory = Path("/dev/shm")
    return str(memory) if os.access(memory, os.W_OK) else None


def _id(number: int) -> str:
    return str(uuid.UUID(int=(0x019B << 112) | (7 << 76) | (2 << 62) | number))


def mark_of(bucket: str) -> str:
    """Text that stands in the enterprise's own document and nowhere else."""
    return f"密«{bucket}»"


def _is_draft(text: str) -> bool:
    return bool(json.loads(text)["name"] == DRAFT)


def grant(actor: Actor, enterprise: int, mid: str) -> tuple[str, str, tuple[str, str], dict[str, Any], str]:
    args = {"person": actor.person, "person_name": actor.name, "role": "officer"}
    return "assignment.grant", E[enterprise], ("assignment", f"as-{mid}"), args, mid


def pick(items: Sequence[T], number: int) -> T | None:
    return items[number % len(items)] if items else None
