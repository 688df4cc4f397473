"""The papers an officer plans with: 联络员周清单 and the 日程单 of a day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from app.domain import buckets
from app.domain.enterprise import Enterprise
from app.domain.enterprise_parts import SEATS
from app.domain.issue import ENDED, IssueState, Light
from app.domain.visit import Due, Record, Visit
from app.domain.visit_plan import PlanState
from app.errors import KnownError
from app.printing.models import Printed
from app.services import enterprises_parts, issues, visit_plans, visits, words
from app.services.desk import Desk
from app.services.enterprises_papers import promises
from app.services.visit_plans import PlanLine, Stop, ToPlan

LIGHTS = {Light.RED: "红", Light.YELLOW: "黄", Light.BLUE: "蓝"}
MOST_ASKED = 4
"""Lines of one kind per stop: more than that nobody asks on one visit."""


def week_of(day: date) -> tuple[date, date]:
    """Monday and Sunday of its week."""
    first = day - timedelta(days=day.weekday())
    return first, first + timedelta(days=6)


def print_week(desk: Desk, day: date | None = None, path: Path | None = None) -> Printed:
    """周清单 of the week a day lies in, today's where none is named. KnownError where the disk refuses."""
    from app.printing.weekly_list import WeeklyList, print_weekly_list

    first, last = week_of(day or desk.today)
    shown = visit_plans.calendar(desk, first, last)
    (number,) = desk.local_numbers("weekly_list", f"ZQD-{desk.today:%m%d}")
    week = WeeklyList(
        number=number,
        officer=desk.signed_in().name,
        first=first,
        last=last,
        due=[
            _due_row(desk, row)
            for row in sorted(shown.due, key=lambda row: row.due.by)
            if row.due.due in (Due.OVERDUE, Due.SOON) or row.due.by <= last
        ],
        planned=[
            _planned_row(desk, line)
            for line in shown.plans
            if line.state is PlanState.PLANNED and not line.missed
        ],
        missed=[f"{words.day(line.day)} {line.enterprise_name}" for line in shown.missed],
        issues=_lit(desk),
        returned=_returned(desk),
        reminders=[one.text for one in enterprises_parts.reminders(desk)],
        made=desk.today,
    )
    return print_weekly_list(path or desk.folder.papers / f"联络员周清单 {number}.pdf", week)


def _due_row(desk: Desk, row: ToPlan) -> tuple[str, str, str, str, str]:
    document = desk.store.get(Enterprise.kind, row.enterprise)
    last = document.body.get("last_visit_on") if document else None
    by = f"{words.day(row.due.by)}，{row.word}"
    return (
        row.name,
        row.cycle_word,
        words.day_of_text(last),
        by,
        words.day(row.planned) if row.planned else "",
    )


def _planned_row(desk: Desk, line: PlanLine) -> tuple[str, str, str, str]:
    how = "，".join(part for part in (line.method_word, line.purpose or line.kind_word) if part)
    return (
        words.long_day(line.day),
        line.enterprise_name,
        how,
        visit_plans.contact_text(desk, line.enterprise),
    )


def _lit(desk: Desk) -> list[tuple[str, str, str, str, str]]:
    """Issues of the own enterprises that show a light, the reddest first."""
    order = list(LIGHTS)
    lines = [line for line in issues.listing(desk) if line.state not in ENDED and line.light in LIGHTS]
    lines.sort(key=lambda line: order.index(line.light))
    return [
        (
            LIGHTS[line.light],
            f"{line.title}（{line.number}）",
            line.enterprise_name,
            "，".join(part for part in (line.department, line.handler) if part) or "—",
            line.due_text or line.light_word,
        )
        for line in lines
    ]


def _returned(desk: Desk) -> list[tuple[str, str]]:
    found = []
    for line in visit_plans.returned(desk):
        returned = visits.visit_of(desk, line.id).returned
        what = f"{line.enterprise_name} {words.day_of_text(line.day)}的走访（{line.number}）"
        found.append((what, returned.reason if returned else ""))
    for issue in issues.listing(desk):
        if issue.state is IssueState.DRAFT:
            document = desk.store.get("issue", issue.id)
            reason = str(document.body.get("return_reason") or "") if document else ""
            found.append((f"诉求「{issue.title}」（{issue.enterprise_name}）", reason))
    return found


def print_route(desk: Desk, day: date | None = None, path: Path | None = None) -> Printed:
    """日程单 of a day, today where none is named. KnownError where nothing is planned for it or the disk refuses."""
    from app.printing.route_sheet import RouteSheet, RouteStop, print_route_sheet

    day = day or desk.today
    stops = visit_plans.route(desk, day)
    if not stops:
        raise KnownError(
            "nothing_planned", f"{words.day(day)}还没有排走访。先在「走访计划」里把要去的企业排上。"
        )
    (number,) = desk.local_numbers("route_sheet", f"RC-{desk.today:%m%d}")
    sheet = RouteSheet(
        number=number,
        officer=desk.signed_in().name,
        day=day,
        stops=[
            RouteStop(
                enterprise=stop.plan.enterprise_name,
                address=stop.address,
                contact=stop.contact,
                how="，".join(part for part in (stop.plan.method_word, stop.plan.kind_word) if part),
                ask=_to_ask(desk, stop),
                bring=_to_bring(desk, stop),
                hint=stop.hint,
            )
            for stop in stops
        ],
        made=desk.today,
    )
    return print_route_sheet(path or desk.folder.papers / f"走访日程单 {number}.pdf", sheet)


def _to_ask(desk: Desk, stop: Stop) -> list[str]:
    """The purpose, open issues, promises made there, seats nobody sits in."""
    here = desk.store.in_bucket(buckets.of_enterprise(stop.plan.enterprise))
    records = [Record.of(one) for one in here if one.kind == Record.kind]
    made = promises(records, [Visit.of(one) for one in here if one.kind == Visit.kind])
    asked = [stop.plan.purpose] if stop.plan.purpose else []
    asked += [f"{text} 办得怎样" for text in stop.issues[:MOST_ASKED]]
    if len(stop.issues) > MOST_ASKED:
        asked.append(f"另有 {len(stop.issues) - MOST_ASKED} 件未结诉求，见走访清单")
    asked += [f"答应过的：{what}" + (f"（{until}）" if until else "") for what, _, until in made[:MOST_ASKED]]
    vacant = len(SEATS) - len(enterprises_parts.seats(desk, stop.plan.enterprise))
    return [*asked, f"五位一体还有 {vacant} 个席位缺位"] if vacant else asked


def _to_bring(desk: Desk, stop: Stop) -> list[str]:
    remind = [one.text for one in enterprises_parts.reminders(desk) if one.enterprise == stop.plan.enterprise]
    name = stop.plan.enterprise_name
    return ["走访清单", *(text.removeprefix(f"{name}的") for text in remind)]
