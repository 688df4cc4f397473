"""不一致: what met when two people altered the same field, and what somebody made of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from app.domain.documents import DocumentModel


class ConflictState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Pick(StrEnum):
    """Whose value a person takes for a field."""

    MINE = "mine"
    THEIRS = "theirs"
    OTHER = "other"


class Met(BaseModel):
    """One field: what it was (`base`), what stood at the centre (`theirs`), what the author wanted (`mine`).

    `theirs_by_name` and `theirs_at` (UTC text) say who set theirs, where the centre knows. A resolved field may open
    again, as long as the conflict is open: somebody resolved it anew without having seen what it had become.
    """

    model_config = ConfigDict(extra="allow")
    base: Any = None
    theirs: Any = None
    mine: Any = None
    theirs_by_name: str | None = None
    theirs_at: str | None = None
    resolved: bool = False


class Picked(BaseModel):
    """One field of one decision: `value` is what was taken, `shown` what stood beside it as the centre's.

    `was` is theirs as the conflict had it until then. `done` is False where something else stood in the field by
    then: the value was not set and is kept here.
    """

    model_config = ConfigDict(extra="allow")
    pick: Pick
    value: Any = None
    shown: Any = None
    was: Any = None
    done: bool


class Decision(BaseModel):
    """One `conflict.resolve`: who, when (`at` by the server's clock, `offline_at` by his own), what."""

    model_config = ConfigDict(extra="allow")
    mid: str
    person: str
    person_name: str
    at: str
    offline_at: str
    device: str
    fields: dict[str, Picked]


class Conflict(DocumentModel):
    """What met in one change (bucket of its target). Never deleted; `trail` holds every decision in order.

    `merged` are the fields of the same change that met nothing and were set.
    """

    kind: ClassVar[str] = "conflict"
    id: str
    target_kind: str
    target_id: str
    fields: dict[str, Met]
    merged: list[str] = []
    mid: str | None = None
    author: str
    author_name: str
    device: str | None = None
    at: str
    offline_at: str | None = None
    state: ConflictState = ConflictState.OPEN
    trail: list[Decision] = []
    closed_at: str | None = None
    closed_by_name: str | None = None

    @property
    def open_fields(self) -> tuple[str, ...]:
        return tuple(name for name, met in self.fields.items() if not met.resolved)
