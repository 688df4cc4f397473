"""Lists of issues: one line each with its light, the groups of what waits for whom, filters and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.clock import beijing_date, from_text
from app.domain.departments import DEPARTMENT_ISSUE, TWINS
from app.domain.documents import Body
from app.domain.issue import (
    ENDED,
    ISSUE_STATE_NAMES,
    Issue,
    IssueState,
    Light,
    Supervision,
    light_of,
)
from app.domain.people import Role
from app.domain.projections import ISSUE_ROW
from app.domain.taxonomy import JUDGED_BY, Dictionaries
from app.services import words
from app.services.desk import Desk

S = IssueState
LIGHT_ORDER = (Light.RED, Light.YELLOW, Light.BLUE, Light.GREEN, Light.GREY)
HIGH_LEVEL = 3
"""From this level on extensions are a leader's (domain.md §7.2)."""


@dataclass(frozen=True, slots=True)
class IssueLine:
    """One row of a list of issues. What a light row of the directory does not have is empty where `held` is False."""

    id: str
    number: str
    title: str
    enterprise: str
    enterprise_name: str
    state: IssueState
    state_word: str
    light: Light
    light_word: str
    category: str
    urgency: str
    department: str
    handler: str
    raised_at: str
    due_text: str
    held: bool
    category_code: str = ""
    department_id: str = ""
    level: int = 0
    source: str = ""
    source_word: str = ""
    supervision: str = ""
    for_meeting: bool = False
    appealed: bool = False
    ruling_needed: bool = False
    escalation_asked: bool = False
    review_due: bool = False
    """On account, and the day to look at it again has come."""
    reply_wanted: bool = False
    """A supervision note waits for this person's department."""
    whistle_wanted: bool = False
    """The enterprise has called this person's department and it has not answered."""
    mine: bool = False
    """This person raised it or handles it."""
    main: bool = False
    """This person's department has the lead."""
    revisit_text: str = ""
    """Until when it is to be revisited (domain.md §6)."""
    contacts: int = 0
    """Days on which the enterprise could not be reached."""
    closed_month: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A chip above the table. `core` ones stand there when they are empty too."""

    word: str
    holds: Callable[[IssueLine], bool]
    core: bool = False


def _states(*states: IssueState) -> Callable[[IssueLine], bool]:
    wanted = frozenset(states)
    return lambda line: line.state in wanted


GROUPS: Mapping[str, Group] = {
    "all": Group("未结", lambda line: line.state not in ENDED, core=True),
    "reported": Group("待受理", lambda line: line.state is S.REPORTED and not line.appealed, core=True),
    "accepted": Group("待交办", lambda line: line.state is S.ACCEPTED and not line.ruling_needed, core=True),
    "working": Group("办理中", _states(S.ASSIGNED, S.IN_WORK, S.EXTENSION, S.SUSPENDED), core=True),
    "answered": Group("待核实", _states(S.ANSWERED), core=True),
    "to_revisit": Group("待回访", _states(S.TO_REVISIT), core=True),
    "extension": Group("延期待批", lambda line: line.state is S.EXTENSION and line.level < HIGH_LEVEL),
    "extension_high": Group("延期待批", lambda line: line.state is S.EXTENSION and line.level >= HIGH_LEVEL),
    "escalation": Group("申请提级", lambda line: line.state is S.IN_WORK and line.escalation_asked),
    "ruling": Group("已两次异议", lambda line: line.state is S.ACCEPTED and line.ruling_needed),
    "appeal": Group("申请复核", lambda line: line.state is S.REPORTED and line.appealed),
    "overdue": Group("超期", lambda line: line.light is Light.RED),
    "review": Group("挂账到复核日", lambda line: line.review_due),
    "suspended": Group("挂账", _states(S.SUSPENDED)),
    "meeting": Group("上联席会", lambda line: line.for_meeting and line.state not in ENDED),
    "to_sign": Group("待签收", lambda line: line.main and line.state is S.ASSIGNED, core=True),
    "in_work": Group("办理中", _states(S.IN_WORK, S.EXTENSION, S.SUSPENDED), core=True),
    "supervised": Group("督办待回复", lambda line: line.reply_wanted),
    "whistle": Group("吹哨待回应", lambda line: line.whistle_wanted),
    "handed_in": Group("已提交", _states(S.ANSWERED, S.TO_REVISIT)),
    "unreached": Group("三次联系不上", lambda line: line.state is S.TO_REVISIT and line.contacts >= 3),
    "draft": Group("待补正", _states(S.DRAFT)),
    "refused": Group("不受理", _states(S.REFUSED)),
    "closed": Group("已销号", _states(S.CLOSED)),
    "ended": Group("已结束", lambda line: line.state in ENDED, core=True),
}
"""The chips above the table: key → what stands under it."""

COORDINATOR_GROUPS = (
    "reported", "accepted", "extension", "answered", "escalation", "ruling", "overdue", "review", "unreached",
    "working", "to_revisit", "draft", "closed", "ended",
)  # fmt: skip
LEADER_GROUPS = (
    "all", "overdue", "extension_high", "ruling", "appeal", "meeting", "suspended", "review",
    "working", "to_revisit", "ended",
)  # fmt: skip
HANDLER_GROUPS = ("to_sign", "in_work", "supervised", "whistle", "overdue", "handed_in", "ended")
REVISITOR_GROUPS = ("to_revisit", "closed", "all", "ended")
OFFICER_GROUPS = ("all", "draft", "reported", "working", "to_revisit", "refused", "closed", "ended")

WAITING: Mapping[Role, tuple[str, ...]] = {
    Role.COORDINATOR: (
        "reported", "accepted", "extension", "answered", "escalation", "overdue", "review", "unreached",
    ),
    Role.LEADER: ("overdue", "extension_high", "ruling", "appeal", "meeting", "review"),
    Role.HANDLER: ("to_sign", "supervised", "whistle", "overdue", "in_work"),
    Role.REVISITOR: ("to_revisit",),
    Role.OFFICER: ("draft", "refused"),
}  # fmt: skip
"""What waits for somebody, by role, the most urgent first. 不受理 waits for the officer: he tells the enterprise."""


def groups_of(roles: frozenset[Role]) -> tuple[str, ...]:
    """The chips of whoever has these roles."""
    by_role = (
        (Role.COORDINATOR, COORDINATOR_GROUPS),
        (Role.LEADER, LEADER_GROUPS),
        (Role.HANDLER, HANDLER_GROUPS),
        (Role.REVISITOR, REVISITOR_GROUPS),
        (Role.OFFICER, OFFICER_GROUPS),
    )
    found = [key for role, keys in by_role if role in roles for key in keys]
    return tuple(dict.fromkeys(found)) or OFFICER_GROUPS


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; empty: everything. All that is set must hold."""

    group: str = ""
    light: str = ""
    category: str = ""
    department: str = ""
    level: int = 0
    source: str = ""
    supervised: bool = False
    for_meeting: bool = False
    overdue: bool = False
    mine: bool = False
    closed_month: str = ""
    """`2026-11`: struck off in that month, whether archived since or not."""
    text: str = ""

    def holds(self, line: IssueLine) -> bool:
        """Whether a line passes."""
        wanted = self.text.strip().lower()
        return (
            (not self.group or GROUPS[self.group].holds(line))
            and self.light in ("", line.light.value)
            and self.category in ("", line.category_code)
            and self.department in ("", line.department_id)
            and self.level in (0, line.level)
            and self.source in ("", line.source)
            and (not self.supervised or bool(line.supervision))
            and (not self.for_meeting or line.for_meeting)
            and (not self.overdue or line.light is Light.RED)
            and (not self.mine or line.mine)
            and self.closed_month in ("", line.closed_month)
            and (
                not wanted
                or any(wanted in t.lower() for t in (line.title, line.enterprise_name, line.number))
            )
        )


