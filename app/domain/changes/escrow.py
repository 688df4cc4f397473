"""`escrow.take`, `escrow.discard`: what a former colleague left is taken over, or put aside with a reason."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from app.domain.changes.base import (
    Change,
    Context,
    FieldConflict,
    Outcome,
    Refusal,
    Write,
    apply,
    change_function,
    need,
)
from app.domain.clock import to_text
from app.domain.documents import Body, Document, Documents, clean
from app.domain.escrow import DRAFT, Escrow, EscrowState, Handling, Kept, KeptState, looks_after
from app.domain.people import Role
from app.domain.visit import Attachment, Visit, VisitState


class Take(BaseModel):
    """args of `escrow.take`: the mids of some of its open changes; absent: all of them."""

    changes: list[str] | None = Field(default=None, min_length=1)


class Discard(Take):
    """args of `escrow.discard`."""

    reason: str = Field(min_length=1, max_length=500)


@change_function("escrow.take", Role.OFFICER, Role.COORDINATOR)
def take(documents: Documents, change: Change, context: Context) -> Outcome:
    """Run the kept changes, in their order, as the taker's own: the same rules, the same merge by value.

    A field that stands otherwise becomes a conflict as ever. Where one of them is refused, nothing is done: the
    refusal names it (params.change) and everything stays open. A visit of somebody who no longer looks after the
    enterprise is handed to the taker first.
    """
    args = Take.model_validate(change.args)
    escrow = _open(documents, change)
    over = _Over(documents, change.bucket)
    conflicts: dict[tuple[str, str, str], FieldConflict] = {}
    chosen = _chosen(escrow, args.changes)
    for kept in chosen:
        own = Change.model_validate(kept.change)
        for met in _run(over, own, escrow, context):
            # Two kept edits of one field are one wish: from what it was before the first to what the last one says.
            key = (met.kind, met.id, met.field)
            base = conflicts[key].base if key in conflicts else met.base
            conflicts[key] = FieldConflict(*key, base, met.theirs, met.mine)
            kept.met.append(met.field)
        kept.state = KeptState.TAKEN
    _close(escrow, chosen, change, context, "take")
    writes = (*over.writes, Write(Escrow.kind, escrow.id, escrow.to_body()))
    return Outcome(writes, tuple(conflicts.values()))


@change_function("escrow.discard", Role.OFFICER, Role.COORDINATOR)
def discard(documents: Documents, change: Change, context: Context) -> Outcome:
    """Put kept changes aside, with a reason. They stay in the document: nothing is forgotten."""
    args = Discard.model_validate(change.args)
    escrow = _open(documents, change)
    chosen = _chosen(escrow, args.changes)
    for kept in chosen:
        kept.state = KeptState.DISCARDED
    _close(escrow, chosen, change, context, "discard", args.reason)
    return Outcome((Write(Escrow.kind, escrow.id, escrow.to_body()),))


def _open(documents: Documents, change: Change) -> Escrow:
    if change.doc[0] != Escrow.kind:
        raise Refusal("malformed", "这条记录不是中心代管的内容，请刷新后再看。", field="doc")
    escrow = Escrow.of(need(documents, *change.doc))
    if escrow.state is not EscrowState.OPEN:
        last = escrow.trail[-1] if escrow.trail else None
        did = f"已由{last.person_name}{'接收' if last.action == 'take' else '放弃'}" if last else "已经处理过"
        raise Refusal("escrow_closed", f"这份代管的内容{did}，没有再动它。")
    return escrow


def _chosen(escrow: Escrow, mids: Sequence[str] | None) -> list[Kept]:
    if mids is None:
        return escrow.open_changes
    still = {kept.mid: kept for kept in escrow.open_changes}
    if any(mid not in still for mid in mids):
        raise Refusal("escrow_closed", "选中的内容里有的已经由别人处理过，请刷新后再选。")
    return [kept for kept in escrow.open_changes if kept.mid in set(mids)]


def _close(
    escrow: Escrow,
    chosen: list[Kept],
    change: Change,
    context: Context,
    action: str,
    reason: str | None = None,
) -> None:
    done = Handling(
        mid=change.mid,
        action=action,
        person=context.actor.person,
        person_name=context.actor.name,
        at=to_text(context.now),
        offline_at=change.at,
        device=context.device,
        changes=[kept.mid for kept in chosen],
        reason=reason,
    )
    escrow.trail = [*escrow.trail, done]
    if not escrow.open_changes:
        escrow.state = EscrowState.CLOSED
        escrow.closed_at = to_text(context.now)
        escrow.closed_by_name = context.actor.name


# ---------------------------------------------------------------- running what was kept


class _Over:
    """The documents with what earlier kept changes wrote laid over them."""

    def __init__(self, documents: Documents, bucket: str) -> None:
        self._documents = documents
        self._bucket = bucket
        self._own: dict[tuple[str, str], Write] = {}
        self._others: list[Write] = []

    @property
    def writes(self) -> tuple[Write, ...]:
        return (*self._own.values(), *self._others)

    def add(self, writes: Sequence[Write]) -> None:
        for write in writes:
            if write.bucket in (None, self._bucket):
                self._own[write.kind, write.id] = write
            else:
                self._others.append(write)

    def get(self, kind: str, id: str) -> Document | None:
        before = self._documents.get(kind, id)
        write = self._own.get((kind, id))
        if write is None:
            return before
        return self._laid(kind, id, write.body, before.rev if before else 0)

    def of_kind(self, kind: str) -> list[Document]:
        found = {document.id: document for document in self._documents.of_kind(kind)}
        for (own_kind, id), write in self._own.items():
            if own_kind == kind:
                laid = self._laid(kind, id, write.body, found[id].rev if id in found else 0)
                found.pop(id, None)
                if laid is not None:
                    found[id] = laid
        return [found[id] for id in sorted(found)]

    def _laid(self, kind: str, id: str, body: Body | None, rev: int) -> Document | None:
        return None if body is None else Document(self._bucket, kind, id, rev, clean(body))


def _run(over: _Over, own: Change, escrow: Escrow, context: Context) -> tuple[FieldConflict, ...]:
    if own.name.startswith("escrow."):
        raise Refusal(
            "not_takeable", "这一项本身就是对代管内容的处理，请直接处理原来那一份。", change=own.mid
        )
    try:
        _hand_over(over, own, context)
        outcome = apply(over, own, context)
    except Refusal as refusal:
        params = {**refusal.params, "change": own.mid}
        raise Refusal(refusal.code, refusal.text, refusal.field, **params) from refusal
    over.add(outcome.writes)
    if own.name == "visit.start":
        _sign(over, own.doc[1], escrow.author_name, context)
    return outcome.conflicts


def _hand_over(over: _Over, own: Change, context: Context) -> None:
    """An open visit of a former officer becomes the taker's, who goes on with it."""
    document = over.get(Visit.kind, _visit_of(over, own))
    if document is None or own.name == "visit.start":
        return
    visit = Visit.of(document)
    if visit.state is not VisitState.OPEN or visit.officer == context.actor.person:
        return
    if looks_after(over, visit.officer):
        raise Refusal("not_own", f"{visit.officer_name}现在仍负责这家企业，这次走访请由本人接收。")
    if own.name == DRAFT and _has_open_visit(over, context.actor.person):
        raise Refusal("visit_open", "您在这家企业还有一次没写完的走访，请先填完或作废，再接收这一次。")
    former = visit.begun_by_name or visit.officer_name
    visit.officer, visit.officer_name = context.actor.person, context.actor.name
    visit.begun_by_name = former
    over.add((Write(Visit.kind, visit.id, visit.to_body()),))


def _visit_of(over: _Over, own: Change) -> str:
    if own.doc[0] == Visit.kind:
        return own.doc[1]
    if own.name == "attachment.remove":
        document = over.get(Attachment.kind, own.doc[1])
        return str(document.body.get("visit")) if document else ""
    return ""


def _has_open_visit(over: _Over, person: str) -> bool:
    visits = (Visit.of(document) for document in over.of_kind(Visit.kind))
    return any(visit.state is VisitState.OPEN and visit.officer == person for visit in visits)


def _sign(over: _Over, id: str, author_name: str, context: Context) -> None:
    """A visit that a former officer began says so, on screen and on paper."""
    document = over.get(Visit.kind, id)
    if document is not None and author_name != context.actor.name:
        visit = Visit.of(document)
        visit.begun_by_name = author_name
        over.add((Write(Visit.kind, id, visit.to_body()),))
