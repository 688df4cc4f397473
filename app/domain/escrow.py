"""代管: what somebody did in an enterprise he no longer looks after, kept at the centre for whoever does now.

One document per author and target (a visit with its photos and its draft is one target). It is in the bucket of the
enterprise, so those who hold the bucket see it and nobody else; `dir:` gets a light row without any content.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict

from app.domain import buckets
from app.domain.clock import to_text
from app.domain.conflict import Conflict
from app.domain.documents import DocumentModel, Documents, Key
from app.domain.enterprise import Enterprise
from app.domain.ids import derived_id
from app.domain.people import Actor, Assignment
from app.domain.visit import Attachment, Visit

if TYPE_CHECKING:
    from app.domain.changes.base import Change

DRAFT = "visit.draft"
"""The change that carries an unfinished visit. It is sent only when its enterprise goes to somebody else."""
ENTRY_DRAFT = "record.draft"
"""The same of an unfinished entry of a register."""
DRAFTS = frozenset({DRAFT, ENTRY_DRAFT})
MOST_KEPT = 200
"""Changes in one document; then the next one is begun, so that none grows without end."""


class EscrowState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class KeptState(StrEnum):
    """`replaced`: a draft that was followed by a newer one of the same visit; its content is in the log alone."""

    OPEN = "open"
    TAKEN = "taken"
    DISCARDED = "discarded"
    REPLACED = "replaced"


class Kept(BaseModel):
    """One change as it came (wire form), when the centre received it, and what became of it.

    `met` are the fields that stood otherwise when it was taken: they are in a conflict document since.
    """

    model_config = ConfigDict(extra="allow")
    change: dict[str, Any]
    device: str
    at: str
    state: KeptState = KeptState.OPEN
    met: list[str] = []

    @property
    def mid(self) -> str:
        return str(self.change["mid"])

    @property
    def name(self) -> str:
        return str(self.change["name"])


class Handling(BaseModel):
    """One `escrow.take` or `escrow.discard`: who, when (`at` by the server's clock), which changes, why."""

    model_config = ConfigDict(extra="allow")
    mid: str
    action: str
    person: str
    person_name: str
    at: str
    offline_at: str
    device: str
    changes: list[str]
    reason: str | None = None


class Escrow(DocumentModel):
    """Never deleted. Moments are UTC text; `at` is when the last change came. Closed when no change in it is open."""

    kind: ClassVar[str] = "escrow"
    id: str
    enterprise: str | None = None
    enterprise_name: str | None = None
    target_kind: str
    target_id: str
    author: str
    author_name: str
    at: str
    state: EscrowState = EscrowState.OPEN
    kept: list[Kept]
    trail: list[Handling] = []
    closed_at: str | None = None
    closed_by_name: str | None = None

    @property
    def open_changes(self) -> list[Kept]:
        return [kept for kept in self.kept if kept.state is KeptState.OPEN]


def keep(
    documents: Documents, change: Change, raw: dict[str, Any], author: Actor, device: str, now: datetime
) -> Escrow:
    """The document that holds this change from now on: the author's open one for the same target, or a new one."""
    target = target_of(change, documents)
    kept = Kept(change=raw, device=device, at=to_text(now))
    for document in documents.of_kind(Escrow.kind):
        escrow = Escrow.of(document)
        same = (escrow.author, escrow.target_kind, escrow.target_id) == (author.person, *target)
        if same and escrow.state is EscrowState.OPEN and len(escrow.kept) < MOST_KEPT:
            escrow.kept = [*_without_older(escrow.kept, change), kept]
            escrow.at = to_text(now)
            return escrow
    home = buckets.subject_of(change.bucket)
    is_enterprise = buckets.kind_of(change.bucket) == buckets.ENTERPRISE
    profile = documents.get(Enterprise.kind, home) if is_enterprise else None
    return Escrow(
        id=derived_id(change.mid, Escrow.kind),
        enterprise=home if is_enterprise else None,
        enterprise_name=str(profile.body.get("name")) if profile else None,
        target_kind=target[0],
        target_id=target[1],
        author=author.person,
        author_name=author.name,
        at=to_text(now),
        kept=[kept],
    )


def _without_older(kept: list[Kept], change: Change) -> list[Kept]:
    """A draft holds everything an older one of the same visit held: the older one's content goes from here."""
    if change.name not in DRAFTS:
        return kept
    for older in kept:
        if older.name in DRAFTS and older.state is KeptState.OPEN and older.change["doc"] == list(change.doc):
            older.change = {**older.change, "args": {}}
            older.state = KeptState.REPLACED
    return kept


def target_of(change: Change, documents: Documents) -> Key:
    """What a change is about for people: a photo belongs to its visit, a resolve to what it resolves."""
    kind, id = change.doc
    if kind == Attachment.kind:
        visit = _visit_of_attachment(change, documents)
        return (Visit.kind, visit) if visit else change.doc
    if kind == Conflict.kind:
        document = documents.get(kind, id)
        if document is not None:
            return str(document.body["target_kind"]), str(document.body["target_id"])
    return change.doc


def _visit_of_attachment(change: Change, documents: Documents) -> str | None:
    fields = change.args.get("fields")
    pair = fields.get("visit") if isinstance(fields, dict) else None
    if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], str):
        return pair[1]
    document = documents.get(*change.doc)
    return document.body.get("visit") if document is not None else None


def looks_after(documents: Documents, person: str) -> bool:
    """Whether somebody looks after the enterprise of this bucket at present."""
    standing = (Assignment.of(document) for document in documents.of_kind(Assignment.kind))
    return any(one.person == person and one.stands for one in standing)
