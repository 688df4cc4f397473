"""避头尾, whole runs, cached widths: what a line of Chinese may begin and end with."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.printing.fonts import text_width
from app.printing.paragraph import (
    NO_END,
    NO_START,
    Blank,
    Gap,
    Line,
    Paragraph,
    Setting,
    Span,
    TextStyle,
    Tick,
    Unbroken,
    break_lines,
    natural_width,
)

STYLE = TextStyle(10)


def lines_of(text: str, width: float, setting: Setting | None = None) -> list[str]:
    return [line_text(line) for line in break_lines((Span(text, STYLE),), setting or Setting(), width)]


def line_text(line: Line) -> str:
    return "".join(piece.what for piece in line if isinstance(piece.what, str))


def end_of(line: Line) -> float:
    piece = line[-1]
    assert isinstance(piece.what, str)
    letters = text_width(piece.what, piece.style.font) * piece.style.size / 1000
    return piece.x + letters + piece.spacing * (len(piece.what) - 1)


def test_a_mark_goes_with_the_character_before_it() -> None:
    # Half of the mark is empty: that half may stand over the edge.
    assert lines_of("一二三四五，六", 55) == ["一二三四五，", "六"]
    assert lines_of("一二三四五，六", 50) == ["一二三四", "五，六"]
    assert lines_of("一二三四五！六", 55) == ["一二三四", "五！六"]


def test_an_opening_mark_goes_with_the_character_after_it() -> None:
    assert lines_of("一二三四《办法》", 50) == ["一二三四", "《办法》"]


def test_latin_and_digits_stay_whole() -> None:
    assert lines_of("产值4,528.00万元", 54) == ["产值", "4,528.00万", "元"]
    lines = lines_of("编号 ZQ-2026-09-0031 与 V-2026-11-0001 两件", 100)
    assert lines == ["编号", "ZQ-2026-09-0031 与", "V-2026-11-0001 两件"]


def test_a_run_longer_than_the_line_is_broken_where_it_must() -> None:
    address = "https://example.invalid/" + "x" * 60
    lines = lines_of(address, 100)
    assert "".join(lines) == address
    assert len(lines) > 2


def test_line_ends_of_the_text_are_kept_and_spaces_at_a_break_are_not() -> None:
    assert lines_of("甲\n\n乙", 100) == ["甲", "", "乙"]
    assert lines_of("一二三四五 六", 50) == ["一二三四五", "六"]
    assert lines_of("　　首行", 100) == ["　　首行"]


def test_the_first_line_may_be_indented() -> None:
    lines = break_lines((Span("一二三四五六七八", STYLE),), Setting(first_indent=20), 60)
    assert [line_text(line) for line in lines] == ["一二三四", "五六七八"]
    assert [line[0].x for line in lines] == [20, 0]


def test_a_choice_wraps_whole_with_its_box() -> None:
    def choice(label: str) -> Unbroken:
        return Unbroken((Tick(9), Gap(3), Span(label, STYLE)))

    lines = break_lines((choice("满产"), Gap(10), choice("半停产"), Gap(10), choice("停产")), Setting(), 80)
    assert [line_text(line) for line in lines] == ["满产", "半停产", "停产"]
    for line in lines:
        assert isinstance(line[0].what, Tick)
        assert line[0].x == 0


def test_a_choice_longer_than_the_line_is_broken_inside() -> None:
    lines = break_lines((Unbroken((Tick(9), Gap(3), Span("一二三四五六七八九十", STYLE))),), Setting(), 60)
    assert "".join(map(line_text, lines)) == "一二三四五六七八九十"
    assert len(lines) == 2


def test_a_unit_follows_its_blank() -> None:
    lines = break_lines((Span("金额", STYLE), Unbroken((Blank(50), Span(" 万元", STYLE)))), Setting(), 80)
    assert [line_text(line) for line in lines] == ["金额", " 万元"]


def test_full_lines_are_equally_long_and_the_last_is_not_stretched() -> None:
    text = "为落实走访制度，专员应当在 3 个工作日内把企业反映的情况录入系统，并告知企业下一步由谁办理。" * 2
    lines = break_lines((Span(text, STYLE),), Setting(align="justify"), 203)
    ends = [end_of(line) for line in lines[:-1] if line[-1].spacing]
    assert len(ends) >= len(lines) // 2
    assert all(end == pytest.approx(203, abs=0.1) for end in ends)
    assert lines[-1][-1].spacing == 0


def test_centred_and_right_aligned_lines() -> None:
    (centre,) = break_lines((Span("一二", STYLE),), Setting(align="center"), 100)
    (right,) = break_lines((Span("一二", STYLE),), Setting(align="right"), 100)
    assert centre[0].x == 40
    assert right[0].x == 80


def test_the_natural_width_is_that_of_the_longest_line() -> None:
    assert natural_width((Span("一二三\n一二三四五", STYLE),)) == 50


def test_no_room_is_a_mistake() -> None:
    with pytest.raises(ValueError):
        break_lines((Span("一"),), Setting(indent=50), 40)


def test_a_parted_paragraph_leaves_no_line_alone() -> None:
    paragraph = Paragraph((Span("一二三四五六七八九十" * 3, STYLE),), Setting(leading=15))
    assert len(paragraph.lines(50)) == 6
    assert paragraph.split(50, 15) is None
    parts = paragraph.split(50, 75)
    assert parts is not None
    assert [len(part.broken) for part in parts] == [4, 2]
    assert parts[1].split(50, 15) is None


CHINESE = st.text("驻企通走访园区问题，。、；：？！）》”（《“％ABC123 4.5", min_size=1, max_size=120)


@given(CHINESE, st.integers(60, 400))
def test_whatever_the_text(text: str, width: int) -> None:
    lines = break_lines((Span(text, STYLE),), Setting(), float(width))
    words = "".join(map(line_text, lines))
    assert words.replace(" ", "") == text.replace(" ", "")  # nothing lost, nothing said twice
    for line in lines:
        if line:
            assert end_of(line) <= width + STYLE.size / 2 + 0.01
    for before, after in pairwise(lines):
        if _chain(text) * STYLE.size < width:
            assert line_text(after)[0] not in NO_START
            assert line_text(before)[-1] not in NO_END


def _chain(text: str) -> float:
    """The longest row of characters that may not be parted, in ideographs, on the safe side."""
    longest = current = 0
    for char in text:
        current = current + 1 if char in NO_START or char in NO_END or char.isascii() else 0
        longest = max(longest, current)
    return longest + 2
