"""One life of one peer: started, measured group by group, stopped. Gives figures by key.

Every load is run warm: one of the same kind comes first, on the same broker. Ahead of the heavy
loads that is a GB, because a JVM needs about as much until it has compiled its paths; ahead of the
light ones, half as many requests as are measured, and they have a life of their own: behind a few
GB of heavy load a JVM answers them several times faster than a developer's ever will. CPU is what
the broker's process used while the load ran, in all its threads.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks import frames, loads, procs
from benchmarks.peers import Peer, environment

GB = 1_000_000_000
WARM = 0.2
PACED_WARM = 3_000
IDLE_SECONDS = 5.0
SETTLE_SECONDS = 2.0
LIGHT = {"start", "request", "end-to-end"}
SIZES = {"produce-1k": 1024, "produce-100": 100, "produce-10k": 10_240}


@dataclass(frozen=True)
class Scale:
    """How much load: bytes to produce, requests one in flight, records at 1,000 a second."""

    volume: int
    requests: int
    paced: int


WHOLE = Scale(GB, 20_000, 5_000)
QUICK = Scale(GB // 5, 5_000, 2_000)


class Life:
    """Measures a running peer; each method adds its figures to `found`."""

    def __init__(self, peer: Peer, scale: Scale) -> None:
        self._peer = peer
        self._scale = scale
        self._admin = frames.Connection(peer.port)
        self._warm = False
        self.found: dict[str, float] = {}

    def run(self, groups: set[str]) -> None:
        """Measure the wanted groups."""
        if "start" in groups:
            self._start()
        for group, size in SIZES.items():
            if group in groups or (group == "produce-1k" and "read" in groups):
                key = group.replace("-", "_")
                self._produce(key, size, read=group == "produce-1k" and "read" in groups)
        if "request" in groups:
            self._request()
        if "end-to-end" in groups:
            self._end_to_end()
        self._admin.close()

    def _start(self) -> None:
        peer = self._peer
        self.found["spawn"] = peer.spawn_seconds
        time.sleep(SETTLE_SECONDS)
        begun, before = time.monotonic(), peer.cpu()
        time.sleep(IDLE_SECONDS)
        self.found["idle_cpu"] = 100 * (peer.cpu() - before) / (time.monotonic() - begun)
        self.found["memory_idle"] = procs.memory_bytes(peer.pid) / 1e6
        self.found["empty_disk"] = procs.disk_bytes(peer.data) / 1e6

    def _produce(self, key: str, size: int, *, read: bool) -> None:
        peer, volume = self._peer, self._scale.volume
        with self._topic(f"{key}_warm") as topic:
            warm = WARM if self._warm else 1.0
            self._warm = True
            loads.producer_perf(peer, topic, int(warm * volume) // size, size)
        with self._topic(key) as topic:
            records = volume // size
            procs.settle_disk()
            before = peer.cpu()
            rate = loads.producer_perf(peer, topic, records, size)
            self.found[f"{key}_cpu"] = (peer.cpu() - before) * GB / (records * size)
            self.found[f"{key}_rate"] = rate * size / 1e6
            if key == "produce_1k":
                self.found["memory_after"] = procs.memory_bytes(peer.pid) / 1e6
            if read:
                loads.read_back(peer, topic, int(WARM * records))
                procs.settle_disk()
                before = peer.cpu()
                loads.read_back(peer, topic, records)
                self.found["read_cpu"] = (peer.cpu() - before) * GB / (records * size)

    def _request(self) -> None:
        requests = self._scale.requests
        with self._topic("request") as topic:
            connection = frames.Connection(self._peer.port)
            loads.one_in_flight(connection, topic, requests // 2)
            before = self._peer.cpu()
            took = loads.one_in_flight(connection, topic, requests)
            self.found["request_cpu"] = (self._peer.cpu() - before) * 1e6 / requests
            connection.close()
        self.found["request_p50"] = loads.percentile(took, 0.5) * 1e3
        self.found["request_p99"] = loads.percentile(took, 0.99) * 1e3

    def _end_to_end(self) -> None:
        paced = self._scale.paced
        with self._topic("paced") as topic:
            took = loads.end_to_end(self._peer, topic, paced + PACED_WARM, 1_000)[PACED_WARM:]
        self.found["e2e_p50"] = loads.percentile(took, 0.5) * 1e3
        self.found["e2e_p99"] = loads.percentile(took, 0.99) * 1e3

    @contextmanager
    def _topic(self, name: str) -> Iterator[str]:
        """A topic of one partition that takes records (and holds one), deleted afterwards."""
        frames.first_record(self._peer.port, name, time.monotonic() + 30)
        yield name
        self._admin.delete_topic(name)


def local_cluster() -> dict[str, float]:
    """First and later LocalClusters in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.local_cluster"],
        check=True, stdout=subprocess.PIPE, timeout=120, env=environment(),
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    return found
