"""Digests both sides compute alike: a bucket's order-free sum, and the token over a person's bucket heads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

_MODULUS = 1 << 63


def row_sum(kind: str, id: str, rev: int) -> int:
    """One live document's share of its bucket's sum: 63 bits of SHA-256 over `kind NUL id NUL rev`."""
    digest = hashlib.sha256(f"{kind}\0{id}\0{rev}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def add(total: int, share: int) -> int:
    return (total + share) % _MODULUS


def subtract(total: int, share: int) -> int:
    return (total - share) % _MODULUS


def sum_text(total: int) -> str:
    """As on the wire: 16 hexadecimal digits, so that no JSON reader rounds it."""
    return f"{total:016x}"


def heads_token(heads: Iterable[tuple[str, int]]) -> str:
    """A digest over (bucket, head) pairs: 22 characters at any number of buckets."""
    text = "\n".join(f"{bucket}\t{head}" for bucket, head in sorted(heads))
    return hashlib.sha256(text.encode()).hexdigest()[:22]
