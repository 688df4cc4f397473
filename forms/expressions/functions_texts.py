"""Functions on texts and selections."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from forms.expressions.values import EvaluationError, Value, to_number, to_string

MANY = 999


def _strings(values: list[Value]) -> list[str]:
    """The texts of the arguments; a list of nodes gives one text per node."""
    texts = []
    for value in values:
        if isinstance(value, list):
            texts += [to_string(node.seen) for node in value]
        else:
            texts.append(to_string(value))
    return texts


def _index(value: Value, default: int = 0) -> int:
    number = to_number(value)
    return int(number) if number.is_finite() else default


def _endless(value: Value, length: int) -> int:
    """An end: what is no number is 0, Infinity is the text's own end."""
    number = to_number(value)
    return length if number.is_infinite() and number > 0 else _index(value)


def _string_length(c: Any, a: list[Value]) -> Value:
    return Decimal(len(to_string(a[0]) if a else to_string(c.node.seen)))


def _substr(_c: Any, a: list[Value]) -> Value:
    text = to_string(a[0])
    start = _index(a[1])
    end = _endless(a[2], len(text)) if len(a) > 2 else len(text)
    start = max(0, start + len(text)) if start < 0 else start
    end = end + len(text) if end < 0 else end
    return text[start:end] if start < end else ""


def _translate(_c: Any, a: list[Value]) -> Value:
    text, old, new = map(to_string, a)
    table: dict[int, str | None] = {}
    for i, char in enumerate(old):
        table.setdefault(ord(char), new[i] if i < len(new) else None)
    return text.translate(table)


@lru_cache(maxsize=512)
def pattern(text: str) -> re.Pattern[str]:
    """A regular expression. EvaluationError when it is not one."""
    try:
        return re.compile(text)
    except re.error:
        raise EvaluationError(f"正则表达式“{text}”写错了") from None


def _regex(_c: Any, a: list[Value]) -> Value:
    return pattern(to_string(a[1])).fullmatch(to_string(a[0])) is not None


def words(value: Value) -> list[str]:
    return to_string(value).split()


def _selected(_c: Any, a: list[Value]) -> Value:
    """Whether a word is among the words; nothing is among them when there are none."""
    wanted, chosen = to_string(a[1]).strip(), words(a[0])
    return wanted in chosen or not (wanted or chosen)


def _selected_at(_c: Any, a: list[Value]) -> Value:
    chosen, index = words(a[0]), _index(a[1], -1)
    return chosen[index] if 0 <= index < len(chosen) else ""


def _digest(_c: Any, a: list[Value]) -> Value:
    name = to_string(a[1]).upper()
    algorithms = {
        "MD5": "md5",
        "SHA-1": "sha1",
        "SHA-256": "sha256",
        "SHA-384": "sha384",
        "SHA-512": "sha512",
    }
    if name not in algorithms:
        raise EvaluationError(f"digest() 不认识算法“{name}”，可用 MD5、SHA-1、SHA-256、SHA-384、SHA-512")
    encoding = to_string(a[2]).lower() if len(a) > 2 else "base64"
    raw = hashlib.new(algorithms[name], to_string(a[0]).encode(), usedforsecurity=False).digest()
    if encoding == "hex":
        return raw.hex()
    if encoding == "base64":
        return base64.b64encode(raw).decode()
    raise EvaluationError("digest() 的编码应是 hex 或 base64")


def _base64_decode(_c: Any, a: list[Value]) -> Value:
    try:
        return base64.b64decode(to_string(a[0]), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _uuid(c: Any, a: list[Value]) -> Value:
    if a:
        letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        return "".join(c.run.rng.choice(letters) for _ in range(min(_index(a[0]), 1000)))
    return new_uuid(c.run.rng.getrandbits(128))


def new_uuid(bits: int) -> str:
    """A version 4 UUID of 128 random bits."""
    bits = (bits & ~(0xF << 76) & ~(0x3 << 62)) | (0x4 << 76) | (0x2 << 62)
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _substring_before(_c: Any, a: list[Value]) -> Value:
    text, mark = to_string(a[0]), to_string(a[1])
    return text[: text.find(mark)] if mark in text else ""


def _substring_after(_c: Any, a: list[Value]) -> Value:
    text, mark = to_string(a[0]), to_string(a[1])
    return text[text.find(mark) + len(mark) :] if mark in text else ""


def _normalize_space(c: Any, a: list[Value]) -> Value:
    return " ".join((to_string(a[0]) if a else to_string(c.node.seen)).split())


Compute = Callable[[Any, list[Value]], Value]

TABLE: list[tuple[str, int, int, Compute]] = [
    ("string", 1, 1, lambda _c, a: to_string(a[0])),
    ("string-length", 0, 1, _string_length),
    ("concat", 0, MANY, lambda _c, a: "".join(_strings(a))),
    ("join", 1, MANY, lambda _c, a: to_string(a[0]).join(_strings(a[1:]))),
    ("contains", 2, 2, lambda _c, a: to_string(a[1]) in to_string(a[0])),
    ("starts-with", 2, 2, lambda _c, a: to_string(a[0]).startswith(to_string(a[1]))),
    ("ends-with", 2, 2, lambda _c, a: to_string(a[0]).endswith(to_string(a[1]))),
    ("substr", 2, 3, _substr),
    ("substring-before", 2, 2, _substring_before),
    ("substring-after", 2, 2, _substring_after),
    ("translate", 3, 3, _translate),
    ("normalize-space", 0, 1, _normalize_space),
    ("regex", 2, 2, _regex),
    ("selected", 2, 2, _selected),
    ("selected-at", 2, 2, _selected_at),
    ("count-selected", 1, 1, lambda _c, a: Decimal(len(words(a[0])))),
    ("digest", 2, 3, _digest),
    ("base64-decode", 1, 1, _base64_decode),
    ("uuid", 0, 1, _uuid),
]
