"""Checkpoints that travel: pieces given to replicas that ask, and one fetched that becomes ours.

Rules:
- A fetched checkpoint is read and checked first, then put on the disk as a whole, and only then the
  log restarts behind it. A crash before that leaves the old log; one between them a log that ends
  before the newest checkpoint, which opening (`quorum_store`) understands.
- The machine gets it in the place of all that it knew.
- A damaged one, or one that the disk has no room for, is said so and fetched anew; the node stays
  what it was.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from msklite.errors import Code
from msklite.raft import snapshot as snapshots
from msklite.raft.messages import FetchSnapshotReply, OffsetEpoch
from msklite.raft.node import Node
from msklite.raft.snapshot import Snapshot
from msklite.raft.voters import VoterHistory
from msklite.zone.quorum_checkpoints import Checkpoints
from msklite.zone.quorum_delivery import Delivery
from msklite.zone.quorum_store import QuorumStore

log = logging.getLogger("msklite.quorum")


def with_piece(store: QuorumStore, reply: FetchSnapshotReply) -> FetchSnapshotReply:
    """The answer that a leader's core allowed, with the piece of the file that was asked for."""
    if reply.error != Code.NONE:
        return reply
    path = f"{store.directory}/{snapshots.file_name(reply.snapshot)}"
    if not store.world.storage.exists(path):
        return replace(reply, error=Code.SNAPSHOT_NOT_FOUND)
    file = store.world.storage.open(path)
    try:
        size = file.size()
        if reply.position >= size:
            return replace(reply, error=Code.POSITION_OUT_OF_RANGE)
        length = min(max(reply.max_bytes, 1), size - reply.position)
        return replace(reply, size=size, data=file.read(reply.position, length))
    finally:
        file.close()


class Installation:
    """Makes a fetched checkpoint ours. `then` is called when the core has news again."""

    def __init__(
        self,
        store: QuorumStore,
        node: Node,
        delivery: Delivery,
        checkpoints: Checkpoints,
        then: Callable[[], None],
        fail: Callable[[Exception], object],
    ) -> None:
        self._store = store
        self._node = node
        self._delivery = delivery
        self._checkpoints = checkpoints
        self._then = then
        self._fail = fail
        self._task: asyncio.Task[None] | None = None

    def begin(self, at: OffsetEpoch, data: bytes) -> None:
        """All pieces of a checkpoint have come."""
        assert self._task is None, at
        self._task = asyncio.get_running_loop().create_task(self._run(at, data))

    async def _run(self, at: OffsetEpoch, data: bytes) -> None:
        mono_ms = self._store.world.clock.mono_ms
        try:
            # One of our own that is being written would be older, and come after.
            await self._checkpoints.settle()
            try:
                content = await self._store.world.storage.run(lambda: self._write(at, data))
            except (ValueError, OSError) as e:
                log.error("the metadata checkpoint at offset %d isn't taken: %s", at.offset, e)
                self._task = None
                self._node.not_installed(mono_ms())
                self._then()
                return
            self._task = None
            self._restart(content, mono_ms())
            self._then()
        except Exception as e:  # a quorum that fails must say so to all who wait
            self._fail(e)

    def _write(self, at: OffsetEpoch, data: bytes) -> Snapshot:
        content = snapshots.decode(data, at)
        path = f"{self._store.directory}/{snapshots.file_name(at)}"
        self._store.world.storage.write(path, data, sync=True)
        return content

    def _restart(self, content: Snapshot, mono_ms: int) -> None:
        store, at = self._store, content.at
        store.log.restart_at(at.offset)
        snapshots.delete_before(store.world.storage, store.directory, at)
        history = content.history()
        if not content.kraft_version:  # the voters stand in settings, not in the checkpoint
            history = VoterHistory(self._node.voters, 0, at.offset - 1)
        self._delivery.load(content)
        self._node.installed(at, history, mono_ms)
        log.info("metadata fetched: a checkpoint at offset %d, epoch %d", at.offset, at.epoch)

    def cancel(self) -> None:
        """Drop what is under way: it is fetched again after the next start."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
