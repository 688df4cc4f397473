"""Fault points for the tests: places where the process can be made to die as if the power had gone.

`ZHUQITONG_FAULT=name:n` kills the process (SIGKILL, nothing is cleaned up) when the point `name` is passed for the
n-th time. Without the variable a point costs one look into a dictionary.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "ZHUQITONG_FAULT"
_passed: dict[str, int] = {}


def point(name: str) -> None:
    """Die here if the environment says so."""
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return
    chosen, _, count = wanted.rpartition(":")
    if chosen != name:
        return
    _passed[name] = _passed.get(name, 0) + 1
    if _passed[name] == int(count):
        os.kill(os.getpid(), signal.SIGKILL)
