"""The moves of a project. Who may do what from which stage stands in `project_moves.PROJECT_MOVES`; the effects stand here."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from app.domain import buckets
from app.domain.changes.agency_trail import past_day
from app.domain.changes.base import Change, Context, Outcome, Refusal, change_function, need
from app.domain.changes.project_trail import ProjectMoving, check_project, planned_day, written
from app.domain.clock import beijing_date, from_text, to_text
from app.domain.days import Day
from app.domain.documents import Documents
from app.domain.enterprise import Enterprise
from app.domain.ids import derived_id
from app.domain.people import Role
from app.domain.project import (
    COMPLETED,
    MONTH,
    USUAL_MILESTONES,
    Fund,
    Milestone,
    PlanMonth,
    Project,
    Report,
    Stage,
    class_of,
    take_year_total,
)
from app.domain.project_moves import PROJECT_MOVES, stage_before
from app.domain.project_rules import JUDGED_NAMES, week_of, week_words
from app.domain.record import Record, by_name, rows_of
from app.domain.record_steps import WEEKLY, fen

MOST_MILESTONES = 60
MOST_FEN = 10**15


class Open(BaseModel):
    """args of `project.open`; `planned`: key of USUAL_MILESTONES → planned day."""

    local_number: str
    title: str = Field(min_length=1, max_length=80)
    content: str | None = Field(default=None, max_length=1000)
    address: str | None = Field(default=None, max_length=120)
    total_fen: int | None = Field(default=None, ge=0, le=MOST_FEN)
    signed_on: Day
    person_name: str | None = Field(default=None, max_length=64)
    contact_name: str | None = Field(default=None, max_length=64)
    contact_phone: str | None = Field(default=None, max_length=32)
    planned: dict[str, str] = {}


class OnDay(BaseModel):
    """args of the moves into a stage: the day it happened, today where none is said."""

    day: Day | None = None
    text: str | None = Field(default=None, max_length=1000)


class Reason(BaseModel):
    """args of `project.halt`, `project.back`, `project.drop`."""

    reason: str = Field(min_length=1, max_length=500)


class Plan(BaseModel):
    """args of `project.milestone`; `milestone`: the one to alter, None for a new one. A moved day wants its `reason`."""

    milestone: str | None = None
    name: str = Field(min_length=1, max_length=40)
    planned_from: Day | None = None
    planned_on: Day
    person_name: str | None = Field(default=None, max_length=64)
    reason: str | None = Field(default=None, max_length=500)


class Reached(BaseModel):
    """args of `project.reached`."""

    milestone: str
    day: Day | None = None


class Unplan(BaseModel):
    """args of `project.unplan`."""

    milestone: str
    reason: str = Field(min_length=1, max_length=500)


class Month(BaseModel):
    """args of `project.month`: what is given is set, what is not given stays."""

    month: str = Field(pattern=MONTH)
    planned_fen: int | None = Field(default=None, ge=0, le=MOST_FEN)
    actual_fen: int | None = Field(default=None, ge=-MOST_FEN, le=MOST_FEN)
    person_name: str | None = Field(default=None, max_length=64)
    text: str | None = Field(default=None, max_length=500)


class Funds(BaseModel):
    """args of `project.funds`."""

    fen: int = Field(ge=1, le=MOST_FEN)
    source: str = Field(min_length=1, max_length=80)
    day: Day | None = None


class Words(BaseModel):
    """args of `project.note`."""

    text: str = Field(min_length=1, max_length=2000)


class Concluded(BaseModel):
    """args of `project.meeting`: what a meeting decided about it, word for word from its item."""

    meeting: str
    item: str
    meeting_name: str = Field(min_length=1, max_length=120)
    text: str = Field(min_length=1, max_length=1000)


class Reported(BaseModel):
    """args of `project.report`: the record that was filed, altered or withdrawn."""

    record: str


@change_function("project.open", Role.OFFICER, Role.COORDINATOR)
def open_(documents: Documents, change: Change, context: Context) -> Outcome:
    """登记项目, with the usual milestones that have a planned day."""
    args = Open.model_validate(change.args)
    check_project(change)
    enterprise = Enterprise.of(need(documents, Enterprise.kind, buckets.subject_of(change.bucket)))
    if documents.get(Project.kind, change.doc[1]) is not None:
        raise Refusal("exists", "这条记录已经存在，没有覆盖它。请刷新后重新提交。", id=change.doc[1])
    signed = past_day(args.signed_on, context, field="signed_on")
    project = Project(
        id=change.doc[1],
        number=context.number("project", args.local_number),
        enterprise=enterprise.id,
        enterprise_name=enterprise.name,
        opened_at=to_text(from_text(change.at)),
        opened_by=context.actor.person,
        opened_by_name=context.actor.name,
        stage_days={Stage.SIGNED.value: signed},
        milestones=_usual(args.planned, signed, change),
        **args.model_dump(exclude={"planned"}, exclude_none=True),
    )
    return written(project, None, change, context, args.title, frozenset({Role.OFFICER, Role.COORDINATOR}))


def _usual(planned: dict[str, str], signed: str, change: Change) -> dict[str, Milestone]:
    found: dict[str, Milestone] = {}
    last = signed
    for order, (key, name) in enumerate(USUAL_MILESTONES.items(), start=1):
        if key not in planned:
            continue
        day = planned_day(planned[key], f"planned.{key}")
        if day < last:
            raise Refusal(
                "day", f"「{name}」的计划日不能早于前一个节点（{last}），请改。", field=f"planned.{key}"
            )
        found[derived_id(change.mid, key)] = Milestone(order=order, name=name, planned_on=day, stage=key)
        last = day
    return found


# ---------------------------------------------------------------------- stages


def _stage(action: str) -> None:
    @change_function(action, *PROJECT_MOVES[action].roles)
    def enter(documents: Documents, change: Change, context: Context) -> Outcome:
        args = OnDay.model_validate(change.args)
        move = ProjectMoving(documents, change, context)
        project, stage = move.project, move.move.target
        assert stage is not None
        day = past_day(args.day, context, *project.stage_days.values())
        project.stage_days = {**project.stage_days, stage.value: day}
        if stage not in (Stage.SIGNED, Stage.PREPARING):
            project.begun_on = project.begun_on or day
        if stage is Stage.PRODUCING:
            project.producing_on = day
        _reach(project, stage.value, day)
        return move.finish(args.text, day=day)


for _action in ("prepare", "start", "structure", "equip", "trial", "produce", "fill_capacity"):
    _stage(f"project.{_action}")


def _reach(project: Project, key: str, day: str) -> None:
    """Milestones that are this stage are reached with it."""
    for id, one in project.milestones.items():
        if one.stage == key:
            project.milestones = {**project.milestones, id: one.model_copy(update={"done_on": day})}


@change_function("project.complete", *PROJECT_MOVES["project.complete"].roles)
def complete(documents: Documents, change: Change, context: Context) -> Outcome:
    """竣工; again, where the day was wrong."""
    args = OnDay.model_validate(change.args)
    move = ProjectMoving(documents, change, context)
    day = past_day(args.day, context, move.project.begun_on)
    move.project.completed_on = day
    _reach(move.project, COMPLETED, day)
    return move.finish(args.text, day=day)


@change_function("project.halt", *PROJECT_MOVES["project.halt"].roles)
def halt(documents: Documents, change: Change, context: Context) -> Outcome:
    """停建."""
    args = Reason.model_validate(change.args)
    move = ProjectMoving(documents, change, context)
    move.project.halted_from = move.source
    move.project.reason = args.reason
    return move.finish(args.reason)


@change_function("project.resume", *PROJECT_MOVES["project.resume"].roles)
def resume(documents: Documents, change: Change, context: Context) -> Outcome:
    """复工: on in the stage it stood still in."""
    args = OnDay.model_validate(change.args)
    move = ProjectMoving(documents, change, context)
    target = move.project.halted_from or Stage.PREPARING
    move.project.halted_from = None
    move.project.reason = None
    return move.finish(args.text, target=target)


@change_function("project.back", *PROJECT_MOVES["project.back"].roles)
def back(documents: Documents, change: Change, context: Context) -> Outcome:
    """退回上一阶段: what was entered by mistake goes, with the reason in the trail."""
    args = Reason.model_validate(change.args)
    move = ProjectMoving(documents, change, context)
    project, target = move.project, stage_before(move.project)
    project.stage_days = {key: day for key, day in project.stage_days.items() if key != move.source.value}
    if target in (Stage.SIGNED, Stage.PREPARING):
        project.begun_on = None
        project.completed_on = None
    if move.source is Stage.PRODUCING:
        project.producing_on = None
    for id, one in project.milestones.items():
        if one.stage == move.source.value or (one.stage == COMPLETED and project.completed_on is None):
            project.milestones = {**project.milestones, id: one.model_copy(update={"done_on": None})}
    return move.finish(args.reason, target=target)


@change_function("project.drop", *PROJECT_MOVES["project.drop"].roles)
def drop(documents: Documents, change: Change, context: Context) -> Outcome:
    """终止."""
    args = Reason.model_validate(change.args)
    move = ProjectMoving(documents, change, context)
    move.project.reason = args.reason
    return move.finish(args.reason)


# ---------------------------------------------------------------------- milestones, months, money


@change_function("project.milestone", *PROJECT_MOVES["project.milestone"].roles)
def milestone(documents: Documents, change: Change, context: Context) -> Outcome:
    """排节点: a new one, or one altered; a planned day that moves says why."""
    args = Plan.model_validate(change.args)
    move = ProjectMoving(documents, change, context)
    project = move.project
    until = planned_day(args.planned_on, "planned_on")
    start = planned_day(args.planned_from, "planned_from") if args.planned_from else None
    if start and start > until:
        raise Refusal("day", "计划开始不能晚于计划完成，请改日期。", field="planned_from")
    given = {
        "name": args.name,
        "planned_from": start,
        "planned_on": until,
        "person_name": args.person_name,
    }
    if args.milestone is None:
        if len(project.milestones) >= MOST_MILESTONES:
            raise Refusal("too_many", f"节点最多 {MOST_MILESTONES} 个，请把细的节点合并。")
        order = max((one.order for one in project.milestones.values()), default=0) + 1
        project.milestones = {
            **project.milestones,
            derived_id(change.mid, "milestone"): Milestone.model_validate({"order": order, **given}),
        }
        return move.finish(f"{args.name}，计划 {until}")
    one = _milestone(project, args.milestone)
    if until != one.planned_on and not (args.reason or "").strip():
        raise Refusal("reason", "计划日有改动，请写明原因，会留有记录。", field="reason")
    project.milestones = {**project.milestones, args.milestone: one.model_copy(update=given)}
    moved = f"计划 {one.planned_on} 改为 {until}：{args.reason}" if until != one.planned_on else "改内容"
    return move.finish(f"{args.name}，{moved}")


def _milestone(project: Project, id: str) -> Milestone:
    if id not in project.milestones:
        raise Refusal("milestone", "这个节点已经不在了，请刷新后再看。", field="milestone")
    return project.milestones[id]


@change_function("project.reached", *PROJECT_MOVES["project.reached"].roles)
def reached(documents: Documents, change: Change, context: Context) -> Outcome:
    """节点完成. One that is a stage is reached by that stage's move alone."""
    args = Reached.model_validate(change.args)
    move = ProjectMoving(documents, change, context)
    one = _milestone(move.project, args.milestone)
    if one.stage is not None:
        raise Refusal("milestone", f"「{one.name}」请用「{one.name}」这一步来记，阶段会一起改。")
    day = past_day(args.day, context)
    move.project.milestones = {
        **move.project.milestones,
        args.milestone: one.model_copy(update={"done_on": day}),
    }
    return move.finish(one.name, day=day)


