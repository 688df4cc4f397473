"""Days are days of the calendar, and made ids follow from what they are made of."""

from __future__ import annotations

import uuid

import pytest
from pydantic import TypeAdapter, ValidationError

from app.domain.days import Day
from app.domain.ids import derived_id

days: TypeAdapter[str] = TypeAdapter(Day)


def test_a_day_of_the_calendar() -> None:
    assert days.validate_python("2028-02-29") == "2028-02-29"


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026-2-3", "20260203", "1899-01-01", "2026-02-03T10:00", "明天", ""]
)
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(ValidationError):
        days.validate_python(text)


@pytest.mark.parametrize("of", ["01a202b7-1ff5-72a1-85a3-7f47f963d6f3", "m-1", "", "会议"])
def test_a_made_id_is_a_uuid_that_follows_from_its_parts(of: str) -> None:
    made = derived_id(of, "item")
    assert str(uuid.UUID(made)) == made == derived_id(of, "item")
    assert made != derived_id(of, "another")
