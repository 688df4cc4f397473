"""Who is asking."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.people import Actor, Role, sees_whole_park


@dataclass(frozen=True, slots=True)
class Caller:
    """The person and device behind a request's token."""

    person: str
    account: str
    name: str
    roles: frozenset[Role]
    department: str | None
    device: str

    @property
    def whole_park(self) -> bool:
        return sees_whole_park(self.roles)

    def actor(self) -> Actor:
        return Actor(self.person, self.name, self.roles, self.department)


CENTER = Caller("center", "center", "中心", frozenset({Role.ADMIN}), None, "center")
"""The server's own hand: import, publishing, accounts."""
