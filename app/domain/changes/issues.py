"""The moves of an issue up to its department: raise, accept, return, refuse, merge, classify, assign, withdraw …

Who may do what from where stands in `issue_moves.TRANSITIONS` (domain.md §7.2); the effects stand here and in
`issue_work`, `issue_review`, `issue_system`, one function a move.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, Field

from app.domain import buckets
from app.domain.changes.base import Change, Context, Outcome, Refusal, change_function, need
from app.domain.changes.issue_trail import Move, check_kind, first_writes
from app.domain.clock import beijing_date, from_text, to_text
from app.domain.documents import Documents
from app.domain.enterprise import Enterprise
from app.domain.issue import ENDED, Issue, IssueState
from app.domain.issue_clock import end_stops, set_due, workdays_since
from app.domain.issue_moves import TRANSITIONS
from app.domain.issue_rules import IssueRules
from app.domain.people import Role
from app.domain.taxonomy import Taxonomy

ISSUE_SOURCES = ("visit", "reception", "hotline", "platform", "whistle", "forum", "superior", "self")
"""来源 (§2.2); their words stand in the dictionary `issue_sources`."""
REFUSE_REASONS = ("litigation", "arbitration", "review", "petition", "secret", "commercial", "other")
"""不予受理 (§6): what is in or belongs to court, arbitration, administrative review, petitioning; secrets; a price dispute."""


class Raise(BaseModel):
    """args of `issue.raise`: an issue that did not come out of a visit's form, or that is raised again."""

    local_number: str
    title: str = Field(min_length=1, max_length=40)
    category: str
    subcategory: str | None = None
    description: str | None = None
    expectation: str | None = None
    urgency: str | None = None
    source: str = "self"
    visit: str | None = None
    meeting: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    project: str | None = None
    amount_fen: int | None = Field(default=None, ge=0)
    people: int | None = Field(default=None, ge=0)
    anonymous: bool = False
    campaign: str | None = None
    six: list[str] = []
    earlier: str | None = None
    solved_on_spot: bool = False
    solution: str | None = None


class Accept(BaseModel):
    """args of `issue.accept`: the final classification; the limit starts to run (domain.md §7.2)."""

    category: str
    subcategory: str | None = None
    level: int = Field(ge=1, le=4)


class Classify(BaseModel):
    """args of `issue.classify`."""

    category: str
    subcategory: str | None = None
    level: int = Field(ge=1, le=4)
    reason: str | None = Field(default=None, max_length=500)


class Assign(BaseModel):
    """args of `issue.assign`: one main department, joint ones; `limit_days` in working days from acceptance."""

    department: str
    joint: list[str] = []
    handler: str | None = None
    handler_name: str | None = None
    limit_days: int = Field(ge=1, le=250)
    requirement: str | None = None
    meeting: str | None = None


class Reason(BaseModel):
    """args of moves that only need a reason."""

    reason: str = Field(min_length=1, max_length=500)


class Refuse(BaseModel):
    """args of `issue.refuse`: a reason of law and what the enterprise is told, with where to go."""

    ground: str
    reason: str = Field(min_length=1, max_length=500)
    notice: str = Field(min_length=1, max_length=2000)


class Merge(BaseModel):
    """args of `issue.merge`: the main issue. Its number is shown where the main one is another enterprise's."""

    main: str
    main_number: str


class Resubmit(BaseModel):
    """args of `issue.resubmit`: what was made good."""

    title: str | None = Field(default=None, min_length=1, max_length=40)
    description: str | None = None
    expectation: str | None = None


class Withdraw(BaseModel):
    """args of `issue.withdraw`: why, and who of the enterprise said so."""

    reason: str = Field(min_length=1, max_length=500)
    confirmed_by: str = Field(min_length=1, max_length=64)


class Link(BaseModel):
    """args of `issue.link`: another issue of the same enterprise."""

    other: str


class Whistle(BaseModel):
    """args of `issue.whistle`: the departments the enterprise calls (domain.md §1, 53)."""

    departments: list[str] = Field(min_length=1, max_length=8)
    text: str | None = Field(default=None, max_length=500)


def check_category(taxonomy: Taxonomy, category: str, subcategory: str | None) -> None:
    """Refusal where the classification does not know the codes, or they do not belong together."""
    first = taxonomy.category(category)
    if first is None:
        raise Refusal("category", "分类不存在，请重新选择。", field="category")
    if subcategory is not None and subcategory not in {item.code for item in first.subcategories}:
        raise Refusal("category", "二级分类不属于这个一级分类，请重新选择。", field="subcategory")


