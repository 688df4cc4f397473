"""代管: what former colleagues left in one's enterprises, and what became of one's own when an enterprise went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.domain import buckets
from app.domain.changes import Change
from app.domain.changes.base import entered
from app.domain.clock import from_text, to_text
from app.domain.documents import Document
from app.domain.escrow import DRAFT, DRAFTS, Escrow, EscrowState, Kept
from app.domain.people import Role, sees_whole_park
from app.domain.projections import ESCROW_ROW
from app.domain.visit import Visit, VisitState
from app.errors import KnownError
from app.services.desk import Desk
from app.services.forms import form_of
from app.services.visits import Rows, Typed, draft_state
from app.store.drafts import Draft, draft, save_draft
from app.store.handing_over import queue_draft
from app.store.purge import LET_GO

if TYPE_CHECKING:
    from forms.filling import Filling

MAY_DISCARD = frozenset({Role.OFFICER, Role.COORDINATOR})


@dataclass(frozen=True, slots=True)
class KeptLine:
    """One kept change. `fields` are [from, to] of a field edit; `may`: the person at the desk may take it."""

    mid: str
    change: Change
    made: datetime
    fields: Mapping[str, Sequence[Any]]
    may: bool


@dataclass(frozen=True, slots=True)
class EscrowLine:
    """One document of what is kept. `held` False: only the directory's light row is here, without content; it has to
    be fetched first. `draft`: the mid of an unfinished visit that can be gone on with."""

    id: str
    enterprise: str | None
    enterprise_name: str
    target_kind: str
    target_id: str
    author_name: str
    at: datetime
    held: bool
    kept: tuple[KeptLine, ...] = ()
    changes: int = 0
    may_take: bool = False
    may_discard: bool = False
    draft: str | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """An enterprise that went from this laptop: when, and how much of one's own is kept at the centre."""

    at: datetime
    changes: int
    drafts: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A kept draft as it was left, to be read: the form filled with it."""

    filling: Filling
    typed: Mapping[str, str] = field(default_factory=dict)


def listing(desk: Desk) -> list[EscrowLine]:
    """Everything kept that is open, the oldest first; of enterprises that are not here the row of the directory."""
    held = {document.id: _line(desk, document) for document in desk.store.of_kind(Escrow.kind)}
    rows = [_row(row) for row in desk.store.of_kind(ESCROW_ROW) if row.id not in held]
    found = [line for line in held.values() if line is not None] + rows
    return sorted(found, key=lambda line: (line.at, line.id))


def count(desk: Desk) -> int:
    """How many there are; cheap enough for a status line."""
    query = "SELECT count(DISTINCT id) FROM document WHERE kind = ?1 OR (kind = ?2 AND json_extract(body, '$.state') = 'open')"
    return int(desk.store.select(query, (ESCROW_ROW, Escrow.kind))[0][0])


def _line(desk: Desk, document: Document) -> EscrowLine | None:
    escrow = Escrow.of(document)
    if escrow.state is not EscrowState.OPEN:
        return None
    roles = desk.signed_in().actor.roles
    kept = tuple(_kept(one, roles) for one in escrow.open_changes)
    drafts = [line.mid for line in kept if line.change.name in DRAFTS]
    return EscrowLine(
        id=escrow.id,
        enterprise=escrow.enterprise,
        enterprise_name=escrow.enterprise_name or "",
        target_kind=escrow.target_kind,
        target_id=escrow.target_id,
        author_name=escrow.author_name,
        at=from_text(escrow.at),
        held=True,
        kept=kept,
        changes=len(kept),
        may_take=bool(kept) and all(line.may for line in kept),
        may_discard=bool(roles & MAY_DISCARD),
        draft=drafts[-1] if drafts else None,
    )


def _kept(kept: Kept, roles: frozenset[Role]) -> KeptLine:
    change = Change.model_validate(kept.change)
    asked = change.args.get("fields")
    register = entered()
    registered = register.get(change.name)
    takers = register["escrow.take"].roles
    may = registered is not None and bool(roles & registered.roles) and bool(roles & takers)
    made = from_text(change.at)
    pairs = asked.items() if isinstance(asked, dict) else ()
    # As it came from somebody's laptop: nobody has looked at its shape yet.
    fields = {name: pair for name, pair in pairs if isinstance(pair, list) and len(pair) == 2}
    return KeptLine(change.mid, change, made, fields, may)


def _row(document: Document) -> EscrowLine:
    body = document.body
    return EscrowLine(
        id=document.id,
        enterprise=str(body["enterprise"]),
        enterprise_name=str(body.get("enterprise_name", "")),
        target_kind=str(body.get("target_kind", "")),
        target_id="",
        author_name=str(body.get("author_name", "")),
        at=from_text(str(body["at"])),
        held=False,
        changes=int(body.get("changes", 1)),
    )


def take(desk: Desk, id: str, mids: Sequence[str] | None = None) -> str | None:
    """接收 all of it, or some changes: here at once and at the centre with the next sync. Refusal with its reason where
    the rules turn one of them down; nothing is altered then. Gives the visit to go on with, where one was unfinished."""
    with desk.store.write():
        document, escrow = _escrow(desk, id)
        chosen = [kept for kept in escrow.open_changes if mids is None or kept.mid in mids]
        unfinished = [Change.model_validate(kept.change) for kept in chosen if kept.name in DRAFTS]
        for change in unfinished:
            _check_no_draft(desk, change.doc[1])
        args = {} if mids is None else {"changes": list(mids)}
        desk.make(desk.change("escrow.take", document.bucket, Escrow.kind, id, args))
        for change in unfinished:
            kept_draft = change.args
            state = _in_bucket(kept_draft["state"], document.bucket)
            save_draft(desk.store, change.doc[1], kept_draft["form_key"], state, kept_draft["saved_at"])
    begun = [change.doc[1] for change in unfinished if change.name == DRAFT]
    return begun[-1] if begun else None


def _in_bucket(state: dict[str, Any], bucket: str) -> dict[str, Any]:
    """The draft of an entry says itself where it belongs: where its enterprise is now."""
    if "entry" not in state:
        return state
    enterprise = buckets.subject_of(bucket)
    return {**state, "entry": {**state["entry"], "bucket": bucket, "enterprise": enterprise}}


def _check_no_draft(desk: Desk, visit: str) -> None:
    """A draft of one's own is never written over."""
    document = desk.store.get(Visit.kind, visit)
    mine = document is not None and document.body.get("officer") == desk.signed_in().person
    if mine and draft(desk.store, visit) is not None:
        raise KnownError(
            "draft_here", "这次走访您已经在接着填了。请先看这份草稿，把需要的内容补进去，再放弃它。"
        )


