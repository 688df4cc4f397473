"""Scores of a panel against a naive computation in fractions: mean, trimmed mean, vetoes, lines, schemes that are refused."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.dictionaries import builtin, builtin_rules
from app.domain.review_result import panel, scored
from app.domain.review_scheme import ReviewScheme
from app.domain.taxonomy import Dictionaries
from tests.support.built_in_forms import built_in
from tests.support.review_world import values

bands = st.tuples(*[st.sampled_from((10, 7, 4, 1))] * 10)
vetoes = st.sets(st.sampled_from(("s01_veto", "s06_veto", "s07_veto", "s09_veto", "s10_veto")))
sheets = st.lists(st.tuples(bands, vetoes), min_size=5, max_size=11)
WEIGHTS = (12, 10, 10, 8, 8, 16, 10, 10, 8, 8)


def scheme(id: str) -> ReviewScheme:
    found = builtin_rules().review_scheme(id)
    assert found is not None
    return found


def half_up(value: Fraction) -> Decimal:
    """Two decimals, half up, by whole numbers alone."""
    return Decimal(math.floor(value * 100 + Fraction(1, 2))) / 100


@given(sheets)
def test_a_panel_is_what_one_works_out_by_hand(given: list[tuple[tuple[int, ...], set[str]]]) -> None:
    for id in ("ten", "ten_trimmed"):
        rules = scheme(id)
        each = [scored(rules, values(row, **dict.fromkeys(hit, "yes"))) for row, hit in given]
        naive = [sum(Fraction(w * b, 10) for w, b in zip(WEIGHTS, row, strict=True)) for row, _ in given]
        assert [one.total for one in each] == [half_up(one) for one in naive]
        result = panel(rules, [one.total for one in each], [one.vetoes for one in each])
        inner = sorted(naive)[1:-1]
        assert result.mean == half_up(sum(naive, Fraction(0)) / len(naive))
        assert result.trimmed == half_up(sum(inner, Fraction(0)) / len(inner))
        assert result.score == (result.trimmed if id == "ten_trimmed" else result.mean)
        any_veto = any(hit for _, hit in given)
        assert bool(result.vetoes) == any_veto
        if any_veto:
            assert result.conclusion == "decline"
        else:
            by_hand = [name for least, name in ((80, "recommend"), (70, "conditional"), (60, "diligence"))
                       if result.score >= least]  # fmt: skip
            assert result.conclusion == (by_hand[0] if by_hand else "decline")


@given(bands, st.sampled_from(("s01_veto", "s06_veto", "s07_veto", "s09_veto", "s10_veto")))
def test_one_veto_outweighs_full_marks_of_all_others(row: tuple[int, ...], veto: str) -> None:
    rules = scheme("ten")
    full = scored(rules, values([10] * 10))
    one = scored(rules, values(row, **{veto: "yes"}))
    result = panel(rules, [full.total, full.total, one.total], [full.vetoes, full.vetoes, one.vetoes])
    assert result.conclusion_name == "不推荐（婉拒）"
    assert len(result.vetoes) == 1


@pytest.mark.parametrize(
    ("totals", "conclusion"),
    [
        (("80", "80", "80"), "recommend"),
        (("80", "80", "79.98"), "conditional"),
        (("79.99", "80", "79.99"), "conditional"),
        (("70", "70", "70"), "conditional"),
        (("69.99", "70", "69.98"), "diligence"),
        (("60", "60", "60"), "diligence"),
        (("59.99", "59.99", "60"), "decline"),
    ],
)
def test_the_lines(totals: tuple[str, ...], conclusion: str) -> None:
    assert panel(scheme("ten"), [Decimal(one) for one in totals], [(), (), ()]).conclusion == conclusion


def test_half_a_cent_goes_up() -> None:
    result = panel(
        scheme("ten_trimmed"), [Decimal(x) for x in ("1", "70.01", "70.02", "70.02", "99")], [()] * 5
    )
    assert str(result.trimmed) == "70.02"
    assert str(result.mean) == "62.01"


def test_what_is_not_a_band_is_not_scored() -> None:
    found = scored(scheme("ten"), {**values(), "/look02/s02_band": "9", "/look03/s03_band": ""})
    assert found.open == ("团队研发", "现金流")


def test_too_few_sheets_are_no_panel() -> None:
    with pytest.raises(ValueError, match="3 wanted"):
        panel(scheme("ten"), [Decimal(90)] * 2, [(), ()])


def broken(id: str, **fields: Any) -> dict[str, Any]:
    found = next(one for one in builtin()["review_schemes"]["items"] if one["id"] == id)
    return {**found, **fields}


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (broken("ten", least=2), "least"),
        (broken("ten", form_id=None), "评分表"),
        (broken("ten", lines=[]), "结论线"),
        (broken("ten", lines=[{"key": "a", "name": "甲", "least": 60}, {"key": "b", "name": "乙", "least": 70}]), "结论线"),
        (broken("ten", looks=broken("ten")["looks"][1:]), "100"),
        (broken("ten", looks=[*broken("ten")["looks"], broken("ten")["looks"][0]]), "key"),
        (broken("diligence", checks=[]), "调查项"),
        (broken("joint", gates=[]), "关卡"),
        (broken("joint", gates=[broken("joint")["gates"][-1]]), "重大"),
        (broken("prereview", gates=[{"key": "a", "name": "甲", "seats": [{"key": "b"}]}]), "席位"),
    ],
)  # fmt: skip
def test_a_scheme_that_is_not_whole_is_not_taken(content: dict[str, Any], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        ReviewScheme.model_validate(content)


def test_a_seat_must_be_of_a_department_there_is() -> None:
    gates = [{"key": "a", "name": "甲", "seats": [{"key": "b", "department": "nobody"}]}]
    files = {**builtin(), "review_schemes": {"version": "1", "items": [broken("joint", gates=gates)]}}
    with pytest.raises(ValidationError, match="不存在"):
        Dictionaries.parse(files)


def test_the_forms_weights_and_lines_are_the_schemes() -> None:
    """What a reviewer sees while he fills in is what the panel is worked out by."""
    lists = built_in("review_ten").choices
    weights = {one.name: Decimal(one.extra["weight"]) for one in lists["look"]}
    assert weights == {look.key: look.weight for look in scheme("ten").looks}
    (line,) = [one for one in lists["line"] if one.name == "conclusion"]
    told = [Decimal(line.extra[name]) for name in ("line10", "line7", "line4")]
    assert told == [one.least for one in scheme("ten").lines]