def check_departments(context: Context, *departments: str) -> None:
    """Refusal where a department does not exist."""
    known = {department.id for department in context.dictionaries.departments}
    if not known.issuperset(departments):
        raise Refusal("department", "承办部门不存在，请重新选择。", field="department")


def least_level(issue: Issue, taxonomy: Taxonomy, rules: IssueRules) -> int:
    """The level an issue stands at least on: across departments, or when a crowd is concerned (§7.2's 跨部门, 群体).

    §6 gives many a category of level 1 or 2 departments that help as a matter of course: with these alone it is no matter
    across departments, and its extension stays the coordinator's. A department beyond them makes it one.
    """
    sub = taxonomy.subcategory(issue.subcategory or "")
    usual = {sub.lead, *sub.joint} if sub else set()
    crowded = issue.people is not None and issue.people >= rules.crowd
    return rules.joint_level if crowded or not usual.issuperset(issue.joint) else 1


def show_to_departments(issue: Issue) -> None:
    """Work out anew which departments see the issue."""
    ids = [issue.department, *issue.joint, *issue.whistled]
    issue.shown_to = list(dict.fromkeys(id for id in ids if id))


@change_function("issue.raise", Role.OFFICER, Role.COORDINATOR)
def raise_(documents: Documents, change: Change, context: Context) -> Outcome:
    """登记诉求 outside a visit's form: I0 → I1, or solved on the spot I0 → I7 (an officer with how it was solved)."""
    args = Raise.model_validate(change.args)
    check_kind(change)
    enterprise = Enterprise.of(need(documents, Enterprise.kind, buckets.subject_of(change.bucket)))
    if documents.get(Issue.kind, change.doc[1]) is not None:
        raise Refusal("exists", "这条记录已经存在，没有覆盖它。请刷新后重新提交。", id=change.doc[1])
    if args.source not in ISSUE_SOURCES:
        raise Refusal("source", "来源不存在，请重新选择。", field="source")
    if args.solved_on_spot and not (args.solution or "").strip():
        raise Refusal("solution_missing", f"「{args.title}」选了现场办结，请写明办法。", field="solution")
    taxonomy = context.dictionaries.taxonomy
    check_category(taxonomy, args.category, args.subcategory)
    subcategory = taxonomy.subcategory(args.subcategory or "")
    issue = Issue(
        **args.model_dump(),
        id=change.doc[1],
        number=context.number("issue", args.local_number),
        enterprise=enterprise.id,
        enterprise_name=enterprise.name,
        state=IssueState.TO_REVISIT if args.solved_on_spot else IssueState.REPORTED,
        level=subcategory.level if subcategory else None,
        raised_by=context.actor.person,
        raised_by_name=context.actor.name,
        raised_at=to_text(from_text(change.at)),
        settled_at=to_text(context.now) if args.solved_on_spot else None,
    )
    if args.earlier is not None:
        _raise_again(documents, issue, args.earlier, context)
    return Outcome(tuple(first_writes(issue, change, context)))


def _raise_again(documents: Documents, issue: Issue, earlier: str, context: Context) -> None:
    """再次反映: linked to the one struck off; within 30 days it counts as repeated."""
    old = Issue.of(need(documents, Issue.kind, earlier))
    if old.state not in (IssueState.CLOSED, IssueState.ARCHIVED):
        raise Refusal("earlier", "原诉求还没有销号。请在原诉求里写进展，不用再登记一件。", field="earlier")
    issue.earlier_number = old.number
    issue.related = [old.id]
    if old.closed_at is not None:
        limit = timedelta(days=context.dictionaries.rules.repeat_days)
        issue.repeated = beijing_date(context.now) - beijing_date(from_text(old.closed_at)) <= limit


