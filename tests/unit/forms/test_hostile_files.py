"""Files as they come: what a workbook may hold, and what is refused before it can do harm."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import random
import struct
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter

from forms.old_workbook import OldWorkbookError, check_old_workbook
from forms.problems import FormError
from forms.sheets import MAX_CELLS, MAX_ROWS, read_sheets
from forms.workbook import Reading, read_form
from tests.support import old_excel

ROWS = [["type", "name", "label"], ["text", "a", "名称"], ["integer", "n", "人数"]]


def book(write: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True})
    write(made)
    made.close()
    return out.getvalue()


def form(write: Callable[[xlsxwriter.Workbook, xlsxwriter.worksheet.Worksheet], None]) -> Reading:
    """A workbook with a small form, and what `write` puts on it."""

    def whole(made: xlsxwriter.Workbook) -> None:
        survey = made.add_worksheet("survey")
        for number, row in enumerate(ROWS):
            survey.write_row(number, 0, row)
        settings = made.add_worksheet("settings")
        settings.write_row(0, 0, ["form_id", "version"])
        settings.write_row(1, 0, ["f", 1])
        write(made, survey)

    return read_form((book(whole), "f.xlsx"))


def codes(reading: Reading) -> list[str]:
    return [p.code for p in reading.problems]


# ---------------------------------------------------------------- read


def test_a_formula_counts_by_its_stored_result() -> None:
    reading = form(lambda _, s: s.write_formula(1, 2, '="单位"&"名称"', None, "单位名称"))
    assert codes(reading) == []
    assert reading.need().at("/a").label == "单位名称"


def test_a_formula_that_failed_is_told_with_its_cell() -> None:
    reading = form(lambda _, s: s.write_formula(2, 2, "=1/0", None, "#DIV/0!"))
    (found,) = reading.problems
    assert (found.code, found.sheet, found.row, found.column) == ("cell_error", "survey", 3, "label")
    assert "#DIV/0!" in found.message


def test_an_error_value_in_an_old_workbook_is_told_too() -> None:
    error = old_excel._record(0x205, struct.pack("<HHHBB", 1, 2, 0, 0x2A, 1))
    data = old_excel.workbook(ROWS, "survey")
    stream = data[512:]
    name = old_excel._record(0x204, struct.pack("<HHHHB", 1, 2, 0, 2, 1) + "名称".encode("utf-16-le"))
    spoilt = stream.replace(name, error + old_excel._record(0x99, b"\0"))
    assert spoilt != stream
    (found,) = [p for p in read_form((data[:512] + spoilt, "f.xls")).problems if p.code == "cell_error"]
    assert (found.row, found.column) == (2, "label")
    assert "#N/A" in found.message


def test_merged_cells_count_at_their_first() -> None:
    def merge(_: xlsxwriter.Workbook, survey: xlsxwriter.worksheet.Worksheet) -> None:
        survey.merge_range(3, 0, 4, 2, "note")
        survey.write_row(3, 1, ["m", "说明"])

    assert codes(form(merge)) == []
    assert form(merge).need().at("/m").label == "说明"


def test_hidden_sheets_are_read_and_charts_passed_over() -> None:
    def hide(made: xlsxwriter.Workbook, survey: xlsxwriter.worksheet.Worksheet) -> None:
        survey.write_row(3, 0, ["select_one l", "c", "选"])
        choices = made.add_worksheet("choices")
        choices.write_row(0, 0, ["list_name", "name", "label"])
        choices.write_row(1, 0, ["l", 1, "一"])
        choices.hide()
        chart = made.add_chart({"type": "line"})
        chart.add_series({"values": "=survey!$A$1:$A$2"})
        made.add_chartsheet("图").set_chart(chart)

    reading = form(hide)
    assert codes(reading) == []
    assert [c.name for c in reading.need().choices["l"]] == ["1"]


def test_numbers_dates_and_truths_are_read_as_they_are_seen() -> None:
    def write(made: xlsxwriter.Workbook, survey: xlsxwriter.worksheet.Worksheet) -> None:
        survey.write_row(0, 3, ["default", "required"])
        survey.write(1, 3, 12.0)
        survey.write(1, 4, True)
        survey.write_datetime(2, 3, dt.datetime(2026, 1, 31), made.add_format({"num_format": "yyyy-mm-dd"}))

    sheet = read_sheets(book(lambda made: write(made, made.add_worksheet("survey"))), "f.xlsx")[0]
    assert sheet.cells[1][3:] == ("12", "TRUE")
    assert sheet.cells[2][3] == "2026-01-31"


def test_an_old_workbook_is_read() -> None:
    sheet = read_sheets(
        old_excel.workbook([*ROWS, ["date", "d", dt.date(2026, 1, 31)], ["", "", 2.5]]), "f.xls"
    )[0]
    assert sheet.cells[:3] == tuple(map(tuple, ROWS))
    assert sheet.cells[3][2] == "2026-01-31"
    assert sheet.cells[4][2] == "2.5"


# ---------------------------------------------------------------- refused


def test_a_sheet_of_a_million_rows_is_refused() -> None:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"constant_memory": True})
    survey = made.add_worksheet("survey")
    survey.write_row(0, 0, ["type", "name"])
    survey.write_string(1_048_575, 0, "text")
    made.close()
    (found,) = read_form((out.getvalue(), "f.xlsx")).problems
    assert found.code == "sheet_too_big"
    assert "1048576 行" in found.message


def test_rows_without_references_are_counted_too() -> None:
    """`<row><c><v>` may leave out where it stands: then the parser counts, and so do we."""
    rows = "<row><c><v>1</v></c></row>" * (MAX_ROWS + 2)
    sheet = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'
    out = io.BytesIO()
    small = book(lambda made: made.add_worksheet("survey").write(0, 0, "type") and None)
    with (
        zipfile.ZipFile(io.BytesIO(small)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for info in source.infolist():
            here = info.filename == "xl/worksheets/sheet1.xml"
            target.writestr(info, sheet.encode() if here else source.read(info), zipfile.ZIP_DEFLATED)
    assert codes(read_form((out.getvalue(), "f.xlsx"))) == ["sheet_too_big"]


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("name", ["f.xlsx", "f.xls"])
def test_a_file_that_was_cut_off_is_refused(name: str, part: float) -> None:
    whole = (
        old_excel.workbook(ROWS)
        if name == "f.xls"
        else book(lambda made: made.add_worksheet("survey").write_row(0, 0, ROWS[0]) and None)
    )
    reading = read_form((whole[: int(len(whole) * part)], name))
    assert reading.form is None
    assert codes(reading) == ["workbook_damaged"]


def test_an_encrypted_workbook_is_told_as_such() -> None:
    data = old_excel.compound_file({"EncryptedPackage": b"x" * 5000, "EncryptionInfo": b"y"})
    (found,) = read_form((data, "f.xlsx")).problems
    assert found.code == "workbook_encrypted"
    assert "密码" in found.message


def test_a_zip_with_a_password_is_told_as_such() -> None:
    data = bytearray(book(lambda made: made.add_worksheet("survey").write(0, 0, "type") and None))
    place = data.index(b"PK\x01\x02")
    data[place + 8] |= 1
    assert codes(read_form((bytes(data), "f.xlsx"))) == ["workbook_encrypted"]


# ---------------------------------------------------------------- spoilt .xls: what memory is asked by


def spoilt(what: str) -> bytes:
    data = bytearray(old_excel.workbook(ROWS))
    dimensions = data.index(b"\x00\x02\x0e\x00") + 4
    cell = data.index(struct.pack("<HH", 0x204, 7 + 8 + 2)[:2], dimensions) + 4
    match what:
        case "sectors":
            struct.pack_into("<I", data, 44, 0x7FFFFFFF)
        case "rows":
            struct.pack_into("<I", data, dimensions + 4, 0x7FFFFFFF)
        case "backwards":
            struct.pack_into("<I", data, dimensions, 0x8000)
        case "column":
            struct.pack_into("<H", data, cell + 2, 0xFFFF)
        case "stream":
            struct.pack_into("<I", data, data.index("Workbook".encode("utf-16-le")) + 120, 0x7FFFFFFF)
        case "sheet":
            record = data.index(struct.pack("<H", 0x85))
            struct.pack_into("<I", data, record + 4, 0x7FFFFFFF)
    return bytes(data)


@pytest.mark.parametrize("what", ["sectors", "rows", "backwards", "column", "stream"])
def test_an_old_workbook_that_would_ask_for_all_memory_is_refused(what: str) -> None:
    with pytest.raises(OldWorkbookError):
        check_old_workbook(spoilt(what), MAX_CELLS)
    assert codes(read_form((spoilt(what), "f.xls"))) == ["workbook_damaged"]


def test_an_old_workbook_whose_cells_stand_far_apart_is_refused_with_their_extent() -> None:
    data = bytearray(old_excel.workbook(ROWS))
    dimensions = data.index(b"\x00\x02\x0e\x00") + 4
    struct.pack_into("<IIHH", data, dimensions, 0, 65_536, 0, 256)
    (found,) = read_form((bytes(data), "f.xls")).problems
    assert found.code == "sheet_too_big"
    assert "65536 行 × 256 列" in found.message


def test_shared_texts_beyond_all_bytes_are_refused() -> None:
    body = old_excel._begin(0x05) + old_excel._record(0xFC, struct.pack("<II", 3, 0x7FFFFFFF))
    data = old_excel.compound_file({"Workbook": body + old_excel._record(0x0A, b"")})
    with pytest.raises(OldWorkbookError):
        check_old_workbook(data, MAX_CELLS)


@pytest.mark.parametrize("seed", range(40))
def test_spoilt_bytes_are_read_or_refused_and_nothing_else(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(old_excel.workbook(ROWS))
    for _ in range(chance.choice([1, 3, 20])):
        data[chance.randrange(len(data))] = chance.choice([0, 127, 128, 255])
    with contextlib.suppress(FormError):
        assert read_sheets(bytes(data), "f.xls") is not None
