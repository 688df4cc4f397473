"""A PostgreSQL of the tests' own: unix socket only, thrown away in the end. It refuses root, so it runs as nobody."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import psycopg

BINARIES = Path(os.environ.get("PG_BIN", "/usr/lib/postgresql/15/bin"))
NOBODY = 65534


def missing() -> str | None:
    """Why there is no PostgreSQL here, None where there is one."""
    return None if (BINARIES / "postgres").is_file() else f"no PostgreSQL binaries in {BINARIES}"


class Cluster:
    """`with Cluster() as cluster: url = cluster.new_database()`."""

    def __init__(self, fsync: bool = False) -> None:
        """`fsync`: a commit waits for the disk, as at a real centre; tests need not."""
        self.fsync = fsync
        # Not under the tests' folder: that one belongs to root and PostgreSQL could not enter it.
        self.root = Path(tempfile.mkdtemp(prefix="zhuqitong-pg-"))
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            os.chown(self.root, NOBODY, NOBODY)
            self._as = {"user": NOBODY, "group": NOBODY, "extra_groups": []}

    def __enter__(self) -> Self:
        data = self.root / "data"
        command = [
            BINARIES / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ]
        subprocess.run([*command, "--auth=trust"], cwd=self.root, check=True, capture_output=True, **self._as)
        options = {
            "listen_addresses": "",
            "unix_socket_directories": self.root,
            "fsync": "on" if self.fsync else "off",
            "max_connections": 200,
        }
        self._options = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        # By pg_ctl, which lets go of it: its backends come and go and are no processes a test has left behind.
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def stop(self) -> None:
        """As a power cut leaves it: connections break, nothing is tidied up."""
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        """Again, after `stop`: what was committed is there."""
        self._control("start", "-l", str(self.root / "log"), "-o", self._options)

    def _control(self, *words: str) -> None:
        command = [BINARIES / "pg_ctl", "-D", self.root / "data", "-w", *words]
        with (self.root / "pg_ctl.log").open("ab") as log:
            done = subprocess.run(command, cwd=self.root, stdout=log, stderr=log, check=False, **self._as)
        if done.returncode != 0:
            raise AssertionError(f"pg_ctl {words[0]}: {(self.root / 'log').read_text(errors='replace')}")

    def new_database(self, template: str | None = None) -> str:
        """The URL of a fresh database: empty, or a copy of the one at that URL, which nobody may be using."""
        name = f"t{uuid.uuid4().hex}"
        with psycopg.connect(
            f"host={self.root} user=postgres dbname=postgres", autocommit=True
        ) as connection:
            like = f' TEMPLATE "{urlsplit(template).path[1:]}"' if template else ""
            connection.execute(f'CREATE DATABASE "{name}"{like}')
        return f"postgresql://postgres@/{name}?host={self.root}"
