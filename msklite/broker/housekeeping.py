"""What is done to a broker's logs from time to time: flushes, retention, checkpoints, removals.

Rules:
- The loop isn't blocked: fsync and unlink run through Storage.run, the rest is done a few logs at a
  time.
- A log that fails is reported, and doesn't keep the others from their turn.
- A flush of a partition serves all who wait for one; what is appended meanwhile waits for the next.
- Files of deleted segments and topics are removed after file.delete.delay.ms, as in Kafka: replies
  under way may still read them.

Intervals are Kafka's settings, but that flush.ms is honoured without
log.flush.scheduler.interval.ms, which Kafka sets to "never". Source: Kafka's LogManager.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from msklite.broker.checkpointing import Checkpoints
from msklite.broker.cleaning import Cleaning
from msklite.log.checkpoints import CLEANER, LOG_START, RECOVERY_POINT, REPLICATION
from msklite.log.flushing import Flush
from msklite.log.garbage import remove
from msklite.log.log import Log
from msklite.log.segment import Segment
from msklite.partition.partition import Partition

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

_TICK_MS = 1000
_SHORTEST_TICK_MS = 50
_LONG_MS = 2**40
_SLICE = 50
_CLOSE_TOGETHER = 128
_SIDE_BY_SIDE = 8


Job: TypeAlias = Callable[[], Awaitable[None]]


class Housekeeping:
    """Of the partitions that `hosted` names."""

    def __init__(self, broker: Broker, hosted: Callable[[], list[Partition]]) -> None:
        self._broker = broker
        self._hosted = hosted
        self._storage = broker.world.storage
        self.checkpoints = Checkpoints(self._storage, broker.directory, hosted, broker.log)
        self.cleaning = Cleaning(broker, hosted, self.checkpoints)
        self._tasks: list[asyncio.Task[None]] = []
        self._following: list[asyncio.Task[None]] = []
        self._flushes: dict[Partition, asyncio.Task[None]] = {}
        self._removals: list[tuple[int, Callable[[], None], Callable[[], None]]] = []

    def start(self) -> None:
        """Begin the rounds."""
        config = self._broker.config
        write = self.checkpoints.write
        rounds: list[tuple[Job, str]] = [
            (self._expire, "producer.id.expiration.check.interval.ms"),
            (partial(write, REPLICATION), "replica.high.watermark.checkpoint.interval.ms"),
            (partial(write, RECOVERY_POINT), "log.flush.offset.checkpoint.interval.ms"),
            (partial(write, LOG_START), "log.flush.start.offset.checkpoint.interval.ms"),
        ]
        first = config.int("log.initial.task.delay.ms")
        for job, setting in rounds:
            interval = max(config.int(setting), _SHORTEST_TICK_MS)
            task = asyncio.ensure_future(self._every(job, interval, min(interval, first)))
            self._tasks.append(task)
        self._tasks.append(asyncio.ensure_future(self._tick()))
        self._tasks.append(asyncio.ensure_future(self.cleaning.run()))
        self._follow_clock(first)

    def _clock_rounds(self) -> list[tuple[Job, str]]:
        """What is due by the cluster's clock."""
        return [
            (self.retain, "log.retention.check.interval.ms"),
            (self._broker.groups.expire, "offsets.retention.check.interval.ms"),
        ]

    def _follow_clock(self, first: int) -> None:
        """Begin those rounds, as often as the clock's pace asks for."""
        for job, setting in self._clock_rounds():
            interval = max(self._broker.config.int(setting), _SHORTEST_TICK_MS)
            interval = self._broker.world.clock.real_ms(interval, _TICK_MS)
            task = asyncio.ensure_future(self._every(job, interval, min(interval, first)))
            self._following.append(task)

    async def clock_moved(self) -> None:
        """The clock was steered: see to what is due now, and go on at its pace."""
        if not self._tasks:
            return  # not open yet, or closed
        for p in self._hosted():
            p.log.age_by_append()
        for task in self._following:
            task.cancel()
        self._following.clear()
        for job, _ in self._clock_rounds():
            await self._once(job)
        self.cleaning.wake.set()
        if self._tasks and not self._following:
            self._follow_clock(_LONG_MS)

    async def _every(self, job: Job, interval: int, first: int) -> None:
        await asyncio.sleep(first / 1000)
        while True:
            await self._once(job)
            await asyncio.sleep(interval / 1000)

    async def _once(self, job: Job) -> None:
        try:
            await job()
        except Exception:
            self._broker.log.exception("work on the logs failed")

    async def _tick(self) -> None:
        """Flushes and removals that are due, and logs to be made; oftener for a short flush.ms."""
        while True:
            flush_ms = min((p.log.config.flush_ms for p in self._hosted()), default=_TICK_MS)
            await asyncio.sleep(max(_SHORTEST_TICK_MS, min(flush_ms, _TICK_MS)) / 1000)
            try:
                self._broker.replicas.try_again()
                await self._flush_due()
                self._take_garbage()
                await self._remove_due(self._broker.world.clock.mono_ms())
            except Exception:
                self._broker.log.exception("work on the logs failed")

    def _report(self, p: Partition, what: str, error: OSError) -> None:
        self._broker.log.error("%s-%d can't be %s: %s", p.topic, p.index, what, error)

    # -- flushing -----------------------------------------------------------------------------

    def flush_asked(self, partition: Partition) -> bool:
        """Whether flush.messages wants what was just appended on the disk before the reply."""
        log = partition.log
        return log.end_offset - log.recovery_point >= log.config.flush_messages

    async def durable(self, partition: Partition, offset: int) -> None:
        """Wait until `partition` is on the disk up to `offset`; OSError where that fails."""
        log = partition.log
        while log.recovery_point < min(offset, log.end_offset):
            await asyncio.shield(self.flush(partition, log.end_offset))

    def flush(self, partition: Partition, end: int) -> asyncio.Task[None]:
        """The flush under way, or a new one up to `end`."""
        task = self._flushes.get(partition)
        if task is None or task.done():
            # A task that is done, but hasn't been taken off yet, would make `durable` spin.
            task = asyncio.ensure_future(self._flush(partition, end))
            self._flushes[partition] = task
            task.add_done_callback(lambda done: self._flushed(partition, done))
        return task

    def _flushed(self, partition: Partition, task: asyncio.Task[None]) -> None:
        if self._flushes.get(partition) is task:
            del self._flushes[partition]
        if not task.cancelled():
            task.exception()  # whoever waits has it; that nobody waits is no fault

    async def _flush(self, partition: Partition, end: int) -> None:
        log = partition.log
        flush = log.begin_flush(self._broker.world.clock.now_ms(), end)
        try:
            await self._storage.run(flush.run)
        finally:
            log.end_flush(flush)

    async def _flush_due(self) -> None:
        now_ms = self._broker.world.clock.now_ms()
        for p in self._hosted():
            end = p.log.flush_wanted(now_ms)
            if end is None:
                continue
            try:
                await asyncio.shield(self.flush(p, end))
            except OSError as e:
                self._report(p, "flushed", e)

    # -- retention and removal ----------------------------------------------------------------

    async def retain(self) -> None:
        """Delete what retention.ms, retention.bytes and DeleteRecords leave behind."""
        now_ms = self._broker.world.clock.now_ms()
        for count, p in enumerate(self._hosted()):
            try:
                start = p.log.start_offset
                gone = p.log.retain(now_ms, p.high_watermark)
                if p.log.start_offset != start:
                    p.stir()
                if gone:
                    self._broker.log.info("%s-%d: %d segments deleted", p.topic, p.index, gone)
            except OSError as e:
                self._report(p, "cleaned", e)
            if count % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)

    async def _expire(self) -> None:
        # Their times are the clients', which no steering moves.
        wall_ms = self._broker.world.clock.wall_ms()
        for p in self._hosted():
            p.log.expire_producers(wall_ms)

    def _take_garbage(self) -> None:
        for p in self._hosted():
            segments = p.log.take_garbage()
            if segments:
                self._later(
                    p.log.config.file_delete_delay_ms,
                    partial(_drop_all, segments),
                    partial(remove, self._storage, segments),
                )

    def remove_later(self, log: Log) -> None:
        """Remove the folder of a log that was moved out of the way."""
        self._later(log.config.file_delete_delay_ms, log.let_go, log.delete)

    def _later(self, delay_ms: int, before: Callable[[], None], job: Callable[[], None]) -> None:
        self._removals.append((self._broker.world.clock.mono_ms() + delay_ms, before, job))

    async def _remove_due(self, mono_ms: int | None) -> None:
        due = [r for r in self._removals if mono_ms is None or r[0] <= mono_ms]
        for removal in due:
            self._removals.remove(removal)
            _, before, job = removal
            before()
            try:
                await self._storage.run(job)
            except OSError as e:
                self._broker.log.warning("deleted files can't be removed: %s", e)

    # -- the end ------------------------------------------------------------------------------

    def abandon(self) -> None:
        """Stop, as a killed process would."""
        for task in [*self._tasks, *self._following, *self._flushes.values()]:
            task.cancel()
        self._tasks.clear()

    async def close(self) -> bool:
        """Close all logs cleanly; whether the next start may trust them."""
        tasks = [*self._tasks, *self._following]
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *self._flushes.values(), return_exceptions=True)
        self._take_garbage()
        await self._remove_due(None)
        hosted = self._hosted()
        sound = True
        for at in range(0, len(hosted), _CLOSE_TOGETHER):
            sound &= await self._close_some(hosted[at : at + _CLOSE_TOGETHER])
        try:
            await self.checkpoints.write(REPLICATION, RECOVERY_POINT, LOG_START, CLEANER)
        except OSError as e:
            self._broker.log.error("checkpoints can't be written: %s", e)
            sound = False
        return sound

    async def _close_some(self, partitions: Iterable[Partition]) -> bool:
        """Finish these, flush those that need it in one job, let go of the files."""
        now_ms = self._broker.world.clock.now_ms()
        flushes: list[tuple[Partition, Flush]] = []
        sound = True
        for p in partitions:
            try:
                p.log.finish()
                if p.log.unflushed:
                    flushes.append((p, p.log.begin_flush(now_ms)))
            except OSError as e:
                self._report(p, "closed", e)
                sound = False
        # Side by side: the file system puts their fsyncs together.
        shares = [flushes[i::_SIDE_BY_SIDE] for i in range(_SIDE_BY_SIDE)]
        jobs = [self._storage.run(partial(_run_all, share)) for share in shares if share]
        failed = [row for job in jobs for row in await job]
        for p, flush in flushes:
            p.log.end_flush(flush)
        for p, error in failed:
            self._report(p, "flushed", error)
        sound &= not failed
        for p in partitions:
            p.log.let_go()
        return sound


def _drop_all(segments: list[Segment]) -> None:
    for segment in segments:
        segment.drop()


def _run_all(flushes: list[tuple[Partition, Flush]]) -> list[tuple[Partition, OSError]]:
    failed = []
    for p, flush in flushes:
        try:
            flush.run()
        except OSError as e:
            failed.append((p, e))
    return failed
