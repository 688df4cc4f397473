"""One case whole: facts, steps with their clocks, materials, contacts, files, trail, the Gantt, and what one may do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from app.domain.agency_case import (
    CASE_CLOSED,
    CASE_FILE,
    CASE_STATE_NAMES,
    END_GROUND_NAMES,
    MODE_NAMES,
    PAPER_NAMES,
    POWER_NAMES,
    RULE_NAMES,
    SIDE_NAMES,
    STEP_STATE_NAMES,
    STOP_NAMES,
    AgencyCase,
    AgencyEvent,
    CaseState,
    CaseStep,
    StepMode,
    StepState,
    StopReason,
)
from app.domain.agency_clock import Plan, days_left, plans, step_light
from app.domain.agency_moves import CASE_MOVES, STEP_MOVES, blocked, case_moves, step_moves
from app.domain.agency_template import CASE_TYPE_NAMES, Promise
from app.domain.clock import from_text
from app.domain.issue import Light, Stop
from app.domain.people import ROLE_NAMES, Role
from app.services import words
from app.services.attachments import AttachmentLine
from app.services.cases_acting import case_of, files, papers
from app.services.cases_forms import method_word
from app.services.cases_listing import CaseFilters, CaseLine, listing
from app.services.desk import Desk

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step as a row, and what stands beside it when it is chosen. `actions` are (name, word)."""

    key: str
    order: int
    name: str
    department: str
    state: StepState
    state_word: str
    light: Light
    who: str
    promise: str
    due_text: str
    left_word: str
    stopped: str
    number: str
    actions: tuple[tuple[str, str], ...]
    blocked: tuple[tuple[str, str], ...]
    facts: Facts


@dataclass(frozen=True, slots=True)
class MaterialLine:
    id: str
    name: str
    copies: str
    handed: str
    returned: str
    kept: bool


