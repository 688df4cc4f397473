"""Yearly targets (`m:<park>`): set, altered, progress entered or struck out, withdrawn. The coordinator keeps them."""

from __future__ import annotations

from pydantic import BaseModel, Field

from app.domain import buckets
from app.domain.changes.activities import Reason
from app.domain.changes.activity_trail import at_home, edited, new_document, today_of, written
from app.domain.changes.base import Change, Context, Outcome, Refusal, change_function, need
from app.domain.clock import to_text
from app.domain.days import Day
from app.domain.documents import Documents
from app.domain.ids import derived_id
from app.domain.people import Role
from app.domain.target import AMOUNT, Progress, Target, TargetState, plan_problem

TARGET_FIELDS = {
    "indicator": "指标",
    "unit": "单位",
    "planned": "全年目标",
    "quarters": "季度累计",
    "department": "责任部门",
    "department_name": "责任部门",
    "person_name": "责任人",
    "figure": "取数",
}
MOST_ENTRIES = 400


class SetTarget(BaseModel):
    """args of `target.set`."""

    year: int
    indicator: str
    unit: str
    planned: str = Field(pattern=AMOUNT)
    quarters: list[str] = []
    department: str | None = None
    department_name: str | None = None
    person_name: str | None = None
    figure: str | None = None


class Enter(BaseModel):
    """args of `target.progress`: how much in all by that day."""

    day: Day
    done: str = Field(pattern=AMOUNT)
    text: str | None = Field(default=None, max_length=500)


class Strike(Reason):
    """args of `target.strike`."""

    entry: str


@change_function("target.set", Role.COORDINATOR)
def set_target(documents: Documents, change: Change, context: Context) -> Outcome:
    """A new target. One indicator stands once a year."""
    args = SetTarget.model_validate(change.args)
    new_document(documents, change, Target.kind, buckets.meetings(context.park))
    target = Target(**args.model_dump(), id=change.doc[1])
    _check(documents, target)
    return written(target, change, context)


@change_function("target.edit", Role.COORDINATOR)
def edit_target(documents: Documents, change: Change, context: Context) -> Outcome:
    """Another plan: the trail says what stood before."""
    before = _target(documents, change, context)
    target, words = edited(before, change, TARGET_FIELDS)
    _check(documents, target)
    words = "、".join(dict.fromkeys(words.split("、")))
    if target.planned != before.planned:
        words += f"（全年目标 {before.planned}→{target.planned} {target.unit}）"
    return written(target, change, context, words) if words else Outcome()


@change_function("target.progress", Role.COORDINATOR)
def progress(documents: Documents, change: Change, context: Context) -> Outcome:
    """How far it is by a day. It may be less than before: then something was counted wrongly, and `text` says what."""
    args = Enter.model_validate(change.args)
    target = _target(documents, change, context)
    if target.figure is not None:
        raise Refusal("figure", "这个目标的进度由统计自动取数，不用填报。要改为填报请先点「改」。")
    if args.day > today_of(context):
        raise Refusal("days", "进度的日子不能在今天以后。", field="day")
    if not args.day.startswith(str(target.year)):
        raise Refusal("days", f"这是 {target.year} 年的目标，请填这一年里的日子。", field="day")
    if len(target.entries) >= MOST_ENTRIES:
        raise Refusal("too_many", f"一个目标最多记 {MOST_ENTRIES} 次进度。")
    entry = Progress(
        id=derived_id(change.mid, "progress"),
        person_name=context.actor.name,
        at=to_text(context.now),
        **args.model_dump(),
    )
    target.entries = [*target.entries, entry]
    return written(target, change, context, f"{args.day} 累计 {args.done} {target.unit}")


@change_function("target.strike", Role.COORDINATOR)
def strike(documents: Documents, change: Change, context: Context) -> Outcome:
    """An entry was wrong: it counts no more and can still be read."""
    args = Strike.model_validate(change.args)
    target = _target(documents, change, context)
    entry = next((one for one in target.entries if one.id == args.entry), None)
    if entry is None:
        raise Refusal("missing", "没有这次进度，请刷新后再看。", field="entry")
    if entry.struck:
        return Outcome()
    entry.struck = True
    return written(target, change, context, f"{entry.day} 累计 {entry.done} {target.unit}：{args.reason}")


@change_function("target.withdraw", Role.COORDINATOR)
def withdraw(documents: Documents, change: Change, context: Context) -> Outcome:
    """It is no target any more, with the reason."""
    target = _target(documents, change, context)
    target.reason = Reason.model_validate(change.args).reason
    target.state = TargetState.WITHDRAWN
    return written(target, change, context, target.reason)


def _target(documents: Documents, change: Change, context: Context) -> Target:
    at_home(change, Target.kind, buckets.meetings(context.park))
    target = Target.of(need(documents, *change.doc))
    if target.state is not TargetState.RUNNING:
        raise Refusal("target_state", "这个目标已撤销，不能再改。要恢复请新建一个。")
    return target


def _check(documents: Documents, target: Target) -> None:
    problem = plan_problem(target.planned, target.quarters)
    if problem is not None:
        raise Refusal("plan", problem, field="planned")
    for document in documents.of_kind(Target.kind):
        other = Target.of(document)
        if other.id == target.id or other.state is not TargetState.RUNNING:
            continue
        if (other.year, other.indicator) == (target.year, target.indicator):
            raise Refusal(
                "twice",
                f"{target.year} 年已有「{target.indicator}」这个目标，请改那一个。",
                field="indicator",
            )
