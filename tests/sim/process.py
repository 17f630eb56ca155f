"""A simulated operating-system process: everything that runs on the loop belongs to one.

Whatever a callback schedules belongs to the process of that callback, so a process is killed by no
longer running what is its own: no `finally`, no `except`, no last write. Across processes only the
network, the disk and the harness pass things on, always with `SimLoop.post` to the receiver.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from tests.sim.clock import SimClock

if TYPE_CHECKING:
    from tests.sim.loop import Event, SimLoop

RUNNING, FROZEN, DEAD = range(3)


class Killed(BaseException):
    """Raised inside a process that dies in the middle of a callback; nothing may catch it."""


class Process:
    """One life of a process. A restarted zone is a new Process."""

    __slots__ = (
        "clock", "dying", "held", "loop", "name", "number", "operations", "random", "site",
        "state", "tasks", "touched",
    )  # fmt: skip

    def __init__(
        self, loop: SimLoop, name: str, site: str, clock: SimClock, rng: random.Random
    ) -> None:
        self.loop = loop
        self.name = name
        self.site = site
        """The machine, or the zone of machines, that the network cuts off as one."""
        self.clock = clock
        self.random = rng
        self.number = loop.next_process()
        self.state = RUNNING
        self.dying = False
        """It was killed inside the callback that runs now."""
        self.held: list[Event] = []
        """What came due while frozen."""
        self.tasks: list[asyncio.Task[Any]] = []
        self.operations = 0
        """Calls to disk and network in the present callback: how long it runs."""
        self.touched = False
        """Bytes came or a disk changed in the present callback: worth a check."""

    def spawn(self, job: Coroutine[Any, Any, Any], name: str) -> None:
        """Run a coroutine as a task of this process."""
        self.loop.post(self, 0, self.loop.create_task, job, name)

    def freeze(self) -> None:
        """SIGSTOP."""
        if self.state == RUNNING:
            self.state = FROZEN

    def thaw(self) -> None:
        """SIGCONT: what came due meanwhile runs now, in any order."""
        if self.state == FROZEN:
            self.state = RUNNING
            held, self.held = self.held, []
            for event in held:
                self.loop.put(event)

    def kill(self) -> None:
        """SIGKILL, of this process alone: the machine's disk and network see to their part."""
        self.state = DEAD
        self.held.clear()
        for task in self.tasks:
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        self.loop.bury(self)

    def __repr__(self) -> str:
        return self.name
