"""What a run leaves: a JSON file with every single run, and the table in the README."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.figures import FIGURES, Figure, show
from benchmarks.peers import PEERS

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results.json"
README = ROOT / "README.md"
BEGIN, END = "<!-- benchmarks -->", "<!-- /benchmarks -->"
COMMAND = "python benchmarks/run.py"
ORDER = ("msklite", "kafka", "gofake")

Runs = Mapping[str, Mapping[str, list[float]]]
"""Figure key -> peer name -> the runs' values."""


def load() -> dict[str, Any]:
    """The results that are kept, or none yet."""
    if not RESULTS.exists():
        return {"machine": "", "date": "", "runs": {}}
    found: dict[str, Any] = json.loads(RESULTS.read_text())
    return found


def save(results: Mapping[str, Any]) -> None:
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")


def medians(runs: Runs) -> dict[str, dict[str, float]]:
    """Figure key -> peer name -> median."""
    return {
        key: {peer: statistics.median(values) for peer, values in peers.items() if values}
        for key, peers in runs.items()
    }


def verdict(figure: Figure, values: Mapping[str, float]) -> tuple[str, bool]:
    """The words on a figure's bounds, and whether it has what it must."""
    must = [bound.holds(values) for bound in figure.must]
    aim = [bound.holds(values) for bound in figure.aim]
    missed = False in must
    if missed:
        return "missed", False
    if aim and False not in aim and None not in aim:
        return "aim reached", True
    return ("reached" if must else "below the aim"), True


def table(runs: Runs) -> list[str]:
    """The README's table."""
    labels = [PEERS[peer].label for peer in ORDER]  # type: ignore[attr-defined]
    lines = [
        f"| figure | {' | '.join(labels)} | must | aim | |",
        "|---|" + "--:|" * len(ORDER) + "---|---|---|",
    ]
    found = medians(runs)
    for figure in FIGURES:
        values = found.get(figure.key)
        if not values or "msklite" not in values:
            continue
        cells = [show(values[p], figure.unit) if p in values else "" for p in ORDER]
        must = ", ".join(bound.text(figure.unit) for bound in figure.must)
        aim = ", ".join(bound.text(figure.unit) for bound in figure.aim)
        cells += [must, aim, verdict(figure, values)[0]]
        lines.append(f"| {figure.text} | {' | '.join(cells)} |")
    return lines


def write_readme(results: Mapping[str, Any]) -> None:
    """Put the table between the README's markers."""
    text = README.read_text()
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    runs = results["runs"]
    least = min((len(v) for peers in runs.values() for v in peers.values()), default=0)
    lines = [
        f"Made by `{COMMAND}` on {results['date']}: {results['machine']}. Each figure is the "
        f"median of {least} runs or more. All brokers were started by the script in turn, one node "
        "each, on the same disk, and warmed up before they were measured: by a GB ahead of the "
        "first produce row, by a fifth of that ahead of the other produce and read rows, "
        "by 10,000 requests and 3,000 records ahead of the latencies (after "
        "ten times as many, a JVM needs a third for a request of what it needs here). Producers "
        "ask for acks=all. What earlier loads left to be written is on the disk before the next is "
        "measured. Every single run is in `benchmarks/results.json`.",
        "",
        *table(runs),
    ]
    README.write_text(f"{head}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{tail}")
