"""The moves while a department works: sign, object, progress, extension, stop, level, supervision, answer, verify."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function, need
from app.domain.changes.issue_trail import Move
from app.domain.changes.issues import Reason, check_departments, show_to_departments
from app.domain.clock import beijing_date, from_text, to_text
from app.domain.documents import Documents
from app.domain.ids import derived_id
from app.domain.issue import SUPERVISION_NAMES, Stop, Supervision, SupervisionLevel
from app.domain.issue_clock import end_stops, set_due
from app.domain.issue_moves import TRANSITIONS
from app.domain.people import Role

RESULTS = ("solved", "partly", "explained", "planned", "unable", "not_duty")
"""结果类型 (§2.2); their words stand in the dictionary `issue_results`."""
SUSPEND_REASONS = ("policy", "funds", "litigation", "enterprise")
"""挂账 only for these (§7.2); words in the dictionary `suspend_reasons`."""
CAUSES = ("due_soon", "progress", "overdue", "dissatisfied", "other")
"""触发原因 of a 督办单 (§2.2)."""
_LEVELS = list(SupervisionLevel)


class Objection(BaseModel):
    """args of `issue.object`."""

    reason: str = Field(min_length=1, max_length=500)
    suggested_department: str


class Progress(BaseModel):
    """args of `issue.progress`: one entry; nothing is overwritten."""

    text: str = Field(min_length=1, max_length=2000)


class AskExtension(BaseModel):
    """args of `issue.ask_extension`: working days more; the enterprise must know."""

    days: int = Field(ge=1, le=250)
    reason: str = Field(min_length=1, max_length=500)
    enterprise_informed: bool


class Suspend(BaseModel):
    """args of `issue.suspend`: `review_on` is a Beijing day, at most 60 working days ahead."""

    ground: str
    reason: str = Field(min_length=1, max_length=500)
    review_on: date


class Answer(BaseModel):
    """args of `issue.answer`."""

    result: str
    answer: str = Field(min_length=1, max_length=4000)
    basis: str | None = Field(default=None, max_length=2000)
    unresolved_reason: str | None = Field(default=None, max_length=2000)
    signed_by: str | None = Field(default=None, max_length=64)


class Supervise(BaseModel):
    """args of `issue.supervise`: by hand or by rule."""

    level: SupervisionLevel
    cause: str
    text: str | None = Field(default=None, max_length=500)
    by_rule: bool = False


class ReplySupervision(BaseModel):
    """args of `issue.reply_supervision`."""

    supervision: str
    reply: str = Field(min_length=1, max_length=2000)


@change_function("issue.sign", *TRANSITIONS["issue.sign"].roles)
def sign(documents: Documents, change: Change, context: Context) -> Outcome:
    """签收 by the main department; who signs handles it, where nobody was named."""
    move = Move(documents, change, context)
    issue = move.issue
    issue.signed_at = to_text(context.now)
    issue.signed_by = context.actor.person
    issue.signed_by_name = context.actor.name
    if issue.handler is None:
        issue.handler, issue.handler_name = context.actor.person, context.actor.name
    return move.finish(issue.department_name)


@change_function("issue.object", *TRANSITIONS["issue.object"].roles)
def object_(documents: Documents, change: Change, context: Context) -> Outcome:
    """异议退单: within a working day, with a reason and whom instead. The second one goes up to a leader."""
    args = Objection.model_validate(change.args)
    move = Move(documents, change, context)
    issue = move.issue
    check_departments(context, args.suggested_department)
    if args.suggested_department == issue.department:
        raise Refusal("department", "建议单位不能是本部门，请另选。", field="suggested_department")
    days = move.dictionaries.rules.object_days
    if issue.assigned_at and context.now > context.calendar.deadline(from_text(issue.assigned_at), days).at:
        raise Refusal("late", f"交办已超过 {days} 个工作日，不能再异议退单。请签收办理。")
    issue.objections += 1
    issue.objection_reason = args.reason
    issue.suggested_department = args.suggested_department
    issue.ruling_needed = issue.objections >= 2
    told = f"{issue.department_name}：{args.reason}"
    issue.department = issue.department_name = None
    issue.handler = issue.handler_name = None
    issue.joint, issue.joint_names, issue.joint_moved = [], [], []
    show_to_departments(issue)
    suggested = context.dictionaries.department_name(args.suggested_department)
    return move.finish(f"{told}。建议由{suggested}办理" + ("，报领导裁定" if issue.ruling_needed else ""))


@change_function("issue.progress", *TRANSITIONS["issue.progress"].roles)
def progress(documents: Documents, change: Change, context: Context) -> Outcome:
    """写进展: one more entry. The main department's first one is the first response."""
    args = Progress.model_validate(change.args)
    move = Move(documents, change, context)
    issue, actor = move.issue, context.actor
    handling = Role.HANDLER in actor.roles
    if handling and actor.department == issue.department and issue.first_response_at is None:
        issue.first_response_at = to_text(context.now)
    if handling and actor.department in issue.joint and actor.department not in issue.joint_moved:
        issue.joint_moved = [*issue.joint_moved, actor.department]
    return move.finish(args.text)


