"""Chinese text in lines: 避头尾, whole Latin and digit runs, inline boxes to tick and lines to write on.

A text is a sequence of inlines (`Span`, `Tick`, `Blank`, `Gap`, `Unbroken`). `break_lines` turns it into lines for a
width; the answer is cached, so the labels of a form are broken once for a batch of a hundred checklists. All
lengths are points.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal

from app.printing.fonts import SERIF, clean, text_width
from app.printing.ink import BLACK, Colour, Ink

NO_START: Final = frozenset(
    "，。、；：？！）》」』】〕〉］｝”’…—～·％‰℃°々ー〃＞≥≤＝" + ",.;:?!)]}%>" + "〗〙〛﹚﹜﹞︶︸＂＇㎡²³★"
)
"""Characters that may not begin a line."""
NO_END: Final = frozenset("（《「『【〔〈［｛“‘〖〘〚＜([{￥¥$＄№#＃")
"""Characters that may not end a line."""
_HALF_BLANK: Final = frozenset("，。、；：）》」』】〕〉］｝”’")
"""Marks whose right half is empty: at the end of a line that half may stand over the edge."""

_TOKENS = re.compile(r"\n|[ \u3000]+|[A-Za-z0-9\u00c0-\u024f'+\-–./@&_:%,~=?#\\*]+|.", re.DOTALL)
_EPSILON = 0.01


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How characters look. `bold` strokes the outline: only regular weights are shipped."""

    size: float = 10.5
    font: str = SERIF
    bold: bool = False
    colour: Colour = BLACK


@dataclass(frozen=True, slots=True)
class Span:
    """Text of one style; "\\n" begins a new line."""

    text: str
    style: TextStyle = TextStyle()


@dataclass(frozen=True, slots=True)
class Tick:
    """A box to tick (no font has ☐ and ☑)."""

    size: float
    ticked: bool = False


@dataclass(frozen=True, slots=True)
class Blank:
    """A line to write on."""

    width: float


@dataclass(frozen=True, slots=True)
class Gap:
    """Empty room, dropped at the end of a line."""

    width: float


@dataclass(frozen=True, slots=True)
class Unbroken:
    """Inlines that stay on one line unless the line is too short for them alone."""

    parts: tuple[Inline, ...]


Inline = Span | Tick | Blank | Gap | Unbroken
Align = Literal["left", "center", "right", "justify"]


@dataclass(frozen=True, slots=True)
class Setting:
    """How lines stand: `leading` is the distance of baselines, indents are of the first and of the other lines."""

    leading: float = 15.0
    align: Align = "left"
    first_indent: float = 0.0
    indent: float = 0.0


@dataclass(frozen=True, slots=True)
class Placed:
    """One piece of a line. `what` is the text, or the box or the line to write on."""

    x: float
    what: str | Tick | Blank
    style: TextStyle
    spacing: float = 0.0
    """Added after every character, to make lines equally long."""


Line = tuple[Placed, ...]


@dataclass(slots=True)
class _Atom:
    """What no line break may enter."""

    pieces: list[tuple[str | Tick | Blank, TextStyle, float]]
    width: float
    kind: Literal["solid", "space", "break"] = "solid"

    @property
    def last(self) -> str:
        what = self.pieces[-1][0] if self.pieces else ""
        return what[-1:] if isinstance(what, str) else ""

    @property
    def overhang(self) -> float:
        return self.pieces[-1][1].size / 2 if self.last in _HALF_BLANK and self.last else 0.0


_PLAIN = TextStyle()


def _atoms(inlines: Iterable[Inline], width: float) -> list[_Atom]:
    atoms: list[_Atom] = []
    for inline in inlines:
        match inline:
            case Span(text, style):
                for token in _TOKENS.findall(clean(text)):
                    _add_token(atoms, token, style)
            case Tick(size=size):
                _add_solid(atoms, inline, _PLAIN, size)
            case Blank(width=length):
                _add_solid(atoms, inline, _PLAIN, length)
            case Gap(width=length):
                atoms.append(_Atom([("", _PLAIN, length)], length, "space"))
            case Unbroken(parts):
                inner = _atoms(parts, width)
                total = sum(atom.width for atom in inner)
                if total <= width and all(atom.kind != "break" for atom in inner):
                    inner = [_Atom([piece for atom in inner for piece in atom.pieces], total)]
                atoms.extend(inner)
    return atoms


