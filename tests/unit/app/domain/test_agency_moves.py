"""Every move of a case and of a step, from every state, by every role, against domain.md §8 written out again here."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.agency_case import (
    CASE_STATE_NAMES,
    MODE_NAMES,
    STEP_STATE_NAMES,
    STOP_NAMES,
    CaseState,
    StepMode,
    StepState,
    StopReason,
)
from app.domain.agency_moves import CASE_MOVES, STEP_MOVES, blocked, case_moves, step_moves
from app.domain.changes import REGISTER, Refusal
from app.domain.changes.agency_trail import papers_of
from app.domain.people import Actor, Role
from tests.support.case_world import ARGS, CaseWorld
from tests.support.laptop import context

C, S = CaseState, StepState
OFC, COO, RVW = Role.OFFICER, Role.COORDINATOR, Role.REVISITOR
ACTIVE = {C.CONSULTING, C.COMMISSIONED, C.ACCEPTED, C.IN_WORK, C.SUSPENDED}
AT_WORK = {C.ACCEPTED, C.IN_WORK}
CASES: dict[str, tuple[set[CaseState], CaseState | None, set[Role]]] = {
    "agency.commission": ({C.CONSULTING}, C.COMMISSIONED, {OFC, COO}),
    "agency.accept": ({C.COMMISSIONED}, C.ACCEPTED, {COO}),
    "agency.agents": (ACTIVE - {C.CONSULTING}, None, {COO}),
    "agency.hand_over": (ACTIVE, None, {OFC, COO}),
    "agency.hand_back": (ACTIVE | {C.SETTLED, C.TERMINATED}, None, {OFC, COO}),
    "agency.contact": (ACTIVE, None, {OFC, COO}),
    "agency.note": (ACTIVE, None, {OFC, COO}),
    "agency.suspend": ({C.ACCEPTED, C.IN_WORK}, C.SUSPENDED, {OFC, COO}),
    "agency.renew": ({C.SUSPENDED}, C.IN_WORK, {OFC, COO}),
    "agency.terminate": (ACTIVE, C.TERMINATED, {OFC, COO}),
    "agency.sign_enterprise": ({C.IN_WORK}, None, {OFC, COO}),
    "agency.sign_agent": ({C.IN_WORK}, None, {OFC, COO}),
    "agency.settle": ({C.IN_WORK}, C.SETTLED, {OFC, COO}),
    "agency.revisit": ({C.SETTLED}, C.REVISITED, {RVW, COO}),
    "agency.retime": (AT_WORK, None, {Role.ADMIN}),
}
WORKING = {S.PREPARING, S.FILED, S.ACCEPTED, S.CORRECTING, S.REVIEWING}
RUNNING = {S.ACCEPTED, S.CORRECTING, S.REVIEWING}
STEPS: dict[str, tuple[set[StepState], StepState | None]] = {
    "agency.step_start": ({S.NOT_STARTED}, S.PREPARING),
    "agency.step_skip": ({S.NOT_STARTED, S.PREPARING}, S.NOT_INVOLVED),
    "agency.step_file": ({S.PREPARING}, S.FILED),
    "agency.step_accept": ({S.FILED}, S.ACCEPTED),
    "agency.step_correct": ({S.FILED, S.ACCEPTED, S.REVIEWING}, S.CORRECTING),
    "agency.step_corrected": ({S.CORRECTING}, S.FILED),
    "agency.step_review": ({S.ACCEPTED}, S.REVIEWING),
    "agency.step_stop": ({S.ACCEPTED, S.REVIEWING}, None),
    "agency.step_resume": ({S.ACCEPTED, S.REVIEWING}, None),
    "agency.step_supply": ({S.FILED, S.DONE} | RUNNING, None),
    "agency.step_done": ({S.ACCEPTED, S.REVIEWING}, S.DONE),
    "agency.step_reject": ({S.FILED} | RUNNING, S.REJECTED),
    "agency.step_halt": (WORKING, S.HALTED),
    "agency.step_restart": ({S.REJECTED, S.HALTED}, S.PREPARING),
    "agency.step_person": ({S.NOT_STARTED, S.REJECTED, S.HALTED} | WORKING, None),
    "agency.step_validity": ({S.DONE}, None),
}
ROLE_SETS = [
    frozenset[Role](),
    *(frozenset({role}) for role in Role),
    frozenset({OFC, RVW}),
    frozenset({Role.HANDLER, Role.LEADER}),
    frozenset(Role),
]


def world_for(action: str) -> CaseWorld:
    """A case with everything around it that the action needs to go through."""
    world = CaseWorld.opened()
    for purpose in ("commission", "renewal", "settlement"):
        world.paper(purpose)
    world.do("officer", "agency.commission")
    fields: dict[str, Any] = {"suspended_from": "in_work"} if action == "agency.renew" else {}
    if action == "agency.hand_back":
        fields["materials"] = {
            "m": {"order": 1, "name": "公章", "handed_on": "2026-11-23", "handed_by_name": "王联络"}
        }
    if action in ("agency.sign_enterprise", "agency.sign_agent", "agency.settle"):
        for key in world.case.steps:
            world.put_step(key, S.DONE, ended_on="2026-11-23")
    if action == "agency.settle":
        fields |= {"enterprise_signed_on": "2026-11-23", "agent_signed_on": "2026-11-23"}
    if action == "agency.retime":
        fields |= {"total_days": 5, "accepted_at": "2026-11-23T01:00:00.000Z"}
    world.put(C.IN_WORK, **fields)
    return world


def step_world(action: str) -> CaseWorld:
    world = world_for(action)
    fields: dict[str, Any] = {"person": "p-officer", "optional": True}
    if action == "agency.step_resume":
        fields["stops"] = [{"since": "2026-11-23", "reason": "hearing"}]
    if action == "agency.step_supply":
        fields |= {"mode": "promise", "missing": [{"name": "住所证明"}], "missing_until": "2026-12-01"}
    if action == "agency.step_validity":
        fields["expires_on"] = "2028-11-23"
    world.put_step("signing", S.NOT_STARTED, **fields)
    return world


def actor_of(roles: frozenset[Role], action: str) -> Actor:
    # Whoever revisits has not done the work; all else is tried by one of the agents.
    return Actor("p-new" if action == "agency.revisit" else "p-officer", "王联络", roles)


def test_the_tables_are_those_of_the_page() -> None:
    assert CASES.keys() == CASE_MOVES.keys()
    assert STEPS.keys() == STEP_MOVES.keys()
    named = {name for name in REGISTER if name.startswith("agency.")}
    assert named == CASES.keys() | STEPS.keys() | {"agency.open"} == ARGS.keys()


@pytest.mark.parametrize("action", list(CASE_MOVES))
def test_every_move_of_a_case_in_every_state_by_every_role(action: str) -> None:
    sources, target, may = CASES[action]
    base = world_for(action).papers.bodies
    for state in CaseState:
        for roles in ROLE_SETS:
            world = CaseWorld()
            world.papers.bodies = dict(base)
            world.put(state)
            before = world.body()
            actor = actor_of(roles, action)
            allowed = bool(roles & may) and state in sources
            buttons = {move.action for move in case_moves(world.case, papers_of(world.papers, "c"), actor)}
            assert (action in buttons) == allowed, (action, state, roles)
            if allowed:
                world.do(actor, action)
                assert world.case.state == (target or state)
                event = world.trail()[-1]
                assert (event.action, event.from_state, event.to_state) == (action, state, target or state)
                assert event.role in {role.value for role in roles & may}
            else:
                with pytest.raises(Refusal) as refused:
                    world.do(actor, action)
                assert refused.value.code in {"role", "case_state"}
                assert world.body() == before


@pytest.mark.parametrize("action", list(STEP_MOVES))
def test_every_move_of_a_step_in_every_state_by_every_role(action: str) -> None:
    sources, target = STEPS[action]
    base = step_world(action).papers.bodies
    for state in StepState:
        for roles in ROLE_SETS:
            world = CaseWorld()
            world.papers.bodies = dict(base)
            world.put_step("signing", state)
            before = world.body()
            actor = actor_of(roles, action)
            allowed = bool(roles & {OFC, COO}) and state in sources
            papers = papers_of(world.papers, "c")
            buttons = {move.action for move in step_moves(world.case, "signing", papers, actor)}
            assert (action in buttons) == allowed, (action, state, roles)
            if allowed:
                world.do(actor, action)
                assert world.step("signing").state == (target or state)
                event = world.trail()[-1]
                assert (event.step, event.step_from, event.step_to) == ("signing", state, target or state)
            else:
                with pytest.raises(Refusal) as refused:
                    world.do(actor, action)
                assert refused.value.code in {"role", "step_state"}
                assert world.body() == before


@pytest.mark.parametrize("action", list(STEP_MOVES))
def test_steps_move_only_while_their_case_is_at_work(action: str) -> None:
    allowed = AT_WORK
    if action == "agency.step_validity":
        allowed = AT_WORK | {C.SUSPENDED, C.SETTLED, C.REVISITED}
    base = step_world(action)
    base.put_step("signing", sorted(STEPS[action][0])[0])
    for state in CaseState:
        world = CaseWorld()
        world.papers.bodies = dict(base.papers.bodies)
        world.put(state)
        if state in allowed:
            world.do("officer", action)
            continue
        with pytest.raises(Refusal) as refused:
            world.do("officer", action)
        assert refused.value.code == "case_state"


def test_a_step_begins_only_when_what_it_needs_has_ended() -> None:
    world = CaseWorld.accepted("seven_links")
    with pytest.raises(Refusal, match="要等前置环节办结：立项备案或核准"):
        world.do("officer", "agency.step_start", step="environment", variant="form")
    world.run_step("approval", "start", "file", "accept", variant="record")
    with pytest.raises(Refusal, match="要等前置环节"):
        world.do("officer", "agency.step_start", step="siting")
    world.run_step("approval", "done")
    for key, variant in (("siting", None), ("feasibility", None), ("environment", "form"), ("energy", None)):
        world.do("officer", "agency.step_start", step=key, variant=variant)
    with pytest.raises(Refusal, match="要等前置环节办结：用地、可行性研究、环境影响评价、节能审查"):
        world.do("officer", "agency.step_start", step="construction")


def test_what_is_not_involved_does_not_hold_up_what_follows() -> None:
    world = CaseWorld.accepted("seven_links")
    world.run_step("approval", "start", "file", "accept", "done", variant="record")
    for key in ("siting", "land", "feasibility", "environment", "energy"):
        world.do("officer", "agency.step_skip", step=key)
    world.do("officer", "agency.step_start", step="construction")
    with pytest.raises(Refusal, match="必经环节"):
        CaseWorld.accepted().do("officer", "agency.step_skip")


def test_only_its_agents_and_the_coordinator_work_on_a_case() -> None:
    world = CaseWorld.accepted()
    with pytest.raises(Refusal, match="这件代办由王联络办理"):
        world.do("other_officer", "agency.step_start")
    world.do("coordinator", "agency.step_start")
    assert world.step("signing").person == "p-officer"
    with pytest.raises(Refusal, match="责任人要是这件代办的代办员"):
        world.do("coordinator", "agency.step_person", person="p-coordinator")


def test_one_or_two_agents() -> None:
    world = CaseWorld.opened()
    world.paper("commission")
    people = [{"person": f"p-{n}", "name": f"代办{n}"} for n in range(3)]
    for agents in (people, [people[0], people[0]]):
        with pytest.raises(Refusal, match="1–2 人"):
            world.do("officer", "agency.commission", agents=agents)
    world.do("officer", "agency.commission", agents=people[:2])
    assert [agent.name for agent in world.case.agents] == ["代办0", "代办1"]


def test_no_commission_without_the_signed_paper_and_no_renewal_without_a_new_one() -> None:
    world = CaseWorld.opened()
    with pytest.raises(Refusal, match="还没有签字的委托书"):
        world.do("officer", "agency.commission")
    assert any("委托书" in why for _, why in blocked(world.case, {}, Actor("p", "某", frozenset({OFC}))))
    world = CaseWorld.accepted()
    for round in range(2):
        world.do("officer", "agency.suspend")
        with pytest.raises(Refusal, match="续办委托书"):
            world.do("officer", "agency.renew")
        world.paper("renewal")
        world.do("officer", "agency.renew")
        assert (world.case.state, world.case.renewals) == (C.ACCEPTED, round + 1)


def finished() -> CaseWorld:
    world = CaseWorld.accepted()
    for key in ("signing", "registration", "siting"):
        world.run_step(key, "start", "file", "accept", "done")
    return world


def test_closing_needs_both_signatures_the_steps_and_the_originals_back() -> None:
    world = CaseWorld.accepted()
    world.do("officer", "agency.step_start")
    with pytest.raises(Refusal, match="还有环节没有办结：签约、注册、选址"):
        world.do("officer", "agency.sign_agent")
    world = finished()
    world.do("officer", "agency.hand_over")
    with pytest.raises(Refusal, match="企业的原件还没有还清：营业执照"):
        world.do("officer", "agency.sign_agent")
    (row,) = world.case.materials
    world.do("officer", "agency.hand_back", materials=[row])
    assert world.case.materials[row].returned_to == "陈厂长"
    with pytest.raises(Refusal, match="还没有签字的办结单"):
        world.do("officer", "agency.sign_enterprise")
    world.paper("settlement")
    world.do("officer", "agency.sign_enterprise")
    with pytest.raises(Refusal, match="代办员还没有确认办结"):
        world.do("officer", "agency.settle")
    with pytest.raises(Refusal, match="代办员本人"):
        world.do("coordinator", "agency.sign_agent")
    world.do("officer", "agency.sign_agent")
    world.do("officer", "agency.settle")
    assert world.case.settled_in_time is True
    with pytest.raises(Refusal, match="不能回访自己办的代办"):
        world.do(Actor("p-officer", "王联络", frozenset({RVW})), "agency.revisit")
    world.do("revisitor", "agency.revisit")
    assert (world.case.state, world.case.satisfaction) == (C.REVISITED, "very")


def test_lacking_pieces_come_before_the_end_promised_ones_may_come_after_it() -> None:
    for mode in ("lacking", "promise"):
        world = CaseWorld.accepted()
        world.do("officer", "agency.step_start")
        with pytest.raises(Refusal, match="要写明缺哪些材料"):
            world.do("officer", "agency.step_file", mode=mode)
        world.do(
            "officer", "agency.step_file", mode=mode, missing=["住所证明", "住所证明"], until="2026-12-01"
        )
        world.do("officer", "agency.step_accept")
        if mode == "lacking":
            with pytest.raises(Refusal, match="容缺的材料要先补齐才能办结：住所证明"):
                world.do("officer", "agency.step_done")
            world.do("officer", "agency.step_supply")
            world.do("officer", "agency.step_done")
        else:
            world.do("officer", "agency.step_done")
            world.do("officer", "agency.step_supply")
        assert [piece.supplied_on for piece in world.step("signing").missing] == ["2026-11-23"]
    other = CaseWorld.accepted()
    other.run_step("signing", "start")
    with pytest.raises(Refusal, match="有缺件的"):
        other.do("officer", "agency.step_file", missing=["住所证明"])


def test_enterprise_and_department_do_not_meet_or_it_is_written_why() -> None:
    world = CaseWorld.opened()
    world.do("officer", "agency.contact")
    assert world.case.meetings == 0
    both = {"sides": ["agent", "enterprise", "department"]}
    with pytest.raises(Refusal, match="企业与部门见了面，请写明原因"):
        world.do("officer", "agency.contact", **both)
    world.do("officer", "agency.contact", **both, why="法人要当面核验")
    assert world.case.meetings == 1
    assert "企业与部门见面：法人要当面核验" in (world.trail()[-1].text or "")
    along = CaseWorld.opened(contact_rule="accompanied")
    along.do("officer", "agency.contact", **both)
    assert along.case.meetings == 0


@pytest.mark.parametrize(
    ("moves", "action", "args", "problem"),
    [
        ((), "agency.contact", {"department": None}, "department"),
        ((), "agency.contact", {"department": "moon"}, "department"),
        ((), "agency.contact", {"step": "moon"}, "step"),
        ((), "agency.contact", {"day": "2026-11-24"}, "day"),
        ((), "agency.terminate", {"ground": "mood"}, "malformed"),
        ((), "agency.hand_back", {}, "case_guard"),
        ((), "agency.step_start", {"step": "moon"}, "step"),
        ((), "agency.step_start", {"day": "2026-11-31"}, "day"),
        ((), "agency.step_start", {"day": "2026-11-20"}, "day"),
        (
            ("start",),
            "agency.step_file",
            {"mode": "lacking", "missing": ["甲"], "until": "2026-11-20"},
            "until",
        ),
        (("start", "file"), "agency.step_accept", {"number": ""}, "malformed"),
        (("start", "file", "accept"), "agency.step_stop", {"reason": "suspended"}, "reason"),
        (("start", "file", "accept"), "agency.step_stop", {"reason": "mood"}, "malformed"),
        (("start", "file", "accept", "stop"), "agency.step_done", {}, "case_guard"),
        (("start", "file", "accept"), "agency.step_resume", {}, "case_guard"),
        (("start", "file", "accept", "done"), "agency.step_validity", {}, "case_guard"),
    ],
)
def test_arguments_are_looked_at(
    moves: tuple[str, ...], action: str, args: dict[str, Any], problem: str
) -> None:
    world = CaseWorld.accepted()
    world.run_step("signing", *moves)
    with pytest.raises(Refusal) as refused:
        world.do("officer", action, **args)
    assert refused.value.code == problem
    assert refused.value.text


def test_what_may_not_be_an_agency_case() -> None:
    for args, problem in (({"fit": False}, "not_fit"), ({"template": "moon"}, "template")):
        with pytest.raises(Refusal) as refused:
            CaseWorld.opened(**args) if "template" in args else CaseWorld.opened(fit=False)
        assert refused.value.code == problem
    world = CaseWorld.opened()
    with pytest.raises(Refusal) as refused:
        world.do("officer", "agency.open")
    assert refused.value.code == "exists"


@pytest.mark.parametrize("action", list(ARGS))
def test_only_a_case_is_moved(action: str) -> None:
    world = CaseWorld.accepted()
    everything = Actor("p-officer", "全能", frozenset(Role))
    for kind in ("case_row", "enterprise"):
        world.papers.bodies.setdefault((kind, "c"), world.body())
        change = world.change(action, {**ARGS[action], "step": "signing"})
        with pytest.raises(Refusal) as refused:
            world.papers.run(change.model_copy(update={"doc": (kind, "c")}), context(everything, world.now))
        assert refused.value.code == "wrong_kind"


def test_everything_has_a_name_of_its_own() -> None:
    for names, members in (
        (CASE_STATE_NAMES, CaseState),
        (STEP_STATE_NAMES, StepState),
        (MODE_NAMES, StepMode),
        (STOP_NAMES, StopReason),
    ):
        assert set(names) == set(members)
        assert len(set(names.values())) == len(names)
