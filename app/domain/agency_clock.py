"""The clocks of a case: each step's promise, the promise for all of it, how long things hold (domain.md §8).

The counting itself is that of `issue_clock`; here only what a case has besides: half days, the same day, validity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from app.domain.agency_case import RUNNING, STEP_ENDED, AgencyCase, CaseState, CaseStep, StepState, waits_for
from app.domain.agency_template import in_order
from app.domain.clock import BEIJING, beijing_date, from_text, to_text
from app.domain.issue import Light, Stop
from app.domain.issue_clock import due as due_of
from app.domain.issue_clock import used_days
from app.domain.issue_rules import DEFAULT_RULES, IssueRules
from app.domain.work_calendar import END_OF_DAY, Deadline, WorkCalendar

NOON = time(12)


@dataclass
class _Clock:
    """What `issue_clock` counts by."""

    clock_from: str | None
    limit_days: int | None
    stops: list[Stop]
    extension_days: int = 0
    due_at: str | None = None
    due_provisional: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """Beijing days, the last one with it."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Plan:
    """One step on the Gantt: when it should have been, was, stood still."""

    planned: Span | None
    actual: Span | None
    stopped: tuple[Span, ...] = field(default=())
    running: bool = False
    """`actual` ends today because the step has not."""


def moment_of(day: str) -> str:
    """The moment a clock that starts on that day is said to start at: noon in Beijing."""
    return to_text(datetime.combine(date.fromisoformat(day), NOON, BEIJING))


def step_due(step: CaseStep, calendar: WorkCalendar) -> Deadline | None:
    """When a step is due: None before 受理, by announcement, and while its clock stands still."""
    if step.clock_from is None or step.limit_days is None or step.stop is not None:
        return None
    wanted = step.limit_days + step.half
    if wanted == 0:
        return _same_day(step, calendar)
    found = due_of(_Clock(step.clock_from, wanted, step.stops, step.extension_days), calendar)
    if found is None or not step.half:
        return found
    day = beijing_date(found.at)
    return Deadline(datetime.combine(day, NOON, BEIJING).astimezone(UTC), found.provisional)


def _same_day(step: CaseStep, calendar: WorkCalendar) -> Deadline:
    """当天: the day of 受理, or the day its clock ran on; a day nobody works on counts as the next one they do."""
    assert step.clock_from is not None
    days = [beijing_date(from_text(step.clock_from)).isoformat(), *(stop.until or "" for stop in step.stops)]
    day = date.fromisoformat(max(days))
    works, provisional = calendar.is_workday(day)
    if not works:
        day, provisional = calendar.nth_workday_after(day, 1)
    return Deadline(datetime.combine(day, END_OF_DAY, BEIJING).astimezone(UTC), provisional)


def set_step_due(step: CaseStep, calendar: WorkCalendar) -> None:
    """Write the promise into the step; while its clock stands still the old one stays in sight."""
    if step.stop is not None:
        return
    found = step_due(step, calendar)
    step.due_at = to_text(found.at) if found else None
    step.due_provisional = bool(found and found.provisional)


def set_case_due(case: AgencyCase, calendar: WorkCalendar) -> None:
    """The promise for the whole case. What stops any of its steps stops it too."""
    stops = [*case.stops, *(stop for step in case.steps.values() for stop in step.stops)]
    found = due_of(_Clock(case.accepted_at, case.total_days, stops), calendar)
    if found is None and any(stop.until is None for stop in stops):
        return
    case.due_at = to_text(found.at) if found else None
    case.due_provisional = bool(found and found.provisional)


def retime(case: AgencyCase, calendar: WorkCalendar) -> bool:
    """Work out anew what is still running, as a calendar has come (domain.md §3.5). Whether anything altered."""
    before = [(case.due_at, case.due_provisional)]
    before += [(step.due_at, step.due_provisional) for step in case.steps.values()]
    for step in case.steps.values():
        if step.clock_from is not None and step.ended_on is None:
            set_step_due(step, calendar)
    set_case_due(case, calendar)
    after = [(case.due_at, case.due_provisional)]
    return before != after + [(step.due_at, step.due_provisional) for step in case.steps.values()]


def in_time(step: CaseStep, day: str, calendar: WorkCalendar) -> bool | None:
    """Whether a step that ended on this day kept its promise; None where there was none."""
    found = step_due(step, calendar)
    return None if found is None else day <= beijing_date(found.at).isoformat()


