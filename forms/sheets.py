"""Workbooks as plain text cells: reading .xlsx, .xls and Markdown safely, writing .xlsx and Markdown.

Nothing here knows what the sheets mean. A hostile file (truncated, encrypted, a zip bomb, a sheet of a
million rows) is refused with a problem, before the library that parses it can be hurt by it.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import python_calamine
import xlsxwriter

from forms.markdown import parse_markdown, write_markdown
from forms.problems import FormError, problem

MAX_FILE = 20 * 1024 * 1024
MAX_UNZIPPED = 120 * 1024 * 1024
MAX_ROWS = 100_000
MAX_COLUMNS = 1_000
MAX_CELLS = 3_000_000
MAX_CELL_TEXT = 32_767

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_CELL_REFERENCE = re.compile(rb"""\br=["']([A-Z]{1,3})(\d{1,7})["']""")
_ROW_REFERENCE = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\br=["'](\d{1,9})["']""")
ERROR_VALUES = {
    "#DIV/0!",
    "#N/A",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#REF!",
    "#VALUE!",
    "#GETTING_DATA",
    "#SPILL!",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet's cells as text. `cells[0]` is row 1; rows may differ in length."""

    name: str
    cells: tuple[tuple[str, ...], ...]

    def trimmed(self) -> Sheet:
        """Without the empty rows and columns at the end."""
        rows = [_without_trailing(row) for row in self.cells]
        while rows and not rows[-1]:
            rows.pop()
        return Sheet(self.name, tuple(rows))


def _without_trailing(row: Sequence[str]) -> tuple[str, ...]:
    end = len(row)
    while end and not row[end - 1]:
        end -= 1
    return tuple(row[:end])


def load_file(path: Path) -> tuple[bytes, str]:
    """The bytes and name of a file, refused when too big. FormError when it cannot be read."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE:
            raise FormError(
                problem("file_too_big", size=size // 1024 // 1024, limit=MAX_FILE // 1024 // 1024)
            )
        return path.read_bytes(), path.name
    except FileNotFoundError:
        raise FormError(problem("file_missing", file=path.name)) from None
    except OSError as error:
        raise FormError(problem("file_unreadable", file=path.name, reason=_reason(error))) from error


def _reason(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "没有读取权限"
    return "它是文件夹" if isinstance(error, IsADirectoryError) else "磁盘读取出错"


def read_sheets(data: bytes, file_name: str) -> tuple[Sheet, ...]:
    """The sheets of a workbook or Markdown file. FormError with one problem when it is not one."""
    if len(data) > MAX_FILE:
        raise FormError(
            problem("file_too_big", size=len(data) // 1024 // 1024, limit=MAX_FILE // 1024 // 1024)
        )
    if not data:
        raise FormError(problem("file_empty"))
    if data.startswith(b"PK"):
        _check_zip(data, file_name)
        return _read_calamine(data)
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise FormError(problem("workbook_encrypted"))
        return _read_calamine(data)
    if file_name.lower().endswith((".md", ".markdown", ".txt")):
        return read_markdown(decode(data))
    raise FormError(problem("not_a_workbook", file=file_name, looks=_looks_like(data)))


def decode(data: bytes) -> str:
    """UTF-8 text, with or without its mark. FormError for any other encoding."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormError(problem("text_encoding")) from None


def read_markdown(text: str) -> tuple[Sheet, ...]:
    sheets = tuple(Sheet(name, rows) for name, rows in parse_markdown(text))
    if not sheets:
        raise FormError(problem("not_a_workbook", file="Markdown", looks="（没有找到 | survey | 这样的表）"))
    return sheets


def write_sheets(sheets: Sequence[Sheet], suffix: str) -> bytes:
    """A file of the given suffix (`.md` or `.xlsx`). FormError when a cell is too long for a workbook."""
    if suffix == ".md":
        return write_markdown([(s.name, s.cells) for s in sheets]).encode("utf-8")
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_urls": False})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        for r, row in enumerate(sheet.cells):
            for c, text in enumerate(row):
                if len(text) > MAX_CELL_TEXT:
                    raise FormError(
                        problem(
                            "cell_too_long",
                            sheet=sheet.name,
                            row=r + 1,
                            length=len(text),
                            limit=MAX_CELL_TEXT,
                        )
                    )
                if text:
                    page.write_string(r, c, text, wrap)
        page.freeze_panes(1, 0)
    book.close()
    return out.getvalue()


def _looks_like(data: bytes) -> str:
    head = data[:512].lstrip()
    if head.startswith(b"%PDF"):
        return "（看起来是 PDF）"
    if head[:1] == b"<":
        return "（看起来是网页或 XML）"
    if head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8")):
        return "（看起来是图片）"
    return ""


def _check_zip(data: bytes, file_name: str) -> None:
    """Unpack everything once within a budget: finds bombs, damage, and sheets too large to hold."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if not any(n.startswith("xl/") for n in archive.namelist()):
                raise FormError(
                    problem("not_a_workbook", file=file_name, looks="（是压缩包，但里面没有工作表）")
                )
            budget = MAX_UNZIPPED
            for info in archive.infolist():
                if info.flag_bits & 1:
                    raise FormError(problem("workbook_encrypted"))
                if info.file_size > budget:
                    raise FormError(problem("zip_bomb", limit=MAX_UNZIPPED // 1024 // 1024))
                with archive.open(info) as member:
                    content = member.read(budget + 1)
                budget -= len(content)
                if budget < 0:
                    raise FormError(problem("zip_bomb", limit=MAX_UNZIPPED // 1024 // 1024))
                if "worksheets/" in info.filename:
                    _check_extent(content, Path(info.filename).stem)
    except FormError:
        raise
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OSError, zipfile.zlib.error):  # type: ignore[attr-defined]
        raise FormError(problem("workbook_damaged")) from None


def _check_extent(xml: bytes, name: str) -> None:
    """Two far corners would make the parser allocate the whole rectangle between them."""
    rows = columns = 0
    for letters, number in set(_CELL_REFERENCE.findall(xml)):
        rows = max(rows, int(number))
        column = 0
        for letter in letters:
            column = column * 26 + letter - 64
        columns = max(columns, column)
    for number in _ROW_REFERENCE.findall(xml):
        rows = max(rows, int(number)) if columns else rows
    if rows > MAX_ROWS or columns > MAX_COLUMNS or rows * columns > MAX_CELLS:
        raise FormError(problem("sheet_too_big", name=name, rows=rows, columns=columns))


def _read_calamine(data: bytes) -> tuple[Sheet, ...]:
    try:
        with python_calamine.load_workbook(io.BytesIO(data)) as book:
            sheets = []
            for info in book.sheets_metadata:
                if info.typ != python_calamine.SheetTypeEnum.WorkSheet:
                    continue
                page = book.get_sheet_by_name(info.name)
                if page.total_height > MAX_ROWS or page.total_width > MAX_COLUMNS:
                    raise FormError(
                        problem(
                            "sheet_too_big", name=info.name, rows=page.total_height, columns=page.total_width
                        )
                    )
                rows = page.to_python(skip_empty_area=False)
                cells = tuple(tuple(_text(cell) for cell in row) for row in rows)
                sheets.append(Sheet(info.name, cells).trimmed())
            return tuple(sheets)
    except python_calamine.PasswordError:
        raise FormError(problem("workbook_encrypted")) from None
    except python_calamine.CalamineError as error:
        code = "workbook_encrypted" if "assword" in str(error) else "workbook_damaged"
        raise FormError(problem(code)) from None
    except (OSError, ValueError):
        raise FormError(problem("workbook_damaged")) from None


def _text(cell: object) -> str:
    """A cell as its author typed it: 1.0 is "1", a date is ISO, a truth is TRUE."""
    if isinstance(cell, str):
        return cell.replace("\r\n", "\n").replace("_x000D_", "")
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time(0):
        return cell.date().isoformat()
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)