@change_function("project.unplan", *PROJECT_MOVES["project.unplan"].roles)
def unplan(documents: Documents, change: Change, context: Context) -> Outcome:
    """撤节点, with the reason."""
    args = Unplan.model_validate(change.args)
    move = ProjectMoving(documents, change, context)
    one = _milestone(move.project, args.milestone)
    move.project.milestones = {
        id: kept for id, kept in move.project.milestones.items() if id != args.milestone
    }
    return move.finish(f"{one.name}（计划 {one.planned_on}）：{args.reason}")


@change_function("project.month", *PROJECT_MOVES["project.month"].roles)
def month(documents: Documents, change: Change, context: Context) -> Outcome:
    """排月计划: investment planned and done, the task, who answers for it (domain.md §1, 59)."""
    args = Month.model_validate(change.args)
    move = ProjectMoving(documents, change, context)
    project = move.project
    kept = project.months.get(args.month, PlanMonth())
    given = args.model_dump(exclude={"month"}, exclude_none=True)
    project.months = {**project.months, args.month: kept.model_copy(update=given)}
    return move.finish(_month_text(args))


def _month_text(args: Month) -> str:
    parts = [args.month]
    for word, amount in (("计划", args.planned_fen), ("完成", args.actual_fen)):
        if amount is not None:
            parts.append(f"{word} {amount / 1_000_000:.2f} 万元")
    parts += [one for one in (args.person_name, args.text) if one]
    return "，".join(parts)


