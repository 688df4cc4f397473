"""Whether two enterprises may be the same: by code, or by a name that differs only in its trimmings."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

_TRIMMINGS = (
    "有限责任公司", "股份有限公司", "集团有限公司", "有限公司", "股份公司", "分公司", "集团", "公司", "（普通合伙）",
    "(普通合伙)", "（有限合伙）", "(有限合伙)", "个体工商户", "厂",
)  # fmt: skip
LIKE = 0.8
"""【默】 From this likeness of the names' cores on, two enterprises are shown as maybe the same."""


def core(name: str) -> str:
    """What of a name tells enterprises apart: half-width, without blanks, brackets and legal form."""
    text = "".join(unicodedata.normalize("NFKC", name).split())
    for bracket in "()（）[]【】":
        text = text.replace(bracket, "")
    for trimming in _TRIMMINGS:
        plain = trimming.strip("()（）")
        if text.endswith(plain) and len(text) > len(plain) + 1:
            text = text[: -len(plain)]
    return text


def likeness(left: str, right: str) -> float:
    """From 0 to 1. 1: the same but for the trimmings."""
    a, b = core(left), core(right)
    if not a or not b:
        return 0.0
    if a == b:
        return 1.0
    shorter, longer = sorted((a, b), key=len)
    if len(shorter) >= 4 and shorter in longer:
        return max(0.9, SequenceMatcher(None, a, b).ratio())
    return SequenceMatcher(None, a, b, autojunk=False).ratio()


def similar(
    name: str, others: Iterable[tuple[str, str]], least: float = LIKE
) -> list[tuple[str, str, float]]:
    """(id, name, likeness) of `others` (id, name) that may be the same, the most alike first."""
    found = [(id, other, likeness(name, other)) for id, other in others]
    return sorted((item for item in found if item[2] >= least), key=lambda item: -item[2])
