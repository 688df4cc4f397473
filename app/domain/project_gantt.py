"""横道图 of a project: each milestone's planned and actual stretch (domain.md §1, 57 59)."""

from __future__ import annotations

from datetime import date, timedelta

from app.domain.agency_clock import Plan, Span
from app.domain.issue import Light
from app.domain.project import Milestone, Project
from app.domain.project_rules import ProjectRules


def project_plans(project: Project, today: date) -> dict[str, Plan]:
    """Milestone → its stretches, in the order of their planned days.

    One without a planned beginning begins where the one before it was to end; work on it began when the one before was
    reached. What waits for the one before has no actual stretch yet.
    """
    found: dict[str, Plan] = {}
    planned_from = reached = date.fromisoformat(project.signed_on)
    waiting = False
    for id, one in project.ordered:
        last = date.fromisoformat(one.planned_on)
        first = min(date.fromisoformat(one.planned_from) if one.planned_from else planned_from, last)
        begun = date.fromisoformat(one.begun_on) if one.begun_on else reached
        done = date.fromisoformat(one.done_on) if one.done_on else None
        actual = None
        if done is not None:
            actual = Span(min(begun, done), done)
        elif begun <= today and (one.begun_on or not waiting):
            actual = Span(begun, today)
        found[id] = Plan(Span(first, last), actual, running=done is None)
        planned_from = last + timedelta(days=1)
        waiting = done is None
        reached = max(reached, done) if done else reached
    return found


def milestone_light(one: Milestone, today: date, rules: ProjectRules) -> Light:
    """Green in time, yellow up to the limit of 关注 behind, red beyond; blue while there is time."""
    behind = (date.fromisoformat(one.done_on or today.isoformat()) - date.fromisoformat(one.planned_on)).days
    if behind > rules.watch_days:
        return Light.RED
    if behind > 0:
        return Light.YELLOW
    return Light.GREEN if one.done_on else Light.BLUE
