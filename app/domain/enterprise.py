"""An enterprise's profile, and the amounts registers write it with."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from app.domain.documents import DocumentModel


class LookedAfterBy(BaseModel):
    """One standing assignment, as the enterprise shows it. `until` where its last day is named."""

    model_config = ConfigDict(extra="allow")
    assignment: str
    person: str
    name: str
    since: str
    until: str | None = None
    team: str | None = None
    duty: str | None = None


class Enterprise(DocumentModel):
    """One enterprise (`e:` bucket). Money in integer fen; dates as `YYYY-MM-DD`."""

    kind: ClassVar[str] = "enterprise"
    id: str
    credit_code: str
    name: str
    former_code: str | None = None
    """The temporary code it was entered under before it had one of its own (domain.md §3.1)."""
    registered_on: str | None = None
    ownership: str | None = None
    registered_capital_fen: int | None = None
    registered_capital_currency: str | None = None
    registered_capital_text: str | None = None
    business_scope: str | None = None
    province: str | None = None
    region: str | None = None
    division: str | None = None
    """GB/T 2260 code of where it is."""
    address: str | None = None
    industry: str | None = None
    """GB/T 4754 code (`C3741`)."""
    employees: int | None = None
    production_status: str | None = None
    visit_cycle: str = "quarter"
    is_above_scale: bool | None = None
    revenue_last_year: str | None = None
    """上年营收 in 万元, a decimal as text; None: not known."""
    officer_name: str | None = None
    people: list[LookedAfterBy] | None = None
    """Who looks after it now, by duty: what the assignments say, so that the directory shows loads."""
    last_visit_on: str | None = None
    unconfirmed: bool | None = None
    """An officer entered it by hand; a coordinator has not looked at it yet."""
    entered_by: str | None = None
    entered_by_name: str | None = None
    maybe_same: list[str] | None = None
    """Ids of enterprises it may be the same as, by name, when it was entered."""
    merged: list[str] | None = None
    """Ids of the temporary enterprises that went over into this one: whoever still names one finds it by this."""
    merging_into: str | None = None
    """The enterprise it is being merged into: only on a laptop whose centre has not done it yet."""


@dataclass(frozen=True, slots=True)
class Amount:
    """Money in fen of a currency. `assumed` says that the text named no currency and 人民币 was taken."""

    fen: int
    currency: str
    assumed: bool


_CURRENCIES = {
    "人民币": "CNY",
    "元": "CNY",
    "美元": "USD",
    "港元": "HKD",
    "港币": "HKD",
    "欧元": "EUR",
    "日元": "JPY",
    "英镑": "GBP",
}
_AMOUNT = re.compile(
    r"(?P<number>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?)"
    r"\(?(?P<scale>亿|万)?(?P<currency>元人民币|人民币元|人民币|美元|港元|港币|欧元|日元|英镑|元)?\)?"
)
_SCALES = {None: 1, "万": 10_000, "亿": 100_000_000}
NO_AMOUNT = frozenset({"", "N/A", "NA", "-", "—", "无", "NULL"})


def parse_amount(text: str) -> Amount | None:
    """The money behind a register's text, such as `4,528(万元人民币)`, `3,407.96(万美元)`, `91.6万人民币`, `1,000(万)`.

    None where the text says that there is no figure (`N/A`, empty). Raises ValueError for what cannot be read.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    if plain.upper() in NO_AMOUNT:
        return None
    match = _AMOUNT.fullmatch(plain)
    # Sixteen figures of 亿元 are as much as Decimal's 28 digits hold in fen; no register means more.
    if match is None or len(match["number"]) > 16:
        raise ValueError(f"not an amount: {text!r}")
    number = Decimal(match["number"].replace(",", ""))
    name = match["currency"]
    currency = "CNY" if name is None or "人民币" in name else _CURRENCIES[name]
    fen = (number * _SCALES[match["scale"]] * 100).quantize(Decimal(1), ROUND_HALF_UP)
    return Amount(int(fen), currency, assumed=name is None)


_CURRENCY_NAMES = {"CNY": "人民币", "USD": "美元", "HKD": "港元", "EUR": "欧元", "JPY": "日元", "GBP": "英镑"}


def amount_text(fen: int | None, currency: str | None) -> str:
    """`4,528 万元人民币`, `3,407.96 万美元`; 「—」 where there is none."""
    if fen is None:
        return "—"
    wan = Decimal(fen) / 1_000_000
    figure = f"{wan:,.2f}".rstrip("0").rstrip(".")
    name = _CURRENCY_NAMES.get(currency or "CNY", currency or "")
    return f"{figure} 万元人民币" if name == "人民币" else f"{figure} 万{name}"