def discard(desk: Desk, id: str, reason: str, mids: Sequence[str] | None = None) -> None:
    """放弃 all of it, or some changes, on record with the reason."""
    if not reason.strip():
        raise KnownError("reason", "请写一句放弃的原因，会留有记录。")
    document, _ = _escrow(desk, id)
    args: dict[str, Any] = {"reason": reason.strip()}
    if mids is not None:
        args["changes"] = list(mids)
    desk.make(desk.change("escrow.discard", document.bucket, Escrow.kind, id, args))


def _escrow(desk: Desk, id: str) -> tuple[Document, Escrow]:
    document = desk.store.get(Escrow.kind, id)
    if document is None:
        raise KnownError("not_held", "这份代管的内容已不在本机，可能企业又移交给了别人。请同步后再看。")
    return document, Escrow.of(document)


def read_draft(desk: Desk, id: str, mid: str) -> Reading:
    """The unfinished visit as its author left it."""
    from forms.filling import Filling

    _, escrow = _escrow(desk, id)
    kept = next((one for one in escrow.kept if one.mid == mid and one.name in DRAFTS), None)
    if kept is None:
        raise KnownError("not_held", "这份草稿已经有更新的一份，请刷新后再看。")
    args = kept.change["args"]
    form = form_of(desk, *args["form_key"].split("@", 1))
    state = args["state"]
    metadata = {"username": escrow.author_name, "deviceid": kept.device}
    filling = Filling.restore(
        form, state["filling"], now=desk.clock, instances=state["tables"], metadata=metadata
    )
    return Reading(filling, {path: text for path, (text, _) in state.get("typed", {}).items()})


# ---------------------------------------------------------------- one's own that went


def gone(desk: Desk, bucket: str) -> Gone | None:
    """What became of a bucket that is not here any more; None where it is here, never went, or was only let go of by
    somebody who sees the whole park."""
    told = desk.store.kv(LET_GO, {}).get(bucket)
    if told is None or bucket in desk.store.held() or sees_whole_park(desk.signed_in().actor.roles):
        return None
    return Gone(from_text(told["at"]), int(told["changes"]), int(told["drafts"]))


def gone_text(found: Gone) -> str:
    """What happened, and where one's words are."""
    own = []
    if found.drafts:
        own.append(f"没写完的走访 {found.drafts} 次" if found.drafts > 1 else "没写完的走访")
    if found.changes:
        own.append(f"还没报上去的改动 {found.changes} 项")
    told = "这家企业已不由您负责，资料已从本机移走。"
    if not own:
        return told + "您以前报上去的内容都在中心。"
    return f"{told}您{'和'.join(own)}没有丢，已交中心保管，由现任联络员或协调员接收。"


def visit_stands(desk: Desk, visit: str) -> bool:
    """Whether this person can still fill in a visit: it is here, open, and his."""
    document = desk.store.get(Visit.kind, visit)
    if document is None:
        return False
    body = document.body
    return body.get("state") == VisitState.OPEN and body.get("officer") == desk.signed_in().person


def hand_in_late(
    desk: Desk,
    visit: Visit,
    saved: Mapping[str, Any],
    tables: Rows,
    section: str,
    typed: Typed | None,
    form_id: str | None = None,
    others: Mapping[str, Any] | None = None,
) -> None:
    """The last words of a visit whose enterprise went while they were being typed: to the centre, like the rest.
    `others` are the visit's forms besides this one, as they were when it was opened."""
    moment = to_text(desk.clock())
    state = draft_state(desk, visit, saved, tables, section, typed, form_id, others or {})
    form_key = f"{visit.form_id}@{visit.form_version}"
    with desk.store.write() as transaction:
        queue_draft(
            transaction, buckets.of_enterprise(visit.enterprise), Draft(visit.id, form_key, state, moment)
        )
