"""What the centre does with issues by itself, and when (domain.md §2.3, §7.2). `step_due` says what; the moves do it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from app.domain.changes.base import Change, Context, Outcome, change_function
from app.domain.changes.issue_trail import Move
from app.domain.clock import from_text, to_text
from app.domain.documents import Documents
from app.domain.issue import Issue, IssueState, Light, SupervisionLevel, light_of
from app.domain.issue_clock import due, overdue_days, set_due, workdays_since
from app.domain.issue_moves import TRANSITIONS, WORKING
from app.domain.issue_rules import IssueRules
from app.domain.work_calendar import WorkCalendar

RUNNING = frozenset({IssueState.ASSIGNED, IssueState.IN_WORK, IssueState.EXTENSION})


@dataclass(frozen=True, slots=True)
class Step:
    """One change the centre should make now. `once` makes its mid, so that a second worker makes the same one."""

    name: str
    once: str
    args: dict[str, Any] = field(default_factory=dict)


class MainEnded(BaseModel):
    """args of `issue.main_ended`."""

    text: str


def step_due(issue: Issue, calendar: WorkCalendar, rules: IssueRules, now: datetime) -> Step | None:
    """What the centre should do with this issue at this moment, or None.

    One step at a time, as each alters what the next looks at: ask again until nothing is due.
    """
    round_ = f"{issue.reopened}.{issue.extensions}.{issue.objections}"
    if issue.state in WORKING and _retimed(issue, calendar):
        return Step("issue.retime", f"retime:{issue.moves}")
    assigned = issue.assigned_at if issue.state is IssueState.ASSIGNED else None
    if assigned is not None and now > calendar.deadline(from_text(assigned), rules.sign_days).at:
        return Step("issue.auto_sign", f"auto_sign:{assigned}")
    if issue.state not in RUNNING or issue.due_at is None:
        return None
    level = _supervision(issue, calendar, rules, now)
    if level is not None and level.value not in issue.lights_sent:
        cause = "due_soon" if level is SupervisionLevel.BLUE else "overdue"
        args = {"level": level.value, "cause": cause, "by_rule": True}
        return Step("issue.supervise", f"supervise:{level.value}:{round_}", args)
    rule = _escalation(issue, calendar, rules, now)
    if rule is not None:
        args = {"reason": rule[1], "rule": rule[0]}
        return Step("issue.escalate", f"escalate:{rule[0]}:{round_}", args)
    return None


def _retimed(issue: Issue, calendar: WorkCalendar) -> bool:
    """Whether the calendar in force gives another deadline than the one written down."""
    deadline = due(issue, calendar)
    if deadline is None:
        return False
    return (to_text(deadline.at), deadline.provisional) != (issue.due_at, issue.due_provisional)


def _supervision(
    issue: Issue, calendar: WorkCalendar, rules: IssueRules, now: datetime
) -> SupervisionLevel | None:
    late = overdue_days(issue, calendar, now)
    if late >= rules.supervise_red_after:
        return SupervisionLevel.RED
    if late >= rules.supervise_yellow_after:
        return SupervisionLevel.YELLOW
    assert issue.due_at is not None
    left = calendar.workdays_left(now, from_text(issue.due_at))
    yellow = light_of(IssueState.IN_WORK, issue.limit_days, left, rules) is Light.YELLOW
    return SupervisionLevel.BLUE if yellow else None


def _escalation(
    issue: Issue, calendar: WorkCalendar, rules: IssueRules, now: datetime
) -> tuple[str, str] | None:
    """(rule, reason) of the escalation that is due: overdue for three days, or a joint department that does not move."""
    if issue.state is not IssueState.IN_WORK or (issue.level or 1) >= 4:
        return None
    late = overdue_days(issue, calendar, now)
    if late >= rules.escalate_overdue and "overdue" not in issue.escalated_by_rule:
        return "overdue", f"逾期 {late} 个工作日"
    idle = [id for id in issue.joint if id not in issue.joint_moved]
    if idle and issue.signed_at is not None and "joint_idle" not in issue.escalated_by_rule:
        days = workdays_since(calendar, from_text(issue.signed_at), now)
        if days >= rules.escalate_joint_idle:
            return "joint_idle", f"协办部门 {days} 个工作日没有进展"
    return None


@change_function("issue.auto_sign", *TRANSITIONS["issue.auto_sign"].roles)
def auto_sign(documents: Documents, change: Change, context: Context) -> Outcome:
    """Unsigned for a working day: taken as signed, and yellow until the department says something."""
    move = Move(documents, change, context)
    move.issue.signed_at = to_text(context.now)
    move.issue.auto_signed = True
    return move.finish("超过时限没有签收，视为签收")


@change_function("issue.retime", *TRANSITIONS["issue.retime"].roles)
def retime(documents: Documents, change: Change, context: Context) -> Outcome:
    """A work calendar has come: the deadline is worked out anew (§3.5)."""
    move = Move(documents, change, context)
    before = move.issue.due_at, move.issue.due_provisional
    set_due(move.issue, context.calendar)
    if before == (move.issue.due_at, move.issue.due_provisional):
        return Outcome()
    return move.finish("工作日历有更新，重算期限")


@change_function("issue.main_ended", *TRANSITIONS["issue.main_ended"].roles)
def main_ended(documents: Documents, change: Change, context: Context) -> Outcome:
    """The main issue has ended: what it ended with is written into this one, once."""
    args = MainEnded.model_validate(change.args)
    move = Move(documents, change, context)
    if move.issue.main_result == args.text:
        return Outcome()
    move.issue.main_result = args.text
    return move.finish(args.text)
