"""Yearly targets: plans that fit together, progress entered and struck out, the bar."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.changes import REGISTER, Refusal
from app.domain.people import Role
from app.domain.target import Course, Target, bar_of, plan_problem, wanted_by
from tests.support.activity_world import WHO, ActivityWorld

AMOUNTS = st.decimals(0, 10**6, places=2)
MOVES = ("target.set", "target.edit", "target.progress", "target.strike", "target.withdraw")


def target(**more: Any) -> Target:
    return Target(**{"id": "t", "year": 2026, "indicator": "签约项目", "unit": "个", "planned": "50", **more})


def refused(world: ActivityWorld, name: str, who: str = "coordinator", **args: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        world.do(who, name, **args)
    return caught.value


@pytest.mark.parametrize("who", WHO)
def test_only_the_coordinator_keeps_them(who: str) -> None:
    assert {name for name in REGISTER if name.startswith("target.")} == set(MOVES)
    world = ActivityWorld()
    world.do("coordinator", "target.set")
    world.do("coordinator", "target.progress")
    entry = world.target.entries[0].id
    if Role.COORDINATOR not in WHO[who].roles:
        for name in MOVES:
            assert refused(world, name, who).code == "role"
        return
    for name in MOVES[1:]:
        world.do(who, name, **({"entry": entry} if name == "target.strike" else {}))
    told = [one.action for one in world.target.trail]
    assert told == ["target.set", "target.progress", *MOVES[1:]]
    for name in MOVES[1:]:
        assert refused(world, name).code == "target_state"


@given(st.lists(AMOUNTS, min_size=4, max_size=4))
def test_quarters_are_cumulative_and_end_at_the_plan(amounts: list[Decimal]) -> None:
    texts = [str(one) for one in amounts]
    fits = amounts == sorted(amounts) and amounts[-1] > 0
    assert (plan_problem(texts[-1], texts) is None) == fits
    assert plan_problem("1000001", texts) is not None
    assert plan_problem("5", texts[:3]) is not None


@given(AMOUNTS, st.decimals("0.01", 10**6, places=2), st.dates(date(2025, 1, 1), date(2027, 12, 31)))
def test_the_bar_stays_in_its_frame_and_says_what_it_shows(
    done: Decimal, planned: Decimal, today: date
) -> None:
    quarters = [str(planned * part / 4) for part in range(1, 5)]
    one = target(planned=str(planned), quarters=[str(Decimal(q).quantize(Decimal("0.01"))) for q in quarters])
    bar = bar_of(one, done, today)
    assert 0 <= bar.share <= 1
    assert bar.mark is None or 0 <= bar.mark <= 1
    assert (bar.course is Course.REACHED) == (done >= planned)
    if bar.course is Course.BEHIND:
        assert bar.wanted is not None
        assert done < bar.wanted
    assert (bar.course is Course.RUNNING) == (done < planned and bar.wanted is None)
    assert bar_of(one, None, today).course is Course.UNKNOWN


def test_what_should_be_there_is_the_plan_of_the_last_quarter_that_ended() -> None:
    one = target(quarters=["10", "20", "35", "50"])
    assert [wanted_by(one, date(2026, *day)) for day in ((3, 31), (4, 1), (10, 1), (12, 31))] == [
        None, Decimal(10), Decimal(35), Decimal(35),
    ]  # fmt: skip
    assert wanted_by(one, date(2027, 1, 1)) == 50
    assert wanted_by(target(), date(2026, 12, 31)) is None


def test_progress_is_the_latest_day_that_was_not_struck_out() -> None:
    world = ActivityWorld()
    world.do("coordinator", "target.set")
    for day, done in (("2026-10-31", "30"), ("2026-11-20", "83"), ("2026-11-10", "36")):
        world.do("coordinator", "target.progress", day=day, done=done)
    wrong = world.target.entered()
    assert wrong is not None
    assert wrong.done == "83"
    world.do("coordinator", "target.strike", entry=wrong.id)
    entered = world.target.entered()
    assert entered is not None
    assert entered.done == "36"
    assert len(world.target.entries) == 3
    assert refused(world, "target.progress", day="2026-11-24").code == "days"
    assert refused(world, "target.progress", day="2025-11-24").code == "days"
    assert refused(world, "target.progress", done="1.234").code == "malformed"
    assert refused(world, "target.strike").code == "missing"


def test_one_indicator_stands_once_a_year_and_a_figure_is_not_entered_by_hand() -> None:
    world = ActivityWorld()
    world.do("coordinator", "target.set", figure="R20")
    assert "自动取数" in refused(world, "target.progress").text
    bucket = world.home("target.")
    body = {**world.body("target"), "id": "second"}
    world.shelf(bucket).bodies["target", "second"] = {**body, "year": 2025}
    world.do("coordinator", "target.edit")
    assert world.target.trail[-1].text == "全年目标（全年目标 50→55 个）"
    world.shelf(bucket).bodies["target", "second"] = body
    assert "已有「签约项目」" in refused(world, "target.edit", fields={"unit": ["个", "项"]}).text