def _add_token(atoms: list[_Atom], token: str, style: TextStyle) -> None:
    if token == "\n":
        atoms.append(_Atom([], 0.0, "break"))
        return
    length = text_width(token, style.font) * style.size / 1000
    if token[0] in " \u3000":
        atoms.append(_Atom([(token, style, length)], length, "space"))
        return
    # A blank between a mark and what it belongs to gives no leave to part them.
    blank = (
        atoms.pop() if len(atoms) > 1 and atoms[-1].kind == "space" and atoms[-2].kind == "solid" else None
    )
    if atoms and atoms[-1].kind == "solid" and (token[0] in NO_START or atoms[-1].last in NO_END):
        if blank is not None:
            atoms[-1].pieces += blank.pieces
            atoms[-1].width += blank.width
        atoms[-1].pieces.append((token, style, length))
        atoms[-1].width += length
        return
    if blank is not None:
        atoms.append(blank)
    atoms.append(_Atom([(token, style, length)], length))


def _add_solid(atoms: list[_Atom], what: Tick | Blank, style: TextStyle, width: float) -> None:
    atoms.append(_Atom([(what, style, width)], width))


def _crumbled(atom: _Atom, width: float) -> Iterator[_Atom]:
    """An atom longer than a whole line, in the largest parts that fit."""
    for what, style, length in atom.pieces:
        if not isinstance(what, str) or length <= width:
            yield _Atom([(what, style, min(length, width))], min(length, width))
            continue
        part, used = "", 0.0
        for char in what:
            advance = text_width(char, style.font) * style.size / 1000
            if part and used + advance > width:
                yield _Atom([(part, style, used)], used)
                part, used = "", 0.0
            part, used = part + char, used + advance
        yield _Atom([(part, style, used)], used)


class _Breaker:
    def __init__(self, width: float, setting: Setting) -> None:
        self.width, self.setting = width, setting
        self.lines: list[Line] = []
        self.line: list[_Atom] = []
        self.used = 0.0
        self.spaces: list[_Atom] = []

    @property
    def indent(self) -> float:
        return self.setting.indent if self.lines else self.setting.first_indent

    @property
    def room(self) -> float:
        return self.width - self.indent

    def run(self, atoms: Iterable[_Atom]) -> tuple[Line, ...]:
        fresh = True  # at the start of a paragraph blanks are meant
        for atom in atoms:
            if atom.kind == "break":
                self.flush(last=True)
                fresh = True
            elif atom.kind == "space":
                if self.line or fresh:
                    self.spaces.append(atom)
            else:
                self.place(atom)
                fresh = False
        self.flush(last=True)
        return tuple(self.lines)

    def place(self, atom: _Atom) -> None:
        before = sum(space.width for space in self.spaces)
        if self.used + before + atom.width - atom.overhang > self.room + _EPSILON and self.line:
            self.flush()
            before = 0.0
        if atom.width - atom.overhang > self.room + _EPSILON:
            for part in _crumbled(atom, self.room):
                if self.used + part.width > self.room + _EPSILON and self.line:
                    self.flush()
                self.line.append(part)
                self.used += part.width
            self.spaces = []
            return
        self.line += [*self.spaces, atom]
        self.used += before + atom.width
        self.spaces = []

    def flush(self, *, last: bool = False) -> None:
        pieces = [piece for atom in self.line for piece in atom.pieces]
        slack = self.room - self.used
        if self.line:
            slack += self.line[-1].overhang if slack < 0 else 0.0
        x, spacing = self.indent, 0.0
        match self.setting.align:
            case "center":
                x += max(slack, 0.0) / 2
            case "right":
                x += max(slack, 0.0)
            case "justify":
                spacing = 0.0 if last else _spacing(pieces, slack)
            case _:
                pass
        self.lines.append(tuple(_merged(pieces, x, spacing)))
        self.line, self.spaces, self.used = [], [], 0.0


def _spacing(pieces: list[tuple[str | Tick | Blank, TextStyle, float]], slack: float) -> float:
    """What to add after each character so that the line is full; nothing where that would tear it apart."""
    characters = 0
    for what, _, _ in pieces:
        if not isinstance(what, str):
            return 0.0
        characters += len(what)
    if characters < 2 or slack <= 0:
        return 0.0
    spacing = slack / (characters - 1)
    return spacing if spacing <= 0.12 * pieces[0][1].size else 0.0


