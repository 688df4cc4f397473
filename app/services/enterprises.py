"""Enterprises as an officer or coordinator looks at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.domain import buckets
from app.domain.agency_case import AgencyCase, AgencyEvent
from app.domain.documents import Document
from app.domain.enterprise import Enterprise, LookedAfterBy, amount_text
from app.domain.enterprise_parts import Cultivation
from app.domain.issue import ENDED, ISSUE_STATE_NAMES, Issue, IssueEvent, Light
from app.domain.people import Assignment
from app.domain.projections import ENTERPRISE_ROW
from app.domain.team import DUTY_NAMES
from app.domain.visit import VISIT_STATE_NAMES, Attachment, Due, Visit, VisitDue, cycle_of, visit_due
from app.errors import KnownError
from app.services import enterprises_forms, enterprises_parts, escrow, issues, words
from app.services.cases_listing import CaseLine
from app.services.cases_listing import of_enterprise as cases_of
from app.services.cases_page import timeline as case_timeline
from app.services.desk import Desk
from app.services.enterprises_entry import CYCLES, present_id
from app.services.projects_listing import ProjectLine
from app.services.projects_listing import of_enterprise as projects_of


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
    unconfirmed: bool = False
    regulated: bool = False


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
    parts: enterprises_parts.Parts
    people: tuple[str, ...]
    attachments: tuple[Attachment, ...]
    cases: tuple[CaseLine, ...] = ()
    projects: tuple[ProjectLine, ...] = ()


def mine(desk: Desk) -> list[tuple[Enterprise, Assignment]]:
    """The enterprises assigned to this person, by name."""
    person = desk.signed_in().person
    found: dict[str, tuple[Enterprise, Assignment]] = {}
    for document in desk.store.of_kind(Assignment.kind):
        assignment = Assignment.of(document)
        over = assignment.until is not None and assignment.until < desk.today.isoformat()
        if assignment.person != person or not assignment.stands or over:
            continue
        enterprise = desk.store.get(Enterprise.kind, assignment.enterprise)
        if enterprise is not None:
            found[enterprise.id] = (Enterprise.of(enterprise), assignment)
    return sorted(found.values(), key=lambda pair: pair[0].name)


FILTERS = {
    "due": "本期未走访",
    "overdue": "走访逾期",
    "issues": "有未结诉求",
    "red": "红灯",
    "yellow": "黄灯",
    "vacant": "有缺位",
    "expiring": "标签将到期",
    "regulated": "规上",
    "specialised": "专精特新",
    "high_tech": "高新",
    "cultivated": "培育中",
    "unconfirmed": "待确认",
}
"""Filter chips of the list: key → word."""
OWN_ONLY = ("due", "overdue")
"""Of an officer's own enterprises."""
WHOLE_ONLY = ("vacant", "expiring", "specialised", "high_tech", "cultivated")
"""What can be told of enterprises that are on this laptop whole."""
_LIGHTS = {"red": Light.RED, "yellow": Light.YELLOW}
_SPECIALISED = frozenset({"innovative_sme", "specialised", "little_giant"})


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
    more = _more(desk, filters)
    chosen = [line for line in lines.values() if _matches(line, wanted) and _passes(line, filters, more)]
    return sorted(chosen, key=lambda line: line.name)


def _line(
    desk: Desk, enterprise: Enterprise, since: dict[str, str], open_issues: dict[str, int], *, held: bool
) -> EnterpriseLine:
    last = date.fromisoformat(enterprise.last_visit_on) if enterprise.last_visit_on else None
    due = None
    if enterprise.id in since:
        cycle = cycle_of(enterprise.visit_cycle)
        due = visit_due(last, date.fromisoformat(since[enterprise.id]), desk.today, cycle)
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
        unconfirmed=bool(enterprise.unconfirmed),
        regulated=bool(enterprise.is_above_scale),
    )


def _matches(line: EnterpriseLine, wanted: str) -> bool:
    return not wanted or any(
        wanted in value.lower() for value in (line.name, line.credit_code, line.address, line.officer_name)
    )


