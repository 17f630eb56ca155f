"""What a broker has done, counted and as rates: the figures behind the names of Kafka's JMX beans.

Rules:
- The hot paths only add to whole numbers: of a partition (bytes and records in and out), of a
  route (requests, and how long those waited that had to). All else is worked out on demand.
- Rates are Kafka's: averages over one, five and fifteen minutes that move every five seconds. They
  need somebody to call `tick`, so they are kept only where an exporter is open.
- A request that was answered at once counts as 0 ms: the clock of a broker has whole milliseconds.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msklite.partition.partition import Partition

TICK_MS = 5000
_MINUTES = (1, 5, 15)
_ALPHAS = tuple(1 - math.exp(-TICK_MS / 60_000 / m) for m in _MINUTES)
FLOWS = {
    "BytesInPerSec": "bytes_in",
    "BytesOutPerSec": "bytes_out",
    "MessagesInPerSec": "records_in",
    "ReplicationBytesInPerSec": "replicated_in",
    "ReplicationBytesOutPerSec": "replicated_out",
}
"""Kafka's name -> where a partition counts it."""
PER_TOPIC = ("BytesInPerSec", "BytesOutPerSec", "MessagesInPerSec")
"""Kafka has the others for all topics together only."""


class Meter:
    """A count and its rates a second."""

    __slots__ = ("_marked", "_rates", "_started", "count")

    def __init__(self, mono_ms: int) -> None:
        self.count = 0
        self._marked = 0
        self._rates: list[float] | None = None
        self._started = mono_ms

    def tick(self) -> None:
        """Five seconds have passed."""
        rate = (self.count - self._marked) * 1000 / TICK_MS
        self._marked = self.count
        if self._rates is None:
            self._rates = [rate] * len(_ALPHAS)
        else:
            self._rates = [r + a * (rate - r) for r, a in zip(self._rates, _ALPHAS, strict=True)]

    def rates(self, mono_ms: int) -> dict[str, float]:
        """By Kafka's names of them."""
        one, five, fifteen = self._rates or (0.0, 0.0, 0.0)
        seconds = (mono_ms - self._started) / 1000
        return {
            "OneMinuteRate": one,
            "FiveMinuteRate": five,
            "FifteenMinuteRate": fifteen,
            "MeanRate": self.count / seconds if seconds > 0 else 0.0,
        }


class Flows:
    """Meters of what flows through the partitions of a broker, by name and topic ("" is all)."""

    def __init__(self, mono_ms: int) -> None:
        self.meters: dict[tuple[str, str], Meter] = {}
        self._seen: dict[int, tuple[Partition, list[int]]] = {}
        self._mono_ms = mono_ms
        for name in FLOWS:
            self._meter(name, "")

    def _meter(self, name: str, topic: str) -> Meter:
        meter = self.meters.get((name, topic))
        if meter is None:
            meter = self.meters[name, topic] = Meter(self._mono_ms)
        return meter

    def sample(self, partitions: Iterable[Partition], mono_ms: int) -> None:
        """Take over what the partitions have counted since the last time."""
        self._mono_ms = mono_ms
        seen: dict[int, tuple[Partition, list[int]]] = {}
        for p in partitions:
            now = [getattr(p, attribute) for attribute in FLOWS.values()]
            before = self._seen.get(id(p), (p, [0] * len(now)))[1]
            for name, new, old in zip(FLOWS, now, before, strict=True):
                self._meter(name, "").count += new - old
                if name in PER_TOPIC:
                    self._meter(name, p.topic).count += new - old
            seen[id(p)] = (p, now)  # held, so that no other one gets its id
        self._seen = seen
        topics = {p.topic for p, _ in seen.values()}
        for name, topic in list(self.meters):
            if topic and topic not in topics:
                del self.meters[name, topic]

    def tick(self) -> None:
        """Five seconds have passed."""
        for meter in self.meters.values():
            meter.tick()


class Waits:
    """How long the requests of one kind took that weren't answered at once."""

    __slots__ = ("_buckets", "count", "longest", "total_ms")
    BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 350, 500, 750, 1000, 2000, 5000, 10_000, 30_000)

    def __init__(self) -> None:
        self.count = 0
        self.total_ms = 0
        self.longest = 0
        self._buckets = [0] * (len(self.BOUNDS) + 1)

    def add(self, ms: int) -> None:
        """One more."""
        self.count += 1
        self.total_ms += ms
        self.longest = max(self.longest, ms)
        self._buckets[bisect_left(self.BOUNDS, ms)] += 1

    def percentile(self, share: float, requests: int) -> float:
        """The time that this share of all `requests` doesn't exceed, by the buckets' bounds."""
        left = share * requests - (requests - self.count)
        if left <= 0:
            return 0.0
        for bound, n in zip(self.BOUNDS, self._buckets, strict=False):
            left -= n
            if left <= 0:
                return float(min(bound, self.longest))
        return float(self.longest)


class Recent:
    """What was seen in the last half minute: the largest of it, and the mean."""

    __slots__ = ("_seen",)
    WINDOW_MS = 30_000

    def __init__(self) -> None:
        self._seen: deque[tuple[int, float]] = deque(maxlen=1000)

    def add(self, mono_ms: int, value: float) -> None:
        """One more."""
        self._seen.append((mono_ms, value))

    def most_and_mean(self, mono_ms: int) -> tuple[float, float]:
        """NaN, as in Kafka, where nothing was seen."""
        values = [value for at, value in self._seen if at > mono_ms - self.WINDOW_MS]
        if not values:
            return math.nan, math.nan
        return max(values), sum(values) / len(values)


class Requests:
    """Requests of one kind that a route doesn't tell apart: consumers' fetches and followers'."""

    __slots__ = ("count", "waits")

    def __init__(self) -> None:
        self.count = 0
        self.waits = Waits()
