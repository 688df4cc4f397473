"""What other buckets see of a document: light rows in `dir:`, and an issue with all of its own at its departments.

A document is in one bucket; where another must see it, a projection of another kind stands there. The server keeps
them in the same transaction; a laptop makes them too for the buckets it holds, so that its own act shows at once.
"""

from __future__ import annotations

from app.domain import buckets
from app.domain.activity import ACTIVITY_ROWS, activity_row
from app.domain.agency_case import AgencyCase, case_row
from app.domain.changes.base import Write
from app.domain.departments import DEPARTMENT_ISSUE, TWINS, shown_to
from app.domain.documents import Body, Document, same_value
from app.domain.enterprise import Enterprise
from app.domain.entry import Entry
from app.domain.escrow import Escrow, EscrowState
from app.domain.issue import Issue
from app.domain.part_rows import PART_ROWS, part_row
from app.domain.project import Project, project_row
from app.domain.record_facts import record_row
from app.domain.review import REVIEW_SEAT, Review, review_row, seat_id, seats_of
from app.domain.visit import Record, Visit
from app.domain.visit_plan import VisitPlan

__all__ = [
    "CASE_ROW",
    "COMING_ROWS",
    "DEPARTMENT_ISSUE",
    "DIRECTORY_ROWS",
    "ENTERPRISE_ROW",
    "ENTRY_ROW",
    "ESCROW_ROW",
    "ISSUE_ROW",
    "PROJECT_ROW",
    "RECORD_ROW",
    "REVIEW_ROW",
    "VISIT_PLAN_ROW",
    "VISIT_ROW",
    "projections",
]

ENTERPRISE_ROW = "enterprise_row"
ISSUE_ROW = "issue_row"
ESCROW_ROW = "escrow_row"
CASE_ROW = "case_row"
PROJECT_ROW = "project_row"
RECORD_ROW = "record_row"
REVIEW_ROW = "review_row"

_ENTERPRISE_FIELDS = (
    *("id", "name", "credit_code", "officer_name", "last_visit_on", "address", "industry"),
    *("people", "unconfirmed", "entered_by_name", "maybe_same", "is_above_scale", "visit_cycle", "merged"),
)
ENTERPRISE_FIELDS = frozenset(_ENTERPRISE_FIELDS)
"""What the light row has of an enterprise: an edit of anything else does not touch it."""
_ISSUE_FIELDS = (
    "id",
    "number",
    "enterprise",
    "enterprise_name",
    "state",
    "title",
    "category",
    "subcategory",
    "urgency",
    "level",
    "raised_by_name",
    "raised_at",
    "department",
    "department_name",
    "handler_name",
    "limit_days",
    "due_at",
    "due_provisional",
    # What the dispatch page filters by and the figures are worked out from (domain.md §9).
    "source",
    "raised_by",
    "visit",
    "meeting",
    "earlier",
    "repeated",
    "solved_on_spot",
    "accepted_at",
    "clock_from",
    "stops",
    "joint",
    "joint_names",
    "assigned_at",
    "signed_at",
    "auto_signed",
    "first_response_at",
    "objections",
    "returned",
    "ruling_needed",
    "appealed",
    "extension_asked_days",
    "escalation_asked",
    "suspend_review_on",
    "supervision",
    "for_meeting",
    "whistle_due_at",
    "result",
    "answered_at",
    "settled_at",
    "settled_in_time",
    "solved",
    "satisfaction",
    "revisited_at",
    "revisit_valid",
    "reopened",
    "closed_at",
    "refused_at",
    "merged_into",
    "main_result",
    "six",
    "campaign",
    # By which versions of the dictionaries it is shown and judged.
    "reference",
)


VISIT_ROW = "visit_row"
VISIT_PLAN_ROW = "visit_plan_row"
ENTRY_ROW = "entry_row"
_WHO_WHERE = ("id", "enterprise", "enterprise_name", "day")
_COMINGS: dict[str, tuple[str, tuple[str, ...]]] = {
    Visit.kind: (
        VISIT_ROW,
        (
            *_WHO_WHERE,
            "number",
            "officer",
            "officer_name",
            "state",
            "method",
            "visit_kind",
            "six",
            "submitted_at",
            "returns",
            "verified_at",
            "verified_by_name",
        ),
    ),
    VisitPlan.kind: (VISIT_PLAN_ROW, (*_WHO_WHERE, "officer", "officer_name", "state", "visit")),
    Entry.kind: (ENTRY_ROW, (*_WHO_WHERE, "organisation", "nature", "code_seen", "withdrawn_at")),
}
COMING_ROWS = frozenset(row for row, _ in _COMINGS.values())
"""Who was where when, without a word of what was said: visits once they were finished, plans, entries."""
DIRECTORY_ROWS = COMING_ROWS | {
    *(ENTERPRISE_ROW, ISSUE_ROW, ESCROW_ROW, CASE_ROW, PROJECT_ROW, RECORD_ROW, REVIEW_ROW),
    *PART_ROWS.values(),
    *ACTIVITY_ROWS.values(),
}
"""Every kind that stands in `dir:` alone."""