def listing(desk: Desk, wanted: Filters | str | None = None) -> list[IssueLine]:
    """The issues this laptop knows, the most urgent light first, then by age; `wanted` may be a key of GROUPS."""
    bodies: dict[str, tuple[Body, bool]] = {}
    for kind, held in ((ISSUE_ROW, False), (DEPARTMENT_ISSUE, True), (Issue.kind, True)):
        for document in desk.store.of_kind(kind):
            bodies[document.id] = (document.body, held)
    sight = Sight(desk)
    lines = [sight.line(body, held) for body, held in bodies.values()]
    filters = Filters(group=wanted) if isinstance(wanted, str) else wanted
    if filters is not None:
        lines = [line for line in lines if filters.holds(line)]
    return sorted(lines, key=_urgency)


def counts(desk: Desk) -> dict[str, int]:
    """Issues per key of GROUPS."""
    lines = listing(desk)
    return {key: sum(map(group.holds, lines)) for key, group in GROUPS.items()}


def open_count(desk: Desk) -> int:
    """How many issues are not ended, counted by the database."""
    return sum(count for (state, *_), count in _stands(desk).items() if state not in ENDED)


def waiting_count(desk: Desk) -> int:
    """How many issues wait for this person, as far as their states tell: cheap enough for each refresh of the shell."""
    roles = desk.signed_in().actor.roles
    return sum(
        count
        for (state, high, ruling, appealed), count in _stands(desk).items()
        if _waits_for(roles, str(state), high=bool(high), ruling=bool(ruling), appealed=bool(appealed))
    )


