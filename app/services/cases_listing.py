"""Lists of cases: one line each with its light, groups, filters and counts; what is to be recalled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from app.domain.agency_case import (
    CASE_CLOSED,
    CASE_ENDED,
    CASE_STATE_NAMES,
    STEP_ENDED,
    STEP_STATE_NAMES,
    AgencyCase,
    CaseState,
    CaseStep,
    StepState,
    case_row,
)
from app.domain.agency_clock import days_left, reminder_from, step_light
from app.domain.agency_template import CASE_TYPE_NAMES, CaseType
from app.domain.clock import beijing_date, from_text
from app.domain.documents import Body
from app.domain.issue import Light
from app.domain.people import Role
from app.domain.projections import CASE_ROW
from app.services import words
from app.services.desk import Desk

LIGHT_ORDER = (Light.RED, Light.YELLOW, Light.BLUE, Light.GREEN, Light.GREY)
SOON_COMMISSION = 10
"""【默】 Calendar days before a commission ends it is recalled."""


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One row of the list. `held`: the case is on this laptop whole. `doing`: what is being done now."""

    id: str
    number: str
    title: str
    enterprise: str
    enterprise_name: str
    state: CaseState
    state_word: str
    light: Light
    light_word: str
    template: str
    type_word: str
    agents: str
    mine: bool
    done: int
    total: int
    doing: str
    due_text: str
    opened_on: str
    meetings: int
    reminders: int
    held: bool


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something about a case to think of: a validity or a commission that ends, pieces still lacking, a promise overdue.

    `day` is when it ends; `tone` is `red` where that is over, else `yellow`.
    """

    case: str
    enterprise: str
    enterprise_name: str
    step: str
    day: str
    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Group:
    """A view of the list."""

    word: str
    holds: Callable[[CaseLine], bool]


GROUPS: Mapping[str, Group] = {
    "open": Group("在办", lambda line: line.state not in CASE_CLOSED),
    "mine": Group("我代办的", lambda line: line.mine and line.state not in CASE_ENDED),
    "accept": Group("待受理", lambda line: line.state is CaseState.COMMISSIONED),
    "overdue": Group("逾期", lambda line: line.light is Light.RED),
    "remind": Group("要提醒", lambda line: line.reminders > 0),
    "suspended": Group("已中止", lambda line: line.state is CaseState.SUSPENDED),
    "revisit": Group("待回访", lambda line: line.state is CaseState.SETTLED),
    "ended": Group("已结束", lambda line: line.state in CASE_ENDED),
    "all": Group("全部", lambda _line: True),
}


@dataclass(frozen=True, slots=True)
class CaseFilters:
    """A group, part of a title, enterprise or number, a type."""

    group: str = "all"
    text: str = ""
    case_type: str = ""

    def holds(self, line: CaseLine) -> bool:
        wanted = self.text.strip().lower()
        return (
            GROUPS[self.group].holds(line)
            and (not self.case_type or line.type_word == CASE_TYPE_NAMES[CaseType(self.case_type)])
            and (
                not wanted
                or any(
                    wanted in one.lower()
                    for one in (line.title, line.enterprise_name, line.number, line.agents)
                )
            )
        )


def listing(desk: Desk, wanted: CaseFilters | None = None) -> list[CaseLine]:
    """The cases this laptop knows, the most urgent light first, then the oldest."""
    lines = [_line(desk, body, held=held) for body, held in _rows(desk).values()]
    if wanted is not None:
        lines = [line for line in lines if wanted.holds(line)]
    return sorted(
        lines, key=lambda line: (line.state in CASE_CLOSED, LIGHT_ORDER.index(line.light), line.opened_on)
    )


def of_enterprise(desk: Desk, enterprise: str) -> list[CaseLine]:
    """The cases of one enterprise."""
    return [line for line in listing(desk) if line.enterprise == enterprise]


def open_count(desk: Desk) -> int:
    """How many cases are not closed, counted by the database."""
    ended = ", ".join("?" for _ in CASE_CLOSED)
    rows = desk.store.select(
        "SELECT count(DISTINCT id) FROM document WHERE kind IN (?, ?)"
        f" AND coalesce(json_extract(body, '$.state'), 'consulting') NOT IN ({ended})",
        (CASE_ROW, AgencyCase.kind, *sorted(CASE_CLOSED)),
    )
    return int(rows[0][0])


def reminders(desk: Desk) -> list[Reminder]:
    """What this person should think of, what is over first. Agents and the coordinator; a leader sees the park's."""
    actor = desk.signed_in().actor
    whole = bool(actor.roles & {Role.COORDINATOR, Role.LEADER})
    found: list[Reminder] = []
    for body, _ in _rows(desk).values():
        agents = [agent.get("person") for agent in body.get("agents", [])]
        if whole or actor.person in agents:
            found += _reminders(desk, body)
    return sorted(found, key=lambda one: (one.tone != "red", one.day, one.text))


def _rows(desk: Desk) -> dict[str, tuple[Body, bool]]:
    """Light rows by id; of cases that are here whole, the row is made here."""
    rows = {document.id: (document.body, False) for document in desk.store.of_kind(CASE_ROW)}
    for document in desk.store.of_kind(AgencyCase.kind):
        rows[document.id] = (case_row(document.body) or {}, True)
    return rows


