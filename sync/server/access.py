"""Who holds which buckets. Reading and writing ask here and nowhere else.

Everybody holds `ref:` and his own `u:`. An officer holds the `e:` of the enterprises he looks after. Coordinators,
revisitors and leaders hold `dir:` and `m:` (meetings), and open single enterprises on demand: the list is kept per
device. A handler holds his department's `d:`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.domain import buckets
from app.domain.changes import Change
from app.domain.changes.enterprises import ENTER
from app.domain.people import Role
from sync.server import tables
from sync.server.people import Caller

MAX_WANT = 200


@dataclass(frozen=True, slots=True)
class HeldBucket:
    """A bucket a person holds, as it stands in the snapshot. One without any document yet has head 0."""

    id: str
    head: int
    floor: int
    count: int
    sum: int


def standing(caller: Caller, park: str) -> frozenset[str]:
    """The buckets that follow from who one is, without looking anything up."""
    held = {buckets.reference(park), buckets.of_person(caller.person)}
    if caller.whole_park:
        held |= {buckets.directory(park), buckets.meetings(park)}
    if Role.HANDLER in caller.roles and caller.department:
        held.add(buckets.of_department(caller.department))
    return frozenset(held)


def held(connection: Connection, caller: Caller, park: str) -> dict[str, HeldBucket]:
    """Every bucket the caller may read now, by id."""
    table, fixed = tables.bucket, standing(caller, park)
    query = sa.select(table.c.id, table.c.head, table.c.floor, table.c.count, table.c.sum)
    found = {
        row[0]: HeldBucket(*row)
        for row in connection.execute(query.where(_held_by(connection, caller, fixed)))
    }
    for bucket in fixed - found.keys():
        found[bucket] = HeldBucket(bucket, 0, 0, 0, 0)
    return found


def heads(connection: Connection, caller: Caller, park: str) -> dict[str, int]:
    """The same with the heads alone: all that is asked most of the time, by somebody who may hold thousands."""
    table, fixed = tables.bucket, standing(caller, park)
    query = sa.select(table.c.id, table.c.head).where(_held_by(connection, caller, fixed))
    found = dict.fromkeys(fixed, 0)
    found.update((row.id, row.head) for row in connection.execute(query))
    return found


def _held_by(connection: Connection, caller: Caller, fixed: frozenset[str]) -> sa.ColumnElement[bool]:
    wanted = fixed | (_want(connection, caller) if caller.whole_park else frozenset())
    table, member = tables.bucket, tables.member
    mine = sa.select(member.c.bucket).where(member.c.person == caller.person)
    return sa.or_(table.c.id.in_(sorted(wanted)), table.c.id.in_(mine))


def actable(connection: Connection, caller: Caller, park: str, asked: Iterable[str]) -> frozenset[str]:
    """Those of the asked buckets in which the caller's changes are looked at; the rest is escrowed."""
    fixed = standing(caller, park)
    asked = set(asked)
    allowed = {bucket for bucket in asked if bucket in fixed or _everywhere(caller, bucket)}
    rest = sorted(asked - allowed)
    if rest:
        table = tables.member
        query = sa.select(table.c.bucket).where(table.c.person == caller.person, table.c.bucket.in_(rest))
        allowed.update(connection.scalars(query))
    return frozenset(allowed)


def founded(connection: Connection, caller: Caller, changes: Iterable[Change]) -> frozenset[str]:
    """Buckets that an officer's `enterprise.enter` among these changes brings into being: nothing stands in them yet,
    nor ever stood."""
    if Role.OFFICER not in caller.roles:
        return frozenset()
    asked = {
        change.bucket
        for change in changes
        if change.name == ENTER and change.bucket == buckets.of_enterprise(change.doc[1])
    }
    if not asked:
        return frozenset()
    table = tables.bucket
    query = sa.select(table.c.id).where(table.c.id.in_(sorted(asked)), table.c.head > 0)
    return frozenset(asked - set(connection.scalars(query)))


def may_create(caller: Caller, park: str, bucket: str) -> bool:
    """Whether a change of the caller may bring this bucket into being."""
    return bucket in standing(caller, park) or _everywhere(caller, bucket)


def _everywhere(caller: Caller, bucket: str) -> bool:
    """Who works for the whole park acts in every enterprise's bucket, opened on this device or not."""
    if Role.ADMIN in caller.roles:
        return True
    return caller.whole_park and buckets.kind_of(bucket) == buckets.ENTERPRISE


def keep_want(connection: Connection, caller: Caller, want: list[str]) -> None:
    """Remember the enterprises opened on this device. Only `e:` buckets count."""
    wanted = sorted({bucket for bucket in want if buckets.kind_of(bucket) == buckets.ENTERPRISE})[:MAX_WANT]
    table = tables.device
    connection.execute(
        sa.update(table)
        .where(table.c.person == caller.person, table.c.id == caller.device)
        .values(want=json.dumps(wanted))
    )


def want_differs(connection: Connection, caller: Caller, want: list[str]) -> bool:
    """Whether `want` is not what is remembered."""
    return {b for b in want if buckets.kind_of(b) == buckets.ENTERPRISE} != _want(connection, caller)


def _want(connection: Connection, caller: Caller) -> frozenset[str]:
    table = tables.device
    text = connection.scalar(
        sa.select(table.c.want).where(table.c.person == caller.person, table.c.id == caller.device)
    )
    return frozenset(json.loads(text)) if text else frozenset()
