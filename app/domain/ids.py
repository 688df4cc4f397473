"""Identifiers: UUIDv7 (RFC 9562 §5.7), made on the laptop, sorted by time, so that nothing waits for a server."""

from __future__ import annotations

import os
import time
import uuid


def new_id() -> str:
    """A fresh UUIDv7 as text."""
    return _uuid7(time.time_ns() // 1_000_000, os.urandom(10))


def _uuid7(milliseconds: int, random: bytes) -> str:
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= int.from_bytes(random, "big")
    value &= ~(0xF << 76) & ((1 << 128) - 1)
    value |= 0x7 << 76
    value &= ~(0x3 << 62) & ((1 << 128) - 1)
    value |= 0x2 << 62
    return str(uuid.UUID(int=value))


def derived_id(mid: str, name: str) -> str:
    """The id of a document that a change makes by the way: the same on laptop and server, as both know `mid`. Whatever
    text stands for `mid` will do: what a document is called need not be a UUID."""
    try:
        space = uuid.UUID(mid)
    except ValueError:
        space = uuid.uuid5(uuid.NAMESPACE_OID, mid)
    return str(uuid.uuid5(space, name))