def workdays_used(row: Mapping[str, object], calendar: WorkCalendar) -> int | None:
    """办结用时 of a case's row: working days from 受理 to 办结, its own suspensions left out (R19, R07). None before 办结."""
    if not row.get("accepted_at") or not row.get("settled_at"):
        return None
    stops = row.get("stops") or []
    assert isinstance(stops, list)
    clock = _Clock(str(row["accepted_at"]), None, [Stop.model_validate(stop) for stop in stops])
    return used_days(clock, calendar, beijing_date(from_text(str(row["settled_at"]))))


def days_left(due_at: str | None, calendar: WorkCalendar, now: datetime) -> int | None:
    """Working days until then, negative when it is over."""
    return None if due_at is None else calendar.workdays_left(now, from_text(due_at))


def step_light(
    state: CaseState,
    steps: Mapping[str, CaseStep],
    step: CaseStep,
    calendar: WorkCalendar,
    now: datetime,
    rules: IssueRules = DEFAULT_RULES,
) -> Light:
    """Red overdue, yellow soon, blue may begin now, grey ended or standing still or not its turn, green all else."""
    if step.state in STEP_ENDED or step.state is StepState.HALTED:
        return Light.GREY
    if step.state is StepState.REJECTED:
        return Light.YELLOW
    if step.state is StepState.NOT_STARTED:
        open_now = state in (CaseState.ACCEPTED, CaseState.IN_WORK) and not waits_for(steps, step)
        return Light.BLUE if open_now else Light.GREY
    if step.lacking and step.missing_until and step.missing_until < beijing_date(now).isoformat():
        return Light.RED
    if step.stop is not None:
        return Light.GREY
    left = days_left(step.due_at, calendar, now) if step.state in RUNNING else None
    if left is None or step.limit_days is None:
        return Light.GREEN
    if left < 0:
        return Light.RED
    # Of a promise of five days two are not soon yet, of one of two days they are all there is.
    soon = min(rules.yellow_days(step.limit_days), max(0, step.limit_days - 1))
    return Light.YELLOW if left <= soon else Light.GREEN


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last day of a shorter month."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day.day, (following - timedelta(days=1)).day))


def reminder_from(step: CaseStep) -> date | None:
    """From this day on the end of its validity is recalled; None where nothing ends."""
    if step.expires_on is None or step.used_on is not None or step.state is not StepState.DONE:
        return None
    return date.fromisoformat(step.expires_on) - timedelta(days=step.remind_days)


def plans(case: AgencyCase, calendar: WorkCalendar, today: date) -> dict[str, Plan]:
    """Every step's planned, actual and stopped stretches (横道图). Planned: one behind the other from 受理 on, by the promises."""
    start = case.accepted_at or case.opened_at
    first = beijing_date(from_text(start))
    planned: dict[str, Span] = {}
    for key in in_order({key: step.needs for key, step in case.steps.items()}):
        step = case.steps[key]
        if step.state is StepState.NOT_INVOLVED:
            continue
        begin = max((_end_before(case, planned, before) for before in step.needs), default=first)
        days = (step.limit_days or 0) + step.half
        last = calendar.nth_workday_after(begin, days)[0] if days else begin
        planned[key] = Span(begin, last)
    return {key: _plan(step, planned.get(key), today) for key, step in case.ordered}


def _end_before(case: AgencyCase, planned: Mapping[str, Span], key: str) -> date:
    """When a predecessor is planned to end; one that is not involved ends when its own do."""
    if key in planned:
        return planned[key].last
    needs = case.steps[key].needs if key in case.steps else []
    start = beijing_date(from_text(case.accepted_at or case.opened_at))
    return max((_end_before(case, planned, before) for before in needs), default=start)


def _plan(step: CaseStep, planned: Span | None, today: date) -> Plan:
    if step.started_on is None or step.state is StepState.NOT_INVOLVED:
        return Plan(planned, None)
    begin = date.fromisoformat(step.started_on)
    last = date.fromisoformat(step.ended_on) if step.ended_on else max(today, begin)
    stopped = tuple(
        Span(
            date.fromisoformat(stop.since), date.fromisoformat(stop.until) if stop.until else max(last, begin)
        )
        for stop in step.stops
    )
    return Plan(planned, Span(begin, last), stopped, step.ended_on is None)
