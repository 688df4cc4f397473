"""Writes just enough of Excel 97's format to test reading it: a compound file ([MS-CFB]) with BIFF8 records.

Nothing the project depends on writes .xls, and an encrypted .xlsx is such a compound file too.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from datetime import date

_SECTOR = 512
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def compound_file(streams: Mapping[str, bytes]) -> bytes:
    """A compound file with these streams, each stored in sectors of its own (at least 4096 bytes)."""
    sectors: list[bytes] = []
    table: list[int] = []

    def store(data: bytes) -> int:
        start = len(sectors)
        for offset in range(0, len(data), _SECTOR):
            sectors.append(data[offset : offset + _SECTOR].ljust(_SECTOR, b"\0"))
            table.append(len(sectors))
        table[-1] = _END
        return start

    padded = {name: data.ljust(4096, b"\0") for name, data in streams.items()}
    starts = {name: store(data) for name, data in padded.items()}
    directory = _entry("Root Entry", 5, 1, _FREE, _END, 0)
    for number, (name, data) in enumerate(padded.items(), 1):
        right = number + 1 if number < len(padded) else _FREE
        directory += _entry(name, 2, _FREE, right, starts[name], len(data))
    directory_start = store(directory)
    fat_sector = len(sectors)
    table.append(_FAT)
    assert len(table) <= 128, "one sector of allocation table holds 64 KB"
    sectors.append(struct.pack("<128I", *table, *[_FREE] * (128 - len(table))))
    header = struct.pack(
        "<8s16x5H6x9I",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        *(0x3E, 3, 0xFFFE, 9, 6),
        # Sectors of directory and table, where the directory starts, the least size of a stream outside the mini
        # stream, no mini table, no further table of tables.
        *(0, 1, directory_start, 0, 4096, _END, 0, _END, 0),
    )
    return header + struct.pack("<109I", fat_sector, *[_FREE] * 108) + b"".join(sectors)


def _entry(name: str, kind: int, child: int, right: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    return text.ljust(64, b"\0") + struct.pack(
        "<HBB3I36xIQ", len(text), kind, 1, _FREE, right, child, start, size
    )


Value = str | float | date | None


def workbook(rows: Sequence[Sequence[Value]], sheet: str = "名单") -> bytes:
    """An .xls with one sheet. Dates are numbers under a date format, as Excel keeps them."""
    body = _begin(0x10) + _record(
        0x200, struct.pack("<IIHHH", 0, len(rows), 0, max(len(row) for row in rows), 0)
    )
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            body += _cell(row, column, value)
    body += _record(0x0A, b"")
    name = sheet.encode("utf-16-le")

    def globals_at(offset: int) -> bytes:
        listed = struct.pack("<IBBBB", offset, 0, 0, len(sheet), 1) + name
        code_page = _record(0x42, struct.pack("<H", 1200))
        formats = b"".join(_record(0xE0, struct.pack("<HH16x", 0, number)) for number in (0, 14))
        return _begin(0x05) + code_page + formats + _record(0x85, listed) + _record(0x0A, b"")

    return compound_file({"Workbook": globals_at(len(globals_at(0))) + body})


def _cell(row: int, column: int, value: Value) -> bytes:
    if value is None or value == "":
        return b""
    if isinstance(value, str):
        text = value.encode("utf-16-le")
        return _record(0x204, struct.pack("<HHHHB", row, column, 0, len(text) // 2, 1) + text)
    if isinstance(value, date):
        return _record(0x203, struct.pack("<HHHd", row, column, 1, (value - date(1899, 12, 30)).days))
    return _record(0x203, struct.pack("<HHHd", row, column, 0, value))


def _begin(kind: int) -> bytes:
    return _record(0x809, struct.pack("<HHHHII", 0x600, kind, 0x0DBB, 0x07CC, 0, 6))


def _record(number: int, data: bytes) -> bytes:
    return struct.pack("<HH", number, len(data)) + data
