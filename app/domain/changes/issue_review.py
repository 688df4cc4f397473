"""The revisit: whether the enterprise is satisfied decides what becomes of an issue (domain.md §5 (i), §7.2)."""

from __future__ import annotations

from pydantic import BaseModel, Field

from app.domain.changes.base import Change, Context, Outcome, Refusal, change_function
from app.domain.changes.issue_trail import Move
from app.domain.clock import beijing_date, to_text
from app.domain.documents import Documents
from app.domain.issue import Contact, Issue, IssueState
from app.domain.issue_clock import set_due
from app.domain.issue_moves import TRANSITIONS
from app.domain.issue_rules import IssueRules

SOLVED = ("solved", "partly", "explained", "unsolved")
"""T2: 已解决, 部分解决, 未解决但认可解释, 未解决."""
SATISFACTION = ("very", "satisfied", "basically", "dissatisfied", "very_dissatisfied")
"""T3, best first; the last two are a 差评."""
GOOD = SATISFACTION[:3]
DISSATISFACTION = ("result", "time", "attitude", "unclear", "repeated_trips", "formality")
"""T4."""


class Revisit(BaseModel):
    """args of `issue.revisit`, the answers of form (i). `scores`: 四到服务, code → level; `answered` T1, `contacted` T6,
    `trips` T7 (times)."""

    method: str
    solved: str
    satisfaction: str
    dissatisfaction: list[str] = []
    scores: dict[str, str] = {}
    text: str | None = Field(default=None, max_length=2000)
    agree_close: bool | None = None
    anonymous: bool = False
    answered: bool | None = None
    contacted: bool | None = None
    trips: int | None = Field(default=None, ge=0, le=100)


class ContactFailed(BaseModel):
    """args of `issue.contact_failed`."""

    method: str
    text: str | None = Field(default=None, max_length=500)


class AddReview(BaseModel):
    """args of `issue.add_review`."""

    text: str = Field(min_length=1, max_length=2000)


@change_function("issue.revisit", *TRANSITIONS["issue.revisit"].roles)
def revisit(documents: Documents, change: Change, context: Context) -> Outcome:
    """回访: satisfied → struck off; 未解决 or a 差评 → worked on anew, one level up, with a limit of its own."""
    args = Revisit.model_validate(change.args)
    move = Move(documents, change, context)
    issue = move.issue
    _check(args)
    issue.revisit_answered = args.answered
    issue.handler_contacted = args.contacted
    issue.revisit_trips = args.trips
    issue.solved = args.solved
    issue.satisfaction = args.satisfaction
    issue.dissatisfaction = args.dissatisfaction
    issue.service_scores = args.scores
    issue.revisit_method = args.method
    issue.revisit_text = args.text
    issue.revisited_at = to_text(context.now)
    issue.revisited_by = context.actor.person
    issue.revisited_by_name = context.actor.name
    issue.revisit_valid = True
    if args.satisfaction in GOOD and args.solved != "unsolved":
        if not args.agree_close:
            raise Refusal(
                "agree_close",
                "企业不同意销号的，请把满意度或解决情况如实选为不满意、未解决，转重办。",
                field="agree_close",
            )
        issue.closed_at = to_text(context.now)
        return move.finish(args.text, target=IssueState.CLOSED)
    return move.finish(args.text, target=_work_again(issue, move.dictionaries.rules, context))


def _check(args: Revisit) -> None:
    if args.solved not in SOLVED:
        raise Refusal("solved", "「是否解决」没有选对，请重新选择。", field="solved")
    if args.satisfaction not in SATISFACTION:
        raise Refusal("satisfaction", "满意度没有选对，请重新选择。", field="satisfaction")
    if not set(args.dissatisfaction) <= set(DISSATISFACTION):
        raise Refusal("dissatisfaction", "不满意原因没有选对，请重新选择。", field="dissatisfaction")
    if args.satisfaction not in GOOD and not args.dissatisfaction:
        raise Refusal("dissatisfaction", "不满意的要选原因。", field="dissatisfaction")


def _work_again(issue: Issue, rules: IssueRules, context: Context) -> IssueState:
    """重办: 15 working days, one level up. What was solved on the spot has no department yet and is accepted first."""
    issue.reopened += 1
    issue.level = min(4, (issue.level or 1) + 1)
    issue.settled_at = issue.settled_in_time = None
    issue.lights_sent, issue.escalated_by_rule = [], []
    issue.supervision = None
    issue.extension_days, issue.stops = 0, []
    if issue.department is None:
        issue.accepted_at = issue.clock_from = issue.limit_days = issue.due_at = None
        return IssueState.REPORTED
    issue.clock_from = to_text(context.now)
    issue.limit_days = rules.redo_days
    set_due(issue, context.calendar)
    return IssueState.IN_WORK


@change_function("issue.contact_failed", *TRANSITIONS["issue.contact_failed"].roles)
def contact_failed(documents: Documents, change: Change, context: Context) -> Outcome:
    """联系不上: written down; one a day counts."""
    args = ContactFailed.model_validate(change.args)
    move = Move(documents, change, context)
    contact = Contact(
        day=beijing_date(context.now).isoformat(),
        at=to_text(context.now),
        method=args.method,
        person=context.actor.person,
        person_name=context.actor.name,
        text=args.text,
    )
    move.issue.contacts = [*move.issue.contacts, contact]
    days = len({item.day for item in move.issue.contacts})
    return move.finish(f"第 {days} 天联系不上" + (f"：{args.text}" if args.text else ""))


@change_function("issue.close_unreached", *TRANSITIONS["issue.close_unreached"].roles)
def close_unreached(documents: Documents, change: Change, context: Context) -> Outcome:
    """三次失联: struck off as an invalid revisit, which no rate of satisfaction counts."""
    move = Move(documents, change, context)
    move.issue.closed_at = to_text(context.now)
    move.issue.revisit_valid = False
    return move.finish("三次联系不上，按无效回访销号")


@change_function("issue.add_review", *TRANSITIONS["issue.add_review"].roles)
def add_review(documents: Documents, change: Change, context: Context) -> Outcome:
    """追评: the enterprise may add a word once."""
    args = AddReview.model_validate(change.args)
    move = Move(documents, change, context)
    move.issue.added_review = args.text
    return move.finish(args.text)
