"""The moves of a case's steps: begun, filed, accepted, corrected, stopped, ended (domain.md §8, AgcStep).

Who may do what from where stands in `agency_moves.STEP_MOVES`. What happens at a department happens on a day people name; the
promise runs from the day it accepted.
"""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from app.domain.agency_case import (
    MODE_NAMES,
    STOP_NAMES,
    CaseState,
    CaseStep,
    Missing,
    StepMode,
    StepState,
    StopReason,
)
from app.domain.agency_clock import add_months, in_time, moment_of, set_step_due
from app.domain.agency_moves import STEP_MOVES
from app.domain.changes.agency_cases import DAY
from app.domain.changes.agency_trail import CaseMoving, past_day
from app.domain.changes.base import Change, Context, Outcome, Refusal, change_function
from app.domain.clock import beijing_date
from app.domain.documents import Documents
from app.domain.issue import Stop

_ROLES = tuple(STEP_MOVES["agency.step_start"].roles)


class OfStep(BaseModel):
    """args every move of a step has: which step, and on which day it happened (today where nothing is said)."""

    step: str = Field(min_length=1, max_length=32)
    day: str | None = Field(default=None, pattern=DAY)


class Start(OfStep):
    """args of `agency.step_start` and `agency.step_restart`: which way it goes, who is in charge."""

    variant: str | None = None
    person: str | None = None


class Reasoned(OfStep):
    """args of moves with a reason."""

    reason: str = Field(min_length=1, max_length=500)


class File(OfStep):
    """args of `agency.step_file`: with `lacking` or `promise` what is missing and until when it comes."""

    mode: StepMode = StepMode.NORMAL
    missing: list[str] = Field(default=[], max_length=40)
    until: str | None = Field(default=None, pattern=DAY)


class AcceptStep(OfStep):
    """args of `agency.step_accept`."""

    number: str = Field(min_length=1, max_length=64)


class StopStep(OfStep):
    """args of `agency.step_stop`."""

    reason: StopReason
    text: str | None = Field(default=None, max_length=500)


class Supply(OfStep):
    """args of `agency.step_supply`: which of the missing pieces came."""

    pieces: list[str] = Field(min_length=1, max_length=40)


class Done(OfStep):
    """args of `agency.step_done`: the number of the approval, licence or answer."""

    number: str = Field(min_length=1, max_length=80)
    text: str | None = Field(default=None, max_length=1000)


class Validity(OfStep):
    """args of `agency.step_validity`: prolonged until a day, or made use of (`used`)."""

    until: str | None = Field(default=None, pattern=DAY)
    used: bool = False


class Charge(OfStep):
    """args of `agency.step_person`."""

    person: str = Field(min_length=1, max_length=64)


def _put_in_charge(move: CaseMoving, person: str | None) -> None:
    """责任人 is one of the agents; the first of them where nobody is named."""
    case, step = move.case, move.step
    chosen = person or step.person or (case.agents[0].person if case.agents else None)
    found = next((agent for agent in case.agents if agent.person == chosen), None)
    if found is None:
        if person is None and case.agents:
            found = case.agents[0]
        else:
            raise Refusal("person", "责任人要是这件代办的代办员，请重新选择。", field="person")
    step.person, step.person_name = found.person, found.name


def _choose_variant(step: CaseStep, key: str | None) -> str | None:
    """Its name, with its promise taken over. Refusal where the step has variants and none of them was named."""
    if not step.variants:
        return None
    found = next((variant for variant in step.variants if variant.key == key), None)
    if found is None:
        names = "、".join(variant.name for variant in step.variants)
        raise Refusal("variant", f"请选择「{step.name}」是哪一种：{names}。", field="variant")
    step.variant = found.key
    step.limit_days, step.half = found.days, found.half
    step.validity_months, step.remind_days = found.validity_months, found.remind_days
    step.validity_note = found.validity_note
    return found.name


@change_function("agency.step_start", *_ROLES)
def start(documents: Documents, change: Change, context: Context) -> Outcome:
    """启动: only when its predecessors have ended. The first one takes the case into work."""
    args = Start.model_validate(change.args)
    move = CaseMoving(documents, change, context, args.step)
    variant = _choose_variant(move.step, args.variant)
    _put_in_charge(move, args.person)
    ends = [move.case.steps[key].ended_on for key in move.step.needs if key in move.case.steps]
    move.step.started_on = past_day(args.day, context, move.case.commissioned_on, *ends)
    return move.finish(variant, target=CaseState.IN_WORK)


