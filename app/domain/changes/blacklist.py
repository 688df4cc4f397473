"""`blacklist.ask`: answered by the centre; `blacklist.forget` puts the answer away."""

from __future__ import annotations

from pydantic import BaseModel, Field

from app.domain import buckets
from app.domain.blacklist import BlacklistQuery, Told
from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function, need
from app.domain.clock import from_text, to_text
from app.domain.documents import Documents
from app.domain.people import Role

_ROLES = (Role.OFFICER, Role.COORDINATOR, Role.LEADER)


class Ask(BaseModel):
    """args of `blacklist.ask`: a whole name or a credit code, and why one asks."""

    asked: str = Field(min_length=4, max_length=200)
    why: str = Field(min_length=2, max_length=200)


@change_function("blacklist.ask", *_ROLES)
def ask(documents: Documents, change: Change, context: Context) -> Outcome:
    """Ask about one name or code. Only the centre has the list (`Context.listed`): a laptop's own run leaves it open."""
    args = Ask.model_validate(change.args)
    _own(change, context)
    if documents.get(BlacklistQuery.kind, change.doc[1]) is not None:
        raise Refusal("exists", "这次查询已经发过，请刷新后再看。")
    if not args.asked.strip() or not args.why.strip():
        raise Refusal("malformed", "请写企业全称或信用代码，以及为什么查。", field="asked")
    query = BlacklistQuery(
        id=change.doc[1],
        asked=args.asked.strip(),
        why=args.why.strip(),
        asked_at=to_text(from_text(change.at)),
        asked_by=context.actor.person,
        asked_by_name=context.actor.name,
    )
    if context.listed is not None:
        query.told = list(context.listed(query.asked))
        query.result = Told.LISTED if query.told else Told.CLEAR
        query.answered_at = to_text(context.now)
    return Outcome((Write(BlacklistQuery.kind, query.id, query.to_body()),))


@change_function("blacklist.forget", *_ROLES)
def forget(documents: Documents, change: Change, context: Context) -> Outcome:
    """Put an answer away: it goes from every laptop; that it was asked stays on record at the centre."""
    _own(change, context)
    need(documents, BlacklistQuery.kind, change.doc[1])
    return Outcome((Write(BlacklistQuery.kind, change.doc[1], None),))


def _own(change: Change, context: Context) -> None:
    own = buckets.of_person(context.actor.person)
    if change.bucket != own or change.doc[0] != BlacklistQuery.kind:
        raise Refusal("not_own", "查询只能由本人发起，结果只有本人能看。")
