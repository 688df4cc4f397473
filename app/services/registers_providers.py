"""服务机构: a directory that never recommends one: in a neutral order that does not change, no stars, no counts."""

from __future__ import annotations

from dataclasses import dataclass

from app.services.desk import Desk
from app.services.pinyin import initials


@dataclass(frozen=True, slots=True)
class Provider:
    """One entry, as the park published it."""

    id: str
    name: str
    kind: str
    scope: str
    phone: str

    def holds(self, text: str) -> bool:
        """Whether all the words typed stand somewhere in it; initials of the name count."""
        there = f"{self.name} {self.kind} {self.scope} {self.phone} {initials(self.name)}".lower()
        return all(word in there for word in text.lower().split())


def providers(desk: Desk) -> list[Provider]:
    """By kind and name alone, whatever order they were published in and whatever else stands in an entry."""
    found = [
        Provider(
            id=str(item.get("id", "")),
            name=str(item.get("name", "")),
            kind=str(item.get("kind", "其他")),
            scope=str(item.get("scope", "")),
            phone=str(item.get("phone", "")),
        )
        for item in desk.dictionary("providers")
        if item.get("name")
    ]
    return sorted(found, key=lambda one: (initials(one.kind), one.kind, initials(one.name), one.name, one.id))
