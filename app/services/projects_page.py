"""One project whole: milestones, months, reports, money, 横道图, trail, and what this person may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.domain.clock import from_text
from app.domain.issue import Light
from app.domain.people import ROLE_NAMES, Role
from app.domain.project import STAGE_NAMES, Project, ProjectEvent, project_row, year_sum
from app.domain.project_gantt import milestone_light, project_plans
from app.domain.project_moves import PROJECT_MOVES, blocked, project_moves
from app.domain.project_rules import ADVICE, week_words
from app.services import words
from app.services.cases_page import Facts, GanttRow
from app.services.desk import Desk
from app.services.projects_acting import last_record, project_of
from app.services.projects_forms import conclusions
from app.services.projects_listing import ProjectLine, line_of, share
from app.services.projects_reporting import wan


@dataclass(frozen=True, slots=True)
class MilestoneLine:
    """One milestone. `light_word` says how it stands."""

    id: str
    name: str
    planned: str
    done: str
    light: Light
    light_word: str
    person: str


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One month of the plan, or a year's sum (`month` is the year)."""

    month: str
    word: str
    planned: str
    actual: str
    share: str
    person: str
    text: str
    total: bool = False


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A week's report; `record` opens it."""

    record: str
    week: str
    day: str
    text: str
    unchanged: bool
    by: str


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """One project whole."""

    project: Project
    line: ProjectLine
    facts: Facts
    advice: str
    milestones: tuple[MilestoneLine, ...]
    months: tuple[MonthLine, ...]
    reports: tuple[ReportLine, ...]
    trail: tuple[tuple[str, str], ...]
    gantt: tuple[GanttRow, ...]
    today: date
    actions: tuple[tuple[str, str], ...]
    blocked: tuple[tuple[str, str], ...]
    may_report: bool
    may_say_unchanged: bool
    may_edit: bool
    waiting: int
    """Conclusions of meetings that can be written back."""


def page(desk: Desk, id: str) -> ProjectPage:
    """KnownError where its enterprise is not on this laptop (`opened.open_bucket`, then sync)."""
    project = project_of(desk, id)
    line = line_of(desk, project_row(project.to_body()) or {}, held=True)
    actor = desk.signed_in().actor
    mine = bool(actor.roles & {Role.OFFICER, Role.COORDINATOR})
    report = PROJECT_MOVES["project.report"]
    may_report = mine and project.stage in report.sources
    last = last_record(desk, project)
    this_week = last is not None and (last.day or "") >= _monday(desk.today)
    plans = project_plans(project, desk.today)
    rules = desk.rules.project_rules
    waiting = len(conclusions(desk, project)) if Role.COORDINATOR in actor.roles else 0
    moves = [
        (move.action, move.word)
        for move in project_moves(project, actor)
        if move.action != "project.meeting" or waiting
    ]
    return ProjectPage(
        project=project,
        line=line,
        facts=_facts(project, line),
        advice=ADVICE[line.judged] if line.judged else "",
        milestones=_milestones(desk, project),
        months=_months(project),
        reports=_reports(project, desk),
        trail=_trail(desk, project),
        gantt=tuple(
            GanttRow(one.name, milestone_light(one, desk.today, rules), plans[id])
            for id, one in project.ordered
        ),
        today=desk.today,
        actions=tuple(moves),
        blocked=blocked(project, actor),
        may_report=may_report,
        may_say_unchanged=may_report and last is not None and not this_week,
        may_edit=mine,
        waiting=waiting,
    )


def _monday(today: date) -> str:
    return date.fromordinal(today.toordinal() - today.weekday()).isoformat()


def _facts(project: Project, line: ProjectLine) -> Facts:
    behind = "" if line.behind is None else f"{'滞后' if line.behind > 0 else '提前'} {abs(line.behind)} 天"
    last = project.last_report
    stage = STAGE_NAMES[project.stage]
    halted = f"（停在{STAGE_NAMES[project.halted_from]}）" if project.halted_from else ""
    rows = [
        ("编号", project.number),
        ("阶段", f"{stage}{halted}"),
        ("判定", line.light_word),
        ("节点偏差", "没有偏差" if line.behind == 0 else behind),
        ("停建或终止原因", project.reason or ""),
        ("本年投资", line.year_text),
        ("总投资", f"{wan(project.total_fen)} 万元" if project.total_fen is not None else ""),
        ("到位资金", _funds(project)),
        ("责任人", project.person_name or "还没有定"),
        ("业主联系人", "，".join(part for part in (project.contact_name, project.contact_phone) if part)),
        ("地点", project.address or ""),
        ("建设内容", project.content or ""),
        ("签约", words.day_of_text(project.signed_on)),
        ("开工", words.day_of_text(project.begun_on) if project.begun_on else ""),
        ("竣工", words.day_of_text(project.completed_on) if project.completed_on else ""),
        ("投产", words.day_of_text(project.producing_on) if project.producing_on else ""),
        ("周报", line.report_word),
        ("下周计划", last.next_text or "" if last else ""),
    ]
    return tuple((name, value) for name, value in rows if value)


