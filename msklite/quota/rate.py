"""Bytes a second, over the last few windows of time, and whether that is more than a limit.

A window begins with the first thing recorded after the one before it was full, so a rate can only
fall while nothing is recorded. Times are mono_ms. Source: Kafka's SimpleRate and SampledStat.
"""

from __future__ import annotations

from collections import deque


class Rate:
    """`windows` windows of `window_ms` each."""

    __slots__ = ("_kept_ms", "_samples", "_window_ms", "_windows")

    def __init__(self, windows: int, window_ms: int) -> None:
        self._windows = windows
        self._window_ms = window_ms
        self._kept_ms = windows * window_ms
        self._samples: deque[list[int]] = deque()
        """[begin, amount] of each, oldest first."""

    def record(self, amount: int, mono_ms: int) -> None:
        """So much went through."""
        samples = self._samples
        if not samples or mono_ms - samples[-1][0] >= self._window_ms:
            samples.append([mono_ms, 0])
            if len(samples) > self._windows:
                samples.popleft()
        samples[-1][1] += amount

    def per_second(self, mono_ms: int) -> float:
        """The rate now; at least a whole window is looked at."""
        samples = self._samples
        while samples and mono_ms - samples[0][0] >= self._kept_ms:
            samples.popleft()
        if not samples:
            return 0.0
        elapsed = max(mono_ms - samples[0][0], self._window_ms)
        return sum(amount for _, amount in samples) * 1000 / elapsed


class ReplicationQuota:
    """One direction of replication: what leaves a leader, or comes to a follower."""

    __slots__ = ("_rate", "limit")

    def __init__(self, windows: int, window_ms: int) -> None:
        self._rate = Rate(windows, window_ms)
        self.limit: int | None = None
        """Bytes a second; None: there is no limit."""

    def record(self, size: int, mono_ms: int) -> None:
        """Records of a throttled replica went through. What is over the limit counts too."""
        self._rate.record(size, mono_ms)

    def exceeded(self, mono_ms: int) -> bool:
        """Whether throttled replicas have to wait."""
        return self.limit is not None and self._rate.per_second(mono_ms) > self.limit
