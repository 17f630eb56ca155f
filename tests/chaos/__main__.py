"""`python -m tests.chaos`: the chaos test by hand, also on Apache Kafka, also with debug logs."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.chaos import rdkafka
from tests.chaos.apache import ApacheCluster
from tests.chaos.cluster import ChaosCluster
from tests.chaos.story import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--apache", action="store_true", help="on Apache Kafka instead")
    parser.add_argument("--debug", default="", help="librdkafka's contexts, e.g. broker,metadata")
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    folder = args.folder or Path(tempfile.mkdtemp(prefix="msklite-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"in {folder}", flush=True)
    if args.debug:
        rdkafka.DEBUG = args.debug
        with (folder / "clients.log").open("wb") as told:
            os.dup2(told.fileno(), 2)
    cluster = ApacheCluster(folder) if args.apache else ChaosCluster(folder, measured=True)
    print(run(cluster, args.seed, args.seconds))
    return 0


if __name__ == "__main__":
    code = 1
    try:
        code = main()
    except Exception:
        traceback.print_exc(file=sys.stdout)
    sys.stdout.flush()
    os._exit(code)  # clients that are stuck can't be ended