def projections(
    before: Document | None, kind: str, id: str, body: Body | None, park: str
) -> tuple[Write, ...]:
    """The writes into other buckets that follow from a document having become `body` (None: deleted)."""
    if kind == Enterprise.kind:
        row = _row(body, _ENTERPRISE_FIELDS)
        old = _row(before.body if before else None, _ENTERPRISE_FIELDS)
        return () if same_value(row, old) else (Write(ENTERPRISE_ROW, id, row, buckets.directory(park)),)
    if kind == Escrow.kind:
        row = _escrow_row(body)
        old = _escrow_row(before.body if before else None)
        return () if same_value(row, old) else (Write(ESCROW_ROW, id, row, buckets.directory(park)),)
    if kind in _COMINGS:
        row = _coming_row(kind, body)
        old = _coming_row(kind, before.body if before else None)
        return () if same_value(row, old) else (Write(_COMINGS[kind][0], id, row, buckets.directory(park)),)
    if kind in PART_ROWS:
        row, old = part_row(kind, body), part_row(kind, before.body if before else None)
        return () if same_value(row, old) else (Write(PART_ROWS[kind], id, row, buckets.directory(park)),)
    if kind == Record.kind:
        row, old = record_row(body), record_row(before.body if before else None)
        return () if same_value(row, old) else (Write(RECORD_ROW, id, row, buckets.directory(park)),)
    if kind == AgencyCase.kind:
        row, old = case_row(body), case_row(before.body if before else None)
        return () if same_value(row, old) else (Write(CASE_ROW, id, row, buckets.directory(park)),)
    if kind == Project.kind:
        row, old = project_row(body), project_row(before.body if before else None)
        return () if same_value(row, old) else (Write(PROJECT_ROW, id, row, buckets.directory(park)),)
    if kind == Review.kind:
        return _of_review(id, before.body if before else None, body, park)
    if kind in ACTIVITY_ROWS:
        row, old = activity_row(kind, body), activity_row(kind, before.body if before else None)
        return () if same_value(row, old) else (Write(ACTIVITY_ROWS[kind], id, row, buckets.directory(park)),)
    if kind not in TWINS:
        return ()
    writes: list[Write] = []
    old_body = before.body if before else None
    if kind == Issue.kind:
        row = _row(body, _ISSUE_FIELDS)
        if not same_value(row, _row(old_body, _ISSUE_FIELDS)):
            writes.append(Write(ISSUE_ROW, id, row, buckets.directory(park)))
    left, new = shown_to(kind, old_body), shown_to(kind, body)
    if not left and not new:
        return tuple(writes)
    writes += [Write(TWINS[kind], id, None, buckets.of_department(one)) for one in sorted(left - new)]
    writes += [Write(TWINS[kind], id, body, buckets.of_department(one)) for one in sorted(new)]
    return tuple(writes)


def _of_review(id: str, old: Body | None, body: Body | None, park: str) -> tuple[Write, ...]:
    """The light row, and a seat in the own bucket of each reviewer."""
    writes: list[Write] = []
    row = review_row(body)
    if not same_value(row, review_row(old)):
        writes.append(Write(REVIEW_ROW, id, row, buckets.directory(park)))
    left, new = seats_of(old), seats_of(body)
    for person in sorted(left.keys() | new.keys()):
        if not same_value(left.get(person), new.get(person)):
            seat = seat_id(id, person)
            writes.append(Write(REVIEW_SEAT, seat, new.get(person), buckets.of_person(person)))
    return tuple(writes)


def _escrow_row(body: Body | None) -> Body | None:
    """Where something is kept, whose it was and how much: nothing of what it says. None when nothing is open."""
    if body is None or body.get("state") != EscrowState.OPEN or not body.get("enterprise"):
        return None
    row = _row(body, ("id", "enterprise", "enterprise_name", "target_kind", "author_name", "at"))
    return {**(row or {}), "changes": len(Escrow.model_validate(body).open_changes)}


def _coming_row(kind: str, body: Body | None) -> Body | None:
    if body is None or "enterprise" not in body:
        return None
    if kind == Visit.kind and not body.get("submitted_at") and not body.get("returns"):
        # Being on the way is the officer's own affair (domain.md §2.12).
        return None
    row = _row(body, _COMINGS[kind][1]) or {}
    if "returns" in row:
        row["returns"] = len(row["returns"])
    return row


def _row(body: Body | None, fields: tuple[str, ...]) -> Body | None:
    return None if body is None else {name: body[name] for name in fields if name in body}
