"""A roster's file as rows of cells: CSV in the encodings met in offices, and Excel's workbooks.

The content decides what a file is, never its name. Whatever is not a whole, readable table is a KnownError: a table
that was cut off must not be imported by half.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

from app.errors import KnownError, known_from
from forms.old_workbook import OldWorkbookError, check_old_workbook

Cell = str | int | float | bool | date | datetime | time | timedelta
IsHeader = Callable[[Sequence[Cell]], bool]

MOST_BYTES = 20_000_000
MOST_ROWS = 100_000
MOST_UNPACKED_BYTES = 300_000_000
MOST_CELLS = 5_000_000
"""Of the rectangle around everything written: the workbook reader holds it whole in memory."""
HEADER_WITHIN = 10
"""The header may stand below a title, in one of the first so many rows."""

_DELIMITERS = ",\t;"
_LONGEST_CELL = 32_767
_SAVE_AS = "请用 Excel 或 WPS 打开原表，另存为 .xlsx 后再导入。"
_AGAIN = "什么也没有导入。请重新导出或重新拷贝这个文件后再试。"


@dataclass(frozen=True, slots=True)
class Table:
    """Every row from the first; `rows[header]` are the column names. A row's number on screen is its index + 1."""

    rows: list[Sequence[Cell]]
    header: int
    unread_sheets: tuple[str, ...] = ()


def read_table(path: Path, is_header: IsHeader) -> Table:
    """The first table in the file that has such a header.

    Raises KnownError: roster_missing, roster_unreadable, roster_empty, roster_too_large, roster_not_a_table,
    roster_truncated, roster_damaged, roster_encrypted, roster_columns.
    """
    data = _bytes_of(path)
    if not data.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
        raise KnownError("roster_empty", "名册文件是空的。请检查选的是不是这个文件。")
    if data.startswith(b"%PDF"):
        raise KnownError(
            "roster_not_a_table", "这是 PDF 文件，不是表格。请找到原来的 Excel 表格或 CSV 文件再导入。"
        )
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        _check_package(data)
        return _from_workbook(data, is_header)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise _encrypted()
        data = _whole_compound_file(data)
        _check_old_workbook(data)
        return _from_workbook(data, is_header)
    return _from_text(data, is_header)


