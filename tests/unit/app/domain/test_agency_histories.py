"""Cases as chance plays them: any order of allowed steps ends, clocks add up, the trail rebuilds the case; and the templates."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from app.dictionaries import builtin, builtin_rules
from app.domain.agency_case import RUNNING, STEP_ENDED, AgencyCase, CaseState, CaseStep, StepState, case_row
from app.domain.agency_clock import add_months, plans, reminder_from, step_light, workdays_used
from app.domain.agency_moves import case_moves, step_moves
from app.domain.agency_template import CaseTemplate, in_order
from app.domain.changes import Refusal
from app.domain.changes.agency_trail import papers_of, rebuild_case
from app.domain.clock import beijing_date, from_text
from app.domain.issue import Light
from app.domain.taxonomy import Dictionaries
from app.domain.work_calendar import WorkCalendar
from tests.support.case_world import ACTORS, CaseWorld

CALENDAR = WorkCalendar()
TEMPLATES = [template.id for template in builtin_rules().case_templates]
AGENT = ACTORS["officer"]


def options(world: CaseWorld) -> list[tuple[str, str | None]]:
    """What the agent's buttons offer now: (action, step)."""
    case, papers = world.case, papers_of(world.papers, "c")
    found: list[tuple[str, str | None]] = [(move.action, None) for move in case_moves(case, papers, AGENT)]
    for key in case.steps:
        found += [(move.action, key) for move in step_moves(case, key, papers, AGENT)]
    return found


def args_for(world: CaseWorld, action: str, key: str | None, chance: st.DataObject | None) -> dict[str, Any]:
    """Arguments for an option; without chance the plainest ones."""
    step = world.case.steps[key] if key else None
    args: dict[str, Any] = {"step": key} if key else {}
    if step is not None and action in ("agency.step_start", "agency.step_restart") and step.variants:
        keys = [variant.key for variant in step.variants]
        args["variant"] = chance.draw(st.sampled_from(keys)) if chance else keys[0]
    if action == "agency.step_file" and chance and chance.draw(st.booleans()):
        until = (beijing_date(world.now) + timedelta(days=9)).isoformat()
        mode = chance.draw(st.sampled_from(["lacking", "promise"]))
        args |= {"mode": mode, "missing": ["证明甲", "证明乙"], "until": until}
    if action == "agency.step_supply" and step is not None:
        args["pieces"] = step.lacking
    if action == "agency.step_stop" and chance:
        args["reason"] = chance.draw(st.sampled_from(["assessment", "publicity", "hearing"]))
    if action == "agency.hand_back":
        args["materials"] = [id for id, row in world.case.materials.items() if row.returned_on is None]
    return args


def stopped_days(step: CaseStep, first: date, last: date) -> int:
    """Working days of (first, last] on which its clock stood still, counted one by one."""
    count = 0
    day = first
    while day < last:
        day += timedelta(days=1)
        inside = any(stop.since < day.isoformat() <= (stop.until or "9999") for stop in step.stops)
        count += CALENDAR.is_workday(day)[0] and inside
    return count


def check_clocks(case: AgencyCase) -> None:
    """Promised and stopped working days together are what lies between 受理 and the deadline."""
    for step in case.steps.values():
        if (
            step.due_at is None
            or step.stop is not None
            or step.limit_days is None
            or step.accepted_on is None
        ):
            continue
        first, last = date.fromisoformat(step.accepted_on), beijing_date(from_text(step.due_at))
        wanted = step.limit_days + step.half
        if wanted == 0:
            assert CALENDAR.is_workday(last)[0]
            continue
        between = sum(
            CALENDAR.is_workday(first + timedelta(days=n))[0] for n in range(1, (last - first).days + 1)
        )
        assert between == wanted + stopped_days(step, first, last), (step.name, step.stops)


def check_order(case: AgencyCase) -> None:
    for step in case.steps.values():
        if step.state not in (StepState.NOT_STARTED, StepState.NOT_INVOLVED):
            assert all(case.steps[key].state in STEP_ENDED for key in step.needs), step.name


PLAIN = (
    *("agency.step_corrected", "agency.step_resume", "agency.step_supply", "agency.step_done"),
    *("agency.step_accept", "agency.step_file", "agency.step_restart", "agency.step_start"),
    *("agency.renew", "agency.hand_back", "agency.sign_enterprise", "agency.sign_agent", "agency.settle"),
)
"""What somebody does who wants to come to an end, the first of these that is offered."""


def bring_to_an_end(world: CaseWorld) -> None:
    for _ in range(8 * len(world.case.steps) + 12):
        if world.case.state is CaseState.SETTLED:
            return
        offered = options(world)
        action, key = next(one for name in PLAIN for one in offered if one[0] == name)
        world.do(AGENT, action, **args_for(world, action, key, None))
    raise AssertionError(f"it does not end: {world.body()}")


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_any_order_of_allowed_steps_ends_and_the_clocks_add_up(data: st.DataObject) -> None:
    play(data)


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(st.data())
def test_many_orders_of_allowed_steps_end_and_the_clocks_add_up(data: st.DataObject) -> None:
    play(data)