@change_function("agency.step_restart", *_ROLES)
def restart(documents: Documents, change: Change, context: Context) -> Outcome:
    """重新编制 after it was sent back or halted: a new promise; what was is in the trail."""
    args = Start.model_validate(change.args)
    move = CaseMoving(documents, change, context, args.step)
    step = move.step
    variant = _choose_variant(step, args.variant or step.variant)
    _put_in_charge(move, args.person)
    step.restarts += 1
    step.mode = StepMode.NORMAL
    step.stops, step.missing = [], []
    for name in ("filed_on", "accepted_on", "acceptance_number", "ended_on", "missing_until"):
        setattr(step, name, None)
    step.clock_from = step.due_at = step.in_time = step.reason = None
    step.due_provisional = False
    return move.finish(variant, target=CaseState.IN_WORK)


@change_function("agency.step_skip", *_ROLES)
def skip(documents: Documents, change: Change, context: Context) -> Outcome:
    """不涉及: only where the template says it may be; what follows need not wait for it."""
    args = Reasoned.model_validate(change.args)
    move = CaseMoving(documents, change, context, args.step)
    move.step.ended_on = past_day(args.day, context, move.step.started_on)
    move.step.reason = args.reason
    return move.finish(args.reason)


@change_function("agency.step_file", *_ROLES)
def file(documents: Documents, change: Change, context: Context) -> Outcome:
    """报送: 正常, or 容缺 / 告知承诺 with what is missing and the day it shall come."""
    args = File.model_validate(change.args)
    move = CaseMoving(documents, change, context, args.step)
    step = move.step
    pieces = list(dict.fromkeys(name.strip() for name in args.missing if name.strip()))
    day = past_day(args.day, context, step.started_on)
    if args.mode is StepMode.NORMAL and pieces:
        raise Refusal("mode", "有缺件的，请选容缺或告知承诺。", field="mode")
    if args.mode is not StepMode.NORMAL and (not pieces or args.until is None):
        raise Refusal("missing", f"{MODE_NAMES[args.mode]}要写明缺哪些材料、哪天前补齐。", field="missing")
    if args.until is not None and args.until < day:
        raise Refusal("until", "补齐的日子不能早于报送的日子。", field="until")
    step.mode = args.mode
    step.missing = [Missing(name=name) for name in pieces]
    step.missing_until = args.until if pieces else None
    step.filed_on = day
    return move.finish(f"{MODE_NAMES[args.mode]}，缺{'、'.join(pieces)}" if pieces else MODE_NAMES[args.mode])


@change_function("agency.step_accept", *_ROLES)
def accept(documents: Documents, change: Change, context: Context) -> Outcome:
    """部门受理: with its number; the promise runs from the day after."""
    args = AcceptStep.model_validate(change.args)
    move = CaseMoving(documents, change, context, args.step)
    step = move.step
    step.accepted_on = past_day(args.day, context, step.filed_on, _last_stop(step))
    step.acceptance_number = args.number
    step.clock_from = moment_of(step.accepted_on)
    set_step_due(step, context.calendar)
    return move.finish(f"受理号 {args.number}")


def _last_stop(step: CaseStep) -> str | None:
    return max((stop.until or stop.since for stop in step.stops), default=None)


def _stop(step: CaseStep, day: str, reason: StopReason) -> None:
    step.stops = [*step.stops, Stop(since=day, reason=reason.value)]


def _run_on(step: CaseStep, day: str, context: Context) -> None:
    step.stops = [
        stop if stop.until is not None else stop.model_copy(update={"until": day}) for stop in step.stops
    ]
    set_step_due(step, context.calendar)


@change_function("agency.step_correct", *_ROLES)
def correct(documents: Documents, change: Change, context: Context) -> Outcome:
    """要补正: what the department wants mended; its promise stands still meanwhile."""
    args = Reasoned.model_validate(change.args)
    move = CaseMoving(documents, change, context, args.step)
    step = move.step
    day = past_day(args.day, context, step.filed_on, step.accepted_on, _last_stop(step))
    if step.clock_from is not None:
        _stop(step, day, StopReason.CORRECTION)
    step.reason = args.reason
    return move.finish(args.reason)


@change_function("agency.step_corrected", *_ROLES)
def corrected(documents: Documents, change: Change, context: Context) -> Outcome:
    """补正好了: the promise runs on; where the department had not accepted it yet, it is filed again."""
    args = OfStep.model_validate(change.args)
    move = CaseMoving(documents, change, context, args.step)
    step = move.step
    day = past_day(args.day, context, step.filed_on, _last_stop(step))
    _run_on(step, day, context)
    step.reason = None
    return move.finish(None, step=StepState.ACCEPTED if step.clock_from else StepState.FILED)


