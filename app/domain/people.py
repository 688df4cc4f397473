"""People, their roles, and who looks after which enterprise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from app.domain.documents import DocumentModel


class Role(StrEnum):
    """Who somebody is in the work (domain.md §7.1). `admin` is the server's own hand: import, publishing, accounts."""

    OFFICER = "officer"
    COORDINATOR = "coordinator"
    HANDLER = "handler"
    REVISITOR = "revisitor"
    LEADER = "leader"
    ADMIN = "admin"


ROLE_NAMES = {
    Role.OFFICER: "驻企联络员",
    Role.COORDINATOR: "协调员",
    Role.HANDLER: "承办部门",
    Role.REVISITOR: "回访员",
    Role.LEADER: "领导",
    Role.ADMIN: "管理员",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change."""

    person: str
    name: str
    roles: frozenset[Role]
    department: str | None = None


class Person(DocumentModel):
    """A row of the directory of people (`ref:` bucket). No phone, no password: those stay on the server."""

    kind: ClassVar[str] = "person"
    id: str
    account: str
    name: str
    roles: list[Role]
    department: str | None = None
    active: bool = True

    def actor(self) -> Actor:
        return Actor(self.id, self.name, frozenset(self.roles), self.department)


class Assignment(DocumentModel):
    """包联关系: a person looks after an enterprise (`e:` bucket, with a copy in the person's `u:` bucket).

    Dates are Beijing calendar days, `until` is the last day, absent while it lasts. `ending`: the last day is named but
    has not passed; the enterprise stays with him until the centre has turned that day (`assignment.lapse`).
    """

    kind: ClassVar[str] = "assignment"
    id: str
    enterprise: str
    enterprise_name: str
    person: str
    person_name: str
    role: Role = Role.OFFICER
    since: str
    until: str | None = None
    ending: bool | None = None
    team: str | None = None
    """The team he looks after it with (`app.domain.team`)."""
    duty: str | None = None
    """His place in it, a key of `team.DUTY_NAMES`."""

    @property
    def stands(self) -> bool:
        """Whether the enterprise is his: membership of its bucket follows from this."""
        return self.until is None or bool(self.ending)


def sees_whole_park(roles: frozenset[Role]) -> bool:
    """Coordinators, revisitors and leaders hold `dir:` and open single enterprises on demand."""
    return bool(roles & {Role.COORDINATOR, Role.REVISITOR, Role.LEADER})