def play(data: st.DataObject) -> None:
    world = CaseWorld.accepted(data.draw(st.sampled_from(TEMPLATES)))
    for purpose in ("settlement", *("renewal",) * 20):
        world.paper(purpose)
    for _ in range(data.draw(st.integers(0, 25))):
        offered = [one for one in options(world) if one[0] not in ("agency.terminate", "agency.settle")]
        if not offered:
            break
        action, key = data.draw(st.sampled_from(offered))
        try:
            world.do(AGENT, action, **args_for(world, action, key, data))
        except Refusal as refused:
            # A button is offered by state and guards; what may stand in the way then is a day, and there are none here.
            raise AssertionError(f"{action} was offered and refused: {refused.text}") from refused
        check_clocks(world.case)
        check_order(world.case)
        world.later(data.draw(st.sampled_from([0, 0, 1, 3, 8])))
    bring_to_an_end(world)
    check_clocks(world.case)
    assert rebuild_case(world.trail()) == world.body()
    assert all(step.state in STEP_ENDED for step in world.case.steps.values())
    kept = all(step.in_time is not False for step in world.case.steps.values())
    assert world.case.settled_in_time in (kept, False)
    row = case_row(world.body())
    assert row is not None
    used = workdays_used(row, CALENDAR)
    assert used is not None
    assert used >= 0


def test_the_trail_notices_what_was_altered_behind_its_back() -> None:
    world = CaseWorld.accepted()
    world.do("officer", "agency.step_start")
    trail = world.trail()
    trail[1].text = "别的话"
    with pytest.raises(ValueError, match="broken at 2"):
        rebuild_case(trail)


def test_a_suspended_case_stands_still_and_runs_on() -> None:
    world = CaseWorld.accepted("five_days")
    whole = world.case.due_at
    assert whole is not None
    assert beijing_date(from_text(whole)).isoformat() == "2026-11-30"
    world.run_step("intake", "start", "file", "accept")
    world.do("officer", "agency.suspend")
    world.paper("renewal")
    world.later(7)
    world.do("officer", "agency.renew")
    step = world.step("intake")
    assert beijing_date(from_text(step.due_at)).isoformat() == "2026-12-01"
    assert beijing_date(from_text(world.case.due_at or "")).isoformat() == "2026-12-07"
    world.later(1)
    world.run_step("intake", "done")
    assert world.step("intake").in_time is True


@pytest.mark.parametrize(
    ("template", "key", "variant", "due"),
    [
        ("three_in_a_day", "signing", None, "2026-11-23T09:30:00.000Z"),
        ("landing", "registration", None, "2026-11-24T09:30:00.000Z"),
        ("seven_links", "approval", "record", "2026-11-24T09:30:00.000Z"),
        ("seven_links", "approval", "permit", "2026-12-02T09:30:00.000Z"),
    ],
)
def test_promises(template: str, key: str, variant: str | None, due: str) -> None:
    world = CaseWorld.accepted(template)
    world.run_step(key, "start", "file", "accept", variant=variant)
    assert world.step(key).due_at == due


def test_half_a_day_ends_at_noon_and_an_announcement_has_no_end() -> None:
    world = CaseWorld.accepted("landing")
    world.run_step("registration", "start", "file", "accept", "done")
    world.run_step("tax", "start", "file", "accept")
    assert world.step("tax").due_at == "2026-11-24T04:00:00.000Z"
    world.run_step("auction", "start", "file", "accept")
    assert world.step("auction").due_at is None
    world.run_step("auction", "done")
    assert world.step("auction").in_time is None


def test_lights_of_a_step() -> None:
    world = CaseWorld.accepted("seven_links")

    def light(key: str = "approval") -> Light:
        return step_light(world.case.state, world.case.steps, world.step(key), CALENDAR, world.now)

    assert (light(), light("siting")) == (Light.BLUE, Light.GREY)
    world.run_step("approval", "start", "file", "accept", variant="permit")
    assert light() is Light.GREEN
    world.later(7)
    assert light() is Light.YELLOW
    world.do("officer", "agency.step_stop", step="approval")
    assert light() is Light.GREY
    world.later(30)
    world.do("officer", "agency.step_resume", step="approval")
    assert light() is Light.YELLOW
    world.later(5)
    assert light() is Light.RED


