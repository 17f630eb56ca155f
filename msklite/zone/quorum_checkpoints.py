"""When the metadata log gets a checkpoint, and how it is written.

By Kafka's two settings: after so many bytes of records, or after so long since the last one, if
anything was committed since. Records are taken from the image on the loop; the file is written in
another thread. A failed attempt costs nothing, the log still holds everything: the next commit that
asks tries again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from msklite.metadata.records import AnyRecord, encode_record
from msklite.raft.messages import OffsetEpoch
from msklite.raft.node import Node
from msklite.raft.snapshot import Snapshot
from msklite.zone.quorum_store import QuorumStore

log = logging.getLogger("msklite.quorum")


@dataclass(frozen=True, slots=True)
class CheckpointPolicy:
    """metadata.log.max.record.bytes.between.snapshots and metadata.log.max.snapshot.interval.ms."""

    bytes: int = 20_971_520
    interval_ms: int = 3_600_000


class Checkpoints:
    """The checkpoints of one node's metadata log."""

    def __init__(self, store: QuorumStore, node: Node, policy: CheckpointPolicy) -> None:
        self._store = store
        self._node = node
        self._policy = policy
        self._bytes = 0
        self._last_ms = store.world.clock.mono_ms()
        self._task: asyncio.Task[OffsetEpoch | None] | None = None
        self._closed = False

    def applied(self, size: int) -> None:
        """`size` more bytes of records were committed and applied."""
        self._bytes += size

    @property
    def due(self) -> bool:
        """Whether `begin` should be called."""
        if self._task is not None or self._closed or not self._bytes:
            return False
        if self._bytes >= self._policy.bytes:
            return True
        waited = self._store.world.clock.mono_ms() - self._last_ms
        return 0 < self._policy.interval_ms <= waited  # 0: never by time

    def begin(
        self, records: Sequence[AnyRecord], at: OffsetEpoch, last_time_ms: int
    ) -> asyncio.Task[OffsetEpoch | None]:
        """Write a checkpoint of `records`, which is all that is said below `at`."""
        version, voters = self._node.state.history.at(at.offset)
        values = [encode_record(record) for record in records]
        content = Snapshot(at, values, last_time_ms, version, voters)
        self._bytes, self._last_ms = 0, self._store.world.clock.mono_ms()
        self._task = asyncio.get_running_loop().create_task(self._write(content))
        self._task.add_done_callback(self._done)
        return self._task

    async def _write(self, content: Snapshot) -> OffsetEpoch | None:
        store, now_ms = self._store, self._store.world.clock.now_ms()
        await store.save_checkpoint(content, now_ms)
        if self._closed:
            return content.at
        store.log.roll()
        kept = store.clean()
        self._node.compacted(store.log.start_offset, kept)
        log.info("metadata checkpoint at offset %d, epoch %d", content.at.offset, content.at.epoch)
        return content.at

    def _done(self, task: asyncio.Task[OffsetEpoch | None]) -> None:
        self._task = None
        if not task.cancelled() and task.exception() is not None:
            log.error("writing a metadata checkpoint failed", exc_info=task.exception())

    async def settle(self) -> None:
        """Let a write under way end."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def close(self) -> None:
        """Let a write under way end, and begin no more."""
        await self.settle()
        self._closed = True

    def abandon(self) -> None:
        """Drop what is under way, as a killed process would."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
