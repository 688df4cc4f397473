"""A park's roster of enterprises, row by row: what can be read is taken with a note, what cannot is refused.

The columns are those of the public registers (企业名称, 统一社会信用代码, 注册日期, 企业类型, 注册资金, 经营范围,
所在省份, 地区, 注册地址) under the names registers use for them, in any order.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.domain import credit_code
from app.domain.enterprise import NO_AMOUNT, parse_amount
from app.errors import KnownError
from app.imports.tables import MOST_ROWS, Cell, read_table

COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("企业名称", "单位名称", "公司名称", "市场主体名称", "主体名称", "机构名称", "名称"),
    "credit_code": ("统一社会信用代码", "社会信用代码", "统一信用代码", "信用代码"),
    "registered_on": ("注册日期", "成立日期", "注册时间", "成立时间", "登记日期", "设立日期"),
    "ownership": ("企业类型", "公司类型", "主体类型", "登记注册类型", "类型"),
    "registered_capital": ("注册资金", "注册资本", "注册资本金", "资金数额"),
    "business_scope": ("经营范围", "主营业务", "经营业务"),
    "province": ("所在省份", "所属省份", "省份", "省"),
    "region": ("地区", "所属地区", "所在地区", "所属城市", "城市", "市"),
    "address": ("注册地址", "企业地址", "登记住所", "住所", "经营场所", "详细地址", "地址"),
}
"""Field → the names its column goes by. The first is the one we ask for; where several stand, the earlier is taken."""

_FIELDS = {alias: (name, rank) for name, names in COLUMNS.items() for rank, alias in enumerate(names)}
_REQUIRED = ("name", "credit_code")
_CELL_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})
_NOTHING = NO_AMOUNT | _CELL_ERRORS | {"--", "——", "/", "NONE", "NAN", "暂无", "不详"}
_NOT_ENTERPRISES = frozenset({"合计", "总计", "小计", "共计", *COLUMNS["name"]})
_LONGEST_NAME = 200
_MOST_FEN = 2**53 - 1
"""Beyond it not every JSON reader keeps a whole number whole; and no capital is 90 万亿元."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Something about one row, as a spreadsheet numbers rows (the header is 1), in the column as the file names it.

    `refused` says that the row is not taken; else it is taken and this is only a note.
    """

    row: int
    column: str
    code: str
    message: str
    refused: bool


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One enterprise: its fields by the names of `app.domain.enterprise.Enterprise`, without `id`; what the row does
    not say is not there. No `credit_code`: the enterprise has none yet and gets a temporary one."""

    row: int
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Roster:
    """What a file holds. `total` counts its rows with anything in them: the taken and the refused."""

    rows: tuple[RosterRow, ...]
    problems: tuple[RowProblem, ...]
    total: int

    @property
    def refused(self) -> int:
        return self.total - len(self.rows)


def read_roster(path: Path) -> Roster:
    """Read a whole roster: CSV (UTF-8, GB18030, UTF-16; comma, tab or semicolon) or a workbook (.xlsx, .xls).

    Raises KnownError where the file as a whole cannot be read (`app.imports.tables.read_table`): nothing is taken then.
    """
    table = read_table(path, _is_header)
    header = [_header_name(cell) for cell in table.rows[table.header]]
    while not header[-1]:
        header.pop()
    reading = _Reading(_columns(header), table.header + 1, len(header))
    reading.note_columns(header)
    for name in table.unread_sheets:
        reading.note(table.header + 1, "", "sheet_unread", f"工作表「{name}」没有导入，只读了第一张名册。")
    for number, cells in enumerate(table.rows[table.header + 1 :], table.header + 2):
        if any(_text(cell) for cell in cells):
            reading.read(number, cells)
    if not reading.total:
        raise KnownError("roster_empty", "名册只有表头，没有企业。请检查选的是不是这个文件。")
    if reading.total > MOST_ROWS:
        raise KnownError("roster_too_large", f"名册超过 {MOST_ROWS:,} 行。请分成几份导入。")
    return Roster(tuple(reading.rows), tuple(reading.problems), reading.total)


# ---------------------------------------------------------------- columns


@dataclass(frozen=True, slots=True)
class _Column:
    index: int
    heading: str
    unit: str = ""
    """What the heading says in parentheses: 注册资金(万元)."""


def _header_name(cell: Cell) -> str:
    return "".join(unicodedata.normalize("NFKC", str(cell)).split()).strip("*:：")


def _meaning(heading: str) -> tuple[str, int, str] | None:
    """Field, rank of the alias, unit."""
    bare, _, rest = heading.partition("(")
    for name, unit in ((heading, ""), (bare, rest.rstrip(")"))):
        if name in _FIELDS:
            return *_FIELDS[name], unit
    return None


def _columns(header: Sequence[str]) -> dict[str, _Column]:
    found: dict[str, tuple[int, _Column]] = {}
    for index, heading in enumerate(header):
        meaning = _meaning(heading)
        if meaning is None:
            continue
        name, rank, unit = meaning
        if name not in found or rank < found[name][0]:
            found[name] = (rank, _Column(index, heading, unit))
    return {name: column for name, (_, column) in found.items()}


