"""GB 32100-2015: known codes pass, any single wrong character is found."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain import credit_code
from app.domain.credit_code import ALPHABET, check, check_character, normalise, organisation_check

DIGITS = "0123456789"


@st.composite
def codes(draw: st.DrawFn) -> str:
    """Any valid code: two characters, a division of six digits, an organisation code, the check character."""
    head = draw(st.text(ALPHABET, min_size=2, max_size=2)) + draw(st.text(DIGITS, min_size=6, max_size=6))
    organisation = draw(st.text(ALPHABET, min_size=8, max_size=8))
    first_17 = head + organisation + organisation_check(organisation)
    return first_17 + check_character(first_17)


@pytest.mark.parametrize("code", ["91110000600037341L", "91110108551385082Q"])
def test_known_codes(code: str) -> None:
    """The two of domain.md §3.1."""
    assert check(code) is None


def test_a_code_with_letters_in_front_is_legal() -> None:
    organisation = "MF000000"
    first_17 = "N2440106" + organisation + organisation_check(organisation)
    assert check(first_17 + check_character(first_17)) is None


def test_a_sum_that_divides_by_31_gives_0() -> None:
    """The case many published programs get wrong: they look up the 31st of 31 characters."""
    first_17 = "0" * 17
    assert check_character(first_17) == "0"


@pytest.mark.parametrize(
    ("first_8", "expected"), [("00000000", "0"), ("60003734", "1"), ("55138508", "2"), ("D2143569", "X")]
)
def test_organisation_check(first_8: str, expected: str) -> None:
    """GB 11714: modulus 11 with its two special values; D2143569-X is the standard's own example."""
    assert organisation_check(first_8) == expected


@pytest.mark.parametrize(
    ("code", "problem", "says"),
    [
        ("", "credit_code_length", "0 位"),
        ("91110000600037341", "credit_code_length", "17 位"),
        ("91110000600037341LL", "credit_code_length", "19 位"),
        ("9111000060003734IL", "credit_code_character", "数字 0、1"),
        ("91110000S00037341L", "credit_code_character", "S"),
        ("911100A0600037341L", "credit_code_division", "3–8"),
        ("91110000600037351L", "credit_code_check", "17"),
        ("91110000600037341M", "credit_code_check", "18"),
    ],
)
def test_what_is_wrong_is_said(code: str, problem: str, says: str) -> None:
    found = check(code)
    assert found is not None
    assert found.code == problem
    assert says in found.text


@given(codes())
def test_every_code_made_by_the_rule_passes(code: str) -> None:
    assert check(code) is None


@given(codes(), st.integers(0, 17), st.sampled_from(ALPHABET + "IOSVZ"))
def test_any_single_wrong_character_is_found(code: str, place: int, character: str) -> None:
    assume(code[place] != character)
    assert check(code[:place] + character + code[place + 1 :]) is not None


@given(codes(), st.integers(0, 16))
def test_two_neighbours_exchanged_are_found(code: str, place: int) -> None:
    """Holds wherever the weights of neighbours differ, which is everywhere."""
    assume(code[place] != code[place + 1])
    exchanged = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert check(exchanged) is not None


@given(codes(), st.lists(st.sampled_from([" ", "\t", "\u3000", "\n"]), max_size=4))
def test_wide_small_and_spaced_characters_are_made_plain(code: str, blanks: list[str]) -> None:
    wide = "".join(chr(ord(character) + 0xFEE0) for character in code.lower())
    assert normalise("".join(blanks).join(wide)) == code


def test_o_and_i_are_not_guessed() -> None:
    assert normalise("o1i0") == "O1I0"


def test_temporary_codes() -> None:
    assert credit_code.is_temporary("TMP-K3F9-0012")
    assert not credit_code.is_temporary("91110000600037341L")
