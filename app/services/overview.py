"""今日: what this person must do today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.domain.clock import from_text, quarter_of
from app.domain.enterprise import Enterprise
from app.domain.issue import ENDED, IssueState
from app.domain.people import Assignment, Role
from app.domain.visit import CYCLE_NAMES, Due, Visit, VisitDue, VisitState, cycle_of
from app.services import (
    activities_page,
    cases,
    enterprises,
    enterprises_parts,
    escrow,
    issues,
    visit_plans,
    visits,
    words,
)
from app.services.desk import Desk
from app.services.forms import form_of
from app.services.projects_listing import reminders as reports_owed
from app.services.reviews_listing import asked as reviews_asked
from app.store.drafts import drafts
from app.store.outbox import counts as outbox_counts

MOST_REMINDERS = 5
"""Of agency cases, the most pressing; all of them stand in their list under 要提醒."""


@dataclass(frozen=True, slots=True)
class DueRow:
    """One enterprise that is to be visited (or was, this quarter)."""

    enterprise: str
    name: str
    last_visit: date | None
    cycle: str
    due: VisitDue
    word: str
    open_visit: str | None


@dataclass(frozen=True, slots=True)
class DraftRow:
    """One visit that is not written up yet."""

    visit: str
    enterprise_name: str
    form_title: str
    section: str
    saved: str


@dataclass(frozen=True, slots=True)
class AttentionRow:
    """Something that needs this person: the text, the word of the link, and (page, id) it leads to."""

    text: str
    action: str
    target: tuple[str, str]


@dataclass(frozen=True, slots=True)
class ReminderRow:
    """Something of an enterprise that is due; `late` when the day has passed."""

    enterprise: str
    text: str
    late: bool


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One kind of issue work that waits for this person: a key of `issues.GROUPS`, its word and how many."""

    group: str
    word: str
    count: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What stands beside the navigation; `today`: things that want doing, the others: how many there are."""

    today: int
    enterprises: int
    issues: int


@dataclass(frozen=True, slots=True)
class Today:
    """The page 今日. `visited` of `total` enterprises have been visited this quarter."""

    day: date
    heading: str
    quarter_last: date
    due: tuple[DueRow, ...]
    total: int
    visited: int
    issues: tuple[issues.IssueLine, ...]
    drafts: tuple[DraftRow, ...]
    attention: tuple[AttentionRow, ...]
    reminders: tuple[ReminderRow, ...] = ()
    """Tags of this person's enterprises that run out or have run out, the most urgent first."""
    work: tuple[WorkRow, ...] = ()
    """What waits for this person among the issues, by his roles; groups with nothing in them are left out."""
    visiting: bool = True
    """This person looks after enterprises and visits them."""
    dispatching: bool = False
    """This person does more with issues than raising them."""


_ORDER = {Due.OVERDUE: 0, Due.SOON: 1, Due.LATER: 2, Due.DONE: 3}


def today(desk: Desk) -> Today:
    """Everything the page shows, in one go."""
    day = desk.today
    last = quarter_of(day)[1]
    rows = [_due_row(desk, *pair) for pair in enterprises.mine(desk)]
    rows.sort(key=lambda row: (_ORDER[row.due.due], row.due.by, row.name))
    numerals = "一二三四"
    left = (last - day).days
    remaining = f"还有 {left} 天" if left else "最后一天"
    roles = desk.signed_in().actor.roles
    lines = issues.listing(desk)
    groups = [key for role, keys in issues.WAITING.items() if role in roles for key in keys]
    waiting = {
        key: [line for line in lines if issues.GROUPS[key].holds(line)] for key in dict.fromkeys(groups)
    }
    return Today(
        day=day,
        heading=f"{words.long_day(day)} · 第{numerals[(day.month - 1) // 3]}季度{remaining}",
        quarter_last=last,
        due=tuple(rows),
        total=len(rows),
        visited=sum(row.due.due is Due.DONE for row in rows),
        issues=_shown_issues(roles, lines, waiting),
        drafts=_drafts(desk),
        attention=_attention(desk, lines),
        reminders=_reminders(desk, {row.enterprise for row in rows}),
        work=tuple(
            WorkRow(key, issues.GROUPS[key].word, len(found)) for key, found in waiting.items() if found
        ),
        visiting=bool(rows) or Role.OFFICER in roles,
        dispatching=bool(roles - {Role.OFFICER, Role.ADMIN}),
    )


def _shown_issues(
    roles: frozenset[Role], lines: list[issues.IssueLine], waiting: Mapping[str, list[issues.IssueLine]]
) -> tuple[issues.IssueLine, ...]:
    """An officer follows everything that is open; the others see what waits for them."""
    if Role.OFFICER in roles:
        return tuple(line for line in lines if line.state not in ENDED)
    wanted = {line.id for found in waiting.values() for line in found}
    return tuple(line for line in lines if line.id in wanted)


