"""统一社会信用代码 by GB 32100-2015, with the inner check of GB 11714 (domain.md §3.1).

Our own check: the usual library refuses legal codes whose first two characters are letters (N…, Y1…).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
TEMPORARY_PREFIX = "TMP-"


@dataclass(frozen=True, slots=True)
class CodeProblem:
    """Why a code is refused: a stable `code` and a Chinese sentence that says what to do."""

    code: str
    text: str


def normalise(text: str) -> str:
    """Capitals, half-width, no blanks. O and I are *not* turned into 0 and 1: that is only suggested."""
    half = unicodedata.normalize("NFKC", text)
    return "".join(half.split()).upper()


def is_temporary(code: str) -> bool:
    """Whether it is the stand-in of an enterprise that has no code yet: `TMP-device-number`."""
    return code.startswith(TEMPORARY_PREFIX)


def check(code: str) -> CodeProblem | None:
    """None where the normalised 18-character code is right, else the first thing that is wrong with it."""
    if len(code) != 18:
        return CodeProblem(
            "credit_code_length", f"信用代码应为 18 位，这里是 {len(code)} 位。请对照营业执照。"
        )
    strange = sorted({character for character in code if character not in ALPHABET})
    if strange:
        hint = "（字母 O、I 不会出现，可能是数字 0、1）" if set(strange) & set("OI") else ""
        return CodeProblem(
            "credit_code_character",
            f"信用代码里有不允许的字符：{'、'.join(strange)}{hint}。请对照营业执照。",
        )
    if not code[2:8].isdigit():
        return CodeProblem("credit_code_division", "信用代码第 3–8 位应是数字（行政区划）。请对照营业执照。")
    if organisation_check(code[8:16]) != code[16]:
        return CodeProblem(
            "credit_code_check",
            "信用代码的主体标识校验位（第 17 位）不对，多半是抄错了一位。请对照营业执照。",
        )
    if check_character(code[:17]) != code[17]:
        return CodeProblem(
            "credit_code_check", "信用代码的校验位（第 18 位）不对，多半是抄错了一位。请对照营业执照。"
        )
    return None


def check_character(first_17: str) -> str:
    """The 18th character: (31 − Σ Ci·Wi mod 31) mod 31; the outer modulus matters where the sum divides by 31."""
    total = sum(ALPHABET.index(c) * w for c, w in zip(first_17, _WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def organisation_check(first_8: str) -> str:
    """The 17th character, the check of the organisation code (GB 11714): modulus 11, 10 → X, 11 → 0."""
    total = sum(int(c, 36) * w for c, w in zip(first_8, _ORGANISATION_WEIGHTS, strict=True))
    value = 11 - total % 11
    return "X" if value == 10 else "0" if value == 11 else str(value)
