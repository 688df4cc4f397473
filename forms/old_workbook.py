"""A look into an `.xls` before the library that parses it: spoilt bytes can make it ask for so much memory that the
system ends the whole program.

An `.xls` is a compound file ([MS-CFB]) with a stream of records ([MS-XLS]). What is looked at is what memory is
asked by: the lengths in the file's directory, the number of shared texts, and how far apart cells stand.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MOST_ROWS, MOST_COLUMNS = 65_536, 256
"""Of a sheet of this format."""
_LAST_REGULAR = 0xFFFFFFFA
_ROOT = 5
_SMALL = 4096
_END, _SHEET, _DIMENSIONS, _SHARED_TEXTS, _MANY_NUMBERS, _MANY_BLANKS = 0x0A, 0x85, 0x200, 0xFC, 0xBD, 0xBE
_CELLS = frozenset(
    {0x06, 0xD6, 0xFD, 0x201, 0x203, 0x204, 0x205, 0x27E, 0x406, 0x206, _MANY_NUMBERS, _MANY_BLANKS}
)
_TRUTH_OR_ERROR, _FORMULAS = 0x205, (0x06, 0x206, 0x406)
_ERROR_VALUES = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
Errors = dict[tuple[int, int, int], str]
"""(number of the sheet, row, column), all from 0 -> the error value in that cell."""


class OldWorkbookError(Exception):
    """A file that must not be handed to the parser: it is damaged, cut off, or its cells stand too far apart."""

    def __init__(self, reason: str, rows: int = 0, columns: int = 0) -> None:
        super().__init__(reason)
        self.too_big = bool(rows)
        self.rows = rows
        self.columns = columns


def check_old_workbook(data: bytes, most_cells: int) -> Errors:
    """The error values in a file that may be parsed. OldWorkbookError for one that may not; `too_big` when a sheet
    has more than `most_cells`."""
    errors: Errors = {}
    try:
        for stream in _Compound(data).workbooks():
            _check_records(stream, most_cells, errors)
        return errors
    except (struct.error, IndexError) as error:
        raise OldWorkbookError("it ends too early") from error


def _check_records(stream: bytes, most_cells: int, errors: Errors) -> None:
    """The workbook's own records, and those of each sheet from where they are said to begin."""
    begins = [0]
    for number, begin in enumerate(begins):
        extent = _Extent(most_cells)
        for kind, body in _records(stream, begin):
            if kind == _SHEET and not begin:
                begins.append(struct.unpack_from("<I", body)[0])
            _check_record(kind, body, extent, len(stream))
            code = _error_code(kind, body)
            if code in _ERROR_VALUES:
                row, column = struct.unpack_from("<HH", body)
                errors[number - 1, row, column] = _ERROR_VALUES[code]


def _error_code(kind: int, body: bytes) -> int:
    """The error a cell holds by itself, or as its formula's result; -1 for none ([MS-XLS] 2.5.198, BErr)."""
    if kind == _TRUTH_OR_ERROR and body[7]:
        return body[6]
    if kind in _FORMULAS and body[6] == 2 and body[12:14] == b"\xff\xff":
        return body[8]
    return -1


def _check_record(kind: int, body: bytes, extent: _Extent, size: int) -> None:
    if kind == _DIMENSIONS:
        layout = "<IIHH" if len(body) >= 14 else "<HHHH"
        first_row, rows, first_column, columns = struct.unpack_from(layout, body)
        if first_row > rows or first_column > columns:
            raise OldWorkbookError("the end before the beginning")
        if rows and columns:
            extent.add(rows - 1, columns - 1)
    elif kind == _SHARED_TEXTS:
        if max(struct.unpack_from("<II", body)) > size:
            raise OldWorkbookError("more texts than bytes")
    elif kind in _CELLS:
        row, column = struct.unpack_from("<HH", body)
        extent.add(row, column)
        if kind in (_MANY_NUMBERS, _MANY_BLANKS):
            extent.add(row, struct.unpack_from("<H", body, len(body) - 2)[0])