def test_what_was_granted_is_recalled_before_it_runs_out() -> None:
    world = CaseWorld.accepted("seven_links")
    world.run_step("approval", "start", "file", "accept", "done", variant="permit")
    assert world.step("approval").expires_on == "2028-11-23"
    assert reminder_from(world.step("approval")) == date(2028, 9, 24)
    world.now = world.now.replace(year=2028, month=10)
    world.do("officer", "agency.step_validity", step="approval", used=False, until="2029-11-23")
    assert reminder_from(world.step("approval")) == date(2029, 9, 24)
    world.do("officer", "agency.step_validity", step="approval")
    assert reminder_from(world.step("approval")) is None


def test_months_end_where_a_month_ends() -> None:
    assert add_months(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert add_months(date(2026, 12, 31), 24) == date(2028, 12, 31)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)


def test_the_gantt_plans_one_behind_the_other_and_shows_what_was() -> None:
    world = CaseWorld.accepted("five_days")
    found = plans(world.case, CALENDAR, beijing_date(world.now))
    assert [(plan.planned.first.day, plan.planned.last.day) for plan in found.values() if plan.planned] == [
        *((23, 24), (24, 27), (24, 27), (24, 27), (27, 30)),
    ]
    world.run_step("intake", "start", "file", "accept", "stop")
    world.later(3)
    shown = plans(world.case, CALENDAR, beijing_date(world.now))["intake"]
    assert shown.running
    assert shown.actual is not None
    assert (shown.actual.last.day, shown.stopped[0].last.day) == (26, 26)


# ---------------------------------------------------------------------- templates as data


def content() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(builtin()["case_templates"]))
    return found


def with_step(template: int, step: int, **fields: Any) -> dict[str, Any]:
    made = content()
    made["items"][template]["steps"][step] |= fields
    return made


@pytest.mark.parametrize(
    ("altered", "said"),
    [
        (with_step(0, 0, needs=["construction"]), "绕成了圈"),
        (with_step(0, 1, needs=["moon"]), "前置 moon 不存在"),
        (with_step(0, 1, key="approval"), "key 相同"),
        (with_step(0, 1, department="moon"), "主办部门 moon 不存在"),
        (with_step(3, 1, days=30), "超过总时限"),
    ],
)
def test_a_template_is_looked_at_when_it_is_published(altered: dict[str, Any], said: str) -> None:
    with pytest.raises((ValidationError, ValueError), match=said):
        Dictionaries.parse({**builtin(), "case_templates": altered})


def test_the_built_in_templates_are_those_of_the_page() -> None:
    """domain.md §8: who stands parallel to whom, what is promised, how long it holds."""
    templates = {template.id: template for template in builtin_rules().case_templates}
    assert list(templates) == [
        *("seven_links", "landing", "three_in_a_day", "five_days", "title_backlog", "policy_claim")
    ]
    seven = templates["seven_links"]
    needs = {step.key: set(step.needs) for step in seven.steps}
    assert needs["siting"] == needs["feasibility"] == needs["environment"] == needs["energy"] == {"approval"}
    assert needs["construction"] == {"land", "feasibility", "environment", "energy"}
    promised = {step.key: [v.days for v in step.variants] or [step.days] for step in seven.steps}
    assert promised == {
        "approval": [1, 7], "siting": [7], "land": [5, 30], "feasibility": [20],
        "environment": [15, 7, 0], "energy": [10], "construction": [5],
    }  # fmt: skip
    months = {step.key: step.validity_months for step in seven.steps if step.validity_months}
    assert months == {"siting": 36, "feasibility": 24, "energy": 24, "construction": 3}
    landing = [(step.days, step.half) for step in templates["landing"].steps]
    assert landing == [(1, False), (0, True), (2, False), (None, False)]
    assert templates["five_days"].total_days == 5
    assert sum(step.days or 0 for step in templates["title_backlog"].steps) == 30


@given(st.integers(1, 8).flatmap(lambda n: st.lists(st.sets(st.integers(0, n - 1)), min_size=n, max_size=n)))
@settings(max_examples=60, deadline=None)
def test_a_graph_is_taken_exactly_when_it_has_no_circle(edges: list[set[int]]) -> None:
    needs = {str(node): {str(before) for before in edges[node]} for node in range(len(edges))}
    order = in_order(needs)
    assert all(set(needs[key]) <= set(order[: order.index(key)]) for key in order)

    def reaches(start: str, goal: str, seen: frozenset[str]) -> bool:
        return any(
            before == goal or (before not in seen and reaches(before, goal, seen | {before}))
            for before in needs[start]
        )

    assert (len(order) == len(needs)) == (not any(reaches(key, key, frozenset()) for key in needs))


def test_a_new_version_of_a_template_does_not_touch_a_case() -> None:
    world = CaseWorld.accepted()
    assert world.case.template_version == builtin()["case_templates"]["version"]
    template = CaseTemplate.model_validate(content()["items"][2])
    assert [step.name for _, step in world.case.ordered] == [step.name for step in template.steps]
    assert not RUNNING & {step.state for step in world.case.steps.values()}
