"""Three zones are killed, frozen, cut off and stopped under load: nothing acknowledged is lost.

Idempotent producers with acks=all and consumers, by assignment and in groups, of two libraries
each, live through all of it. At the end, read by assignment from the start: every acknowledged
record is there once, in its writer's order; every reader has read what is there; the groups have
skipped nothing, and in the log of their commits no offset goes back.

MSKLITE_CHAOS_SECONDS is for how long things break: 60 here, 600 in the longer mode.
MSKLITE_CHAOS_SEED repeats a schedule. A failure keeps the cluster's folder, and prints where it is.
`python -m tests.chaos` does the same by hand, also on Apache Kafka (`--apache`), also with
librdkafka's debug logs (`--debug`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from tests.chaos.cluster import ChaosCluster
from tests.chaos.story import run

SECONDS = float(os.environ.get("MSKLITE_CHAOS_SECONDS", "60"))
SEED = int(os.environ.get("MSKLITE_CHAOS_SEED", time.time_ns() % 1_000_000))


@pytest.mark.slow
@pytest.mark.timeout(SECONDS * 6 + 900)
def test_chaos(capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="msklite-chaos-"))
    try:
        told = run(ChaosCluster(folder, measured=True), SEED, SECONDS)
    except BaseException:
        print(f"MSKLITE_CHAOS_SEED={SEED}; the cluster's folder is kept: {folder}", flush=True)
        raise
    with capsys.disabled():
        print(f"\n{told}")
    shutil.rmtree(folder)
