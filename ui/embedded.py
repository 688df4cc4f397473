"""A central server of one's own: for the demo, the tour, and trying things where no server is at hand.

It is the real server in a process of its own, on a port of this machine only, with its own data folder.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from app.errors import KnownError
from app.paths import resources


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """An account of the demo: fictional."""

    account: str
    name: str
    role: str
    department: str = ""


OFFICER = DemoPerson("wangmin", "王敏", "officer")
SECOND_OFFICER = DemoPerson("liuyang", "刘洋", "officer")
COORDINATOR = DemoPerson("chenjing", "陈静", "coordinator")
HANDLER = DemoPerson("zhaolei", "赵磊", "handler", "power")
REVISITOR = DemoPerson("sunhui", "孙慧", "revisitor")
LEADER = DemoPerson("zhoujianguo", "周建国", "leader")
PEOPLE = (OFFICER, SECOND_OFFICER, COORDINATOR, HANDLER, REVISITOR, LEADER)
DEMO_ROSTER = resources() / "demo" / "roster.csv"


class EmbeddedServer:
    """Starts and stops the server; `url` is where it listens while it runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self._port = 0
        self._process: subprocess.Popen[str] | None = None
        self._log: IO[str] | None = None

    def command(self, *words: str, stdin: str | None = None, progress: bool = False) -> str:
        """Run one `zhuqitong-server` command on this server's data and give back what it printed. `progress`: what it
        says on the way, and why it failed, goes to our own stderr."""
        run = subprocess.run(
            [sys.executable, "-m", "sync.server", *words, "--data", str(self.folder)],
            input=stdin if stdin is not None else "",
            stdout=subprocess.PIPE,
            stderr=None if progress else subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=_environment(),
            check=False,
        )
        if run.returncode != 0:
            why = (run.stderr or "原因见上面。").strip()[-400:]
            raise KnownError("embedded_server", f"演示中心没有办成「{' '.join(words[:2])}」：{why}")
        return run.stdout

    def start(self) -> str:
        """Start listening and wait until it answers; the second start uses the same port."""
        self._log = (self.folder / "server.log").open("a", encoding="utf-8")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "sync.server", "serve", "--data", str(self.folder)),
                *("--host", "127.0.0.1", "--port", str(self._port), "--while-stdin"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
            env=_environment(),
        )
        line = self._first_line()
        self.url = line.split()[-1]
        self._port = int(self.url.rpartition(":")[2])
        return self.url

    def _first_line(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        # The server prints one line when it listens; where it cannot, it ends and the pipe with it.
        for line in self._process.stdout:
            if "http" in line:
                return line
        self.stop()
        raise KnownError("embedded_server", f"演示中心没有启动。详情见 {self.folder / 'server.log'}")

    def stop(self) -> None:
        """Stop listening; the data stays."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()
            self._process = None
        if self._log is not None:
            self._log.close()
            self._log = None

    def __enter__(self) -> EmbeddedServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(resources().parent), "PYTHONIOENCODING": "utf-8"}


@dataclass(frozen=True, slots=True)
class Park:
    """What `prepare` made: passwords by account, the import's report, who got which enterprises."""

    passwords: dict[str, str]
    report: dict[str, Any]
    assigned: dict[str, tuple[str, ...]]


def prepare(server: EmbeddedServer, roster: Path, share: Sequence[int] = (5, 3)) -> Park:
    """A park with people, a roster and assignments; told through the server's own commands.

    The first officer gets the first `share[0]` enterprises of the roster, the second the next `share[1]`.
    """
    server.folder.mkdir(parents=True, exist_ok=True)
    server.command("init")
    passwords = {}
    for person in PEOPLE:
        passwords[person.account] = f"Zqt-{secrets.token_urlsafe(9)}"
        server.command(
            *("account", "add", person.account, "--name", person.name, "--role", person.role),
            *(("--department", person.department) if person.department else ()),
            "--password-stdin",
            stdin=passwords[person.account] + "\n",
        )
    report = json.loads(server.command("roster", "import", str(roster), "--json"))
    codes = _codes(roster)
    assigned = {}
    first = 0
    for person, count in zip((OFFICER, SECOND_OFFICER), share, strict=True):
        assigned[person.account] = tuple(codes[first : first + count])
        server.command("assign", "--person", person.account, *assigned[person.account])
        first += count
    return Park(passwords, report, assigned)


def _codes(roster: Path) -> list[str]:
    from app.imports.roster import read_roster

    return [
        str(row.fields["credit_code"]) for row in read_roster(roster).rows if row.fields.get("credit_code")
    ]
