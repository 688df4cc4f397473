"""The figures of a period as a workbook: numbers as numbers, with what each counts, the periods before, and the note."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import xlsxwriter

from app.domain.figures import Unit, plain
from app.errors import KnownError, known_from
from app.figures import figure_texts
from app.services.figures_page import StatisticsPage
from app.services.figures_reports import Reports

FIGURES = (
    ("编号", 14), ("分组", 14), ("指标", 22), ("数值", 12), ("单位", 10), ("分子", 12), ("分母", 12),
    ("分子是", 40), ("分母是", 40), ("统计期的含义", 44),
)  # fmt: skip
SCALE = {Unit.AMOUNT: 1_000_000, Unit.AREA: 1000}


def write_figures(path: Path, shown: StatisticsPage) -> Path:
    """Write to `path` (.xlsx) and give it back. KnownError where the file cannot be written."""
    return _safely(path, partial(_write, shown=shown))


def write_reports(path: Path, found: Reports) -> Path:
    """The fixed reports, a sheet each. KnownError where the file cannot be written."""
    return _safely(path, partial(_write_reports, found=found))


def _safely(path: Path, write: Callable[[Path], None]) -> Path:
    try:
        write(path)
    except (OSError, xlsxwriter.exceptions.FileCreateError) as error:
        inner = error if isinstance(error, OSError) else error.args[0]
        known = known_from(inner) if isinstance(inner, OSError) else None
        if known is not None:
            raise known from error
        raise KnownError(
            "not_written", f"写不了文件「{path.name}」。请关掉正打开它的程序，或换一个位置再导出。"
        ) from error
    return path


def _book(path: Path) -> tuple[Any, dict[str, Any]]:
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    return book, {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "two": book.add_format({"num_format": "0.00", "valign": "top"}),
        "plain": book.add_format({"valign": "top"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
    }


def _write_reports(path: Path, found: Reports) -> None:
    book, looks = _book(path)
    try:
        for report in found.tables:
            sheet = book.add_worksheet(report.name)
            _begin(sheet, report.title, found.note, list(report.heads), looks)
            for row, cells in enumerate(report.rows, start=3):
                for place, cell in enumerate(cells):
                    if isinstance(cell, int):
                        sheet.write_number(row, place, cell, looks["plain"])
                    else:
                        sheet.write_string(row, place, cell, looks["wrap"])
            sheet.autofilter(2, 0, max(3, 2 + len(report.rows)), len(report.heads) - 1)
    finally:
        book.close()


def _write(path: Path, shown: StatisticsPage) -> None:
    book, looks = _book(path)
    try:
        title = f"{shown.scope.word} {shown.period.words} 统计"
        _figures(book.add_worksheet("指标"), shown, title, looks)
        _history(book.add_worksheet("最近六期"), shown, title, looks)
    finally:
        book.close()


def _begin(sheet: Any, title: str, note: str, heads: list[tuple[str, int]], looks: dict[str, Any]) -> None:
    sheet.write_string(0, 0, title, looks["title"])
    sheet.write_string(1, 0, note)
    for place, (word, width) in enumerate(heads):
        sheet.write_string(2, place, word, looks["head"])
        sheet.set_column(place, place, width)
    sheet.freeze_panes(3, 3)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.repeat_rows(2)
    sheet.fit_to_pages(1, 0)


def _figures(sheet: Any, shown: StatisticsPage, title: str, looks: dict[str, Any]) -> None:
    texts = figure_texts()
    _begin(sheet, title, shown.note, list(FIGURES), looks)
    for row, card in enumerate(shown.cards, start=3):
        figure, text = shown.figures[card.id], texts.of[card.id]
        for place, word in enumerate((card.id, texts.groups[card.group], card.name)):
            sheet.write_string(row, place, word, looks["plain"])
        _value(sheet, row, 3, card.value, looks)
        sheet.write_string(row, 4, card.unit, looks["plain"])
        scale = SCALE.get(figure.definition.unit, 1)
        sheet.write_number(row, 5, (plain(figure.measure.numerator) or 0) / scale, looks["plain"])
        if figure.measure.denominator is not None:
            sheet.write_number(row, 6, plain(figure.measure.denominator), looks["plain"])
        for place, word in enumerate((text.numerator, text.denominator, text.period), start=7):
            sheet.write_string(row, place, word, looks["wrap"])


def _history(sheet: Any, shown: StatisticsPage, title: str, looks: dict[str, Any]) -> None:
    """Of what hangs on the period; what is said of the moment has no history."""
    heads = [("编号", 14), ("指标", 24), ("单位", 10), *((period.text, 12) for period in shown.history)]
    _begin(sheet, title, shown.note, heads, looks)
    for row, card in enumerate((card for card in shown.cards if not card.standing), start=3):
        for place, word in enumerate((card.id, card.name, card.unit)):
            sheet.write_string(row, place, word, looks["plain"])
        for place, told in enumerate(card.told, start=3):
            _value(sheet, row, place, told.partition("：")[2].split(" ")[0], looks)


def _value(sheet: Any, row: int, place: int, text: str, looks: dict[str, Any]) -> None:
    """As it is shown: rounded figures as numbers, the dash as a dash."""
    try:
        number = float(text)
    except ValueError:
        sheet.write_string(row, place, text, looks["plain"])
        return
    sheet.write_number(row, place, number, looks["two" if "." in text else "plain"])
