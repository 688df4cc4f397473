"""Whether what the centre keeps agrees with itself, for `zhuqitong-server verify`. It looks and alters nothing.

Everything is read in one snapshot, so it may run beside the serving processes. Bodies are kept as digests only: the
memory it takes grows with the number of projections, not with their size.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from pydantic_core import from_json
from sqlalchemy.engine import Connection

from app.domain import buckets
from app.domain.changes.assignments import shown
from app.domain.documents import Body
from app.domain.enterprise import Enterprise
from app.domain.people import Assignment
from app.domain.projections import projections
from app.domain.review import REVIEW_SEAT
from app.domain.visit import Attachment
from sync.protocol import digest
from sync.server import tables
from sync.server.applying import OWN_ASSIGNMENT
from sync.server.blobs import Blobs
from sync.server.database import Database
from sync.server.reference import facts
from sync.server.settings import ServerSettings
from sync.server.store import Key

READ_AHEAD = 500
PROJECTIONS_ONLY = (buckets.DIRECTORY, buckets.DEPARTMENT)
"""Kinds of buckets in which nothing stands of its own."""
Member = tuple[str, str, str]
"""(bucket, person, role)"""


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is off. `code` is stable English, `text` a Chinese sentence."""

    code: str
    text: str
    bucket: str = ""
    kind: str = ""
    id: str = ""


@dataclass(slots=True)
class Report:
    """What was looked at, and what is off."""

    buckets: int = 0
    documents: int = 0
    members: int = 0
    projections: int = 0
    files: int = 0
    problems: list[Damage] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        return {"ok": self.ok, **asdict(self)}


@dataclass(slots=True)
class _Total:
    """A bucket as its documents say it is."""

    count: int = 0
    sum: int = 0
    seq: int = 0


