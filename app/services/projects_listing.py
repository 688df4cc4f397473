"""Lists of projects: one line each with its class, groups, filters; which weekly reports are owed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.domain.clock import BEIJING, beijing_date, from_text
from app.domain.documents import Body
from app.domain.issue import Light
from app.domain.people import Role
from app.domain.project import (
    IN_PRODUCTION,
    RESTING,
    STAGE_NAMES,
    Project,
    Stage,
    class_of,
    project_row,
    row_nodes,
)
from app.domain.project_rules import (
    JUDGED_NAMES,
    Judged,
    Owed,
    ReportDue,
    deviation,
    report_due,
    week_words,
)
from app.domain.projections import PROJECT_ROW
from app.services import words
from app.services.desk import Desk
from app.services.projects_reporting import wan

LIGHTS = {
    Judged.FAST: Light.GREEN,
    Judged.WATCH: Light.YELLOW,
    Judged.BEHIND: Light.RED,
    Judged.UNBEGUN: Light.BLUE,
}
ORDER_OF_LIGHTS = (Light.RED, Light.BLUE, Light.YELLOW, Light.GREEN, Light.GREY)


@dataclass(frozen=True, slots=True)
class ProjectLine:
    """One row of the list. `held`: the project is on this laptop whole; `behind`: days, None where nothing is planned."""

    id: str
    number: str
    title: str
    enterprise: str
    enterprise_name: str
    stage: Stage
    stage_word: str
    judged: Judged | None
    light: Light
    light_word: str
    behind: int | None
    next_text: str
    year_text: str
    person: str
    owed: Owed | None
    report_word: str
    signed_on: str
    held: bool


@dataclass(frozen=True, slots=True)
class ProjectReminder:
    """A weekly report that is owed. `tone` is `red` where it is overdue, else `yellow`; `day` until when."""

    project: str
    enterprise: str
    enterprise_name: str
    day: str
    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Group:
    """A view of the list."""

    word: str
    holds: Callable[[ProjectLine], bool]


def _class(*wanted: Judged) -> Callable[[ProjectLine], bool]:
    return lambda line: line.judged in wanted


GROUPS: Mapping[str, Group] = {
    "open": Group("在建", lambda line: line.stage not in RESTING | IN_PRODUCTION),
    "report": Group("待报周报", lambda line: line.owed in (Owed.DUE, Owed.OVERDUE)),
    "fast": Group("快", _class(Judged.FAST)),
    "watch": Group("关注", _class(Judged.WATCH)),
    "behind": Group("滞后", _class(Judged.BEHIND)),
    "unbegun": Group("签约未建", _class(Judged.UNBEGUN)),
    "producing": Group("已投产", lambda line: line.stage in IN_PRODUCTION),
    "resting": Group("停建、终止", lambda line: line.stage in RESTING),
    "all": Group("全部", lambda _line: True),
}


@dataclass(frozen=True, slots=True)
class ProjectFilters:
    """A group and part of a title, enterprise, number or name."""

    group: str = "all"
    text: str = ""

    def holds(self, line: ProjectLine) -> bool:
        wanted = self.text.strip().lower()
        said = (line.title, line.enterprise_name, line.number, line.person)
        return GROUPS[self.group].holds(line) and any(wanted in one.lower() for one in said)


def listing(desk: Desk, wanted: ProjectFilters | None = None) -> list[ProjectLine]:
    """The projects this laptop knows, those that are behind first."""
    lines = [line_of(desk, body, held=held) for body, held in _rows(desk).values()]
    if wanted is not None:
        lines = [line for line in lines if wanted.holds(line)]
    return sorted(
        lines,
        key=lambda line: (
            line.stage in IN_PRODUCTION,
            ORDER_OF_LIGHTS.index(line.light),
            -(line.behind or 0),
            line.title,
        ),
    )


def of_enterprise(desk: Desk, enterprise: str) -> list[ProjectLine]:
    """The projects of one enterprise."""
    return [line for line in listing(desk) if line.enterprise == enterprise]


def reminders(desk: Desk) -> list[ProjectReminder]:
    """Reports to hand in today and overdue ones, what is overdue first. Who sees the park is told of overdue ones only."""
    roles = desk.signed_in().actor.roles
    if not roles & {Role.OFFICER, Role.COORDINATOR, Role.LEADER}:
        return []
    whole = Role.OFFICER not in roles
    found = []
    for body, _ in _rows(desk).values():
        due = _report(desk, body)
        if due is None or due.owed not in (Owed.DUE, Owed.OVERDUE) or (whole and due.owed is Owed.DUE):
            continue
        found.append(
            ProjectReminder(
                str(body["id"]),
                str(body["enterprise"]),
                str(body["enterprise_name"]),
                due.due_at.astimezone(BEIJING).date().isoformat(),
                f"「{body['title']}」{period_words(due)}{report_word(due, desk)}",
                "red" if due.owed is Owed.OVERDUE else "yellow",
            )
        )
    return sorted(found, key=lambda one: (one.tone != "red", one.day, one.text))


def _rows(desk: Desk) -> dict[str, tuple[Body, bool]]:
    """Light rows by id; of projects that are here whole, the row is made here."""
    rows = {document.id: (document.body, False) for document in desk.store.of_kind(PROJECT_ROW)}
    for document in desk.store.of_kind(Project.kind):
        rows[document.id] = (project_row(document.body) or {}, True)
    return rows


def line_of(desk: Desk, row: Body, *, held: bool) -> ProjectLine:
    """A row of the directory as people read it, judged as of today."""
    stage, rules = Stage(row["stage"]), desk.rules.project_rules
    nodes = row_nodes(row)
    judged = class_of(stage, str(row["signed_on"]), nodes, desk.today, rules)
    due = _report(desk, row)
    behind = deviation(nodes, desk.today, rules)
    light, word = _light(stage, judged, behind)
    return ProjectLine(
        id=str(row["id"]),
        number=str(row["number"]),
        title=str(row["title"]),
        enterprise=str(row["enterprise"]),
        enterprise_name=str(row["enterprise_name"]),
        stage=stage,
        stage_word=STAGE_NAMES[stage],
        judged=judged,
        light=light,
        light_word=word,
        behind=behind,
        next_text=_next(row),
        year_text=year_text(row, desk.today.year),
        person=str(row.get("person_name", "")),
        owed=due.owed if due else None,
        report_word=report_word(due, desk) if due else "",
        signed_on=str(row["signed_on"]),
        held=held,
    )


def _light(stage: Stage, judged: Judged | None, behind: int | None) -> tuple[Light, str]:
    if judged is None:
        if stage in IN_PRODUCTION:
            return Light.GREEN, STAGE_NAMES[stage]
        return Light.GREY, STAGE_NAMES[stage] if stage in RESTING else "待排节点"
    word = JUDGED_NAMES[judged]
    late = judged in (Judged.WATCH, Judged.BEHIND) and behind
    return LIGHTS[judged], f"{word} {behind} 天" if late else word


def _next(row: Body) -> str:
    """`竣工 12月1日`: the first milestone that is not reached."""
    one = next((one for one in row.get("milestones", []) if not one.get("done_on")), None)
    if one is None:
        return ""
    return f"{one['name']} {words.day_of_text(one['planned_on'])}"


def year_text(row: Body, year: int) -> str:
    """`5234.5/8000 万元，65.43 %`: invested in the year by its plan; the share is R20's."""
    done = sum(one["fen"] for one in row.get("invested", []) if one["day"].startswith(f"{year:04d}"))
    plan = sum(one["fen"] for one in row.get("plans", []) if one["year"] == year)
    if not plan:
        return f"{wan(done)} 万元" if done else ""
    return f"{wan(done)}/{wan(plan)} 万元，{share(done, plan)}"


