"""The quorum in figures: leader, epoch, and how far each replica is, as DescribeQuorum wants it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msklite.raft.node import Node
from msklite.raft.progress import ReplicaProgress
from msklite.raft.voters import ReplicaKey


@dataclass(frozen=True, slots=True)
class ReplicaStatus:
    """A voter or observer; times are wall time, -1 for unknown."""

    id: int
    directory_id: bytes
    log_end_offset: int
    last_fetch_ms: int
    last_caught_up_ms: int


@dataclass(frozen=True, slots=True)
class QuorumStatus:
    """The quorum as its leader sees it; elsewhere only what a node can know."""

    leader_id: int
    epoch: int
    high_watermark: int
    voters: list[ReplicaStatus]
    observers: list[ReplicaStatus]


def describe(
    node: Node, near: Iterable[ReplicaKey], applied_offset: int, now_ms: int, mono_ms: int
) -> QuorumStatus:
    """The status at this moment. `near` are the observers that read our own copy of the log."""
    progress = node.state.progress
    known = progress.replicas if progress is not None else {}
    close_by = sorted(near, key=lambda key: key.id)

    def wall(at: int) -> int:
        return -1 if at < 0 else now_ms - (mono_ms - at)

    def one(key: ReplicaKey) -> ReplicaStatus:
        if key == node.key or key in close_by:
            end = node.tail.end_offset if key == node.key else applied_offset
            return ReplicaStatus(key.id, key.directory_id, end, now_ms, now_ms)
        seen = known.get(key, ReplicaProgress(key))
        times = wall(seen.last_fetch_ms), wall(seen.last_caught_up_ms)
        return ReplicaStatus(key.id, key.directory_id, seen.end_offset, *times)

    observers = [key for key in known if not node.voters.is_voter(key)]
    observers += [key for key in close_by if key not in observers]
    return QuorumStatus(
        node.leader_id,
        node.epoch,
        -1 if node.high_watermark is None else node.high_watermark,
        [one(voter.key) for voter in node.voters.voters.values()],
        [one(key) for key in observers],
    )
