"""The moves of a whole case: opened, commissioned, accepted, suspended, renewed, closed by both, revisited (domain.md §8, §2.4).

Who may do what from where stands in `agency_moves.CASE_MOVES`; the effects stand here, one function a move.
"""

from __future__ import annotations

from pydantic import BaseModel, Field

from app.domain import buckets
from app.domain.agency_case import (
    END_GROUND_NAMES,
    MOST_AGENTS,
    POWER_NAMES,
    RUNNING,
    SIDE_NAMES,
    AgencyCase,
    Agent,
    CaseContact,
    CaseState,
    CaseStep,
    ContactRule,
    EndGround,
    Material,
    Power,
    Side,
    StopReason,
)
from app.domain.agency_clock import retime, set_step_due
from app.domain.agency_moves import CASE_MOVES
from app.domain.agency_template import CaseTemplate, TemplateStep
from app.domain.changes.agency_trail import CaseMoving, check_kind, outcome_of, past_day, write_down
from app.domain.changes.base import Change, Context, Outcome, Refusal, change_function, need
from app.domain.changes.issue_review import SATISFACTION
from app.domain.clock import beijing_date, from_text, to_text
from app.domain.documents import Documents
from app.domain.enterprise import Enterprise
from app.domain.ids import derived_id
from app.domain.issue import Stop
from app.domain.people import Role

DAY = r"^\d{4}-\d{2}-\d{2}$"


class Open(BaseModel):
    """args of `agency.open`. `fit`: nothing secret, nothing of safety, and the enterprise wants it of its own will (§2.4)."""

    local_number: str
    template: str
    title: str | None = Field(default=None, max_length=60)
    contact_rule: ContactRule = ContactRule.NO_MEETING
    project: str | None = Field(default=None, max_length=80)
    contact_name: str | None = Field(default=None, max_length=64)
    contact_phone: str | None = Field(default=None, max_length=32)
    note: str | None = Field(default=None, max_length=1000)
    fit: bool = False


class Commission(BaseModel):
    """args of `agency.commission`."""

    agents: list[Agent] = Field(min_length=1)
    powers: list[Power] = Field(min_length=1)
    signed_by: str = Field(min_length=1, max_length=64)
    day: str | None = Field(default=None, pattern=DAY)
    until: str | None = Field(default=None, pattern=DAY)


class Agents(BaseModel):
    """args of `agency.agents`."""

    agents: list[Agent] = Field(min_length=1)
    reason: str = Field(min_length=1, max_length=500)


class Piece(BaseModel):
    """One row handed over."""

    name: str = Field(min_length=1, max_length=120)
    copies: int = Field(default=1, ge=1, le=999)
    original: bool = False


class HandOver(BaseModel):
    """args of `agency.hand_over`: what the enterprise gave."""

    materials: list[Piece] = Field(min_length=1, max_length=60)
    day: str | None = Field(default=None, pattern=DAY)


class HandBack(BaseModel):
    """args of `agency.hand_back`: ids of the rows that went back, and to whom."""

    materials: list[str] = Field(min_length=1, max_length=200)
    to: str = Field(min_length=1, max_length=64)
    day: str | None = Field(default=None, pattern=DAY)


class LogContact(BaseModel):
    """args of `agency.contact`."""

    sides: list[Side] = Field(min_length=1)
    method: str = Field(min_length=1, max_length=32)
    people: str = Field(min_length=1, max_length=200)
    department: str | None = None
    step: str | None = None
    about: str = Field(min_length=1, max_length=500)
    why: str | None = Field(default=None, max_length=500)
    day: str | None = Field(default=None, pattern=DAY)


class Words(BaseModel):
    """args of `agency.note`."""

    text: str = Field(min_length=1, max_length=2000)


class Suspend(BaseModel):
    """args of `agency.suspend`."""

    reason: str = Field(min_length=1, max_length=500)


class Renew(BaseModel):
    """args of `agency.renew`: the new commission's last day."""

    until: str | None = Field(default=None, pattern=DAY)
    text: str | None = Field(default=None, max_length=500)


class Terminate(BaseModel):
    """args of `agency.terminate`."""

    ground: EndGround
    text: str = Field(min_length=1, max_length=1000)


class Sign(BaseModel):
    """args of `agency.sign_enterprise` (`signed_by` of the enterprise) and `agency.sign_agent` (none)."""

    signed_by: str | None = Field(default=None, max_length=64)
    day: str | None = Field(default=None, pattern=DAY)


class Settle(BaseModel):
    """args of `agency.settle`."""

    text: str | None = Field(default=None, max_length=1000)


