"""The list of meetings, and one meeting whole: facts, who is invited and came, the agenda with its outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.domain import buckets
from app.domain.documents import Body
from app.domain.issue import ISSUE_STATE_NAMES, Issue, IssueState
from app.domain.issue_moves import TRANSITIONS
from app.domain.meeting import (
    MEETING_NAMES,
    MEETING_STATE_NAMES,
    OUTCOME_NAMES,
    ItemOutcome,
    Meeting,
    MeetingItem,
    MeetingKind,
    MeetingState,
    issue_item_id,
    may_record,
    reception_result,
    waiting_for_joint,
)
from app.domain.people import Role
from app.domain.projections import ISSUE_ROW
from app.errors import KnownError
from app.services import words
from app.services.desk import Desk

STATE_TONES = {MeetingState.PLANNED: "blue", MeetingState.HELD: "green", MeetingState.CANCELLED: "grey"}
OUTCOME_TONES = {
    ItemOutcome.OPEN: "grey",
    ItemOutcome.SOLVED: "green",
    ItemOutcome.ASSIGNED: "blue",
    ItemOutcome.RECORDED: "green",
    ItemOutcome.POSTPONED: "yellow",
}


@dataclass(frozen=True, slots=True)
class MeetingLine:
    """One row of the list. `month` as `2026年11月`."""

    id: str
    month: str
    when: str
    kind_word: str
    title: str
    place: str
    state: MeetingState
    state_word: str
    tone: str
    result: str


@dataclass(frozen=True, slots=True)
class GuestLine:
    """An enterprise invited (or that came without). `raised` is how many issues it raised there."""

    id: str
    name: str
    came: bool
    raised: int
    held: bool
    """Its data is on this laptop, so an issue can be raised now."""


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One matter on the agenda. `stored` is False where it only waits to be dealt with (joint meeting)."""

    id: str
    order: int
    title: str
    stored: bool
    issue: str
    number: str
    enterprise: str
    enterprise_name: str
    why: str
    outcome: ItemOutcome
    outcome_word: str
    tone: str
    decision: str
    who: str
    until: str
    done: bool
    carried: bool
    state_word: str
    """Where the issue stands now."""
    problem: str
    """What did not go through, in Chinese."""
    held: bool
    assignable: bool
    """This person may assign it now (accepting it first where nobody has)."""
    department: str = ""
    """Whom the issue's classification suggests, as an id."""
    department_name: str = ""
    limit_days: int = 5
    open: bool = True
    """Nothing was decided yet."""


@dataclass(frozen=True, slots=True)
class MeetingPage:
    """One meeting whole. `actions` are (name, word) of what this person may do with it now."""

    meeting: Meeting
    line: MeetingLine
    remark: str
    """Which kind, when, where, its number."""
    people: str
    """Who presides and who takes part; empty where nobody wrote it."""
    guests: tuple[GuestLine, ...]
    items: tuple[ItemLine, ...]
    actions: tuple[tuple[str, str], ...]
    result: str
    may_record: bool
    may_plan: bool

    @property
    def assignable(self) -> tuple[ItemLine, ...]:
        return tuple(item for item in self.items if item.assignable)


def listing(desk: Desk) -> list[MeetingLine]:
    """All meetings, the latest day first."""
    items: dict[str, list[MeetingItem]] = {}
    for document in desk.store.of_kind(MeetingItem.kind):
        item = MeetingItem.of(document)
        items.setdefault(item.meeting, []).append(item)
    meetings = [Meeting.of(document) for document in desk.store.of_kind(Meeting.kind)]
    receptions = any(meeting.meeting_kind is MeetingKind.RECEPTION for meeting in meetings)
    rows = _rows(desk) if receptions else {}
    meetings.sort(key=lambda one: (one.day, one.start or "", one.id), reverse=True)
    return [_line(meeting, items.get(meeting.id, []), rows) for meeting in meetings]


def planned_count(desk: Desk) -> int:
    """How many meetings are still to be held, counted by the database."""
    rows = desk.store.select(
        "SELECT count(*) FROM document WHERE kind = ? AND coalesce(json_extract(body, '$.state'), 'planned') = ?",
        (Meeting.kind, MeetingState.PLANNED.value),
    )
    return int(rows[0][0])


def page(desk: Desk, id: str) -> MeetingPage:
    """One meeting whole. KnownError where it is not on this laptop."""
    meeting = meeting_of(desk, id)
    items = items_of(desk, id)
    rows = _rows(desk) if meeting.meeting_kind in (MeetingKind.RECEPTION, MeetingKind.JOINT) else {}
    line = _line(meeting, items, rows)
    roles = desk.signed_in().actor.roles
    recording = may_record(roles, meeting.meeting_kind) and meeting.state is not MeetingState.CANCELLED
    sight = _Sight(desk, meeting, rows)
    lines = [sight.line(item, stored=True) for item in items]
    if meeting.meeting_kind is MeetingKind.JOINT and meeting.state is MeetingState.PLANNED:
        lines += [sight.line(item, stored=False) for item in waiting_items(meeting, items, rows)]
    return MeetingPage(
        meeting=meeting,
        line=line,
        remark=" · ".join(part for part in (line.kind_word, line.when, line.place, meeting.number) if part),
        people=_people(meeting),
        guests=_guests(desk, meeting, items, rows),
        items=tuple(lines),
        actions=_actions(meeting, roles),
        result=line.result,
        may_record=recording,
        may_plan=Role.COORDINATOR in roles,
    )


