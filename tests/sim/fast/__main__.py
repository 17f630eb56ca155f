"""`python -m tests.sim.fast SEED [--count N]`: run seeds of both worlds of cores."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

from tests.sim.fast import brokers, quorums

WORLDS: dict[str, Callable[[int], int]] = {
    "quorums": lambda seed: quorums.run(seed).count,
    "brokers": lambda seed: brokers.run(seed).events,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim.fast", description=__doc__)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    parser.add_argument("--count", type=int, default=1)
    args = parser.parse_args()
    seeds = range(args.seed, args.seed + args.count)
    bad = 0
    for name, events_of in WORLDS.items():
        begun, events = time.perf_counter(), 0
        for seed in seeds:
            try:
                events += events_of(seed)
            except AssertionError as e:
                bad += 1
                print(f"{name}: VIOLATION {e}")
        rate = events / (time.perf_counter() - begun)
        print(f"{name}: {len(seeds)} seeds, {events} events, {rate:.0f} a second")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