class RevisitCase(BaseModel):
    """args of `agency.revisit`."""

    method: str = Field(min_length=1, max_length=32)
    satisfaction: str
    text: str | None = Field(default=None, max_length=2000)


@change_function("agency.open", Role.OFFICER, Role.COORDINATOR)
def open_(documents: Documents, change: Change, context: Context) -> Outcome:
    """登记咨询: a case after a template, with all its steps not begun."""
    args = Open.model_validate(change.args)
    check_kind(change)
    enterprise = Enterprise.of(need(documents, Enterprise.kind, buckets.subject_of(change.bucket)))
    if documents.get(AgencyCase.kind, change.doc[1]) is not None:
        raise Refusal("exists", "这条记录已经存在，没有覆盖它。请刷新后重新提交。", id=change.doc[1])
    template = context.dictionaries.case_template(args.template)
    if template is None:
        raise Refusal("template", "没有这个代办模板，请重新选择。", field="template")
    if not args.fit:
        raise Refusal(
            "not_fit", "涉密、涉安全的事项不能代办；企业自愿、无偿才能代办。请核实后勾选。", field="fit"
        )
    case = AgencyCase(
        id=change.doc[1],
        number=context.number("case", args.local_number),
        local_number=args.local_number,
        enterprise=enterprise.id,
        enterprise_name=enterprise.name,
        title=args.title or template.name,
        template=template.id,
        template_name=template.name,
        template_version=context.dictionaries.case_templates_version,
        case_type=template.case_type,
        total_days=template.total_days,
        opened_at=to_text(from_text(change.at)),
        opened_by=context.actor.person,
        opened_by_name=context.actor.name,
        steps=_steps(template, context),
        **args.model_dump(include={"contact_rule", "project", "contact_name", "contact_phone", "note"}),
    )
    return outcome_of(case, write_down(case, {}, change, context, template.name))


def _steps(template: CaseTemplate, context: Context) -> dict[str, CaseStep]:
    return {step.key: _step(order, step, context) for order, step in enumerate(template.steps, start=1)}


def _step(order: int, step: TemplateStep, context: Context) -> CaseStep:
    name = context.dictionaries.department_name(step.department) if step.department else None
    return CaseStep(
        order=order,
        department_name=name,
        limit_days=step.days,
        needs=list(step.needs),
        materials=list(step.materials),
        variants=list(step.variants),
        **step.model_dump(
            include={
                *("name", "department", "optional", "trigger", "half"),
                *("validity_months", "remind_days", "validity_note"),
            }
        ),
    )


def _check_agents(agents: list[Agent]) -> None:
    people = [agent.person for agent in agents]
    if len(people) > MOST_AGENTS or len(set(people)) != len(people):
        raise Refusal("agents", f"一件代办由 1–{MOST_AGENTS} 人全程办理，请重新选择代办员。", field="agents")


@change_function("agency.commission", *CASE_MOVES["agency.commission"].roles)
def commission(documents: Documents, change: Change, context: Context) -> Outcome:
    """签委托: who acts, what he may do, until when; the signed paper hangs on the case already."""
    args = Commission.model_validate(change.args)
    move = CaseMoving(documents, change, context)
    case = move.case
    _check_agents(args.agents)
    day = past_day(args.day, context)
    if args.until is not None and args.until < day:
        raise Refusal("until", "委托期限不能早于签委托的日子。", field="until")
    case.agents = args.agents
    case.powers = list(dict.fromkeys(args.powers))
    case.commissioned_on = day
    case.commission_until = args.until
    case.commission_signed_by = args.signed_by
    names = "、".join(agent.name for agent in case.agents)
    return move.finish(f"{names}：{'、'.join(POWER_NAMES[power] for power in case.powers)}")


@change_function("agency.accept", *CASE_MOVES["agency.accept"].roles)
def accept(documents: Documents, change: Change, context: Context) -> Outcome:
    """受理: the promise for the whole case runs from here."""
    move = CaseMoving(documents, change, context)
    move.case.accepted_at = to_text(context.now)
    move.case.accepted_by_name = context.actor.name
    return move.finish(None)


@change_function("agency.agents", *CASE_MOVES["agency.agents"].roles)
def agents(documents: Documents, change: Change, context: Context) -> Outcome:
    """换代办员."""
    args = Agents.model_validate(change.args)
    move = CaseMoving(documents, change, context)
    _check_agents(args.agents)
    move.case.agents = args.agents
    return move.finish(f"{'、'.join(agent.name for agent in args.agents)}：{args.reason}")


