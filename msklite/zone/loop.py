"""The event loop: uvloop where it is installed, else asyncio's own on the real monotonic clock.

A frozen clock in a user's test (freezegun) replaces `time.monotonic`, on which asyncio's loop then
stands still; uvloop keeps its own time, and the plain loop here reads the clock it had at import.
"""

from __future__ import annotations

import asyncio
import time

_monotonic = time.monotonic


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
