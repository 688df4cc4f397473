"""The class of a project, the report that is owed, sums of investment: for any days and any amounts."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.dictionaries import builtin
from app.domain.clock import BEIJING
from app.domain.project import PlanMonth, Project, Stage, class_of, project_row, take_year_total, year_sum
from app.domain.project_rules import (
    DEFAULT_PROJECT_RULES,
    Judged,
    Node,
    Owed,
    ProjectRules,
    deviation,
    judge,
    report_due,
    week_of,
)
from app.domain.taxonomy import Dictionaries

TODAY = date(2026, 11, 20)
DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))
NODES = st.lists(
    st.tuples(DAYS, st.none() | DAYS.filter(lambda day: day <= TODAY)).map(
        lambda pair: Node(pair[0].isoformat(), pair[1].isoformat() if pair[1] else None)
    ),
    max_size=6,
)
STAGES = st.sampled_from(sorted(Stage))
MONEY = st.integers(0, 10**13)


def late(days: int) -> Node:
    return Node((TODAY - timedelta(days=days)).isoformat())


@pytest.mark.parametrize(
    ("days", "word"),
    [(-40, "fast"), (0, "fast"), (7, "fast"), (8, "watch"), (15, "watch"), (16, "behind"), (400, "behind")],
)
def test_the_class_by_days_behind(days: int, word: str) -> None:
    assert class_of(Stage.STRUCTURE, "2026-01-05", [late(days)], TODAY) == word


@pytest.mark.parametrize(("days", "word"), [(90, None), (91, "unbegun")])
def test_signed_and_not_begun(days: int, word: str | None) -> None:
    signed = (TODAY - timedelta(days=days)).isoformat()
    for stage in (Stage.SIGNED, Stage.PREPARING):
        assert class_of(stage, signed, [], TODAY) == word
    assert class_of(Stage.STARTED, signed, [], TODAY) is None


def test_what_was_reached_long_ago_counts_only_where_nothing_else_does() -> None:
    long_ago = Node("2026-06-01", "2026-06-21")
    assert deviation([long_ago], TODAY) == 20
    assert deviation([long_ago, Node("2026-11-25")], TODAY) == -5
    lately = Node("2026-11-10", (TODAY - timedelta(days=6)).isoformat())
    assert deviation([lately, Node("2026-11-25")], TODAY) == 4
    assert deviation([], TODAY) is None


@given(NODES, DAYS, st.booleans(), st.integers(0, 20), st.integers(0, 20), st.integers(1, 200))
def test_the_rule_says_one_class_and_keeps_to_its_figures(
    nodes: list[Node], signed: date, begun: bool, steady: int, more: int, unbegun: int
) -> None:
    rules = ProjectRules(steady_days=steady, watch_days=steady + more, unbegun_days=unbegun)
    behind = deviation(nodes, TODAY, rules)
    found = judge(begun=begun, signed_on=signed.isoformat(), behind=behind, today=TODAY, rules=rules)
    if not begun and (TODAY - signed).days > unbegun:
        assert found is Judged.UNBEGUN
    elif behind is None:
        assert found is None
    else:
        assert (found is Judged.FAST) == (behind <= steady)
        assert (found is Judged.BEHIND) == (behind > steady + more)
    if nodes:
        worst = max(
            ((date.fromisoformat(n.done_on) if n.done_on else TODAY) - date.fromisoformat(n.planned_on)).days
            for n in nodes
        )
        assert behind is not None
        assert behind <= worst


@given(NODES, STAGES)
def test_a_day_later_no_project_is_better_by_itself(nodes: list[Node], stage: Stage) -> None:
    waiting = [node for node in nodes if node.done_on is None]
    order = [None, Judged.FAST, Judged.WATCH, Judged.BEHIND, Judged.UNBEGUN]
    today = class_of(stage, "2026-08-20", waiting, TODAY)
    later = class_of(stage, "2026-08-20", waiting, TODAY + timedelta(days=1))
    assert order.index(later) >= order.index(today)


def test_the_figures_are_data() -> None:
    assert ProjectRules.model_validate(builtin()["project_rules"]) == DEFAULT_PROJECT_RULES
    park = Dictionaries.parse(
        {**builtin(), "project_rules": {"version": "9", "steady_days": 3, "watch_days": 4}}
    )
    assert class_of(Stage.STARTED, "2026-11-01", [late(5)], TODAY, park.project_rules) is Judged.BEHIND
    with pytest.raises(ValidationError):
        ProjectRules(steady_days=9, watch_days=8)


def at(day: str, hour: int = 9) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time().replace(hour=hour), BEIJING)


@pytest.mark.parametrize(
    ("reported", "now", "owed", "period"),
    [
        (["2026-11-13"], at("2026-11-16"), Owed.NOT_YET, "2026-W47"),
        (["2026-11-13"], at("2026-11-20"), Owed.DUE, "2026-W47"),
        (["2026-11-13"], at("2026-11-20", 18), Owed.OVERDUE, "2026-W47"),
        (["2026-11-13"], at("2026-11-22"), Owed.OVERDUE, "2026-W47"),
        (["2026-11-13", "2026-11-17"], at("2026-11-20", 18), Owed.DONE, "2026-W47"),
        ([], at("2026-11-16"), Owed.OVERDUE, "2026-W46"),
        (["2026-11-16"], at("2026-11-16"), Owed.DONE, "2026-W47"),
    ],
)  # fmt: skip
def test_the_report_of_friday(reported: list[str], now: datetime, owed: Owed, period: str) -> None:
    found = report_due(reported, date(2026, 1, 5), now)
    assert (found.owed, found.period) == (owed, period)


def test_nothing_is_owed_of_the_time_before_and_in_production_by_the_month() -> None:
    assert report_due([], date(2026, 11, 16), at("2026-11-17")).owed is Owed.NOT_YET
    assert report_due([], date(2026, 11, 21), at("2026-11-22")).owed is Owed.NOT_YET
    monthly = report_due(["2026-10-12"], date(2026, 1, 1), at("2026-11-20"), monthly=True)
    assert (monthly.owed, monthly.period, monthly.due_at) == (Owed.NOT_YET, "2026-11", at("2026-11-30", 17))
    assert report_due(["2026-09-12"], date(2026, 1, 1), at("2026-11-20"), monthly=True).owed is Owed.OVERDUE


@given(st.lists(DAYS, max_size=5), DAYS, st.booleans())
def test_a_report_of_today_settles_what_is_owed(days: list[date], today: date, monthly: bool) -> None:
    texts = [day.isoformat() for day in days] + [today.isoformat()]
    found = report_due(texts, date(2025, 1, 1), at(today.isoformat()), monthly=monthly)
    assert found.owed is Owed.DONE
    assert monthly or found.period == week_of(today)


@given(st.lists(st.tuples(DAYS, MONEY), max_size=8))
def test_a_year_is_what_its_last_report_said(reports: list[tuple[date, int]]) -> None:
    months: dict[str, PlanMonth] = {"2026-03": PlanMonth(planned_fen=7)}
    said: dict[int, int] = {}
    for day, total in sorted(reports):
        months = take_year_total(months, day, total)
        said[day.year] = total
    for year, total in said.items():
        assert year_sum(months, year, "actual_fen") == total
    assert year_sum(months, 2026, "planned_fen") == 7


@given(
    st.dictionaries(st.sampled_from(["2025-12", "2026-01", "2026-02", "2026-12"]), st.tuples(MONEY, MONEY))
)
def test_the_row_adds_up_to_the_fen(given_months: dict[str, tuple[int, int]]) -> None:
    project = Project(
        id="p", number="n", local_number="n", enterprise="e", enterprise_name="厂", title="项目",
        opened_at="2026-01-01T00:00:00.000Z", opened_by="p", opened_by_name="王", signed_on="2026-01-01",
        months={key: PlanMonth(planned_fen=a, actual_fen=b) for key, (a, b) in given_months.items()},
    )  # fmt: skip
    row = project_row(project.to_body()) or {}
    assert sum(one["fen"] for one in row.get("plans", [])) == sum(a for a, _ in given_months.values())
    assert sum(one["fen"] for one in row.get("invested", [])) == sum(b for _, b in given_months.values())
    assert all(one["day"][8:] in {"31", "28"} for one in row.get("invested", []))