@change_function("issue.ask_extension", *TRANSITIONS["issue.ask_extension"].roles)
def ask_extension(documents: Documents, change: Change, context: Context) -> Outcome:
    """申请延期: once, a working day ahead at least, no longer than the limit itself, the enterprise told."""
    args = AskExtension.model_validate(change.args)
    move = Move(documents, change, context)
    issue, rules = move.issue, move.dictionaries.rules
    if not args.enterprise_informed:
        raise Refusal("not_informed", "申请延期前要先告知企业，请告知后再报。", field="enterprise_informed")
    if issue.due_at is None or issue.limit_days is None:
        raise Refusal("no_limit", "这件诉求没有办结期限，不需要延期。")
    if context.calendar.workdays_left(context.now, from_text(issue.due_at)) < rules.extension_ahead:
        raise Refusal("late", f"延期要在到期前至少 {rules.extension_ahead} 个工作日申请，现在来不及了。")
    if args.days > rules.longest_extension(issue.limit_days):
        most = rules.longest_extension(issue.limit_days)
        raise Refusal("too_long", f"延期最多 {most} 个工作日，不超过原时限。", field="days")
    issue.extension_asked_days = args.days
    issue.extension_reason = args.reason
    return move.finish(f"{args.days} 个工作日：{args.reason}")


@change_function("issue.extend", *TRANSITIONS["issue.extend"].roles)
def extend(documents: Documents, change: Change, context: Context) -> Outcome:
    """同意延期: the deadline moves by the days asked for."""
    move = Move(documents, change, context)
    issue = move.issue
    days = issue.extension_asked_days or 0
    issue.extension_days += days
    issue.extensions += 1
    issue.extension_asked_days = None
    set_due(issue, context.calendar)
    # What was sent about the old deadline is no word on the new one.
    issue.lights_sent = []
    return move.finish(f"延长 {days} 个工作日")


@change_function("issue.deny_extension", *TRANSITIONS["issue.deny_extension"].roles)
def deny_extension(documents: Documents, change: Change, context: Context) -> Outcome:
    """驳回延期: the deadline stands, and the one request is used up."""
    args = Reason.model_validate(change.args)
    move = Move(documents, change, context)
    move.issue.extensions += 1
    move.issue.extension_asked_days = None
    return move.finish(args.reason)


