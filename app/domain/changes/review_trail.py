"""Making one move of a review: checked against the table, written down with its event, chained."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, need
from app.domain.changes.issue_trail import chain
from app.domain.clock import beijing_date, to_text
from app.domain.documents import Body, Documents, same_value
from app.domain.ids import derived_id
from app.domain.people import Role
from app.domain.review import REVIEW_STATE_NAMES, Review, ReviewEvent, ReviewState
from app.domain.review_moves import MOVES, ReviewView, reason_not
from app.domain.review_scheme import REVIEW_TYPE_NAMES

_OWN = {"moves", "trail_digest"}
_PARTS = ("reviewers", "checks", "gates")
"""Fields whose entries are looked at field by field."""


def check_kind(change: Change, kind: str = Review.kind) -> None:
    """Refusal where a change of reviews is said to be about something else."""
    if change.doc[0] != kind:
        raise Refusal(
            "wrong_kind",
            "这个操作和记录对不上，请重试；仍不行请联系管理员。",
            kind=change.doc[0],
        )


def past_day(text: str | None, context: Context, field: str = "day") -> str:
    """A day on which something happened; today where none is given. Refusal where it is still to come."""
    today = beijing_date(context.now).isoformat()
    if text is None:
        return today
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise Refusal("day", "日期读不出来，请重新选择。", field=field) from error
    if text > today:
        raise Refusal("day", "日期还没有到，请填实际发生的那一天。", field=field)
    return text


class ReviewMoving:
    """One move of a review: checked when made, filled in by its function, then finished. Raises Refusal."""

    def __init__(self, documents: Documents, change: Change, context: Context, part: str = "") -> None:
        self.change = change
        self.context = context
        check_kind(change)
        self.review = Review.of(need(documents, *change.doc))
        self.before = self.review.to_body()
        self.source = self.review.state
        self.move = MOVES[change.name]
        if self.review.type not in self.move.types:
            word = REVIEW_TYPE_NAMES[self.review.type]
            raise Refusal("review_type", f"「{word}」里没有「{self.move.word}」这一步。")
        if self.source not in self.move.sources:
            word = REVIEW_STATE_NAMES[self.source]
            raise Refusal(
                "review_state",
                f"这次评审现在是「{word}」，不能{self.move.word}。请刷新后再看。",
                state=self.source.value,
            )
        why_not = reason_not(self.move, ReviewView(self.review, part), context.actor)
        if why_not is not None:
            raise Refusal("review_guard", why_not)

    def finish(self, text: str | None, *more: Write, target: ReviewState | None = None) -> Outcome:
        """The writes: the review as it is now, its event, and `more`."""
        self.review.state = target or self.move.target or self.source
        event = write_down(self.review, self.before, self.change, self.context, text)
        return outcome_of(self.review, event, *more)


def outcome_of(review: Review, event: ReviewEvent, *more: Write) -> Outcome:
    """A review and its newest event, written."""
    return Outcome(
        (
            Write(review.kind, review.id, review.to_body()),
            Write(event.kind, event.id, event.to_body()),
            *more,
        )
    )


def write_down(
    review: Review, before: Body, change: Change, context: Context, text: str | None
) -> ReviewEvent:
    """The event of what has just been done; the review takes its number and digest over."""
    review.moves += 1
    old, new = _flat(before), _flat(review.to_body())
    names = (old.keys() | new.keys()) - _OWN
    move = MOVES.get(change.name)
    acting = context.actor.roles & move.roles if move else context.actor.roles
    event = ReviewEvent(
        id=derived_id(change.mid, review.id),
        review=review.id,
        order=review.moves,
        action=change.name,
        from_state=ReviewState(before.get("state", ReviewState.RUNNING)) if before else None,
        to_state=review.state,
        person=context.actor.person,
        person_name=context.actor.name,
        role=next((role.value for role in Role if role in acting), ""),
        at=to_text(context.now),
        device=context.device,
        offline_at=change.at,
        text=text,
        sets={name: [new.get(name)] for name in names if not same_value(old.get(name), new.get(name))},
    )
    event.digest = chain(review.trail_digest, event)
    review.trail_digest = event.digest
    return event


def _flat(body: Body) -> Body:
    """`gates.law.state` and so on, beside the plain fields."""
    flat: Body = {}
    for name, value in body.items():
        if name not in _PARTS:
            flat[name] = value
            continue
        for key, part in value.items():
            flat |= {f"{name}.{key}.{field}": inner for field, inner in part.items()}
    return flat


def rebuild_review(events: Iterable[ReviewEvent]) -> Body:
    """The review's body from its trail alone. Raises ValueError where the chain is broken."""
    flat: Body = {}
    digest: str | None = None
    order = 0
    for event in sorted(events, key=lambda event: event.order):
        order += 1
        if event.order != order or event.digest != chain(digest, event):
            raise ValueError(f"the trail is broken at {event.order}")
        digest = event.digest
        flat |= {name: value for name, (value,) in event.sets.items()}
    body: Body = {}
    for path, value in flat.items():
        if value is None:
            continue
        name, dot, rest = path.partition(".")
        if not dot:
            body[name] = value
            continue
        # A person's id has no dot, a field's name neither.
        key, _, field = rest.rpartition(".")
        body.setdefault(name, {}).setdefault(key, {})[field] = value
    return {**body, "moves": order, "trail_digest": digest}


def review_went_over(body: Body, before: Body, change: Change, context: Context) -> tuple[Body, ReviewEvent]:
    """A review that stands under another enterprise now, as the two were merged, and the event that says so."""
    review = Review.model_validate(body)
    event = write_down(review, before, change, context, None)
    return review.to_body(), event
