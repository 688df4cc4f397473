"""Who looks after which enterprise."""

from __future__ import annotations

from pydantic import BaseModel

from app.domain import buckets
from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function, need
from app.domain.clock import beijing_date
from app.domain.documents import Documents
from app.domain.enterprise import Enterprise
from app.domain.people import Assignment, Role


class Grant(BaseModel):
    """args of `assignment.grant`."""

    person: str
    person_name: str
    role: Role = Role.OFFICER
    since: str | None = None


@change_function("assignment.grant", Role.ADMIN, Role.COORDINATOR)
def grant(documents: Documents, change: Change, context: Context) -> Outcome:
    """Give an enterprise to a person. Nothing to do where he has it already."""
    args = Grant.model_validate(change.args)
    enterprise = Enterprise.of(need(documents, Enterprise.kind, buckets.subject_of(change.bucket)))
    for document in documents.of_kind(Assignment.kind):
        standing = Assignment.of(document)
        if standing.person == args.person and standing.role == args.role and standing.until is None:
            return Outcome()
    assignment = Assignment(
        id=change.doc[1],
        enterprise=enterprise.id,
        enterprise_name=enterprise.name,
        person=args.person,
        person_name=args.person_name,
        role=args.role,
        since=args.since or beijing_date(context.now).isoformat(),
    )
    writes = [
        Write(Assignment.kind, assignment.id, assignment.to_body()),
        Write("own_assignment", assignment.id, assignment.to_body(), buckets.of_person(args.person)),
    ]
    if args.role is Role.OFFICER:
        enterprise.officer_name = args.person_name
        writes.append(Write(Enterprise.kind, enterprise.id, enterprise.to_body()))
    return Outcome(tuple(writes))


@change_function("assignment.end", Role.ADMIN, Role.COORDINATOR)
def end(documents: Documents, change: Change, context: Context) -> Outcome:
    """Take an enterprise from a person; he loses its data with the next sync."""
    assignment = Assignment.of(need(documents, *change.doc))
    if assignment.until is not None:
        raise Refusal("ended", "这条包联关系已经结束。")
    assignment.until = beijing_date(context.now).isoformat()
    writes = [
        Write(Assignment.kind, assignment.id, assignment.to_body()),
        Write("own_assignment", assignment.id, assignment.to_body(), buckets.of_person(assignment.person)),
    ]
    enterprise = Enterprise.of(need(documents, Enterprise.kind, assignment.enterprise))
    if enterprise.officer_name == assignment.person_name:
        enterprise.officer_name = None
        writes.append(Write(Enterprise.kind, enterprise.id, enterprise.to_body()))
    return Outcome(tuple(writes))
