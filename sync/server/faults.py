"""Fault points for the tests: places where the process can be made to die as if the power had gone.

`ZHUQITONG_FAULT=name:n` kills the process (SIGKILL, nothing is cleaned up) when the point `name` is passed for the
n-th time; `*:n` counts every point. At a point whose name begins with `at_` the kill is only on its way: it comes
while the process goes on, that is, in the midst of what follows. `ZHUQITONG_FAULT=trace:FILE` kills nothing and adds
a line with the name of each point passed to the file. Without the variable a point costs one look into a dictionary.
"""

from __future__ import annotations

import os
import signal
import subprocess

VARIABLE = "ZHUQITONG_FAULT"
_passed: dict[str, int] = {}


def point(name: str) -> None:
    """Die here if the environment says so."""
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return
    chosen, _, count = wanted.partition(":")
    if chosen == "trace":
        with open(count, "a", encoding="utf-8") as file:
            file.write(f"{name}\n")
        return
    if chosen not in (name, "*"):
        return
    _passed[chosen] = _passed.get(chosen, 0) + 1
    if _passed[chosen] != int(count):
        return
    if name.startswith("at_"):
        subprocess.Popen(["kill", "-KILL", str(os.getpid())])
    else:
        os.kill(os.getpid(), signal.SIGKILL)
