"""Three zones of msklite beside three nodes of Apache Kafka: `python benchmarks/zones.py`.

Both sides run each part in a life of its own, in turn. The medians go into the README's second
table, every single value into benchmarks/zones.json. `--part` measures only a part, so that the
whole can be had in pieces: what was measured before stays, as long as it isn't measured again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import procs, report, zone_loads  # noqa: E402
from benchmarks.figures import Bound, Figure, show  # noqa: E402
from benchmarks.zone_peers import Kafkas, Three, Zones  # noqa: E402

RESULTS = ROOT / "benchmarks" / "zones.json"
BEGIN, END = "<!-- zones -->", "<!-- /zones -->"
SIDES: tuple[type[Three], ...] = (Kafkas, Zones)
CROWD = "crowd"
BOTH_IN_ONE_LIFE = ("start", "produce", "latency")


def _kafka(limit: float, *, least: bool = False) -> tuple[Bound, ...]:
    return (Bound(limit, "kafka", least),)


FIGURES = (
    Figure("cpu", "produce", "CPU of all brokers to take in 1 GB of 1 KiB records, acks=all", "s",
           _kafka(0.4), _kafka(0.2)),
    Figure("rate", "produce", "throughput of that", "MB/s", (), _kafka(1.5, least=True)),
    Figure("e2e_p50", "latency", "producer to consumer at 1,000 records/s, p50", "ms",
           (), _kafka(0.5)),
    Figure("e2e_p99", "latency", "p99", "ms", (), _kafka(0.5)),
    Figure("spawn", "start", "from nothing to the first record that all three have", "s",
           _kafka(0.2), (Bound(1),)),
    Figure("memory_idle", "start", "memory (PSS) of all three, idle", "MB", _kafka(0.25),
           (Bound(150),)),
    Figure("memory_after", "produce", "memory after 2 GB written", "MB", _kafka(0.25),
           (Bound(150),)),
    Figure("idle_cpu", "start", "idle CPU of all three", "%", _kafka(1), (Bound(2),)),
    Figure("kill_pause", "pauses", "clients' longest pause when one is killed", "s", _kafka(0.3),
           (Bound(1.5),)),
    Figure("stop_pause", "pauses", "when one is stopped cleanly", "s", _kafka(0.3),
           (Bound(0.2),)),
    Figure("bare_kill_pause", "bare-pauses", "a kill, for a client that asks all three in turn",
           "s", _kafka(0.3), (Bound(1.5),)),
    Figure("bare_stop_pause", "bare-pauses", "a clean stop, for that client", "s", _kafka(0.3),
           (Bound(0.2),)),
    Figure("catch_up_cpu", "catch-up", "CPU until one that was away for 1 GB is in sync", "s",
           _kafka(1)),
    Figure("catch_up_time", "catch-up", "time of that", "s"),
    Figure("make_300", "partitions", "300 partitions of three replicas: made, all in sync", "s"),
    Figure("make_1000", "partitions", "700 more", "s"),
    Figure("make_3000", "partitions", "2,000 more", "s"),
    Figure("idle_cpu_3000", "partitions", "idle CPU with 3,000", "%"),
    Figure("memory_3000", "partitions", "memory (PSS) with 3,000", "MB"),
    Figure("fail_over_3000", "partitions", "one of three killed: all 3,000 have leaders again", "s",
           (), (Bound(5),)),
)  # fmt: skip
CROWD_ROWS = {
    "crowd_start": ("start", "s"),
    "crowd_memory": ("resident memory", "MB"),
    "crowd_idle": ("idle CPU", "%"),
    "crowd_p50": ("producer to consumer at 1,000 records/s, p50", "ms"),
}
Runs = dict[str, dict[str, list[float]]]


def measure(side: type[Three], parts: list[str], volume: int) -> dict[str, float]:
    """All wanted parts of one side: those that don't disturb each other in one life."""
    found: dict[str, float] = {}
    together = [part for part in BOTH_IN_ONE_LIFE if part in parts]
    for life in [together, *([part] for part in parts if part not in BOTH_IN_ONE_LIFE)]:
        if life:
            with side() as peer:
                for part in life:
                    found |= zone_loads.PARTS[part](peer, volume)
    return found


