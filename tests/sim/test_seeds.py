"""Many seeds: nothing that was promised is broken. Same seed, same run.

MSKLITE_SIM_SEEDS and MSKLITE_SIM_FIRST choose how many seeds and from where; MSKLITE_SIM_SECONDS
ends the sweep early, after at least ENOUGH seeds. A failing seed prints its end and the command
that replays it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from tests.sim import world

SEEDS = int(os.environ.get("MSKLITE_SIM_SEEDS", "500"))
FIRST = int(os.environ.get("MSKLITE_SIM_FIRST", "1"))


def failure(report: world.Report) -> str:
    """What a person needs to see of a run that broke a promise."""
    return "\n".join(
        [*report.trace[-40:], *report.violations, str(report), f"python -m tests.sim {report.seed}"]
    )


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_no_promise_is_broken(capsys: pytest.CaptureFixture[str]) -> None:
    began = time.perf_counter()
    events, virtual, faults, refused = 0, 0.0, 0, 0
    for seed in range(FIRST, FIRST + SEEDS):
        report = world.run(seed)
        assert not report.violations, failure(report)
        if report.refused:
            refused += 1
        else:
            assert report.events >= 2000
            assert sum(report.faults.values()) >= 3
        events += report.events
        virtual += report.virtual_s
        faults += sum(report.faults.values())
    took = time.perf_counter() - began
    with capsys.disabled():
        print(
            f"\n{SEEDS} seeds: {events} events, {events / took:.0f} a second, "
            f"{virtual / 3600:.1f} logical hours, {faults} faults, {refused} ended by a refusal"
        )


SHOW = """
import sys
from tests.sim import world
for seed in map(int, sys.argv[1:]):
    report = world.run(seed, show=print)
    print(seed, report.events, report.digest, report.violations)
"""


def test_same_seed_same_trace_under_different_hash_seeds() -> None:
    outs = [
        subprocess.run(
            [sys.executable, "-c", SHOW, "1", "3", "19", "22", "46"],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for hash_seed in ("1", "4242")
    ]  # fmt: skip
    one, two = (out.splitlines() for out in outs)
    differ = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), None)
    assert differ is None, f"{one[differ]}\n{two[differ]}"
    assert len(one) == len(two) > 500


def test_another_seed_is_another_run() -> None:
    digests = {world.run(seed).digest for seed in (1, 3, 5)}
    assert len(digests) == 3
