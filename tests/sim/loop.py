"""An asyncio event loop on virtual time, whose ready queue is shuffled by the seed.

Rules:
- No real I/O, no threads, no real time. `run_in_executor` runs its job on the loop.
- Every event takes EVENT_US of virtual time, so nothing can spin without time going by; when
  nothing is ready, time jumps to the next timer.
- asyncio promises that callbacks run in the order in which they were scheduled. This loop keeps no
  order at all among what is ready: code that leans on that order is found out.
- A callback that makes more than `max_operations` calls to disk and network is too long: the loop's
  measure is work, as virtual time doesn't pass inside a callback.
- When nothing is ready and no timer is set, all that waits waits for ever: Deadlock says who.
- Tasks are held until they end, and garbage collection is off while the loop runs: a coroutine that
  is collected runs its `finally`, at a moment that no seed decides.
"""

from __future__ import annotations

import asyncio
import gc
import heapq
import random
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from tests.sim.process import DEAD, FROZEN, RUNNING, Killed

if TYPE_CHECKING:
    from tests.sim.process import Process

EVENT_US = 5
PRUNE_EVERY = 512
SPIN_EVENTS = 16_384
SPIN_US = 400_000
"""So many events in so little time are nobody's work: somebody asks again and again."""


UNCLOSABLE = ("boot", "stop")
"""Jobs that await something when they are closed. CPython 3.11 can't close such a coroutine without
losing count of its recursion depth, so what was killed within them is kept, never closed."""
_kept: list[asyncio.Task[Any]] = []


class Deadlock(Exception):
    """Nothing will ever happen again."""


class Event:
    """A callback to be run in a process; what `call_soon` and `call_later` return."""

    __slots__ = ("args", "callback", "process", "when_us")

    def __init__(
        self, process: Process, when_us: int, callback: Callable[..., Any], args: tuple[Any, ...]
    ) -> None:
        self.process = process
        self.when_us = when_us
        self.callback: Callable[..., Any] | None = callback
        self.args = args

    def cancel(self) -> None:
        self.callback = None
        self.args = ()

    def cancelled(self) -> bool:
        return self.callback is None

    def when(self) -> float:
        """In seconds of the process's clock, as asyncio wants it."""
        ahead = self.when_us - self.process.loop.now_us
        return self.process.loop.time() + ahead / 1e6