def share(done: int, plan: int) -> str:
    """`65.43 %`, half up; 「—」 of nothing."""
    if plan <= 0:
        return "—"
    hundredths = (abs(done) * 20_000 + plan) // (2 * plan)
    sign = "-" if done < 0 and hundredths else ""
    return f"{sign}{hundredths // 100}.{hundredths % 100:02d} %"


def _report(desk: Desk, row: Body) -> ReportDue | None:
    """How it stands with the report; None of a project that owes none: one that stands still or was given up."""
    stage = Stage(row["stage"])
    if stage in RESTING:
        return None
    since = beijing_date(from_text(str(row["opened_at"])))
    return report_due(
        row.get("reported", []),
        since,
        desk.clock(),
        monthly=stage in IN_PRODUCTION,
        rules=desk.rules.project_rules,
    )


def period_words(due: ReportDue) -> str:
    """`2026年第47周周报`, `2026年11月月报`."""
    if due.monthly:
        return f"{due.period[:4]}年{int(due.period[5:])}月月报"
    return f"{week_words(due.period)}周报"


def report_word(due: ReportDue, desk: Desk) -> str:
    """`已报`, `今天 17:00 前报`, `逾期 3 天`, `周五报`."""
    if due.owed is Owed.DONE:
        return "已报"
    day = due.due_at.astimezone(BEIJING).date()
    if due.owed is Owed.OVERDUE:
        late = (desk.today - day).days
        return f"逾期 {late} 天" if late else "已过时限"
    if due.owed is Owed.DUE:
        return f"今天 {due.due_at.astimezone(BEIJING):%H:%M} 前报"
    return f"{words.day(day)}报"
