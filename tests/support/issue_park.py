"""The people, enterprises and first issues of `issue_loop`, and what all its histories begin with."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from app.domain import buckets
from app.domain.changes import Change
from app.domain.clock import to_text
from app.domain.issue import Issue
from app.domain.people import Actor, Role
from sync.client.session import set_want
from sync.protocol.messages import Push, Pushed
from tests.sync.machine.center import Center
from tests.sync.machine.laptops import Laptop

T = TypeVar("T")
BEGIN = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
WANG = Actor("p-wang", "王联络", frozenset({Role.OFFICER}))
CHEN = Actor("p-chen", "陈联络", frozenset({Role.OFFICER}))
ZHAO = Actor("p-zhao", "赵承办", frozenset({Role.HANDLER}), "economy")
QIAN = Actor("p-qian", "钱承办", frozenset({Role.HANDLER, Role.REVISITOR}), "finance")
LI = Actor("p-li", "李协调", frozenset({Role.COORDINATOR}))
SUN = Actor("p-sun", "孙回访", frozenset({Role.REVISITOR}))
ZHOU = Actor("p-zhou", "周领导", frozenset({Role.LEADER, Role.REVISITOR}))
PEOPLE = (WANG, CHEN, ZHAO, QIAN, LI, SUN, ZHOU)
"""钱 and 周 have two roles each, so that whoever did the work could be the one who asks about it."""
SKEWS = tuple(timedelta(hours=hours) for hours in (-7, 5, 0, -30, 2, 0, 26))
"""How wrong the laptops' clocks are."""
WHOLE_PARK = frozenset({Role.COORDINATOR, Role.LEADER, Role.REVISITOR})
ENTERPRISES = ("e1", "e2")
E = tuple(buckets.of_enterprise(id) for id in ENTERPRISES)
OFFICERS = (WANG, CHEN)
FIRST_ISSUES = ("i1", "i2")


def id_of(number: int) -> str:
    return str(uuid.UUID(int=(0x019B << 112) | (7 << 76) | (2 << 62) | number))


def whole_park(actor: Actor) -> bool:
    return bool(actor.roles & WHOLE_PARK)


def pick(items: Sequence[T], number: int) -> T | None:
    return items[number % len(items)] if items else None


def raising(id: str, variant: int) -> dict[str, Any]:
    args: dict[str, Any] = {
        "local_number": f"I-{id}",
        "title": f"诉求{id}",
        "category": "08",
        "subcategory": "0803",
    }
    extra: list[dict[str, Any]] = [
        {},
        {},
        {"solved_on_spot": True, "solution": "当场讲清了政策"},
        {"people": 40},
    ]
    return {**args, **extra[variant % len(extra)]}


class Ground:
    """What all histories of a process share: the centre's file, and stores that have synced once."""

    def __init__(self) -> None:
        memory = Path("/dev/shm")
        self._home = tempfile.TemporaryDirectory(
            prefix="issues-", dir=str(memory) if os.access(memory, os.W_OK) else None
        )
        self.folder = Path(self._home.name)
        self.now = BEGIN
        self.center = Center(self.folder / "center", lambda: self.now)
        for number, actor in enumerate(PEOPLE):
            device, token = f"device-{number:04d}", f"token-{number}"
            self.center.add_person(actor.person, actor.name, tuple(actor.roles), device, token)
            self.center.raw.execute(
                "UPDATE account SET department = ? WHERE person = ?", (actor.department, actor.person)
            )
        for number, id in enumerate(ENTERPRISES):
            self.center.enterprise(id, id_of(900 + number))
            self.center.run(granting(OFFICERS[number], number, id_of(910 + number)))
            raised = Change(
                mid=id_of(920 + number),
                name="issue.raise",
                bucket=E[number],
                doc=(Issue.kind, FIRST_ISSUES[number]),
                args=raising(FIRST_ISSUES[number], 0),
                at=to_text(BEGIN),
            )
            push(self.center, f"token-{number}", f"device-{number:04d}", raised)
        self.center.freeze()
        self.templates = [self._first_sync(number) for number in range(len(PEOPLE))]
        self.center.freeze()

    def _first_sync(self, number: int) -> Path:
        folder = self.folder / f"template-{number}"
        folder.mkdir()
        laptop = Laptop(number, PEOPLE[number], folder, self.center, lambda: self.now, SKEWS[number])
        laptop.open()
        laptop.store.set_kv("session", {"epoch": self.center.epoch})
        if whole_park(laptop.actor):
            set_want(laptop.store, E)
        report = laptop.engine.run()
        assert report.error is None, report.error
        laptop.store.checkpoint()
        laptop.close()
        return laptop.path

    def close(self) -> None:
        self.center.close()
        self._home.cleanup()


def granting(
    actor: Actor, enterprise: int, mid: str
) -> tuple[str, str, tuple[str, str], dict[str, Any], str]:
    args = {"person": actor.person, "person_name": actor.name, "role": "officer"}
    return "assignment.grant", E[enterprise], ("assignment", f"as-{mid}"), args, mid


def push(center: Center, token: str, device: str, *changes: Change) -> Pushed:
    """Past every check a laptop makes."""
    message = Push(device=device, epoch=center.epoch, changes=list(changes))
    body = message.model_dump_json(by_alias=True, exclude_none=True).encode()
    return Pushed.model_validate_json(center.push(token, body))