def tables(runs: Runs) -> list[str]:
    """What the README shows."""
    found = report.medians(runs)
    lines = [
        "| figure | msklite, 3 zones | Apache Kafka, 3 nodes | must | aim | |",
        "|---|--:|--:|---|---|---|",
    ]
    for figure in FIGURES:
        values = found.get(figure.key, {})
        if "msklite" not in values:
            continue
        cells = [show(values[p], figure.unit) if p in values else "" for p in ("msklite", "kafka")]
        must = ", ".join(bound.text(figure.unit) for bound in figure.must)
        aim = ", ".join(bound.text(figure.unit) for bound in figure.aim)
        compared = all(
            bound.peer is None or bound.peer in values for bound in figure.must + figure.aim
        )
        verdict = report.verdict(figure, values)[0] if figure.must or figure.aim else "reported"
        verdict = verdict if compared else "not compared yet"
        lines.append(f"| {figure.text} | {' | '.join([*cells, must, aim, verdict])} |")
    if "crowd_start_1" in found:
        lines += [
            "",
            "| one zone with | 500 partitions, 250 connections, 50 groups | twice that "
            "| 2,000, 1,000, 200 |",
            "|---|--:|--:|--:|",
        ]
        for key, (text, unit) in CROWD_ROWS.items():
            cells = [show(found[f"{key}_{share}"]["msklite"], unit) for share in (4, 2, 1)]
            lines.append(f"| {text} | {' | '.join(cells)} |")
    return lines


def load() -> dict[str, Any]:
    """What was measured before."""
    if not RESULTS.exists():
        return {"machine": "", "date": "", "runs": {}}
    found: dict[str, Any] = json.loads(RESULTS.read_text())
    return found


def keep(runs: Runs, remark: str | None = None) -> None:
    """Put what was measured with what there is, and the tables into the README."""
    kept = load()
    if remark is not None:
        kept["remark"] = remark
    for key, values in runs.items():
        kept["runs"].setdefault(key, {}).update(values)
    kept["machine"], kept["date"] = procs.machine(), time.strftime("%Y-%m-%d")
    RESULTS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    least = min(len(v) for sides in kept["runs"].values() for v in sides.values())
    text = report.README.read_text()
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    lines = [
        f"Made by `python benchmarks/zones.py` on {kept['date']}: {kept['machine']}. Three zones "
        "of msklite beside three nodes of Apache Kafka, each broker and controller, each side with "
        "its own default time-outs; three replicas and min.insync.replicas=2. CPU and memory are "
        "those of all processes of a side, its clients aren't counted. A GB is written ahead of "
        f"the one that is measured. Runs of each figure: {least} or more; every single one is in "
        "`benchmarks/zones.json`." + (f" {kept['remark']}" if kept.get("remark") else ""),
        "",
        *tables(kept["runs"]),
    ]
    report.README.write_text(f"{head}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{tail}")


def main() -> int:
    """Measure what is asked for, print it, and keep it."""
    options = _options()
    volume = zone_loads.GB // (5 if options.quick else 1)
    sides = [side for side in SIDES if options.only in (None, side.name)]
    runs: Runs = {}
    for run in range(1, options.runs + 1):
        for side in sides:
            parts = [part for part in options.part if part != CROWD]
            if parts:
                _note(runs, run, side.name, measure(side, parts, volume))
        if CROWD in options.part and options.only != "kafka":
            with zone_loads.OneZone() as zone:
                _note(runs, run, "msklite", zone_loads.crowd(zone))
        if not options.quick:
            keep(runs, options.remark)  # after each run: what was measured survives an interruption
    print("\n".join(tables(runs if options.quick else load()["runs"])))
    return 0


def _note(runs: Runs, run: int, name: str, found: dict[str, float]) -> None:
    for key, value in found.items():
        runs.setdefault(key, {}).setdefault(name, []).append(value)
    said = ", ".join(f"{key} {value:.3g}" for key, value in found.items())
    print(f"run {run}, {name}: {said}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    names = [*zone_loads.PARTS, CROWD]
    parser.add_argument("--runs", type=int, default=1, help="how often; 1")
    parser.add_argument(
        "--quick", action="store_true", help="a fifth of the load; README and results stay"
    )
    parser.add_argument("--remark", help="a sentence about this measurement, for the README")
    parser.add_argument("--only", choices=("kafka", "msklite"), help="one side alone")
    parser.add_argument(
        "--part", nargs="+", choices=names, default=names, metavar="PART",
        help=f"only these of {', '.join(names)}",
    )  # fmt: skip
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
