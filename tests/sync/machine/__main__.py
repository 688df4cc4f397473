"""The long run: `python -m tests.sync.machine --histories 50000 --seed 1 --json`.

Histories come in portions, each with a seed of its own that follows from `--seed`; a failing one is made small,
printed as lines that run as they stand, and the run goes on.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import sys
import time
import traceback
from contextlib import redirect_stdout
from typing import Any

from hypothesis import seed as with_seed
from hypothesis.stateful import run_state_machine_as_test

from tests.sync.machine.histories import Histories, profile
from tests.sync.machine.smaller import as_lines, smaller
from tests.sync.machine.world import ground, let_go

PORTION = 500


def main(words: list[str] | None = None) -> int:
    """0 where nothing was found, 1 where something was."""
    parser = argparse.ArgumentParser(prog="python -m tests.sync.machine", description=__doc__)
    parser.add_argument("--histories", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=None, help="default: from the clock")
    parser.add_argument(
        "--json", action="store_true", help="one JSON object in the end instead of lines on the way"
    )
    parser.add_argument("--stop", action="store_true", help="end with the first portion that fails")
    options = parser.parse_args(words)
    first = options.seed if options.seed is not None else time.time_ns() % 1_000_000_000
    logging.disable(logging.WARNING)
    ground()
    began = time.perf_counter()
    told = run(options.histories, first, quiet=options.json, stop=options.stop)
    let_go()
    seconds = round(time.perf_counter() - began, 1)
    result = {"seed": first, **told, "seconds": seconds, "per_second": round(told["histories"] / seconds, 1)}
    print(json.dumps(result, ensure_ascii=False) if options.json else result)
    return 1 if told["failures"] else 0


def run(histories: int, first: int, *, quiet: bool, stop: bool = False) -> dict[str, Any]:
    """Portions until so many histories have run. Gives how many ran and the failing ones."""
    failures: list[dict[str, Any]] = []
    done = 0
    while done < histories and not (stop and failures):
        number = min(PORTION, histories - done)
        seed = first + done
        found = portion(number, seed)
        done += number
        if found is not None:
            failures.append({"seed": seed, "of": number, "text": found})
        if not quiet:
            print(f"{done} histories, seed {seed}: {'FAILED' if found else 'fine'}", flush=True)
            if found:
                print(found, flush=True)
    return {"histories": done, "failures": failures}


def portion(number: int, seed: int, *, small: bool = True) -> str | None:
    """Run histories of one seed; None, or a failing one (made `small`, which takes up to a minute) with its error."""
    machine = with_seed(seed)(type("Histories", (Histories,), {}))
    Histories.failed.clear()
    try:
        with redirect_stdout(io.StringIO()):
            run_state_machine_as_test(machine, settings=profile(number))
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        steps, again = smaller(Histories.failed) if small else (Histories.failed, error)
        if again is None:
            return f"not repeated: {''.join(traceback.format_exception(error))}\n{as_lines(Histories.failed)}"
        return f"{''.join(traceback.format_exception(again)[-4:])}\n{as_lines(steps)}"
    return None


if __name__ == "__main__":
    sys.exit(main())
