"""Conditions in a few words, labels with their references, dates and numbers for paper."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from app.printing.wording import Wording, concrete, day, moment, number, plain
from forms.definition import Choice, Form, Group, Question, Repeat


def question(path: str, type_: str = "text", label: str = "", **more: str) -> Question:
    return Question(name=path.rsplit("/", 1)[1], path=path, type=type_, label=label, **more)


FORM = Form(
    form_id="f",
    version="1",
    title="表",
    items=(
        Group(
            name="g",
            path="/g",
            label="组",
            items=(
                question("/g/status", "select_one", "生产状态", choice_list="status", code="A01"),
                question("/g/plans", "select_multiple", "打算", choice_list="plans"),
                question("/g/short", "integer", "缺工数", code="A10"),
                question("/g/staff", "integer", "从业人数", code="A10"),
                question("/g/producing", "calculate", "是否已投产"),
                question("/g/gap", "calculate", "差距"),
                Repeat(
                    name="rows",
                    path="/g/rows",
                    items=(
                        question("/g/rows/here", "select_one", "是否现场办结", choice_list="yes_no"),
                        question("/g/rows/title", "text", "标题"),
                    ),
                ),
            ),
        ),
    ),
    choices={
        "status": (Choice("half", "半停产"), Choice("stopped", "停产")),
        "plans": (Choice("expand", "扩产"), Choice("upgrade", "技改")),
        "yes_no": (Choice("yes", "是"), Choice("no", "否")),
    },
)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("", ""),
        ("${status} = 'stopped'", "若 A01 选“停产”"),
        ("(${status}=\"half\") or ${status} = 'stopped'", "若 A01 选“半停产”或“停产”"),
        ("selected(${plans}, 'expand') or selected(${plans}, 'upgrade')", "若“打算”选“扩产”或“技改”"),
        ("${short} > 0", "若“缺工数”大于 0"),
        ("${staff} >= 20.5", "若“从业人数”不小于 20.5"),
        ("${title} != ''", "若填了“标题”"),
        ("${producing} = 'yes'", "若已投产"),
        ("${here} = 'yes'", "若现场办结"),
        ("${here} = 'no'", "若“是否现场办结”选“否”"),
        # What cannot be said in a few words is not said at all.
        ("${status} = 'half' and ${short} > 0", ""),
        ("${status} = 'half' or ${here} = 'yes'", ""),
        ("${status} != 'half'", ""),
        ("${gap} > 0", ""),
        ("count(${rows}) > 0", ""),
        ("${unknown} = 'x'", ""),
        ("${status} = 'no such choice'", ""),
    ],
)
def test_conditions(expression: str, words: str) -> None:
    assert Wording(FORM).condition(expression) == words


def test_references_are_filled_in_from_the_row_first() -> None:
    wording = Wording(FORM)
    values = {"/g/rows[1]/title": "甲", "/g/rows[2]/title": "乙", "/g/short": "3"}
    assert wording.filled("**${title}** 缺 ${ short } 人", values, "/g/rows[2]") == "乙 缺 3 人"
    assert wording.filled("${title}", values) is None
    assert wording.filled("没有引用", {}) == "没有引用"


@pytest.mark.parametrize(
    ("path", "row", "inside"),
    [
        ("/g/rows/title", "/g/rows[2]", "/g/rows[2]/title"),
        ("/g/short", "/g/rows[2]", "/g/short"),
        ("/g/rows/deep/x", "/g/rows[2]/deep[3]", "/g/rows[2]/deep[3]/x"),
        ("/g/rows/title", "/g/rows[2]/deep[3]", "/g/rows[2]/title"),
        ("/g/rows2/title", "/g/rows[2]", "/g/rows2/title"),
        ("/g/short", "", "/g/short"),
    ],
)
def test_paths_inside_a_row(path: str, row: str, inside: str) -> None:
    assert concrete(path, row) == inside


def test_dates_and_times_are_those_of_shanghai() -> None:
    assert day(dt.date(2026, 1, 5)) == "2026年1月5日"
    assert day(None) == ""
    assert moment(dt.datetime(2026, 11, 22, 17, 5, tzinfo=dt.UTC)) == "2026年11月23日 1:05"
    assert moment(None) == ""
    with pytest.raises(ValueError):
        moment(dt.datetime(2026, 11, 22, 17, 5))


def test_numbers_keep_their_digits() -> None:
    assert number(Decimal("1234567.50")) == "1,234,567.50"
    assert number(-3) == "-3"
    assert number("0.1") == "0.1"
    assert number("不知道") == "不知道"
    assert number("NaN") == "NaN"


def test_markup_of_the_screen_is_left_out() -> None:
    assert plain('## **重点** <span style="color:red">红</span> ') == "重点 红"
