"""A shield against a fault of PySide6 6.12.0 on Python before 3.12.

Its binary wheels were built as if None and the booleans were immortal, which they are since Python 3.12 only: every
call that returns None takes one reference too few, and after some thousands of calls the interpreter ends with
“none_dealloc: deallocating None”. (6.8 to 6.11 are not concerned; `tests/unit/ui/test_references.py` shows it.)
Giving these few objects a very high count once makes them as immortal as they are in 3.12.
"""

from __future__ import annotations

import ctypes
import sys

ENOUGH = 1 << 40


def make_singletons_last() -> None:
    """Once per process, before Qt is used. Does nothing where Python does it itself."""
    if sys.version_info >= (3, 12) or sys.implementation.name != "cpython":
        return
    for value in (None, True, False, NotImplemented, Ellipsis):
        count = ctypes.c_ssize_t.from_address(id(value))
        # The count is an object's first word, except in builds that trace references: look before touching it.
        if abs(count.value - sys.getrefcount(value)) < 64 and count.value < ENOUGH:
            count.value += ENOUGH
