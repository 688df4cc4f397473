"""What people do with reviews: open one, make a move, declare as a reviewer."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from app.domain import buckets
from app.domain.changes.review_sheets import DECLARE
from app.domain.documents import Body
from app.domain.enterprise import Enterprise
from app.domain.ids import new_id
from app.domain.people import Person
from app.domain.review import Review, ReviewSheet
from app.errors import KnownError
from app.services.desk import Desk
from app.services.forms import latest
from app.services.reviews_listing import seat_of

OPEN = "review.open"
MONEY = {"investment": "investment_fen", "decided": "decided_fen"}
"""Fields of forms in 万元 → arguments in fen."""


def review_of(desk: Desk, id: str) -> Review:
    """KnownError where it is not on this laptop."""
    document = desk.store.get(Review.kind, id)
    if document is None:
        raise KnownError("not_held", "这次评审的资料还没有取到本机。请先点「取资料」，同步后再看。")
    return Review.of(document)


def open_review(desk: Desk, enterprise: str, args: Mapping[str, Any]) -> str:
    """发起; returns its id. Raises Refusal, KnownError where the enterprise is not on this laptop or the form not published."""
    if desk.store.get(Enterprise.kind, enterprise) is None:
        raise KnownError(
            "not_held", "这家企业的资料不在本机，不能发起评审。请先打开企业页取资料，同步后再试。"
        )
    given = _args({name: value for name, value in args.items() if name != "enterprise"})
    scheme = desk.rules.review_scheme(str(given.get("scheme")))
    if scheme is not None and scheme.form_id:
        given["form_version"] = latest(desk, scheme.form_id).version
    id = new_id()
    (given["local_number"],) = desk.local_numbers("review", "PS")
    desk.make(desk.change(OPEN, buckets.of_enterprise(enterprise), Review.kind, id, given))
    return id


def act(desk: Desk, id: str, action: str, args: Mapping[str, Any] | None = None, part: str = "") -> None:
    """Make one move with what its form says; `review.declare` as a reviewer. Raises Refusal with the reason, KnownError where it is
    not here."""
    given = _args(dict(args or {}))
    if action == DECLARE:
        declare(desk, id, clear=bool(given.get("clear")), reason=given.get("reason"))
        return
    review = review_of(desk, id)
    if part:
        given["part"] = part
    if "people" in given:
        names = {one.id: one.name for one in map(Person.of, desk.store.of_kind(Person.kind))}
        given["people"] = [{"person": one, "name": names.get(one, one)} for one in given["people"]]
    desk.make(desk.change(action, buckets.of_enterprise(review.enterprise), Review.kind, id, given))


def declare(desk: Desk, review: str, *, clear: bool, reason: str | None = None) -> None:
    """利益关联声明, in one's own bucket. Raises Refusal."""
    seat = own_seat(desk, review)
    args = {"review": review, "enterprise": seat["enterprise"], "clear": clear, "reason": reason}
    own = buckets.of_person(desk.signed_in().person)
    desk.make(desk.change(DECLARE, own, ReviewSheet.kind, str(seat["id"]), args))


def own_seat(desk: Desk, review: str) -> Body:
    """KnownError where this person is no reviewer of it."""
    seat = seat_of(desk, review)
    if seat is None:
        raise KnownError("no_seat", "您不是这次评审的评委，或已被换下。请同步后再看。")
    return seat


def _args(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a form says, as its change takes it."""
    given = {name: value for name, value in values.items() if value not in (None, "")}
    for field, argument in MONEY.items():
        if field in given:
            given[argument] = _fen(str(given.pop(field)))
    return given


def _fen(text: str) -> int:
    try:
        value = Decimal(text.replace(",", "").replace("，", "").strip()) * 1_000_000
    except InvalidOperation:
        raise KnownError("amount", "金额请填数字，单位是万元，例如 8600 或 12.5。") from None
    if not value.is_finite() or not 0 <= value <= 10**15:
        raise KnownError("amount", "金额太大或小于 0，单位是万元。请核对后再填。")
    return int(value.to_integral_value(ROUND_HALF_UP))