def meeting_of(desk: Desk, id: str) -> Meeting:
    """KnownError where it is not on this laptop."""
    document = desk.store.get(Meeting.kind, id)
    if document is None:
        raise KnownError("missing", "这次会议不在本机。请按 F5 同步一次再看。")
    return Meeting.of(document)


def items_of(desk: Desk, meeting: str) -> list[MeetingItem]:
    """A meeting's items in their order."""
    found = (MeetingItem.of(document) for document in desk.store.of_kind(MeetingItem.kind))
    return sorted((one for one in found if one.meeting == meeting), key=lambda one: (one.order, one.id))


def waiting_items(
    meeting: Meeting, items: Iterable[MeetingItem], rows: Mapping[str, Body]
) -> list[MeetingItem]:
    """What waits for a joint meeting and is not on its agenda yet, the most pressing first."""
    there = list(items)
    known = {item.issue for item in there}
    order = max((item.order for item in there), default=0)
    waiting = [(row, why) for id, row in rows.items() if id not in known and (why := waiting_for_joint(row))]
    waiting.sort(key=lambda pair: (pair[1][0] == "待交办", str(pair[0].get("raised_at", ""))))
    return [
        MeetingItem(
            id=issue_item_id(meeting.id, str(row["id"])),
            meeting=meeting.id,
            order=order + place,
            title=str(row["title"])[:80],
            issue=str(row["id"]),
            issue_number=str(row["number"]),
            enterprise=str(row["enterprise"]),
            enterprise_name=str(row.get("enterprise_name", "")),
            why="、".join(why),
        )
        for place, (row, why) in enumerate(waiting, start=1)
    ]


def waiting_now(desk: Desk, meeting: Meeting) -> list[MeetingItem]:
    """The same from the store."""
    return waiting_items(meeting, items_of(desk, meeting.id), _rows(desk))


def _rows(desk: Desk) -> dict[str, Body]:
    return {document.id: document.body for document in desk.store.of_kind(ISSUE_ROW)}


def _line(meeting: Meeting, items: list[MeetingItem], rows: Mapping[str, Mapping[str, Any]]) -> MeetingLine:
    day = date.fromisoformat(meeting.day)
    when = words.long_day(day) + (f" {meeting.start}" if meeting.start else "")
    return MeetingLine(
        id=meeting.id,
        month=f"{day.year}年{day.month}月",
        when=when,
        kind_word=MEETING_NAMES[meeting.meeting_kind],
        title=meeting.title,
        place=meeting.place or "",
        state=meeting.state,
        state_word=MEETING_STATE_NAMES[meeting.state],
        tone=STATE_TONES[meeting.state],
        result=_result(meeting, items, rows),
    )


def _result(meeting: Meeting, items: list[MeetingItem], rows: Mapping[str, Mapping[str, Any]]) -> str:
    if meeting.state is MeetingState.CANCELLED:
        return f"已取消：{meeting.cancel_reason}"
    if meeting.meeting_kind is MeetingKind.RECEPTION:
        result = reception_result(meeting, items, rows)
        if meeting.state is MeetingState.HELD or result.raised or result.enterprises:
            return result.text
        return f"邀请 {len(meeting.enterprises)} 家" if meeting.enterprises else ""
    if not items:
        return ""
    decided = sum(item.outcome is not ItemOutcome.OPEN for item in items)
    undone = sum(item.goes_on for item in items)
    text = f"{len(items)} 项议题，{decided} 项有结论"
    if meeting.state is MeetingState.HELD and undone:
        text += f"，{undone} 项没办完"
    return text


def _people(meeting: Meeting) -> str:
    chair = f"{meeting.chair}主持" if meeting.chair else ""
    people = "、".join(meeting.people)
    return "；".join(part for part in (chair, f"参加：{people}" if people else "") if part)


def _guests(
    desk: Desk, meeting: Meeting, items: list[MeetingItem], rows: Mapping[str, Body]
) -> tuple[GuestLine, ...]:
    raised = Counter(item.enterprise for item in items if item.issue and item.issue in rows)
    held = desk.store.held()
    return tuple(
        GuestLine(id, name, id in meeting.came, raised[id], buckets.of_enterprise(id) in held)
        for id, name in zip(meeting.enterprises, meeting.enterprise_names, strict=False)
    )


