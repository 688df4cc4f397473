"""Real processes at the price of a fork: a parent that has everything imported already, and splits on command.

A process started here is killed, waited for and looked at like one of `subprocess`; what it runs is a module's
`main(words) -> exit code`. Tests that start hundreds of programs cannot pay a second of imports for each.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
PRELOADED = ("tests.support.laptop_program", "sync.server.cli", "sync.server.asgi", "sync.server.run")


class Forker:
    """`with Forker() as forker: process = forker.start("sync.server.cli", ["serve", …], …)`."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forking"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def start(
        self, module: str, words: Sequence[str], out: Path, log: Path, environment: Mapping[str, str] = {}
    ) -> Forked:
        """Run `module.main(words)` in a process of its own. `out` takes its stdout, `log` what it says on stderr."""
        wanted = {"module": module, "words": list(words), "out": str(out), "log": str(log)}
        return Forked(self, self.ask(start=wanted | {"environment": dict(environment)}))

    def ask(self, **question: Any) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return int(json.loads(self._process.stdout.readline()))


class Forked:
    """A process started by a Forker, as far as it is used like `subprocess.Popen`."""

    def __init__(self, forker: Forker, pid: int) -> None:
        self._forker = forker
        self.pid = pid
        self._ends = os.pidfd_open(pid)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._ends], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._ends], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self.returncode = self._forker.ask(wait=self.pid)
            os.close(self._ends)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(9)


def _serve() -> None:
    for module in PRELOADED:
        import_module(module)
    # Pinned now: else every child would pay for them again.
    import sqlalchemy.dialects.postgresql.psycopg
    import sqlalchemy.dialects.sqlite.pysqlite  # noqa: F401

    print("ready", flush=True)
    for line in iter(sys.stdin.readline, ""):
        question = json.loads(line)
        if "wait" in question:
            answer = os.waitstatus_to_exitcode(os.waitpid(question["wait"], 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                _become(question["start"])
        print(answer, flush=True)


def _become(wanted: Mapping[str, Any]) -> None:
    """Never returns."""
    code: Any = 70
    try:
        for number, path, flags in (
            (0, os.devnull, os.O_RDONLY),
            (1, wanted["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND),
            (2, wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND),
        ):
            os.dup2(os.open(path, flags, 0o600), number)
        os.environ.update(wanted["environment"])
        code = import_module(wanted["module"]).main(wanted["words"])
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


if __name__ == "__main__":
    _serve()