def _merged(
    pieces: list[tuple[str | Tick | Blank, TextStyle, float]], x: float, spacing: float
) -> Iterator[Placed]:
    """Neighbours of one style as one piece: fewer strings for the PDF, and text that copies in one run."""
    current: Placed | None = None
    for what, style, length in pieces:
        if what == "":  # a gap: nothing to draw
            if current is not None:
                yield current
            current = None
        elif isinstance(what, str):
            length += spacing * len(what)
            if current is not None and isinstance(current.what, str) and current.style == style:
                current = replace(current, what=current.what + what)
            else:
                if current is not None:
                    yield current
                current = Placed(x, what, style, spacing)
        else:
            if current is not None:
                yield current
            current = None
            yield Placed(x, what, style)
        x += length
    if current is not None:
        yield current


@lru_cache(maxsize=8192)
def break_lines(inlines: tuple[Inline, ...], setting: Setting, width: float) -> tuple[Line, ...]:
    """The lines of a text in a width. An empty text has one empty line."""
    narrowest = width - max(setting.indent, setting.first_indent)
    if narrowest <= 0:
        raise ValueError(f"no room for text: width {width}, {setting}")
    return _Breaker(width, setting).run(_atoms(inlines, narrowest))


@lru_cache(maxsize=8192)
def natural_width(inlines: tuple[Inline, ...]) -> float:
    """The width a text takes on one line (of its longest line, where it has several)."""
    widest = current = 0.0
    for atom in _atoms(inlines, float("inf")):
        current = 0.0 if atom.kind == "break" else current + atom.width
        widest = max(widest, current)
    return widest


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A block of text. It may be parted between lines, never leaving a single line alone."""

    inlines: tuple[Inline, ...]
    setting: Setting = Setting()
    keep_with_next: bool = False

    def lines(self, width: float) -> tuple[Line, ...]:
        return break_lines(self.inlines, self.setting, width)

    def height(self, width: float) -> float:
        return len(self.lines(width)) * self.setting.leading

    def lead(self, width: float) -> float:
        return min(len(self.lines(width)), 2) * self.setting.leading

    def draw(self, ink: Ink, x: float, top: float, width: float) -> None:
        draw_lines(ink, self.lines(width), self.setting, x, top)

    def split(self, width: float, available: float) -> tuple[Lines, Lines] | None:
        return Lines(self.lines(width), self.setting).split(width, available)

    cut = split


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines that are broken already: a part of a paragraph on the other side of a page break."""

    broken: tuple[Line, ...]
    setting: Setting
    keep_with_next: bool = False

    def height(self, _width: float, /) -> float:
        return len(self.broken) * self.setting.leading

    def lead(self, _width: float, /) -> float:
        return min(len(self.broken), 2) * self.setting.leading

    def draw(self, ink: Ink, x: float, top: float, _width: float, /) -> None:
        draw_lines(ink, self.broken, self.setting, x, top)

    def split(self, _width: float, available: float, /) -> tuple[Lines, Lines] | None:
        fits = int((available + _EPSILON) // self.setting.leading)
        fits = min(fits, len(self.broken) - 2)  # two lines at least go over
        if fits < 2:
            return None
        return Lines(self.broken[:fits], self.setting), Lines(self.broken[fits:], self.setting)

    cut = split


def draw_lines(ink: Ink, lines: Iterable[Line], setting: Setting, x: float, top: float) -> None:
    """Draw lines below `top`. The ideographs' square is centred in the leading."""
    for line in lines:
        size = max((p.style.size for p in line if isinstance(p.what, str)), default=10.5)
        baseline = top - setting.leading / 2 - size * 0.38
        for piece in line:
            if isinstance(piece.what, str):
                style = piece.style
                ink.text(
                    x + piece.x, baseline, piece.what, style.font, style.size,
                    bold=style.bold, colour=style.colour, spacing=piece.spacing,
                )  # fmt: skip
            elif isinstance(piece.what, Tick):
                ink.tick(
                    x + piece.x,
                    top - setting.leading / 2 - piece.what.size / 2,
                    piece.what.size,
                    piece.what.ticked,
                )
            else:
                ink.line(x + piece.x, baseline - 2, x + piece.x + piece.what.width, baseline - 2)
        top -= setting.leading