@change_function("agency.hand_over", *CASE_MOVES["agency.hand_over"].roles)
def hand_over(documents: Documents, change: Change, context: Context) -> Outcome:
    """收材料: rows of the list the commission names."""
    args = HandOver.model_validate(change.args)
    move = CaseMoving(documents, change, context)
    case = move.case
    day = past_day(args.day, context)
    first = max((row.order for row in case.materials.values()), default=0) + 1
    for order, piece in enumerate(args.materials, start=first):
        row = Material(order=order, handed_on=day, handed_by_name=context.actor.name, **piece.model_dump())
        case.materials[derived_id(change.mid, f"material:{order}")] = row
    return move.finish("、".join(piece.name for piece in args.materials))


@change_function("agency.hand_back", *CASE_MOVES["agency.hand_back"].roles)
def hand_back(documents: Documents, change: Change, context: Context) -> Outcome:
    """还材料: with the day and who took it back. What is back already is left as it is."""
    args = HandBack.model_validate(change.args)
    move = CaseMoving(documents, change, context)
    names = []
    for id in dict.fromkeys(args.materials):
        row = move.case.materials.get(id)
        if row is None:
            raise Refusal("material", "没有这份材料，请刷新后再选。", field="materials")
        if row.returned_on is None:
            row.returned_on = past_day(args.day, context, row.handed_on)
            row.returned_to = args.to
            names.append(row.name)
    return move.finish(f"{'、'.join(names)}：{args.to}") if names else Outcome()


@change_function("agency.contact", *CASE_MOVES["agency.contact"].roles)
def contact(documents: Documents, change: Change, context: Context) -> Outcome:
    """记联系: who met whom. Enterprise and department together break 两个不见面: written down with the reason, and warned of."""
    args = LogContact.model_validate(change.args)
    move = CaseMoving(documents, change, context)
    case = move.case
    sides = [side for side in Side if side in args.sides]
    if Side.DEPARTMENT in sides and not args.department:
        raise Refusal("department", "和部门的联系，请选是哪个部门。", field="department")
    if args.department and args.department not in {one.id for one in context.dictionaries.departments}:
        raise Refusal("department", "部门不存在，请重新选择。", field="department")
    if args.step is not None and args.step not in case.steps:
        raise Refusal("step", "这件代办没有这个环节，请刷新后再看。", field="step")
    met = breaks_rule(case.contact_rule, sides)
    if met and not (args.why or "").strip():
        raise Refusal("why", "企业与部门见了面，请写明原因，例如法定须本人到场。", field="why")
    row = CaseContact(
        order=max((one.order for one in case.contacts.values()), default=0) + 1,
        day=past_day(args.day, context),
        method=args.method,
        sides=sides,
        people=args.people,
        department=args.department,
        department_name=context.dictionaries.department_name(args.department) if args.department else None,
        step=args.step,
        about=args.about,
        met=met,
        why=args.why if met else None,
        by_name=context.actor.name,
    )
    case.contacts[derived_id(change.mid, "contact")] = row
    text = f"{'、'.join(SIDE_NAMES[side] for side in sides)}：{args.about}"
    return move.finish(f"{text}（企业与部门见面：{args.why}）" if met else text)


def breaks_rule(rule: ContactRule, sides: list[Side]) -> bool:
    """两个不见面 (domain.md §1, 23): what goes to a department goes through the agent, the enterprise is not there."""
    return rule is ContactRule.NO_MEETING and {Side.ENTERPRISE, Side.DEPARTMENT} <= set(sides)


@change_function("agency.note", *CASE_MOVES["agency.note"].roles)
def note(documents: Documents, change: Change, context: Context) -> Outcome:
    """写进展: a line of the trail."""
    args = Words.model_validate(change.args)
    return CaseMoving(documents, change, context).finish(args.text)


@change_function("agency.suspend", *CASE_MOVES["agency.suspend"].roles)
def suspend(documents: Documents, change: Change, context: Context) -> Outcome:
    """中止: all clocks stand still, those of steps at a department too."""
    args = Suspend.model_validate(change.args)
    move = CaseMoving(documents, change, context)
    case = move.case
    today = beijing_date(context.now).isoformat()
    stop = Stop(since=today, reason=StopReason.SUSPENDED.value)
    case.stops = [*case.stops, stop]
    for step in case.steps.values():
        if step.state in RUNNING and step.stop is None:
            step.stops = [*step.stops, stop]
    case.suspended_from = move.source
    case.suspend_reason = args.reason
    return move.finish(args.reason)


