"""What a roster's file may be, and what is said of the files that are none."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from app.domain import credit_code
from app.errors import KnownError
from app.imports import tables
from app.imports.roster import Roster, read_roster
from tests.support import old_excel


def code(number: int) -> str:
    body = f"91360313{number:08d}"
    first_17 = body + credit_code.organisation_check(body[8:])
    return first_17 + credit_code.check_character(first_17)


def lines(delimiter: str = ",", count: int = 3, end: str = "\r\n") -> str:
    rows = [["企业名称", "统一社会信用代码", "经营范围", "注册地址"]]
    rows += [[f"第{n}厂", code(n), '"填料，生产"', f"产业园{n}号"] for n in range(1, count + 1)]
    return "".join(delimiter.join(row) + end for row in rows)


def workbook(count: int = 3, sheet: str = "名单") -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet(sheet)
    for number, line in enumerate(lines(count=count).splitlines()):
        page.write_row(number, 0, [cell.strip('"') for cell in line.split(",")])
    book.close()
    return out.getvalue()


def read(folder: Path, data: bytes, name: str = "roster") -> Roster:
    (folder / name).write_bytes(data)
    return read_roster(folder / name)


def refusal(folder: Path, data: bytes) -> KnownError:
    with pytest.raises(KnownError) as caught:
        read(folder, data)
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_text_in_the_encodings_and_delimiters_of_offices(
    tmp_path: Path, encoding: str, delimiter: str, end: str
) -> None:
    roster = read(tmp_path, lines(delimiter, end=end).encode(encoding))
    assert [row.fields for row in roster.rows] == [
        {
            "name": f"第{n}厂",
            "credit_code": code(n),
            "business_scope": "填料，生产",
            "address": f"产业园{n}号",
        }
        for n in (1, 2, 3)
    ]


def test_no_line_break_at_the_end_is_no_fault(tmp_path: Path) -> None:
    assert read(tmp_path, lines().rstrip().encode()).total == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_cut_within_quotes(tmp_path: Path, encoding: str) -> None:
    whole = lines().encode(encoding)
    cut = whole[: whole.rindex(b'"') - 2]
    assert refusal(tmp_path, cut).code == "roster_truncated"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_cut_within_a_character(tmp_path: Path, encoding: str) -> None:
    whole = lines().rstrip().encode(encoding)
    cut = whole[
        : whole.rindex("号".encode({"utf-16": "utf-16-le", "gb18030": "gb18030"}.get(encoding, "utf-8"))) + 1
    ]
    assert refusal(tmp_path, cut).code == "roster_truncated"


def test_a_csv_cut_between_two_columns(tmp_path: Path) -> None:
    whole = lines()
    assert refusal(tmp_path, whole[: whole.rindex(code(3)) + 9].encode()).code == "roster_truncated"


def test_spreadsheets_may_leave_out_empty_cells_at_the_end_of_a_row(tmp_path: Path) -> None:
    text = lines() + f"第4厂,{code(4)}\r\n" + f"第5厂,{code(5)}"
    assert read(tmp_path, text.encode()).total == 5


def test_a_spoilt_byte_is_named_with_its_row(tmp_path: Path) -> None:
    data = bytearray(lines(count=30).encode())
    data[data.index("第9厂".encode()) + 1] = 0xFF
    error = refusal(tmp_path, bytes(data))
    assert error.code == "roster_damaged"
    assert "第 10 行" in error.text


def test_quotes_that_do_not_match_are_named_with_their_row(tmp_path: Path) -> None:
    error = refusal(tmp_path, lines().replace('"填料，生产",产业园2号', '"填料"，生产,产业园2号').encode())
    assert error.code == "roster_damaged"
    assert "第 3 行" in error.text


def test_a_quote_that_never_ends_in_a_large_file(tmp_path: Path) -> None:
    text = lines(count=9000).replace('"填料，生产",产业园2号', '"填料，生产,产业园2号', 1).replace('"', "", 2)
    error = refusal(
        tmp_path, (text.partition("第3厂")[0] + text.partition("第3厂")[2].replace('"', "")).encode()
    )
    assert error.code == "roster_damaged"
    assert "第 3 行" in error.text


@pytest.mark.parametrize(
    ("data", "problem", "says"),
    [
        (b"", "roster_empty", "空"),
        (b"\xef\xbb\xbf\r\n \r\n", "roster_empty", "空"),
        (lines(count=0).encode(), "roster_empty", "只有表头"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "roster_not_a_table", "PDF"),
        ("<html><table><tr><td>企业名称".encode(), "roster_not_a_table", "网页"),
        ("这是一封信，\n没有表格。".encode(), "roster_not_a_table", "没有表格"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "roster_not_a_table", "不是表格"),
        ("企业名称,地址\n甲厂,一路\n".encode(), "roster_columns", "企业名称、地址"),
        (old_excel.compound_file({"WordDocument": b"x" * 5000}), "roster_damaged", "不是 Excel"),
        (old_excel.compound_file({"EncryptedPackage": b"x" * 5000}), "roster_encrypted", "密码"),
        (old_excel.workbook([["企业名称", "地址"], ["甲厂", "一路"]]), "roster_columns", "企业名称、地址"),
    ],
)
def test_files_that_are_no_roster(tmp_path: Path, data: bytes, problem: str, says: str) -> None:
    error = refusal(tmp_path, data)
    assert error.code == problem
    assert says in error.text


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_cut_off_workbooks(tmp_path: Path, share: float) -> None:
    xlsx, xls = workbook(), old_excel.workbook([["企业名称", "统一社会信用代码"], ["甲厂", code(1)]])
    assert refusal(tmp_path, xlsx[: int(len(xlsx) * share)]).code == "roster_truncated"
    assert refusal(tmp_path, xls[: int(len(xls) * share)]).code == "roster_truncated"


def test_a_workbook_spoilt_within(tmp_path: Path) -> None:
    data = bytearray(workbook(count=200))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as package:
        at = package.getinfo("xl/worksheets/sheet1.xml").header_offset + 80
    data[at : at + 200] = bytes(200)
    assert refusal(tmp_path, bytes(data)).code == "roster_damaged"


def test_a_document_of_another_program(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("word/document.xml", "<w:document/>")
    assert refusal(tmp_path, out.getvalue()).code == "roster_not_a_table"


def test_an_empty_workbook(tmp_path: Path) -> None:
    out = io.BytesIO()
    xlsxwriter.Workbook(out).close()
    assert refusal(tmp_path, out.getvalue()).code == "roster_empty"


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    out = io.BytesIO(workbook())
    with (
        zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as package,
        package.open("xl/media/image1.bmp", "w") as member,
    ):
        for _ in range(320):
            member.write(bytes(1_000_000))
    assert len(out.getvalue()) < 1_000_000
    error = refusal(tmp_path, out.getvalue())
    assert error.code == "roster_too_large"
    assert "展开后过大" in error.text


def test_a_stray_cell_far_out_does_not_take_all_memory(tmp_path: Path) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["企业名称", "统一社会信用代码"])
    sheet.write(99_999, 16_383, "x")
    book.close()
    error = refusal(tmp_path, out.getvalue())
    assert error.code == "roster_too_large"
    assert "16384 列" in error.text


def test_formatted_but_empty_cells_far_out_do_no_harm(tmp_path: Path) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["企业名称", "统一社会信用代码"])
    sheet.write_row(1, 0, ["甲厂", code(1)])
    sheet.write_blank(1_048_575, 16_383, None, book.add_format({"bold": True}))
    book.close()
    assert read(tmp_path, out.getvalue()).total == 1


def test_too_many_rows(tmp_path: Path) -> None:
    text = "企业名称,统一社会信用代码\n" + "甲,\n" * (tables.MOST_ROWS + 20)
    assert refusal(tmp_path, text.encode()).code == "roster_too_large"


def test_too_many_bytes(tmp_path: Path) -> None:
    with (tmp_path / "big.csv").open("wb") as file:
        file.truncate(tables.MOST_BYTES + 1)
    with pytest.raises(KnownError) as caught:
        read_roster(tmp_path / "big.csv")
    assert caught.value.code == "roster_too_large"


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(KnownError) as missing:
        read_roster(tmp_path / "没有.csv")
    assert missing.value.code == "roster_missing"
    assert "没有.csv" in missing.value.text
    with pytest.raises(KnownError) as folder:
        read_roster(tmp_path)
    assert folder.value.code == "roster_unreadable"


def test_the_name_of_a_file_says_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, workbook(), "roster.csv").total == 3
    assert read(tmp_path, lines().encode("gb18030"), "roster.xlsx").total == 3
