"""A reviewer's own doing, in his own bucket: the declaration, and the sheet he hands in (domain.md §5 (b), P10).

Nobody but he and the centre has the sheet. That it was declared or handed in is entered in the review by the centre, in the same
transaction (`review_orders`): what the others learn is the fact alone.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from app.domain import buckets
from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function
from app.domain.changes.review_trail import ReviewMoving, check_kind
from app.domain.changes.visits import record_digest
from app.domain.clock import from_text, to_text
from app.domain.documents import Body, Documents
from app.domain.ids import derived_id
from app.domain.people import Role
from app.domain.review import REVIEW_SEAT, Review, ReviewerState, ReviewSheet, ReviewState, seat_id
from app.domain.review_result import scored
from app.domain.review_scheme import ReviewScheme

DECLARE, HAND_IN = "review.declare", "review.hand_in"
_ANY = tuple(role for role in Role if role is not Role.ADMIN)


class About(BaseModel):
    """Which review it is about."""

    review: str = Field(max_length=50)
    enterprise: str = Field(max_length=100)


class Declare(About):
    """args of `review.declare`: `clear` where nothing ties him to the project, else why he steps aside."""

    clear: bool
    reason: str | None = Field(default=None, max_length=500)


class HandIn(About):
    """args of `review.hand_in`: the filled form."""

    form_id: str
    form_version: str
    values: dict[str, Any]
    digest: str
    shown: dict[str, str] = {}
    labels: dict[str, str] = {}
    day: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")


class Declared(BaseModel):
    """args of `review.declared`."""

    clear: bool


@change_function(DECLARE, *_ANY)
def declare(documents: Documents, change: Change, context: Context) -> Outcome:
    """利益关联声明, before anything is filled."""
    args = Declare.model_validate(change.args)
    seat = _seat(documents, change, context, args)
    if not args.clear and not (args.reason or "").strip():
        raise Refusal("reason", "有关联的，请写一句是什么关联。只有您本人和中心有这句话。", field="reason")
    former = _sheet(documents, change, seat)
    if former is not None:
        raise Refusal("declared", "您已经声明过，不能再改。需要更正请联系协调员。")
    sheet = ReviewSheet(
        id=change.doc[1],
        review=args.review,
        enterprise=seat["enterprise"],
        person=context.actor.person,
        person_name=context.actor.name,
        turn=seat["turn"],
        clear=args.clear,
        declared_at=to_text(from_text(change.at)),
        reason=None if args.clear else args.reason,
    )
    return Outcome((Write(ReviewSheet.kind, sheet.id, sheet.to_body()),))


@change_function(HAND_IN, *_ANY)
def hand_in(documents: Documents, change: Change, context: Context) -> Outcome:
    """交评分表: whole, with a band for every look; it is not taken back."""
    args = HandIn.model_validate(change.args)
    seat = _seat(documents, change, context, args)
    sheet = _sheet(documents, change, seat)
    if sheet is None:
        raise Refusal("undeclared", "请先作利益关联声明，再填评分表。")
    if not sheet.clear:
        raise Refusal("conflict_of_interest", "您声明了利益关联，应当回避，不能评分。")
    if sheet.handed_in_at is not None:
        raise Refusal("handed_in", "您已经交过评分表，不能再交。")
    rules = ReviewScheme.model_validate(seat["rules"])
    if args.form_id != rules.form_id:
        raise Refusal("form", "交来的不是这次评审的评分表，请从「评审」里重新打开再填。")
    if record_digest(args.form_id, args.form_version, args.values) != args.digest:
        raise Refusal("digest", "填写的内容在传输中有改变，请重新提交。")
    open_looks = scored(rules, args.values).open
    if open_looks:
        raise Refusal("looks", f"还有没评的项：{'、'.join(open_looks)}。十项都评完才能交。")
    given = args.model_dump(include={"form_id", "form_version", "values", "digest", "shown", "labels", "day"})
    made = ReviewSheet.model_validate(
        {**sheet.to_body(), **given, "handed_in_at": to_text(from_text(change.at))}
    )
    return Outcome((Write(ReviewSheet.kind, made.id, made.to_body()),))


def _seat(documents: Documents, change: Change, context: Context, args: About) -> Body:
    """The seat he was given. Refusal where it is not his, or the review does not stand open to him."""
    check_kind(change, ReviewSheet.kind)
    person = context.actor.person
    if change.bucket != buckets.of_person(person) or change.doc[1] != seat_id(args.review, person):
        raise Refusal("not_own", "评分表只能由评委本人填写。")
    found = documents.get(REVIEW_SEAT, change.doc[1])
    if found is None:
        raise Refusal("no_seat", "您不是这次评审的评委，或已被换下。请刷新后再看。")
    if found.body["state"] != ReviewState.RUNNING:
        raise Refusal("review_state", "这次评审还没有开始评分，或者已经结束。请刷新后再看。")
    return found.body


def _sheet(documents: Documents, change: Change, seat: Body) -> ReviewSheet | None:
    """What he has said for this seat already."""
    found = documents.get(*change.doc)
    sheet = ReviewSheet.of(found) if found is not None else None
    return sheet if sheet is not None and sheet.turn == seat["turn"] else None


@change_function("review.declared", *_ANY)
def declared(documents: Documents, change: Change, context: Context) -> Outcome:
    """What the review is told of a declaration."""
    args = Declared.model_validate(change.args)
    moving = ReviewMoving(documents, change, context)
    one = moving.review.reviewers[context.actor.person]
    one.state = ReviewerState.CLEAR if args.clear else ReviewerState.CONFLICT
    one.declared_at = to_text(context.now)
    return moving.finish("没有利益关联" if args.clear else "有利益关联，回避")


@change_function("review.handed_in", *_ANY)
def handed_in(documents: Documents, change: Change, context: Context) -> Outcome:
    """What the review is told of a sheet: that it is there."""
    moving = ReviewMoving(documents, change, context)
    one = moving.review.reviewers[context.actor.person]
    one.state, one.handed_in_at = ReviewerState.HANDED_IN, to_text(context.now)
    return moving.finish(None)


def review_orders(change: Change) -> list[Change]:
    """What `review.declare` and `review.hand_in` come to in the enterprise's bucket; the centre does it (`sync.server.applying`)."""
    args = About.model_validate(change.args)
    name, more = "review.handed_in", {}
    if change.name == DECLARE:
        name, more = "review.declared", {"clear": Declare.model_validate(change.args).clear}
    return [
        Change(
            mid=derived_id(change.mid, "review"),
            name=name,
            bucket=buckets.of_enterprise(args.enterprise),
            doc=(Review.kind, args.review),
            args=more,
            at=change.at,
        )
    ]
