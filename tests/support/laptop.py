"""People, contexts and changes for tests of the laptop's store and of sync, made as the program makes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from app.dictionaries import builtin_rules
from app.domain import buckets
from app.domain.changes import Change, Context
from app.domain.changes.visits import record_digest
from app.domain.clock import to_text
from app.domain.documents import Body
from app.domain.ids import new_id
from app.domain.people import Actor, Role
from app.domain.work_calendar import WorkCalendar

PARK = "xiangdong"
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
OFFICER = Actor("p-officer", "王联络", frozenset({Role.OFFICER}))
COORDINATOR = Actor("p-coordinator", "李协调", frozenset({Role.COORDINATOR}))
ADMIN = Actor("p-admin", "管理员", frozenset({Role.ADMIN}))


def context(actor: Actor = OFFICER, now: datetime = NOON, *, official: bool = False) -> Context:
    """What change functions may know on a laptop; `official` as the server gives numbers."""
    return Context(
        now=now,
        actor=actor,
        device="device-0001",
        park=PARK,
        calendar=WorkCalendar(),
        dictionaries=builtin_rules(),
        number=(lambda _kind, local: f"正式-{local}") if official else (lambda _kind, local: local),
    )


def enterprise_body(id: str, **fields: Any) -> Body:
    known = {"id": id, "credit_code": "91360300MA35XXXX0X", "name": f"萍乡{id}制造有限公司"}
    return {**known, "visit_cycle": "quarter", **fields}


def change(name: str, bucket: str, kind: str, id: str, args: dict[str, Any], minutes: int = 0) -> Change:
    return Change(
        mid=new_id(),
        name=name,
        bucket=bucket,
        doc=(kind, id),
        args=args,
        at=to_text(NOON + timedelta(minutes=minutes)),
    )


def patch(enterprise: str, field: str, old: Any, new: Any, minutes: int = 0) -> Change:
    return change(
        "patch",
        buckets.of_enterprise(enterprise),
        "enterprise",
        enterprise,
        {"fields": {field: [old, new]}},
        minutes,
    )


def start_visit(enterprise: str, visit: str, minutes: int = 0) -> Change:
    args = {
        "enterprise": enterprise,
        "form_id": "visit_three",
        "form_version": "1",
        "local_number": f"V-{visit}",
    }
    return change("visit.start", buckets.of_enterprise(enterprise), "visit", visit, args, minutes)


def submit_visit(enterprise: str, visit: str, issues: int = 0, minutes: int = 0) -> Change:
    values = {"/remarks": f"走访{visit}"}
    args = {
        "record": f"record-{visit}",
        "values": values,
        "digest": record_digest("visit_three", "1", values),
        "issues": [
            {
                "id": f"issue-{visit}-{number}",
                "local_number": f"I-{visit}-{number}",
                "title": f"用电不足{number}",
                "category": "Q01",
            }
            for number in range(issues)
        ],
    }
    return change("visit.submit", buckets.of_enterprise(enterprise), "visit", visit, args, minutes)


def cancel_visit(enterprise: str, visit: str, minutes: int = 0) -> Change:
    return change("visit.cancel", buckets.of_enterprise(enterprise), "visit", visit, {}, minutes)
