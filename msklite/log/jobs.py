"""Long jobs on closed files, by name: a worker process runs them, or they run in slices.

A job is given plain data and gives plain data, so that it can be sent to another process. It is a
generator: None between slices, the result at last.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

from msklite.log.cleaner import CleanTask, clean
from msklite.world import Storage

Plain = dict[str, Any]


def _clean(storage: Storage, task: Plain) -> Iterator[Plain | None]:
    for step in clean(storage, CleanTask.from_json(task)):
        yield None if step is None else step.to_json()


JOBS: dict[str, Callable[[Storage, Plain], Iterator[Plain | None]]] = {"clean": _clean}


class _Pause:
    """Awaiting it lets everything else on the loop have its turn."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class InlineWorker:
    """`world.Worker` where there are no processes: slices on the caller's own loop."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def work(self, job: str, task: Plain) -> Plain:
        """The result of a job."""
        result: Plain = {}
        for step in JOBS[job](self._storage, task):
            if step is not None:
                result = step
            await _Pause()
        return result

    def rest(self) -> None:
        """There is nothing to let go of."""

    def close(self) -> None:
        """There is nothing to end."""
