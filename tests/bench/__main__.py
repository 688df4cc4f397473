"""The entry of the measurements: `python -m tests.bench --help`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from typing import Any

from tests.bench import desk, forms, rush, scale, sync

BENCHES = {"desk": desk, "forms": forms, "sync": sync, "rush": rush, "scale": scale}
"""Name → module with a docstring, `add_options(parser)` and `measure(options) -> dict`."""


def main(words: list[str] | None = None) -> int:
    """Run one measurement and print it. 0 when it was made, 1 when it could not be."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    benches = parser.add_subparsers(dest="bench", required=True, metavar="NAME")
    for name, module in BENCHES.items():
        what = (module.__doc__ or "").strip().splitlines()[0]
        one = benches.add_parser(name, help=what, description=module.__doc__)
        one.add_argument("--json", action="store_true", help="one JSON object instead of lines")
        module.add_options(one)
    options = parser.parse_args(words)
    try:
        figures = BENCHES[options.bench].measure(options)
    except RuntimeError as error:
        print(f"{options.bench} could not be measured: {error}", file=sys.stderr)
        return 1
    result = {"bench": options.bench, "machine": _machine(), **figures}
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        for name, value in result.items():
            print(f"{name:24} {json.dumps(value, ensure_ascii=False)}")
    return 0


def _machine() -> dict[str, Any]:
    return {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}


if __name__ == "__main__":
    sys.exit(main())
