"""How long work on files has to wait to keep to so many bytes a second.

What was moved is looked at every CHECK_MS, over the time since the last look that found it within
the limit: work that stood still meanwhile may catch up no further back than that. Source: Kafka's
Throttler.
"""

from __future__ import annotations

UNLIMITED = 1e300
"""Kafka's default of log.cleaner.io.max.bytes.per.second is the largest number that there is."""
LONGEST_WAIT_S = 1.0
"""After it whoever waits asks again: the limit may be another."""


class Throttle:
    """See the module. The limit may change while somebody waits: ask again, with nothing moved."""

    __slots__ = ("_moved", "_since_ms")
    CHECK_MS = 300

    def __init__(self, mono_ms: int) -> None:
        self._moved = 0
        self._since_ms = mono_ms

    def wait_s(self, moved: int, per_second: float, mono_ms: int) -> float:
        """`moved` bytes more were read or written: how many seconds to wait, 0 to go on."""
        self._moved += moved
        passed = mono_ms - self._since_ms
        if passed <= self.CHECK_MS:
            return 0.0
        left = self._moved * 1000 / per_second - passed
        if left > 0:
            return left / 1000
        self._moved, self._since_ms = 0, mono_ms
        return 0.0