@change_function("issue.suspend", *TRANSITIONS["issue.suspend"].roles)
def suspend(documents: Documents, change: Change, context: Context) -> Outcome:
    """挂账: the clock stops; counted by itself; to be looked at again on a day."""
    args = Suspend.model_validate(change.args)
    move = Move(documents, change, context)
    issue, rules = move.issue, move.dictionaries.rules
    if args.ground not in SUSPEND_REASONS:
        raise Refusal("ground", "挂账只限四种情形，请重新选择。", field="ground")
    today = beijing_date(context.now)
    latest, _ = context.calendar.nth_workday_after(today, rules.suspend_most)
    if not today < args.review_on <= latest:
        raise Refusal(
            "review_on",
            f"复核日要在明天到 {latest.isoformat()} 之间（不超过 {rules.suspend_most} 个工作日）。",
            field="review_on",
        )
    issue.stops = [*issue.stops, Stop(since=today.isoformat(), reason=args.ground)]
    issue.suspend_reason = args.reason
    issue.suspend_review_on = args.review_on.isoformat()
    return move.finish(f"{args.reason}，{args.review_on.isoformat()} 复核")


@change_function("issue.resume", *TRANSITIONS["issue.resume"].roles)
def resume(documents: Documents, change: Change, context: Context) -> Outcome:
    """恢复办理: what was left of the limit runs on."""
    move = Move(documents, change, context)
    issue = move.issue
    end_stops(issue, context.now)
    issue.suspend_reason = issue.suspend_review_on = None
    set_due(issue, context.calendar)
    return move.finish(None)


@change_function("issue.ask_escalation", *TRANSITIONS["issue.ask_escalation"].roles)
def ask_escalation(documents: Documents, change: Change, context: Context) -> Outcome:
    """申请提级: the officer asks, the coordinator does it."""
    args = Reason.model_validate(change.args)
    move = Move(documents, change, context)
    move.issue.escalation_asked = args.reason
    return move.finish(args.reason)


class Escalate(BaseModel):
    """args of `issue.escalate`; `rule` where the centre does it by itself (§7.2)."""

    reason: str = Field(min_length=1, max_length=500)
    rule: str | None = None


@change_function("issue.escalate", *TRANSITIONS["issue.escalate"].roles)
def escalate(documents: Documents, change: Change, context: Context) -> Outcome:
    """提级: one level up; four is the joint meeting's (§7.3)."""
    args = Escalate.model_validate(change.args)
    move = Move(documents, change, context)
    issue = move.issue
    issue.level = (issue.level or 1) + 1
    issue.escalation_asked = None
    issue.for_meeting = issue.for_meeting or issue.level >= 4
    if args.rule is not None and args.rule not in issue.escalated_by_rule:
        issue.escalated_by_rule = [*issue.escalated_by_rule, args.rule]
    return move.finish(f"{issue.level} 级：{args.reason}")


@change_function("issue.lower", *TRANSITIONS["issue.lower"].roles)
def lower(documents: Documents, change: Change, context: Context) -> Outcome:
    """降级: a leader's only (§7.3)."""
    args = Reason.model_validate(change.args)
    move = Move(documents, change, context)
    move.issue.level = (move.issue.level or 2) - 1
    return move.finish(f"{move.issue.level} 级：{args.reason}")


@change_function("issue.answer", *TRANSITIONS["issue.answer"].roles)
def answer(documents: Documents, change: Change, context: Context) -> Outcome:
    """提交结果: what came of it, in words for the enterprise. 「暂无法解决」 and 「不属职责」 must say why (§2.2)."""
    args = Answer.model_validate(change.args)
    move = Move(documents, change, context)
    issue = move.issue
    if args.result not in RESULTS:
        raise Refusal("result", "结果类型不存在，请重新选择。", field="result")
    if args.result in ("unable", "not_duty") and not (args.unresolved_reason or "").strip():
        raise Refusal("reason_missing", "没有解决的要写明原因。", field="unresolved_reason")
    now = to_text(context.now)
    issue.first_response_at = issue.first_response_at or now
    issue.result = args.result
    issue.answer = args.answer
    issue.answer_basis = args.basis
    issue.unresolved_reason = args.unresolved_reason
    issue.answer_signed_by = args.signed_by
    issue.answered_at = now
    issue.answered_by = context.actor.person
    issue.answered_by_name = context.actor.name
    issue.redo_reason = None
    return move.finish(args.answer)


