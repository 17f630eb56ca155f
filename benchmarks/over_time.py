"""What builds up over time, beside Apache Kafka: `python benchmarks/over_time.py [GROUP ...]`.

compaction   a log of 1 GB with 1,000,000 keys, each written twice, is compacted: CPU of all its
             processes, their largest resident memory, and how long a request waits at most that
             asks for nothing (ApiVersions, one after the other): no callback runs longer
offsets      a start with 1,000,000 committed offsets in the log, until all can be read
heartbeats   1,000 groups of two members: CPU of a heartbeat
rebalance    a group of 50 members loses one: from then until all the others have their assignments

`--only msklite` or `kafka` measures one side; each side is one node, started anew for each figure.
Results are printed, and kept in `over_time.json` beside this file.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import groups, procs  # noqa: E402
from benchmarks.asking import Asking  # noqa: E402
from benchmarks.peers import START_SECONDS, ApacheKafka, Msklite, Peer, environment  # noqa: E402
from msklite.log.checkpoints import DamagedCheckpoint, read_offsets  # noqa: E402
from msklite.log.storage import DiskStorage  # noqa: E402
from msklite.wire.messages.api_versions_request import ApiVersionsRequest  # noqa: E402
from msklite.wire.messages.incremental_alter_configs_request import (  # noqa: E402
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)

KEYS = 1_000_000
VALUE = 480
SEGMENT = 100 * 1024 * 1024
PATIENCE_S = 280
RESULTS = Path(__file__).with_name("over_time.json")
Figures = dict[str, float]


class Prompt(Msklite):
    """Without the initial delay of a rebalance, as Apache Kafka is started here too."""

    def command(self) -> list[str]:
        return [*super().command(), "--config", "group.initial.rebalance.delay.ms=0"]


PEERS: dict[str, Callable[[], Peer]] = {"msklite": Prompt, "kafka": ApacheKafka}


def compaction(peer: Peer) -> Figures:
    """See the module."""
    _write_keys(peer)
    folder = next(p for p in peer.data.rglob("keyed-0") if p.is_dir())
    size = sum(f.stat().st_size for f in folder.glob("*.log"))
    watch = _Watch(peer)
    before, begun = peer.cpu(), time.monotonic()
    _alter(peer, "keyed", {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1"})
    active = max(int(f.stem) for f in folder.glob("*.log"))
    checkpoint = str(folder.parent / "cleaner-offset-checkpoint")
    disk = DiskStorage()
    while _cleaned(disk, checkpoint) < active:
        if time.monotonic() - begun > PATIENCE_S:
            raise TimeoutError("it isn't compacted yet")
        time.sleep(0.2)
    seconds = time.monotonic() - begun
    time.sleep(1)
    cpu = peer.cpu() - before
    asked = watch.stop()
    left = sum(f.stat().st_size for f in folder.glob("*.log"))
    return {
        "cpu_s": cpu - asked["pings"] * 0.00004, "seconds": seconds, "peak_mb": asked["peak"] / 1e6,
        "before_mb": asked["idle"] / 1e6, "longest_ms": asked["longest"] * 1e3,
        "p99.9_ms": asked["p99.9"] * 1e3, "log_mb": size / 1e6, "left_mb": left / 1e6,
    }  # fmt: skip


def _cleaned(disk: DiskStorage, path: str) -> int:
    try:
        return read_offsets(disk, path).get(("keyed", 0), -1)
    except (DamagedCheckpoint, OSError):
        return -1


def _write_keys(peer: Peer) -> None:
    """Each key twice, in two orders, from a process of its own."""
    groups.create(peer.port, "keyed", 1, {"segment.bytes": str(SEGMENT)})
    code = (
        "import sys\n"
        "from confluent_kafka import Producer\n"
        "p = Producer({'bootstrap.servers': sys.argv[1], 'linger.ms': 20,"
        " 'queue.buffering.max.messages': 100000, 'batch.size': 200000})\n"
        f"n, v = {KEYS}, b'v' * {VALUE}\n"
        "for step in (7, 11):\n"
        "    for i in range(n):\n"
        "        while True:\n"
        "            try:\n"
        "                p.produce('keyed', key=b'%016d' % (i * step % n), value=v)\n"
        "                break\n"
        "            except BufferError:\n"
        "                p.poll(0.1)\n"
        "        if i % 1000 == 0: p.poll(0)\n"
        "p.flush()\n"
    )
    subprocess.run([sys.executable, "-c", code, peer.bootstrap], check=True, env=environment())


def _alter(peer: Peer, topic: str, configs: dict[str, str]) -> None:
    asking = Asking(peer.port)
    resource = AlterConfigsResource(
        resource_type=2, resource_name=topic,
        configs=[AlterableConfig(name=k, value=v) for k, v in configs.items()],
    )  # fmt: skip
    reply = asking.ask(IncrementalAlterConfigsRequest(resources=[resource]), 1)
    assert reply.responses[0].error_code == 0, reply
    asking.close()


class _Watch:
    """Asks for nothing every few milliseconds, and looks at the memory, on a thread of its own."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._waits: list[float] = []
        self._peak = self._idle = procs.memory_bytes(peer.pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        asking, looked = Asking(self._peer.port), 0.0
        while not self._over.wait(0.003):
            begun = time.perf_counter()
            asking.ask(ApiVersionsRequest(), 0)
            self._waits.append(time.perf_counter() - begun)
            if begun - looked > 0.25:
                looked = begun
                self._peak = max(self._peak, procs.memory_bytes(self._peer.pid))
        asking.close()

    def stop(self) -> dict[str, float]:
        """What was seen."""
        self._over.set()
        self._thread.join()
        waits = sorted(self._waits)
        return {
            "peak": self._peak, "idle": self._idle, "pings": len(waits),
            "longest": waits[-1], "p99.9": waits[int(len(waits) * 0.999)],
        }  # fmt: skip


def offsets(peer: Peer) -> Figures:
    """See the module."""
    last = groups.commit_many(peer.port)
    assert peer.process is not None
    peer.process.terminate()
    peer.process.wait(120)
    begun = time.monotonic()
    with (peer.work / "output").open("ab") as output:
        peer.process = subprocess.Popen(
            peer.command(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            env=environment(),
        )  # fmt: skip
    groups.until_loaded(peer.port, last, begun + START_SECONDS + PATIENCE_S)
    return {"seconds": time.monotonic() - begun, "cpu_s": peer.cpu(),
            "memory_mb": procs.memory_bytes(peer.pid) / 1e6}  # fmt: skip


def heartbeats(peer: Peer) -> Figures:
    """See the module."""
    members = groups.many_groups(peer.port, 1000)
    groups.beat(members, 5)
    before, begun = peer.cpu(), time.monotonic()
    count = groups.beat(members, 20)
    return {"us": (peer.cpu() - before) / count * 1e6, "per_s": count / (time.monotonic() - begun)}


def rebalance(peer: Peer) -> Figures:
    """See the module; the median of several."""
    return groups.rebalances(peer.port, 50)


GROUPS: dict[str, Callable[[Peer], Figures]] = {
    "compaction": compaction, "offsets": offsets, "heartbeats": heartbeats, "rebalance": rebalance
}  # fmt: skip


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[*GROUPS, []], help="all if not given")
    parser.add_argument("--only", choices=PEERS)
    args = parser.parse_args()
    found: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for group in args.groups or GROUPS:
        for name in [args.only] if args.only else PEERS:
            with PEERS[name]() as peer:
                figures = {k: round(v, 3) for k, v in GROUPS[group](peer).items()}
            found.setdefault(group, {})[name] = figures
            print(f"{group:12} {name:8} {figures}", flush=True)
            RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
