"""The one table of a review's moves: who may take which from where, and what stands in the way (domain.md §5 (b); §1, 01–03 56).

The change functions ask here, and so do the buttons on screen. Guards give the Chinese reason why not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from app.domain.people import Actor, Role
from app.domain.review import Gate, GateState, Review, ReviewerState, ReviewState, Stance
from app.domain.review_scheme import GATED, LEAST_REVIEWERS, ReviewType

T, S = ReviewType, ReviewState


@dataclass(frozen=True, slots=True)
class ReviewView:
    """What a guard may look at: the review, and which part it is about (a person, an item, a seat of the open gate)."""

    review: Review
    part: str = ""

    @property
    def gate(self) -> Gate | None:
        found = self.review.gate
        return found[1] if found else None


Guard = Callable[[ReviewView, Actor], str | None]


@dataclass(frozen=True, slots=True)
class ReviewMove:
    """One move. `target` None: the state stays. `part`: it is about a reviewer, an item, a seat. `own`: a reviewer makes it, from his
    own bucket."""

    action: str
    word: str
    types: frozenset[ReviewType]
    sources: frozenset[ReviewState]
    target: ReviewState | None
    roles: frozenset[Role]
    guards: tuple[Guard, ...] = ()
    part: bool = False
    own: bool = False


def least_of(review: Review) -> int:
    return review.rules.least if review.rules else LEAST_REVIEWERS


def _enough_named(view: ReviewView, _: Actor) -> str | None:
    least, have = least_of(view.review), len(view.review.valid)
    return None if have >= least else f"评委至少 {least} 人，现在只有 {have} 人，请再定 {least - have} 人。"


def _all_handed_in(view: ReviewView, _: Actor) -> str | None:
    left = [one.name for one in view.review.valid.values() if one.state is not ReviewerState.HANDED_IN]
    return f"还没有交表：{'、'.join(left)}。要等他们交，或者换下。" if left else None


def _not_handed_in(view: ReviewView, _: Actor) -> str | None:
    one = view.review.reviewers.get(view.part)
    if one is None:
        return "这次评审没有这位评委，请刷新后再看。"
    if one.state is ReviewerState.HANDED_IN:
        return f"{one.name}已经交表，不能换下。"
    if one.state is ReviewerState.CONFLICT:
        return f"{one.name}已经回避，声明要留着，不用换下。请另定一位评委。"
    return None


def _still_to_declare(view: ReviewView, actor: Actor) -> str | None:
    one = view.review.reviewers.get(actor.person)
    if one is None:
        return "您不是这次评审的评委。"
    return None if one.state is ReviewerState.NAMED else "您已经声明过，不能再改。需要更正请联系协调员。"


def _may_score(view: ReviewView, actor: Actor) -> str | None:
    one = view.review.reviewers.get(actor.person)
    if one is None:
        return "您不是这次评审的评委。"
    return {
        ReviewerState.NAMED: "请先作利益关联声明，再填评分表。",
        ReviewerState.CONFLICT: "您声明了利益关联，应当回避，不能评分。",
        ReviewerState.HANDED_IN: "您已经交过评分表，不能再交。",
        ReviewerState.CLEAR: None,
    }[one.state]


def _is_item(view: ReviewView, _: Actor) -> str | None:
    return None if view.part in view.review.checks else "清单里没有这一项，请刷新后再看。"


def _all_found(view: ReviewView, _: Actor) -> str | None:
    left = [one.name for one in view.review.checks.values() if one.finding is None]
    return f"还没有记情况：{'、'.join(left)}。" if left else None


def _reported(view: ReviewView, _: Actor) -> str | None:
    return None if view.review.report_number else "还没有登记第三方报告，请先登记报告。"


def _seat_here(view: ReviewView, _: Actor) -> str | None:
    gate = view.gate
    if gate is not None and view.part in gate.seats:
        return None
    elsewhere = next((one for one in view.review.gates.values() if view.part in one.seats), None)
    if elsewhere is None:
        return "这一关没有这个席位，请刷新后再看。"
    where = f"现在在「{gate.name}」，" if gate else ""
    return f"{where}还没有到「{elsewhere.name}」，或者已经过了这一关。"


def _to_answer(view: ReviewView, _: Actor) -> str | None:
    seat = view.gate.seats.get(view.part) if view.gate else None
    if seat is None or seat.stance is None:
        return "还没有意见，不用写采纳情况。"
    return "同意的意见不用写采纳情况。" if seat.stance is Stance.AGREE else None


def _advises(view: ReviewView, _: Actor) -> str | None:
    return "这一关不能加部门。" if view.gate is None or view.gate.decides else None


def _all_spoken(view: ReviewView, _: Actor) -> str | None:
    gate = view.gate
    if gate is None:
        return "没有正在过的关。"
    if gate.silent:
        return f"「{gate.name}」缺意见：{'、'.join(gate.silent)}。缺意见不能进入下一关。"
    return None


def _all_answered(view: ReviewView, _: Actor) -> str | None:
    left = [seat.name for _, seat in view.gate.ordered if seat.unanswered] if view.gate else []
    return f"没有说明采纳情况：{'、'.join(left)}。说明后才能上会。" if left else None


def _nobody_against(view: ReviewView, _: Actor) -> str | None:
    gate = view.gate
    if gate is None or not gate.decides:
        return None
    against = [seat.name for _, seat in gate.ordered if seat.stance is Stance.OBJECT]
    return f"{'、'.join(against)}不同意，不能过关。请退回引进单位或者终止。" if against else None


def _beyond_the_first(view: ReviewView, _: Actor) -> str | None:
    first = view.review.ordered_gates[0][1]
    return "还在第一关，不用退回。" if first.state is GateState.OPEN else None


def _move(
    action: str,
    word: str,
    types: Iterable[ReviewType],
    sources: Iterable[ReviewState],
    target: ReviewState | None,
    roles: Iterable[Role],
    *guards: Guard,
    part: bool = False,
    own: bool = False,
) -> tuple[str, ReviewMove]:
    move = ReviewMove(
        action, word, frozenset(types), frozenset(sources), target, frozenset(roles), guards, part, own
    )
    return action, move


_C, _O = Role.COORDINATOR, Role.OFFICER
_ANY = frozenset(Role) - {Role.ADMIN}
_STAFFED = (S.PREPARING, S.RUNNING)
_gates = (_all_spoken, _all_answered, _nobody_against)
MOVES: Mapping[str, ReviewMove] = dict(
    (
        _move("review.name", "定评委", {T.SCORE}, _STAFFED, None, {_C}),
        _move("review.drop", "换下评委", {T.SCORE}, _STAFFED, None, {_C}, _not_handed_in, part=True),
        _move("review.start", "开始评分", {T.SCORE}, {S.PREPARING}, S.RUNNING, {_C}, _enough_named),
        _move(
            "review.declared", "利益关联声明", {T.SCORE}, {S.RUNNING}, None, _ANY, _still_to_declare, own=True
        ),
        _move("review.handed_in", "交评分表", {T.SCORE}, {S.RUNNING}, None, _ANY, _may_score, own=True),
        _move(
            "review.close", "汇总评分", {T.SCORE}, {S.RUNNING}, S.CLOSED, {_C}, _enough_named, _all_handed_in
        ),
        _move("review.finding", "记情况", {T.DILIGENCE}, {S.RUNNING}, None, {_O, _C}, _is_item, part=True),
        _move("review.report", "登记报告", {T.DILIGENCE}, {S.RUNNING}, None, {_C}),
        _move(
            "review.conclude", "出尽调结论", {T.DILIGENCE}, {S.RUNNING}, S.CLOSED, {_C}, _all_found, _reported
        ),
        _move("review.opinion", "记意见", GATED, {S.RUNNING}, None, {_C}, _seat_here, part=True),
        _move(
            "review.adopt", "写采纳情况", GATED, {S.RUNNING}, None, {_C}, _seat_here, _to_answer, part=True
        ),
        _move("review.seat", "加部门", GATED, {S.RUNNING}, None, {_C}, _advises),
        _move("review.pass", "过关", GATED, {S.RUNNING}, None, {_C}, *_gates),
        _move("review.send_back", "退回引进单位", GATED, {S.RUNNING}, None, {_C}, _beyond_the_first),
        _move("review.cancel", "终止", set(T), _STAFFED, S.CANCELLED, {_C}),
    )
)
"""A review is born by `review.open`. `review.pass` through the last gate closes."""


def reason_not(move: ReviewMove, view: ReviewView, actor: Actor) -> str | None:
    """Why this person may not do this now, or None. Roles, kinds and states are looked at by the caller."""
    return next((text for guard in move.guards if (text := guard(view, actor))), None)


def _open_here(move: ReviewMove, review: Review, actor: Actor, part: str) -> bool:
    return (
        review.type in move.types
        and review.state in move.sources
        and bool(actor.roles & move.roles)
        and move.part == bool(part)
        and not move.own
    )


def available(review: Review, actor: Actor, part: str = "") -> tuple[ReviewMove, ...]:
    """What a person may do with the review now, or with one of its parts. A reviewer's own moves are asked for by his seat."""
    view = ReviewView(review, part)
    return tuple(
        move
        for move in MOVES.values()
        if _open_here(move, review, actor, part) and reason_not(move, view, actor) is None
    )


LEADING_ON = ("review.start", "review.close", "review.conclude", "review.pass")


def blocked(review: Review, actor: Actor) -> tuple[tuple[str, str], ...]:
    """(word, reason) of what would lead on if a guard did not stand in the way."""
    found = []
    for action in LEADING_ON:
        move = MOVES[action]
        why = reason_not(move, ReviewView(review), actor) if _open_here(move, review, actor, "") else None
        if why:
            found.append((move.word, why))
    return tuple(found)
