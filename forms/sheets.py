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
from xml.etree import ElementTree

import python_calamine

from forms.markdown import parse_markdown, write_markdown
from forms.old_workbook import Errors, OldWorkbookError, check_old_workbook
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
_UNPLACED_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s>/])(?![^>]*\sr=)")
_PLACE = re.compile(rb"<(?:\w+:)?(row|c)(?=[\s>/])")
_ERROR_CELL = re.compile(
    rb"""<(?:\w+:)?c\b([^>]*\bt=["']e["'][^>]*)>(?:<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>))?<(?:\w+:)?v>([^<]*)<"""
)
_BOOK, _BOOK_RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
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
        return _read_calamine(data, _check_zip(data, file_name))
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise FormError(problem("workbook_encrypted"))
        return _read_calamine(data, _check_old(data))
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
    # Imported here: it takes longer than everything else of this room, and only conversion writes workbooks.
    import xlsxwriter

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


def _check_old(data: bytes) -> Errors:
    try:
        return check_old_workbook(data, MAX_CELLS)
    except OldWorkbookError as error:
        if error.too_big:
            raise FormError(
                problem("sheet_too_big", name="", rows=error.rows, columns=error.columns)
            ) from error
        raise FormError(problem("workbook_damaged")) from error


def _check_zip(data: bytes, file_name: str) -> Errors:
    """Unpack everything once within a budget: finds bombs, damage, and sheets too large to hold.

    Gives the error values in cells, which the parser would pass over as if nothing stood there.
    """
    errors: dict[str, list[tuple[int, int, str]]] = {}
    parts: dict[str, bytes] = {}
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
                    errors[info.filename] = _errors_in(content)
                elif info.filename in (_BOOK, _BOOK_RELATIONS):
                    parts[info.filename] = content
    except FormError:
        raise
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OSError, zipfile.zlib.error):  # type: ignore[attr-defined]
        raise FormError(problem("workbook_damaged")) from None
    return _by_sheet(errors, parts) if any(errors.values()) else {}


def _errors_in(xml: bytes) -> list[tuple[int, int, str]]:
    """(row, column, value) of the cells of type `e`."""
    return [
        (int(row) - 1, _column(letters) - 1, value.decode("utf-8", "replace"))
        for attributes, value in _ERROR_CELL.findall(xml)
        for letters, row in _CELL_REFERENCE.findall(attributes)
    ]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _by_sheet(errors: dict[str, list[tuple[int, int, str]]], parts: dict[str, bytes]) -> Errors:
    """The same by the number of the sheet: the workbook names its sheets, its relations their files."""
    try:
        targets = {r.get("Id"): r.get("Target", "") for r in ElementTree.fromstring(parts[_BOOK_RELATIONS])}
        sheets = [e for e in ElementTree.fromstring(parts[_BOOK]).iter() if e.tag.endswith("}sheet")]
    except (KeyError, ElementTree.ParseError, ValueError):
        return {}
    found: Errors = {}
    for number, sheet in enumerate(sheets):
        relation = next((v for k, v in sheet.attrib.items() if k.endswith("}id")), "")
        name = targets.get(relation, "").lstrip("/").removeprefix("xl/")
        for row, column, value in errors.get(f"xl/{name}", ()):
            found[number, row, column] = value
    return found


def _check_extent(xml: bytes, name: str) -> None:
    """Two far corners would make the parser allocate the whole rectangle between them."""
    rows = columns = 0
    for letters, number in set(_CELL_REFERENCE.findall(xml)):
        rows, columns = max(rows, int(number)), max(columns, _column(letters))
    if _UNPLACED_CELL.search(xml):  # cells may leave out where they stand: then they are counted
        row = column = 0
        for tag in _PLACE.finditer(xml):
            row, column = (row + 1, 0) if tag[1] == b"row" else (row, column + 1)
            rows, columns = max(rows, row), max(columns, column)
    for number in _ROW_REFERENCE.findall(xml):
        rows = max(rows, int(number)) if columns else rows
    if rows > MAX_ROWS or columns > MAX_COLUMNS or rows * columns > MAX_CELLS:
        raise FormError(problem("sheet_too_big", name=name, rows=rows, columns=columns))


def _read_calamine(data: bytes, errors: Errors) -> tuple[Sheet, ...]:
    try:
        with python_calamine.load_workbook(io.BytesIO(data)) as book:
            sheets = []
            for number, info in enumerate(book.sheets_metadata):
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
                cells = [[_text(cell) for cell in row] for row in rows]
                for (sheet, row, column), value in errors.items():
                    if sheet == number and row < len(cells) and column < len(cells[row]):
                        cells[row][column] = value
                sheets.append(Sheet(info.name, tuple(map(tuple, cells))).trimmed())
            return tuple(sheets)
    except python_calamine.PasswordError:
        raise FormError(problem("workbook_encrypted")) from None
    except python_calamine.CalamineError as error:
        code = "workbook_encrypted" if "assword" in str(error) else "workbook_damaged"
        raise FormError(problem(code)) from None
    except (OSError, ValueError):
        raise FormError(problem("workbook_damaged")) from None
    except BaseException as error:
        # Spoilt bytes can make the parser panic: an exception that is none of `Exception`.
        if type(error).__name__ != "PanicException":
            raise
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
