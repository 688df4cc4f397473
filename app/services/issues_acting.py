"""What people do with issues: any move, alone or on many at once, raising one, and adding evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain import buckets
from app.domain.changes.base import Change, Refusal
from app.domain.clock import from_text
from app.domain.departments import TWINS
from app.domain.documents import Document
from app.domain.enterprise import Enterprise
from app.domain.ids import new_id
from app.domain.issue import Issue
from app.domain.people import Person, Role
from app.domain.projections import DEPARTMENT_ISSUE, ISSUE_ROW
from app.domain.visit import Attachment
from app.domain.work_calendar import Deadline
from app.errors import KnownError
from app.services import attachments
from app.services.attachments import AttachmentLine
from app.services.desk import Desk
from app.services.issues_forms import ACCEPT_AND_ASSIGN, RAISE, rules_for
from app.services.issues_listing import due_text

BATCHES = (
    ACCEPT_AND_ASSIGN,
    "issue.accept",
    "issue.assign",
    "issue.verify",
    "issue.redo",
    "issue.extend",
    "issue.deny_extension",
    "issue.sign",
    "issue.archive",
    "issue.supervise",
    "issue.close_unreached",
)
"""Moves that may be made on several issues with one form."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one issue in a batch; `problem` is empty where it went well."""

    id: str
    number: str
    title: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the classification suggests for an assignment accepted now."""

    level: int
    department: str
    limit_days: int
    due: Deadline
    due_text: str


def document_of(desk: Desk, id: str) -> Document | None:
    """The issue as this person holds it: in its enterprise's bucket, else in his department's."""
    return desk.store.get(Issue.kind, id) or desk.store.get(DEPARTMENT_ISSUE, id)


def act(desk: Desk, id: str, action: str, args: Mapping[str, Any] | None = None) -> None:
    """Make one move. Raises Refusal with the reason, KnownError where the issue is not on this laptop."""
    document = document_of(desk, id)
    if document is None:
        raise KnownError("not_held", "这件诉求的资料还没有取到本机。请先点「取资料」，同步后再办。")
    desk.make(*_changes(desk, document, action, dict(args or {})))


def act_many(
    desk: Desk, ids: Sequence[str], action: str, args: Mapping[str, Any] | None = None
) -> list[Done]:
    """Make the same move on many: each by itself, with what became of it. What `args` leave out of classification,
    level, department and limit follows from each issue's own classification."""
    done = []
    for id in ids:
        document = document_of(desk, id)
        row = document or desk.store.get(ISSUE_ROW, id)
        number, title = (str(row.body["number"]), str(row.body["title"])) if row else ("", id)
        problem = ""
        try:
            filled = _filled(desk, Issue.of(document), action, dict(args or {})) if document else {}
            act(desk, id, action, filled)
        except (Refusal, KnownError) as error:
            problem = error.text
        done.append(Done(id, number, title, problem))
    return done


def _filled(desk: Desk, issue: Issue, action: str, args: dict[str, Any]) -> dict[str, Any]:
    found = rules_for(desk, issue).taxonomy.subcategory(issue.subcategory or "")
    suggested: dict[str, Any] = {}
    if action in (ACCEPT_AND_ASSIGN, "issue.accept"):
        level = issue.level or (found.level if found else 2)
        suggested = {"category": issue.category, "subcategory": issue.subcategory, "level": level}
    if action in (ACCEPT_AND_ASSIGN, "issue.assign"):
        suggested["limit_days"] = found.resolution_days if found else 5
        department = issue.suggested_department or (found.lead if found else None)
        if not args.get("department") and department is None:
            raise KnownError("department", "这一类没有建议部门，请单独交办。")
        suggested["department"] = department
    return {**suggested, **args}


def _changes(desk: Desk, document: Document, action: str, args: dict[str, Any]) -> list[Change]:
    def change(name: str, given: dict[str, Any]) -> Change:
        kept = {key: value for key, value in given.items() if value is not None}
        return desk.change(name, document.bucket, document.kind, document.id, kept)

    if action == ACCEPT_AND_ASSIGN:
        first = {key: args.pop(key, None) for key in ("category", "subcategory", "level")}
        return [change("issue.accept", first), change("issue.assign", _named(desk, args))]
    if action == "issue.assign":
        args = _named(desk, args)
    if action == "issue.take_back" and "event" not in args:
        args["event"] = document.body.get("last", {}).get("event")
    if action == "issue.merge" and "main" in args:
        main = document_of(desk, str(args["main"])) or desk.store.get(ISSUE_ROW, str(args["main"]))
        if main is None:
            raise KnownError("main", "没有找到主案，请重新选择。")
        args["main_number"] = main.body["number"]
    return [change(action, args)]


