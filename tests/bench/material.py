"""Stores to measure on: made-up enterprises through the real change functions and the real store."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.dictionaries import builtin_rules
from app.domain import buckets, credit_code
from app.domain.changes import Change, Context, Write
from app.domain.changes.visits import record_digest
from app.domain.clock import to_text
from app.domain.people import Actor, Role
from app.domain.work_calendar import WorkCalendar
from app.paths import DataFolder
from app.services.desk import Desk
from app.store.confirmed import ConfirmedPage, ConfirmedRow, absorb_page
from sync.protocol.digest import add, row_sum, sum_text
from tests.support.documents import Shelf

PARK = "bench"
OFFICER = Actor("00000000-0000-7000-8000-000000000001", "测速员", frozenset({Role.OFFICER}))
CENTRE = Actor("00000000-0000-7000-8000-000000000002", "中心", frozenset({Role.ADMIN}))
Run = Callable[[str, str, str, dict[str, object], Actor, datetime], None]
"""Runs a change: its name, the document's kind and id, its arguments, who, when."""
NOBODY_THERE = "http://127.0.0.1:9"
"""The discard port: the desk finds at once that its server is away, as on the road."""


def make_desk_store(folder: Path, enterprises: int) -> int:
    """A data folder of a signed-in officer with so many enterprises, each with one or two visits with an issue.

    Returns the number of documents.
    """
    now = datetime.now(UTC)
    with Desk.open(DataFolder(folder)) as desk:
        session = {
            "server": NOBODY_THERE,
            "token": "none",
            "person": OFFICER.person,
            "account": "bench",
            "name": OFFICER.name,
            "roles": ["officer"],
            "park": PARK,
            "park_name": "测速产业园",
            "epoch": "1",
            "device": str(uuid.UUID(int=3)),
        }
        desk.store.set_kv("session", session)
        rows: dict[str, list[ConfirmedRow]] = {}
        for number in range(enterprises):
            for bucket, write in _enterprise(number, now):
                rows.setdefault(bucket, []).append(ConfirmedRow(bucket, write.kind, write.id, 1, write.body))
        pages = [
            ConfirmedPage(bucket, 0, len(held), done=True, count=len(held), sum=_sum(held), rows=held)
            for bucket, held in rows.items()
        ]
        result = absorb_page(desk.store, pages, _context(OFFICER, now), sum_of=_sum_of)
        assert result.mismatched == ()
    return sum(len(held) for held in rows.values())


def _context(actor: Actor, now: datetime) -> Context:
    return Context(now, actor, "bench", PARK, WorkCalendar(), builtin_rules(), lambda _kind, local: local)


def _enterprise(number: int, now: datetime) -> Iterator[tuple[str, Write]]:
    """The final documents of one enterprise, with the buckets they are in."""
    id = _id(number, "enterprise")
    shelf = Shelf(buckets.of_enterprise(id))
    elsewhere: dict[tuple[str, str, str], Write] = {}

    def run(name: str, kind: str, doc: str, args: dict[str, object], actor: Actor, at: datetime) -> None:
        change = Change(
            mid=_id(number, f"{name} {doc}"),
            name=name,
            bucket=shelf.bucket,
            doc=(kind, doc),
            args=args,
            at=to_text(at),
        )
        for write in shelf.run(change, _context(actor, at)).writes:
            if write.bucket not in (None, shelf.bucket):
                elsewhere[str(write.bucket), write.kind, write.id] = write

    first_17 = f"91360313{number:08d}"
    first_17 += credit_code.organisation_check(first_17[8:])
    fields = {
        "id": id,
        "credit_code": first_17 + credit_code.check_character(first_17),
        "name": f"测速第{number}精密制造有限公司",
        "registered_on": f"{1990 + number % 30}-0{1 + number % 9}-15",
        "registered_capital_fen": 1_680_000_000 + number,
        "registered_capital_currency": "CNY",
        "business_scope": "工业陶瓷、化工填料、冶金填料、塑料填料的生产、销售；进出口贸易。" * 4,
        "address": f"产业园B区{number}号",
    }
    before = now - timedelta(days=100)
    run(
        "put",
        "enterprise",
        id,
        {"fields": {name: [None, value] for name, value in fields.items()}},
        CENTRE,
        before,
    )
    grant = {"person": OFFICER.person, "person_name": OFFICER.name, "since": "2020-01-01"}
    run("assignment.grant", "assignment", _id(number, "assignment"), grant, CENTRE, before)
    for visit in range(1 + number % 2):
        # Every second enterprise has been visited lately as well.
        _visit(number, visit, id, run, now - timedelta(days=95 - 94 * visit))
    for (kind, doc), body in shelf.bodies.items():
        yield shelf.bucket, Write(kind, doc, body)
    for (bucket, _, _), write in elsewhere.items():
        yield bucket, write


def _visit(number: int, visit: int, enterprise: str, run: Run, at: datetime) -> None:
    doc = _id(number, f"visit {visit}")
    start = {
        "enterprise": enterprise,
        "form_id": "visit_three",
        "form_version": "1",
        "local_number": f"V-{number}-{visit}",
    }
    run("visit.start", "visit", doc, start, OFFICER, at)
    values = {f"/group_{n % 6}/question_{n}": f"第 {n} 题的回答，若干字的一句话" for n in range(40)}
    issue = {
        "id": _id(number, f"issue {visit}"),
        "local_number": f"I-{number}-{visit}",
        "title": "变压器容量不够，二期设备装不上",
        "category": "08",
        "subcategory": "0803",
    }
    submit = {
        "record": _id(number, f"record {visit}"),
        "values": values,
        "digest": record_digest("visit_three", "1", values),
        "issues": [issue],
    }
    run("visit.submit", "visit", doc, submit, OFFICER, at)


def _id(number: int, what: str) -> str:
    return str(uuid.uuid5(uuid.UUID(int=7), f"{number} {what}"))


def _sum(rows: list[ConfirmedRow]) -> str:
    return _sum_of((row.kind, row.id, row.rev) for row in rows)


def _sum_of(rows: Iterable[tuple[str, str, int]]) -> str:
    total = 0
    for kind, id, rev in rows:
        total = add(total, row_sum(kind, id, rev))
    return sum_text(total)
