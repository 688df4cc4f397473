"""What one row of a roster becomes: fields, notes and refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from app.domain import credit_code
from app.domain.enterprise import Enterprise
from app.imports.roster import COLUMNS, Roster, read_roster
from tests.support import old_excel

HEADER = [names[0] for names in COLUMNS.values()]
"""企业名称, 统一社会信用代码, 注册日期, 企业类型, 注册资金, 经营范围, 所在省份, 地区, 注册地址"""


def code(number: int) -> str:
    """A valid credit code of its own for every number."""
    body = f"91360313{number:08d}"
    first_17 = body + credit_code.organisation_check(body[8:])
    return first_17 + credit_code.check_character(first_17)


def row(number: int = 1, **cells: object) -> dict[str, object]:
    """A faultless row, altered where said; the keys are the fields of COLUMNS."""
    whole: dict[str, object] = {
        "name": f"示例第{number}制造有限公司",
        "credit_code": code(number),
        "registered_on": "2011-03-18",
        "ownership": "有限责任公司",
        "registered_capital": "1,680(万元人民币)",
        "business_scope": "工业陶瓷、化工填料的生产、销售",
        "province": "江西",
        "region": "萍乡",
        "address": "产业园B区1-168号",
    }
    return whole | cells


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Roster]:
    """Reads rows (as of `row`) that were written to a CSV file under the usual header."""

    def read(*rows: dict[str, object], header: list[str] | None = None) -> Roster:
        lines = [header or HEADER, *([str(cell) for cell in one.values()] for one in rows)]
        text = "".join(
            ",".join('"' + cell.replace('"', '""') + '"' for cell in line) + "\r\n" for line in lines
        )
        path = tmp_path / "名册.csv"
        path.write_text(text, encoding="utf-8", newline="")
        return read_roster(path)

    return read


def told(roster: Roster) -> list[tuple[int, str, str, bool]]:
    return [(problem.row, problem.column, problem.code, problem.refused) for problem in roster.problems]


def test_a_faultless_row(read: Callable[..., Roster]) -> None:
    roster = read(row())
    assert roster.problems == ()
    assert (roster.total, roster.refused) == (1, 0)
    (only,) = roster.rows
    assert only.row == 2
    assert only.fields == {
        "name": "示例第1制造有限公司",
        "credit_code": code(1),
        "registered_on": "2011-03-18",
        "ownership": "有限责任公司",
        "registered_capital_fen": 1_680_000_000,
        "registered_capital_currency": "CNY",
        "registered_capital_text": "1,680(万元人民币)",
        "business_scope": "工业陶瓷、化工填料的生产、销售",
        "province": "江西",
        "region": "萍乡",
        "address": "产业园B区1-168号",
    }
    assert Enterprise.model_validate({"id": "x", **only.fields}).to_body() == {
        "id": "x",
        "visit_cycle": "quarter",
        **only.fields,
    }


@pytest.mark.parametrize(
    ("written", "fen", "currency", "note"),
    [
        ("3,407.96(万美元)", 3_407_960_000, "USD", None),
        ("91.6万人民币", 91_600_000, "CNY", None),
        ("４，５２８（万元人民币）", 4_528_000_000, "CNY", None),
        ("1,000(万)", 1_000_000_000, "CNY", "amount_currency_assumed"),
        ("5000", 500_000, "CNY", "amount_unit_assumed"),
        ("约五千万", None, None, "amount_unreadable"),
        ("-3(万元)", None, None, "amount_unreadable"),
        ("99999999999999999999(亿元)", None, None, "amount_unreadable"),
    ],
)
def test_amounts(
    read: Callable[..., Roster], written: str, fen: int | None, currency: str | None, note: str | None
) -> None:
    roster = read(row(registered_capital=written))
    fields = roster.rows[0].fields
    assert fields["registered_capital_text"] == written
    assert fields.get("registered_capital_fen") == fen
    assert fields.get("registered_capital_currency") == currency
    assert told(roster) == ([(2, "注册资金", note, False)] if note else [])


@pytest.mark.parametrize("nothing", ["N/A", "n/a", "", "—", "无", "Ｎ／Ａ", "#N/A", "  ", "暂无"])
def test_what_says_nothing_is_absent_without_a_note(read: Callable[..., Roster], nothing: str) -> None:
    optional = [name for name in COLUMNS if name not in ("name", "credit_code")]
    roster = read(row(**dict.fromkeys(optional, nothing)))
    assert roster.problems == ()
    assert set(roster.rows[0].fields) == {"name", "credit_code"}


@pytest.mark.parametrize(
    "written",
    [
        "2011-03-18",
        "2011/3/18",
        "2011.03.18",
        "2011年3月18日",
        "20110318",
        "２０１１-０３-１８",
        "2011-03-18 00:00:00",
    ],
)
def test_dates(read: Callable[..., Roster], written: str) -> None:
    roster = read(row(registered_on=written))
    assert roster.problems == ()
    assert roster.rows[0].fields["registered_on"] == "2011-03-18"


@pytest.mark.parametrize(
    "written", ["2011-02-30", "18/03/2011", "2011-03/18", "去年", "0011-03-18", "201103"]
)
def test_a_bad_date_is_left_out_with_a_note(read: Callable[..., Roster], written: str) -> None:
    roster = read(row(registered_on=written))
    assert told(roster) == [(2, "注册日期", "date_unreadable", False)]
    assert written in roster.problems[0].message
    assert "registered_on" not in roster.rows[0].fields


def test_the_code_is_made_plain(read: Callable[..., Roster]) -> None:
    wide = "".join(chr(ord(character) + 0xFEE0) for character in code(7).lower())
    roster = read(row(1, credit_code=f"'{code(1)}"), row(7, credit_code=f" {wide[:9]}　{wide[9:]} "))
    assert roster.problems == ()
    assert [one.fields["credit_code"] for one in roster.rows] == [code(1), code(7)]


def test_without_a_code_the_row_is_taken_with_a_note(read: Callable[..., Roster]) -> None:
    roster = read(row(credit_code="N/A"), row(2, credit_code="TMP-K3F9-0012"))
    assert told(roster) == [(2, "统一社会信用代码", "credit_code_missing", False)]
    assert "credit_code" not in roster.rows[0].fields
    assert roster.rows[1].fields["credit_code"] == "TMP-K3F9-0012"


@pytest.mark.parametrize(
    ("spoilt", "problem"),
    [
        (code(1)[:-1], "credit_code_length"),
        (code(1)[:17] + "I", "credit_code_character"),
        (code(1)[:17] + ("0" if code(1)[17] != "0" else "1"), "credit_code_check"),
        ("9.13603E+17", "credit_code_rounded"),
    ],
)
def test_a_wrong_code_is_refused(read: Callable[..., Roster], spoilt: str, problem: str) -> None:
    roster = read(row(1, credit_code=spoilt), row(2))
    assert told(roster) == [(2, "统一社会信用代码", problem, True)]
    check = credit_code.check(spoilt)
    if problem != "credit_code_rounded":
        assert check is not None
        assert roster.problems[0].message == check.text
    assert [one.row for one in roster.rows] == [3]
    assert (roster.total, roster.refused) == (2, 1)


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"name": "N/A"}, "name_missing"),
        ({"name": " 合 计 ", "credit_code": ""}, "not_an_enterprise"),
        ({"name": "企业名称", "credit_code": "统一社会信用代码"}, "not_an_enterprise"),
        ({"name": "长" * 201}, "name_too_long"),
    ],
)
def test_rows_that_name_no_enterprise(
    read: Callable[..., Roster], cells: dict[str, object], problem: str
) -> None:
    roster = read(row(1, **cells))
    assert told(roster) == [(2, "企业名称", problem, True)]
    assert roster.rows == ()


def test_the_first_of_two_equal_codes_is_kept(read: Callable[..., Roster]) -> None:
    roster = read(row(1), row(2), row(3, credit_code=code(1).lower()), row(4, credit_code=code(1)))
    assert told(roster) == [(row, "统一社会信用代码", "duplicate_code", True) for row in (4, 5)]
    assert all("第 2 行" in problem.message for problem in roster.problems)
    assert [one.row for one in roster.rows] == [2, 3]


def test_a_refused_row_does_not_count_as_the_first(read: Callable[..., Roster]) -> None:
    roster = read(row(1, name=""), row(1))
    assert [one.row for one in roster.rows] == [3]


def test_the_same_name_twice_without_a_code(read: Callable[..., Roster]) -> None:
    roster = read(row(1, credit_code=""), row(1, credit_code=""), row(1))
    assert [one.row for one in roster.rows] == [2, 4]
    assert (3, "企业名称", "duplicate_name", True) in told(roster)


def test_names_keep_their_wide_brackets_and_lose_stray_blanks(read: Callable[..., Roster]) -> None:
    roster = read(row(name="　示例\u200b中心（有限合伙）\r\n 一分店 "))
    assert roster.rows[0].fields["name"] == "示例中心（有限合伙） 一分店"


def test_text_is_kept_in_nfc(read: Callable[..., Roster]) -> None:
    roster = read(row(name="Cafe\u0301工厂"))
    assert roster.rows[0].fields["name"] == "Caf\u00e9工厂"


def test_columns_in_any_order_under_other_names(read: Callable[..., Roster]) -> None:
    header = ["序号", "社会信用代码", "住  所", "公司名称*", "注册资本（万元）", "成立时间", "备注"]
    cells = {
        str(index): value
        for index, value in enumerate(["1", code(1), "一路 1 号", "甲厂", "91.6", "20110318", ""])
    }
    roster = read(cells, header=header)
    assert roster.rows[0].fields == {
        "name": "甲厂",
        "credit_code": code(1),
        "address": "一路 1 号",
        "registered_on": "2011-03-18",
        "registered_capital_fen": 91_600_000,
        "registered_capital_currency": "CNY",
        "registered_capital_text": "91.6(万元)",
    }
    assert [problem for problem in told(roster) if problem[2] == "column_unknown"] == [
        (1, "序号", "column_unknown", False),
        (1, "备注", "column_unknown", False),
    ]
    assert {column for _, column, kind, _ in told(roster) if kind == "column_missing"} == {
        "企业类型",
        "经营范围",
        "所在省份",
        "地区",
    }


def test_two_columns_of_one_meaning(read: Callable[..., Roster]) -> None:
    roster = read(
        {"0": "甲厂", "1": code(1), "2": "旧址", "3": "新址"},
        header=["企业名称", "统一社会信用代码", "地址", "注册地址"],
    )
    assert roster.rows[0].fields["address"] == "新址"
    assert (1, "地址", "column_repeated", False) in told(roster)


def test_a_row_whose_columns_have_shifted_is_refused(read: Callable[..., Roster], tmp_path: Path) -> None:
    path = tmp_path / "shifted.csv"
    path.write_text(
        f"企业名称,统一社会信用代码,经营范围,注册地址\n甲厂,{code(1)},养殖,销售,一路\n乙厂,{code(2)},养殖\n半行\n",
        encoding="utf-8",
    )
    roster = read_roster(path)
    assert [problem[:3] for problem in told(roster) if problem[3]] == [
        (2, "企业名称", "row_columns"),
        (4, "企业名称", "row_columns"),
    ]
    assert [one.row for one in roster.rows] == [3]


def test_rows_are_counted_as_a_spreadsheet_does(read: Callable[..., Roster], tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text(
        f'2026 年名册,,\n企业名称,统一社会信用代码,注册地址\n\n"甲\n厂",{code(1)},"一路\n1 号"\n,,\n乙厂,坏,二路\n',
        encoding="utf-8",
    )
    roster = read_roster(path)
    assert [one.row for one in roster.rows] == [4]
    assert [problem.row for problem in roster.problems if problem.refused] == [6]
    assert {problem.row for problem in roster.problems if not problem.refused} == {2}
    assert roster.total == 2


def write_xlsx(path: Path, *sheets: list[list[object]]) -> Path:
    book = xlsxwriter.Workbook(str(path))
    day = book.add_format({"num_format": "yyyy/m/d"})
    for index, rows in enumerate(sheets):
        sheet = book.add_worksheet(f"表{index + 1}")
        for number, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, cell, day)
                else:
                    sheet.write(number, column, cell)
    book.close()
    return path


def test_a_workbook_gives_what_the_csv_gives(read: Callable[..., Roster], tmp_path: Path) -> None:
    rows = [
        row(1),
        row(2, credit_code="坏"),
        row(3, registered_capital="N/A"),
        row(4, registered_capital="1,000(万)"),
    ]
    cells = [HEADER, *([*one.values()] for one in rows)]
    expected = read(*rows)
    assert read_roster(write_xlsx(tmp_path / "a.xlsx", cells)) == expected
    (tmp_path / "a.xls").write_bytes(old_excel.workbook(cells))  # type: ignore[arg-type]
    assert read_roster(tmp_path / "a.xls") == expected


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_typed_cells(tmp_path: Path, kind: str) -> None:
    rows = [
        HEADER,
        [*row(1, registered_on=date(2011, 3, 18), registered_capital=1680.5).values()],
        [*row(2, registered_on=40620.0, address=168.0).values()],
        [*row(3, registered_on=20110318.0).values()],
        [*row(4, credit_code=913603137165031802.0).values()],
        [*row(5, registered_on=3.0).values()],
    ]
    path = tmp_path / f"typed.{kind}"
    if kind == "xlsx":
        write_xlsx(path, rows)
    else:
        path.write_bytes(old_excel.workbook(rows))  # type: ignore[arg-type]
    roster = read_roster(path)
    days = {one.row: one.fields.get("registered_on") for one in roster.rows}
    assert days == {2: "2011-03-18", 3: "2011-03-18", 4: "2011-03-18", 6: None}
    assert roster.rows[0].fields["registered_capital_fen"] == 168_050
    assert roster.rows[0].fields["registered_capital_text"] == "1680.5"
    assert roster.rows[1].fields["address"] == "168"
    assert told(roster) == [
        (2, "注册资金", "amount_unit_assumed", False),
        (5, "统一社会信用代码", "credit_code_rounded", True),
        (6, "注册日期", "date_unreadable", False),
    ]


def test_moments_in_a_workbook_are_days(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "moment.xlsx"))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER)
    sheet.write_row(1, 0, [*row().values()])
    sheet.write_datetime(
        1, 2, datetime(2011, 3, 18, 9, 30), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    )
    book.close()
    assert read_roster(tmp_path / "moment.xlsx").rows[0].fields["registered_on"] == "2011-03-18"


def test_a_title_and_empty_rows_above_the_header_of_a_workbook(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [],
        ["2026 年度企业名册"],
        ["", *HEADER],
        ["", *row(1).values()],
        [],
        ["", *row(2).values()],
    ]
    roster = read_roster(write_xlsx(tmp_path / "title.xlsx", rows))
    assert [one.row for one in roster.rows] == [4, 6]
    assert roster.problems == ()


def test_the_first_sheet_with_a_roster_is_read_and_the_others_named(tmp_path: Path) -> None:
    roster = read_roster(
        write_xlsx(
            tmp_path / "sheets.xlsx",
            [["说明", "见下表"]],
            [HEADER, [*row().values()]],
            [HEADER, [*row(2).values()]],
            [],
        )
    )
    assert [one.fields["name"] for one in roster.rows] == ["示例第1制造有限公司"]
    unread = [problem.message for problem in roster.problems if problem.code == "sheet_unread"]
    assert len(unread) == 2
    assert "表1" in unread[0]
    assert "表3" in unread[1]
