"""A list of whoever is not to be relied on, row by row, as the authority hands it out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.domain.blacklist import Listed
from app.errors import KnownError
from app.imports.tables import Cell, read_table

COLUMNS = {
    "name": ("企业名称", "名称", "单位名称", "失信主体", "主体名称"),
    "credit_code": ("统一社会信用代码", "信用代码", "社会信用代码"),
    "kind": ("类别", "名单类别", "名单名称"),
    "reason": ("事由", "列入事由", "列入原因", "原因"),
    "since": ("列入日期", "起始日期", "开始日期"),
    "until": ("移出日期", "截止日期", "结束日期"),
}
_FIELDS = {alias: name for name, aliases in COLUMNS.items() for alias in aliases}


def read_blacklist(path: Path) -> list[Listed]:
    """Every row with a name. KnownError where the file cannot be read, has no column of names, or has none at all."""
    table = read_table(path, _is_header)
    header = table.rows[table.header]
    places = {_FIELDS[text]: place for place, cell in enumerate(header) if (text := _text(cell)) in _FIELDS}
    found = []
    for row in table.rows[table.header + 1 :]:
        values = {name: _text(row[place]) for name, place in places.items() if place < len(row)}
        if values.get("name"):
            found.append(Listed(**values))
    if not found:
        raise KnownError("empty", "文件里没有一家企业。请确认有「企业名称」这一列，下面有内容。")
    return found


def _is_header(cells: Sequence[Cell]) -> bool:
    return any(_FIELDS.get(_text(cell)) == "name" for cell in cells)


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell).strip()
