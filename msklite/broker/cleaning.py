"""Compaction on one broker: which log is next, having it cleaned, swapping the result in.

Rules (Kafka's LogCleaner and LogCleanerManager):
- The dirtiest log first: one whose dirty share is over min.cleanable.dirty.ratio, or which holds
  something older than max.compaction.lag.ms. Only closed segments, only what is decided (below the
  last stable offset), only what is older than min.compaction.lag.ms.
- The walk over the records runs in the zone's worker process; here, on the loop, are the decision
  and a few renames a segment. Leaders and followers clean each for themselves.
- log.cleaner.io.max.bytes.per.second limits what is read and written, over all logs of the broker.
  A job that began without a limit goes on so; another limit counts within a second.
- What was clean is checkpointed after the swap, so a crash costs a round and loses nothing.
- A log that can't be cleaned is reported, left as it is, and not tried again in this life. One
  whose swap failed half-way is out of service: its files are for the next start to sort out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msklite.errors import KafkaError
from msklite.log.checkpoints import CLEANER
from msklite.log.cleaner import CleanResult
from msklite.log.compaction import Dirty
from msklite.log.log import Log
from msklite.log.offset_map import slots_for
from msklite.log.throttle import LONGEST_WAIT_S, UNLIMITED, Throttle
from msklite.partition.partition import Partition

if TYPE_CHECKING:
    from msklite.broker.broker import Broker
    from msklite.broker.checkpointing import Checkpoints

_SHORTEST_MS = 50
_SLICE = 50


@dataclass(slots=True)
class LastRound:
    """What the metrics tell: of the last look for a dirty log, and of the last one cleaned."""

    looked_ms: int
    dirtiest: float = 0.0
    late_ms: int = 0
    bytes_read: int = 0
    bytes_kept: int = 0
    seconds: float = 0.0
    map_filled: float = 0.0


class _Pace:
    """`world.Pace` by the setting as it is at the moment."""

    SETTING = "log.cleaner.io.max.bytes.per.second"

    def __init__(self, broker: Broker) -> None:
        self._config = broker.config
        self._clock = broker.world.clock
        self._throttle = Throttle(self._clock.mono_ms())

    @property
    def limited(self) -> bool:
        return self._config.float(self.SETTING) < UNLIMITED

    def wait_s(self, moved: int) -> float:
        limit = self._config.float(self.SETTING)
        return self._throttle.wait_s(moved, limit, self._clock.mono_ms())

    async def wait(self, moved: int) -> None:
        while (wait_s := self.wait_s(moved)) > 0:
            await asyncio.sleep(min(wait_s, LONGEST_WAIT_S))
            moved = 0


class Cleaning:
    """Of the partitions that `hosted` names."""

    def __init__(
        self, broker: Broker, hosted: Callable[[], list[Partition]], checkpoints: Checkpoints
    ) -> None:
        self._broker = broker
        self._hosted = hosted
        self._checkpoints = checkpoints
        self._given_up: set[Log] = set()
        self.wake = asyncio.Event()
        """Set when a round can't wait: the clock was steered."""
        self._pace = _Pace(broker)
        self.last = LastRound(broker.world.clock.mono_ms())
        self.ended = False
        """Whether nobody cleans any more."""

    async def run(self) -> None:
        """A round whenever log.cleaner.backoff.ms have passed, or somebody wakes it."""
        try:
            await self._rounds()
        finally:
            self.ended = True

    async def _rounds(self) -> None:
        config, clock = self._broker.config, self._broker.world.clock
        while True:
            pause = max(config.int("log.cleaner.backoff.ms"), _SHORTEST_MS)
            try:
                async with asyncio.timeout(clock.real_ms(pause, _SHORTEST_MS) / 1000):
                    await self.wake.wait()
            except TimeoutError:
                pass
            self.wake.clear()
            try:
                await self.clean()
            except Exception:
                self._broker.log.exception("compaction failed")

    async def clean(self) -> None:
        """Clean until nothing is dirty enough."""
        if not self._broker.config.bool("log.cleaner.enable"):
            return
        cleaned = False
        while (found := await self._dirtiest()) is not None:
            await self._clean(*found)
            cleaned = True
        if cleaned:
            self._broker.world.worker.rest()

    async def _dirtiest(self) -> tuple[Partition, Dirty] | None:
        now_ms = self._broker.world.clock.now_ms()
        dirtiest, late_ms = 0.0, 0
        best: tuple[Partition, Dirty] | None = None
        for count, p in enumerate(self._hosted()):
            log = p.log
            if not log.config.compacted or log in self._given_up or len(log.segments) < 2:
                continue
            try:
                dirty = log.dirty(now_ms, p.last_stable_offset)
            except OSError as e:
                self._give_up(p, e)
                continue
            if dirty is None:
                continue
            dirtiest, late_ms = max(dirtiest, dirty.ratio), max(late_ms, dirty.late_ms)
            if dirty.overdue or dirty.ratio > log.config.min_cleanable_ratio:
                if best is None or dirty.ratio > best[1].ratio:
                    best = p, dirty
            if count % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
        self.last.looked_ms, self.last.dirtiest = self._broker.world.clock.mono_ms(), dirtiest
        if best is not None:
            self.last.late_ms = late_ms
        return best

    def uncleanable(self) -> list[Partition]:
        """Those that were given up."""
        return [p for p in self._hosted() if p.log in self._given_up]

    def dirty_bytes(self, p: Partition) -> int:
        """What a round would have to clean of it, as far as that can be told."""
        try:
            dirty = p.log.dirty(self._broker.world.clock.now_ms(), p.last_stable_offset)
        except OSError:
            return 0
        return dirty.dirty_bytes if dirty is not None else 0

    def _give_up(self, p: Partition, error: Exception) -> None:
        self._given_up.add(p.log)
        self._broker.log.error(
            "%s-%d can't be compacted and is left as it is: %s", p.topic, p.index, error
        )

    async def _clean(self, p: Partition, dirty: Dirty) -> None:
        b, log = self._broker, p.log
        begun_ms = b.world.clock.mono_ms()
        slots = slots_for(b.config.int("log.cleaner.dedupe.buffer.size"))
        try:
            task = log.clean_task(dirty, b.world.clock.now_ms(), slots)
            answer = await b.world.worker.work(
                "clean", task.to_json(), self._pace if self._pace.limited else None
            )
        except (OSError, KafkaError) as e:
            if self._is_here(p):
                self._give_up(p, e)
            return
        usage = answer.pop("usage", None)
        result = CleanResult.from_json(answer)
        if result.end <= dirty.first:
            self._give_up(p, ValueError("log.cleaner.dedupe.buffer.size holds not even one batch"))
            return
        before = log.size
        if not await self._swap(p, result):
            return
        self.last.seconds = (b.world.clock.mono_ms() - begun_ms) / 1000
        self.last.bytes_read, self.last.bytes_kept = result.bytes_read, result.bytes_kept
        self.last.map_filled = result.keys / slots
        log.cleaned_offset = max(log.cleaned_offset, min(result.end, log.end_offset))
        b.log.info(
            "%s-%d is compacted below offset %d: %d of %d records stay, %d of %d bytes; %s",
            p.topic, p.index, result.end, result.kept, result.read, log.size, before,
            usage or "in slices",
        )  # fmt: skip
        if result.passed_on:
            b.log.warning(
                "%s-%d: %d batches couldn't be read and stay as they are",
                p.topic, p.index, result.passed_on,
            )  # fmt: skip
        await self._checkpoints.write(CLEANER)

    def _is_here(self, p: Partition) -> bool:
        return self._broker.replicas.get(p.topic, p.index) is p

    async def _swap(self, p: Partition, result: CleanResult) -> bool:
        """Put all groups in their places; False where the log changed meanwhile, or failed."""
        log, whole = p.log, True
        for group in result.groups:
            if not self._is_here(p):
                return False
            try:
                if not log.begin_swap(group):
                    whole = False
                    continue
                await self._broker.world.storage.run(log.swap_barrier)
                if not self._is_here(p):
                    return False
                whole &= log.end_swap(group)
            except OSError as e:
                self._broker.replicas.fail(p, e)
                return False
        return whole
