"""Times `LocalCluster` in a fresh process, from before its import to the first acknowledged record.

Run as `python -m benchmarks.local_cluster`; prints the first time and the median of later ones.
"""

from __future__ import annotations

import json
import statistics
import time

from benchmarks import frames

LATER = 5


def once() -> float:
    """Start one, produce one record, stop it; the seconds up to the acknowledgement."""
    begun = time.perf_counter()
    from msklite.testing import LocalCluster

    cluster = LocalCluster()
    cluster.start()
    port = int(cluster.bootstrap_servers.rpartition(":")[2])
    frames.first_record(port, "first", time.monotonic() + 30, pause=0.001)
    took = time.perf_counter() - begun
    cluster.stop()
    return took


def main() -> None:
    first, later = once(), [once() for _ in range(LATER)]
    print(json.dumps({"local_first": first, "local_later": statistics.median(later)}))


if __name__ == "__main__":
    main()
