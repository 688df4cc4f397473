"""`zhuqitong-server` commands given to a centre in this process, and what they answered."""

from __future__ import annotations

import io
import json
import re
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import pytest

from sync.server import cli
from tests.support.server import RunningServer


def run(server: RunningServer, *arguments: str, input: str = "") -> subprocess.CompletedProcess[str]:
    """One command, in this process: what a process of its own does is tested where it matters (crashes, serving)."""
    words = server.program(*arguments)[3:]
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.stdin", io.StringIO(input))
        try:
            code: Any = cli.main(words)
        except SystemExit as ended:
            code = ended.code
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def done(server: RunningServer, *arguments: str, input: str = "") -> str:
    ended = run(server, *arguments, input=input)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def told(server: RunningServer, *arguments: str) -> Any:
    return json.loads(done(server, *arguments, "--json"))


def check_failure(ended: subprocess.CompletedProcess[str], *words: str, code: int = 1) -> None:
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert re.search("[一-鿿]{2}", ended.stderr)
    for word in words:
        assert word in ended.stderr