def _is_header(cells: Sequence[Cell]) -> bool:
    columns = _columns([_header_name(cell) for cell in cells])
    return all(name in columns for name in _REQUIRED)


# ---------------------------------------------------------------- rows


@dataclass(slots=True)
class _Reading:
    """One pass over the rows."""

    columns: dict[str, _Column]
    header_row: int
    width: int
    """How many columns the header has."""
    rows: list[RosterRow] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    total: int = 0
    _first_rows: dict[tuple[str, str], int] = field(default_factory=dict)

    def note(self, row: int, column: str, code: str, message: str) -> None:
        self.problems.append(RowProblem(row, column, code, message, refused=False))

    def refuse(self, row: int, name: str, code: str, message: str) -> None:
        self.problems.append(RowProblem(row, self._heading(name), code, message, refused=True))

    def _heading(self, name: str) -> str:
        column = self.columns.get(name)
        return column.heading if column else ""

    def note_columns(self, header: Sequence[str]) -> None:
        taken = {column.index for column in self.columns.values()}
        for index, heading in enumerate(header):
            if not heading or index in taken:
                continue
            meaning = _meaning(heading)
            if meaning is None:
                self.note(
                    self.header_row, heading, "column_unknown", f"「{heading}」一列不认识，没有导入这一列。"
                )
            else:
                kept = self.columns[meaning[0]].heading
                text = f"「{heading}」和「{kept}」是同一项，只导入了「{kept}」。"
                self.note(self.header_row, heading, "column_repeated", text)
        for name, names in COLUMNS.items():
            if name not in self.columns:
                text = f"没有「{names[0]}」一列，这一项留空。"
                self.note(self.header_row, names[0], "column_missing", text)

    def read(self, row: int, cells: Sequence[Cell]) -> None:
        self.total += 1
        if any(_text(cell) for cell in cells[self.width :]):
            text = "这一行比表头多出几格，多半是内容里有没加引号的逗号，各列已错位。请改正后再导入这一行。"
            return self.refuse(row, "name", "row_columns", text)
        if len(cells) <= max(self.columns[name].index for name in _REQUIRED):
            text = "这一行格数不够，多半是内容里换了行。请改正后再导入这一行。"
            return self.refuse(row, "name", "row_columns", text)
        name = self._name(row, cells)
        code = None if name is None else self._code(row, cells)
        if name is None or code is None or not self._is_first(row, name, code):
            return None
        fields: dict[str, Any] = {"name": name}
        if code:
            fields["credit_code"] = code
        else:
            text = "没有统一社会信用代码，先用临时编号，取得代码后再补。"
            self.note(row, self._heading("credit_code"), "credit_code_missing", text)
        self._date(row, cells, fields)
        self._amount(row, cells, fields)
        for optional in ("ownership", "business_scope", "province", "region", "address"):
            value = self._value(cells, optional)
            if value:
                fields[optional] = value
        self.rows.append(RosterRow(row, fields))
        return None

    def _cell(self, cells: Sequence[Cell], name: str) -> Cell:
        column = self.columns.get(name)
        return "" if column is None or column.index >= len(cells) else cells[column.index]

    def _value(self, cells: Sequence[Cell], name: str) -> str:
        """The cell's text, empty where it only says that there is nothing."""
        text = _text(self._cell(cells, name))
        return "" if _says_nothing(text) else text

    def _name(self, row: int, cells: Sequence[Cell]) -> str | None:
        name = " ".join(self._value(cells, "name").split())
        if not name:
            self.refuse(row, "name", "name_missing", "没有企业名称，没有导入这一行。请补上名称。")
        elif _header_name(name) in _NOT_ENTERPRISES:
            self.refuse(
                row, "name", "not_an_enterprise", f"「{name}」不是企业名称，像是合计或重复的表头，没有导入。"
            )
        elif len(name) > _LONGEST_NAME:
            text = f"企业名称超过 {_LONGEST_NAME} 个字，多半是各列错位。请改正后再导入这一行。"
            self.refuse(row, "name", "name_too_long", text)
        else:
            return name
        return None

    def _code(self, row: int, cells: Sequence[Cell]) -> str | None:
        """The code, "" where there is none yet, None where the row is refused."""
        cell = self._cell(cells, "credit_code")
        if _is_rounded(cell):
            text = "这一格是数字格式，表格软件只保留了前 15 位，信用代码已不完整。请把该列设为文本、重新填写后再导入。"
            self.refuse(row, "credit_code", "credit_code_rounded", text)
            return None
        # An apostrophe is how people make a spreadsheet keep a number as text.
        code = credit_code.normalise(self._value(cells, "credit_code")).strip("'‘’`")
        if not code or _TEMPORARY.fullmatch(code):
            return code
        problem = credit_code.check(code)
        if problem is not None:
            self.refuse(row, "credit_code", problem.code, problem.text)
            return None
        return code

    def _is_first(self, row: int, name: str, code: str) -> bool:
        first = self._first_rows.setdefault((code, "" if code else name), row)
        if first == row:
            return True
        if code:
            text = f"信用代码与第 {first} 行相同，没有导入这一行。请核对是哪一行对。"
            self.refuse(row, "credit_code", "duplicate_code", text)
        else:
            text = f"没有信用代码，名称又与第 {first} 行相同，没有导入这一行。"
            self.refuse(row, "name", "duplicate_name", text)
        return False

    def _date(self, row: int, cells: Sequence[Cell], fields: dict[str, Any]) -> None:
        written = self._value(cells, "registered_on")
        if not written:
            return
        day = _read_date(self._cell(cells, "registered_on"))
        if day is None:
            text = f"日期「{written[:30]}」看不懂，没有导入这一项。请写成 1985-05-20 的样子。"
            self.note(row, self._heading("registered_on"), "date_unreadable", text)
        else:
            fields["registered_on"] = day.isoformat()

    def _amount(self, row: int, cells: Sequence[Cell], fields: dict[str, Any]) -> None:
        written = self._value(cells, "registered_capital")
        if not written:
            return None
        column = self.columns["registered_capital"]
        bare = _BARE_NUMBER.fullmatch(unicodedata.normalize("NFKC", written)) is not None
        if bare and column.unit:
            written, bare = f"{written}({_unit(column.unit)})", False
        fields["registered_capital_text"] = written
        try:
            amount = parse_amount(written)
        except ValueError:
            amount = None
        if amount is None or amount.fen > _MOST_FEN:
            text = f"金额「{written[:30]}」看不懂，只保留了原文，不参加合计。"
            return self.note(row, column.heading, "amount_unreadable", text)
        fields["registered_capital_fen"] = amount.fen
        fields["registered_capital_currency"] = amount.currency
        if bare:
            text = f"金额「{written}」没有写单位，按人民币元计。"
            self.note(row, column.heading, "amount_unit_assumed", text)
        elif amount.assumed:
            text = f"金额「{written}」没有写币种，按人民币计。"
            self.note(row, column.heading, "amount_currency_assumed", text)
        return None


