"""Sections at the left: what they are and how far they have come."""

from __future__ import annotations

from forms.filling import Filling
from tests.support.filling import filling_of
from ui.filling.sections import Tally, sections_of, tally


def words(filling: Filling, wrong: set[str] | None = None) -> list[tuple[str, str]]:
    return [(section.label, tally(filling, section, wrong or set()).word) for section in sections_of(filling)]


def test_groups_are_sections_and_loose_questions_make_their_own() -> None:
    filling = filling_of(
        "text | first | 开头一题",
        "begin group | a | 甲",
        "text | a1 | 甲一",
        "end group",
        "calculate | hidden_one | | | | | | | | | 1 + 1",
        "text | last | 末尾一题",
        "begin repeat | rows | 明细",
        "text | r1 | 内容",
        "end repeat",
    )
    assert [(s.label, s.paths) for s in sections_of(filling)] == [
        ("小表单", ("/first",)),
        ("甲", ()),
        ("其他", ("/last",)),
        ("明细", ("/rows",)),
    ]


def test_the_word_tells_how_far_a_section_is() -> None:
    filling = filling_of(
        "begin group | a | 甲",
        "text | a1 | 甲一 | | yes",
        "text | a2 | 甲二 | | yes",
        "text | a3 | 甲三",
        "calculate | a4 | | | | | | | | | 1 + 1",
        "end group",
        "begin group | b | 乙",
        "note | b1 | 只有说明",
        "end group",
    )
    assert words(filling) == [("甲", "未填"), ("乙", "–")]
    filling.set("/a/a1", "有")
    assert words(filling) == [("甲", "1/3"), ("乙", "–")]
    filling.set("/a/a2", "有")
    assert words(filling) == [("甲", "✓"), ("乙", "–")]
    assert words(filling, {"/a/a3"}) == [("甲", "1 处"), ("乙", "–")]


def test_rows_count_with_their_questions_and_irrelevant_ones_do_not() -> None:
    filling = filling_of(
        "begin group | a | 甲",
        "text | a1 | 甲一",
        "text | a2 | 甲二 | ${a1} != '' | yes",
        "begin repeat | rows | 明细",
        "text | r1 | 内容 | | yes",
        "end repeat",
        "end group",
    )
    (section,) = sections_of(filling)
    assert tally(filling, section, set()) == Tally(asked=1)
    filling.add("/a/rows")
    filling.add("/a/rows")
    filling.set("/a/rows[2]/r1", "有")
    assert tally(filling, section, set()) == Tally(asked=3, answered=1, missing=1)
    filling.set("/a/a1", "有")
    assert tally(filling, section, set()) == Tally(asked=4, answered=2, missing=2)


def test_a_section_does_not_take_the_questions_of_one_with_a_longer_name() -> None:
    filling = filling_of(
        "begin group | a | 甲",
        "text | x | 一",
        "end group",
        "begin group | ab | 乙",
        "text | y | 二",
        "end group",
    )
    first, second = sections_of(filling)
    assert first.holds("/a/x")
    assert not first.holds("/ab/y")
    assert second.holds("/ab/y")
