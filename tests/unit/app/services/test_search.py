"""Searching as people type: one character, part of a name, initials, a code, a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.enterprise_parts import seat_id
from app.services import enterprises_parts
from app.services.pinyin import asks_for_initials, initials
from app.services.search import Wanted, search
from tests.support.desks import coordinator_desk

NAMES = ["萍乡市宏远机械有限公司"]
CODES = ["91360313MA35TEXT0X", "XD-2026-11-037"]
PHONES = ["138 1234-0022", "0799-1234567"]


def rank(typed: str) -> int | None:
    wanted = Wanted.of(typed)
    return None if wanted is None else wanted.rank(NAMES, CODES, PHONES)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", None),
        ("  ", None),
        ("萍", 0),
        ("萍乡市", 0),
        ("宏远", 1),
        (" 宏 远 ", 1),
        ("pxs", 2),
        ("HYJX", 3),
        ("h", None),
        ("ma35", 4),
        ("2026-11-037", 4),
        ("13812340022", 5),
        ("0022", 5),
        ("07991234567", 5),
        ("22", None),
        ("绿能", None),
        ("zzz", None),
    ],
)
def test_what_is_typed(typed: str, found: int | None) -> None:
    assert rank(typed) == found


def test_initials_know_the_word_they_stand_in() -> None:
    assert initials("重庆路银行（长城）ABC 公司") == "cqlyh(cc)abcgs"
    assert not asks_for_initials("p")
    assert not asks_for_initials("p1")


@given(st.text(min_size=1, max_size=12), st.integers(0, 11), st.integers(1, 6))
def test_any_part_of_a_name_finds_it(name: str, start: int, length: int) -> None:
    part = name[start : start + length]
    wanted = Wanted.of(part)
    if wanted is not None and len(part) == len("".join(part.split())):
        found = wanted.rank([name])
        assert found in (0, 1) or "".join(part.lower().split()) not in "".join(name.lower().split())


def test_who_sits_in_a_seat_and_visits_that_are_here_as_rows_are_found(tmp_path: Path) -> None:
    with coordinator_desk(tmp_path / "desk", held=("ent-1",)) as desk:
        fields = {"seat": "grid_member", "person_name": "刘网格", "phone": "13900001111"}
        enterprises_parts.save(desk, "ent-1", "seat", seat_id("ent-1", "grid_member"), fields)
        for typed in ("刘网格", "13900001111", "1111"):
            assert ("enterprise", "ent-1") in [(one.place, one.target) for one in search(desk, typed)], typed
        (found,) = search(desk, "ZF-2026-0006")
        assert (found.kind, found.place, found.target) == ("走访", "enterprise", "ent-6"), (
            "its data is not here"
        )