def _actions(meeting: Meeting, roles: frozenset[Role]) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    planned = meeting.state is MeetingState.PLANNED
    if may_record(roles, meeting.meeting_kind) and meeting.state is not MeetingState.CANCELLED:
        if meeting.meeting_kind is MeetingKind.RECEPTION and Role.COORDINATOR in roles:
            found.append(("raise", "登记诉求"))
        found.append(("add", "加议题"))
    if Role.COORDINATOR in roles and planned:
        found += [("invite", "邀请企业"), ("edit", "改会议"), ("hold", "会开完了"), ("cancel", "取消会议")]
    if Role.COORDINATOR in roles and meeting.state is MeetingState.HELD:
        found.append(("minutes", "改纪要"))
    if Role.COORDINATOR in roles and meeting.state is not MeetingState.CANCELLED:
        found.append(("next", "计划下一次"))
    return tuple(found)


class _Sight:
    """How the items of one meeting are seen: each with its issue as the directory has it."""

    def __init__(self, desk: Desk, meeting: Meeting, rows: Mapping[str, Body]) -> None:
        self._desk = desk
        self._meeting = meeting
        self._rows = rows
        self._actor = desk.signed_in().actor
        self._held = desk.store.held()

    def line(self, item: MeetingItem, *, stored: bool) -> ItemLine:
        row = self._row(item.issue) if item.issue else None
        outcome = self._outcome(item, row)
        who = "，".join(part for part in (item.department_name, item.person_name) if part)
        if row is not None and outcome is ItemOutcome.ASSIGNED:
            who = (
                "，".join(str(row[name]) for name in ("department_name", "handler_name") if row.get(name))
                or who
            )
        carried = item.carried_from is not None
        word = OUTCOME_NAMES[outcome]
        if item.carried_to is not None:
            word = "转下次"
        elif item.done and outcome is not ItemOutcome.SOLVED:
            word = "已办完" if item.done_text or who else word
        return ItemLine(
            id=item.id,
            order=item.order,
            title=item.title,
            stored=stored,
            issue=item.issue or "",
            number=str(row["number"]) if row else item.issue_number or "",
            enterprise=item.enterprise or "",
            enterprise_name=item.enterprise_name or "",
            why=item.why or ("上次没办完" if carried else ""),
            outcome=outcome,
            outcome_word=word,
            tone=OUTCOME_TONES[outcome] if not item.done else "green",
            decision=item.decision or "",
            who=who,
            until=words.day_of_text(item.due_on) if item.due_on else "",
            done=item.done,
            carried=carried,
            state_word=ISSUE_STATE_NAMES[IssueState(row["state"])] if row else "",
            problem=self._problem(item, row),
            held=not item.enterprise or buckets.of_enterprise(item.enterprise) in self._held,
            assignable=self._assignable(row),
            **self._suggested(row),
            open=outcome is ItemOutcome.OPEN and not item.done and item.carried_to is None,
        )

    def _row(self, issue: str) -> Body | None:
        if issue in self._rows:
            return self._rows[issue]
        document = self._desk.store.get(ISSUE_ROW, issue) or self._desk.store.get(Issue.kind, issue)
        return document.body if document else None

    def _outcome(self, item: MeetingItem, row: Body | None) -> ItemOutcome:
        """What the item says; where it says nothing, what has become of the issue that was raised here."""
        if item.outcome is not ItemOutcome.OPEN or row is None or row.get("meeting") != self._meeting.id:
            return item.outcome
        if row.get("solved_on_spot"):
            return ItemOutcome.SOLVED
        return ItemOutcome.ASSIGNED if row.get("department") else item.outcome

    def _problem(self, item: MeetingItem, row: Body | None) -> str:
        if item.issue and row is None:
            return "这件诉求没有登记成功，请到「同步」里看原因。"
        if item.outcome is ItemOutcome.ASSIGNED and row is not None and not row.get("department"):
            return "交办没有成功，诉求还在等交办。请到「同步」里看原因，或再交办一次。"
        return ""

    def _suggested(self, row: Body | None) -> dict[str, Any]:
        rules = self._desk.rules
        if row and row.get("accepted_at"):
            rules = rules.of_time(row.get("reference") or {})
        found = rules.taxonomy.subcategory(str(row.get("subcategory") or "")) if row else None
        if found is None:
            return {}
        name = rules.department_name(found.lead)
        return {"department": found.lead, "department_name": name, "limit_days": found.resolution_days}

    def _assignable(self, row: Body | None) -> bool:
        meeting, roles = self._meeting, self._actor.roles
        if (
            row is None
            or meeting.state is MeetingState.CANCELLED
            or not may_record(roles, meeting.meeting_kind)
        ):
            return False
        if row["state"] == IssueState.REPORTED:
            return Role.COORDINATOR in roles and not row.get("appealed")
        if row["state"] != IssueState.ACCEPTED or not roles & TRANSITIONS["issue.assign"].roles:
            return False
        return Role.LEADER in roles or not row.get("ruling_needed")