@change_function("issue.redo", *TRANSITIONS["issue.redo"].roles)
def redo(documents: Documents, change: Change, context: Context) -> Outcome:
    """退回重办: with a reason; the limit is not prolonged."""
    args = Reason.model_validate(change.args)
    move = Move(documents, change, context)
    move.issue.redo_reason = args.reason
    return move.finish(args.reason)


@change_function("issue.verify", *TRANSITIONS["issue.verify"].roles)
def verify(documents: Documents, change: Change, context: Context) -> Outcome:
    """核实通过: the clock ends; this moment of the server's is 办结时间, nobody can set it back."""
    move = Move(documents, change, context)
    issue = move.issue
    issue.settled_at = to_text(context.now)
    issue.settled_in_time = issue.due_at is None or context.now <= from_text(issue.due_at)
    issue.contacts = []
    return move.finish(None)


@change_function("issue.supervise", *TRANSITIONS["issue.supervise"].roles)
def supervise(documents: Documents, change: Change, context: Context) -> Outcome:
    """督办: blue, yellow or red. A red one goes onto the next joint meeting's agenda (§2.3)."""
    args = Supervise.model_validate(change.args)
    move = Move(documents, change, context)
    issue, rules = move.issue, move.dictionaries.rules
    if args.cause not in CAUSES:
        raise Refusal("cause", "督办原因不存在，请重新选择。", field="cause")
    if args.by_rule and args.level.value in issue.lights_sent:
        return Outcome()
    count = sum(item.body.get("issue") == issue.id for item in documents.of_kind(Supervision.kind))
    sent = Supervision(
        id=derived_id(change.mid, "supervision"),
        number=f"{issue.number}-D{count + 1}",
        issue=issue.id,
        level=args.level,
        cause=args.cause,
        text=args.text,
        department=issue.department,
        department_name=issue.department_name,
        by_rule=args.by_rule,
        sent_at=to_text(context.now),
        sent_by_name=context.actor.name,
        reply_due_at=to_text(context.calendar.deadline(context.now, rules.supervise_reply_days).at),
        shown_to=list(issue.shown_to),
    )
    if args.by_rule:
        issue.lights_sent = [*issue.lights_sent, args.level.value]
    standing = issue.supervision
    if standing is None or _LEVELS.index(SupervisionLevel(standing)) < _LEVELS.index(args.level):
        issue.supervision = args.level.value
    if args.level is SupervisionLevel.RED:
        issue.for_meeting = True
    text = SUPERVISION_NAMES[args.level] + (f"：{args.text}" if args.text else "")
    return move.finish(text, Write(Supervision.kind, sent.id, sent.to_body()))


@change_function("issue.reply_supervision", *TRANSITIONS["issue.reply_supervision"].roles)
def reply_supervision(documents: Documents, change: Change, context: Context) -> Outcome:
    """回复督办: the department says what it does about it."""
    args = ReplySupervision.model_validate(change.args)
    move = Move(documents, change, context)
    sent = Supervision.of(need(documents, Supervision.kind, args.supervision))
    if sent.issue != move.issue.id:
        raise Refusal("supervision", "这张督办单不属于这件诉求，请刷新后再看。", field="supervision")
    if sent.replied_at is not None:
        raise Refusal("replied", "这张督办单已经回复过。要补充请写进展。")
    sent.reply = args.reply
    sent.replied_at = to_text(context.now)
    sent.replied_by_name = context.actor.name
    return move.finish(f"{sent.number}：{args.reply}", Write(Supervision.kind, sent.id, sent.to_body()))


@change_function("issue.whistle_answer", *TRANSITIONS["issue.whistle_answer"].roles)
def whistle_answer(documents: Documents, change: Change, context: Context) -> Outcome:
    """回应吹哨: the department came, or answered."""
    args = Progress.model_validate(change.args)
    move = Move(documents, change, context)
    department = context.actor.department
    assert department is not None  # the guard looked at it
    move.issue.whistle_answered = [*move.issue.whistle_answered, department]
    return move.finish(f"{context.dictionaries.department_name(department)}：{args.text}")
