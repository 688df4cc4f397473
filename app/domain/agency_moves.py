"""The one table of a case's moves and the one of its steps': who may take which from where, and what stands in the way.

domain.md §8 with §2.4 and §1, 22–23. Guards look at the case, the step and who acts and give the Chinese reason why not. The
change functions (`changes/agency_cases.py`, `changes/agency_steps.py`) ask here, and so do the buttons on screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from app.domain.agency_case import (
    COMMISSION,
    RENEWAL,
    RUNNING,
    SETTLEMENT,
    STEP_ENDED,
    AgencyCase,
    CaseState,
    CaseStep,
    StepMode,
    StepState,
)
from app.domain.people import Actor, Role

C, S = CaseState, StepState


@dataclass(frozen=True, slots=True)
class CaseView:
    """What a guard may look at: the case, the step it is about, how many signed papers of each purpose there are."""

    case: AgencyCase
    papers: Mapping[str, int]
    step: CaseStep | None = None

    @property
    def one(self) -> CaseStep:
        assert self.step is not None
        return self.step


Guard = Callable[[CaseView, Actor], str | None]


@dataclass(frozen=True, slots=True)
class CaseMove:
    """One move of the whole case. `target` None: its state stays (or the change function chooses)."""

    action: str
    word: str
    sources: frozenset[CaseState]
    target: CaseState | None
    roles: frozenset[Role]
    guards: tuple[Guard, ...] = ()


@dataclass(frozen=True, slots=True)
class StepMove:
    """One move of a step, while the case is accepted or in work."""

    action: str
    word: str
    sources: frozenset[StepState]
    target: StepState | None
    guards: tuple[Guard, ...] = ()
    cases: frozenset[CaseState] = frozenset({C.ACCEPTED, C.IN_WORK})
    roles: frozenset[Role] = frozenset({Role.OFFICER, Role.COORDINATOR})


_O, _C, _R = Role.OFFICER, Role.COORDINATOR, Role.REVISITOR
ACTIVE = frozenset({C.CONSULTING, C.COMMISSIONED, C.ACCEPTED, C.IN_WORK, C.SUSPENDED})
_COMMISSIONED = ACTIVE - {C.CONSULTING}

# ---------------------------------------------------------------------- guards


def _agent_or_coordinator(view: CaseView, actor: Actor) -> str | None:
    if Role.COORDINATOR in actor.roles or view.case.is_agent(actor.person):
        return None
    names = "、".join(agent.name for agent in view.case.agents)
    return f"这件代办由{names or '代办员'}办理，请联系代办员或协调员。"


def _agent(view: CaseView, actor: Actor) -> str | None:
    return None if view.case.is_agent(actor.person) else "代办员一方由这件代办的代办员本人确认。"


def _commission_signed(view: CaseView, _: Actor) -> str | None:
    if view.papers.get(COMMISSION, 0):
        return None
    return "还没有签字的委托书。请先打印委托书，签字后拍照或扫描，添加为「委托书签字件」。"


def _renewal_signed(view: CaseView, _: Actor) -> str | None:
    if view.papers.get(RENEWAL, 0) > view.case.renewals:
        return None
    return "还没有签字的续办委托书。请先打印续办委托书，签字后添加为「续办委托书签字件」。"


def _settlement_signed(view: CaseView, _: Actor) -> str | None:
    if view.papers.get(SETTLEMENT, 0):
        return None
    return "还没有签字的办结单。请先打印办结单，签字后添加为「办结单签字件」。"


def _steps_ended(view: CaseView, _: Actor) -> str | None:
    left = [step.name for _, step in view.case.ordered if step.state not in STEP_ENDED]
    return f"还有环节没有办结：{'、'.join(left)}。" if left else None


def _nothing_lacking(view: CaseView, _: Actor) -> str | None:
    left = [name for _, step in view.case.ordered for name in step.lacking]
    return f"还有缺件没有补齐：{'、'.join(left)}。" if left else None


def _materials_back(view: CaseView, _: Actor) -> str | None:
    left = view.case.kept_materials
    return f"企业的原件还没有还清：{'、'.join(left)}。" if left else None


def _enterprise_not_signed(view: CaseView, _: Actor) -> str | None:
    return "企业已经确认过办结。" if view.case.enterprise_signed_on else None


def _agent_not_signed(view: CaseView, _: Actor) -> str | None:
    return "代办员已经确认过办结。" if view.case.agent_signed_on else None


def _both_signed(view: CaseView, _: Actor) -> str | None:
    if not view.case.enterprise_signed_on:
        return "企业还没有确认办结。办结要企业和代办员双方签字。"
    return None if view.case.agent_signed_on else "代办员还没有确认办结。办结要企业和代办员双方签字。"


def _something_kept(view: CaseView, _: Actor) -> str | None:
    kept = any(row.returned_on is None for row in view.case.materials.values())
    return None if kept else "没有还在手里的材料。"


def _not_own_work(view: CaseView, actor: Actor) -> str | None:
    return "代办员不能回访自己办的代办，请由别的回访员回访。" if view.case.is_agent(actor.person) else None


def _predecessors_ended(view: CaseView, _: Actor) -> str | None:
    left = view.case.waits_for(view.one)
    return f"要等前置环节办结：{'、'.join(left)}。" if left else None


def _optional(view: CaseView, _: Actor) -> str | None:
    return None if view.one.optional else f"「{view.one.name}」是必经环节，不能记为不涉及。"


def _clock_runs(view: CaseView, _: Actor) -> str | None:
    return "正在停钟，请先恢复计时。" if view.one.stop else None


def _clock_stands(view: CaseView, _: Actor) -> str | None:
    return None if view.one.stop else "没有停钟，不用恢复。"


def _supplied_first(view: CaseView, _: Actor) -> str | None:
    if view.one.mode is StepMode.LACKING and view.one.lacking:
        return f"容缺的材料要先补齐才能办结：{'、'.join(view.one.lacking)}。"
    return None


def _lacks_something(view: CaseView, _: Actor) -> str | None:
    return None if view.one.lacking else "没有缺件。"


def _expires(view: CaseView, _: Actor) -> str | None:
    if view.one.expires_on is None:
        return "这个环节没有有效期。"
    return "已记过开工或使用，不再提醒。" if view.one.used_on else None


# ---------------------------------------------------------------------- the tables


def _case(
    action: str,
    word: str,
    sources: Iterable[CaseState],
    target: CaseState | None,
    roles: Iterable[Role],
    *guards: Guard,
) -> tuple[str, CaseMove]:
    return action, CaseMove(action, word, frozenset(sources), target, frozenset(roles), guards)


def _step(
    action: str, word: str, sources: Iterable[StepState], target: StepState | None, *guards: Guard
) -> tuple[str, StepMove]:
    return action, StepMove(action, word, frozenset(sources), target, (_agent_or_coordinator, *guards))


CASE_MOVES: Mapping[str, CaseMove] = dict(
    (
        _case("agency.commission", "签委托", {C.CONSULTING}, C.COMMISSIONED, {_O, _C}, _commission_signed),
        _case("agency.accept", "受理", {C.COMMISSIONED}, C.ACCEPTED, {_C}),
        _case("agency.agents", "换代办员", _COMMISSIONED, None, {_C}),
        _case("agency.hand_over", "收材料", ACTIVE, None, {_O, _C}),
        _case(
            "agency.hand_back", "还材料", ACTIVE | {C.SETTLED, C.TERMINATED}, None, {_O, _C}, _something_kept
        ),
        _case("agency.contact", "记联系", ACTIVE, None, {_O, _C}),
        _case("agency.note", "写进展", ACTIVE, None, {_O, _C}),
        _case(
            "agency.suspend", "中止", {C.ACCEPTED, C.IN_WORK}, C.SUSPENDED, {_O, _C}, _agent_or_coordinator
        ),
        _case("agency.renew", "续办", {C.SUSPENDED}, None, {_O, _C}, _agent_or_coordinator, _renewal_signed),
        _case("agency.terminate", "终止", ACTIVE, C.TERMINATED, {_O, _C}, _materials_back),
        _case(
            "agency.sign_enterprise",
            "企业确认办结",
            {C.IN_WORK},
            None,
            {_O, _C},
            _agent_or_coordinator,
            _steps_ended,
            _nothing_lacking,
            _materials_back,
            _settlement_signed,
            _enterprise_not_signed,
        ),
        _case(
            "agency.sign_agent",
            "代办员确认办结",
            {C.IN_WORK},
            None,
            {_O, _C},
            _agent,
            _steps_ended,
            _nothing_lacking,
            _materials_back,
            _agent_not_signed,
        ),
        _case(
            "agency.settle",
            "办结",
            {C.IN_WORK},
            C.SETTLED,
            {_O, _C},
            _agent_or_coordinator,
            _steps_ended,
            _nothing_lacking,
            _materials_back,
            _both_signed,
        ),
        _case("agency.revisit", "回访", {C.SETTLED}, C.REVISITED, {_R, _C}, _not_own_work),
        # What the centre does by itself.
        _case("agency.retime", "重算期限", {C.ACCEPTED, C.IN_WORK}, None, {Role.ADMIN}),
    )
)
"""The case is born by `agency.open`. 续办 leads back to the state it was suspended from."""

_WORKING = {S.PREPARING, S.FILED, *RUNNING}
STEP_MOVES: Mapping[str, StepMove] = dict(
    (
        _step("agency.step_start", "启动", {S.NOT_STARTED}, S.PREPARING, _predecessors_ended),
        _step("agency.step_skip", "不涉及", {S.NOT_STARTED, S.PREPARING}, S.NOT_INVOLVED, _optional),
        _step("agency.step_file", "报送", {S.PREPARING}, S.FILED),
        _step("agency.step_accept", "部门受理", {S.FILED}, S.ACCEPTED),
        _step("agency.step_correct", "要补正", {S.FILED, S.ACCEPTED, S.REVIEWING}, S.CORRECTING, _clock_runs),
        _step("agency.step_corrected", "补正好了", {S.CORRECTING}, None),
        _step("agency.step_review", "进入审查", {S.ACCEPTED}, S.REVIEWING),
        _step("agency.step_stop", "停钟", {S.ACCEPTED, S.REVIEWING}, None, _clock_runs),
        _step("agency.step_resume", "恢复计时", {S.ACCEPTED, S.REVIEWING}, None, _clock_stands),
        _step("agency.step_supply", "补缺件", {S.FILED, *RUNNING, S.DONE}, None, _lacks_something),
        _step(
            "agency.step_done", "环节办结", {S.ACCEPTED, S.REVIEWING}, S.DONE, _clock_runs, _supplied_first
        ),
        _step("agency.step_reject", "退件", {S.FILED, *RUNNING}, S.REJECTED),
        _step("agency.step_halt", "环节中止", _WORKING, S.HALTED),
        _step("agency.step_restart", "重新编制", {S.REJECTED, S.HALTED}, S.PREPARING, _predecessors_ended),
        _step("agency.step_person", "换责任人", {S.NOT_STARTED, S.REJECTED, S.HALTED, *_WORKING}, None),
    )
)
_VALID = StepMove(
    "agency.step_validity",
    "登记延期或使用",
    frozenset({S.DONE}),
    None,
    (_expires,),
    frozenset({C.ACCEPTED, C.IN_WORK, C.SUSPENDED, C.SETTLED, C.REVISITED}),
)
STEP_MOVES = {**STEP_MOVES, _VALID.action: _VALID}
"""`agency.step_corrected` leads back to 已受理, or to 已报送 where the department had not accepted it yet. What was granted is
still looked after when the case is closed."""


def reason_not(move: CaseMove | StepMove, view: CaseView, actor: Actor) -> str | None:
    """Why this person may not do this now, or None. Roles and states are looked at by the caller."""
    return next((text for guard in move.guards if (text := guard(view, actor))), None)


def case_moves(case: AgencyCase, papers: Mapping[str, int], actor: Actor) -> tuple[CaseMove, ...]:
    """What a person may do with the case now."""
    view = CaseView(case, papers)
    return tuple(
        move
        for move in CASE_MOVES.values()
        if case.state in move.sources and actor.roles & move.roles and reason_not(move, view, actor) is None
    )


def step_moves(case: AgencyCase, key: str, papers: Mapping[str, int], actor: Actor) -> tuple[StepMove, ...]:
    """What a person may do with one of its steps now."""
    step = case.steps[key]
    view = CaseView(case, papers, step)
    return tuple(
        move
        for move in STEP_MOVES.values()
        if case.state in move.cases
        and step.state in move.sources
        and actor.roles & move.roles
        and reason_not(move, view, actor) is None
    )


LEADING_ON = (
    *("agency.commission", "agency.renew", "agency.sign_enterprise", "agency.sign_agent", "agency.settle"),
    *("agency.step_start", "agency.step_restart", "agency.step_done"),
)
"""Moves one asks after when they cannot be made: the way to the end leads through them."""


def blocked(
    case: AgencyCase, papers: Mapping[str, int], actor: Actor, key: str | None = None
) -> tuple[tuple[str, str], ...]:
    """(word, reason) of what would lead on, by role and state, if a guard did not stand in the way."""
    view = CaseView(case, papers, case.steps[key] if key is not None else None)
    found: list[tuple[str, str]] = []
    for action in LEADING_ON:
        move = STEP_MOVES.get(action) if key is not None else CASE_MOVES.get(action)
        if move is None or not actor.roles & move.roles:
            continue
        if isinstance(move, StepMove):
            here = case.state in move.cases and view.one.state in move.sources
        else:
            here = case.state in move.sources
        why = reason_not(move, view, actor) if here else None
        if why and why not in (reason for _, reason in found):
            found.append((move.word, why))
    return tuple(found)