@change_function("agency.renew", *CASE_MOVES["agency.renew"].roles)
def renew(documents: Documents, change: Change, context: Context) -> Outcome:
    """续办: under a new commission, from the state it was suspended in; the clocks run on."""
    args = Renew.model_validate(change.args)
    move = CaseMoving(documents, change, context)
    case = move.case
    today = beijing_date(context.now).isoformat()
    if args.until is not None and args.until < today:
        raise Refusal("until", "委托期限不能早于今天。", field="until")
    case.stops = _ended(case.stops, today)
    for step in case.steps.values():
        if step.stop is not None and step.stop.reason == StopReason.SUSPENDED:
            step.stops = _ended(step.stops, today)
            set_step_due(step, context.calendar)
    case.renewals += 1
    case.commission_until = args.until or case.commission_until
    case.suspend_reason = None
    target = case.suspended_from or CaseState.IN_WORK
    case.suspended_from = None
    return move.finish(args.text, target=target)


def _ended(stops: list[Stop], day: str) -> list[Stop]:
    return [stop if stop.until else stop.model_copy(update={"until": day}) for stop in stops]


@change_function("agency.terminate", *CASE_MOVES["agency.terminate"].roles)
def terminate(documents: Documents, change: Change, context: Context) -> Outcome:
    """终止: with one of the four grounds; every original is back with the enterprise."""
    args = Terminate.model_validate(change.args)
    move = CaseMoving(documents, change, context)
    move.case.terminated_at = to_text(context.now)
    move.case.terminate_ground = args.ground
    move.case.terminate_text = args.text
    return move.finish(f"{END_GROUND_NAMES[args.ground]}：{args.text}")


@change_function("agency.sign_enterprise", *CASE_MOVES["agency.sign_enterprise"].roles)
def sign_enterprise(documents: Documents, change: Change, context: Context) -> Outcome:
    """企业确认办结: who signed the paper."""
    args = Sign.model_validate(change.args)
    move = CaseMoving(documents, change, context)
    if not (args.signed_by or "").strip():
        raise Refusal("signed_by", "请写企业是谁签的字。", field="signed_by")
    move.case.enterprise_signed_on = past_day(args.day, context, *_ends(move.case))
    move.case.enterprise_signed_by = args.signed_by
    return move.finish(args.signed_by)


@change_function("agency.sign_agent", *CASE_MOVES["agency.sign_agent"].roles)
def sign_agent(documents: Documents, change: Change, context: Context) -> Outcome:
    """代办员确认办结: one of the agents himself."""
    args = Sign.model_validate(change.args)
    move = CaseMoving(documents, change, context)
    move.case.agent_signed_on = past_day(args.day, context, *_ends(move.case))
    move.case.agent_signed_by = context.actor.name
    return move.finish(context.actor.name)


def _ends(case: AgencyCase) -> list[str | None]:
    return [step.ended_on for step in case.steps.values()]


@change_function("agency.settle", *CASE_MOVES["agency.settle"].roles)
def settle(documents: Documents, change: Change, context: Context) -> Outcome:
    """办结: every step has ended and both have signed. In time when every promise was kept, the one for the
    whole too; neither where nothing could be promised."""
    args = Settle.model_validate(change.args)
    move = CaseMoving(documents, change, context)
    case = move.case
    kept = [step.in_time for step in case.steps.values() if step.in_time is not None]
    if case.due_at is not None:
        last = max(step.ended_on or "" for step in case.steps.values())
        kept.append(last <= beijing_date(from_text(case.due_at)).isoformat())
    case.settled_in_time = all(kept) if kept else None
    case.settled_at = to_text(context.now)
    return move.finish(args.text)


@change_function("agency.revisit", *CASE_MOVES["agency.revisit"].roles)
def revisit(documents: Documents, change: Change, context: Context) -> Outcome:
    """回访: by somebody who was not its agent."""
    args = RevisitCase.model_validate(change.args)
    move = CaseMoving(documents, change, context)
    if args.satisfaction not in SATISFACTION:
        raise Refusal("satisfaction", "满意度不在规定之内，请重新选择。", field="satisfaction")
    case = move.case
    case.satisfaction = args.satisfaction
    case.revisit_method = args.method
    case.revisit_text = args.text
    case.revisited_at = to_text(context.now)
    case.revisited_by_name = context.actor.name
    return move.finish(args.text)


@change_function("agency.retime", *CASE_MOVES["agency.retime"].roles)
def retime_(documents: Documents, change: Change, context: Context) -> Outcome:
    """重算期限: a year's calendar has come; the centre's own doing."""
    move = CaseMoving(documents, change, context)
    return move.finish(None) if retime(move.case, context.calendar) else Outcome()
