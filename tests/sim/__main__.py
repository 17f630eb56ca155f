"""`python -m tests.sim SEED`: replay one seed and show all that happens."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys

from tests.sim import faults, world


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("seed", type=int, nargs="+")
    parser.add_argument("--events", type=int, default=world.Options.events)
    parser.add_argument("--faults", type=int, default=world.Options.faults)
    parser.add_argument("--zones", type=int, default=world.Options.zones)
    parser.add_argument("--each", action="store_true", help="each node is a process of its own")
    parser.add_argument("--fault", choices=sorted(faults.FAULTS), help="plant this fault")
    parser.add_argument("--voters", action="store_true", help="controllers leave and come back")
    parser.add_argument("--txns", action="store_true", help="clients have transactions")
    parser.add_argument("--quiet", action="store_true", help="show only what came of it")
    args = parser.parse_args()
    options = world.Options(
        zones=args.zones,
        events=args.events,
        faults=args.faults,
        voters=args.voters,
        each=args.each,
        txns=args.txns,
    )
    if args.fault:
        options.kinds = faults.FAULTS[args.fault].kinds
        options.txns |= faults.FAULTS[args.fault].txns
    planted = faults.planted(args.fault) if args.fault else contextlib.nullcontext()
    bad = 0
    with planted:
        for seed in args.seed:
            report = world.run(seed, options, None if args.quiet else print)
            print(report)
            for violation in report.violations:
                print("VIOLATION", violation)
            bad += bool(report.violations)
    return 1 if bad else 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # what was killed while it started can't be closed in order: see tests.sim.loop
