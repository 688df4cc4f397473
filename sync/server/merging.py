"""Two enterprises become one: what stands under a temporary code goes over into the bucket of the real one.

The coordinator's `enterprise.merge` marks the temporary enterprise; in the same transaction every document of its bucket is
written into the real one's and deleted here, through the one writer, so that projections, memberships and counts follow. What
stays behind is one small document that says where everything went: what is still under way to the old bucket (changes of a
laptop that was offline, blobs) is taken to the new one by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from pydantic_core import from_json
from sqlalchemy.engine import Connection

from app.domain import buckets
from app.domain.agency_case import AgencyCase
from app.domain.changes import Change, Context, Refusal, Write
from app.domain.changes.agency_trail import case_went_over
from app.domain.changes.assignments import OWN_ASSIGNMENT, shown
from app.domain.changes.enterprises import Merge
from app.domain.changes.issue_trail import went_over
from app.domain.changes.review_trail import review_went_over
from app.domain.clock import beijing_date, to_text
from app.domain.documents import Body, same_value
from app.domain.enterprise import Enterprise
from app.domain.enterprise_parts import Seat, seat_id
from app.domain.escrow import Escrow
from app.domain.ids import derived_id
from app.domain.issue import Issue
from app.domain.meeting import Meeting, MeetingItem
from app.domain.people import Assignment, Role
from app.domain.review import Review
from sync.server import tables
from sync.server.store import Transaction

SIGNPOST = "merged_into"
"""`{id, into}` in the old bucket; the id is the old enterprise's."""
MERGED = "merged_enterprise"
"""The old profile as it was, in the new bucket: nothing that stood differently is lost."""
_NOT_TAKEN_OVER = frozenset(
    {"id", "credit_code", "former_code", "name", "officer_name", "people", "last_visit_on", "visit_cycle"}
    | {"unconfirmed", "entered_by", "entered_by_name", "maybe_same", "merged", "merging_into"}
)
Writing = Callable[[Write], None]


def carry_out(transaction: Transaction, change: Change, context: Context, write: Writing) -> None:
    """Move everything of the change's bucket. Raises GrowLocks; Refusal where the other enterprise is not there."""
    args = Merge.model_validate(change.args)
    _Merging(transaction, change, context, write, args.into, args.keep).run()


