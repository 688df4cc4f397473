"""Pages: the sheet, its margins, the running head and foot, numbering, and the file.

A `Book` is one PDF of several sections (a cover, checklists, records). Each section is numbered by itself: its pages
are laid out as soon as it is added, so 第 x 页 共 y 页 is known before anything is drawn.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.printing.blocks import Block, NewPage, Space
from app.printing.fonts import SANS, SERIF, clean, text_width
from app.printing.ink import HAIR, QUIET, Ink
from app.printing.models import Printed
from app.printing.saving import whole_file

MM: Final = 72 / 25.4
_EPSILON = 0.01


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of paper in points: its size and what lies between its edge and the text.

    A4 has the margins of GB/T 9704-2012, which working papers share (`domain.md §3.4`); the running head stands in
    the upper margin, the foot in the lower.
    """

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float

    @property
    def text_width(self) -> float:
        return self.width - self.left - self.right

    @property
    def text_height(self) -> float:
        return self.height - self.top - self.bottom


A4: Final = Sheet(210 * MM, 297 * MM, 28 * MM, 26 * MM, 37 * MM, 35 * MM)
HEAD_TOP: Final = 16 * MM
"""From the sheet's upper edge to the top of the running head and its QR code."""
FOOT: Final = 22 * MM
"""From the sheet's lower edge to the baseline of the foot."""
_QR: Final = 16 * MM


@dataclass(frozen=True, slots=True)
class Running:
    """What stands on every page of a section."""

    name: str
    """The document's name: 走访清单."""
    number: str = ""
    form: str = ""
    """The form and its version."""
    digest: str = ""
    """A short digest of the content (`digest_of`)."""
    notice: str = ""
    """The service notice (`domain.md §2.11`)."""
    bookmark: str = ""
    """The entry in the outline; the name where empty."""

    @property
    def code(self) -> str:
        """The QR code's text: number and digest, nothing about a person (`domain.md §3.7`)."""
        return f"ZQT/{self.number}/{self.digest}" if self.number else ""


