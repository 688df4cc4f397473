"""Amounts as registers write them, and as we write them back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.enterprise import Amount, amount_text, parse_amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("4,528(万元人民币)", Amount(4_528_000_000, "CNY", False)),
        ("3,407.96(万美元)", Amount(3_407_960_000, "USD", False)),
        ("91.6万人民币", Amount(91_600_000, "CNY", False)),
        ("1,000(万)", Amount(1_000_000_000, "CNY", True)),
        ("1.2亿元", Amount(12_000_000_000, "CNY", True)),
        ("3亿港币", Amount(30_000_000_000, "HKD", False)),
        ("50万港元", Amount(50_000_000, "HKD", False)),
        ("0.005元人民币", Amount(1, "CNY", False)),
        ("０", Amount(0, "CNY", True)),
        ("１，６８０（万元人民币）", Amount(1_680_000_000, "CNY", False)),
        (" 80 ( 万元人民币 ) ", Amount(80_000_000, "CNY", False)),
        ("300万欧元", Amount(300_000_000, "EUR", False)),
    ],
)
def test_amounts_of_registers(text: str, amount: Amount) -> None:
    parsed = parse_amount(text)
    # 元 alone is as good as naming 人民币.
    assert parsed == (Amount(amount.fen, amount.currency, False) if text.endswith("元") else amount)


@pytest.mark.parametrize("text", ["N/A", "n/a", "", "  ", "-", "—", "无", "NULL", "Ｎ／Ａ"])
def test_no_figure(text: str) -> None:
    assert parse_amount(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "约五千万",
        "-3万元",
        "1,00万元",
        "12 34 x",
        "万元",
        "1e6元",
        "1万2千元",
        "万1",
        "9" * 17 + "亿元",
        "1.2.3万",
    ],
)
def test_what_cannot_be_read(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        parse_amount(text)


@pytest.mark.parametrize(
    ("fen", "currency", "text"),
    [
        (None, None, "—"),
        (4_528_000_000, "CNY", "4,528 万元人民币"),
        (3_407_960_000, "USD", "3,407.96 万美元"),
        (91_600_000, None, "91.6 万元人民币"),
        (0, "CNY", "0 万元人民币"),
        (1_000_000, "CHF", "1 万CHF"),
    ],
)
def test_amounts_written(fen: int | None, currency: str | None, text: str) -> None:
    assert amount_text(fen, currency) == text


@given(st.integers(0, 10**12), st.sampled_from(["CNY", "USD", "HKD", "EUR", "JPY", "GBP"]))
def test_what_we_write_reads_back(wan_hundredths: int, currency: str) -> None:
    """To the hundredth of 万, which is what is written."""
    fen = wan_hundredths * 10_000
    assert parse_amount(amount_text(fen, currency)) == Amount(fen, currency, False)


@given(st.text(max_size=30))
def test_no_text_is_a_crash(text: str) -> None:
    try:
        amount = parse_amount(text)
    except ValueError:
        return
    assert amount is None or amount.fen >= 0
