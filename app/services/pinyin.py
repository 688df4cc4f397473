"""Pinyin initials, so that 「萍乡宏远」 is found by `pxhy`."""

from __future__ import annotations

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=32768)
def initials(text: str) -> str:
    """The first letters of a text's syllables, in context (重庆 → `cq`, 重量 → `zl`); what is not Chinese stays, in small
    letters and without blanks."""
    # Imported here: its tables cost a third of a second, and most searches are in Chinese.
    from pypinyin import Style, lazy_pinyin

    plain = "".join(unicodedata.normalize("NFKC", text).split())
    return "".join(lazy_pinyin(plain, style=Style.FIRST_LETTER)).lower()


def asks_for_initials(wanted: str) -> bool:
    """Whether what was typed can be initials: two Latin letters or more and nothing else."""
    return len(wanted) >= 2 and wanted.isascii() and wanted.isalpha()
