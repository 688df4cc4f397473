"""横道图: where days lie on the axis, which of them are named, what a row says; drawn in every look."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from pytestqt.qtbot import QtBot

from app.domain.agency_clock import Plan, Span
from app.domain.issue import Light
from app.services.cases import GanttRow
from tests.support.pictures import LOOKS, wear
from ui import theme
from ui.cases.gantt import FEWEST_DAYS, Axis, GanttChart, days_of

TODAY = date(2026, 11, 23)


def span(first: int, last: int) -> Span:
    return Span(TODAY + timedelta(days=first), TODAY + timedelta(days=last))


ROWS = (
    GanttRow("立项备案或核准", Light.GREY, Plan(span(-10, -4), span(-10, -6))),
    GanttRow("环境影响评价", Light.YELLOW, Plan(span(-4, 5), span(-6, 0), (span(-2, 0),), running=True)),
    GanttRow("可行性研究", Light.GREY, Plan(None, None)),
    GanttRow("施工许可", Light.GREY, Plan(span(6, 13), None)),
)


@pytest.fixture
def undressed(qtbot: QtBot) -> Iterator[QtBot]:
    """A look is worn by the whole application: it is taken off again."""
    yield qtbot
    wear()


def test_a_stretch_takes_both_its_days() -> None:
    axis = Axis(TODAY, TODAY + timedelta(days=9), 100, 500)
    box = axis.box(span(0, 0), 0, 10)
    assert (box.left(), box.width()) == (100, 50)
    assert axis.box(span(2, 3), 0, 10).right() == 300


def test_all_is_in_sight_and_a_short_case_has_an_axis() -> None:
    first, last = days_of(ROWS, TODAY)
    assert first < TODAY - timedelta(days=10)
    assert last > TODAY + timedelta(days=13)
    first, last = days_of(ROWS[2:3], TODAY)
    assert (last - first).days == FEWEST_DAYS


def test_weeks_are_named_and_of_long_cases_months() -> None:
    short = [text for _, text in Axis(TODAY, TODAY + timedelta(days=20), 0, 500).ticks()]
    assert short == ["11月23日", "11月30日", "12月7日"]
    long = [text for _, text in Axis(TODAY, TODAY + timedelta(days=120), 0, 500).ticks()]
    assert long == ["12月", "2027年1月", "2月", "3月"]


def test_a_row_says_its_days(qtbot: QtBot) -> None:
    chart = GanttChart()
    qtbot.addWidget(chart)
    assert chart.told(ROWS[0]) == "立项备案或核准：计划 11月13日–11月19日；实际 11月13日–11月17日"
    assert chart.told(ROWS[1]).endswith("实际 11月17日起；停钟 11月21日–11月23日")
    assert chart.told(ROWS[2]) == "可行性研究：不涉及"


@pytest.mark.parametrize("look", LOOKS)
def test_it_is_drawn_in_the_colours_of_every_look(undressed: QtBot, look: str) -> None:
    wear(LOOKS[look].scheme, LOOKS[look].scale)
    chart = GanttChart()
    undressed.addWidget(chart)
    chart.set_rows(ROWS, TODAY)
    chart.resize(900, chart.sizeHint().height())
    image = chart.grab().toImage()
    seen = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(0, image.height(), 2)}
    tokens = theme.current()
    for token in ("yellow", "grey", "accent", "surface"):
        assert tokens.color(token).name() in seen, token
    axis = chart.axis()
    bar = axis.box(ROWS[1].plan.actual or span(0, 0), 0, 1)
    assert 0 < bar.left() < bar.right() < chart.width()
