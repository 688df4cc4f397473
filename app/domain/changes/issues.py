"""The moves of an issue. Guards and roles come from `issue.TRANSITIONS`, effects stand here, one function a move."""

from __future__ import annotations

from pydantic import BaseModel, Field

from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function, need
from app.domain.clock import from_text, to_text
from app.domain.documents import Documents
from app.domain.ids import derived_id
from app.domain.issue import ISSUE_STATE_NAMES, TRANSITIONS, Issue, IssueEvent, IssueState, Transition


class Accept(BaseModel):
    """args of `issue.accept`: the final classification; the limit starts to run (domain.md §7.2)."""

    category: str
    subcategory: str | None = None
    level: int = Field(ge=1, le=4)


class Assign(BaseModel):
    """args of `issue.assign`: one main department; `limit_days` in working days from acceptance."""

    department: str
    handler: str | None = None
    handler_name: str | None = None
    limit_days: int = Field(ge=1, le=250)
    requirement: str | None = None


class Reason(BaseModel):
    """args of moves that only need a reason."""

    reason: str = Field(min_length=1, max_length=500)


class Resubmit(BaseModel):
    """args of `issue.resubmit`: what was made good."""

    title: str | None = Field(default=None, min_length=1, max_length=40)
    description: str | None = None
    expectation: str | None = None


def _move(documents: Documents, change: Change, context: Context) -> tuple[Issue, Transition, IssueState]:
    transition = TRANSITIONS[change.name]
    issue = Issue.of(need(documents, *change.doc))
    if issue.state not in transition.sources:
        raise Refusal(
            "issue_state",
            f"这件诉求现在是「{ISSUE_STATE_NAMES[issue.state]}」，不能{transition.word}。请刷新后再看。",
            state=issue.state.value,
        )
    before = issue.state
    issue.state = transition.target
    issue.moves += 1
    return issue, transition, before


def _outcome(issue: Issue, before: IssueState, text: str | None, change: Change, context: Context) -> Outcome:
    event = IssueEvent(
        id=derived_id(change.mid, issue.id),
        issue=issue.id,
        order=issue.moves,
        action=change.name,
        from_state=before,
        to_state=issue.state,
        person=context.actor.person,
        person_name=context.actor.name,
        at=to_text(context.now),
        device=context.device,
        offline_at=change.at,
        text=text,
    )
    return Outcome(
        (Write(Issue.kind, issue.id, issue.to_body()), Write(IssueEvent.kind, event.id, event.to_body()))
    )


@change_function("issue.accept", *TRANSITIONS["issue.accept"].roles)
def accept(documents: Documents, change: Change, context: Context) -> Outcome:
    """受理: classify, set the level, start the clock with the server's time of receipt."""
    args = Accept.model_validate(change.args)
    issue, _, before = _move(documents, change, context)
    taxonomy = context.dictionaries.taxonomy
    if taxonomy.category(args.category) is None:
        raise Refusal("category", "分类不存在，请重新选择。", field="category")
    subcategory = taxonomy.subcategory(args.subcategory) if args.subcategory else None
    issue.category = args.category
    issue.subcategory = args.subcategory
    issue.level = args.level
    issue.accepted_at = to_text(context.now)
    issue.accepted_by_name = context.actor.name
    days = subcategory.first_response_days if subcategory else 1
    issue.first_response_due_at = to_text(context.calendar.deadline(context.now, days).at)
    return _outcome(issue, before, taxonomy.name_of(args.category, args.subcategory), change, context)


@change_function("issue.assign", *TRANSITIONS["issue.assign"].roles)
def assign(documents: Documents, change: Change, context: Context) -> Outcome:
    """交办: one main department, a person, a deadline counted in working days from the day after acceptance."""
    args = Assign.model_validate(change.args)
    issue, _, before = _move(documents, change, context)
    known = {department.id for department in context.dictionaries.departments}
    if args.department not in known:
        raise Refusal("department", "承办部门不存在，请重新选择。", field="department")
    received = from_text(issue.accepted_at) if issue.accepted_at else context.now
    deadline = context.calendar.deadline(received, args.limit_days)
    issue.department = args.department
    issue.department_name = context.dictionaries.department_name(args.department)
    issue.handler = args.handler
    issue.handler_name = args.handler_name
    issue.limit_days = args.limit_days
    issue.requirement = args.requirement
    issue.assigned_at = to_text(context.now)
    issue.due_at = to_text(deadline.at)
    issue.due_provisional = deadline.provisional
    return _outcome(issue, before, issue.department_name, change, context)


@change_function("issue.return", *TRANSITIONS["issue.return"].roles)
def return_(documents: Documents, change: Change, context: Context) -> Outcome:
    """退回补正: say what is missing; counted."""
    args = Reason.model_validate(change.args)
    issue, _, before = _move(documents, change, context)
    issue.return_reason = args.reason
    issue.returned += 1
    return _outcome(issue, before, args.reason, change, context)


@change_function("issue.resubmit", *TRANSITIONS["issue.resubmit"].roles)
def resubmit(documents: Documents, change: Change, context: Context) -> Outcome:
    """补正后上报: the returned issue goes up again with what was made good."""
    args = Resubmit.model_validate(change.args)
    issue, _, before = _move(documents, change, context)
    issue.title = args.title or issue.title
    issue.description = args.description or issue.description
    issue.expectation = args.expectation or issue.expectation
    issue.return_reason = None
    return _outcome(issue, before, None, change, context)
