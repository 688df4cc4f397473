"""A real centre as a process of its own, for tests that speak HTTP to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

ROOT = Path(__file__).resolve().parents[2]
STARTED = "驻企通中心已启动 "
PASSWORD = "lianluo-2026"


class RunningServer:
    """`with RunningServer(folder) as server:` sets a centre up, starts it on a free port, stops it in the end.

    `database` is a PostgreSQL URL; without it SQLite in the folder. `environment` goes to the serving process alone.
    """

    def __init__(
        self,
        data_dir: Path,
        database: str | None = None,
        workers: int = 1,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.database = database
        self.workers = workers
        self.environment = dict(environment or {})
        self.url = ""
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.command("init")
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None:
            self.stop()

    # The process ----------------------------------------------------------------------------------------------------

    @property
    def log(self) -> str:
        """Everything the serving processes wrote to stderr so far: one line a request, and what went wrong."""
        path = self.data_dir / "server.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def start(self) -> None:
        """Start serving; the second time on the port of the first."""
        assert self.process is None, "it is running"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        words = ["serve", "--host", "127.0.0.1", "--port", str(self.port), "--workers", str(self.workers)]
        self.process = self._begin(self.program(*words))
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith(STARTED):
            self.kill()
            raise AssertionError(f"the server did not start: {line!r}\n{self.log}")
        self.url = line.removeprefix(STARTED).strip()
        self.port = int(self.url.rpartition(":")[2])

    def _begin(self, command: list[str]) -> Any:
        """The serving process; what starts it in another way gives something used like this."""
        with (self.data_dir / "server.log").open("a", encoding="utf-8") as log:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
            )

    def stop(self) -> int:
        """SIGTERM, and wait. Returns the exit code."""
        process = self._taken()
        process.send_signal(signal.SIGTERM)
        # Threads of requests may still work; what takes longer than this hangs.
        stuck = threading.Timer(20, process.kill)
        stuck.start()
        try:
            return process.wait()
        finally:
            stuck.cancel()
            stuck.join()
            self._close(process)

    def kill(self) -> None:
        """kill -9, as a power cut does it."""
        process = self._taken()
        process.kill()
        process.wait()
        self._close(process)

    def wait_for_death(self, timeout: float = 30) -> int:
        """Wait until the process has died of itself (a fault point). Returns the exit code."""
        process = self._taken()
        try:
            return process.wait(timeout)
        finally:
            process.kill()
            process.wait()
            self._close(process)

    def _taken(self) -> subprocess.Popen[str]:
        assert self.process is not None, "it is not running"
        process, self.process = self.process, None
        return process

    def _close(self, process: subprocess.Popen[str]) -> None:
        if process.stdout is not None:
            process.stdout.close()

    # The command line -----------------------------------------------------------------------------------------------

    def cli(
        self, *arguments: str, input: str | None = None, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one `zhuqitong-server` command on this centre: `cli("roster", "import", path)`."""
        return subprocess.run(
            self.program(*arguments),
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            input=input if input is not None else "",
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    def command(self, *arguments: str, input: str | None = None) -> str:
        """`cli` that must succeed. Returns its stdout."""
        done = self.cli(*arguments, input=input)
        if done.returncode != 0:
            raise AssertionError(
                f"{' '.join(arguments)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
            )
        return done.stdout

    def program(self, *arguments: str) -> list[str]:
        """The whole command line of one `zhuqitong-server` command on this centre."""
        groups = ("account", "device", "roster", "form", "reference", "exchange", "blacklist")
        count = 2 if arguments[0] in groups else 1
        where = ["--data", str(self.data_dir)]
        if self.database is not None:
            where += ["--database", self.database]
        return [sys.executable, "-m", "sync.server", *arguments[:count], *where, *arguments[count:]]

    # Shortcuts ------------------------------------------------------------------------------------------------------

    def add_account(
        self,
        account: str,
        role: str = "officer",
        name: str | None = None,
        department: str | None = None,
        password: str = PASSWORD,
    ) -> str:
        """Make an account, return the person's id."""
        more = ["--department", department] if department else []
        told = self.command(
            "account",
            "add",
            account,
            "--name",
            name or account,
            "--role",
            role,
            "--password-stdin",
            "--json",
            *more,
            input=password + "\n",
        )
        person: str = json.loads(told)["person"]
        return person

    def sign_in(self, account: str, password: str = PASSWORD, device: str | None = None) -> Laptop:
        """A bare client signed in from a device of its own."""
        return Laptop(self, account, password, device or str(uuid.uuid4()))


class Laptop:
    """HTTP as a laptop speaks it, without a store: requests out, parsed answers back."""

    def __init__(self, server: RunningServer, account: str, password: str, device: str) -> None:
        self.server = server
        self.device = device
        answer = requests.post(
            f"{server.url}/auth/token",
            json={"account": account, "password": password, "device": device, "device_name": "测试机"},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        self.who: dict[str, Any] = answer.json()
        self.person: str = self.who["person"]
        self.headers = {"Authorization": f"Bearer {self.who['token']}"}

    def post(self, path: str, body: Mapping[str, Any], **more: Any) -> requests.Response:
        return requests.post(f"{self.server.url}{path}", json=body, headers=self.headers, timeout=60, **more)

    def get(self, path: str, **headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.get(f"{self.server.url}{path}", headers={**self.headers, **named}, timeout=60)

    def push(self, *changes: Mapping[str, Any], **more: Any) -> list[dict[str, Any]]:
        """Push changes, return the verdicts."""
        body = {"proto": 1, "schema": 1, "device": self.device, "changes": list(changes), **more}
        answer = self.post("/sync/push", body)
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    def pull(self, cursors: Mapping[str, int] | None = None, **more: Any) -> dict[str, Any]:
        """One page."""
        body = {"proto": 1, "schema": 1, "device": self.device, "cursors": dict(cursors or {}), **more}
        answer = self.post("/sync/pull", body)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    def pull_all(self, cursors: Mapping[str, int] | None = None, **more: Any) -> Held:
        """Pages until `more` is false."""
        held = Held(dict(cursors or {}))
        while True:
            page = self.pull(held.cursors, **more)
            held.absorb(page)
            if not page.get("more"):
                return held


class Held:
    """What a laptop has after pulling: documents by (bucket, kind, id), cursors, counts and sums as sent."""

    def __init__(self, cursors: dict[str, int]) -> None:
        self.cursors = cursors
        self.rows: dict[tuple[str, str, str], tuple[int, dict[str, Any]]] = {}
        self.totals: dict[str, tuple[int, str]] = {}
        self.revoked: list[str] = []
        self.token: str | None = None
        self.pages = 0

    def absorb(self, page: Mapping[str, Any]) -> None:
        self.pages += 1
        self.token = page.get("token", self.token)
        for bucket in page.get("revoked", ()):
            self.revoked.append(bucket)
            self.cursors.pop(bucket, None)
            self.rows = {key: row for key, row in self.rows.items() if key[0] != bucket}
        for part in page.get("buckets", ()):
            self.cursors[part["id"]] = part["to"]
            if part["done"]:
                self.totals[part["id"]] = (part["count"], part["sum"])
            for kind, id, rev, body in part.get("rows", ()):
                if body is None:
                    self.rows.pop((part["id"], kind, id), None)
                else:
                    self.rows[part["id"], kind, id] = (rev, body)

    def of_kind(self, kind: str, bucket: str | None = None) -> list[dict[str, Any]]:
        return [body for key, (_, body) in self.rows.items() if key[1] == kind and bucket in (None, key[0])]
