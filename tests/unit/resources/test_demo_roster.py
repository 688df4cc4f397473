"""The demo roster: right codes, and nothing that could be a real enterprise's."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from app.domain.credit_code import check

ROSTER = Path(__file__).parents[3] / "resources" / "demo" / "roster.csv"
COLUMNS = [
    "企业名称",
    "统一社会信用代码",
    "注册日期",
    "企业类型",
    "注册资金",
    "经营范围",
    "所在省份",
    "地区",
    "注册地址",
]


def rows() -> list[dict[str, str]]:
    with ROSTER.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        found = list(reader)
    assert reader.fieldnames == COLUMNS
    return found


def test_there_are_a_dozen_of_different_name_and_code() -> None:
    assert (
        len(rows())
        == len({r["企业名称"] for r in rows()})
        == len({r["统一社会信用代码"] for r in rows()})
        == 12
    )


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["企业名称"])
def test_a_row_is_whole_and_its_code_right(row: dict[str, str]) -> None:
    assert all(row[column].strip() for column in COLUMNS)
    assert check(row["统一社会信用代码"]) is None
    assert date.fromisoformat(row["注册日期"]) < date(2026, 1, 1)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["企业名称"])
def test_a_code_is_of_the_invented_series(row: dict[str, str]) -> None:
    assert row["统一社会信用代码"][2:12] == "360313QLAN"


def test_the_registers_oddities_are_kept() -> None:
    amounts = [row["注册资金"] for row in rows()]
    assert "N/A" in amounts
    assert any("美元" in amount for amount in amounts)
    assert any("," in amount for amount in amounts)
