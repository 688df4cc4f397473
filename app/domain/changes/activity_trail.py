"""What the changes of activities and targets share: a line of trail, edits of single fields, where a document is at home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, Field

from app.domain import buckets
from app.domain.activity import PARK_OWNED, Event, Happening, RecruitGroup, Trip
from app.domain.activity_moves import MOVES, why_not
from app.domain.changes.base import Change, Context, Outcome, Refusal, Write
from app.domain.clock import beijing_date, to_text
from app.domain.documents import DocumentModel, Documents, clean, same_value
from app.domain.people import Role

MOST_LINES = 500
Model = TypeVar("Model", bound=DocumentModel)


class Edit(BaseModel):
    """args of an edit: field → [what its author saw, what it shall be]."""

    fields: dict[str, tuple[Any, Any]] = Field(min_length=1)


def today_of(context: Context) -> str:
    """The Beijing day."""
    return beijing_date(context.now).isoformat()


def happened(change: Change, context: Context, text: str | None = None) -> Happening:
    """A line of trail. Its moment is the server's own where the server runs the change."""
    return Happening(
        action=change.name,
        at=to_text(context.now),
        person=context.actor.person,
        person_name=context.actor.name,
        text=text[:500] if text else None,
    )


def written(
    document: Trip | RecruitGroup | Event | Any, change: Change, context: Context, text: str | None = None
) -> Outcome:
    """The document with one line more of trail."""
    if len(document.trail) >= MOST_LINES:
        raise Refusal("too_long", "这条记录已经写得太长，请办结后另建一条。")
    document.trail = [*document.trail, happened(change, context, text)]
    return Outcome((Write(document.kind, document.id, document.to_body()),))


def new_document(documents: Documents, change: Change, kind: str, *homes: str) -> None:
    """Refusal where a new document of this kind cannot be made here."""
    at_home(change, kind, *homes)
    if documents.get(*change.doc) is not None:
        raise Refusal("exists", "这条记录已经存在，没有覆盖它。请刷新后重新提交。", id=change.doc[1])


def at_home(change: Change, kind: str, *homes: str) -> None:
    """Refusal where the change is not in one of these buckets, or about another kind."""
    if change.doc[0] != kind or change.bucket not in homes:
        raise Refusal("wrong_bucket", "记录和它的归属对不上，请重试；仍不行请联系管理员。")


def owner_of(change: Change, context: Context) -> str:
    """Whose a new document is: the author's own, or the park's where a coordinator keeps it."""
    if change.bucket == buckets.of_person(context.actor.person):
        return context.actor.person
    if Role.COORDINATOR not in context.actor.roles:
        raise Refusal("role", "替园区登记的由协调员来做；您自己的请记在自己名下。")
    return PARK_OWNED


def own_or_park(context: Context) -> tuple[str, str]:
    """Where trips and reports may stand."""
    return buckets.of_person(context.actor.person), buckets.meetings(context.park)


def allowed(change: Change, context: Context, document: Trip | RecruitGroup | Event) -> None:
    """Refusal where the table of moves says no."""
    reason = why_not(MOVES[change.name], document, context.actor, today_of(context))
    if reason is not None:
        raise Refusal("activity_state", reason, state=str(document.state))


def in_order(starts_on: str, ends_on: str | None) -> None:
    """Refusal where the end comes before the beginning."""
    if ends_on is not None and ends_on < starts_on:
        raise Refusal("days", "结束的日子不能早于开始的日子。", field="ends_on")


def edited(document: Model, change: Change, editable: Mapping[str, str]) -> tuple[Model, str]:
    """The document with these fields altered, and what was altered in words. `editable`: field → its word.

    By value: what is so already is left; a field somebody else has altered since is refused by its name.
    """
    fields = Edit.model_validate(change.args).fields
    body, words = document.to_body(), []
    for name, (old, new) in fields.items():
        if name not in editable:
            raise Refusal("not_editable", "这一项不能手工改。", field=name)
        if same_value(body.get(name), new):
            continue
        if not same_value(body.get(name), old):
            raise Refusal("moved", f"「{editable[name]}」刚被别人改过，请刷新后再改。", field=name)
        body[name] = clean(new)
        words.append(editable[name])
    return type(document).model_validate(clean(body)), "、".join(words)
