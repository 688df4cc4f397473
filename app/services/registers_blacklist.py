"""失信查询: asked of the centre one name at a time; the list itself is never here."""

from __future__ import annotations

from app.domain import buckets
from app.domain.blacklist import BlacklistQuery
from app.domain.changes.base import entered
from app.domain.ids import new_id
from app.services.desk import Desk


def may_ask(desk: Desk) -> bool:
    """Whether this person's roles let him ask."""
    return bool(desk.signed_in().actor.roles & entered()["blacklist.ask"].roles)


def ask(desk: Desk, asked: str, why: str) -> str:
    """Ask; the answer comes with the next sync. Refusal where a word is missing. Gives the question's id."""
    id = new_id()
    bucket = buckets.of_person(desk.signed_in().person)
    args = {"asked": asked.strip(), "why": why.strip()}
    desk.make(desk.change("blacklist.ask", bucket, BlacklistQuery.kind, id, args))
    return id


def listing(desk: Desk) -> list[BlacklistQuery]:
    """This person's questions, the last first."""
    own = buckets.of_person(desk.signed_in().person)
    found = [BlacklistQuery.of(document) for document in desk.store.of_kind(BlacklistQuery.kind, own)]
    return sorted(found, key=lambda one: (one.asked_at, one.id), reverse=True)


def forget(desk: Desk, id: str) -> None:
    """Put an answer away, here and at the centre."""
    bucket = buckets.of_person(desk.signed_in().person)
    desk.make(desk.change("blacklist.forget", bucket, BlacklistQuery.kind, id, {}))
