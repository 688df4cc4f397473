"""A coordinator looks at a finished visit: back to the officer with a reason (退回), or verified (已核)."""

from __future__ import annotations

from pydantic import BaseModel, Field

from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function, need
from app.domain.clock import to_text
from app.domain.documents import Documents
from app.domain.escrow import looks_after
from app.domain.people import Role
from app.domain.visit import Attachment, Returned, Visit, VisitState


class Return(BaseModel):
    """args of `visit.return`."""

    reason: str = Field(min_length=1, max_length=500)


@change_function("visit.return", Role.COORDINATOR)
def give_back(documents: Documents, change: Change, context: Context) -> Outcome:
    """Open a finished visit again, with the reason. What was handed in stays: its records, issues and photos."""
    args = Return.model_validate(change.args)
    if not args.reason.strip():
        raise Refusal("reason", "请写明退回的原因，走访人才知道改什么。", field="reason")
    visit = _others_finished_visit(documents, change, context)
    if not looks_after(documents, visit.officer):
        raise Refusal(
            "officer_gone",
            f"{visit.officer_name}已不负责这家企业，退回后没有人能改。请联系现在的联络员另行走访。",
        )
    attachments = (Attachment.of(document) for document in documents.of_kind(Attachment.kind))
    former = Returned(
        at=to_text(context.now),
        by=context.actor.person,
        by_name=context.actor.name,
        reason=args.reason.strip(),
        submitted_at=visit.submitted_at,
        records=visit.filed,
        attachments=[attachment.id for attachment in attachments if attachment.visit == visit.id],
    )
    visit.returns = [*visit.returns, former]
    visit.state = VisitState.OPEN
    visit.submitted_at = visit.record = None
    visit.records = []
    return Outcome((Write(Visit.kind, visit.id, visit.to_body()),))


@change_function("visit.verify", Role.COORDINATOR)
def verify(documents: Documents, change: Change, context: Context) -> Outcome:
    """已核: looked at and found in order. From then on it cannot be returned."""
    visit = _others_finished_visit(documents, change, context)
    visit.verified_at = to_text(context.now)
    visit.verified_by, visit.verified_by_name = context.actor.person, context.actor.name
    return Outcome((Write(Visit.kind, visit.id, visit.to_body()),))


def _others_finished_visit(documents: Documents, change: Change, context: Context) -> Visit:
    visit = Visit.of(need(documents, Visit.kind, change.doc[1]))
    if visit.officer == context.actor.person:
        raise Refusal("own", "自己的走访请由别的协调员来核。")
    if visit.state is not VisitState.SUBMITTED:
        raise Refusal("visit_state", f"这次走访现在是「{visit.state_word}」，提交后才能核或退回。")
    if visit.verified_at is not None:
        raise Refusal("visit_state", f"这次走访已由{visit.verified_by_name}核过，不再退回或重复核。")
    return visit
