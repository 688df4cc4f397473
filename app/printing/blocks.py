"""What stands on a page: blocks that know their height, may be parted, and draw themselves.

A form on paper is a pile of ruled rows without space between them, so that the lines of neighbours coincide. `Row`
is never parted by a page break unless it is taller than a whole page; `Table` parts between rows and repeats its
head. Lengths are points, `top` is the upper edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from app.printing.ink import LINE, Colour, Ink

_EPSILON = 0.01


class Block(Protocol):
    """Anything that can be piled up on a page."""

    @property
    def keep_with_next(self) -> bool:
        """Whether it may not be the last thing on a page (a heading)."""

    def height(self, width: float, /) -> float: ...

    def lead(self, width: float, /) -> float:
        """The least height with which it may begin on a page."""

    def split(self, width: float, available: float, /) -> tuple[Block, Block] | None:
        """Part it where it looks right, the first part no higher than `available`; None where it must not be."""

    def cut(self, width: float, available: float, /) -> tuple[Block, Block] | None:
        """Part it although it should stay whole: asked only of what is higher than a page."""

    def draw(self, ink: Ink, x: float, top: float, width: float, /) -> None: ...


class _Whole:
    """A block that is never parted."""

    __slots__ = ()

    def split(self, _width: float, _available: float, /) -> tuple[Block, Block] | None:
        return None

    def cut(self, _width: float, _available: float, /) -> tuple[Block, Block] | None:
        return None


@dataclass(frozen=True, slots=True)
class Space(_Whole):
    """Empty room; none at the head of a page."""

    size: float
    keep_with_next: bool = False

    def height(self, _width: float, /) -> float:
        return self.size

    lead = height

    def draw(self, ink: Ink, x: float, top: float, _width: float, /) -> None:
        pass


@dataclass(frozen=True, slots=True)
class NewPage(Space):
    """What follows begins on a new page."""

    size: float = 0.0


@dataclass(frozen=True, slots=True)
class Pile:
    """Blocks one below the other that stay together."""

    blocks: tuple[Block, ...]
    keep_with_next: bool = False

    def height(self, width: float, /) -> float:
        return sum(block.height(width) for block in self.blocks)

    lead = height

    def split(self, _width: float, _available: float, /) -> tuple[Block, Block] | None:
        return None

    def cut(self, width: float, available: float, /) -> tuple[Block, Block] | None:
        return part_pile(self.blocks, width, available)

    def draw(self, ink: Ink, x: float, top: float, width: float, /) -> None:
        for block in self.blocks:
            block.draw(ink, x, top, width)
            top -= block.height(width)


def part_pile(blocks: Sequence[Block], width: float, available: float) -> tuple[Pile, Pile] | None:
    """Part a pile between its blocks, or inside one where even the first does not fit."""
    used = 0.0
    for position, block in enumerate(blocks):
        height = block.height(width)
        if used + height > available + _EPSILON:
            before, after = list(blocks[:position]), list(blocks[position:])
            parts = block.split(width, available - used)
            if parts is None and not before:
                parts = block.cut(width, available - used)
            if parts is not None:
                before.append(parts[0])
                after[0] = parts[1]
            return (Pile(tuple(before)), Pile(tuple(after))) if before else None
        used += height
    return None


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a row: `share` is its width relative to the others of the row."""

    block: Block
    share: float
    fill: Colour | None = None
    middle: bool = True
    """Whether the content stands in the middle of the height, not at the top."""


