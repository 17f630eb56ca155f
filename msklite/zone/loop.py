"""The event loop: uvloop where it is installed, else asyncio's own on the real monotonic clock;
and how long it looks out for the next request before it sleeps.

A frozen clock in a user's test (freezegun) replaces `time.monotonic`, on which asyncio's loop then
stands still; uvloop keeps its own time, and the plain loop here reads the clock it had at import.
"""

from __future__ import annotations

import asyncio
import time

_monotonic = time.monotonic
_seconds = time.perf_counter
_LOOK_S = 40e-6
_WON, _LOST = 1, 3
_FULL = 16
_SKIP, _LONGEST_SKIP = 64, 4096


class _SteadyLoop(asyncio.SelectorEventLoop):
    def time(self) -> float:
        return _monotonic()


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A fresh loop, not set as current."""
    try:
        import uvloop
    except ImportError:
        return _SteadyLoop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


class LoopLookout:
    """`world.Lookout`: after an answer the loop looks for the next request instead of sleeping.

    A client with one request in flight sends the next a few microseconds after its answer, but to
    sleep meanwhile and be woken on a core that sleeps too costs several times as long, in latency
    and in CPU time (`benchmarks/run.py --only request`). So for up to `_LOOK_S` the loop polls, as
    long as that pays: three of four looks must find a request, or it isn't done for the next
    `_SKIP` requests, then for twice as many, and so on. A producer that streams, a consumer that
    waits and an idle broker don't make it poll. Only for a process of its own: in a user's process
    a polling thread would keep Python's lock.
    """

    __slots__ = (
        "_call_soon",
        "_looking",
        "_requests",
        "_score",
        "_seen",
        "_skip",
        "_skips",
        "_until",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._call_soon = loop.call_soon
        self._looking = False
        self._requests = 0
        self._seen = 0
        self._until = 0.0
        self._score = _FULL
        self._skip = 0
        self._skips = _SKIP

    def served(self) -> None:
        """A request was answered at once."""
        self._requests += 1
        if self._looking:
            return
        if self._skip:
            self._skip -= 1
            return
        self._looking = True
        self._begin()

    def _begin(self) -> None:
        self._seen = self._requests
        self._until = _seconds() + _LOOK_S
        self._call_soon(self._look)

    def _look(self) -> None:
        """Called once in each turn of the loop, which doesn't sleep while it has this to call."""
        if self._requests != self._seen:
            if self._score < _FULL:
                self._score += _WON
            else:
                self._skips = _SKIP
            self._begin()
        elif _seconds() < self._until:
            self._call_soon(self._look)
        else:
            self._looking = False
            self._score -= _LOST
            if self._score < 0:
                self._score = 0
                self._skip = self._skips
                self._skips = min(2 * self._skips, _LONGEST_SKIP)
