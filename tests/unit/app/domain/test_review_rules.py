"""Reviews: who may do what from where, in every state and role; gates never skipped; sheets unseen; the trail tells all."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.changes import REGISTER, Refusal
from app.domain.changes.review_trail import rebuild_review
from app.domain.clock import to_text
from app.domain.people import Actor, Role
from app.domain.projections import projections
from app.domain.review import GateState, Review, ReviewState, review_row, seat_id
from app.domain.review_moves import MOVES, available, blocked
from app.domain.review_scheme import ReviewType
from tests.support.review_world import ACTORS, ARGS, NAMED, ReviewWorld, values

T, S = ReviewType, ReviewState
SCHEMES = {T.SCORE: "ten", T.DILIGENCE: "diligence", T.JOINT: "joint", T.PRE: "prereview"}
EVERY = tuple(role for role in Role)


def ready(type_: ReviewType, action: str) -> ReviewWorld:
    """A review of this type in which nothing but state and role can stand in the way of the move."""
    world = ReviewWorld.opened(SCHEMES[type_], major=True)
    if type_ is T.SCORE:
        if action == "review.name":
            return world
        world.do("coordinator", "review.name")
        world.do("coordinator", "review.start")
        if action == "review.close":
            world.all_in()
        elif action == "review.handed_in":
            world.declare("officer")
    elif type_ is T.DILIGENCE and action == "review.conclude":
        for item in world.review.checks:
            world.do("coordinator", "review.finding", part=item)
        world.do("coordinator", "review.report")
    elif action == "review.send_back" or (action == "review.seat" and type_ is T.JOINT):
        world.through(1)
    elif action == "review.pass":
        gate = world.review.gate
        assert gate is not None
        for seat in gate[1].seats:
            world.do("coordinator", "review.opinion", part=seat)
    elif action == "review.adopt":
        part = "sponsor" if type_ is T.JOINT else "economy"
        world.do("coordinator", "review.opinion", part=part, stance="condition", text="要改第三条")
    return world


def acting(role: Role) -> Actor:
    """Somebody of one role who is a reviewer too."""
    return Actor("p-officer", "某人", frozenset({role}), "economy")


def refusal_of(what: Callable[[], object]) -> str | None:
    try:
        what()
    except Refusal as refusal:
        return refusal.code if refusal.text else "without a text"
    return None


def given_for(action: str, type_: ReviewType) -> dict[str, Any]:
    if action in ("review.opinion", "review.adopt") and type_ is T.PRE:
        return {"part": "economy"}
    return {}


@pytest.mark.parametrize("action", sorted(MOVES))
def test_the_table_of_states_moves_and_roles(action: str) -> None:
    move = MOVES[action]
    for type_ in T:
        world = ready(type_, action if type_ in move.types else "")
        args = given_for(action, type_)
        for state in S:
            for role in EVERY:
                one = replace(world, papers=copy.deepcopy(world.papers), own=copy.deepcopy(world.own))
                one.put(state=state)
                allowed = type_ in move.types and state in move.sources and role in move.roles
                code = refusal_of(lambda one=one, role=role, args=args: one.do(acting(role), action, **args))  # type: ignore[misc]
                assert (code is None) == allowed, (action, type_, state, role)
                assert role in move.roles or code == "role"
                if code is None and action != "review.pass":
                    assert one.review.state is (move.target or state)


def test_every_move_has_its_function_and_the_same_roles() -> None:
    for action, move in MOVES.items():
        assert REGISTER[action].roles == move.roles, action
    assert set(ARGS) - {"review.open"} == set(MOVES)


def test_the_buttons_are_the_moves_that_go_through() -> None:
    world = ready(T.SCORE, "review.close")
    names = [move.action for move in available(world.review, ACTORS["coordinator"])]
    assert names == ["review.name", "review.close", "review.cancel"]
    assert available(world.review, ACTORS["leader"]) == ()
    few = ReviewWorld.opened()
    (told,) = blocked(few.review, ACTORS["coordinator"])
    assert told == ("开始评分", "评委至少 3 人，现在只有 0 人，请再定 3 人。")


def refused(what: Callable[[], object], part: str) -> None:
    with pytest.raises(Refusal, match=part):
        what()


# ---------------------------------------------------------------------- scoring


def test_three_reviewers_score_unseen_and_the_centre_closes() -> None:
    world = ReviewWorld.scoring()
    world.all_in(values([10] * 10), values([7] * 10), values([4] * 10))
    assert "score" not in world.body()
    assert world.scores == {}
    for body in (world.body(), *(one.body for one in world.papers.of_kind("review_event"))):
        assert "/look" not in str(body)
    world.do("coordinator", "review.close", text="同意引进")
    review = world.review
    assert (review.state, review.score, review.conclusion) == (S.CLOSED, "70.00", "conditional")
    assert (review.count, review.mean, review.trimmed) == (3, "70.00", "70.00")
    assert {score["total"] for score in world.scores.values()} == {"100.00", "70.00", "40.00"}
    assert "100.00" not in str(world.body())


def test_a_laptop_has_no_sheets_and_leaves_it_to_the_centre() -> None:
    world = ReviewWorld.scoring()
    world.all_in()
    world.centre = False
    world.do("coordinator", "review.close")
    assert (world.review.state, world.review.score) == (S.CLOSING, None)


def test_one_veto_declines_whatever_the_mean() -> None:
    world = ReviewWorld.scoring()
    world.all_in(values([10] * 10), values([10] * 10), values([10] * 10, s07_veto="yes"))
    world.do("coordinator", "review.close")
    assert (world.review.score, world.review.conclusion) == ("100.00", "decline")
    assert world.review.vetoes == ["失信被执行人或者骗取补贴"]


def test_who_is_partial_steps_aside_and_another_is_named() -> None:
    world = ReviewWorld.scoring()
    world.declare("officer", clear=False, reason="配偶在该企业任职")
    assert "配偶" not in str(world.papers.bodies)
    refused(lambda: world.hand_in("officer"), "应当回避")
    refused(lambda: world.declare("officer"), "已经声明过")
    for who in ("handler", "revisitor"):
        world.declare(who)
        world.hand_in(who)
    refused(lambda: world.do("coordinator", "review.close"), "评委至少 3 人，现在只有 2 人")
    refused(lambda: world.do("coordinator", "review.name"), "已经是这次评审的评委，或已经回避")
    refused(lambda: world.do("coordinator", "review.drop", part="p-officer"), "声明要留着")
    leader = {"person": "p-leader", "name": "周领导"}
    world.do("coordinator", "review.name", people=[leader])
    refused(lambda: world.do("coordinator", "review.close"), "还没有交表：周领导")
    world.declare("leader")
    world.hand_in("leader")
    world.do("coordinator", "review.close")
    assert world.review.count == 3


def test_nothing_is_filled_before_the_declaration_and_only_once() -> None:
    world = ReviewWorld.scoring()
    refused(lambda: world.hand_in("officer"), "先作利益关联声明")
    refused(lambda: world.declare("officer", clear=False), "写一句是什么关联")
    refused(lambda: world.declare("leader"), "不是这次评审的评委")
    world.declare("officer")
    short = values()
    del short["/look05/s05_band"]
    refused(lambda: world.hand_in("officer", short), "负债率")
    refused(lambda: world.hand_in("officer", form_id="visit_three"), "不是这次评审的评分表")
    refused(lambda: world.hand_in("officer", digest="0"), "有改变")
    world.hand_in("officer")
    refused(lambda: world.hand_in("officer"), "已经交过")
    refused(lambda: world.do("coordinator", "review.drop", part="p-officer"), "已经交表")


def test_nobody_scores_in_anothers_name_or_bucket() -> None:
    world = ReviewWorld.scoring()
    world.declare("officer")
    before = copy.deepcopy(world.shelf("p-officer").bodies)
    thief = replace(ACTORS["leader"], person="p-leader")
    world.shelf("p-leader").bodies.update(copy.deepcopy(before))
    refused(lambda: world.mine(thief, "review.declare", clear=True), "不是这次评审的评委")
    # Who says in the review's bucket that he handed in, without a sheet, does not get it closed.
    for who in ("handler", "revisitor"):
        world.declare(who)
        world.hand_in(who)
    world.do("officer", "review.handed_in")
    refused(lambda: world.do("coordinator", "review.close"), "没有王联络的有效评分表")


def test_a_sheet_that_was_altered_since_is_not_counted() -> None:
    world = ReviewWorld.scoring()
    world.all_in()
    sheet = world.shelf("p-officer").bodies["review_sheet", seat_id("r", "p-officer")]
    sheet["values"] = values([10] * 10)
    refused(lambda: world.do("coordinator", "review.close"), "有效评分表")


def test_a_seat_goes_with_the_reviewer_who_is_replaced_and_comes_anew() -> None:
    world = ReviewWorld.scoring()
    world.declare("officer")
    key = ("review_seat", seat_id("r", "p-officer"))
    assert world.shelf("p-officer").bodies[key]["standing"] == "clear"
    assert "reviewers" not in world.shelf("p-officer").bodies[key]
    world.do("coordinator", "review.drop")
    assert key not in world.shelf("p-officer").bodies
    refused(lambda: world.hand_in("officer"), "已被换下")
    world.do("coordinator", "review.name", people=[{"person": "p-officer", "name": "王联络"}])
    refused(lambda: world.hand_in("officer"), "先作利益关联声明")
    world.declare("officer")
    world.hand_in("officer")


# ---------------------------------------------------------------------- due diligence


def test_due_diligence_wants_every_item_and_the_report() -> None:
    world = ReviewWorld.opened("diligence")
    for item in list(world.review.checks)[1:]:
        world.do("officer", "review.finding", part=item)
    refused(lambda: world.do("coordinator", "review.conclude"), "还没有记情况：主体和股权")
    refused(lambda: world.do("officer", "review.finding", part="identity", finding="problem"), "写明情况")
    world.do("officer", "review.finding", part="identity", finding="problem", text="股权代持")
    refused(lambda: world.do("coordinator", "review.conclude"), "还没有登记第三方报告")
    refused(lambda: world.do("coordinator", "review.report", reported_on="2026-02-01"), "不能早于委托日期")
    refused(lambda: world.do("coordinator", "review.report", commissioned_on="2026-12-01"), "还没有到")
    world.do("coordinator", "review.report", commissioned_on="2026-02-02", reported_on="2026-02-27")
    refused(lambda: world.do("coordinator", "review.conclude", verdict="go"), "主体和股权有问题")
    world.do("coordinator", "review.conclude", decided_fen=18_000_000_000)
    assert (world.review.conclusion_name, world.review.decided_fen) == ("附条件推进", 18_000_000_000)


# ---------------------------------------------------------------------- gates


def test_seven_gates_of_a_major_project_and_six_of_another() -> None:
    for major, gates in ((True, 7), (False, 6)):
        world = ReviewWorld.opened("joint", major=major)
        world.through(gates - 1)
        assert world.review.state is S.RUNNING
        world.through(1)
        assert (world.review.state, world.review.conclusion) == (S.CLOSED, "passed")
        row = review_row(world.body())
        assert row is not None
        assert (row["done"], row["total"]) == (gates, gates)


def test_a_missing_opinion_stops_the_next_gate() -> None:
    world = ReviewWorld.opened("joint")
    refused(lambda: world.do("coordinator", "review.pass"), "缺意见：引进单位")
    world.through(1)
    for seat in ("commerce", "finance", "economy"):
        world.do("coordinator", "review.opinion", part=seat)
    refused(lambda: world.do("coordinator", "review.pass"), "缺意见：园区管委会。缺意见不能进入下一关")
    refused(lambda: world.do("coordinator", "review.opinion", part="justice"), "还没有到「合法性意见」")
    refused(lambda: world.do("coordinator", "review.opinion", part="park", stance="object"), "写明意见")
    world.do("coordinator", "review.opinion", part="park", stance="object", text="地价过低")
    refused(lambda: world.do("coordinator", "review.pass"), "没有说明采纳情况：园区管委会")
    refused(lambda: world.do("coordinator", "review.adopt", part="commerce"), "不用写采纳情况")
    world.do("coordinator", "review.adopt", part="park", adopted=False, answer="已另给配套")
    world.do("coordinator", "review.pass")
    world.do("coordinator", "review.opinion", part="deputy", stance="object", text="再议")
    world.do("coordinator", "review.adopt", part="deputy")
    refused(lambda: world.do("coordinator", "review.pass"), "分管领导不同意")
    world.do("coordinator", "review.send_back")
    gate = world.review.gate
    assert gate is not None
    assert (gate[0], world.review.rounds) == ("sponsor", 1)
    assert all(seat.stance is None for one in world.review.gates.values() for seat in one.seats.values())
    refused(lambda: world.do("coordinator", "review.send_back"), "还在第一关")


def test_pre_review_takes_more_departments() -> None:
    world = ReviewWorld.opened("prereview")
    world.do("coordinator", "review.seat")
    assert len(world.review.gates["departments"].seats) == 15
    refused(lambda: world.do("coordinator", "review.seat"), "已经在席位里")
    refused(lambda: world.do("coordinator", "review.seat", department="nobody"), "没有这个部门")
    world.through(1)
    refused(lambda: world.do("coordinator", "review.seat", department="audit"), "不能加部门")


SEATS = (
    "sponsor",
    "commerce",
    "finance",
    "economy",
    "park",
    "deputy",
    "justice",
    "leader",
    "government",
    "committee",
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("review.opinion"), st.sampled_from(SEATS), st.sampled_from(("agree", "condition", "object"))),
        st.tuples(st.just("review.adopt"), st.sampled_from(SEATS), st.just("")),
        st.tuples(st.sampled_from(("review.pass", "review.pass", "review.send_back")), st.just(""), st.just("")),
    ),
    max_size=40,
)  # fmt: skip


@settings(max_examples=40)
@given(steps, st.booleans(), st.integers(0, 6))
def test_no_order_of_actions_skips_a_gate(taken: list[tuple[str, str, str]], major: bool, begun: int) -> None:
    world = ReviewWorld.opened("joint", major=major)
    world.through(begun if major else min(begun, 5))
    for action, seat, stance in taken:
        args = {"stance": stance, "text": "意见"} if action == "review.opinion" else {}
        was = world.review
        try:
            world.do("coordinator", action, **({"part": seat} if seat else {}), **args)
        except Refusal:
            assert world.review == was
            continue
        review = world.review
        states = [gate.state for _, gate in review.ordered_gates if gate.state is not GateState.SKIPPED]
        passed = states.count(GateState.PASSED)
        assert states[:passed] == [GateState.PASSED] * passed
        assert states.count(GateState.OPEN) == (0 if passed == len(states) else 1)
        assert (review.state is S.CLOSED) == (passed == len(states))
        for _, gate in review.ordered_gates:
            if gate.state is GateState.PASSED:
                assert not gate.silent
                assert not any(one.unanswered for one in gate.seats.values())
    assert rebuild_review(world.trail()) == world.body()


# ---------------------------------------------------------------------- what others see of it


def test_the_trail_alone_rebuilds_every_kind_of_review() -> None:
    world = ReviewWorld.scoring()
    world.do("coordinator", "review.drop", part="p-revisitor")
    world.do("coordinator", "review.name")
    world.all_in()
    world.do("coordinator", "review.close")
    assert rebuild_review(world.trail()) == world.body()
    events = world.trail()
    events[1].text = "改过"
    with pytest.raises(ValueError, match="broken at 2"):
        rebuild_review(events)
    for type_, action in (
        (T.DILIGENCE, "review.conclude"),
        (T.JOINT, "review.pass"),
        (T.PRE, "review.adopt"),
    ):
        other = ready(type_, action)
        assert rebuild_review(other.trail()) == other.body()


def test_the_row_and_the_seats_say_little() -> None:
    world = ReviewWorld.scoring()
    world.declare("officer")
    world.hand_in("officer")
    writes = projections(None, "review", "r", world.body(), "park")
    assert {(one.kind, one.bucket) for one in writes} == {
        ("review_row", "dir:park"),
        *(("review_seat", f"u:{ACTORS[who].person}") for who in NAMED),
    }
    (row,) = [one.body for one in writes if one.kind == "review_row"]
    assert row is not None
    assert (row["done"], row["total"], row["state"]) == (1, 3, "running")
    assert "reviewers" not in row
    gone = projections(world.document(), "review", "r", None, "park")
    assert len(gone) == 4
    assert all(one.body is None for one in gone)


def test_opening_wants_a_scheme_and_its_form() -> None:
    world = ReviewWorld()
    refused(lambda: world.do("coordinator", "review.open", scheme="nothing"), "没有这个评审方案")
    refused(lambda: world.do("coordinator", "review.open", form_version=None), "还没有这个方案的评分表")
    world.do("coordinator", "review.open")
    refused(lambda: world.do("coordinator", "review.open"), "已经存在")
    assert Review.model_validate(world.body()).opened_at == to_text(world.now)