def _more(desk: Desk, filters: Sequence[str]) -> dict[str, frozenset[str]]:
    """Filter → the enterprises that pass it, of the filters that ask for more than a line has."""
    found: dict[str, frozenset[str]] = {}
    lights = [name for name in filters if name in _LIGHTS]
    if lights:
        lines = [line for line in issues.listing(desk) if line.state not in ENDED]
        for name in lights:
            found[name] = frozenset(line.enterprise for line in lines if line.light is _LIGHTS[name])
    if not set(filters).isdisjoint({*WHOLE_ONLY, "regulated"}):
        signals = enterprises_parts.signals(desk)
        tracks = [document.body for document in desk.store.of_kind(Cultivation.kind)]
        found |= {
            "vacant": frozenset(id for id, (vacant, _, _) in signals.items() if vacant),
            "expiring": frozenset(id for id, (_, expiring, _) in signals.items() if expiring),
            "regulated": frozenset(
                id for id, (_, _, tags) in signals.items() if "regulated_industry" in tags
            ),
            "specialised": frozenset(id for id, (_, _, tags) in signals.items() if tags & _SPECIALISED),
            "high_tech": frozenset(id for id, (_, _, tags) in signals.items() if "high_tech" in tags),
            "cultivated": frozenset(body["enterprise"] for body in tracks if not body.get("done_on")),
        }
    return found


def _passes(line: EnterpriseLine, filters: Sequence[str], more: Mapping[str, frozenset[str]]) -> bool:
    checks = {
        "due": line.due is not None and line.due.due is not Due.DONE,
        "overdue": line.due is not None and line.due.due is Due.OVERDUE,
        "issues": line.open_issues > 0,
        "unconfirmed": line.unconfirmed,
        "regulated": line.regulated or line.id in more.get("regulated", ()),
    }
    return all(checks[name] if name in checks else line.id in more[name] for name in filters)


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


def facts(desk: Desk, enterprise: Enterprise) -> tuple[tuple[str, str], ...]:
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
        ("所在地区", _where(desk, enterprise)),
        ("行业", enterprises_forms.code_name(desk, enterprises_forms.INDUSTRIES, enterprise.industry)),
        ("注册地址", enterprise.address or "—"),
        ("上年营收", f"{enterprise.revenue_last_year} 万元" if enterprise.revenue_last_year else "—"),
        ("走访周期", CYCLES.get(enterprise.visit_cycle, enterprise.visit_cycle)),
        ("联络员", enterprise.officer_name or "未分配"),
        ("经营范围", enterprise.business_scope or "—"),
    )


def _where(desk: Desk, enterprise: Enterprise) -> str:
    """The division by its code where there is one, else as a register wrote it."""
    if enterprise.division:
        return enterprises_forms.code_name(desk, enterprises_forms.DIVISIONS, enterprise.division)
    return " ".join(part for part in (enterprise.province, enterprise.region) if part) or "—"


def page(desk: Desk, id: str) -> EnterprisePage:
    """One enterprise with its visits, issues and timeline; where it was merged, the one it went into. KnownError where it is
    not on this laptop."""
    id = present_id(desk, id)
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
    raised = [Issue.of(item) for item in here if item.kind == Issue.kind]
    events = [IssueEvent.of(item) for item in here if item.kind == IssueEvent.kind]
    visits.sort(key=lambda visit: visit.started_at, reverse=True)
    raised.sort(key=lambda issue: issue.raised_at, reverse=True)
    return EnterprisePage(
        enterprise=enterprise,
        line=_line(desk, enterprise, since, open_issue_counts(desk), held=True),
        facts=facts(desk, enterprise),
        visits=tuple(visits),
        issues=tuple(raised),
        timeline=_timeline(visits, raised, events, _case_lines(here)),
        cases=tuple(cases_of(desk, id)),
        projects=tuple(projects_of(desk, id)),
        parts=enterprises_parts.parts(desk, enterprise),
        people=tuple(_person(one) for one in enterprise.people or ()),
        attachments=tuple(Attachment.of(item) for item in here if item.kind == Attachment.kind),
    )


def _person(one: LookedAfterBy) -> str:
    duty = DUTY_NAMES.get(one.duty or "")
    last = f"，到 {one.until} 止" if one.until else ""
    return f"{one.name}（{duty or '联络员'}{last}）"


def _case_lines(here: Sequence[Document]) -> list[TimelineLine]:
    cases = {one.id: AgencyCase.of(one) for one in here if one.kind == AgencyCase.kind}
    events = [AgencyEvent.of(one) for one in here if one.kind == AgencyEvent.kind]
    return [
        TimelineLine(
            event.at,
            words.day_of_text(event.at[:10]),
            case_timeline(cases[event.case], event),
            ("case", event.case),
        )
        for event in events
        if event.case in cases
    ]


def _timeline(
    visits: list[Visit], raised: list[Issue], events: list[IssueEvent], cases: list[TimelineLine]
) -> tuple[TimelineLine, ...]:
    titles = {issue.id: issue.title for issue in raised}
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
    return tuple(sorted([*lines, *cases], key=lambda line: line.at, reverse=True))