@change_function("project.funds", *PROJECT_MOVES["project.funds"].roles)
def funds(documents: Documents, change: Change, context: Context) -> Outcome:
    """记到位资金."""
    args = Funds.model_validate(change.args)
    move = ProjectMoving(documents, change, context)
    day = past_day(args.day, context)
    fund = Fund(day=day, fen=args.fen, source=args.source, by_name=context.actor.name)
    move.project.funds = {**move.project.funds, derived_id(change.mid, "fund"): fund}
    return move.finish(f"{args.fen / 1_000_000:.2f} 万元，{args.source}", day=day)


@change_function("project.note", *PROJECT_MOVES["project.note"].roles)
def note(documents: Documents, change: Change, context: Context) -> Outcome:
    """写进展: a line of the trail."""
    args = Words.model_validate(change.args)
    return ProjectMoving(documents, change, context).finish(args.text)


@change_function("project.meeting", *PROJECT_MOVES["project.meeting"].roles)
def meeting(documents: Documents, change: Change, context: Context) -> Outcome:
    """写回会议结论: what 一周一调度 or 一月一督查 decided (domain.md §1, 60). An item is written back once."""
    args = Concluded.model_validate(change.args)
    move = ProjectMoving(documents, change, context)
    if args.item in move.project.taken_items:
        return Outcome()
    move.project.taken_items = [*move.project.taken_items, args.item]
    return move.finish(f"{args.meeting_name}：{args.text}", meeting=args.meeting)


