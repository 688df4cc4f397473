"""Enterprises as an officer or coordinator looks at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.domain import buckets
from app.domain.enterprise import Enterprise, amount_text
from app.domain.issue import ENDED, ISSUE_STATE_NAMES, Issue, IssueEvent
from app.domain.people import Assignment
from app.domain.projections import ENTERPRISE_ROW
from app.domain.visit import VISIT_STATE_NAMES, Due, Visit, VisitDue, visit_due
from app.errors import KnownError
from app.services import escrow, words
from app.services.desk import Desk


@dataclass(frozen=True, slots=True)
class EnterpriseLine:
    """One row of the list. `held` is False where only the directory's light row is on this laptop."""

    id: str
    name: str
    credit_code: str
    address: str
    officer_name: str
    last_visit: date | None
    due: VisitDue | None
    due_word: str
    open_issues: int
    held: bool


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One thing that happened, newest first. `target` is (page, id) or None."""

    at: str
    day: str
    text: str
    target: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class EnterprisePage:
    """Everything the page of one enterprise shows."""

    enterprise: Enterprise
    line: EnterpriseLine
    facts: tuple[tuple[str, str], ...]
    visits: tuple[Visit, ...]
    issues: tuple[Issue, ...]
    timeline: tuple[TimelineLine, ...]


def mine(desk: Desk) -> list[tuple[Enterprise, Assignment]]:
    """The enterprises assigned to this person, by name."""
    person = desk.signed_in().person
    found: dict[str, tuple[Enterprise, Assignment]] = {}
    for document in desk.store.of_kind(Assignment.kind):
        assignment = Assignment.of(document)
        if assignment.person != person or assignment.until is not None:
            continue
        enterprise = desk.store.get(Enterprise.kind, assignment.enterprise)
        if enterprise is not None:
            found[enterprise.id] = (Enterprise.of(enterprise), assignment)
    return sorted(found.values(), key=lambda pair: pair[0].name)


FILTERS = {"due": "本季未走访", "overdue": "走访逾期", "issues": "有未结诉求"}
"""Filter chips of the list: key → word."""


def listing(desk: Desk, text: str = "", filters: Sequence[str] = ()) -> list[EnterpriseLine]:
    """Own enterprises, and for those who see the whole park its directory; by name.

    `text` is part of a name, credit code or address; `filters` are keys of FILTERS and all must hold.
    """
    open_issues = open_issue_counts(desk)
    since = {enterprise.id: assignment.since for enterprise, assignment in mine(desk)}
    lines: dict[str, EnterpriseLine] = {}
    for document in desk.store.of_kind(ENTERPRISE_ROW):
        lines[document.id] = _line(desk, Enterprise.of(document), since, open_issues, held=False)
    for document in desk.store.of_kind(Enterprise.kind):
        lines[document.id] = _line(desk, Enterprise.of(document), since, open_issues, held=True)
    wanted = text.strip().lower()
    chosen = [line for line in lines.values() if _matches(line, wanted) and _passes(line, filters)]
    return sorted(chosen, key=lambda line: line.name)


def _line(
    desk: Desk, enterprise: Enterprise, since: dict[str, str], open_issues: dict[str, int], *, held: bool
) -> EnterpriseLine:
    last = date.fromisoformat(enterprise.last_visit_on) if enterprise.last_visit_on else None
    due = None
    if enterprise.id in since:
        due = visit_due(last, date.fromisoformat(since[enterprise.id]), desk.today)
    return EnterpriseLine(
        id=enterprise.id,
        name=enterprise.name,
        credit_code=enterprise.credit_code,
        address=enterprise.address or "",
        officer_name=enterprise.officer_name or "",
        last_visit=last,
        due=due,
        due_word=words.visit_due_word(due) if due else "",
        open_issues=open_issues.get(enterprise.id, 0),
        held=held,
    )


def _matches(line: EnterpriseLine, wanted: str) -> bool:
    return not wanted or any(
        wanted in value.lower() for value in (line.name, line.credit_code, line.address, line.officer_name)
    )


def _passes(line: EnterpriseLine, filters: Sequence[str]) -> bool:
    checks = {
        "due": line.due is not None and line.due.due is not Due.DONE,
        "overdue": line.due is not None and line.due.due is Due.OVERDUE,
        "issues": line.open_issues > 0,
    }
    return all(checks[name] for name in filters)


def open_issue_counts(desk: Desk) -> dict[str, int]:
    """Enterprise id → number of its issues that are not ended."""
    counts: dict[str, int] = {}
    for kind in ("issue_row", Issue.kind):
        seen: dict[str, int] = {}
        for document in desk.store.of_kind(kind):
            if document.body.get("state") not in ENDED:
                enterprise = str(document.body.get("enterprise"))
                seen[enterprise] = seen.get(enterprise, 0) + 1
        counts.update(seen)
    return counts


def facts(enterprise: Enterprise) -> tuple[tuple[str, str], ...]:
    """The profile as label and value, in the order of a form."""
    return (
        ("统一社会信用代码", enterprise.credit_code),
        ("注册日期", enterprise.registered_on or "—"),
        ("企业类型", enterprise.ownership or "—"),
        (
            "注册资金",
            amount_text(enterprise.registered_capital_fen, enterprise.registered_capital_currency)
            if enterprise.registered_capital_fen is not None
            else enterprise.registered_capital_text or "—",
        ),
        ("从业人数", f"{enterprise.employees} 人" if enterprise.employees is not None else "—"),
        ("所在地区", " ".join(part for part in (enterprise.province, enterprise.region) if part) or "—"),
        ("注册地址", enterprise.address or "—"),
        ("联络员", enterprise.officer_name or "未分配"),
        ("经营范围", enterprise.business_scope or "—"),
    )


def page(desk: Desk, id: str) -> EnterprisePage:
    """One enterprise with its visits, issues and timeline. KnownError where it is not on this laptop."""
    document = desk.store.get(Enterprise.kind, id)
    if document is None:
        gone = escrow.gone(desk, buckets.of_enterprise(id))
        if gone is not None:
            raise KnownError("gone", escrow.gone_text(gone))
        raise KnownError("not_held", "这家企业的资料不在本机。联网后点「取资料」即可查看。")
    enterprise = Enterprise.of(document)
    since = {pair[0].id: pair[1].since for pair in mine(desk)}
    here = desk.store.in_bucket(buckets.of_enterprise(id))
    visits = [Visit.of(item) for item in here if item.kind == Visit.kind]
    issues = [Issue.of(item) for item in here if item.kind == Issue.kind]
    events = [IssueEvent.of(item) for item in here if item.kind == IssueEvent.kind]
    visits.sort(key=lambda visit: visit.started_at, reverse=True)
    issues.sort(key=lambda issue: issue.raised_at, reverse=True)
    return EnterprisePage(
        enterprise=enterprise,
        line=_line(desk, enterprise, since, open_issue_counts(desk), held=True),
        facts=facts(enterprise),
        visits=tuple(visits),
        issues=tuple(issues),
        timeline=_timeline(visits, issues, events),
    )


def _timeline(visits: list[Visit], issues: list[Issue], events: list[IssueEvent]) -> tuple[TimelineLine, ...]:
    titles = {issue.id: issue.title for issue in issues}
    lines = [
        TimelineLine(
            visit.started_at,
            words.day_of_text(visit.day),
            f"{visit.people} 走访（{VISIT_STATE_NAMES[visit.state]}）",
            ("visits", visit.id),
        )
        for visit in visits
    ]
    lines += [
        TimelineLine(
            event.at,
            words.day_of_text(event.at[:10]),
            f"诉求「{titles.get(event.issue, '')}」{ISSUE_STATE_NAMES[event.to_state]}",
            ("issues", event.issue),
        )
        for event in events
    ]
    return tuple(sorted(lines, key=lambda line: line.at, reverse=True))
