"""How long a zone's loop is busy without coming round; Python loads this when a process starts.

The chaos test puts this folder on the zones' PYTHONPATH and a folder for figures into
MSKLITE_CHAOS_METER. From when a zone has started, a timer of TICK_S runs on its loop. The loop's
thread can't use more CPU time between two of its ticks than one turn of the loop takes, and TICK_S;
CPU time, as the machine may be busy with others and the process frozen. Whatever is the longest so
far is written down at once, since the process may be killed. A second thread notes what the loop's
thread is at while a tick is late.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import threading
import time
import traceback
from typing import Any

TICK_S = 0.002
LATE_S = 0.01


class Meter:
    """One process's loop."""

    def __init__(self, loop: Any, path: str) -> None:
        self._loop = loop
        self._path = path
        self._thread = threading.get_ident()
        self._clock = time.pthread_getcpuclockid(self._thread)
        self._last = time.clock_gettime(self._clock)
        self._seen = ""
        self.longest = 0.0
        threading.Thread(target=self._watch, daemon=True).start()
        self._tick()

    def _tick(self) -> None:
        now = time.clock_gettime(self._clock)
        used, seen = now - self._last, self._seen
        if used > self.longest:
            self.longest = used
            with open(self._path, "a") as file:
                file.write(json.dumps({"ms": round(used * 1000, 1), "in": seen}) + "\n")
            now = time.clock_gettime(self._clock)
        self._seen = ""
        self._last = now
        self._loop.call_later(TICK_S, self._tick)

    def _watch(self) -> None:
        while True:
            time.sleep(LATE_S / 2)
            if time.clock_gettime(self._clock) - self._last > max(LATE_S, self.longest / 2):
                frame = sys._current_frames().get(self._thread)
                stack = traceback.extract_stack(frame)[-8:]
                self._seen = " > ".join(f"{f.filename.rsplit('/', 1)[-1]}:{f.name}" for f in stack)


def install(folder: str) -> None:
    """Measure every zone that starts in this process, from when it has started."""
    import asyncio

    from msklite.zone.zone import Zone

    start = Zone.start

    @functools.wraps(start)
    async def measured(self: Zone) -> None:
        await start(self)
        Meter(asyncio.get_running_loop(), f"{folder}/az{self.spec.zone}.jsonl")

    Zone.start = measured  # type: ignore[method-assign]


if "msklite.zone.main" in sys.orig_argv and "MSKLITE_CHAOS_METER" in os.environ:
    install(os.environ["MSKLITE_CHAOS_METER"])