@change_function("issue.accept", *TRANSITIONS["issue.accept"].roles)
def accept(documents: Documents, change: Change, context: Context) -> Outcome:
    """受理: classify, set the level, start the clock with the server's time of receipt."""
    args = Accept.model_validate(change.args)
    move = Move(documents, change, context)
    issue = move.issue
    # Judged from here on by what is in force now.
    taxonomy, rules = context.dictionaries.taxonomy, context.dictionaries.rules
    check_category(taxonomy, args.category, args.subcategory)
    subcategory = taxonomy.subcategory(args.subcategory) if args.subcategory else None
    issue.category = args.category
    issue.subcategory = args.subcategory
    issue.level = max(args.level, least_level(issue, taxonomy, rules))
    issue.reference_version = taxonomy.version or None
    issue.accepted_at = issue.clock_from = to_text(context.now)
    issue.accepted_by_name = context.actor.name
    issue.appealed = False
    issue.limit_days = subcategory.resolution_days if subcategory else 5
    set_due(issue, context.calendar)
    days = subcategory.first_response_days if subcategory else 1
    issue.first_response_due_at = to_text(context.calendar.deadline(context.now, days).at)
    return move.finish(taxonomy.name_of(args.category, args.subcategory))


@change_function("issue.classify", *TRANSITIONS["issue.classify"].roles)
def classify(documents: Documents, change: Change, context: Context) -> Outcome:
    """改分类级别 while it is under way. The level only goes up; down is the leader's own move (§7.3)."""
    args = Classify.model_validate(change.args)
    move = Move(documents, change, context)
    issue = move.issue
    taxonomy = move.dictionaries.taxonomy
    check_category(taxonomy, args.category, args.subcategory)
    if args.level < (issue.level or 1):
        raise Refusal("level", "级别只升不降。确需降级由领导办理。", field="level")
    if (args.category, args.subcategory, args.level) == (issue.category, issue.subcategory, issue.level):
        return Outcome()
    issue.category = args.category
    issue.subcategory = args.subcategory
    issue.level = args.level
    name = taxonomy.name_of(args.category, args.subcategory)
    return move.finish(f"{name}，{args.level} 级" + (f"：{args.reason}" if args.reason else ""))


@change_function("issue.assign", *TRANSITIONS["issue.assign"].roles)
def assign(documents: Documents, change: Change, context: Context) -> Outcome:
    """交办: one main department, a person, joint ones, a deadline in working days from the day after acceptance."""
    args = Assign.model_validate(change.args)
    move = Move(documents, change, context)
    issue = move.issue
    joint = [id for id in dict.fromkeys(args.joint) if id != args.department]
    check_departments(context, args.department, *joint)
    issue.department = args.department
    issue.department_name = context.dictionaries.department_name(args.department)
    issue.joint = joint
    issue.joint_names = [context.dictionaries.department_name(id) for id in joint]
    issue.handler = args.handler
    issue.handler_name = args.handler_name
    issue.limit_days = args.limit_days
    issue.requirement = args.requirement
    issue.meeting = args.meeting or issue.meeting
    own = move.dictionaries
    issue.level = max(issue.level or 1, least_level(issue, own.taxonomy, own.rules))
    issue.assigned_at = to_text(context.now)
    issue.clock_from = issue.clock_from or issue.accepted_at or to_text(context.now)
    issue.ruled = issue.ruling_needed
    issue.ruling_needed = False
    issue.for_meeting = False
    show_to_departments(issue)
    set_due(issue, context.calendar)
    return move.finish("、".join([issue.department_name, *(f"{name}（协办）" for name in issue.joint_names)]))


@change_function("issue.return", *TRANSITIONS["issue.return"].roles)
def return_(documents: Documents, change: Change, context: Context) -> Outcome:
    """退回补正: say what is missing; counted."""
    args = Reason.model_validate(change.args)
    move = Move(documents, change, context)
    move.issue.return_reason = args.reason
    move.issue.returned += 1
    return move.finish(args.reason)


@change_function("issue.resubmit", *TRANSITIONS["issue.resubmit"].roles)
def resubmit(documents: Documents, change: Change, context: Context) -> Outcome:
    """补正后上报: the returned issue goes up again with what was made good."""
    args = Resubmit.model_validate(change.args)
    move = Move(documents, change, context)
    issue = move.issue
    issue.title = args.title or issue.title
    issue.description = args.description or issue.description
    issue.expectation = args.expectation or issue.expectation
    issue.return_reason = None
    return move.finish(None)