def _waits_for(roles: frozenset[Role], state: str, *, high: bool, ruling: bool, appealed: bool) -> bool:
    if state == S.REPORTED:
        return (Role.LEADER if appealed else Role.COORDINATOR) in roles
    if state == S.ACCEPTED:
        return (Role.LEADER if ruling else Role.COORDINATOR) in roles
    if state == S.EXTENSION:
        return (Role.LEADER if high else Role.COORDINATOR) in roles
    waiting = {
        S.ANSWERED: Role.COORDINATOR,
        S.ASSIGNED: Role.HANDLER,
        S.TO_REVISIT: Role.REVISITOR,
        S.DRAFT: Role.OFFICER,
    }
    return any(state == one and role in roles for one, role in waiting.items())


def _stands(desk: Desk) -> Counter[tuple[str, int, int, int]]:
    """(state, level ≥ 3, ruling needed, appealed) → number of issues, each once however many copies are here."""
    rows = desk.store.select(
        "SELECT DISTINCT id, json_extract(body, '$.state'), coalesce(json_extract(body, '$.level'), 0) >= ?,"
        " coalesce(json_extract(body, '$.ruling_needed'), 0), coalesce(json_extract(body, '$.appealed'), 0)"
        " FROM document WHERE kind IN (?, ?, ?)",
        (HIGH_LEVEL, ISSUE_ROW, DEPARTMENT_ISSUE, Issue.kind),
    )
    return Counter((str(row[1]), int(row[2]), int(row[3]), int(row[4])) for row in rows)


def _urgency(line: IssueLine) -> tuple[int, int, str]:
    return int(line.state in ENDED), LIGHT_ORDER.index(line.light), line.raised_at


_DEFAULTS = {"source": "visit"}
"""What a body leaves out (`Issue.to_body`)."""


