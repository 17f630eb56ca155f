"""Clocks that drift and jump, and randomness from the seed.

Time is in whole microseconds of the simulation. A machine's monotonic clock runs a little fast or
slow against it (`ppm`), its wall clock starts elsewhere and may be set forward and back.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.sim.loop import SimLoop

MILLION = 1_000_000
EPOCH_MS = 1_767_225_600_000
"""Where wall clocks start: 2026-01-01."""


class SimClock:
    """One machine's clocks; `world.Clock`, and what the loop needs to convert."""

    __slots__ = ("_loop", "_offset_us", "ppm", "wall_ms")

    def __init__(self, loop: SimLoop, ppm: int = 0, boot_us: int = 0, wall_ms: int = 0) -> None:
        self._loop = loop
        self._offset_us = boot_us
        self.ppm = ppm
        self.wall_ms = wall_ms
        """How far this wall clock is from the true time."""

    def local_us(self) -> int:
        """The monotonic clock, in microseconds."""
        now = self._loop.now_us
        return self._offset_us + now + now * self.ppm // MILLION

    def true_us(self, local_us: int) -> int:
        """How long `local_us` of this clock take; rounded up, so that no timer comes early."""
        return -(-local_us * MILLION // (MILLION + self.ppm))

    def mono_ms(self) -> int:
        return self.local_us() // 1000

    def now_ms(self) -> int:
        now = self._loop.now_us
        return EPOCH_MS + self.wall_ms + (now + now * self.ppm // MILLION) // 1000


class SimRandom:
    """`world.Random` from a seed."""

    __slots__ = ("_source",)

    def __init__(self, source: random.Random) -> None:
        self._source = source

    def bytes(self, n: int) -> bytes:
        return self._source.randbytes(n)

    def below(self, n: int) -> int:
        return self._source.randrange(n)
