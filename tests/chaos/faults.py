"""What is done to the cluster, drawn from a seed: each fault is begun, lasts, and is undone.

`plan` is pure: the same seed gives the same schedule, which is printed before anything is broken.
"""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import dataclass

from tests.chaos.apache import ApacheCluster
from tests.chaos.cluster import ChaosCluster

ONE = ("kill", "crash", "freeze", "cut", "cut out", "cut into", "cut from one", "stop")
"""`kill` by the supervisor, `crash` from outside: the supervisor brings the zone back by itself."""
BROKER = ("broker stop", "broker reboot")
TWO = ("kill", "freeze", "stop")
"""Kinds that two zones may suffer at once."""


@dataclass(frozen=True)
class Fault:
    """One fault: what, to whom, for how long, and the quiet after it."""

    kind: str
    zones: tuple[int, ...]
    other: int
    lasts_s: float
    quiet_s: float

    def __str__(self) -> str:
        whom = "+".join(f"az{z}" for z in self.zones)
        of = f" (az{self.other})" if self.kind == "cut from one" else ""
        return f"{self.kind} {whom}{of} for {self.lasts_s:.1f} s, then {self.quiet_s:.1f} s"


def plan(seed: int, seconds: float) -> list[Fault]:
    """Faults for so long, of every kind in turn; in the second half two zones at once sometimes."""
    rnd = random.Random(f"chaos-{seed}")
    kinds: list[str] = []
    faults: list[Fault] = []
    total = 0.0
    while total < seconds:
        if not kinds:
            kinds = [*ONE, *BROKER]
            rnd.shuffle(kinds)
        kind = kinds.pop()
        zone, other = rnd.sample((1, 2, 3), 2)
        zones: tuple[int, ...] = (zone,)
        if total > seconds / 2 and kind in TWO and rnd.random() < 0.7:
            zones = (zone, other)
        lasts = rnd.choice((rnd.uniform(0.2, 2), rnd.uniform(2, 9)))
        quiet = rnd.choice((rnd.uniform(0, 1), rnd.uniform(1, 5)))
        faults.append(Fault(kind, zones, other, lasts, quiet))
        total += lasts + quiet + 1
    return faults


def carry_out(cluster: ChaosCluster | ApacheCluster, fault: Fault) -> None:
    """Begin it, let it last, undo it; returns when everybody is there again."""
    _begin(cluster, fault)
    time.sleep(fault.lasts_s)
    _undo(cluster, fault)


def _begin(cluster: ChaosCluster | ApacheCluster, fault: Fault) -> None:
    (zone, *_), kind = fault.zones, fault.kind
    if kind == "crash":
        pid = cluster.pid(zone)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    elif kind.startswith("cut"):
        others = [fault.other] if kind == "cut from one" else []
        cluster.cut(zone, others, out=kind != "cut into", into=kind != "cut out")
    elif kind.startswith("broker"):
        cluster.broker(kind.removeprefix("broker "), zone)
    else:
        for one in fault.zones:
            cluster.zone(kind, one)


def _undo(cluster: ChaosCluster | ApacheCluster, fault: Fault) -> None:
    (zone, *_), kind = fault.zones, fault.kind
    if kind == "crash":
        cluster.revive(zone)
    elif kind.startswith("cut"):
        cluster.heal()
    elif kind == "broker stop":
        cluster.broker("start", zone)
    elif kind == "freeze":
        for one in fault.zones:
            cluster.zone("thaw", one)
    elif kind in ("kill", "stop"):
        _start(cluster, fault.zones)


def _start(cluster: ChaosCluster | ApacheCluster, zones: tuple[int, ...]) -> None:
    """Both at once where there are two: one alone may have to wait for the other."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(zones)) as pool:
        list(pool.map(lambda z: cluster.zone("start", z), zones))
