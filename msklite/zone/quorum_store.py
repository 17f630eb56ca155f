"""What one node of the quorum keeps on its disk: the log, its checkpoints and its vote.

Opening puts the three together: the newest checkpoint is where reading begins, the log goes on from
it, and the voters of both make the history. Nothing is deleted while opening but a torn tail of the
log, and a log that ends before a checkpoint that was just fetched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from msklite.errors import UserError
from msklite.raft import quorum_state
from msklite.raft import snapshot as snapshots
from msklite.raft.control import apply_batches
from msklite.raft.messages import OffsetEpoch
from msklite.raft.quorum_state import Election
from msklite.raft.snapshot import Snapshot
from msklite.raft.tail import LogTail
from msklite.raft.voters import Endpoint, ReplicaKey, Voter, VoterHistory, VoterSet
from msklite.wire.batch import iter_headers
from msklite.world import World
from msklite.zone.quorum_log import LogLimits, MetadataLog, clean, open_log

READ_BYTES = 1024 * 1024


class DamagedMetadata(UserError):
    """The metadata log, a checkpoint or the vote on this disk can't be read, or doesn't fit."""


@dataclass(slots=True)
class QuorumStore:
    """An opened `__cluster_metadata-0`."""

    world: World
    directory: str
    limits: LogLimits
    log: MetadataLog
    saved: Election
    first: Snapshot
    """The newest checkpoint when this was opened, to be applied before the log."""
    history: VoterHistory
    tail: LogTail

    @classmethod
    def open(
        cls, world: World, directory: str, limits: LogLimits, key: ReplicaKey,
        endpoint: Endpoint | None, observed: VoterSet | None = None,
    ) -> QuorumStore:  # fmt: skip
        """Open what is there. DamagedMetadata: what is damaged or missing.

        An observer starts with nothing but the voters that it was told to observe.
        """
        try:
            return cls._open(world, directory, limits, key, endpoint, observed)
        except UserError as e:
            raise DamagedMetadata(str(e)) from None

    @classmethod
    def _open(
        cls, world: World, directory: str, limits: LogLimits, key: ReplicaKey,
        endpoint: Endpoint | None, observed: VoterSet | None,
    ) -> QuorumStore:  # fmt: skip
        log = open_log(world, directory, limits)
        saved = quorum_state.load(world.storage, directory)
        ids = snapshots.find(world.storage, directory)
        first = _newest(world, directory, log, ids)
        if not ids and observed is not None:
            first.kraft_version, first.voters = 1, observed
        elif not ids:
            # kraft.version 0, whose voters stood in settings: we are the only one.
            first.voters = VoterSet.of(Voter(key, (endpoint,) if endpoint else ()))
        history = first.history()
        tail = LogTail(log.start_offset, log.end_offset, log.epochs(), ids)
        offset = max(first.at.offset, tail.start_offset)
        while offset < tail.end_offset:
            data = log.read(offset, READ_BYTES)
            apply_batches(history, data)
            offset = [h.next_offset for h in iter_headers(data)][-1]
        return cls(world, directory, limits, log, saved, first, history, tail)

    def me(self, key: ReplicaKey, endpoint: Endpoint | None) -> Voter:
        """This node as a voter that listens at `endpoint`, though it may have no vote (yet).

        UserError where nobody is left who could vote or be followed.
        """
        known = self.history.last.voters.get(key.id)
        if known is None or not known.key.matches(key):
            if not self.history.last.others(key):
                raise UserError(
                    f"controller {key.id} with the directory of {self.directory} isn't among the "
                    f"quorum's voters {list(self.history.last.ids)}, and there is no other"
                )
            return Voter(key, (endpoint,) if endpoint else ())
        return replace(known, key=key, endpoints=(endpoint,) if endpoint else known.endpoints)

    def save_vote(self, election: Election) -> None:
        """Replace quorum-state; it is on the disk when this returns."""
        quorum_state.save(
            self.world.storage, self.directory, election, self.history.kraft_version,
            self.history.last.ids,
        )  # fmt: skip

    async def sync(self, then: Callable[[], object] = lambda: None) -> None:
        """Make the log durable up to its present end, then do `then`, both in another thread."""
        flush = self.log.begin_sync()

        def job() -> None:
            flush.run()
            then()

        try:
            await self.world.storage.run(job)
        finally:
            self.log.end_sync(flush)

    async def save_checkpoint(self, content: Snapshot, now_ms: int) -> None:
        """Write a checkpoint, after the log that it is made of."""
        await self.sync(lambda: snapshots.save(self.world.storage, self.directory, content, now_ms))

    def clean(self) -> list[OffsetEpoch]:
        """Let old checkpoints and segments go; the checkpoints that are left."""
        now_ms = self.world.clock.now_ms()
        return clean(self.world.storage, self.directory, self.log, self.limits, now_ms)


def _newest(world: World, directory: str, log: MetadataLog, ids: list[OffsetEpoch]) -> Snapshot:
    """The newest checkpoint, with the log made to go on from it."""
    epochs, start = log.epochs(), log.start_offset
    if not ids:
        if start > 0:
            raise UserError(
                f"the metadata log {directory} starts at offset {start}, "
                "and the checkpoint of what came before is missing"
            )
        return Snapshot(OffsetEpoch(0, 0))
    newest = ids[-1]
    found = snapshots.load(world.storage, directory, newest)
    if not OffsetEpoch(log.end_offset, epochs[-1][0] if epochs else 0).at_least(newest):
        # A checkpoint was fetched, and we died before the log was cut to go on after it.
        log.restart_at(newest.offset)
    elif newest.offset < start:
        raise UserError(
            f"the metadata log {directory} starts at offset {start}, "
            f"after its newest checkpoint of offset {newest.offset}"
        )
    return found
