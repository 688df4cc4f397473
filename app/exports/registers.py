"""A register as a workbook: the lines as they stand on the page, their sums below, numbers as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from app.domain.record_facts import number
from app.errors import KnownError, known_from
from app.services.registers import Column, RecordLine, RegisterTable, sums

HEAD = ("编号", "企业", "日期", "填表人", "进展")
WIDEST = 48


def write_register(path: Path, table: RegisterTable, lines: Sequence[RecordLine], told: str) -> Path:
    """Write the lines to `path` (.xlsx) and give it back. `told` is the note of period and moment below the title.

    KnownError where the file cannot be written: open in another program, no room.
    """
    try:
        _write(path, table, lines, told)
    except (OSError, xlsxwriter.exceptions.FileCreateError) as error:
        inner = error if isinstance(error, OSError) else error.args[0]
        known = known_from(inner) if isinstance(inner, OSError) else None
        if known is not None:
            raise known from error
        raise KnownError(
            "not_written", f"写不了文件「{path.name}」。请关掉正打开它的程序，或换一个位置再导出。"
        ) from error
    return path


def _write(path: Path, table: RegisterTable, lines: Sequence[RecordLine], told: str) -> None:
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    try:
        sheet = book.add_worksheet(_sheet_name(table.form.title))
        looks = {
            "title": book.add_format({"bold": True, "font_size": 14}),
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "sum": book.add_format({"bold": True, "top": 1}),
        }
        head = [*(HEAD if table.stages else HEAD[:-1]), *(column.title for column in table.columns)]
        sheet.write_string(0, 0, table.form.title, looks["title"])
        sheet.write_string(1, 0, told)
        for place, word in enumerate(head):
            sheet.write_string(2, place, word, looks["head"])
        rows = [_cells(table, line) for line in lines]
        for number_, cells in enumerate(rows, start=3):
            for place, cell in enumerate(cells):
                _put(sheet, number_, place, cell)
        _sum_row(sheet, table, lines, 3 + len(rows), looks["sum"])
        for place, word in enumerate(head):
            widest = max([len(word), *(len(str(cells[place])) for cells in rows)])
            sheet.set_column(place, place, min(WIDEST, 4 + 1.7 * widest))
        sheet.freeze_panes(3, 2)
        sheet.autofilter(2, 0, max(3, 2 + len(rows)), len(head) - 1)
        sheet.set_landscape()
        sheet.repeat_rows(2)
        sheet.fit_to_pages(1, 0)
    finally:
        book.close()


def _cells(table: RegisterTable, line: RecordLine) -> list[Any]:
    head: list[Any] = [line.number, line.enterprise_name, line.day, line.made_by_name]
    if table.stages:
        head.append(line.stage_word)
    return [*head, *(_cell(column, line) for column in table.columns)]


def _cell(column: Column, line: RecordLine) -> Any:
    if column.kind == "number":
        found = number(line.raw.get(column.path))
        if found is not None:
            return found
    text = line.cells.get(column.path, "")
    return "" if text == "—" else text


def _put(sheet: Any, row: int, place: int, cell: Any) -> None:
    if isinstance(cell, Decimal):
        sheet.write_number(row, place, cell)
    elif cell:
        sheet.write_string(row, place, str(cell))


def _sum_row(sheet: Any, table: RegisterTable, lines: Sequence[RecordLine], row: int, look: Any) -> None:
    first = len(HEAD) if table.stages else len(HEAD) - 1
    totals = {one.label: one for one in sums(table.columns, lines)}
    sheet.write_string(row, 0, f"合计 {len(lines)} 条", look)
    for place, column in enumerate(table.columns, start=first):
        if column.summed:
            sheet.write_number(row, place, totals[column.label].total, look)


def _sheet_name(title: str) -> str:
    """What a workbook takes as a sheet's name: 31 characters, none of `[]:*?/\\`."""
    kept = "".join(sign for sign in title if sign not in "[]:*?/\\'")
    return kept[:31] or "台账"
