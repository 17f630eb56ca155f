"""Compaction that keeps to a number of bytes a second."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from msklite.log.jobs import InlineWorker
from msklite.log.log import LogConfig
from msklite.log.storage import DiskStorage
from msklite.log.throttle import Throttle
from msklite.log.worker import WorkerProcess
from msklite.wire.records import Record, build_batch
from msklite.world import Worker
from tests.log.logs import NOW, append, open_log


def test_over_the_time_since_the_last_look() -> None:
    """As Kafka's Throttler: looked at after 300 ms, forgiven by standing still."""
    throttle = Throttle(1000)
    assert throttle.wait_s(500, 1000, 1300) == 0, "not looked at yet"
    assert throttle.wait_s(500, 1000, 1301) == pytest.approx(0.699)
    assert throttle.wait_s(0, 1000, 1900) == pytest.approx(0.1)
    assert throttle.wait_s(0, 2000, 1900) == 0, "the limit has been raised"
    assert throttle.wait_s(5000, 1000, 2200) == 0
    assert throttle.wait_s(0, 1000, 2201) == pytest.approx(4.699), "since 1900"
    assert throttle.wait_s(0, 1000, 6900) == 0
    assert throttle.wait_s(1000, 1000, 60_000) == 0, "little for that time"


class Slow:
    """A pace that has everybody wait a little after each slice, and adds up what was moved."""

    def __init__(self) -> None:
        self.moved = 0

    def wait_s(self, moved: int) -> float:
        self.moved += moved
        return 0.001 if moved else 0.0

    async def wait(self, moved: int) -> None:
        await asyncio.sleep(self.wait_s(moved))


class Never:
    """A pace that lets nobody go on."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    def wait_s(self, moved: int) -> float:
        self.asked.set()
        return 1000.0

    async def wait(self, moved: int) -> None:
        await asyncio.sleep(self.wait_s(moved))


def task_on(disk: DiskStorage, folder: Path) -> dict[str, Any]:
    """A log with four keys, each twenty times, and the work on it."""
    config = LogConfig(cleanup_policy="compact", verify_transactions=False)
    log = open_log(disk, config, path=str(folder / "t-0"))
    for i in range(20):
        records = [Record(NOW, b"k%d" % k, b"%d.%d" % (k, i)) for k in range(4)]
        append(log, bytearray(build_batch(records)))
    log.roll(NOW)
    dirty = log.dirty(NOW, log.end_offset)
    assert dirty is not None
    task = log.clean_task(dirty, NOW, 1000).to_json()
    log.close()
    return task


@pytest.mark.parametrize("inline", [True, False])
def test_a_job_tells_all_that_it_moves(tmp_path: Path, inline: bool) -> None:
    disk = DiskStorage()
    task = task_on(disk, tmp_path)
    worker: Worker = InlineWorker(disk) if inline else WorkerProcess(False)
    slow = Slow()
    try:
        result = asyncio.run(worker.work("clean", json.loads(json.dumps(task)), slow))
    finally:
        worker.close()
    assert result["kept"] == 4
    # once for the keys, once for the records, and what is left
    assert slow.moved == 2 * result["bytes_read"] + result["bytes_kept"] > 0


def test_who_waits_is_let_go(tmp_path: Path) -> None:
    """A job whose asker is cancelled holds up nobody; one that waits ends with the worker."""
    task = task_on(DiskStorage(), tmp_path)
    worker = WorkerProcess(False)

    async def story() -> None:
        for _ in range(2):
            never = Never()
            job = asyncio.ensure_future(worker.work("clean", dict(task), never))
            await asyncio.to_thread(never.asked.wait, 60)
            job.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await job
        assert (await worker.work("clean", dict(task), Slow()))["kept"] == 4
        never = Never()
        job = asyncio.ensure_future(worker.work("clean", dict(task), never))
        await asyncio.to_thread(never.asked.wait, 60)
        await asyncio.to_thread(worker.close)
        with pytest.raises(OSError):
            await job

    try:
        asyncio.run(story())
    finally:
        worker.close()