@dataclass(slots=True)
class _Extent:
    most_cells: int
    rows: int = 0
    columns: int = 0

    def add(self, row: int, column: int) -> None:
        if row >= MOST_ROWS or column >= MOST_COLUMNS:
            raise OldWorkbookError("a cell outside the sheet")
        if row < self.rows and column < self.columns:
            return
        self.rows, self.columns = max(self.rows, row + 1), max(self.columns, column + 1)
        if self.rows * self.columns > self.most_cells:
            raise OldWorkbookError("cells too far apart", self.rows, self.columns)


def _records(stream: bytes, position: int) -> Iterator[tuple[int, bytes]]:
    """The records from a position to the end of what begins there."""
    while position + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, position)
        position += 4
        if position + length > len(stream):
            if any(stream[position - 4 :]):
                raise OldWorkbookError("a record beyond the end")
            return  # the zeros that fill up the last sector
        yield kind, stream[position : position + length]
        if kind == _END:
            return
        position += length


class _Compound:
    """A compound file's streams."""

    def __init__(self, data: bytes) -> None:
        self.size = 1 << struct.unpack_from("<H", data, 30)[0]
        if self.size not in (512, 4096):
            raise OldWorkbookError("sectors of an odd size")
        self.count = -(-len(data) // self.size) - 1
        self.data = data.ljust((self.count + 1) * self.size, b"\0")
        (fats,) = struct.unpack_from("<I", data, 44)
        counts = struct.unpack_from("<I", data, 40) + struct.unpack_from("<I", data, 64)
        if max(fats, struct.unpack_from("<I", data, 72)[0], *counts) > self.count:
            raise OldWorkbookError("more sectors than the file has")
        self.table = self._table(fats)
        self.entries = list(self._directory(struct.unpack_from("<I", data, 48)[0]))

    def sector(self, number: int) -> bytes:
        if number >= self.count:
            raise OldWorkbookError("a sector beyond the end")
        return self.data[(number + 1) * self.size : (number + 2) * self.size]

    def _table(self, fats: int) -> list[int]:
        """Sector -> the one that follows it."""
        places = list(struct.unpack_from("<109I", self.data, 76))
        (following,) = struct.unpack_from("<I", self.data, 68)
        for _ in range(self.count):
            if following > _LAST_REGULAR:
                break
            *more, following = struct.unpack(f"<{self.size // 4}I", self.sector(following))
            places += more
        places = [place for place in places if place <= _LAST_REGULAR][:fats]
        return [n for place in places for n in struct.unpack(f"<{self.size // 4}I", self.sector(place))]

    def chain(self, start: int) -> bytes:
        parts: list[bytes] = []
        while start <= _LAST_REGULAR:
            if len(parts) > self.count:
                raise OldWorkbookError("a chain without end")
            parts.append(self.sector(start))
            start = self.table[start]
        return b"".join(parts)

    def _directory(self, start: int) -> Iterator[tuple[str, int, int, int]]:
        """(name, kind, first sector, length)"""
        content = self.chain(start)
        for position in range(0, len(content) - 127, 128):
            kind = content[position + 66]
            first, size = struct.unpack_from("<II", content, position + 116)
            if size > len(self.data) and kind:
                raise OldWorkbookError("a stream longer than the file")
            name = content[position : position + 64].decode("utf-16-le", "replace").partition("\0")[0]
            yield name, kind, first, size

    def workbooks(self) -> Iterator[bytes]:
        """The streams that hold a workbook. (The parser goes by the name alone, whatever kind it is said to be.)"""
        found = [
            (first, size) for name, _, first, size in self.entries if name.lower() in ("workbook", "book")
        ]
        if not found:
            raise OldWorkbookError("no workbook in it")
        for first, size in found:
            yield (self._small(first, size) if size < _SMALL else self.chain(first))[:size]

    def _small(self, start: int, size: int) -> bytes:
        roots = [first for _, kind, first, _ in self.entries if kind == _ROOT]
        content = self.chain(roots[0])
        table = struct.unpack_from("<I", self.data, 60)[0]
        following = self.chain(table)
        parts: list[bytes] = []
        while start <= _LAST_REGULAR and len(parts) * 64 < size:
            parts.append(content[start * 64 : start * 64 + 64])
            (start,) = struct.unpack_from("<I", following, start * 4)
        return b"".join(parts)