@dataclass(slots=True)
class _Seen:
    """What one pass over all documents leaves: totals, and what must agree with one another."""

    park: str
    totals: dict[str, _Total] = field(default_factory=dict)
    members: set[Member] = field(default_factory=set)
    wanted: dict[Key, bytes] = field(default_factory=dict)
    found: dict[Key, bytes] = field(default_factory=dict)
    stored: dict[tuple[str, str], str] = field(default_factory=dict)
    broken: list[Damage] = field(default_factory=list)
    sources: dict[Key, Key] = field(default_factory=dict)
    """Projection → the document it follows from."""
    looked_after: dict[str, set[bytes]] = field(default_factory=dict)
    """Bucket of an enterprise → who looks after it, as its assignments stand."""
    told: dict[str, set[bytes]] = field(default_factory=dict)
    """The same as the enterprise itself says it."""

    def wrong_rows(self) -> tuple[list[Key], list[Key], list[Key]]:
        """Projections that are missing, that nothing wants, that differ from their source."""
        wanted, found = self.wanted.keys(), self.found.keys()
        differing = [key for key in found & wanted if self.found[key] != self.wanted[key]]
        return sorted(wanted - found), sorted(found - wanted), sorted(differing)

    def wrong_people(self) -> list[str]:
        """Buckets whose enterprise says somebody else looks after it than its assignments do. Where one of these cannot be
        read, nobody knows."""
        unclear = {damage.bucket for damage in self.broken}
        return sorted(
            bucket
            for bucket, told in self.told.items()
            if bucket not in unclear and told != self.looked_after.get(bucket, set())
        )


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What can be made anew from what stands: `sources` of rows that are missing or wrong, buckets of enterprises whose
    `people` are not those of their assignments."""

    sources: list[Key]
    people: list[str]


def follow_up(connection: Connection, park: str) -> FollowUp:
    """What `mending.mend` has to write."""
    seen = _documents(connection, park, Report())
    missing, _, differing = seen.wrong_rows()
    return FollowUp(sorted({seen.sources[key] for key in (*missing, *differing)}), seen.wrong_people())


def verify(database: Database, settings: ServerSettings, every_byte: bool = False) -> Report:
    """Look at everything. Raises KnownError where the database or the attachments' store cannot even be read.

    Attachments in S3 are looked for by name and size; `every_byte` fetches and digests them as those in a folder are.
    """
    report = Report()
    with database.reading() as connection:
        if database.is_sqlite:
            report.problems += _pages(connection)
        seen = _documents(connection, facts(connection).park, report)
        report.problems += seen.broken
        report.problems += _buckets(connection, seen, report)
        report.problems += _members(connection, seen, report)
        stored = {
            (row.bucket, row.attachment): (row.sha256, row.size)
            for row in connection.execute(sa.select(tables.stored_file))
        }
    report.problems += _projections(seen, report)
    report.problems += _attachments(seen, stored)
    # A blob is never altered or removed once it is in place: it may be looked at after the snapshot.
    blobs = Blobs.of(settings)
    whole = every_byte or blobs.folder is not None
    report.problems += _blobs(blobs, sorted(set(stored.values())), whole, report)
    return report


def _pages(connection: Connection) -> Iterator[Damage]:
    for told in connection.scalars(sa.text("PRAGMA integrity_check")):
        if told != "ok":
            yield Damage("database", f"数据库文件内部有损坏：{told}")


def _documents(connection: Connection, park: str, report: Report) -> _Seen:
    seen = _Seen(park)
    table = tables.document
    query = sa.select(table).execution_options(yield_per=READ_AHEAD)
    with connection.execute(query) as rows:
        for row in rows:
            report.documents += 1
            total = seen.totals.setdefault(row.bucket, _Total())
            total.seq = max(total.seq, row.seq)
            if row.deleted:
                if row.body:
                    seen.broken.append(_damage("body", row, "已删除的记录还带着内容"))
                continue
            total.count += 1
            total.sum = digest.add(total.sum, digest.row_sum(row.kind, row.id, row.rev))
            body = _body(row.body)
            if body is None:
                seen.broken.append(_damage("body", row, "记录的内容读不出来"))
                continue
            try:
                _agree(seen, row, body)
            except (KeyError, TypeError, ValueError):
                seen.broken.append(_damage("body", row, "记录缺少必要的内容"))
    return seen


def _agree(seen: _Seen, row: Any, body: Body) -> None:
    """Enter what other places must say because of this document. Raises KeyError, TypeError, ValueError."""
    if row.kind in (OWN_ASSIGNMENT, REVIEW_SEAT) or buckets.kind_of(row.bucket) in PROJECTIONS_ONLY:
        seen.found[row.bucket, row.kind, row.id] = fingerprint(body)
        return
    for write in projections(None, row.kind, row.id, body, seen.park):
        key = (str(write.bucket), write.kind, write.id)
        seen.wanted[key] = fingerprint(write.body)
        seen.sources[key] = (row.bucket, row.kind, row.id)
    if row.kind == Enterprise.kind:
        seen.told[row.bucket] = {fingerprint(one) for one in body.get("people") or ()}
    if row.kind == Assignment.kind:
        assignment = Assignment.model_validate(body)
        if assignment.stands:
            told = shown(assignment).model_dump(mode="json")
            seen.looked_after.setdefault(row.bucket, set()).add(fingerprint(told))
            seen.members.add((row.bucket, assignment.person, assignment.role.value))
        own = (buckets.of_person(assignment.person), OWN_ASSIGNMENT, row.id)
        seen.wanted[own] = fingerprint(body)
        seen.sources[own] = (row.bucket, row.kind, row.id)
    elif row.kind == Attachment.kind and body.get("stored_at"):
        seen.stored[row.bucket, row.id] = str(body.get("sha256"))


def _buckets(connection: Connection, seen: _Seen, report: Report) -> Iterator[Damage]:
    table = tables.bucket
    query = sa.select(table.c.id, table.c.head, table.c.floor, table.c.count, table.c.sum)
    present = {id: values for id, *values in connection.execute(query)}
    report.buckets = len(present)
    for id in sorted(seen.totals.keys() - present.keys()):
        yield Damage("bucket_missing", f"分区 {id} 有记录，却没有登记", id)
    for id, (head, floor, count, total) in sorted(present.items()):
        really = seen.totals.get(id, _Total())
        if count != really.count:
            yield Damage("count", f"分区 {id} 登记 {count} 条，实有 {really.count} 条", id)
        if total != really.sum:
            yield Damage("sum", f"分区 {id} 的校验和与其中的记录对不上", id)
        if max(really.seq, floor) > head:
            yield Damage("head", f"分区 {id} 的序号到 {head}，记录却到 {max(really.seq, floor)}", id)


def _members(connection: Connection, seen: _Seen, report: Report) -> Iterator[Damage]:
    present: set[Member] = {
        (row.bucket, row.person, row.role) for row in connection.execute(sa.select(tables.member))
    }
    report.members = len(present)
    for bucket, person, role in sorted(seen.members - present):
        yield Damage(
            "member_missing", f"有包联关系，却看不到 {bucket}（{role} {person}）", bucket, "", person
        )
    for bucket, person, role in sorted(present - seen.members):
        yield Damage(
            "member_surplus", f"没有包联关系，却能看到 {bucket}（{role} {person}）", bucket, "", person
        )


def _projections(seen: _Seen, report: Report) -> Iterator[Damage]:
    report.projections = len(seen.found)
    missing, surplus, differing = seen.wrong_rows()
    for key in missing:
        yield Damage("projection_missing", f"{_name(key)} 应有而没有", *key)
    for key in surplus:
        yield Damage("projection_surplus", f"{_name(key)} 没有来源", *key)
    for key in differing:
        yield Damage("projection_differs", f"{_name(key)} 与来源不一致", *key)
    for bucket in seen.wrong_people():
        id = buckets.subject_of(bucket)
        yield Damage("people_differ", f"企业 {id} 写的包联人与包联关系不一致", bucket, Enterprise.kind, id)


def _attachments(seen: _Seen, stored: dict[tuple[str, str], tuple[str, int]]) -> Iterator[Damage]:
    for (bucket, id), sha256 in sorted(seen.stored.items()):
        row = stored.get((bucket, id))
        if row is None:
            yield Damage("stored_missing", f"附件 {id} 标明已上传，却没有登记", bucket, Attachment.kind, id)
        elif row[0] != sha256:
            yield Damage("stored_differs", f"附件 {id} 登记的不是它的文件", bucket, Attachment.kind, id)


def _blobs(blobs: Blobs, stored: Iterable[tuple[str, int]], whole: bool, report: Report) -> Iterator[Damage]:
    sizes = blobs.sizes()
    for sha256, size in stored:
        report.files += 1
        found = sizes.get(sha256)
        if found is None:
            yield Damage("blob_missing", f"附件文件 {sha256} 在 {blobs.place} 里不见了", "", "file", sha256)
        elif found != size or (whole and blobs.digest(sha256) != (sha256, size)):
            yield Damage("blob_damaged", f"附件文件 {sha256}（{blobs.place}）的内容变了", "", "file", sha256)


def fingerprint(value: Any) -> bytes:
    """A digest that is equal where `same_value` says so: 1 and 1.00, null and missing, text in any form."""
    text = json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        # In an object of its own: the number 1 is not the text "1".
        return {"": str(Decimal(str(value)).normalize() + 0)}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return {key: _plain(inner) for key, inner in value.items() if inner is not None}


def _body(text: str) -> Body | None:
    try:
        body = from_json(text)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _damage(code: str, row: Any, what: str) -> Damage:
    return Damage(code, f"{_name((row.bucket, row.kind, row.id))} {what}", row.bucket, row.kind, row.id)


def _name(key: Key) -> str:
    bucket, kind, id = key
    return f"{bucket} 的 {kind} {id}"