@change_function("agency.step_review", *_ROLES)
def review(documents: Documents, change: Change, context: Context) -> Outcome:
    """进入审查."""
    args = OfStep.model_validate(change.args)
    return CaseMoving(documents, change, context, args.step).finish(None)


@change_function("agency.step_stop", *_ROLES)
def stop(documents: Documents, change: Change, context: Context) -> Outcome:
    """停钟: 评估, 公示, 听证 (补正 has its own move)."""
    args = StopStep.model_validate(change.args)
    move = CaseMoving(documents, change, context, args.step)
    if args.reason is StopReason.SUSPENDED:
        raise Refusal("reason", "停钟原因请选企业补正、评估、公示或听证。", field="reason")
    step = move.step
    _stop(step, past_day(args.day, context, step.accepted_on, _last_stop(step)), args.reason)
    name = STOP_NAMES[args.reason]
    return move.finish(f"{name}：{args.text}" if args.text else name)


@change_function("agency.step_resume", *_ROLES)
def resume(documents: Documents, change: Change, context: Context) -> Outcome:
    """恢复计时."""
    args = OfStep.model_validate(change.args)
    move = CaseMoving(documents, change, context, args.step)
    _run_on(move.step, past_day(args.day, context, _last_stop(move.step)), context)
    return move.finish(None)


@change_function("agency.step_supply", *_ROLES)
def supply(documents: Documents, change: Change, context: Context) -> Outcome:
    """补缺件: pieces that were lacking have come."""
    args = Supply.model_validate(change.args)
    move = CaseMoving(documents, change, context, args.step)
    step = move.step
    day = past_day(args.day, context, step.filed_on)
    if not set(args.pieces) <= {piece.name for piece in step.missing}:
        raise Refusal("pieces", "缺件清单里没有这份材料，请刷新后再选。", field="pieces")
    step.missing = [
        piece.model_copy(update={"supplied_on": piece.supplied_on or day})
        if piece.name in args.pieces
        else piece
        for piece in step.missing
    ]
    return move.finish("、".join(args.pieces))


@change_function("agency.step_done", *_ROLES)
def done(documents: Documents, change: Change, context: Context) -> Outcome:
    """环节办结: with the number of what was granted; from its day runs how long it is valid."""
    args = Done.model_validate(change.args)
    move = CaseMoving(documents, change, context, args.step)
    step = move.step
    step.ended_on = past_day(args.day, context, step.accepted_on, _last_stop(step))
    step.approval_number = args.number
    step.in_time = in_time(step, step.ended_on, context.calendar)
    if step.validity_months:
        step.expires_on = add_months(date.fromisoformat(step.ended_on), step.validity_months).isoformat()
    return move.finish(f"{args.number}　{args.text}" if args.text else args.number)


@change_function("agency.step_reject", *_ROLES)
def reject(documents: Documents, change: Change, context: Context) -> Outcome:
    """退件: it is made anew, or the case ends."""
    return _broken_off(documents, change, context)


@change_function("agency.step_halt", *_ROLES)
def halt(documents: Documents, change: Change, context: Context) -> Outcome:
    """环节中止."""
    return _broken_off(documents, change, context)


def _broken_off(documents: Documents, change: Change, context: Context) -> Outcome:
    args = Reasoned.model_validate(change.args)
    move = CaseMoving(documents, change, context, args.step)
    step = move.step
    day = past_day(args.day, context, step.started_on, step.filed_on, step.accepted_on, _last_stop(step))
    _run_on(step, day, context)
    step.ended_on = day
    step.reason = args.reason
    return move.finish(args.reason)


@change_function("agency.step_validity", *_ROLES)
def validity(documents: Documents, change: Change, context: Context) -> Outcome:
    """登记延期或使用: it is valid until another day, or work has begun and nothing need be recalled."""
    args = Validity.model_validate(change.args)
    move = CaseMoving(documents, change, context, args.step)
    step = move.step
    if args.used:
        step.used_on = past_day(args.day, context, step.ended_on)
        return move.finish("已开工或使用")
    if args.until is None or args.until <= beijing_date(context.now).isoformat():
        raise Refusal("until", "请填延期后的有效期，要晚于今天；已经开工或使用的请勾选。", field="until")
    step.expires_on = args.until
    step.renewals += 1
    return move.finish(f"延期到 {args.until}")


@change_function("agency.step_person", *_ROLES)
def charge(documents: Documents, change: Change, context: Context) -> Outcome:
    """换责任人."""
    args = Charge.model_validate(change.args)
    move = CaseMoving(documents, change, context, args.step)
    _put_in_charge(move, args.person)
    return move.finish(move.step.person_name)