class _Merging:
    def __init__(
        self,
        transaction: Transaction,
        change: Change,
        context: Context,
        write: Writing,
        into: str,
        keep: bool,
    ) -> None:
        self.transaction = transaction
        self.change = change
        self.context = context
        self.write = write
        self.old = change.bucket
        self.new = buckets.of_enterprise(into)
        self.into = into
        self.keep = keep

    def run(self) -> None:
        transaction = self.transaction
        transaction.need((self.new,))
        target = transaction.get(self.new, Enterprise.kind, self.into)
        if target is None:
            raise Refusal("missing", "要并入的企业在中心已不存在，请刷新后再选。", field="into")
        self.name = str(target.body["name"])
        kinds = transaction.kinds(self.old)
        found = {kind: transaction.of_kind(self.old, kind) for kind in kinds}
        [temporary] = found.pop(Enterprise.kind)
        found.pop(SIGNPOST, None)
        bodies = {kind: [document.body for document in documents] for kind, documents in found.items()}
        assignments = [Assignment.model_validate(body) for body in bodies.pop(Assignment.kind, [])]
        # First everything goes from here: projections of two enterprises' documents must not meet under one id.
        for kind, documents in {**found, Enterprise.kind: [temporary]}.items():
            for document in documents:
                self.write(Write(kind, document.id, None, self.old))
        for kind, of_kind in bodies.items():
            for body in of_kind:
                self._take(kind, body)
        self._take_assignments(assignments)
        self._take_profile(temporary.body)
        self._tell_meetings()
        transaction.move_files(self.old, self.new)
        self.write(
            Write(SIGNPOST, self.change.doc[1], {"id": self.change.doc[1], "into": self.into}, self.old)
        )

    def _take(self, kind: str, before: Body) -> None:
        body = self._readdressed(before)
        id = str(body["id"])
        if kind == Seat.kind:
            id = seat_id(self.into, str(body["seat"]))
            body["id"] = id
            standing = self.transaction.get(self.new, kind, id)
            if standing is not None and (standing.body.get("person_name") or "").strip():
                return  # Somebody sits there already; who sat in the old one is in the kept profile.
        if kind == Escrow.kind:
            body = _everywhere(body, {self.change.doc[1]: self.into, self.old: self.new})
        if kind == Issue.kind:
            self._take_issue(before, body)
            return
        if kind == AgencyCase.kind:
            case, moved = case_went_over(body, before, self.change, self.context)
            self.write(Write(kind, id, case, self.new))
            self.write(Write(moved.kind, moved.id, moved.to_body(), self.new))
            return
        if kind == Review.kind:
            review, went = review_went_over(body, before, self.change, self.context)
            self.write(Write(kind, id, review, self.new))
            self.write(Write(went.kind, went.id, went.to_body(), self.new))
            return
        self.write(Write(kind, id, body, self.new))

    def _take_issue(self, before: Body, body: Body) -> None:
        """The trail is a chain of digests and stays as it is; one more event says that the issue went over."""
        issue = Issue.model_validate(body)
        event = went_over(issue, before, self.change, self.context)
        self.write(Write(Issue.kind, issue.id, issue.to_body(), self.new))
        self.write(Write(event.kind, event.id, event.to_body(), self.new))

    def _readdressed(self, body: Body) -> Body:
        """Everything says on its first level whose it is: a record's values and a trail's events stay as they were."""
        out = {name: self.into if value == self.change.doc[1] else value for name, value in body.items()}
        if out.get("enterprise") == self.into and "enterprise_name" in out:
            out["enterprise_name"] = self.name
        return out

    def _take_assignments(self, assignments: Iterable[Assignment]) -> None:
        standing = [
            one
            for one in map(Assignment.of, self.transaction.of_kind(self.new, Assignment.kind))
            if one.stands
        ]
        for one in assignments:
            held = any(other.person == one.person and other.role == one.role for other in standing)
            if one.stands and (held or (standing and not self.keep)):
                one.until, one.ending = beijing_date(self.context.now).isoformat(), None
            one.enterprise, one.enterprise_name = self.into, self.name
            body = one.to_body()
            self.write(Write(Assignment.kind, one.id, body, self.new))
            self.write(Write(OWN_ASSIGNMENT, one.id, body, buckets.of_person(one.person)))

    def _tell_meetings(self) -> None:
        """Meetings stand in a bucket of their own and name enterprises: who was invited, came or has an item there."""
        bucket, old = buckets.meetings(self.context.park), self.change.doc[1]
        self.transaction.need((bucket,))
        for meeting in map(Meeting.of, self.transaction.of_kind(bucket, Meeting.kind)):
            if old not in (*meeting.enterprises, *meeting.came):
                continue
            names = {}
            for id, name in zip(meeting.enterprises, meeting.enterprise_names, strict=True):
                names[self.into if id == old else id] = self.name if id == old else name
            meeting.enterprises, meeting.enterprise_names = list(names), list(names.values())
            came = (self.into if id == old else id for id in meeting.came)
            meeting.came = list(dict.fromkeys(came))
            self.write(Write(Meeting.kind, meeting.id, meeting.to_body(), bucket))
        for item in map(MeetingItem.of, self.transaction.of_kind(bucket, MeetingItem.kind)):
            if item.enterprise == old:
                item.enterprise, item.enterprise_name = self.into, self.name
                self.write(Write(MeetingItem.kind, item.id, item.to_body(), bucket))

    def _take_profile(self, temporary: Body) -> None:
        target = self.transaction.get(self.new, Enterprise.kind, self.into)
        assert target is not None
        body = dict(target.body)
        for name, value in temporary.items():
            if name not in _NOT_TAKEN_OVER and body.get(name) in (None, ""):
                body[name] = value
        days = [str(day) for day in (body.get("last_visit_on"), temporary.get("last_visit_on")) if day]
        body["last_visit_on"] = max(days, default=None)
        gone = [*(body.get("merged") or ()), *(temporary.get("merged") or ()), str(temporary["id"])]
        body["merged"] = list(dict.fromkeys(gone))
        body["former_code"] = body.get("former_code") or temporary.get("credit_code")
        people = [
            one
            for one in map(Assignment.of, self.transaction.of_kind(self.new, Assignment.kind))
            if one.stands
        ]
        body["people"] = [shown(one).model_dump(exclude_none=True) for one in people] or None
        officers = [one.person_name for one in people if one.role is Role.OFFICER]
        if body.get("officer_name") not in officers:
            body["officer_name"] = officers[0] if officers else None
        enterprise = Enterprise.model_validate(body)
        self.write(Write(Enterprise.kind, self.into, enterprise.to_body(), self.new))
        kept = {
            "id": derived_id(self.change.mid, MERGED),
            "enterprise": self.into,
            "was": {name: value for name, value in temporary.items() if name != "merging_into"},
            "at": to_text(self.context.now),
            "person_name": self.context.actor.name,
            "differing": sorted(
                name
                for name, value in temporary.items()
                if name not in _NOT_TAKEN_OVER and not same_value(value, body.get(name))
            ),
        }
        self.write(Write(MERGED, str(kept["id"]), kept, self.new))


def _everywhere(value: Any, names: dict[str, str]) -> Any:
    """The same with these texts, where they are a whole value, replaced at every depth."""
    if isinstance(value, dict):
        return {key: _everywhere(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_everywhere(inner, names) for inner in value]
    return names.get(value, value) if isinstance(value, str) else value


# ---------------------------------------------------------------- what is still under way


def present_bucket(connection: Connection, bucket: str) -> str:
    """The bucket something goes to that is addressed to this one: another where the enterprise was merged."""
    for _ in range(5):
        table = tables.document
        text = connection.scalar(
            sa.select(table.c.body).where(
                table.c.bucket == bucket,
                table.c.kind == SIGNPOST,
                table.c.id == buckets.subject_of(bucket),
                table.c.deleted.is_(False),
            )
        )
        if text is None:
            return bucket
        bucket = buckets.of_enterprise(str(from_json(text)["into"]))
    return bucket


def redirected(change: Change, bucket: str) -> Change:
    """The same change for the enterprise its own was merged into."""
    old, new = buckets.subject_of(change.bucket), buckets.subject_of(bucket)
    args = _everywhere(change.args, {old: new, change.bucket: bucket})
    kind, id = change.doc
    return change.model_copy(update={"bucket": bucket, "args": args, "doc": (kind, new if id == old else id)})
