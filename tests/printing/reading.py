"""Reading a PDF back: its text, its characters with their places, its pages as pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageOps

from app.printing.page import MM


@dataclass(frozen=True)
class Char:
    """A character with its box, in points from the page's lower left corner."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    size: float


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    document = pypdfium2.PdfDocument(path)
    try:
        yield document
    finally:
        document.close()


def page_texts(path: Path) -> list[str]:
    with opened(path) as document:
        return [page.get_textpage().get_text_bounded() for page in document]


def outline(path: Path) -> list[str]:
    with opened(path) as document:
        return [entry.get_title() for entry in document.get_toc()]


def characters(path: Path) -> list[list[Char]]:
    """The visible characters of every page in the order of drawing. Pairs of surrogates are put together."""
    pages = []
    with opened(path) as document:
        for page in document:
            text = page.get_textpage()
            found: list[Char] = []
            for index in range(text.count_chars()):
                code = pdfium.FPDFText_GetUnicode(text.raw, index)
                if code <= 32 or code == 0x3000 or pdfium.FPDFText_IsGenerated(text.raw, index):
                    continue
                if 0xD800 <= code <= 0xDFFF:
                    continue
                box = text.get_charbox(index, loose=True)
                found.append(Char(chr(code), *box, pdfium.FPDFText_GetFontSize(text.raw, index)))
            pages.append(found)
    return pages


def line_starts(page: list[Char]) -> list[str]:
    """Characters that nothing stands before on their line, within the width of two characters."""
    starts = []
    for char in page:
        middle = (char.bottom + char.top) / 2
        before = any(
            other is not char
            and other.bottom < middle < other.top
            and -2.2 * char.size < other.right - char.left < 0.6 * char.size
            and other.left < char.left
            for other in page
        )
        if not before:
            starts.append(char.text)
    return starts


def pictures(path: Path, scale: float = 1.0) -> list[Image.Image]:
    with opened(path) as document:
        return [page.render(scale=scale).to_pil().convert("L") for page in document]


def ink_box(picture: Image.Image, scale: float = 1.0) -> tuple[float, float, float, float]:
    """Where anything is drawn: left, top, right, bottom in millimetres from the page's upper left corner."""
    box = ImageOps.invert(picture).point(lambda level: 255 if level > 20 else 0).getbbox()
    assert box is not None, "an empty page"
    left, top, right, bottom = (value / scale / MM for value in box)
    return left, top, right, bottom