class SimLoop(asyncio.AbstractEventLoop):
    """See the module. `on_event` is called after every event of a process that was touched."""

    def __init__(self, rng: random.Random) -> None:
        self.now_us = 0
        self.events = 0
        self.digest = 0
        """Of every event's time and process: equal for equal runs."""
        self.current: Process = None  # type: ignore[assignment]
        self.max_operations = 0
        self.on_event: Callable[[Process], None] | None = None
        self.on_error: Callable[[Process, str, BaseException | None], None] | None = None
        self.on_death: Callable[[Process], None] | None = None
        self._random = rng.random
        self._ready: list[Event] = []
        self._timers: list[tuple[int, int, Event]] = []
        self._count = 0
        self._processes = 0
        self._looked_us = 0
        self._living: list[Process] = []
        self._buried: list[Process] = []
        self._stopping = False
        self._closed = False

    # -- processes ----------------------------------------------------------------------------

    def next_process(self) -> int:
        """A number for a new process."""
        self._processes += 1
        return self._processes

    def live(self, process: Process) -> None:
        """Keep an eye on the tasks of this process."""
        self._living.append(process)

    def bury(self, process: Process) -> None:
        """It is dead; what was its own is kept, so that no `finally` runs before the end."""
        if process in self._living:
            self._living.remove(process)
        self._buried.append(process)

    # -- scheduling ---------------------------------------------------------------------------

    def post(
        self, process: Process, delay_us: int, callback: Callable[..., Any], *args: Any
    ) -> Event:
        """Run a callback in a process, after true virtual time."""
        event = Event(process, self.now_us + delay_us, callback, args)
        if delay_us <= 0:
            self._ready.append(event)
        else:
            self._count += 1
            heapq.heappush(self._timers, (event.when_us, self._count, event))
        return event

    def put(self, event: Event) -> None:
        """Make an event ready again."""
        self._ready.append(event)

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Any = None) -> Event:  # type: ignore[override]
        event = Event(self.current, self.now_us, callback, args)
        self._ready.append(event)
        return event

    call_soon_threadsafe = call_soon  # type: ignore[assignment]

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Any = None
    ) -> Event:
        process = self.current
        return self.post(process, process.clock.true_us(int(delay * 1e6)), callback, *args)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., Any], *args: Any, context: Any = None
    ) -> Event:
        process = self.current
        local = round(when * 1e6) - process.clock.local_us()
        return self.post(process, process.clock.true_us(local), callback, *args)

    def time(self) -> float:
        return self.current.clock.local_us() / 1e6

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]
        self, job: Coroutine[Any, Any, Any], name: str | None = None, context: Any = None
    ) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(job, loop=self, name=name or job.__qualname__)
        self.current.tasks.append(task)
        return task

    def run_in_executor(self, executor: object, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as e:
            future.set_exception(e)
        return future

    # -- running ------------------------------------------------------------------------------

    def run(self, until: Callable[[], bool], max_events: int = 1 << 60) -> bool:
        """Run until `until()` holds, looked at after every event; False: `max_events` went by."""
        collecting = gc.isenabled()
        gc.disable()
        asyncio._set_running_loop(self)
        try:
            last = self.events + max_events
            while not until():
                if self.events >= last:
                    return False
                self._step()
            return True
        finally:
            asyncio._set_running_loop(None)
            if collecting:
                gc.enable()

    def _step(self) -> None:
        ready, timers = self._ready, self._timers
        if not ready:
            if not timers:
                raise Deadlock(self._who_waits())
            if timers[0][0] > self.now_us:
                self.now_us = timers[0][0]
        while timers and timers[0][0] <= self.now_us:
            ready.append(heapq.heappop(timers)[2])
        slot = int(self._random() * len(ready))
        event = ready[slot]
        last = ready.pop()
        if last is not event:
            ready[slot] = last
        callback = event.callback
        if callback is None:
            return
        process = event.process
        if process.state != RUNNING:
            if process.state == FROZEN:
                process.held.append(event)
            return
        self._run_event(process, callback, event.args)

    def _run_event(
        self, process: Process, callback: Callable[..., Any], args: tuple[Any, ...]
    ) -> None:
        self.events += 1
        self.now_us += EVENT_US
        self.digest = (self.digest * 1_000_003 + self.now_us * 31 + process.number) & 0xFFFFFFFFFF
        self.current = process
        process.operations = 0
        process.touched = False
        try:
            callback(*args)
        except Killed:
            pass
        except Exception as e:
            self._failed(process, f"{_label(callback)} raised {e!r}", e)
        if process.dying:
            process.dying = False
            process.kill()
            if self.on_death is not None:
                self.on_death(process)
        if process.state == DEAD:
            return
        if process.operations > self.max_operations > 0:
            text = f"{_label(callback)} made {process.operations} calls to disk and network"
            self._failed(process, text, None)
        if process.touched and self.on_event is not None:
            self.on_event(process)
        if self.events % PRUNE_EVERY == 0:
            self._prune()
        if self.events % SPIN_EVENTS == 0:
            if self.now_us - self._looked_us < SPIN_US:
                text = (
                    f"spins: {SPIN_EVENTS} events in {self.now_us - self._looked_us} us, the last "
                )
                self._failed(process, text + _label(callback), None)
            self._looked_us = self.now_us

    def _failed(self, process: Process, text: str, error: BaseException | None) -> None:
        if self.on_error is None:
            raise AssertionError(f"{process}: {text}") from error
        self.on_error(process, text, error)

    def _prune(self) -> None:
        for process in self._living:
            process.tasks = [t for t in process.tasks if not t.done() or t._log_traceback]  # type: ignore[attr-defined]

    def unretrieved(self) -> list[tuple[Process, asyncio.Task[Any]]]:
        """Tasks that ended with an exception which nobody has looked at."""
        return [
            (process, task)
            for process in [*self._living, *self._buried]
            for task in process.tasks
            if task.done() and task._log_traceback  # type: ignore[attr-defined]
        ]

    def _who_waits(self) -> str:
        waiting = [
            f"{process}: {task.get_name()}"
            for process in self._living
            for task in process.tasks
            if not task.done()
        ]
        return "nothing is ready and no timer is set; these wait: " + "; ".join(waiting)

    # -- what asyncio asks of a loop ----------------------------------------------------------

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if self._closed:
            return
        error = context.get("exception")
        self._failed(self.current, f"{context.get('message')} {error!r}", error)

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        self.call_exception_handler(context)

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return not self._closed

    def is_closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Let go of everything; what still runs of it is of no consequence."""
        self._closed = True
        for process in [*self._living, *self._buried]:
            for task in process.tasks:
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                if not task.done() and task.get_name() in UNCLOSABLE:
                    _kept.append(task)
                if task.done() and not task.cancelled():
                    task.exception()
        for event in [*self._ready, *(timer[2] for timer in self._timers)]:
            for job in filter(asyncio.iscoroutine, event.args):
                job.close()
        self._ready.clear()
        self._timers.clear()


def _label(callback: Callable[..., Any]) -> str:
    """A callback's name, without addresses."""
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return f"task {owner.get_name()}"
    return getattr(callback, "__qualname__", type(callback).__name__)