class Sight:
    """How one person sees issues at one moment: what a whole list has in common is worked out once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._now = desk.clock()
        self._today = beijing_date(self._now).isoformat()
        self._calendar = desk.calendar
        self._rules = desk.rules
        self._actor = desk.signed_in().actor
        self._left: dict[tuple[date, bool], int] = {}
        self._times: dict[tuple[str, ...], Dictionaries] = {}
        self._names: dict[tuple[str, str], dict[str, str]] = {}
        self._unreplied = _unreplied(desk) if self._actor.department else frozenset()

    def line(self, body: Body, held: bool) -> IssueLine:
        """One line of a body: an issue, its twin or its light row."""
        state = IssueState(body["state"])
        due = from_text(body["due_at"]) if body.get("due_at") else None
        # Its clock ended with the verification (domain.md §7.2).
        over = state in ENDED or state is S.TO_REVISIT
        left = self._workdays_left(due) if due and not over else None
        light = self._light(body, state, left)
        mine, department = self._actor, self._actor.department
        main = department is not None and body.get("department") == department
        whistled = set(body.get("whistled", [])) - set(body.get("whistle_answered", []))
        review_on = body.get("suspend_review_on")
        return IssueLine(
            id=str(body["id"]),
            number=str(body["number"]),
            title=str(body["title"]),
            enterprise=str(body["enterprise"]),
            enterprise_name=str(body.get("enterprise_name", "")),
            state=state,
            state_word=ISSUE_STATE_NAMES[state],
            light=light,
            light_word=_light_word(state, light, left),
            category=self._time_of(body).taxonomy.name_of(
                str(body.get("category", "")), body.get("subcategory")
            ),
            urgency=self._word("urgency", body, "urgency"),
            department=str(body.get("department_name", "")),
            handler=str(body.get("handler_name", "")),
            raised_at=str(body.get("raised_at", "")),
            due_text=due_text(due, left, bool(body.get("due_provisional"))),
            held=held,
            category_code=str(body.get("category", "")),
            department_id=str(body.get("department", "")),
            level=int(body.get("level") or 0),
            source=str(body.get("source", "visit")),
            source_word=self._word("issue_sources", body, "source"),
            supervision=str(body.get("supervision") or ""),
            for_meeting=bool(body.get("for_meeting")),
            appealed=bool(body.get("appealed")),
            ruling_needed=bool(body.get("ruling_needed")),
            escalation_asked=bool(body.get("escalation_asked")),
            review_due=state is S.SUSPENDED and bool(review_on) and str(review_on) <= self._today,
            reply_wanted=main and str(body["id"]) in self._unreplied,
            whistle_wanted=department in whistled and state not in ENDED and state is not S.TO_REVISIT,
            mine=mine.person in (body.get("raised_by"), body.get("handler"), body.get("signed_by")),
            main=main,
            revisit_text=self._revisit_text(body, state),
            contacts=len({contact["day"] for contact in body.get("contacts", [])}),
            closed_month=_month(body.get("closed_at")),
        )

    def _light(self, body: Body, state: IssueState, left: int | None) -> Light:
        silent = bool(body.get("auto_signed")) and not body.get("first_response_at")
        rules = self._time_of(body).rules
        return light_of(state, body.get("limit_days"), left, rules, unanswered_auto_sign=silent)

    def _workdays_left(self, due: datetime) -> int:
        # Many issues are due on the same day: the calendar is gone through once for each.
        key = (beijing_date(due), self._now > due)
        if key not in self._left:
            self._left[key] = self._calendar.workdays_left(self._now, due)
        return self._left[key]

    def _revisit_text(self, body: Body, state: IssueState) -> str:
        if state is not S.TO_REVISIT or not body.get("settled_at"):
            return ""
        settled = from_text(str(body["settled_at"]))
        deadline = self._calendar.deadline(settled, self._time_of(body).rules.revisit_days)
        return due_text(deadline.at, self._workdays_left(deadline.at), deadline.provisional)

    def _time_of(self, body: Body) -> Dictionaries:
        """The classification and rules of the issue's own time."""
        reference = body.get("reference") or {}
        key = tuple(reference.get(name, "") for name in JUDGED_BY)
        if key not in self._times:
            self._times[key] = self._rules.of_time(reference)
        return self._times[key]

    def _word(self, dictionary: str, body: Body, field: str) -> str:
        """The word of a code, in the version of its time."""
        code = str(body.get(field) or _DEFAULTS.get(field, ""))
        version = (body.get("reference") or {}).get(dictionary)
        key = dictionary, str(version or "")
        if key not in self._names:
            self._names[key] = {i["code"]: i["name"] for i in self._desk.dictionary(dictionary, version)}
        return self._names[key].get(code, code)


def _month(moment: str | None) -> str:
    """`2026-11`, in Beijing."""
    return beijing_date(from_text(moment)).isoformat()[:7] if moment else ""


def _unreplied(desk: Desk) -> frozenset[str]:
    """Issues with a supervision note nobody has replied to."""
    kinds = (Supervision.kind, TWINS[Supervision.kind])
    documents = [document for kind in kinds for document in desk.store.of_kind(kind)]
    return frozenset(str(d.body["issue"]) for d in documents if d.body.get("replied_at") is None)


def _light_word(state: IssueState, light: Light, left: int | None) -> str:
    if left is None or state in ENDED or light is Light.GREY:
        return ISSUE_STATE_NAMES[state]
    if state is IssueState.ASSIGNED and left >= 0:
        return ISSUE_STATE_NAMES[state]
    if left < 0 and light is not Light.RED:
        # Answered or waiting for the revisit: the limit is behind it, nobody is late any more.
        return ISSUE_STATE_NAMES[state]
    return words.workdays_left_word(left)


def due_text(due: datetime | None, left: int | None, provisional: bool) -> str:
    """`12月14日 17:30（还有 15 个工作日）`; 暂定 where a year without a published calendar was counted in.

    `left` is None where nobody counts any more.
    """
    if due is None or left is None:
        return words.moment(due) if due else ""
    note = "，暂定" if provisional else ""
    return f"{words.moment(due)}（{words.workdays_left_word(left)}{note}）"
