"""How long the desk takes to its first paint, what its imports cost, and how long a sync holds its window.

Starts the real program on a store of real documents, offscreen, again and again, and takes medians. Seconds are
counted from the start of the process. `wall_s` is seen from outside: from starting the process to its report.
`longest_block_ms` is told in `blocks.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench import blocks
from tests.bench.material import make_desk_store

ROOT = Path(__file__).resolve().parents[2]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--enterprises", type=int, default=164, metavar="N", help="in the store (default 164)"
    )
    parser.add_argument(
        "--runs", type=int, default=7, metavar="N", help="starts to take the median of (default 7)"
    )
    parser.add_argument(
        "--modules", type=int, default=12, metavar="N", help="heaviest imports to list (default 12)"
    )
    parser.add_argument(
        "--documents",
        type=int,
        default=10_000,
        metavar="N",
        help="synced to see how long the window stands still (default 10000; 0: leave it out)",
    )


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """The figures; RuntimeError where the program does not report."""
    with tempfile.TemporaryDirectory(prefix="zhuqitong-bench-") as name:
        folder = Path(name) / "desk"
        began = time.perf_counter()
        documents = make_desk_store(folder, options.enterprises)
        made_in = time.perf_counter() - began
        _start(folder)  # the first start compiles and fills the system's caches
        runs = [_start(folder) for _ in range(options.runs)]
        imports = _imports(folder)
        size = sum(path.stat().st_size for path in folder.glob("store.db*"))
    held = blocks.measure(options.documents) if options.documents else {}
    figures = {name: round(statistics.median(run[name] for run in runs), 4) for name in runs[0]}
    return {
        "enterprises": options.enterprises,
        "documents": documents,
        "store_bytes": size,
        "store_made_s": round(made_in, 3),
        "runs": len(runs),
        **figures,
        "first_paint_worst_s": max(run["first_paint_s"] for run in runs),
        **held,
        "imports_s": round(sum(own for own, _, _ in imports), 4),
        "heaviest": [
            {"module": module, "total_s": total, "own_s": own}
            for own, total, module in sorted(imports, key=lambda row: -row[1])[: options.modules]
        ],
    }


def _run(folder: Path, *python_options: str) -> tuple[float, subprocess.CompletedProcess[str]]:
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "ZHUQITONG_BENCH": "1",
        "PYTHONPATH": str(ROOT),
    }
    began = time.time()
    result = subprocess.run(
        [sys.executable, *python_options, "-m", "ui.main", "--data", str(folder)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if result.returncode != 0:
        raise RuntimeError(f"the desk ended with {result.returncode}: {result.stderr[-2000:]}")
    return began, result


def _start(folder: Path) -> dict[str, float]:
    began, result = _run(folder)
    for line in result.stdout.splitlines():
        if line.startswith("{"):
            figures = json.loads(line)
            reported = figures.pop("reported_at")
            return {**figures, "wall_s": reported - began}
    raise RuntimeError(f"the desk reported nothing: {result.stdout[-500:]} {result.stderr[-2000:]}")


def _imports(folder: Path) -> list[tuple[float, float, str]]:
    """(own seconds, seconds with what it imports, module) of one start under `-X importtime`."""
    _, result = _run(folder, "-X", "importtime")
    rows = re.findall(r"^import time:\s+(\d+) \|\s+(\d+) \| +(\S+)$", result.stderr, re.MULTILINE)
    return [(int(own) / 1e6, int(total) / 1e6, module) for own, total, module in rows]
