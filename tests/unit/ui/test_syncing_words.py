"""What somebody writes into a field of a conflict or a refused edit, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from app.errors import KnownError
from ui.syncing.words import read_value, value_text, written_text


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