def digest_of(*parts: str) -> str:
    """Twelve hexadecimal digits that change with the content, to tell a printed sheet from a later version."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]


Placed = tuple[Block, float]
"""A block and its distance from the top of the text area."""


def paginate(blocks: Iterable[Block], width: float, height: float) -> list[list[Placed]]:
    """Lay blocks out on pages of a given text area. There is always one page at least."""
    waiting = deque(blocks)
    pages: list[list[Placed]] = [[]]
    used = 0.0
    while waiting:
        block = waiting[0]
        if isinstance(block, (Space, NewPage)) and not pages[-1]:
            waiting.popleft()
            continue
        if isinstance(block, NewPage):
            pages.append([])
            used = 0.0
            continue
        tall = block.height(width)
        wanted = tall + _lead_after(waiting, width) if block.keep_with_next else tall
        if used + wanted <= height + _EPSILON or (tall <= height + _EPSILON and not pages[-1]):
            waiting.popleft()
            pages[-1].append((block, used))
            used += tall
            continue
        parts = block.split(width, height - used)
        if parts is None and tall > height and (not pages[-1] or height - used > height / 2):
            parts = block.cut(width, height - used)
        if parts is not None:
            pages[-1].append((parts[0], used))
            waiting[0] = parts[1]
        elif not pages[-1]:
            raise ValueError(f"a block of {tall:.0f} points does not fit on a page and cannot be parted")
        pages.append([])
        used = 0.0
    if len(pages) > 1 and not pages[-1]:
        pages.pop()
    return pages


def _lead_after(waiting: Sequence[Block], width: float) -> float:
    """What must follow a block that is kept with the next one: the chain of such blocks, then the first lines."""
    total = 0.0
    for position in range(1, len(waiting)):
        block = waiting[position]
        if not block.keep_with_next and not isinstance(block, Space):
            return total + block.lead(width)
        total += block.height(width)
    return total


class Book:
    """One PDF in the making: add sections, then save."""

    def __init__(self, title: str, sheet: Sheet = A4) -> None:
        self.title, self.sheet = title, sheet
        self._sections: list[tuple[Running, list[list[Placed]]]] = []

    def add(self, running: Running, blocks: Iterable[Block]) -> int:
        """Lay a section out; returns its pages."""
        pages = paginate(blocks, self.sheet.text_width, self.sheet.text_height)
        self._sections.append((running, pages))
        return len(pages)

    def save(self, path: Path, progress: Callable[[int, int], None] | None = None) -> Printed:
        """Write the PDF, whole or not at all. `progress(done, total)` is called after each page and may raise."""
        total = sum(len(pages) for _, pages in self._sections)
        done = 0
        with whole_file(path) as out:
            ink = Ink(out, (self.sheet.width, self.sheet.height))
            ink.describe(
                self.title, "、".join(dict.fromkeys(r.number for r, _ in self._sections if r.number))
            )
            for section, (running, pages) in enumerate(self._sections):
                for number, page in enumerate(pages, start=1):
                    if done:
                        ink.next_page((self.sheet.width, self.sheet.height))
                    if number == 1:
                        ink.bookmark(f"s{section}", running.bookmark or running.name)
                    self._draw(ink, running, page, number, len(pages))
                    done += 1
                    if progress is not None:
                        progress(done, total)
            ink.finish()
        return Printed(
            path=path,
            pages=total,
            sections=tuple(len(pages) for _, pages in self._sections),
            missing=tuple(sorted(ink.missing)),
        )

    def _draw(self, ink: Ink, running: Running, page: Sequence[Placed], number: int, total: int) -> None:
        sheet = self.sheet
        self._draw_head(ink, running)
        foot = FOOT
        left, right = sheet.left, sheet.width - sheet.right
        ink.line(left, foot + 5 * MM, right, foot + 5 * MM, width=HAIR, colour=QUIET)
        _write(ink, left, foot, running.form, sheet.text_width * 0.36)
        of = f"第 {number} 页  共 {total} 页"
        ink.text((left + right) / 2 - _width(of, 9) / 2, foot, of, SERIF, 9)
        mark = f"编号 {running.number}" if running.number else ""
        mark = _shortened(mark, sheet.text_width * 0.36, 8)
        ink.text(right - _width(mark, 8), foot, mark, SERIF, 8, colour=QUIET)
        for block, down in page:
            block.draw(ink, left, sheet.height - sheet.top - down, sheet.text_width)

    def _draw_head(self, ink: Ink, running: Running) -> None:
        sheet = self.sheet
        left, right, top = sheet.left, sheet.width - sheet.right, sheet.height - HEAD_TOP
        room = sheet.text_width
        if running.code:
            ink.qr(right - _QR, top - _QR, _QR, running.code)
            room -= _QR + 6 * MM
        name = _shortened(clean(running.name), room, 10.5, SANS)
        ink.text(left, top - 10, name, SANS, 10.5, bold=True)
        under = "    ".join(
            part
            for part in (
                f"编号：{running.number}" if running.number else "",
                f"校验：{running.digest}" if running.digest else "",
            )
            if part
        )
        _write(ink, left, top - 25, under, room, 9)
        if running.notice:
            _write(ink, left, top - _QR, running.notice, room, 9, SANS)
        ink.line(left, top - _QR - 3 * MM, right, top - _QR - 3 * MM, width=HAIR, colour=QUIET)


def _width(text: str, size: float, font: str = SERIF) -> float:
    return text_width(text, font) * size / 1000


def _shortened(text: str, room: float, size: float, font: str = SERIF) -> str:
    """The text, or as much of it as fits and an ellipsis."""
    if _width(text, size, font) <= room:
        return text
    while text and _width(text + "…", size, font) > room:
        text = text[:-1]
    return text + "…"


def _write(ink: Ink, x: float, y: float, text: str, room: float, size: float = 8, font: str = SERIF) -> None:
    text = _shortened(clean(text), room, size, font)
    if text:
        ink.text(x, y, text, font, size, colour=QUIET if size < 9 else (0, 0, 0))
