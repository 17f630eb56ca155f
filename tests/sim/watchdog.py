"""Ends a callback that never ends. Real time, but only to get out: no run depends on it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.sim.loop import SimLoop

LOOK_EVERY_S = 5.0


class Stuck(BaseException):
    """Raised within the callback."""


@contextmanager
def watched(loop: SimLoop, blame: Callable[[str], None]) -> Iterator[None]:
    """A callback that runs from one look to the next is blamed and broken off."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    seen = -1

    def look(number: int, frame: FrameType | None) -> None:
        nonlocal seen
        if loop.events != seen:
            seen = loop.events
            return
        where = [] if frame is None else [frame.f_code.co_qualname]
        while frame is not None and frame.f_back is not None and len(where) < 4:
            frame = frame.f_back
            where.append(frame.f_code.co_qualname)
        blame(f"{loop.current}: a callback doesn't end: {' < '.join(where)}")
        raise Stuck

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, LOOK_EVERY_S, LOOK_EVERY_S)
    try:
        yield
    except Stuck:
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
