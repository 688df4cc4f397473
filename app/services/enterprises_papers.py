"""The paper of an enterprise that goes over: 交接单."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

from app.domain import buckets
from app.domain.clock import beijing_date, from_text
from app.domain.enterprise import LookedAfterBy
from app.domain.issue import ENDED, ISSUE_STATE_NAMES, Issue
from app.domain.visit import Record, Visit, VisitState
from app.printing.models import OpenIssue, Printed
from app.services import enterprises, enterprises_parts, words
from app.services.desk import Desk

_PROMISE = re.compile(r"(?P<row>.*/d05_promises[^/]*)/d05_(?P<part>content|person|due)")


def print_handover(desk: Desk, id: str, path: Path | None = None) -> Printed:
    """交接单 of one enterprise that is on this laptop. `path` None: into the data folder's `papers/`. KnownError where it is
    not here or the disk refuses."""
    from app.printing.handover import Handover
    from app.printing.handover import print_handover as write

    page = enterprises.page(desk, id)
    (number,) = desk.local_numbers("handover", f"JJ-{desk.today:%m%d}")
    people = page.enterprise.people or []
    going = [one for one in people if one.until]
    coming = [one for one in people if not one.until]
    here = desk.store.in_bucket(buckets.of_enterprise(id))
    records = [Record.of(one) for one in here if one.kind == Record.kind]
    sheet = Handover(
        number=number,
        enterprise=page.enterprise.name,
        credit_code=page.enterprise.credit_code,
        former="、".join(_went(one) for one in going) or ("" if coming else page.line.officer_name),
        present="、".join(f"{one.name}（{_day(one.since)}起）" for one in coming) if going or coming else "",
        facts=[pair for pair in page.facts if pair[0] in ("注册地址", "行业", "走访周期") and pair[1] != "—"],
        issues=[_issue(one) for one in page.issues if one.state not in ENDED],
        visits=[
            (visit.number, _day(visit.day), visit.people)
            for visit in page.visits
            if visit.state is VisitState.OPEN
        ],
        promises=promises(records, list(page.visits)),
        vacant=[line.text for line in page.parts.seats if line.word == enterprises_parts.VACANT],
        expiring=[one.text for one in enterprises_parts.reminders(desk) if one.enterprise == id],
        made=desk.today,
    )
    return write(path or desk.folder.papers / f"交接单 {number}.pdf", sheet)


def promises(records: list[Record], visits: list[Visit]) -> list[tuple[str, str, str]]:
    """(what, who, until when) of every promise that was written down at visits (D05), the newest visit's first."""
    days = {visit.record: visit.day for visit in visits}
    found: list[tuple[str, str, str]] = []
    for record in sorted(records, key=lambda one: days.get(one.id, ""), reverse=True):
        rows: dict[str, dict[str, Any]] = {}
        for at, value in record.values.items():
            match = _PROMISE.fullmatch(at)
            if match:
                rows.setdefault(match["row"], {})[match["part"]] = value
        found += [
            (str(row["content"]), str(row.get("person") or ""), str(row.get("due") or ""))
            for row in rows.values()
            if row.get("content")
        ]
    return found


def _went(one: LookedAfterBy) -> str:
    return f"{one.name}（到{_day(str(one.until))}止）"


def _day(text: str) -> str:
    return words.day_of_text(text)


def _issue(issue: Issue) -> OpenIssue:
    due: date | None = beijing_date(from_text(issue.due_at)) if issue.due_at else None
    return OpenIssue(
        issue.number, issue.title, ISSUE_STATE_NAMES[issue.state], issue.department_name or "", due
    )