def _bytes_of(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise KnownError("roster_unreadable", f"{path} 是文件夹，请选择其中的名册文件。")
        if path.stat().st_size > MOST_BYTES:
            raise KnownError("roster_too_large", "名册文件超过 20 MB。请删去无关的列和图片，或分成几份导入。")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise KnownError("roster_missing", f"没有找到名册文件 {path}。请检查路径和文件名。") from error
    except PermissionError as error:
        raise KnownError(
            "roster_unreadable", f"没有权限读取 {path}。请检查文件权限，或关闭正打开它的程序。"
        ) from error
    except OSError as error:
        raise known_from(error) or KnownError(
            "roster_unreadable", f"读取 {path} 出错（{error.strerror}）。请把文件拷到本机硬盘后再试。"
        ) from error


# ---------------------------------------------------------------- text


def _from_text(data: bytes, is_header: IsHeader) -> Table:
    text = _decode(data)
    if text.lstrip()[:1] == "<":
        raise KnownError("roster_not_a_table", f"这个文件其实是网页，不是表格。{_SAVE_AS}")
    if "\0" in text:
        raise KnownError("roster_not_a_table", f"这个文件不是表格。{_SAVE_AS}")
    heads = {delimiter: _head(text, delimiter) for delimiter in _DELIMITERS}
    for delimiter, head in heads.items():
        for index, row in enumerate(head):
            if is_header(row):
                return Table(_whole(text, delimiter, index), index)
    widest = max((row for head in heads.values() for row in head), key=len)
    raise _no_header(widest)


def _decode(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise _truncated() from error
    marked = data.startswith(codecs.BOM_UTF8)
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        text = decoder.decode(data)
    except UnicodeDecodeError as error:
        # One spoilt byte must not turn a UTF-8 file into another encoding's nonsense.
        if marked or _mostly_utf_8(data):
            row = data.count(b"\n", 0, error.start) + 1
            raise KnownError("roster_damaged", f"名册第 {row} 行附近有损坏的文字。{_AGAIN}") from error
    else:
        if not decoder.getstate()[0]:
            return text
        if marked or not text.isascii():
            raise _truncated()
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError as error:
        if error.end == len(data):
            raise _truncated() from error
        raise KnownError("roster_not_a_table", f"这个文件的文字无法识别，可能不是表格。{_SAVE_AS}") from error


def _mostly_utf_8(data: bytes) -> bool:
    whole = data.decode("utf-8", "replace")
    return whole.count("\ufffd") * 20 < sum(not character.isascii() for character in whole)


def _head(text: str, delimiter: str) -> list[list[str]]:
    """The first rows, leniently: with the wrong delimiter quotes are bound to stand in odd places."""
    rows: list[list[str]] = []
    try:
        rows.extend(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), HEADER_WITHIN))
    except csv.Error:
        # A cell beyond all bounds. Where the delimiter is the right one, the strict reading says what is wrong.
        return rows
    return rows


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    """Rows as a spreadsheet counts them: a line break within quotes begins no new one, an empty line is one."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 1
    try:
        for row in reader:
            yield row
            number += 1
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise _truncated() from error
        raise KnownError(
            "roster_damaged", f"名册第 {number} 行的引号不成对，分不清各列。什么也没有导入。{_SAVE_AS}"
        ) from error


def _whole(text: str, delimiter: str, header: int) -> list[Sequence[Cell]]:
    rows: list[Sequence[Cell]] = []
    for row in _records(text, delimiter):
        rows.append(row)
        if len(rows) > MOST_ROWS + HEADER_WITHIN:
            raise _too_many_rows()
        if any(len(cell) > _LONGEST_CELL for cell in row):
            raise KnownError(
                "roster_damaged", f"名册第 {len(rows)} 行有一格特别长，多半是引号不成对。{_SAVE_AS}"
            )
    # Spreadsheets end every row with a line break and give every row its columns; a last row with neither was cut.
    *widths, last = [len(row) for row in rows[header:] if row]
    if not text.endswith(("\n", "\r")) and widths and last < min(widths):
        raise _truncated()
    return rows


# ---------------------------------------------------------------- workbooks


def _from_workbook(data: bytes, is_header: IsHeader) -> Table:
    # Imported here: importing a roster is rare, starting the program is not.
    import python_calamine as calamine

    try:
        book = calamine.load_workbook(io.BytesIO(data))
        names = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.typ == calamine.SheetTypeEnum.WorkSheet
            and sheet.visible == calamine.SheetVisibleEnum.Visible
        ]
        widest: Sequence[Cell] = []
        for name in names:
            rows: list[Sequence[Cell]] = list(book.get_sheet_by_name(name).iter_rows())
            for index, row in enumerate(rows[:HEADER_WITHIN]):
                widest = max(widest, row, key=_filled)
                if is_header(row):
                    others = (other for other in names if other != name)
                    unread = tuple(o for o in others if book.get_sheet_by_name(o).height > 0)
                    return Table(rows, index, unread)
    except calamine.PasswordError as error:
        raise _encrypted() from error
    except calamine.ZipError as error:
        raise _truncated() from error
    except calamine.CalamineError as error:
        raise _damaged() from error
    except BaseException as error:
        # Spoilt bytes can make the reader panic; that comes out as an exception no `except Exception` sees.
        if type(error).__name__ != "PanicException":
            raise
        raise _damaged() from error
    if not _filled(widest):
        raise KnownError("roster_empty", "工作簿里没有内容。请检查选的是不是这个文件。")
    raise _no_header(widest)


_CELL = re.compile(rb'<(?:\w+:)?c r="([A-Z]{1,3})([0-9]{1,7})"[^>]*(?<!/)>')


def _check_package(data: bytes) -> None:
    """Refuse a package that is no workbook, is cut off, or would need too much memory when unpacked."""
    if not zipfile.is_zipfile(io.BytesIO(data)):  # its directory stands at the very end
        raise _truncated()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            members = package.infolist()
            names = {member.filename for member in members}
            if "xl/workbook.xml" not in names and "xl/workbook.bin" not in names:
                raise KnownError("roster_not_a_table", f"这个文件不是 Excel 表格。{_SAVE_AS}")
            if sum(member.file_size for member in members) > MOST_UNPACKED_BYTES:
                raise KnownError(
                    "roster_too_large",
                    "这个工作簿展开后过大。请把名册单独复制到一个新工作簿，去掉图片和多余的格式后再导入。",
                )
            for member in members:
                if member.filename.startswith("xl/worksheets/") and member.filename.endswith(".xml"):
                    with package.open(member) as sheet:
                        _check_extent(iter(lambda: sheet.read(1 << 20), b""))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _damaged() from error


def _check_extent(chunks: Iterator[bytes]) -> None:
    rows = columns = 0
    rest = b""
    for chunk in chunks:
        text = rest + chunk
        for letters, number in _CELL.findall(text):
            column = 0
            for letter in letters:
                column = column * 26 + letter - 64
            rows, columns = max(rows, int(number)), max(columns, column)
        if rows > MOST_ROWS + HEADER_WITHIN:
            raise _too_many_rows()
        if rows * columns > MOST_CELLS:
            raise KnownError(
                "roster_too_large",
                f"工作表里写了东西的范围过大（{rows} 行 × {columns} 列）。请删去名册以外的内容后再导入。",
            )
        rest = text[text.rfind(b"<") :] if b"<" in text else b""


def _check_old_workbook(data: bytes) -> None:
    """Refuse an .xls whose bytes would make the reader ask for more memory than there is."""
    try:
        check_old_workbook(data, MOST_CELLS)
    except OldWorkbookError as error:
        raise _damaged() from error


_FREE = 0xFFFFFFFF
_LAST_REGULAR = 0xFFFFFFFA
_DIMENSIONS = re.compile(rb"\x00\x02\x0e\x00")


def _whole_compound_file(data: bytes) -> bytes:
    """An .xls with its last sector filled up, after a look whether every sector in use is there ([MS-CFB] 2.3)."""
    if len(data) < 1024:
        raise _truncated()
    size = 1 << struct.unpack_from("<H", data, 30)[0]
    if size not in (512, 4096):
        raise _damaged()
    sectors = len(data) // size - 1
    data = data.ljust((sectors + 1 + bool(len(data) % size)) * size, b"\0")
    # The reader asks for as much memory as these counts say and is killed where there is not so much: sectors of each
    # kind in the header, rows and columns in the DIMENSIONS record (0x0200, 14 bytes).
    counts = [struct.unpack_from("<I", data, offset)[0] for offset in (40, 44, 64, 72)]
    if max(counts) > sectors:
        raise _damaged()
    for found in _DIMENSIONS.finditer(data, 0, len(data) - 12):
        first_row, rows, first_column, columns = struct.unpack_from("<IIHH", data, found.end())
        if not (first_row <= rows <= 65_536 and first_column <= columns <= 256):
            raise _damaged()
    table = list(struct.unpack_from("<109I", data, 76))
    following, per_sector = struct.unpack_from("<I", data, 68)[0], size // 4
    for _ in range(sectors):
        if following > _LAST_REGULAR:
            break
        if following >= sectors:
            raise _truncated()
        *more, following = struct.unpack_from(f"<{per_sector}I", data, (following + 1) * size)
        table.extend(more)
    fat = [sector for sector in table if sector <= _LAST_REGULAR]
    if any(sector >= sectors for sector in fat):
        raise _truncated()
    for number, sector in enumerate(fat):
        first = number * per_sector
        entries = struct.unpack_from(f"<{per_sector}I", data, (sector + 1) * size)
        if any(entry != _FREE for entry in entries[max(0, sectors - first) :]):
            raise _truncated()
    return data


# ---------------------------------------------------------------- what is said


def _filled(row: Sequence[Cell]) -> int:
    return sum(1 for cell in row if cell != "")


def _truncated() -> KnownError:
    return KnownError("roster_truncated", f"名册文件不完整，像是没有拷贝或下载完。{_AGAIN}")


def _damaged() -> KnownError:
    return KnownError("roster_damaged", f"这个工作簿已损坏或不是 Excel 表格。{_AGAIN}")


def _encrypted() -> KnownError:
    return KnownError("roster_encrypted", "这个工作簿设了打开密码。请在 Excel 里取消密码、另存后再导入。")


def _too_many_rows() -> KnownError:
    return KnownError("roster_too_large", f"名册超过 {MOST_ROWS:,} 行。请分成几份导入。")


def _no_header(widest: Sequence[Cell]) -> KnownError:
    if _filled(widest) < 2:
        return KnownError("roster_not_a_table", f"这个文件里没有表格。{_SAVE_AS}")
    found = "、".join(str(cell)[:20] for cell in widest[:12] if cell != "")
    return KnownError(
        "roster_columns",
        f"名册里没有找到「企业名称」和「统一社会信用代码」两列。找到的是：{found}。请核对表头后再导入。",
    )