def counts(desk: Desk) -> Counts:
    """The figures beside the navigation, asked for at each refresh: counted by the database as far as that goes."""
    mine = enterprises.mine(desk)
    due = [_due_of(desk, *pair).due for pair in mine]
    roles = desk.signed_in().actor.roles
    waiting = issues.waiting_count(desk)
    queue = outbox_counts(desk.store)
    attention = sum(map(bool, (queue.conflicts, queue.refused, escrow.count(desk))))
    urgent = sum(one in (Due.OVERDUE, Due.SOON) for one in due)
    return Counts(
        today=urgent + attention + waiting + (_open_visits(desk) if Role.OFFICER in roles else 0),
        enterprises=len(mine),
        issues=issues.open_count(desk),
    )


def _open_visits(desk: Desk) -> int:
    query = (
        "SELECT count(*) FROM document WHERE kind = ? AND coalesce(json_extract(body, '$.state'), 'open') = 'open'"
        " AND json_extract(body, '$.officer') = ?"
    )
    ((count,),) = desk.store.select(query, (Visit.kind, desk.signed_in().person))
    return int(count)


def _due_of(desk: Desk, enterprise: Enterprise, assignment: Assignment) -> VisitDue:
    return visit_plans.due_of(desk, enterprise, assignment)


def _due_row(desk: Desk, enterprise: Enterprise, assignment: Assignment) -> DueRow:
    last = date.fromisoformat(enterprise.last_visit_on) if enterprise.last_visit_on else None
    due = _due_of(desk, enterprise, assignment)
    standing = visits.open_visit_of(desk, enterprise.id)
    return DueRow(
        enterprise=enterprise.id,
        name=enterprise.name,
        last_visit=last,
        cycle=CYCLE_NAMES[cycle_of(enterprise.visit_cycle)],
        due=due,
        word=words.visit_due_word(due),
        open_visit=standing.id if standing else None,
    )


def _drafts(desk: Desk) -> tuple[DraftRow, ...]:
    saved = {draft.visit: draft for draft in drafts(desk.store)}
    person = desk.signed_in().person
    rows = []
    for document in desk.store.of_kind(Visit.kind):
        visit = Visit.of(document)
        if visit.state is not VisitState.OPEN or visit.officer != person:
            continue
        form = form_of(desk, visit.form_id, visit.form_version)
        draft = saved.get(visit.id)
        section = form.find(draft.state.get("section", "")) if draft else None
        rows.append(
            DraftRow(
                visit=visit.id,
                enterprise_name=visit.enterprise_name,
                form_title=form.title,
                section=f"填到「{section.label}」" if section else "还没有开始填",
                saved=words.moment_near(
                    from_text(draft.saved_at if draft else visit.started_at), desk.clock()
                ),
            )
        )
    return tuple(rows)


def _reminders(desk: Desk, mine: set[str]) -> tuple[ReminderRow, ...]:
    """Of the enterprises this person looks after: a coordinator's laptop may hold others, which are not his to ring up."""
    return tuple(
        ReminderRow(one.enterprise, one.text, one.expired)
        for one in enterprises_parts.reminders(desk)
        if one.enterprise in mine
    )


def _attention(desk: Desk, lines: list[issues.IssueLine]) -> tuple[AttentionRow, ...]:
    counts = outbox_counts(desk.store)
    rows = []
    if counts.conflicts:
        rows.append(AttentionRow(f"{counts.conflicts} 处与中心不一致", "去看看", ("syncing", "conflicts")))
    if counts.refused:
        rows.append(AttentionRow(f"{counts.refused} 项未被接受", "去看看", ("syncing", "refused")))
    kept = escrow.count(desk)
    if kept:
        rows.append(AttentionRow(f"{kept} 份前任交来的内容等您接收", "去看看", ("syncing", "escrow")))
    for visit in visit_plans.returned(desk):
        rows.append(AttentionRow(f"{visit.enterprise_name}的走访被退回", "去改", ("filling", visit.id)))
    if Role.OFFICER in desk.signed_in().roles:
        for line in lines:
            if line.state is IssueState.DRAFT:
                rows.append(AttentionRow(f"诉求「{line.title}」被退回补正", "补正", ("issues", line.id)))
    for review in reviews_asked(desk):
        rows.append(
            AttentionRow(f"评审「{review.title}」{review.mine_word}", "去看看", ("review", review.id))
        )
    for reminder in cases.reminders(desk)[:MOST_REMINDERS]:
        rows.append(AttentionRow(reminder.text, "去看看", ("case", reminder.case)))
    for owed in reports_owed(desk)[:MOST_REMINDERS]:
        rows.append(AttentionRow(owed.text, "去报", ("project", owed.project)))
    for text, view in activities_page.reminders(desk)[:MOST_REMINDERS]:
        rows.append(AttentionRow(text, "去看看", ("activities", view)))
    return tuple(rows)
