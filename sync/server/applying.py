"""Running one change on the true documents: the writes, their projections, conflicts and memberships."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import sqlalchemy as sa

from app.domain import buckets, departments
from app.domain.activity import REPORT_ROW, TRIP_ROW
from app.domain.changes import Change, Context, FieldConflict, Refusal, Write, apply
from app.domain.changes.assignments import ORDER, orders_of
from app.domain.changes.enterprises import MERGE
from app.domain.changes.review_sheets import DECLARE, HAND_IN, review_orders
from app.domain.changes.visit_cycles import CYCLE_ORDER, cycles_of
from app.domain.clock import to_text
from app.domain.documents import Body, Document, clean
from app.domain.enterprise import Enterprise
from app.domain.ids import derived_id
from app.domain.issue import ENDED, Issue, IssueState
from app.domain.people import Assignment
from app.domain.projections import (
    DEPARTMENT_ISSUE,
    DIRECTORY_ROWS,
    ENTERPRISE_ROW,
    ESCROW_ROW,
    ISSUE_ROW,
    projections,
)
from app.domain.review import REVIEW_SEAT, ReviewScore
from app.domain.visit import Attachment
from sync.server import merging, tables
from sync.server.escrow import with_stored
from sync.server.origins import origins
from sync.server.store import Key, Transaction

CONFLICT = "conflict"
OWN_ASSIGNMENT = "own_assignment"
_SIDE_BY_SIDE = {
    **dict.fromkeys(DIRECTORY_ROWS - {ENTERPRISE_ROW, ESCROW_ROW, TRIP_ROW, REPORT_ROW}, ("enterprise",)),
    **dict.fromkeys((TRIP_ROW, REPORT_ROW), ("owner",)),
    REVIEW_SEAT: ("enterprise",),
    **dict.fromkeys(departments.SOURCES, ("issue",)),
    DEPARTMENT_ISSUE: ("enterprise",),
}
"""Projections of many enterprises in one bucket → the fields that say whose they are."""
_ORDERS = {ORDER: orders_of, CYCLE_ORDER: cycles_of, DECLARE: review_orders, HAND_IN: review_orders}
"""Changes in a person's own bucket that alter enterprises → what each comes to there."""
PLAIN = re.compile(r"[0-9A-Za-z_.@:+-]{1,120}")
"""Kinds, ids and buckets are of these characters, or they are refused."""


@dataclass(slots=True)
class Applied:
    """What a change did: the documents it wrote (altered or found to be so already), the conflicts it left."""

    keys: list[Key] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    altered: bool = False


def apply_change(transaction: Transaction, change: Change, context: Context) -> Applied:
    """Raises Refusal, GrowLocks, or whatever a bug raises; the caller's savepoint undoes the rest."""
    change = change.brought_up()
    transaction.need((change.bucket,))
    if departments.at_department(change):
        change = _at_enterprise(transaction, change)
    outcome = apply(transaction.view(change.bucket), change, context)
    applied = Applied()
    for write in outcome.writes:
        _check_bucket(write, change)
        _write(transaction, write, change, context, applied)
    if change.name == MERGE:
        merging.carry_out(
            transaction, change, context, lambda write: _write(transaction, write, change, context, applied)
        )
    if change.name in _ORDERS:
        for part in _ORDERS[change.name](change):
            _check_id(part.bucket)
            part = _where_it_is_now(transaction, part)
            _check_id(part.doc[1])
            done = apply_change(transaction, part, context)
            applied.keys += done.keys
            applied.altered |= done.altered
    for id, body in _conflict_documents(transaction, outcome.conflicts, change, context):
        applied.altered |= transaction.write(change.bucket, CONFLICT, id, body)
        applied.keys.append((change.bucket, CONFLICT, id))
        applied.conflicts.append(id)
    return applied


def _where_it_is_now(transaction: Transaction, part: Change) -> Change:
    """An order may name an enterprise that was merged since it was written."""
    enterprise = buckets.subject_of(part.bucket)
    if transaction.get(part.bucket, Enterprise.kind, enterprise) is not None:
        return part
    bucket = merging.present_bucket(transaction.connection, part.bucket)
    return part if bucket == part.bucket else merging.redirected(part, bucket)


def _check_id(text: str) -> None:
    if not PLAIN.fullmatch(text):
        raise Refusal("malformed", "记录编号的格式不对，请重新填写后再报。", field="id")


def _at_enterprise(transaction: Transaction, change: Change) -> Change:
    """What a handler does to his department's twin is done to the issue itself, in its enterprise's bucket."""
    issue = departments.issue_of(change)
    twin = transaction.get(change.bucket, DEPARTMENT_ISSUE, issue) if issue is not None else None
    if twin is None:
        raise Refusal(
            "missing", "这件诉求已不在您的部门，可能已退单或改派。请刷新后再看。", kind="issue", id=issue
        )
    bucket = buckets.of_enterprise(str(twin.body["enterprise"]))
    transaction.need((bucket,))
    return departments.on_source(change, bucket)