@change_function("issue.refuse", *TRANSITIONS["issue.refuse"].roles)
def refuse(documents: Documents, change: Change, context: Context) -> Outcome:
    """不予受理: with a ground, and the notice the officer takes to the enterprise on the same day."""
    args = Refuse.model_validate(change.args)
    move = Move(documents, change, context)
    if args.ground not in REFUSE_REASONS:
        raise Refusal("ground", "不予受理的理由不在规定之内，请重新选择。", field="ground")
    issue = move.issue
    issue.refused_at = to_text(context.now)
    issue.refuse_reason = args.reason
    issue.refuse_notice = args.notice
    issue.appealed = False
    return move.finish(args.reason)


@change_function("issue.appeal", *TRANSITIONS["issue.appeal"].roles)
def appeal(documents: Documents, change: Change, context: Context) -> Outcome:
    """申请复核: once, within 10 working days, with what is new; a leader decides."""
    args = Reason.model_validate(change.args)
    move = Move(documents, change, context)
    issue = move.issue
    days = move.dictionaries.rules.appeal_days
    if issue.refused_at and workdays_since(context.calendar, from_text(issue.refused_at), context.now) > days:
        raise Refusal("late", f"不予受理已超过 {days} 个工作日，不能再申请复核。企业可以重新反映。")
    issue.appeals += 1
    issue.appealed = True
    return move.finish(args.reason)


@change_function("issue.merge", *TRANSITIONS["issue.merge"].roles)
def merge(documents: Documents, change: Change, context: Context) -> Outcome:
    """并案: into a main issue, of this enterprise or another's. What the main one ends with is written back here."""
    args = Merge.model_validate(change.args)
    move = Move(documents, change, context)
    if args.main == move.issue.id:
        raise Refusal("main", "不能并入自己，请选主案。", field="main")
    main = documents.get(Issue.kind, args.main)
    if main is not None and IssueState(main.body["state"]) in ENDED:
        raise Refusal("main", "主案已经结束，不能并入。请选还在办的诉求。", field="main")
    move.issue.merged_into = args.main
    move.issue.merged_into_number = args.main_number
    return move.finish(f"主案 {args.main_number}")


@change_function("issue.withdraw", *TRANSITIONS["issue.withdraw"].roles)
def withdraw(documents: Documents, change: Change, context: Context) -> Outcome:
    """企业撤回: only as the enterprise itself wishes."""
    args = Withdraw.model_validate(change.args)
    move = Move(documents, change, context)
    issue = move.issue
    if issue.state is IssueState.SUSPENDED:
        end_stops(issue, context.now)
        set_due(issue, context.calendar)
    issue.withdrawn_at = to_text(context.now)
    issue.withdraw_reason = args.reason
    issue.withdraw_confirmed_by = args.confirmed_by
    return move.finish(f"{args.reason}（企业确认人：{args.confirmed_by}）")


@change_function("issue.link", *TRANSITIONS["issue.link"].roles)
def link(documents: Documents, change: Change, context: Context) -> Outcome:
    """关联诉求: to an earlier one of the same enterprise."""
    args = Link.model_validate(change.args)
    move = Move(documents, change, context)
    other = Issue.of(need(documents, Issue.kind, args.other))
    if other.id == move.issue.id:
        raise Refusal("other", "不能关联自己，请选另一件。", field="other")
    if other.id in move.issue.related:
        return Outcome()
    move.issue.related = [*move.issue.related, other.id]
    return move.finish(other.number)


@change_function("issue.whistle", *TRANSITIONS["issue.whistle"].roles)
def whistle(documents: Documents, change: Change, context: Context) -> Outcome:
    """企业吹哨、部门报到: the departments named must come or answer within a working day."""
    args = Whistle.model_validate(change.args)
    move = Move(documents, change, context)
    issue = move.issue
    check_departments(context, *args.departments)
    new = [id for id in dict.fromkeys(args.departments) if id not in issue.whistled]
    if not new:
        raise Refusal("whistled", "这些部门已经吹过哨，正等他们回应。", field="departments")
    issue.whistled = [*issue.whistled, *new]
    due = context.calendar.deadline(context.now, move.dictionaries.rules.whistle_days)
    issue.whistle_due_at = to_text(due.at)
    show_to_departments(issue)
    names = "、".join(context.dictionaries.department_name(id) for id in new)
    return move.finish(names + (f"：{args.text}" if args.text else ""))


@change_function("issue.archive", *TRANSITIONS["issue.archive"].roles)
def archive(documents: Documents, change: Change, context: Context) -> Outcome:
    """归档: read only from here on."""
    move = Move(documents, change, context)
    move.issue.archived_at = to_text(context.now)
    return move.finish(None)
