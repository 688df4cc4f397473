"""When two values are the same, how documents are cleaned, and how ids are ordered."""

from __future__ import annotations

import unicodedata
import uuid
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import ids
from app.domain.clock import beijing_date, from_text, to_text
from app.domain.documents import clean, same_value
from app.domain.enterprise import Enterprise

json_values: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1.0, True),
        (1, Decimal("1.00"), True),
        (0.1, Decimal("0.1"), True),
        (True, 1, False),
        (False, 0, False),
        (True, True, True),
        (None, None, True),
        (None, "", False),
        (None, 0, False),
        ("1", 1, False),
        ("e\u0301", "\u00e9", True),
        ({"a": 1, "b": None}, {"a": 1.0}, True),
        ({"a": 1}, {"a": 2}, False),
        ([1, 2], [2, 1], False),
        ([1, 2], (1, 2), False),
        ([1], [1, 2], False),
    ],
)
def test_same_value(left: Any, right: Any, same: bool) -> None:
    assert same_value(left, right) is same
    assert same_value(right, left) is same


@given(json_values)
def test_every_value_is_the_same_as_itself_and_as_its_clean_self(value: Any) -> None:
    assert same_value(value, value)
    assert same_value(value, clean(value))
    assert clean(clean(value)) == clean(value)


@given(json_values, json_values)
def test_sameness_has_no_direction(left: Any, right: Any) -> None:
    assert same_value(left, right) == same_value(right, left)


@given(st.dictionaries(st.text(max_size=3), json_values, max_size=4))
def test_clean_leaves_neither_nulls_nor_loose_accents(value: dict[str, Any]) -> None:
    def check(inner: Any) -> None:
        if isinstance(inner, str):
            assert unicodedata.is_normalized("NFC", inner)
        elif isinstance(inner, dict):
            assert None not in inner.values()
            for one in inner.values():
                check(one)
        elif isinstance(inner, list):
            for one in inner:
                check(one)

    check(clean(value))


def test_a_body_comes_back_with_what_we_do_not_know() -> None:
    body = {"id": "e", "credit_code": "c", "name": "n", "visit_cycle": "quarter", "later": [1, {"x": "y"}]}
    assert Enterprise.model_validate(body).to_body() == body


@given(st.lists(st.integers(0, 2**48 - 1), min_size=2, max_size=20), st.randoms(use_true_random=False))
def test_ids_sort_by_time(moments: list[int], random: Any) -> None:
    made = [(moment, ids._uuid7(moment, random.randbytes(10))) for moment in moments]
    assert [moment for moment, _ in sorted(made, key=lambda pair: pair[1])] == sorted(moments)


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_the_layout_of_an_id(milliseconds: int, random: bytes) -> None:
    """RFC 9562 §5.7: 48 bits of time, version 7, variant 10, the rest random."""
    made = uuid.UUID(ids._uuid7(milliseconds, random))
    assert made.int >> 80 == milliseconds
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    kept = (1 << 80) - 1 - (0xF << 76) - (0x3 << 62)
    assert made.int & kept == int.from_bytes(random, "big") & kept


def test_new_ids_are_new_and_of_now() -> None:
    before = datetime.now(UTC)
    made = [ids.new_id() for _ in range(1000)]
    after = datetime.now(UTC)
    assert len(set(made)) == 1000
    moments = [uuid.UUID(one).int >> 80 for one in made]
    assert moments == sorted(moments)
    assert int(before.timestamp() * 1000) <= moments[0]
    assert moments[-1] <= int(after.timestamp() * 1000)


def test_a_derived_id_is_the_same_everywhere() -> None:
    mid = "019a9f00-0000-7000-8000-000000000001"
    assert ids.derived_id(mid, "issue") == ids.derived_id(mid, "issue")
    assert ids.derived_id(mid, "issue") != ids.derived_id(mid, "event")
    assert uuid.UUID(ids.derived_id(mid, "issue"))


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_moments_are_written_and_read(moment: datetime) -> None:
    cut = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert from_text(to_text(moment)) == cut
    assert to_text(from_text(to_text(moment))) == to_text(moment)
    elsewhere = moment.astimezone(timezone(timedelta(hours=-5)))
    assert to_text(elsewhere) == to_text(moment)


def test_a_moment_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="without offset"):
        from_text("2026-11-22T02:26:31.120")


def test_the_day_is_that_of_beijing() -> None:
    assert beijing_date(datetime(2026, 11, 21, 16, 0, tzinfo=UTC)).isoformat() == "2026-11-22"
    assert beijing_date(datetime(2026, 11, 21, 15, 59, tzinfo=UTC)).isoformat() == "2026-11-21"
