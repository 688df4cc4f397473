"""A Beijing day as text, in documents and in what changes are made of."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field


def _real_day(text: str) -> str:
    if not 2000 <= date.fromisoformat(text).year <= 2100:
        raise ValueError("not a day of this century")
    return text


Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_real_day)]
"""`YYYY-MM-DD`, and in the calendar: 2026-02-30 is none."""
