"""What somebody writes into a field of a conflict or a refused edit, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import KnownError
from ui.foot import clock_text
from ui.syncing.marked import rich, runs
from ui.syncing.words import duration_text, read_value, size_text, value_text, written_text


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("employees", " 136 ", 136),
        ("employees", "136 人", 136),
        ("employees", "", None),
        ("registered_capital_fen", "4528", 452_800_000_0),
        ("registered_capital_fen", "4,528.5", 452_850_000_0),
        ("registered_capital_fen", "1.2亿元", 12_000_000_000),
        ("production_status", "停产", "stopped"),
        ("visit_cycle", "每月一次", "month"),
        ("registered_on", "2020-02-29", "2020-02-29"),
        ("address", "安源区  一号路\n", "安源区 一号路"),
    ],
)
def test_what_is_written_becomes_the_fields_value(name: str, text: str, value: Any) -> None:
    assert read_value(name, text) == value
    assert type(read_value(name, text)) is type(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("employees", 136),
        ("employees", None),
        ("registered_capital_fen", 1),
        ("registered_capital_fen", 4_528_000_000),
        ("registered_capital_fen", 340_796),
        ("production_status", "half"),
        ("visit_cycle", "quarter"),
        ("name", "甲公司"),
    ],
)
def test_what_is_offered_to_be_edited_reads_back_as_it_was(name: str, value: Any) -> None:
    assert read_value(name, written_text(name, value)) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("employees", "许多"),
        ("employees", "-1"),
        ("employees", "1.5"),
        ("employees", "9" * 10),
        ("registered_capital_fen", "很多"),
        ("registered_capital_fen", "无"),
        ("production_status", "还行"),
        ("registered_on", "2023-02-29"),
    ],
)
def test_what_cannot_be_that_field_says_what_to_do(name: str, text: str) -> None:
    with pytest.raises(KnownError) as known:
        read_value(name, text)
    assert "请" in known.value.text


def test_codes_are_words_on_screen() -> None:
    assert value_text("visit_cycle", "quarter") == "每季度一次"
    assert value_text("production_status", "stopped") == "停产"
    assert value_text("employees", None) == "（空）"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.3, "不到 1 秒"), (12.9, "12 秒"), (200, "3 分 20 秒"), (180, "3 分"), (3725, "62 分 5 秒")],
)
def test_how_long_a_run_took(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        (0, ""),
        (120, ""),
        (-119, ""),
        (121, "本机时钟快 2 分钟"),
        (720, "本机时钟快 12 分钟"),
        (-3 * 3600, "本机时钟慢 3 小时"),
        (86400 * 365, "本机时钟快 365 天"),
    ],
)
def test_how_far_the_clock_is_off(offset: float, text: str) -> None:
    assert clock_text(offset) == text


@pytest.mark.parametrize(("size", "text"), [(1, "1 KB"), (820_400, "820 KB"), (2_100_000, "2.1 MB")])
def test_how_large_a_file_is(size: int, text: str) -> None:
    assert size_text(size) == text


def test_a_field_of_another_kind_is_read_as_what_it_was() -> None:
    assert read_value("is_above_scale", "是", like=False) is True
    assert read_value("floor_area", "120", like=80) == 120
    assert read_value("remark", "一\n 二  三", like="") == "一\n二 三"
    with pytest.raises(KnownError):
        read_value("is_above_scale", "也许", like=True)


BASE = "许可项目：道路货物运输；危险化学品生产。一般项目：新材料技术研发；陶瓷制品制造与销售。"


def test_what_differs_in_a_long_text_is_marked_and_nothing_else() -> None:
    mine = BASE.replace("技术研发", "技术推广服务")
    found = runs(mine, [BASE])
    assert "".join(piece for piece, _ in found) == mine
    assert [piece for piece, differs in found if differs] == ["推广服务"]
    assert "<u><b>推广服务</b></u>" in rich(mine, (BASE, BASE), "u")
    assert [piece for piece, differs in runs(BASE, [mine, BASE.replace("道路", "")]) if differs] == [
        "道路",
        "研发",
    ]


def test_short_texts_and_whole_other_texts_are_left_plain() -> None:
    assert rich("安源区二号路", ("安源区一号路",), "u") == ""
    assert rich("甲" * 30, ("乙" * 30,), "u") == ""
    assert rich(BASE, (BASE,), "u") == ""
    assert rich(f"{BASE}<b>", (BASE,), "u").endswith("<u><b>&lt;b&gt;</b></u>")


@given(st.text("甲乙丙丁", max_size=40), st.text("甲乙丙丁", max_size=40))
def test_marking_loses_no_letter_and_what_is_left_unmarked_is_in_the_other(one: str, two: str) -> None:
    found = runs(one, [two])
    assert "".join(piece for piece, _ in found) == one
    left = iter(two)
    assert all(letter in left for piece, differs in found if not differs for letter in piece)
