"""不一致: fields two people altered. Both sides side by side, and choosing between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.changes.fields import EDITABLE
from app.domain.clock import from_text
from app.domain.conflict import Conflict, ConflictState, Met, Pick
from app.domain.documents import Document, same_value
from app.errors import KnownError
from app.services.desk import Desk


@dataclass(frozen=True, slots=True)
class MetField:
    """One open field. `theirs` is what stands there now; who set it and when is empty where it is not known.

    `unset` is what somebody picked before and what could not be set, as the field had moved by then. `needed`: the
    field must not be empty.
    """

    name: str
    base: Any
    mine: Any
    theirs: Any
    theirs_by: str
    theirs_at: datetime | None
    unset: Any
    needed: bool


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """One conflict with its open fields. `own`: the person at the desk made the change; `may`: he may choose.

    `merged` counts the fields of the same change that met nothing, `settled` those chosen already.
    """

    id: str
    target_kind: str
    target_id: str
    author_name: str
    own: bool
    may: bool
    made: datetime
    fields: tuple[MetField, ...]
    merged: int
    settled: int


@dataclass(frozen=True, slots=True)
class Choice:
    """What shall be in a field: `value` counts for `other` alone, `shown` is the centre's that was looked at."""

    pick: Pick
    shown: Any
    value: Any = None


def listing(desk: Desk) -> list[OpenConflict]:
    """Every open conflict on this laptop, the oldest first."""
    found = [Conflict.of(document) for document in desk.store.of_kind(Conflict.kind)]
    lines = [_line(desk, conflict) for conflict in found if conflict.state is ConflictState.OPEN]
    return sorted(lines, key=lambda line: (line.made, line.id))


def resolve(desk: Desk, id: str, choices: Mapping[str, Choice]) -> None:
    """Set what was chosen, here at once and at the centre with the next sync. Fields not named stay open."""
    document = desk.store.get(Conflict.kind, id)
    if document is None:
        raise KnownError("not_held", "这处不一致已不在本机，可能企业已移交给别人。请同步后再看。")
    args: dict[str, Any] = {}
    for name, choice in choices.items():
        args[name] = {"pick": choice.pick.value, "shown": choice.shown}
        if choice.pick is Pick.OTHER:
            args[name]["value"] = choice.value
    desk.make(desk.change("conflict.resolve", document.bucket, Conflict.kind, id, {"choices": args}))


def _line(desk: Desk, conflict: Conflict) -> OpenConflict:
    target = desk.store.get(conflict.target_kind, conflict.target_id)
    session = desk.signed_in()
    # A kind this version does not know is shown; choosing is for a newer one.
    _, _, roles = EDITABLE.get(conflict.target_kind, (None, None, frozenset()))
    return OpenConflict(
        id=conflict.id,
        target_kind=conflict.target_kind,
        target_id=conflict.target_id,
        author_name=conflict.author_name,
        own=conflict.author == session.person,
        may=bool(session.actor.roles & roles),
        made=from_text(conflict.offline_at or conflict.at),
        fields=tuple(_field(conflict, name, target) for name in conflict.open_fields),
        merged=len(conflict.merged),
        settled=len(conflict.fields) - len(conflict.open_fields),
    )


def _needed(kind: str, name: str) -> bool:
    model = EDITABLE[kind][0] if kind in EDITABLE else None
    field = model.model_fields.get(name) if model is not None else None
    # A field with a value of its own (every enterprise has a cycle of visits) cannot stand empty either.
    return field is not None and (field.is_required() or field.default is not None)


def _field(conflict: Conflict, name: str, target: Document | None) -> MetField:
    met: Met = conflict.fields[name]
    present = target.body.get(name) if target is not None else None
    # Who set the value that met mine: of another value that stands there since nobody is known.
    known = same_value(present, met.theirs)
    decided = [decision.fields[name] for decision in conflict.trail if name in decision.fields]
    last = decided[-1] if decided else None
    return MetField(
        name=name,
        base=met.base,
        mine=met.mine,
        theirs=present,
        theirs_by=(met.theirs_by_name or "") if known else "",
        theirs_at=from_text(met.theirs_at) if known and met.theirs_at else None,
        unset=last.value if last is not None and not last.done else None,
        needed=_needed(conflict.target_kind, name),
    )
