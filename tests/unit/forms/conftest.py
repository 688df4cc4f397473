"""Small forms written where they are tested."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

import pytest

from forms.definition import Form
from forms.filling import Filling
from forms.workbook import Reading, read_form_text

NOON = dt.datetime(2026, 11, 22, 4, 0, tzinfo=dt.UTC)


def table(name: str, text: str) -> str:
    """`a | b` lines as a Markdown table of one sheet."""
    rows = [f"| | {line.strip()} |" for line in text.strip().splitlines()]
    return "\n".join([f"| {name} |", *rows, ""])


def markdown(
    survey: str, choices: str = "", settings: str = "form_id | version\nt | 1", entities: str = ""
) -> str:
    sheets = {"survey": survey, "choices": choices, "settings": settings, "entities": entities}
    return "\n".join(table(name, text) for name, text in sheets.items() if text)


@pytest.fixture
def read() -> Callable[..., Reading]:
    """Read a form from its sheets, written as lines of cells divided by bars."""

    def make(
        survey: str, choices: str = "", settings: str = "form_id | version\nt | 1", entities: str = ""
    ) -> Reading:
        return read_form_text(markdown(survey, choices, settings, entities))

    return make


@pytest.fixture
def form(read: Callable[..., Reading]) -> Callable[..., Form]:
    return lambda *sheets, **named: read(*sheets, **named).need()


@pytest.fixture
def fill(form: Callable[..., Form]) -> Callable[..., Filling]:
    """Open a form of the given sheets at noon on 2026-11-22 in Shanghai."""

    def make(
        survey: str,
        choices: str = "",
        *,
        settings: str = "form_id | version\nt | 1",
        entities: str = "",
        instances: dict[str, list[dict[str, str]]] | None = None,
        metadata: dict[str, str] | None = None,
    ) -> Filling:
        made = form(survey, choices, settings, entities)
        return Filling(made, now=lambda: NOON, instances=instances, metadata=metadata, rng=random.Random(7))

    return make
