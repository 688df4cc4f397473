"""Sheets as Markdown tables, without losing anything.

    | survey |      |         |
    |--------|------|---------|
    |        | type | name    |
    |        | text | company |

A row whose first cell is filled begins a sheet; every other row leaves the first cell blank. The dashed line
is not counted as a row, so row numbers are those of the workbook. A heading (`## survey`) followed by an
ordinary table is read as well. In a cell: `\\|` is a bar, `<br>` a new line, `&#N;` any character, and a run
of backslashes before a bar stands for half as many; elsewhere a backslash is itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Rows = tuple[tuple[str, ...], ...]

_DASHES = re.compile(r"\s*:?-{2,}:?\s*$")
_HEADING = re.compile(r"#{1,6}\s+(.+?)\s*#*$")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&#(\d{1,7});")
_ODD = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029]")
_EDGE = re.compile(r"^\s+|\s+$")


def parse_markdown(text: str) -> list[tuple[str, Rows]]:
    """(sheet name, rows) of every table. Text outside tables is a remark and is passed over."""
    sheets: list[tuple[str, list[tuple[str, ...]]]] = []
    heading = ""
    fresh = True  # at the start of a table
    plain = False  # the table has no blank first column
    lines_in_table = 0
    seen_dashes = False
    for line in text.replace("\r\n", "\n").split("\n"):
        stripped = line.strip(" \t")
        if not stripped.startswith("|"):
            if stripped:
                match = _HEADING.match(stripped)
                heading = match[1] if match else heading
            fresh, plain = True, False
            continue
        raw = _split(stripped)
        if fresh:
            lines_in_table, seen_dashes = 0, False
        lines_in_table += 1
        if not seen_dashes and lines_in_table in (2, 3) and raw and _all_dashes(raw):
            seen_dashes = True
            continue
        cells = tuple(_decode(cell) for cell in raw)
        first = cells[0] if cells else ""
        if fresh and heading and first and any(cells[1:]):
            plain = True
            sheets.append((heading, []))
        fresh = False
        if plain:
            sheets[-1][1].append(cells)
        elif first:
            sheets.append((first, []))
            if any(cells[1:]):
                sheets[-1][1].append(cells[1:])
            lines_in_table, seen_dashes = 1, False
        elif sheets:
            sheets[-1][1].append(cells[1:])
    return [(name, _trim(rows)) for name, rows in sheets]


def write_markdown(sheets: Sequence[tuple[str, Sequence[Sequence[str]]]]) -> str:
    tables = []
    for name, rows in sheets:
        width = max((len(row) for row in rows), default=0) + 1
        lines = [_line([_encode(name)], width), "|" + "---|" * width]
        lines += [_line(["", *map(_encode, row)], width) for row in rows]
        tables.append("\n".join(lines) + "\n")
    return "\n".join(tables)


def _line(cells: Sequence[str], width: int) -> str:
    return "| " + " | ".join([*cells, *[""] * (width - len(cells))]) + " |"


def _trim(rows: Sequence[tuple[str, ...]]) -> Rows:
    result = []
    for row in rows:
        end = len(row)
        while end and not row[end - 1]:
            end -= 1
        result.append(row[:end])
    while result and not result[-1]:
        result.pop()
    return tuple(result)


def _all_dashes(cells: Sequence[str]) -> bool:
    return any(cell.strip() for cell in cells) and all(not c.strip() or _DASHES.match(c) for c in cells)


def _split(line: str) -> list[str]:
    """The raw cells of a line that begins with a bar."""
    cells: list[str] = []
    current: list[str] = []
    backslashes = 0
    for char in line[1:]:
        if char == "\\":
            backslashes += 1
            continue
        if char == "|":
            current.append("\\" * (backslashes // 2))
            if backslashes % 2:
                current.append("|")
            else:
                cells.append("".join(current))
                current = []
        else:
            current.append("\\" * backslashes + char)
        backslashes = 0
    rest = "".join(current) + "\\" * backslashes
    if rest.strip(" \t"):
        cells.append(rest)
    return cells


def _decode(raw: str) -> str:
    text = _BREAK.sub("\n", raw.strip(" \t"))
    return _ENTITY.sub(lambda m: chr(int(m[1])) if int(m[1]) < 0x110000 else m[0], text)


def _encode(text: str) -> str:
    def entity(match: re.Match[str]) -> str:
        return "".join(f"&#{ord(char)};" for char in match[0])

    text = _ENTITY.sub(lambda m: "&#38;" + m[0][1:], text)
    text = _BREAK.sub(lambda m: "&#60;" + m[0][1:], text)
    text = _ODD.sub(entity, text)
    text = _EDGE.sub(entity, text)
    text = re.sub(r"(\\*)\|", lambda m: m[1] * 2 + "\\|", text)
    return text.replace("\n", "<br>")
