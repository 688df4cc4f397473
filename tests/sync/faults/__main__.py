"""`python -m tests.sync.faults kill|cut`: the long runs, everything instead of a sample."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.support import postgres
from tests.support.forking import Forker
from tests.support.park import Park
from tests.support.server import RunningServer
from tests.sync.faults import kills
from tests.sync.faults.cuts import cut_everywhere
from tests.sync.faults.day import TARGETS, Kill


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sync.faults", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    kill = commands.add_parser("kill", help="kill -9 at every fault point of a day")
    kill.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    kill.add_argument("--target", choices=TARGETS, help="only this kind of process")
    kill.add_argument("--step", help="only in this step")
    kill.add_argument("--hit", type=int, help="only at this point")
    kill.set_defaults(run=run_kills)
    cut = commands.add_parser("cut", help="cut the conversation before every byte")
    cut.add_argument("--every", type=int, default=1, help="before every N-th byte")
    cut.add_argument("--direction", choices=["questions", "answers"], help="only in this direction")
    cut.add_argument("--part", choices=["sign-in", "sync"], help="only this part of the conversation")
    cut.set_defaults(run=run_cuts)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="zhuqitong-faults-") as folder:
        return int(options.run(options, Path(folder)))


def run_kills(options: argparse.Namespace, folder: Path) -> int:
    begun, killed, bad = time.monotonic(), 0, 0
    with ExitStack() as stack:
        cluster = stack.enter_context(postgres.Cluster()) if options.database == "postgres" else None
        forker = stack.enter_context(Forker())
        quiet = kills.quiet_day(forker, folder, cluster)
        for name, count in sorted(quiet.passed().items()):
            print(f"{count:5} {name}")
        chosen = [
            Kill(one.target, one.hit, options.step)
            for one in kills.days(quiet)
            if options.target in (None, one.target) and options.hit in (None, one.hit)
        ]
        for one in chosen:
            try:
                killed += kills.tell(quiet, forker, folder, one)
            except AssertionError as error:
                bad += 1
                print(f"FAILED {one}\n{error}", flush=True)
    took = time.monotonic() - begun
    print(f"{len(chosen)} days, {killed} processes killed, {bad} days wrong, {took:.0f} s", flush=True)
    return 1 if bad else 0


def run_cuts(options: argparse.Namespace, folder: Path) -> int:
    begun = time.monotonic()
    with RunningServer(folder / "centre") as server:
        park = Park(server)
        try:
            for part in (options.part,) if options.part else ("sign-in", "sync"):
                for direction in (options.direction,) if options.direction else ("questions", "answers"):
                    place = folder / f"{part}-{direction}"
                    place.mkdir()
                    cuts, said = cut_everywhere(
                        park,
                        place,
                        signs_in=part == "sign-in",
                        answers=direction == "answers",
                        every=options.every,
                    )
                    print(f"{part}, {direction}: {cuts} cuts; told: {dict(said)}", flush=True)
        finally:
            park.close()
    print(f"{time.monotonic() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
