"""msklite side by side with Apache Kafka and franz-go's Go fake: `python benchmarks/run.py`.

Each run starts each broker in turn, measures it warm, and stops it, so that a machine that changes
its pace meanwhile doesn't favour one. The medians go into the README's table, every single value
into benchmarks/results.json. Needs the test dependencies, a JDK with Maven, and Go.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import measure, procs, report  # noqa: E402
from benchmarks.figures import FIGURES, GROUPS, show  # noqa: E402
from benchmarks.peers import PEERS  # noqa: E402


def main() -> int:
    """Measure what is asked for, print it, and with --write keep it."""
    options = _options()
    groups = set(options.only or GROUPS)
    scale = measure.QUICK if options.quick else measure.WHOLE
    runs: dict[str, dict[str, list[float]]] = {}
    for number in range(1, options.runs + 1):
        for name in options.peers:
            found = _life(name, scale, groups)
            for key, value in found.items():
                runs.setdefault(key, {}).setdefault(name, []).append(value)
            print(f"run {number}, {name}: {_line(found)}", flush=True)
        if not options.quick and set(options.peers) == set(PEERS):
            _keep(runs)  # after each run: what was measured survives an interruption
    print()
    print("\n".join(report.table(runs)))
    found_medians = report.medians(runs)
    missed = [
        figure.text
        for figure in FIGURES
        if figure.key in found_medians and not report.verdict(figure, found_medians[figure.key])[1]
    ]
    for text in missed:
        print(f"missed: {text}")
    return 1 if missed else 0


def _keep(runs: dict[str, dict[str, list[float]]]) -> None:
    kept = report.load()
    kept["runs"].update(runs)
    kept["machine"], kept["date"] = procs.machine(), time.strftime("%Y-%m-%d")
    report.save(kept)
    report.write_readme(kept)


def _life(name: str, scale: measure.Scale, groups: set[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for wanted in (groups & measure.LIGHT, groups - measure.LIGHT - {"local-cluster"}):
        if wanted:
            with PEERS[name]() as peer:
                life = measure.Life(peer, scale)
                life.run(wanted)
                found.update(life.found)
    if name == "msklite" and "local-cluster" in groups:
        found.update(measure.local_cluster())
    return found


def _line(found: dict[str, float]) -> str:
    units = {figure.key: figure.unit for figure in FIGURES}
    return ", ".join(f"{key} {show(value, units[key])}" for key, value in found.items())


def _options() -> Any:  # fmt: skip
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    kept = "; README and results stay as they are"
    parser.add_argument(
        "--only",
        action="append",
        choices=GROUPS,
        metavar="ROW",
        help=f"only this; may be given again: {', '.join(GROUPS)}",
    )
    parser.add_argument("--quick", action="store_true", help=f"a fifth of the load, one run{kept}")
    parser.add_argument("--runs", type=int, help="how often; 3, with --quick once")
    parser.add_argument(
        "--peers",
        nargs="+",
        choices=list(PEERS),
        default=list(PEERS),
        help=f"measure only these{kept}",
    )
    options = parser.parse_args()
    if options.runs is None:
        options.runs = 1 if options.quick else 3
    return options


if __name__ == "__main__":
    sys.exit(main())
