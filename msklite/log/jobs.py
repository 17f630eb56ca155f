"""Long jobs on closed files, by name: a worker process runs them, or they run in slices.

A job is given plain data and gives plain data, so that it can be sent to another process. It is a
generator: after each slice it tells how many bytes it has moved, and at last its result.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

from msklite.log.cleaner import CleanTask, clean
from msklite.world import Pace, Storage

Plain = dict[str, Any]


def _clean(storage: Storage, task: Plain) -> Iterator[Plain | int]:
    for step in clean(storage, CleanTask.from_json(task)):
        yield step if isinstance(step, int) else step.to_json()


JOBS: dict[str, Callable[[Storage, Plain], Iterator[Plain | int]]] = {"clean": _clean}


class _Pause:
    """Awaiting it lets everything else on the loop have its turn."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class InlineWorker:
    """`world.Worker` where there are no processes: slices on the caller's own loop."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def work(self, job: str, task: Plain, pace: Pace | None = None) -> Plain:
        """The result of a job."""
        result: Plain = {}
        for step in JOBS[job](self._storage, task):
            if not isinstance(step, int):
                result = step
            elif pace is not None:
                await pace.wait(step)
            await _Pause()
        return result

    def rest(self) -> None:
        """There is nothing to let go of."""

    def close(self) -> None:
        """There is nothing to end."""