def _funds(project: Project) -> str:
    if not project.funds:
        return ""
    rows = sorted(project.funds.values(), key=lambda one: one.day)
    total = wan(sum(one.fen for one in rows))
    each = "；".join(f"{words.day_of_text(one.day)} {one.source} {wan(one.fen)}" for one in rows)
    return f"{total} 万元（{each}）"


def _milestones(desk: Desk, project: Project) -> tuple[MilestoneLine, ...]:
    rules = desk.rules.project_rules
    found = []
    for id, one in project.ordered:
        behind = (date.fromisoformat(one.done_on) if one.done_on else desk.today) - date.fromisoformat(
            one.planned_on
        )
        days = behind.days
        if one.done_on:
            word = f"晚 {days} 天" if days > 0 else "按期"
        else:
            word = f"已过 {days} 天" if days > 0 else f"还有 {-days} 天"
        found.append(
            MilestoneLine(
                id=id,
                name=one.name,
                planned=words.day_of_text(one.planned_on) + _year(one.planned_on, desk.today),
                done=words.day_of_text(one.done_on) if one.done_on else "",
                light=milestone_light(one, desk.today, rules),
                light_word=word,
                person=one.person_name or "",
            )
        )
    return tuple(found)


def _year(day: str, today: date) -> str:
    return "" if day.startswith(f"{today.year:04d}") else f"（{day[:4]}）"


def _months(project: Project) -> tuple[MonthLine, ...]:
    """The months, and before each year its sum."""
    found: list[MonthLine] = []
    for month, one in sorted(project.months.items()):
        year = int(month[:4])
        if not found or not found[-1].month.startswith(f"{year:04d}"):
            planned = year_sum(project.months, year, "planned_fen")
            actual = year_sum(project.months, year, "actual_fen")
            found.append(_month(f"{year:04d}", f"{year}年合计", planned, actual, "", "", total=True))
        found.append(
            _month(
                month,
                f"{int(month[5:])}月",
                one.planned_fen,
                one.actual_fen,
                one.person_name or "",
                one.text or "",
            )
        )
    return tuple(found)


def _month(
    month: str,
    word: str,
    planned: int | None,
    actual: int | None,
    person: str,
    text: str,
    *,
    total: bool = False,
) -> MonthLine:
    known = planned is not None and actual is not None
    return MonthLine(
        month=month,
        word=word,
        planned="" if planned is None else wan(planned),
        actual="" if actual is None else wan(actual),
        share=share(actual or 0, planned or 0) if known else "",
        person=person,
        text=text,
        total=total,
    )


def _reports(project: Project, desk: Desk) -> tuple[ReportLine, ...]:
    rows = sorted(project.reports.items(), key=lambda pair: pair[1].day, reverse=True)
    return tuple(
        ReportLine(
            record=one.record,
            week=week_words(week),
            day=words.day_of_text(one.day) + _year(one.day, desk.today),
            text="本周无变化" if one.unchanged else (one.next_text or ""),
            unchanged=one.unchanged,
            by=one.by_name,
        )
        for week, one in rows
    )


def _trail(desk: Desk, project: Project) -> tuple[tuple[str, str], ...]:
    """(when, what), the newest first."""
    found = [ProjectEvent.of(document) for document in desk.store.of_kind(ProjectEvent.kind)]
    events = sorted((one for one in found if one.project == project.id), key=lambda one: -one.order)
    return tuple((words.moment_near(from_text(one.at), desk.clock()), event_text(one)) for one in events)


def event_text(event: ProjectEvent) -> str:
    """`王敏（驻企联络员）开工，10月6日：设备基础先行`."""
    role = f"（{ROLE_NAMES[Role(event.role)]}）" if event.role else ""
    day = f"，{words.day_of_text(event.day)}" if event.day else ""
    text = f"：{event.text}" if event.text else ""
    return f"{event.person_name}{role}{action_word(event.action)}{day}{text}"


def action_word(action: str) -> str:
    """The word of a move, also of those that are not in the table."""
    if action in PROJECT_MOVES:
        return PROJECT_MOVES[action].word
    return {
        "project.open": "登记项目",
        "project.edit": "改资料",
        "project.unchanged": "报本周无变化",
    }.get(action, "其他操作")
