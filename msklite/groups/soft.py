"""What a group coordinator keeps in memory only: live groups, their timers, one turn's output.

Rules:
- Everything here is dropped when leadership is lost and is made anew from durable state.
- All timers of a machine share one heap. Moving a deadline later, as every heartbeat does, only
  sets a number; the heap entry follows when it comes up. So a heartbeat costs O(1).
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import TypeAlias

from msklite.machine import Reply, Result, Token
from msklite.wire.primitives import Message


class Turn:
    """One operation in progress: its times, and what it wants done."""

    __slots__ = ("mono_ms", "now_ms", "result")

    def __init__(self, mono_ms: int, now_ms: int) -> None:
        self.mono_ms = mono_ms
        self.now_ms = now_ms
        self.result = Result()

    def reply(self, token: Token, response: Message) -> None:
        """Answer `token` once everything so far is committed."""
        self.result.effects.append(Reply(token, response))

    def record(self, key: bytes, value: bytes | None) -> None:
        """Write a record; None is a tombstone."""
        self.result.records.append((key, value))


Fire: TypeAlias = Callable[[Turn], None]


class Timer:
    """One alarm; set and cancelled through `Timers`."""

    __slots__ = ("deadline", "fire", "queued")

    def __init__(self, fire: Fire) -> None:
        self.fire = fire
        self.deadline: int | None = None
        self.queued: int | None = None
        """When the heap entry that counts comes up; other entries of this timer are stale."""


class Timers:
    """A heap of timers; `due` hands them out in order of their deadlines."""

    __slots__ = ("_heap", "_serial")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Timer]] = []
        self._serial = 0

    def set(self, timer: Timer, deadline_ms: int) -> None:
        """(Re)set the alarm."""
        timer.deadline = deadline_ms
        if timer.queued is None or deadline_ms < timer.queued:
            self._push(timer, deadline_ms)

    def cancel(self, timer: Timer) -> None:
        """The alarm won't go off; its heap entry goes when it comes up."""
        timer.deadline = None

    def next_ms(self) -> int | None:
        """When to look again: never later than the first deadline, maybe earlier."""
        heap = self._heap
        while heap:
            at, _, timer = heap[0]
            if timer.queued == at and timer.deadline is not None:
                return at
            heappop(heap)
            if timer.queued == at:
                timer.queued = None
        return None

    def due(self, mono_ms: int) -> Timer | None:
        """Take off a timer whose deadline has come, if there is one."""
        heap = self._heap
        while heap and heap[0][0] <= mono_ms:
            at, _, timer = heappop(heap)
            if timer.queued != at:
                continue
            timer.queued = None
            if timer.deadline is None:
                continue
            if timer.deadline > mono_ms:
                self._push(timer, timer.deadline)
                continue
            timer.deadline = None
            return timer
        return None

    def _push(self, timer: Timer, at: int) -> None:
        timer.queued = at
        self._serial += 1
        heappush(self._heap, (at, self._serial, timer))