def _steps(row: Body) -> dict[str, CaseStep]:
    """The steps as far as a row has them; how many pieces lack stands for their names."""
    found = {}
    for key, step in row.get("steps", {}).items():
        lacking = [{"name": str(number)} for number in range(int(step.get("lacking", 0)))]
        found[key] = CaseStep.model_validate({**step, "missing": lacking})
    return dict(sorted(found.items(), key=lambda pair: pair[1].order))


def _line(desk: Desk, row: Body, *, held: bool) -> CaseLine:
    state = CaseState(row["state"])
    steps = _steps(row)
    light, word = _light(desk, row, state, steps)
    counted = [step for step in steps.values() if step.state is not StepState.NOT_INVOLVED]
    agents = row.get("agents", [])
    left = days_left(row.get("due_at"), desk.calendar, desk.clock()) if state not in CASE_CLOSED else None
    return CaseLine(
        id=str(row["id"]),
        number=str(row["number"]),
        title=str(row["title"]),
        enterprise=str(row["enterprise"]),
        enterprise_name=str(row["enterprise_name"]),
        state=state,
        state_word=CASE_STATE_NAMES[state],
        light=light,
        light_word=word,
        template=str(row["template_name"]),
        type_word=CASE_TYPE_NAMES[CaseType(row["case_type"])],
        agents="、".join(str(agent["name"]) for agent in agents),
        mine=desk.signed_in().person in [agent["person"] for agent in agents],
        done=sum(step.state is StepState.DONE for step in counted),
        total=len(counted),
        doing=_doing(steps),
        due_text=_due_text(row, left),
        opened_on=beijing_date(from_text(str(row["opened_at"]))).isoformat(),
        meetings=int(row.get("meetings", 0)),
        reminders=len(_reminders(desk, row)),
        held=held,
    )


def _due_text(row: Body, left: int | None) -> str:
    if left is None:
        return ""
    note = "，暂定" if row.get("due_provisional") else ""
    return f"{words.moment(from_text(str(row['due_at'])))}（{words.workdays_left_word(left)}{note}）"


def _light(desk: Desk, row: Body, state: CaseState, steps: Mapping[str, CaseStep]) -> tuple[Light, str]:
    """The most urgent light of its steps and of the whole, and the word beside it."""
    word = CASE_STATE_NAMES[state]
    if state in CASE_CLOSED or state is CaseState.SUSPENDED:
        return (Light.GREEN if state is CaseState.SETTLED else Light.GREY), word
    if state in (CaseState.CONSULTING, CaseState.COMMISSIONED):
        return Light.BLUE, word
    if all(step.state in STEP_ENDED for step in steps.values()):
        return Light.BLUE, "待签字办结"
    now, rules = desk.clock(), desk.rules.rules
    lights = {key: step_light(state, steps, step, desk.calendar, now, rules) for key, step in steps.items()}
    left = days_left(row.get("due_at"), desk.calendar, now)
    light = min(lights.values(), key=LIGHT_ORDER.index, default=Light.GREY)
    if left is not None and left < 0:
        return Light.RED, "总时限逾期"
    if light in (Light.RED, Light.YELLOW):
        step = next(steps[key] for key, one in lights.items() if one is light)
        days = days_left(step.due_at, desk.calendar, now)
        if step.state is StepState.REJECTED:
            return light, "退件"
        return light, words.workdays_left_word(days) if days is not None and step.stop is None else "缺件过期"
    return light, word


def _doing(steps: Mapping[str, CaseStep]) -> str:
    """`环境影响评价 审查、节能审查 编制中`: what is under way."""
    resting = (StepState.NOT_STARTED, StepState.DONE, StepState.NOT_INVOLVED)
    return "、".join(
        f"{step.name} {'停钟' if step.stop else STEP_STATE_NAMES[step.state]}"
        for step in steps.values()
        if step.state not in resting
    )


def _reminders(desk: Desk, row: Body) -> list[Reminder]:
    today, state = desk.today, CaseState(row["state"])
    if state is CaseState.TERMINATED:
        return []
    found = []

    def add(step: str, day: str, text: str) -> None:
        tone = "red" if day < today.isoformat() else "yellow"
        name = str(row["enterprise_name"])
        found.append(
            Reminder(str(row["id"]), str(row["enterprise"]), name, step, day, f"{name}：{text}", tone)
        )

    until = row.get("commission_until")
    if until and state not in CASE_CLOSED and (date.fromisoformat(until) - today).days <= SOON_COMMISSION:
        add("", until, f"「{row['title']}」的委托{_ends(until, today)}，要续办委托")
    for step in _steps(row).values():
        begin = reminder_from(step)
        if begin is not None and begin <= today:
            assert step.expires_on is not None
            add(step.name, step.expires_on, f"{step.name}的有效期{_ends(step.expires_on, today)}")
        if state in CASE_CLOSED:
            continue
        if step.lacking and step.missing_until:
            days = (date.fromisoformat(step.missing_until) - today).days
            if days <= 3:
                add(
                    step.name,
                    step.missing_until,
                    f"{step.name}还缺 {len(step.lacking)} 份材料，补齐期限{_ends(step.missing_until, today)}",
                )
        left = days_left(step.due_at, desk.calendar, desk.clock())
        if left is not None and left < 0 and step.ended_on is None and step.stop is None:
            due = beijing_date(from_text(str(step.due_at))).isoformat()
            add(step.name, due, f"{step.name}逾期 {-left} 个工作日")
    return found


def _ends(day: str, today: date) -> str:
    left = (date.fromisoformat(day) - today).days
    if left < 0:
        return f"已过 {-left} 天"
    return f"还有 {left} 天" if left else "今天到期"
