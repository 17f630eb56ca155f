"""The worker process: long jobs (`jobs`) beside a zone, so that the zone's loop stays free.

It is started for the first job, is sent one line of JSON for each and answers with one, and ends
when nobody has another. A job that is to be slowed down tells after each slice how many bytes it
has moved, and goes on when it is sent an empty line.

`WorkerProcess` is the zone's side; the rest is the process itself: `python -m msklite.log.worker`.
It stops within a slice when its zone is gone: a new life of that may be opening the same folder.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from msklite.log.storage import DiskStorage
from msklite.log.throttle import LONGEST_WAIT_S
from msklite.world import Pace

NICENESS = 5
_MOVED = b"moved "
Plain = dict[str, Any]


class WorkerProcess:
    """`world.Worker` by a process of its own. One job at a time: others wait."""

    def __init__(self, durable: bool) -> None:
        self._durable = durable
        self._pool: ThreadPoolExecutor | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._busy = 0
        self._closed = threading.Event()

    async def work(self, job: str, task: Plain, pace: Pace | None = None) -> Plain:
        """The result of a job; OSError where it, or the process, failed."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="msklite-worker")
        self._busy += 1
        unwanted = threading.Event()
        line = {"job": job, "task": task, "paced": pace is not None}
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._pool, self._ask, line, pace, unwanted
            )
        finally:
            self._busy -= 1
            unwanted.set()  # where its asker was cancelled, others needn't wait for its end

    def _ask(self, line: Plain, pace: Pace | None, unwanted: threading.Event) -> Plain:
        if self._closed.is_set():
            raise OSError("the worker process has been ended")
        if self._process is None or self._process.poll() is not None:
            self._process = self._start()
        pipes = self._process
        assert pipes.stdin is not None and pipes.stdout is not None
        try:
            pipes.stdin.write(json.dumps(line).encode() + b"\n")
            pipes.stdin.flush()
            said = pipes.stdout.readline()
            while pace is not None and said.startswith(_MOVED):
                self._wait(pipes, int(said.removeprefix(_MOVED)), pace, unwanted)
                pipes.stdin.write(b"\n")
                pipes.stdin.flush()
                said = pipes.stdout.readline()
        except OSError as e:
            raise OSError(f"the worker process doesn't listen: {e}") from e
        if not said:
            raise OSError(f"the worker process has ended with code {pipes.wait()}")
        answer: Plain = json.loads(said)
        if "error" in answer:
            raise OSError(answer["error"])
        return dict(answer["result"], usage=answer["usage"])

    def _wait(
        self, process: subprocess.Popen[bytes], moved: int, pace: Pace, unwanted: threading.Event
    ) -> None:
        """Until a job may go on; OSError, and the end of the process, where it need not."""
        while (wait_s := pace.wait_s(moved)) > 0:
            moved = 0
            if self._closed.wait(min(wait_s, LONGEST_WAIT_S)):
                raise OSError("the worker process has been ended")
            if unwanted.is_set():
                _end(process, kill=True)
                raise OSError("nobody wants the job done any more")

    def _start(self) -> subprocess.Popen[bytes]:
        root = str(Path(__file__).parents[2])
        paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        return subprocess.Popen(
            [sys.executable, "-m", "msklite.log.worker", "durable" if self._durable else "fast"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))},
        )  # fmt: skip

    @property
    def pid(self) -> int | None:
        """The process, where there is one now."""
        found = self._process
        return found.pid if found is not None and found.poll() is None else None

    def rest(self) -> None:
        """Nobody has a job: the process goes, and its memory with it."""
        if not self._busy and self._process is not None:
            _end(self._process, kill=False)
            self._process = None

    def close(self) -> None:
        """End it at once; who waits for a job gets an OSError."""
        self._closed.set()
        if self._process is not None:
            _end(self._process, kill=True)
        if self._pool is not None:
            self._pool.shutdown()
        self._process = self._pool = None


def _end(process: subprocess.Popen[bytes], *, kill: bool) -> None:
    if kill:
        process.kill()
    elif process.stdin is not None:
        process.stdin.close()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


# -- the process ----------------------------------------------------------------------------------


def _run(storage: DiskStorage, line: Plain, parent: int) -> Plain:
    from msklite.log.jobs import JOBS

    result: Plain = {}
    for step in JOBS[line["job"]](storage, line["task"]):
        if os.getppid() != parent:
            os._exit(3)
        if not isinstance(step, int):
            result = step
        elif line["paced"]:
            sys.stdout.buffer.write(b"%s%d\n" % (_MOVED, step))
            sys.stdout.buffer.flush()
            if not sys.stdin.buffer.readline():
                os._exit(3)
    return result


def main(argv: list[str]) -> int:
    """Serve jobs until the zone closes its end, or is gone."""
    parent = os.getppid()
    storage = DiskStorage(durable=argv[1:] == ["durable"])
    os.nice(NICENESS)
    while raw := sys.stdin.buffer.readline():
        before = resource.getrusage(resource.RUSAGE_SELF)
        try:
            answer: Plain = {"result": _run(storage, json.loads(raw), parent)}
        except Exception as e:
            answer = {"error": f"{type(e).__name__}: {e}"}
        after = resource.getrusage(resource.RUSAGE_SELF)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        answer["usage"] = {"cpu_s": round(cpu, 3), "peak_kb": after.ru_maxrss}
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