@dataclass(frozen=True, slots=True)
class ContactLine:
    """Who met whom. `met`: against the rule, in red with the reason."""

    when: str
    who: str
    about: str
    met: bool


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A signed paper that is wanted, and whether it is there."""

    purpose: str
    name: str
    there: int
    wanted: bool


@dataclass(frozen=True, slots=True)
class GanttRow:
    """One step on the 横道图."""

    name: str
    light: Light
    plan: Plan


@dataclass(frozen=True, slots=True)
class CasePage:
    """One case whole."""

    case: AgencyCase
    line: CaseLine
    facts: Facts
    steps: tuple[StepLine, ...]
    materials: tuple[MaterialLine, ...]
    contacts: tuple[ContactLine, ...]
    papers: tuple[PaperLine, ...]
    files: tuple[AttachmentLine, ...]
    trail: tuple[tuple[str, str], ...]
    gantt: tuple[GanttRow, ...]
    today: date
    actions: tuple[tuple[str, str], ...]
    blocked: tuple[tuple[str, str], ...]
    warning: str
    may_add: bool


def page(desk: Desk, id: str) -> CasePage:
    """KnownError where its enterprise is not on this laptop (`opened.open_bucket`, then sync)."""
    case = case_of(desk, id)
    (line,) = [one for one in listing(desk, CaseFilters(text=case.number)) if one.id == id]
    actor = desk.signed_in().actor
    there = papers(desk, case)
    steps = tuple(_step_line(desk, case, key, step, there) for key, step in case.ordered)
    found = plans(case, desk.calendar, desk.today)
    moves = [(move.action, move.word) for move in case_moves(case, there, actor)]
    return CasePage(
        case=case,
        line=line,
        facts=_facts(desk, case, line),
        steps=steps,
        materials=_materials(case),
        contacts=_contacts(case),
        papers=_papers(case, there),
        files=tuple(files(desk, id)),
        trail=_trail(desk, case),
        gantt=tuple(GanttRow(one.name, one.light, found[one.key]) for one in steps),
        today=desk.today,
        actions=tuple(moves),
        blocked=blocked(case, there, actor),
        warning=f"企业与部门见过 {case.meetings} 次面，原因见联系记录。" if case.meetings else "",
        may_add=bool(actor.roles & {Role.OFFICER, Role.COORDINATOR}),
    )


def _facts(desk: Desk, case: AgencyCase, line: CaseLine) -> Facts:
    until = words.day_of_text(case.commission_until) if case.commission_until else ""
    signed = words.day_of_text(case.commissioned_on) if case.commissioned_on else "还没有签"
    commission = f"{signed}，{case.commission_signed_by}签" if case.commissioned_on else signed
    rows = [
        ("编号", case.number),
        ("类型", f"{case.template_name} · {CASE_TYPE_NAMES[case.case_type]}"),
        ("项目", case.project or ""),
        ("方式", RULE_NAMES[case.contact_rule]),
        ("企业联系人", "，".join(part for part in (case.contact_name, case.contact_phone) if part)),
        ("代办员", line.agents or "签委托时确定"),
        ("委托", f"{commission}{f'，到 {until}' if until else ''}"),
        ("权限", "、".join(POWER_NAMES[power] for power in case.powers)),
        ("总时限", line.due_text),
        ("咨询内容", case.note or ""),
        ("中止原因", case.suspend_reason or ""),
        ("企业确认", _signed(case.enterprise_signed_by, case.enterprise_signed_on)),
        ("代办员确认", _signed(case.agent_signed_by, case.agent_signed_on)),
        ("办结", _settled(case)),
        (
            "终止",
            f"{END_GROUND_NAMES[case.terminate_ground]}：{case.terminate_text}"
            if case.terminate_ground
            else "",
        ),
        ("满意度", _satisfaction(desk, case)),
    ]
    return tuple((name, value) for name, value in rows if value)


def _signed(who: str | None, day: str | None) -> str:
    return f"{who}，{words.day_of_text(day)}" if who and day else ""


def _settled(case: AgencyCase) -> str:
    if case.settled_at is None:
        return ""
    return f"{words.moment(from_text(case.settled_at))}，{'按期' if case.settled_in_time else '有环节超期'}"


def _satisfaction(desk: Desk, case: AgencyCase) -> str:
    names = {item["code"]: item["name"] for item in desk.dictionary("revisit_satisfaction")}
    return "，".join(
        part for part in (names.get(case.satisfaction or "", ""), case.revisit_text or "") if part
    )


def _step_line(desk: Desk, case: AgencyCase, key: str, step: CaseStep, there: Counter[str]) -> StepLine:
    actor = desk.signed_in().actor
    light = step_light(case.state, case.steps, step, desk.calendar, desk.clock(), desk.rules.rules)
    left = days_left(step.due_at, desk.calendar, desk.clock())
    running = step.ended_on is None and step.stop is None and left is not None
    promise = Promise(days=step.limit_days, half=step.half).words if _promised(step) else "看情形"
    return StepLine(
        key=key,
        order=step.order,
        name=step.name,
        department=step.department_name or "企业",
        state=step.state,
        state_word=STEP_STATE_NAMES[step.state],
        light=light,
        who=step.person_name or "",
        promise=promise,
        due_text=_due(step),
        left_word=words.workdays_left_word(left) if running and left is not None else _ended(step),
        stopped=_stopped(step.stop) if step.stop else "",
        number=step.approval_number or step.acceptance_number or "",
        actions=tuple((move.action, move.word) for move in step_moves(case, key, there, actor)),
        blocked=blocked(case, there, actor, key),
        facts=_step_facts(case, step, promise),
    )


def _promised(step: CaseStep) -> bool:
    """Whether its promise is known: one with variants has none before one of them was chosen."""
    return not step.variants or step.variant is not None


def _due(step: CaseStep) -> str:
    if step.due_at is None:
        return ""
    return words.moment(from_text(step.due_at)) + ("，暂定" if step.due_provisional else "")


def _ended(step: CaseStep) -> str:
    if step.state is not StepState.DONE:
        return ""
    return {True: "按期", False: "超期", None: ""}[step.in_time]


def _stopped(stop: Stop) -> str:
    return f"{STOP_NAMES[StopReason(stop.reason)]}，{words.day_of_text(stop.since)}起"


def _step_facts(case: AgencyCase, step: CaseStep, promise: str) -> Facts:
    variant = next((one.name for one in step.variants if one.key == step.variant), "")
    waiting = case.waits_for(step) if step.state is StepState.NOT_STARTED else []
    lacking = f"{MODE_NAMES[step.mode]}，还缺{'、'.join(step.lacking)}" if step.lacking else ""
    if lacking and step.missing_until:
        lacking += f"，{words.day_of_text(step.missing_until)}前补齐"
    rows = [
        ("主办", step.department_name or "企业或咨询单位"),
        ("承诺", promise),
        ("情形", variant),
        ("前置", "、".join(case.steps[key].name for key in step.needs if key in case.steps)),
        ("在等", "、".join(waiting)),
        ("涉及判断", step.trigger),
        ("材料", "、".join(step.materials)),
        ("方式", "" if step.mode is StepMode.NORMAL and not step.filed_on else MODE_NAMES[step.mode]),
        ("缺件", lacking),
        ("启动", _day(step.started_on)),
        ("报送", _day(step.filed_on)),
        ("受理", "，".join(part for part in (_day(step.accepted_on), step.acceptance_number) if part)),
        ("承诺截止", _due(step)),
        ("停钟", "；".join(_span(stop) for stop in step.stops)),
        ("批复", "，".join(part for part in (_day(step.ended_on), step.approval_number) if part)),
        ("原因", step.reason or ""),
        ("有效期", _validity(step)),
    ]
    return tuple((name, value) for name, value in rows if value)


def _day(text: str | None) -> str:
    return words.day_of_text(text) if text else ""


def _span(stop: Stop) -> str:
    until = f"到{words.day_of_text(stop.until)}" if stop.until else "起"
    return f"{STOP_NAMES[StopReason(stop.reason)]} {words.day_of_text(stop.since)}{until}"


def _validity(step: CaseStep) -> str:
    if step.expires_on is None:
        return step.validity_note
    until = f"到 {step.expires_on}"
    return f"{until}，{'已开工或使用' if step.used_on else step.validity_note}"


def _materials(case: AgencyCase) -> tuple[MaterialLine, ...]:
    rows = sorted(case.materials.items(), key=lambda pair: pair[1].order)
    return tuple(
        MaterialLine(
            id=id,
            name=f"{row.name}（原件）" if row.original else row.name,
            copies=f"{row.copies} 套",
            handed=words.day_of_text(row.handed_on),
            returned=f"{words.day_of_text(row.returned_on)}，{row.returned_to}"
            if row.returned_on
            else "在手里",
            kept=row.returned_on is None,
        )
        for id, row in rows
    )


def _contacts(case: AgencyCase) -> tuple[ContactLine, ...]:
    rows = sorted(case.contacts.values(), key=lambda row: (row.day, row.order), reverse=True)
    found = []
    for row in rows:
        sides = "、".join(SIDE_NAMES[side] for side in row.sides)
        department = f"（{row.department_name}）" if row.department_name else ""
        step = case.steps[row.step].name if row.step in case.steps else ""
        about = "，".join(part for part in (step, method_word(row.method), row.about) if part)
        if row.met:
            about += f"。企业与部门见面：{row.why}"
        found.append(
            ContactLine(words.day_of_text(row.day), f"{sides}{department} {row.people}", about, row.met)
        )
    return tuple(found)


def _papers(case: AgencyCase, there: dict[str, int]) -> tuple[PaperLine, ...]:
    wanted = {
        "commission": case.state is CaseState.CONSULTING,
        "renewal": case.state is CaseState.SUSPENDED,
        "settlement": case.state is CaseState.IN_WORK and case.enterprise_signed_on is None,
        CASE_FILE: case.state not in CASE_CLOSED,
    }
    return tuple(
        PaperLine(purpose, name, there.get(purpose, 0), wanted[purpose])
        for purpose, name in PAPER_NAMES.items()
        if there.get(purpose, 0) or wanted[purpose]
    )


def _trail(desk: Desk, case: AgencyCase) -> tuple[tuple[str, str], ...]:
    """(when, what), the newest first."""
    found = [AgencyEvent.of(document) for document in desk.store.of_kind(AgencyEvent.kind)]
    events = sorted((one for one in found if one.case == case.id), key=lambda one: one.order, reverse=True)
    return tuple(
        (words.moment_near(from_text(one.at), desk.clock()), event_text(case, one)) for one in events
    )


def event_text(case: AgencyCase, event: AgencyEvent) -> str:
    """`王敏（驻企联络员）环境影响评价 · 部门受理：受理号 123`."""
    role = ROLE_NAMES[Role(event.role)] if event.role else ""
    step = case.steps[event.step].name if event.step in case.steps else ""
    what = " · ".join(part for part in (step, action_word(event.action)) if part)
    return (
        f"{event.person_name}{f'（{role}）' if role else ''}{what}{f'：{event.text}' if event.text else ''}"
    )


def action_word(action: str) -> str:
    """The word of a move, also of those that are not in the tables."""
    if action in CASE_MOVES:
        return CASE_MOVES[action].word
    if action in STEP_MOVES:
        return STEP_MOVES[action].word
    return {"agency.open": "登记咨询", "enterprise.merge": "随企业并入"}.get(action, "其他操作")


def timeline(case: AgencyCase, event: AgencyEvent) -> str:
    """What the enterprise's page says of an event."""
    step = f" {case.steps[event.step].name}" if event.step in case.steps else ""
    word = CASE_STATE_NAMES[event.to_state] if not step else ""
    return f"代办「{case.title}」{step} {action_word(event.action)}{f'（{word}）' if word else ''}"
