"""The figures R01–R24 (domain.md §9): each a definition counted from the light rows, the same on laptop and centre."""

from app.domain.figures import cases, growth, issues, projects, registers, visits  # noqa: F401  (they enter their figures)
from app.domain.figures.definition import (
    NOTHING,
    REGISTRY,
    Days,
    Definition,
    Figure,
    Measure,
    Unit,
    rounded,
    work_out,
)
from app.domain.figures.period import Period, Span
from app.domain.figures.report import FigureText, Texts, as_json, as_lines, fraction, note, plain, shown
from app.domain.figures.rows import PERSON, ROW_KINDS, SOURCES, Rows, rows_from
from app.domain.figures.scope import PARK, Scope, Whose

__all__ = [
    "NOTHING",
    "PARK",
    "PERSON",
    "REGISTRY",
    "ROW_KINDS",
    "SOURCES",
    "Days",
    "Definition",
    "Figure",
    "FigureText",
    "Measure",
    "Period",
    "Rows",
    "Scope",
    "Span",
    "Texts",
    "Unit",
    "Whose",
    "as_json",
    "as_lines",
    "fraction",
    "note",
    "plain",
    "rounded",
    "rows_from",
    "shown",
    "work_out",
]
