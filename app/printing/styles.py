"""The few looks of text and rows the documents share. Sizes after `domain.md §3.4`: 五号 in tables, 小五 beside."""

from __future__ import annotations

from typing import Final

from app.printing.blocks import Cell, Row
from app.printing.fonts import SANS, SERIF
from app.printing.ink import QUIET, SHADE, Colour
from app.printing.page import A4
from app.printing.paragraph import Align, Inline, Paragraph, Setting, Span, TextStyle

BODY: Final = TextStyle(10.5, SERIF)
LABEL: Final = TextStyle(10.5, SANS)
STRONG: Final = TextStyle(10.5, SANS, bold=True)
SMALL: Final = TextStyle(8.5, SERIF, colour=QUIET)
TITLE: Final = TextStyle(18, SERIF, bold=True)
HEADING: Final = TextStyle(11.5, SANS, bold=True)
STAR: Final = TextStyle(9, SANS)

TIGHT: Final = 14.5
"""Leading of text in cells."""
SMALL_LEADING: Final = 11.5
BAND: Final[Colour] = (0.88, 0.88, 0.88)
"""Behind the headings of sections."""
ROW: Final = 25.0
"""The least height of a row a pen writes in: nearly 9 mm."""

WIDTH: Final = A4.text_width
LABEL_SHARE: Final = 0.21
"""Width of a label's column, of the whole width; two questions beside each other take half a width each."""
ACROSS: Final = 5.0


def text(
    content: str,
    style: TextStyle = BODY,
    leading: float = TIGHT,
    align: Align = "left",
    *,
    keep: bool = False,
) -> Paragraph:
    return Paragraph((Span(content, style),), Setting(leading, align), keep)


def small(content: str) -> Paragraph:
    return text(content, SMALL, SMALL_LEADING)


def inline(parts: tuple[Inline, ...], leading: float = TIGHT, align: Align = "left") -> Paragraph:
    return Paragraph(parts, Setting(leading, align))


def title(content: str) -> Paragraph:
    return text(content, TITLE, 30, "center", keep=True)


def band(content: str, quiet: str = "") -> Row:
    """The heading of a section: a shaded row over the whole width that stays with what follows."""
    parts: tuple[Inline, ...] = (Span(content, HEADING),)
    if quiet:
        parts += (Span("　" + quiet, SMALL),)
    return Row((Cell(inline(parts, 16), 1.0, BAND),), least=22, keep_with_next=True)


def subheading(parts: tuple[Inline, ...]) -> Row:
    """The heading of a part of a section."""
    return Row((Cell(inline(parts), 1.0, SHADE),), keep_with_next=True)


def head_row(labels: list[tuple[str, float]]) -> Row:
    """The head of a table: labels with the shares of their columns."""
    return Row(
        tuple(Cell(text(label, LABEL, TIGHT, "center"), share, SHADE) for label, share in labels),
        least=20,
        across=3,
    )


def body_row(contents: list[tuple[str | Paragraph, float]], least: float = 20, align: Align = "left") -> Row:
    return Row(
        tuple(
            Cell(text(content, BODY, TIGHT, align) if isinstance(content, str) else content, share)
            for content, share in contents
        ),
        least=least,
        across=3.5,
    )


def pairs(items: list[tuple[str, str]]) -> list[Row]:
    """Labels and values, two pairs a row where both are short, in the columns of the form below."""
    rows: list[Row] = []
    half = (WIDTH * (0.5 - LABEL_SHARE) - 2 * ACROSS) / BODY.size
    waiting: tuple[str, str] | None = None

    def put(first: tuple[str, str], second: tuple[str, str] | None = None) -> None:
        share = 0.5 - LABEL_SHARE if second else 1 - LABEL_SHARE
        cells: list[Cell] = []
        for label, value in (first, second) if second else (first,):
            cells += [Cell(text(label, LABEL), LABEL_SHARE, SHADE), Cell(text(value), share)]
        rows.append(Row(tuple(cells), least=20))

    for item in items:
        short = len(item[1]) <= 2 * half
        if waiting is None and short:
            waiting = item
        elif waiting is None:
            put(item)
        elif short:
            put(waiting, item)
            waiting = None
        else:
            put(waiting)
            put(item)
            waiting = None
    if waiting is not None:
        put(waiting)
    return rows