@dataclass(frozen=True, slots=True)
class Row:
    """Cells side by side, ruled. Never parted unless it is taller than a page."""

    cells: tuple[Cell, ...]
    least: float = 0.0
    """The least height, for the pen."""
    across: float = 5.0
    """Room between line and text, left and right."""
    above: float = 3.5
    """Room between line and text, above and below."""
    rule: float = LINE
    keep_with_next: bool = False

    def widths(self, width: float) -> list[float]:
        total = sum(cell.share for cell in self.cells)
        return [width * cell.share / total for cell in self.cells]

    def height(self, width: float, /) -> float:
        return max(
            self.least,
            2 * self.above
            + max(
                cell.block.height(room - 2 * self.across)
                for cell, room in zip(self.cells, self.widths(width), strict=True)
            ),
        )

    lead = height

    def split(self, _width: float, _available: float, /) -> tuple[Block, Block] | None:
        return None

    def cut(self, width: float, available: float, /) -> tuple[Block, Block] | None:
        room = available - 2 * self.above
        first: list[Cell] = []
        second: list[Cell] = []
        for cell, column in zip(self.cells, self.widths(width), strict=True):
            inner = column - 2 * self.across
            parts: tuple[Block, Block] | None = None
            if cell.block.height(inner) > room:
                parts = cell.block.split(inner, room) or cell.block.cut(inner, room)
                if parts is None:
                    return None
            head, tail = parts or (cell.block, Space(0))
            first.append(replace(cell, block=head, middle=False))
            second.append(replace(cell, block=tail, middle=False))
        return replace(self, cells=tuple(first), least=0.0), replace(self, cells=tuple(second), least=0.0)

    def draw(self, ink: Ink, x: float, top: float, width: float, /) -> None:
        height = self.height(width)
        for cell, column in zip(self.cells, self.widths(width), strict=True):
            if cell.fill is not None or self.rule:
                ink.box(x, top - height, column, height, fill=cell.fill, stroke=self.rule)
            inner = column - 2 * self.across
            drop = self.above
            if cell.middle:
                drop = (height - cell.block.height(inner)) / 2
            cell.block.draw(ink, x + self.across, top - drop, inner)
            x += column


@dataclass(frozen=True, slots=True)
class Table:
    """Ruled rows under a head that is repeated on every page."""

    head: tuple[Row, ...]
    rows: tuple[Row, ...]
    keep_with_next: bool = False
    _heights: dict[float, tuple[float, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def _rows(self, width: float) -> tuple[float, ...]:
        if width not in self._heights:
            self._heights[width] = tuple(row.height(width) for row in self.rows)
        return self._heights[width]

    def _head(self, width: float) -> float:
        return sum(row.height(width) for row in self.head)

    def height(self, width: float, /) -> float:
        return self._head(width) + sum(self._rows(width))

    def lead(self, width: float, /) -> float:
        return self._head(width) + (self._rows(width)[0] if self.rows else 0.0)

    def split(self, width: float, available: float, /) -> tuple[Block, Block] | None:
        used = self._head(width)
        for position, height in enumerate(self._rows(width)):
            used += height
            if used > available + _EPSILON:
                if position == 0:
                    return None
                return replace(self, rows=self.rows[:position]), replace(self, rows=self.rows[position:])
        return None

    def cut(self, width: float, available: float, /) -> tuple[Block, Block] | None:
        parts = self.rows[0].cut(width, available - self._head(width)) if self.rows else None
        if parts is None or not isinstance(parts[0], Row) or not isinstance(parts[1], Row):
            return None
        return replace(self, rows=(parts[0],)), replace(self, rows=(parts[1], *self.rows[1:]))

    def draw(self, ink: Ink, x: float, top: float, width: float, /) -> None:
        for row in (*self.head, *self.rows):
            row.draw(ink, x, top, width)
            top -= row.height(width)


@dataclass(frozen=True, slots=True)
class Frame(_Whole):
    """A picture of a given height, drawn by `painting` into its width: images and whatever else is not text."""

    size: float
    painting: Painting
    keep_with_next: bool = False

    def height(self, _width: float, /) -> float:
        return self.size

    lead = height

    def draw(self, ink: Ink, x: float, top: float, width: float, /) -> None:
        self.painting.paint(ink, x, top - self.size, width, self.size)


class Painting(Protocol):
    def paint(self, ink: Ink, x: float, y: float, width: float, height: float, /) -> None:
        """Draw inside the rectangle whose lower left corner is x, y."""
