"""The measurement of the desk runs against the real program and prints one JSON object."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_desk_is_measured() -> None:
    words = ["-m", "tests.bench", "desk", "--enterprises", "5", "--runs", "1", "--documents", "50", "--json"]
    result = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=200,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    (line,) = result.stdout.splitlines()
    figures = json.loads(line)
    assert figures["bench"] == "desk"
    assert figures["enterprises"] == 5
    # Each enterprise, its assignment twice; for one visit, or two, the visit, its record, an issue and its event.
    assert figures["documents"] == 3 * (3 + 4) + 2 * (3 + 8)
    assert 0 < figures["first_paint_s"] <= figures["first_list_s"] <= figures["wall_s"] + 0.05
    assert figures["store_bytes"] > 0
    assert figures["longest_block_ms"] == max(figures["pull_block_ms"], figures["push_block_ms"]) > 0
    assert len(figures["heaviest"]) == 12
    assert all(row["total_s"] >= row["own_s"] > 0 for row in figures["heaviest"])