# ---------------------------------------------------------------- cells

_TEMPORARY = re.compile(re.escape(credit_code.TEMPORARY_PREFIX) + r"[0-9A-Z-]{1,60}")
_BARE_NUMBER = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?")
_ROUNDED = re.compile(r"[0-9](?:\.[0-9]+)?E\+?1[0-9]", re.IGNORECASE)
_DATE = re.compile(
    r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日?|([0-9]{2})([0-9]{2}))"
    r"(?:[ T]*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
)
_SERIAL_DAY_0 = date(1899, 12, 30)
"""Day 0 of the workbook's serial dates, valid from 1900-03-01 on (the format takes 1900 for a leap year)."""


def _text(cell: Cell) -> str:
    """A cell as the table shows it, in NFC, without control characters and outer blanks."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, int | float):
        return f"{Decimal(str(cell)):f}".removesuffix(".0")
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    plain = unicodedata.normalize("NFC", str(cell))
    kept = (c for c in plain if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf"))
    return "".join(kept).strip()


def _says_nothing(text: str) -> bool:
    return unicodedata.normalize("NFKC", text).upper() in _NOTHING


def _is_rounded(cell: Cell) -> bool:
    """A spreadsheet took the code for a number and kept 15 of its digits."""
    if isinstance(cell, str):
        return _ROUNDED.fullmatch(cell.strip()) is not None
    return isinstance(cell, int | float) and abs(cell) >= 1e15


def _unit(heading: str) -> str:
    """`单位:万元` → `万元`, `人民币万元` → `万元人民币`."""
    unit = heading.removeprefix("单位").lstrip(":,")
    return f"{unit[3:].lstrip(':,')}人民币" if unit.startswith("人民币") and len(unit) > 3 else unit


def _read_date(cell: Cell) -> date | None:
    """The day a cell names, None where it names none between 1900 and 2100."""
    day: date | None = None
    if isinstance(cell, datetime):
        day = cell.date()
    elif isinstance(cell, date):
        day = cell
    elif isinstance(cell, int | float) and not isinstance(cell, bool):
        # In a date column a small number is a date that lost its format; a large one is written as digits.
        digits = _DATE.fullmatch(_text(cell))
        if 61 <= cell < 100_000:
            day = _SERIAL_DAY_0 + timedelta(days=int(cell))
        elif digits:
            return _read_date(_text(cell))
    elif isinstance(cell, str):
        match = _DATE.fullmatch(unicodedata.normalize("NFKC", _text(cell)))
        if match:
            year, month, day_of_month = (int(part) for part in match.groups() if part and part not in "-/.")
            try:
                day = date(year, month, day_of_month)
            except ValueError:
                return None
    return day if day is not None and 1900 <= day.year <= 2100 else None
