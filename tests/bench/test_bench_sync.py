"""The measurement of sync runs a real server and real laptops and prints one JSON object."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import postgres

ROOT = Path(__file__).resolve().parents[2]
BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


def measured(*words: str) -> dict[str, Any]:
    result = subprocess.run(
        [sys.executable, "-m", "tests.bench", *words, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=560,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    (line,) = result.stdout.splitlines()
    figures: dict[str, Any] = json.loads(line)
    return figures


@pytest.mark.slow
@pytest.mark.parametrize("server", BOTH)
def test_sync_is_measured(server: str) -> None:
    if server == "postgres" and (reason := postgres.missing()):
        pytest.skip(reason)
    figures = measured("sync", "--documents", "130", "--server", server)
    assert (figures["bench"], figures["documents"], figures["server"]) == ("sync", 130, server)
    seconds = [name for name in figures if name.endswith("_s")]
    assert set(seconds) >= {
        "push_s",
        "pull_s",
        "local_edit_s",
        "floor_insert_s",
        "floor_http_up_s",
        "floor_http_down_s",
    }
    assert all(figures[name] > 0 for name in seconds)
    # 130 rows of 0.9 KB, packed: neither the bare envelope nor the plain text.
    assert 130 * 100 < figures["bytes_up"] < 130 * 900
    assert 130 * 100 < figures["bytes_down"] - figures["bytes_of_reference"] < 130 * 900
    assert figures["idle_poll_bytes"] < 200


@pytest.mark.slow
def test_the_rush_is_measured() -> None:
    figures = measured("rush", "--officers", "4", "--server", "sqlite")
    assert (figures["bench"], figures["officers"]) == ("rush", 4)
    assert [(run["server"], run["workers"]) for run in figures["runs"]] == [("sqlite", 1), ("sqlite", 2)]
    for run in figures["runs"]:
        assert (run["errors"], run["first_error"]) == (0, None)
        assert 0 < run["p50_s"] <= run["p95_s"] <= run["all_s"] + 0.05
    if sys.platform == "linux":
        assert all(run["server_peak_bytes"] > 30_000_000 for run in figures["runs"])