def _named(desk: Desk, args: dict[str, Any]) -> dict[str, Any]:
    """A handler goes with his name: not every laptop that reads the issue knows the people."""
    if args.get("handler") and not args.get("handler_name"):
        person = desk.store.get(Person.kind, str(args["handler"]))
        args = {**args, "handler_name": person.body["name"] if person else None}
    return args


def raise_issue(
    desk: Desk,
    enterprise: str,
    args: Mapping[str, Any],
    files: Sequence[Path] = (),
    earlier: str | None = None,
) -> str:
    """登记诉求 outside a visit, with its photos, whole or not at all; returns its id. Refusal says what is wrong."""
    if desk.store.get(Enterprise.kind, enterprise) is None:
        raise KnownError("not_held", "这家企业的资料不在本机，不能登记。请先取资料，同步后再试。")
    id = new_id()
    given = {key: value for key, value in args.items() if key != "enterprise" and value is not None}
    if earlier is not None:
        given["earlier"] = earlier
    # Before the transaction: a number that is not used is a gap, one given twice would be a mistake.
    (given["local_number"],) = desk.local_numbers("issue", "I")
    with desk.store.write():
        desk.make(desk.change(RAISE, buckets.of_enterprise(enterprise), Issue.kind, id, given))
        for file in files:
            add_evidence(desk, id, file, file.name)
    return id


def add_evidence(desk: Desk, id: str, source: Path | bytes, file_name: str, caption: str = "") -> Attachment:
    """A photo or file that belongs to an issue: the officer's in the enterprise's bucket, a handler's in his department's."""
    document = document_of(desk, id)
    if document is None:
        raise KnownError("not_held", "这件诉求的资料还没有取到本机。请先点「取资料」，同步后再办。")
    issue = Issue.of(document)
    kind = Attachment.kind if document.kind == Issue.kind else TWINS[Attachment.kind]
    return attachments.enter(
        desk, source, file_name, document.bucket, kind, enterprise=issue.enterprise, issue=id,
        purpose="evidence", caption=caption,
    )  # fmt: skip


def may_add_evidence(desk: Desk, issue: Issue) -> bool:
    """Officer, coordinator and the departments it is shown to add evidence while something is still done about it."""
    actor = desk.signed_in().actor
    if issue.closed_at is not None or issue.archived_at is not None:
        return False
    if actor.roles & {Role.OFFICER, Role.COORDINATOR}:
        return True
    return Role.HANDLER in actor.roles and actor.department in issue.shown_to


def evidence(desk: Desk, issue: Issue) -> list[AttachmentLine]:
    """What there is to look at: the visit's photos where the visit is here, and what was added to the issue itself."""
    own = attachments.of_issue(desk, issue.id)
    return [*attachments.photos_of(desk, issue.visit), *own]


def suggestion(desk: Desk, subcategory: str | None) -> Suggestion:
    """Level, department, limit and deadline by the dictionary, were the issue accepted now."""
    found = desk.rules.taxonomy.subcategory(subcategory) if subcategory else None
    level, department, days = (found.level, found.lead, found.resolution_days) if found else (2, "", 5)
    return Suggestion(level, department, days, *deadline(desk, days))


def deadline(desk: Desk, days: int, accepted_at: str | None = None) -> tuple[Deadline, str]:
    """When `days` working days are over, counted from acceptance (now where that is still to come), and its words."""
    start = from_text(accepted_at) if accepted_at else desk.clock()
    calendar = desk.calendar
    due = calendar.deadline(start, days)
    return due, due_text(due.at, calendar.workdays_left(desk.clock(), due.at), due.provisional)


def handlers(desk: Desk, department: str) -> list[tuple[str, str]]:
    """(person id, name) of the handlers of a department."""
    people = [Person.of(document) for document in desk.store.of_kind(Person.kind)]
    return sorted(
        (person.id, person.name)
        for person in people
        if person.active and person.department == department and Role.HANDLER in person.roles
    )


def accept(desk: Desk, id: str, category: str, subcategory: str | None, level: int) -> None:
    """受理."""
    act(desk, id, "issue.accept", {"category": category, "subcategory": subcategory, "level": level})


def assign(
    desk: Desk,
    id: str,
    department: str,
    limit_days: int,
    handler: str | None = None,
    handler_name: str | None = None,
    requirement: str | None = None,
) -> None:
    """交办."""
    args = {
        "department": department,
        "limit_days": limit_days,
        "handler": handler,
        "handler_name": handler_name,
        "requirement": requirement,
    }
    act(desk, id, "issue.assign", args)


def send_back(desk: Desk, id: str, reason: str) -> None:
    """退回补正."""
    act(desk, id, "issue.return", {"reason": reason})


def resubmit(desk: Desk, id: str, title: str, description: str, expectation: str) -> None:
    """补正后上报."""
    args = {"title": title, "description": description, "expectation": expectation}
    act(desk, id, "issue.resubmit", {name: value for name, value in args.items() if value})
