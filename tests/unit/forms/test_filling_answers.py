"""Answers of every type: what is taken, what is refused, and that a refusal alters nothing."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from forms.filling import Filling
from forms.problems import AnswerError

SURVEY = """type | name | label | parameters | calculation
    text | text | 文 | |
    integer | integer | 整数 | |
    decimal | decimal | 小数 | |
    range | range | 范围 | start=0 end=9 |
    date | date | 日期 | |
    time | time | 时间 | |
    dateTime | instant | 时刻 | |
    select_one l | one | 单选 | |
    select_multiple l | many | 多选 | |
    rank l | rank | 排序 | |
    acknowledge | ok | 知悉 | |
    image | image | 照片 | |
    geopoint | place | 位置 | |
    barcode | code | 条码 | |
    hidden | hidden | | |
    note | note | 说明 | |
    calculate | calc | | | 1
    begin repeat | rows | 行 | |
    text | cell | 格 | |
    end repeat | | | |"""
CHOICES = "list_name | name | label\nl | a | 甲\nl | b | 乙\nl | 1 | 丙"
SHANGHAI = dt.timezone(dt.timedelta(hours=8))


@pytest.fixture
def f(fill: Callable[..., Filling]) -> Filling:
    return fill(SURVEY, CHOICES)


TAKEN: list[tuple[str, Any, Any]] = [
    ("text", " 留空 ", " 留空 "),
    ("text", 12, "12"),
    ("integer", "12", 12),
    ("integer", "１２", 12),
    ("integer", "1,234", 1234),
    ("integer", 3.0, 3),
    ("integer", "-7", -7),
    ("decimal", "12.50", Decimal("12.50")),
    ("decimal", 0.1, Decimal("0.1")),
    ("decimal", 5, Decimal(5)),
    ("decimal", "+.5", Decimal("0.5")),
    ("range", "3", Decimal(3)),
    ("date", "2026-01-31", dt.date(2026, 1, 31)),
    ("date", "2026/1/31", dt.date(2026, 1, 31)),
    ("date", "2026年1月31日", dt.date(2026, 1, 31)),
    ("date", dt.date(2026, 1, 31), dt.date(2026, 1, 31)),
    ("time", "9:30", dt.time(9, 30)),
    ("instant", "2026-01-31T09:30", dt.datetime(2026, 1, 31, 9, 30, tzinfo=SHANGHAI)),
    ("instant", "2026-01-31 09:30", dt.datetime(2026, 1, 31, 9, 30, tzinfo=SHANGHAI)),
    ("instant", "2026-01-31T01:30:00Z", dt.datetime(2026, 1, 31, 9, 30, tzinfo=SHANGHAI)),
    ("one", "a", "a"),
    ("one", 1, "1"),
    ("one", ["b"], "b"),
    ("many", "b a b", ("b", "a")),
    ("many", ["a", "b"], ("a", "b")),
    ("rank", ("b", "a", "1"), ("b", "a", "1")),
    ("ok", True, "OK"),
    ("ok", "OK", "OK"),
    ("ok", False, None),
    ("image", "p1.jpg", "p1.jpg"),
    ("place", "27.6 113.8", "27.6 113.8 0 0"),
    ("code", "690123", "690123"),
    ("hidden", "x", "x"),
    ("text", "", None),
    ("many", [], None),
    ("date", "  ", None),
]


@pytest.mark.parametrize(("name", "given", "kept"), TAKEN)
def test_an_answer_is_taken_and_typed(f: Filling, name: str, given: Any, kept: Any) -> None:
    f.set(f"/{name}", given)
    assert f.get(f"/{name}") == kept
    assert type(f.get(f"/{name}")) is type(kept)
    f.set(f"/{name}", None)
    assert f.get(f"/{name}") is None


REFUSED: list[tuple[str, Any, str]] = [
    ("/text", ["a"], "wrong_type"),
    ("/text", True, "wrong_type"),
    ("/integer", "12.5", "wrong_type"),
    ("/integer", "十二", "wrong_type"),
    ("/integer", True, "wrong_type"),
    ("/integer", "9" * 19, "wrong_type"),
    ("/integer", "1e3", "wrong_type"),
    ("/decimal", "abc", "wrong_type"),
    ("/decimal", "NaN", "wrong_type"),
    ("/decimal", float("inf"), "wrong_type"),
    ("/decimal", {"a": 1}, "wrong_type"),
    ("/date", "2026-02-30", "wrong_type"),
    ("/date", 20260131, "wrong_type"),
    ("/date", dt.datetime(2026, 1, 31, tzinfo=dt.UTC), "wrong_type"),
    ("/time", "25:00", "wrong_type"),
    ("/instant", "2026-01-31", "wrong_type"),
    ("/one", "z", "wrong_type"),
    ("/one", ["a", "b"], "wrong_type"),
    ("/many", "a z", "wrong_type"),
    ("/many", [1], "wrong_type"),
    ("/ok", "maybe", "wrong_type"),
    ("/place", "91 0", "wrong_type"),
    ("/place", "somewhere", "wrong_type"),
    ("/note", "x", "not_editable"),
    ("/calc", 2, "not_editable"),
    ("/nothing", 1, "path_not_found"),
    ("text", 1, "path_not_found"),
    ("/text/more", 1, "path_not_found"),
    ("/rows[1]/cell", "x", "path_not_found"),
    ("/rows/cell", "x", "path_not_found"),
    ("/rows", "x", "not_a_question"),
    ("", "x", "not_a_question"),
]


@pytest.mark.parametrize(("path", "given", "code"), REFUSED)
def test_an_answer_is_refused_in_chinese_and_alters_nothing(
    f: Filling, path: str, given: Any, code: str
) -> None:
    f.set("/text", "前")
    before = f.save()
    with pytest.raises(AnswerError) as caught:
        f.set(path, given)
    assert caught.value.code == code
    assert caught.value.path == path
    assert any("\u4e00" <= char <= "\u9fff" for char in caught.value.message)
    assert f.save() == before


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda f: f.add("/text"), "not_a_repeat"),
        (lambda f: f.add("/rows[1]"), "path_not_found"),
        (lambda f: f.remove("/rows"), "not_a_repeat"),
        (lambda f: f.remove("/rows[1]"), "path_not_found"),
        (lambda f: f.rows("/text"), "not_a_repeat"),
        (lambda f: f.node("/x"), "path_not_found"),
        (lambda f: f.node(""), "path_not_found"),
    ],
)
def test_rows_are_refused_likewise(f: Filling, act: Callable[[Filling], object], code: str) -> None:
    with pytest.raises(AnswerError) as caught:
        act(f)
    assert caught.value.code == code


def test_what_is_handed_in_is_plain(f: Filling) -> None:
    for name, value in {
        "integer": 3,
        "decimal": "1.50",
        "date": "2026-01-31",
        "time": "09:30",
        "many": "a b",
        "instant": "2026-01-31T09:30",
    }.items():
        f.set(f"/{name}", value)
    assert f.finish().values == {
        "/integer": 3,
        "/decimal": "1.50",
        "/date": "2026-01-31",
        "/time": "09:30:00.000",
        "/instant": "2026-01-31T09:30:00.000+08:00",
        "/many": ["a", "b"],
        "/calc": 1,
    }
    assert f.finish().answers["/decimal"] == Decimal("1.50")