def _check_bucket(write: Write, change: Change) -> None:
    """A change writes into its own bucket. The ways out are a person's own copy of an assignment, and the single scores of a review
    that was closed."""
    if write.bucket in (None, change.bucket):
        return
    if write.kind == OWN_ASSIGNMENT and buckets.kind_of(write.bucket or "") == buckets.PERSON:
        return
    if write.kind == ReviewScore.kind and buckets.kind_of(write.bucket or "") == buckets.MEETINGS:
        return
    raise RuntimeError(f"{change.name} writes {write.kind} into {write.bucket} from {change.bucket}")


def _write(
    transaction: Transaction, write: Write, change: Change, context: Context, applied: Applied
) -> None:
    bucket = write.bucket or change.bucket
    _check_id(write.id)
    before = transaction.get(bucket, write.kind, write.id)
    if write.kind == OWN_ASSIGNMENT and before is None:
        # Only when it is given: what somebody has who left can be ended and handed over.
        _check_person(transaction, buckets.subject_of(bucket))
    body = write.body
    if write.kind == Issue.kind:
        _check_main(transaction, before, body, context.park)
    if before is None and body is not None and write.kind == Attachment.kind:
        body = with_stored(transaction, bucket, body)
    applied.altered |= transaction.write(bucket, write.kind, write.id, body)
    applied.keys.append((bucket, write.kind, write.id))
    if write.kind == Assignment.kind:
        _membership(transaction, bucket, before, write.body)
    for projection in projections(before, write.kind, write.id, write.body, context.park):
        _project(transaction, projection, write.body, applied)


def _project(transaction: Transaction, projection: Write, source: Body | None, applied: Applied) -> None:
    bucket = projection.bucket
    assert bucket is not None
    if source is not None and projection.kind in _SIDE_BY_SIDE:
        # Projections of all enterprises stand side by side: the id of another's document must not be taken over.
        present = transaction.get(bucket, projection.kind, projection.id)
        if present is not None and any(
            present.body.get(name) != source.get(name) for name in _SIDE_BY_SIDE[projection.kind]
        ):
            raise Refusal(
                "exists",
                "这个编号已被别的记录使用，请重新填写后再报。",
                kind=projection.kind,
                id=projection.id,
            )
    applied.altered |= transaction.write(bucket, projection.kind, projection.id, projection.body)
    applied.keys.append((bucket, projection.kind, projection.id))


def _check_main(transaction: Transaction, before: Document | None, body: Body | None, park: str) -> None:
    """What an issue is merged into may be another enterprise's, which the change function does not see: it must be there
    and not have ended. Two that are merged into each other would both wait for ever."""
    merged = IssueState.MERGED
    if before is None or body is None or body["state"] != merged or before.body["state"] == merged:
        return
    directory = buckets.directory(park)
    transaction.need((directory,))
    main = transaction.get(directory, ISSUE_ROW, str(body["merged_into"]))
    if main is None:
        raise Refusal("main", "找不到主案，请刷新后重新选择。", field="main")
    if IssueState(main.body["state"]) in ENDED:
        raise Refusal("main", "主案已经结束，不能并入。请选还在办的诉求。", field="main")


def _check_person(transaction: Transaction, person: str) -> None:
    table = tables.account
    found = transaction.connection.scalar(
        sa.select(table.c.person).where(table.c.person == person, table.c.active.is_(True))
    )
    if found is None:
        raise Refusal("person", "没有这个人员，或其账号已停用。请重新选择。", field="person")


def _membership(transaction: Transaction, bucket: str, before: Document | None, body: Body | None) -> None:
    """Who holds the bucket follows from the assignments that stand in it."""
    concerned = {(item["person"], item["role"]) for item in (before.body if before else None, body) if item}
    lasting = {
        (standing.person, standing.role.value)
        for standing in map(Assignment.of, transaction.of_kind(bucket, Assignment.kind))
        if standing.stands
    }
    for person, role in concerned:
        transaction.grant(bucket, person, role, (person, role) in lasting)


def _conflict_documents(
    transaction: Transaction, conflicts: tuple[FieldConflict, ...], change: Change, context: Context
) -> list[tuple[str, Body]]:
    """One document per target: theirs stays in the document itself, base, theirs and mine stand here side by side."""
    targets: dict[tuple[str, str], Body] = {}
    for conflict in conflicts:
        fields = targets.setdefault((conflict.kind, conflict.id), {})
        fields[conflict.field] = {"base": conflict.base, "theirs": conflict.theirs, "mine": conflict.mine}
    documents: list[tuple[str, Body]] = []
    for (kind, target), fields in targets.items():
        theirs = {name: met["theirs"] for name, met in fields.items()}
        for name, origin in origins(transaction, change.bucket, kind, target, theirs).items():
            fields[name] |= {"theirs_by_name": origin.name, "theirs_at": origin.at}
        asked = change.args.get("fields", {}) if change.doc == (kind, target) else {}
        id = derived_id(change.mid, f"{CONFLICT}:{kind}:{target}")
        body = {
            "id": id,
            "target_kind": kind,
            "target_id": target,
            "fields": fields,
            "merged": sorted(asked.keys() - fields.keys()),
            "mid": change.mid,
            "author": context.actor.person,
            "author_name": context.actor.name,
            "device": context.device,
            "at": to_text(context.now),
            "offline_at": change.at,
            "state": "open",
        }
        documents.append((id, clean(body)))
    return documents