@change_function("project.rejudge", *PROJECT_MOVES["project.rejudge"].roles)
def rejudge(documents: Documents, change: Change, context: Context) -> Outcome:
    """重新判定: days have passed; the centre's own doing. Nothing is written where the class is the same."""
    move = ProjectMoving(documents, change, context)
    project = move.project
    today = beijing_date(context.now)
    rules = context.dictionaries.project_rules
    now = class_of(project.stage, project.signed_on, project.nodes, today, rules)
    if now == project.judged:
        return Outcome()
    before, after = (JUDGED_NAMES[one] if one else "待定" for one in (project.judged, now))
    return move.finish(f"{before}改为{after}")


# ---------------------------------------------------------------------- weekly reports


@change_function("project.report", *PROJECT_MOVES["project.report"].roles)
def report(documents: Documents, change: Change, context: Context) -> Outcome:
    """What a filed weekly report (e) says of its project: week, permits, milestones reached, investment of the year.

    The same again for a report that was altered; one that was withdrawn no longer counts as reported.
    """
    args = Reported.model_validate(change.args)
    move = ProjectMoving(documents, change, context)
    record = Record.of(need(documents, Record.kind, args.record))
    said = by_name(record.values)
    if record.ledger != WEEKLY or said.get("h1_project_id") != move.project.id:
        raise Refusal("wrong_kind", "这份记录不是这个项目的周报，请从项目页重新填报。")
    day = date.fromisoformat(record.day or "")
    project, week = move.project, week_of(day)
    reports = {key: one for key, one in project.reports.items() if one.record != record.id}
    if record.withdrawn_at is not None:
        project.reports = reports
        return move.finish(f"{week_words(week)}的周报作废：{record.withdrawn_reason}", record=record.id)
    newest = all(one.day <= day.isoformat() for one in reports.values())
    given = Report(
        record=record.id,
        day=day.isoformat(),
        unchanged=said.get("unchanged") == "yes",
        stage=said.get("w02_stage"),
        year_fen=fen(said.get("w05_invested")),
        next_text=said.get("w04_next"),
        by_name=record.altered_by_name or record.made_by_name or context.actor.name,
    )
    project.reports = {**reports, week: given}
    if newest:
        _take_facts(project, record, day, given)
    words = (
        f"没有变化：{said.get('unchanged_reason')}" if given.unchanged else str(said.get("w03_done") or "")
    )
    return move.finish(f"{week_words(week)}，{words}", day=given.day, record=record.id)


def _take_facts(project: Project, record: Record, day: date, given: Report) -> None:
    """Of the newest report alone: an older one that comes late does not undo what is known since."""
    names = {
        "link": "w07_link",
        "state": "w07_state",
        "document": "w07_document",
        "planned": "w07_planned",
        "actual": "w07_date",
    }
    permits = [
        {key: str(row[name]) for key, name in names.items() if row.get(name) not in (None, "")}
        for row in rows_of(record.values, "w07_permits")
    ]
    project.permits = permits or project.permits
    milestones = record.tables.get("milestones", [])
    for known, row in zip(milestones, rows_of(record.values, "w08_nodes"), strict=False):
        one = project.milestones.get(known.get("name", ""))
        if one is not None and one.stage is None and row.get("w08_actual"):
            altered = one.model_copy(update={"done_on": str(row["w08_actual"])})
            project.milestones = {**project.milestones, known["name"]: altered}
    if given.year_fen is not None:
        project.months = take_year_total(project.months, day, given.year_fen)
