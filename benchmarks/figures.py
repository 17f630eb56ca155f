"""The figures: what each is called, its unit, what must be reached and what is aimed at.

A bound is a share of Apache Kafka's figure, of the Go fake's, or a plain number; `holds` is None
where a peer that it compares with has no such figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Values = Mapping[str, float]
"""Medians by peer name."""


@dataclass(frozen=True)
class Bound:
    """At most (or with `least` at least) `limit`, times a peer's figure where one is named."""

    limit: float
    peer: str | None = None
    least: bool = False

    def holds(self, values: Values) -> bool | None:
        ours = values.get("msklite")
        base = 1.0 if self.peer is None else values.get(self.peer)
        if ours is None or base is None:
            return None
        return ours >= self.limit * base if self.least else ours <= self.limit * base

    def text(self, unit: str) -> str:
        sign = "≥" if self.least else "≤"
        if self.peer is None:
            return f"{sign} {show(self.limit, unit)}"
        return f"{sign} {self.limit:g} x {'Kafka' if self.peer == 'kafka' else 'the Go fake'}"


@dataclass(frozen=True)
class Figure:
    """One line of the table; `group` is the measurement that yields it."""

    key: str
    group: str
    text: str
    unit: str
    must: tuple[Bound, ...] = ()
    aim: tuple[Bound, ...] = ()


def _kafka(limit: float, *, least: bool = False) -> Bound:
    return Bound(limit, "kafka", least)


FIGURES = (
    Figure("produce_1k_cpu", "produce-1k", "broker CPU to take in 1 GB of 1 KiB records", "s",
           (_kafka(0.4),), (_kafka(0.25), Bound(0.8, "gofake"))),
    Figure("produce_1k_rate", "produce-1k", "throughput of that", "MB/s",
           (), (_kafka(1.5, least=True),)),
    Figure("produce_100_cpu", "produce-100", "broker CPU to take in 1 GB of 100-byte records", "s",
           (_kafka(0.5),), (_kafka(0.3),)),
    Figure("produce_100_rate", "produce-100", "throughput of that", "MB/s",
           (), (_kafka(1.5, least=True),)),
    Figure("produce_10k_cpu", "produce-10k", "broker CPU to take in 1 GB of 10 KiB records", "s",
           (_kafka(0.5),), (_kafka(0.3),)),
    Figure("produce_10k_rate", "produce-10k", "throughput of that", "MB/s",
           (), (_kafka(1.5, least=True),)),
    Figure("read_cpu", "read", "broker CPU to read 1 GB back with librdkafka", "s",
           (_kafka(1.5),), (_kafka(1),)),
    Figure("request_cpu", "request", "CPU a request of one 100-byte record, one in flight", "us",
           (_kafka(0.4),), (_kafka(0.2),)),
    Figure("request_p50", "request", "latency of that, p50", "ms", (_kafka(1),), (_kafka(0.5),)),
    Figure("request_p99", "request", "p99", "ms", (_kafka(1),), (_kafka(0.5),)),
    Figure("e2e_p50", "end-to-end", "producer to consumer at 1,000 records/s, p50", "ms",
           (_kafka(1),), (_kafka(0.5),)),
    Figure("e2e_p99", "end-to-end", "p99", "ms", (_kafka(1),), (_kafka(0.5),)),
    Figure("spawn", "start", "from spawning the process to the first acknowledged record", "s",
           (_kafka(0.2),), (Bound(0.4),)),
    Figure("local_first", "local-cluster", "`LocalCluster`, import and call to first record", "s",
           (Bound(0.4),), (Bound(0.2),)),
    Figure("local_later", "local-cluster", "later ones in the same process", "s",
           (Bound(0.1),), (Bound(0.05),)),
    Figure("memory_idle", "start", "resident memory, idle", "MB", (_kafka(0.25),), (Bound(45),)),
    Figure("memory_after", "produce-1k", "resident memory after 1 GB written", "MB",
           (_kafka(0.25),), (Bound(45),)),
    Figure("idle_cpu", "start", "idle CPU", "%", (Bound(2),)),
    Figure("empty_disk", "start", "disk of an empty cluster", "MB", (Bound(5),)),
)  # fmt: skip

GROUPS = tuple(dict.fromkeys(figure.group for figure in FIGURES))


def show(value: float, unit: str) -> str:
    """A figure for people."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{digits}f} {unit}" if value % 1 else f"{value:.0f} {unit}"
