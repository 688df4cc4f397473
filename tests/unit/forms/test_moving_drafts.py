"""A draft moved to a newer version: what carries over, what is named as left behind, and that nothing else is lost."""

from __future__ import annotations

import copy
import datetime as dt
import importlib.util
import json
import random
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.definition import Form
from forms.filling import Filling
from forms.moving import NotCarried, move
from forms.problems import FormError


def load_drafts() -> ModuleType:
    """The form and the moves of the tests of drafts."""
    spec = importlib.util.spec_from_file_location(
        "filling_drafts", Path(__file__).with_name("test_filling_drafts.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


drafts = load_drafts()
CHOICES = "list_name | name | label\np | x | 甲省\np | y | 乙省\np | z | 丙省"


def now() -> dt.datetime:
    return dt.datetime(2026, 11, 22, 4, 0, tzinfo=dt.UTC)


def carried(old: Form, new: Form, answers: dict[str, Any]) -> tuple[Filling, tuple[NotCarried, ...]]:
    """Fill the old form (rows come as they are named), move it, open the result."""
    filling = Filling(old, now=now, rng=random.Random(1))
    for path, value in answers.items():
        if "[" in path and f"[{path.split('[')[1]}" not in filling.walk():
            repeat, _, rest = path.partition("[")
            while len(filling.rows(repeat)) < int(rest.split("]")[0]):
                filling.add(repeat)
        filling.set(path, value)
    saved = filling.save()
    kept = copy.deepcopy(saved)
    moved, lost = move(saved, old, new, now=now, rng=random.Random(2))
    assert saved == kept
    json.dumps(moved)
    return Filling.restore(new, moved, now=now), lost


def told(lost: tuple[NotCarried, ...]) -> list[tuple[str, str, str]]:
    return [(one.path, one.value, one.reason) for one in lost]


def version(number: int) -> str:
    return f"form_id | version\nf | {number}"


@pytest.fixture
def versions(form: Callable[..., Form]) -> Callable[[str, str], tuple[Form, Form]]:
    return lambda old, new: (form(old, CHOICES, version(1)), form(new, CHOICES, version(2)))


def test_answers_carry_over_and_calculations_are_made_anew(versions: Any) -> None:
    old, new = versions(
        "type | name | label | calculation\ninteger | a | 甲 |\ncalculate | b | | ${a} * 2\nselect_one p | p | 省 |",
        "type | name | label | calculation\ninteger | a | 甲 |\ncalculate | b | | ${a} * 3\nselect_one p | p | 省 |",
    )
    filling, lost = carried(old, new, {"/a": 5, "/p": "y"})
    assert lost == ()
    assert (filling.get("/a"), filling.get("/b"), filling.get("/p")) == (5, 15, "y")
    assert filling.form is new


def test_a_question_that_is_gone_is_named_with_its_words(versions: Any) -> None:
    old, new = versions(
        "type | name | label\ntext | a | 甲\nselect_multiple p | p | 所在省\ninteger | empty | 空",
        "type | name | label\ntext | a | 甲",
    )
    filling, lost = carried(old, new, {"/a": "留", "/p": ["y", "x"]})
    assert lost == (NotCarried("/p", "所在省", "乙省、甲省", "新版本里没有这道题"),)
    assert filling.get("/a") == "留"


def test_a_question_may_move_between_groups_and_keep_its_answer(versions: Any) -> None:
    old, new = versions(
        "type | name | label\nbegin_group | g | 组\ninteger | n | 数\nend_group | |\ninteger | m | 数",
        "type | name | label\ninteger | n | 数\nbegin_group | h | 组\ninteger | m | 数\nend_group | |",
    )
    filling, lost = carried(old, new, {"/g/n": 3, "/m": 4})
    assert lost == ()
    assert (filling.get("/n"), filling.get("/h/m")) == (3, 4)


def test_a_choice_that_is_gone_is_left_behind_and_the_others_stay(form: Callable[..., Form]) -> None:
    survey = "type | name | label\nselect_one p | one | 一\nselect_multiple p | many | 多"
    fewer = "list_name | name | label\np | x | 甲省"
    filling, lost = carried(
        form(survey, CHOICES, version(1)),
        form(survey, fewer, version(2)),
        {"/one": "z", "/many": ["x", "y", "z"]},
    )
    reason = "新版本里没有这个选项"
    assert told(lost) == [("/one", "丙省", reason), ("/many", "乙省", reason), ("/many", "丙省", reason)]
    assert (filling.get("/one"), filling.get("/many")) == (None, ("x",))


def test_an_answer_is_read_anew_by_a_new_type(versions: Any) -> None:
    old, new = versions(
        "type | name | label\ntext | a | 甲\ntext | b | 乙\ninteger | c | 丙\nselect_one p | d | 丁\ntext | e | 戊",
        "type | name | label\ninteger | a | 甲\ninteger | b | 乙\ndecimal | c | 丙\nselect_multiple p | d | 丁\nnote | e | 戊",
    )
    filling, lost = carried(old, new, {"/a": "1,200", "/b": "约五十", "/c": 7, "/d": "x", "/e": "话"})
    assert (filling.get("/a"), filling.get("/b"), str(filling.get("/c"))) == (1200, None, "7")
    assert filling.get("/d") == ("x",)
    assert [(one.path, one.value) for one in lost] == [("/b", "约五十"), ("/e", "话")]
    assert "应填整数" in lost[0].reason


def test_rows_carry_over_with_what_is_in_them(versions: Any) -> None:
    rows = "type | name | label\nbegin_repeat | r | 行\ninteger | n | 数\n{}end_repeat | |"
    old, new = versions(rows.format("text | t | 文\n"), rows.format("text | u | 新\n"))
    filling, lost = carried(old, new, {"/r[1]/n": 1, "/r[2]/n": 2, "/r[2]/t": "旧话"})
    assert [filling.get(f"/r[{i}]/n") for i in (1, 2)] == [1, 2]
    assert told(lost) == [("/r[2]/t", "旧话", "新版本里没有这道题")]


def test_rows_of_a_repeat_that_is_gone_are_named_one_by_one(versions: Any) -> None:
    old, new = versions(
        "type | name | label\nbegin_repeat | r | 行\ninteger | n | 数\nend_repeat | |",
        "type | name | label\ninteger | n | 数",
    )
    _, lost = carried(old, new, {"/r[1]/n": 1, "/r[2]/n": 2})
    assert [(one.path, one.value) for one in lost] == [("/r[1]/n", "1"), ("/r[2]/n", "2")]
    assert "重复组" in lost[0].reason


def test_what_is_new_begins_with_its_default_and_what_was_empty_stays_empty(versions: Any) -> None:
    old, new = versions(
        "type | name | label | default\ninteger | a | 甲 | 3\ninteger | b | 乙 |",
        "type | name | label | default\ninteger | a | 甲 | 3\ninteger | b | 乙 | 9\ninteger | c | 丙 | ${b} + 1\ninteger | d | 丁 | 4",
    )
    filling, lost = carried(old, new, {"/a": None})
    assert lost == ()
    assert [filling.get(f"/{name}") for name in "abd"] == [None, None, 4]


def test_what_was_written_over_a_calculation_stays(versions: Any) -> None:
    survey = "type | name | label | calculation\ninteger | a | 甲 |\ninteger | b | 乙 | ${a} * 2\ninteger | c | 丙 | ${a} * 2\ncalculate | d | | ${b} + ${c}"
    old, new = versions(survey, survey.replace("丙 | ${a} * 2", "丙 | ${a} * 10"))
    filling, _ = carried(old, new, {"/a": 2, "/b": 100})
    assert [filling.get(f"/{name}") for name in "abcd"] == [2, 100, 20, 120]


def test_rows_follow_the_count_of_the_new_version(versions: Any) -> None:
    survey = "type | name | label | repeat_count\ninteger | n | 数 |\nbegin_repeat | r | 行 | {}\ntext | t | 文 |\nend_repeat | | |"
    old, new = versions(survey.format(""), survey.format("${n}"))
    filling, lost = carried(old, new, {"/n": 1, "/r[1]/t": "一", "/r[2]/t": "二"})
    assert lost == ()
    assert len(filling.rows("/r")) == 1
    filling.set("/n", 2)
    assert filling.get("/r[2]/t") == "二"


def test_another_forms_draft_is_refused(versions: Any) -> None:
    old, new = versions("type | name | label\ntext | a | 甲", "type | name | label\ntext | a | 甲")
    with pytest.raises(FormError):
        move(Filling(new, now=now).save(), old, new, now=now)


@given(st.lists(drafts.MOVE, max_size=20))
def test_a_version_that_alters_nothing_loses_nothing(moves: list[Any]) -> None:
    filling = drafts.opened()
    for one in moves:
        drafts.make(filling, one)
    saved = filling.save()
    moved, lost = move(saved, drafts.FORM, NEWER, now=now, rng=random.Random(5))
    assert lost == ()
    assert moved == {**saved, "version": "2"}


def newer() -> Form:
    form = drafts.FORM
    same = {name: getattr(form, name) for name in form.__dataclass_fields__ if not name.startswith("_")}
    return Form(**{**same, "version": "2"})


NEWER = newer()
